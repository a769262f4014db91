"""Photos of every kind go through the guarded process, the good, the odd and the hostile."""

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import ImageOps

from server import images
from server.demo.pictures import SCENES, Scene
from server.domain import errors, photos
from tests import pictures

BARE_SEGMENTS = {b"\xe0", b"\xdb", b"\xc0", b"\xc4"}  # JFIF, tables and the frame: no metadata
SAME = 3.0  # root mean square of 255: what saving as JPEG twice may change
KEEPS = ("jpeg", "png", "webp", "heic")


@pytest.fixture(scope="module")
def examiner() -> Iterator[images.Examiner]:
    with images.Examiner() as examiner:
        yield examiner


@pytest.fixture
def photo(tmp_path: Path) -> Callable[[bytes], Path]:
    """Writes a photo as it arrived."""

    def write(data: bytes) -> Path:
        path = tmp_path / hashlib.sha256(data).hexdigest()
        path.write_bytes(data)
        return path

    return write


Photo = Callable[[bytes], Path]


def test_it_works(examiner: images.Examiner, photo: Photo) -> None:
    examined = examiner.examine(photo(pictures.jpeg()))

    measured = examined.measured
    assert (measured.format, measured.width, measured.height) == ("image/jpeg", *pictures.SMALL)
    assert measured.taken_at == pictures.TAKEN_AT
    assert measured.position == pytest.approx(pictures.POSITION)
    assert photos.doubts(measured) == []
    assert pictures.opened(examined.thumb).size == (320, 240)


def test_the_large_copy_is_never_larger_than_the_limit(
    examiner: images.Examiner, photo: Photo
) -> None:
    examined = examiner.examine(photo(pictures.jpeg(size=pictures.MEGAPIXELS_12)))

    assert pictures.opened(examined.large).size == (2048, 1536)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("make", [pictures.jpeg, pictures.heic, pictures.png, pictures.webp])
def test_however_the_camera_was_held_the_scene_stands_upright(
    examiner: images.Examiner, photo: Photo, make: Callable[..., bytes], orientation: int
) -> None:
    examined = examiner.examine(photo(make(orientation=orientation)))

    large = pictures.opened(examined.large)
    assert large.size == pictures.SMALL
    assert (examined.measured.width, examined.measured.height) == pictures.SMALL
    assert pictures.difference(large, pictures.scene()) < SAME


def test_an_orientation_behind_the_pixels_counts_too(
    examiner: images.Examiner, photo: Photo
) -> None:
    examined = examiner.examine(photo(pictures.png_with_exif_behind(orientation=6)))

    assert pictures.difference(pictures.opened(examined.large), pictures.scene()) < SAME


def test_the_same_scene_has_the_same_hash_however_the_camera_was_held(
    examiner: images.Examiner, photo: Photo
) -> None:
    hashes = [
        examiner.examine(photo(pictures.jpeg(orientation=turn))).measured.hash
        for turn in range(1, 9)
    ]

    assert all(photos.looks_like(hashes[0], other) for other in hashes)


# What others are shown.


@pytest.mark.parametrize("kind", KEEPS)
def test_nothing_personal_is_left_in_what_others_are_shown(
    examiner: images.Examiner, photo: Photo, kind: str
) -> None:
    original = getattr(pictures, kind)()
    assert pictures.SERIAL in original
    assert pictures.MAKER_NOTE in original

    examined = examiner.examine(photo(original))

    for derivative in (examined.large, examined.thumb):
        assert [word for word in pictures.TELLTALES if word in derivative] == []
        assert set(pictures.jpeg_segments(derivative)) <= BARE_SEGMENTS
        assert not pictures.opened(derivative).getexif()


def test_a_web_page_inside_a_photo_does_not_come_out_again(
    examiner: images.Examiner, photo: Photo
) -> None:
    examined = examiner.examine(photo(pictures.polyglot()))

    assert b"<html" not in examined.large
    assert examined.large.endswith(b"\xff\xd9")


def test_the_original_stays_as_it_was(examiner: images.Examiner, photo: Photo) -> None:
    original = pictures.jpeg(orientation=6)
    path = photo(original)
    before = path.stat()

    examiner.examine(path)

    assert path.read_bytes() == original
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert list(path.parent.iterdir()) == [path]


# Layouts.


@pytest.mark.parametrize(
    "make",
    [
        pictures.cmyk_jpeg,
        pictures.palette_png,
        pictures.multi_picture_jpeg,
        pictures.swapped_primaries_jpeg,
        lambda: pictures.animated("PNG"),
        lambda: pictures.animated("WEBP"),
        lambda: pictures.jpeg(progressive=True),
    ],
    ids=["cmyk", "palette", "multi", "profile", "animated_png", "animated_webp", "progressive"],
)
def test_odd_layouts_show_their_first_scene_in_true_colours(
    examiner: images.Examiner, photo: Photo, make: Callable[[], bytes]
) -> None:
    examined = examiner.examine(photo(make()))

    assert pictures.difference(pictures.opened(examined.large), pictures.scene()) < SAME


@pytest.mark.parametrize(
    "make", [pictures.grey_jpeg, pictures.grey_16_bit_png, pictures.interlaced_png]
)
def test_grey_stays_grey(
    examiner: images.Examiner, photo: Photo, make: Callable[[], bytes]
) -> None:
    examined = examiner.examine(photo(make()))

    grey = ImageOps.grayscale(pictures.scene())
    assert pictures.difference(pictures.opened(examined.large), grey) < SAME


def test_what_is_transparent_lies_on_white(examiner: images.Examiner, photo: Photo) -> None:
    examined = examiner.examine(photo(pictures.half_transparent_png()))

    large = pictures.opened(examined.large)
    assert large.getpixel((600, 300)) == (255, 255, 255)
    left = (0, 0, 400, 600)
    assert pictures.difference(large.crop(left), pictures.scene().crop(left)) < SAME


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P"])
def test_a_png_read_in_strips_is_the_picture_that_it_is_whole(
    examiner: images.Examiner, photo: Photo, mode: str
) -> None:
    scene = pictures.scene(size=(2048, 1536)).convert(mode)

    examined = examiner.examine(photo(pictures.saved(scene, "PNG")))

    assert pictures.difference(pictures.opened(examined.large), scene) < SAME


# Doubts.


@pytest.mark.parametrize(
    ("make", "doubt"),
    [
        (pictures.dark, "too_dark"),
        (pictures.bright, "too_bright"),
        (pictures.blurred, "blurred"),
        (pictures.tiny, "too_small"),
    ],
)
def test_a_bad_photo_is_accepted_with_one_doubt(
    examiner: images.Examiner, photo: Photo, make: Callable[[], bytes], doubt: str
) -> None:
    assert photos.doubts(examiner.examine(photo(make())).measured) == [doubt]


@pytest.mark.parametrize("scene", SCENES)
def test_a_good_photo_raises_no_doubt(
    examiner: images.Examiner, photo: Photo, scene: Scene
) -> None:
    assert photos.doubts(examiner.examine(photo(pictures.jpeg(scene))).measured) == []


def test_a_photo_sent_again_in_another_size_is_recognised(
    examiner: images.Examiner, photo: Photo
) -> None:
    first = examiner.examine(photo(pictures.jpeg(size=(2048, 1536)))).measured
    shrunk = pictures.scene(size=(2048, 1536)).resize((800, 600))
    again = examiner.examine(photo(pictures.saved(shrunk, "JPEG", quality=50))).measured

    assert photos.looks_like(first.hash, again.hash)


def test_different_scenes_are_not_taken_for_the_same(
    examiner: images.Examiner, photo: Photo
) -> None:
    hashes = [examiner.examine(photo(pictures.jpeg(scene))).measured.hash for scene in SCENES]

    alike = [
        (a, b) for i, a in enumerate(hashes) for b in hashes[i + 1 :] if photos.looks_like(a, b)
    ]
    assert alike == []


# Refusals.


@pytest.mark.parametrize(
    ("make", "refusal"),
    [
        (pictures.not_a_picture, errors.NotAnImage),
        (lambda: b"", errors.NotAnImage),
        (pictures.avif_head, errors.NotAnImage),
        (pictures.page_in_jpeg_clothes, errors.NotAnImage),
        (pictures.liar_png, errors.NotAnImage),
        (pictures.text_bomb_png, errors.NotAnImage),
        (pictures.bomb_png, errors.ImageTooLarge),
        (pictures.bomb_jpeg, errors.ImageTooLarge),
        (pictures.bomb_webp, errors.ImageTooLarge),
    ],
)
def test_it_refuses_what_is_no_picture_or_too_large(
    examiner: images.Examiner,
    photo: Photo,
    make: Callable[[], bytes],
    refusal: type[errors.DoorstepError],
) -> None:
    path = photo(make())

    with pytest.raises(refusal):
        examiner.examine(path)


@pytest.mark.parametrize("share", [0.5, 0.99])
@pytest.mark.parametrize("kind", KEEPS)
def test_it_refuses_half_a_picture(
    examiner: images.Examiner, photo: Photo, kind: str, share: float
) -> None:
    path = photo(pictures.truncated(getattr(pictures, kind)(), share))

    with pytest.raises(errors.NotAnImage):
        examiner.examine(path)


def test_it_says_how_many_megapixels_were_too_many(examiner: images.Examiner, photo: Photo) -> None:
    with pytest.raises(errors.ImageTooLarge) as refused:
        examiner.examine(photo(pictures.bomb_png((30_000, 30_000))))

    assert "900" in refused.value.sentence()


def test_a_missing_file_is_not_a_bad_picture(examiner: images.Examiner, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        examiner.examine(tmp_path / "gone")


def test_what_cannot_be_read_is_not_a_bad_picture(
    examiner: images.Examiner, tmp_path: Path
) -> None:
    with pytest.raises(IsADirectoryError):
        examiner.examine(tmp_path)


# Limits, and what comes after they were met.


def then_it_works_again(examiner: images.Examiner, path: Path) -> None:
    assert examiner.examine(path).measured.format == "image/jpeg"


def test_a_file_of_too_many_bytes_is_not_even_opened(photo: Photo) -> None:
    with images.Examiner(images.Limits(max_bytes=1000)) as examiner:
        with pytest.raises(errors.ImageTooCostly):
            examiner.examine(photo(pictures.jpeg()))

        assert examiner.child_pid is None


def test_a_decoder_that_wants_too_much_memory_is_not_started(photo: Photo) -> None:
    with images.Examiner(images.Limits(decode_bytes=4_000_000)) as examiner:
        with pytest.raises(errors.ImageTooCostly):
            examiner.examine(photo(pictures.webp()))

        then_it_works_again(examiner, photo(pictures.jpeg()))


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS does not bound the address space")
def test_a_picture_that_outgrows_its_memory_is_too_costly(photo: Photo) -> None:
    limits = images.Limits(address_space=120 * 1024 * 1024)
    with images.Examiner(limits) as examiner:
        with pytest.raises(errors.ImageTooCostly):
            examiner.examine(photo(pictures.jpeg(size=pictures.MEGAPIXELS_12)))

        then_it_works_again(examiner, photo(pictures.jpeg()))


def test_a_picture_that_takes_too_long_is_too_costly(photo: Photo) -> None:
    with images.Examiner(images.Limits(wall_s=0.5)) as examiner:
        with pytest.raises(errors.ImageTooCostly):
            examiner.examine(photo(pictures.clear_png((11_600, 8_700))))

        then_it_works_again(examiner, photo(pictures.jpeg(size=(640, 480))))


def test_a_picture_that_burns_the_processor_is_too_costly(photo: Photo) -> None:
    with images.Examiner(images.Limits(cpu_s=0)) as examiner:
        with pytest.raises(errors.ImageTooCostly):
            examiner.examine(photo(pictures.clear_png((11_600, 8_700))))

        then_it_works_again(examiner, photo(pictures.jpeg(size=(640, 480))))


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak from Linux's /proc")
@pytest.mark.parametrize(
    "make",
    [
        lambda: pictures.jpeg(size=pictures.MEGAPIXELS_50, progressive=True),
        lambda: pictures.flat_heic(pictures.MEGAPIXELS_50),
        lambda: pictures.clear_png((11_600, 8_700)),
    ],
    ids=["progressive_jpeg_50_mp", "heic_50_mp", "png_100_mp"],
)
def test_the_largest_pictures_fit_into_400_megabytes(
    photo: Photo, make: Callable[[], bytes]
) -> None:
    path = photo(make())
    with images.Examiner() as examiner:
        examiner.examine(path)

        status = Path(f"/proc/{examiner.child_pid}/status").read_text(encoding="ascii")
        peak_kib = int(status.split("VmHWM:")[1].split()[0])
        assert peak_kib < 400 * 1024


# The process itself.


def test_one_process_serves_many_photos(photo: Photo) -> None:
    path = photo(pictures.jpeg())
    with images.Examiner() as examiner:
        examiner.examine(path)
        first = examiner.child_pid
        examiner.examine(path)

        assert examiner.child_pid == first


def test_a_refusal_does_not_cost_a_new_process(photo: Photo) -> None:
    with images.Examiner() as examiner:
        examiner.examine(photo(pictures.jpeg()))
        first = examiner.child_pid
        with pytest.raises(errors.NotAnImage):
            examiner.examine(photo(pictures.not_a_picture()))
        then_it_works_again(examiner, photo(pictures.jpeg()))

        assert examiner.child_pid == first


def test_it_is_replaced_after_its_share_of_photos(photo: Photo) -> None:
    path = photo(pictures.jpeg())
    with images.Examiner(images.Limits(pictures_per_child=1)) as examiner:
        examiner.examine(path)
        first = examiner.child_pid
        examiner.examine(path)

        assert examiner.child_pid != first


def test_it_is_replaced_when_somebody_killed_it(photo: Photo) -> None:
    path = photo(pictures.jpeg())
    with images.Examiner() as examiner:
        examiner.examine(path)
        assert examiner.child_pid
        os.kill(examiner.child_pid, signal.SIGKILL)

        then_it_works_again(examiner, path)


def test_it_is_gone_after_closing(photo: Photo) -> None:
    with images.Examiner() as examiner:
        examiner.examine(photo(pictures.jpeg()))
        pid = examiner.child_pid
    assert pid

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_threads_take_turns(examiner: images.Examiner, photo: Photo) -> None:
    paths = [photo(pictures.jpeg(scene)) for scene in SCENES]
    alone = [examiner.examine(path).measured.hash for path in paths]

    with ThreadPoolExecutor(4) as pool:
        together = [examined.measured.hash for examined in pool.map(examiner.examine, paths)]

    assert together == alone


def test_a_child_that_does_not_start_is_not_the_fault_of_the_picture(photo: Photo) -> None:
    with images.Examiner(images.Limits(start_s=0)) as examiner, pytest.raises(errors.ExaminerDown):
        examiner.examine(photo(pictures.jpeg()))


def test_inside_the_cage_no_file_can_be_written(tmp_path: Path) -> None:
    inside = (
        "import sys, pathlib\n"
        "from server.images import Limits, child\n"
        "child._enter_the_cage(Limits())\n"
        "pathlib.Path(sys.argv[1]).write_bytes(b'loot')\n"
    )
    loot = tmp_path / "loot"

    ended = subprocess.run(
        [sys.executable, "-c", inside, str(loot)],
        cwd=images.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert "File too large" in ended.stderr
    assert loot.read_bytes() == b""


# Whatever comes.

GOOD = pictures.jpeg(size=(160, 120))
examine_anything = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def survives(examiner: images.Examiner, path: Path, data: bytes) -> None:
    """Either a whole answer or a refusal with nothing beside it."""
    path.write_bytes(data)
    try:
        examined = examiner.examine(path)
    except (errors.NotAnImage, errors.ImageTooLarge, errors.ImageTooCostly):
        pass
    else:
        assert max(pictures.opened(examined.large).size) <= photos.LONG_EDGE
    assert list(path.parent.iterdir()) == [path]
    assert path.read_bytes() == data


@examine_anything
@given(
    head=st.sampled_from(
        [b"", GOOD[:4], GOOD[:600], b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBPVP8X"]
    ),
    rest=st.binary(max_size=2000),
)
def test_any_bytes_are_survived(
    examiner: images.Examiner, tmp_path: Path, head: bytes, rest: bytes
) -> None:
    survives(examiner, tmp_path / "photo", head + rest)


@examine_anything
@given(
    changes=st.lists(
        st.tuples(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=4)), max_size=12
    ),
    end=st.integers(2, len(GOOD)),
)
def test_any_damage_to_a_photo_is_survived(
    examiner: images.Examiner, tmp_path: Path, changes: list[tuple[int, bytes]], end: int
) -> None:
    damaged = bytearray(GOOD)
    for at, with_ in changes:
        damaged[at : at + len(with_)] = with_

    survives(examiner, tmp_path / "photo", bytes(damaged[: max(end, len(GOOD) // 2)]))
