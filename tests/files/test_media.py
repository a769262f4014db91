"""Bytes on disk: durable, under their hash, and back where they were when the disk is full."""

import errno
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from server import files
from server.domain import errors

DATA = b"the bytes as the tablet stored them" * 1000
SHA256 = hashlib.sha256(DATA).hexdigest()
UPLOAD = "0197f3d0-7c1e-7000-8000-00000000002a"


@pytest.fixture
def media(tmp_path: Path) -> files.Media:
    return files.Media(tmp_path / "media", reserve_bytes=0)


def uploaded(media: files.Media, data: bytes = DATA) -> Path:
    """An upload that has arrived to its last byte."""
    media.append(UPLOAD, 0, data)
    return media.incoming_path(UPLOAD)


def every_file(media: files.Media) -> list[Path]:
    return [path for path in media.root.rglob("*") if path.is_file()]


class Disk:
    """Stands before every durable step: fills up, or loses power, at the step that is named."""

    def __init__(self) -> None:
        self.steps: list[files.Step] = []
        self._fails_at: int | None = None
        self._with: BaseException | None = None

    def is_full(self, at: int, number: int = errno.ENOSPC) -> None:
        self._fails_at, self._with = at, OSError(number, "full")

    def loses_power(self, at: int) -> None:
        self._fails_at, self._with = at, PowerCut()

    def works_again(self) -> None:
        self._fails_at, self._with = None, None
        self.steps.clear()

    def __call__(self, step: files.Step, path: Path) -> None:
        self.steps.append(step)
        if self._with is not None and len(self.steps) - 1 == self._fails_at:
            raise self._with


class PowerCut(BaseException):
    """Nothing of the process is left to tidy up after itself."""


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def watched(tmp_path: Path, disk: Disk) -> files.Media:
    return files.Media(tmp_path / "media", reserve_bytes=0, before_step=disk)


# Originals.


def test_an_upload_moves_to_its_hash(media: files.Media) -> None:
    media.place(uploaded(media), SHA256)

    assert media.original_path(SHA256).read_bytes() == DATA
    assert every_file(media) == [media.original_path(SHA256)]


def test_an_original_is_found_by_its_first_digits(media: files.Media) -> None:
    path = media.original_path(SHA256)

    assert path == media.root / "originals" / SHA256[:2] / SHA256


def test_placing_is_safe_to_repeat(media: files.Media) -> None:
    upload = uploaded(media)
    media.place(upload, SHA256)

    assert media.place(upload, SHA256) == media.original_path(SHA256)


def test_the_same_photo_uploaded_twice_is_stored_once(media: files.Media) -> None:
    media.place(uploaded(media), SHA256)
    media.place(uploaded(media), SHA256)

    assert every_file(media) == [media.original_path(SHA256)]


def test_bytes_that_are_not_what_was_promised_are_thrown_away(media: files.Media) -> None:
    upload = uploaded(media, DATA[:-1])

    with pytest.raises(errors.ChecksumMismatch):
        media.place(upload, SHA256)

    assert every_file(media) == []


def test_it_refuses_to_place_what_never_came(media: files.Media) -> None:
    with pytest.raises(errors.FileUnknown):
        media.place(media.incoming_path(UPLOAD), SHA256)


def test_a_rotten_original_is_noticed_and_healed_by_the_next_upload(media: files.Media) -> None:
    media.place(uploaded(media), SHA256)
    media.original_path(SHA256).write_bytes(b"rot")
    assert not media.verify(SHA256)

    media.place(uploaded(media), SHA256)

    assert media.verify(SHA256)


def test_what_is_not_here_is_not_verified(media: files.Media) -> None:
    assert not media.verify(SHA256)


def test_an_original_is_read_back(media: files.Media) -> None:
    media.place(uploaded(media), SHA256)

    with media.open_original(SHA256) as file:
        assert file.read() == DATA


def test_a_document_made_here_is_stored_under_its_hash(media: files.Media) -> None:
    assert media.put(DATA) == SHA256
    assert media.put(DATA) == SHA256
    assert every_file(media) == [media.original_path(SHA256)]


@pytest.mark.parametrize("derivative", files.DERIVATIVES)
def test_a_derivative_is_replaced_whole(media: files.Media, derivative: files.Derivative) -> None:
    media.write_derived(SHA256, derivative, b"first")
    media.write_derived(SHA256, derivative, b"second")

    with media.open_derived(SHA256, derivative) as file:
        assert file.read() == b"second"
    assert len(every_file(media)) == 1


# Names.


@pytest.mark.parametrize(
    "name",
    ["", "../../etc/passwd", SHA256[:-1], SHA256.upper(), SHA256 + "\n", "/" * 64, "." * 64],
)
def test_a_hash_that_is_none_never_becomes_a_path(media: files.Media, name: str) -> None:
    asked: list[Callable[[], object]] = [
        lambda: media.original_path(name),
        lambda: media.derived_path(name, "large"),
        lambda: media.open_original(name),
        lambda: media.verify(name),
        lambda: media.place(media.root, name),
    ]
    for ask in asked:
        with pytest.raises(errors.FileUnknown):
            ask()


@pytest.mark.parametrize("name", ["", "..", "../" * 12, UPLOAD + "\n", UPLOAD.replace("-", "/")])
def test_an_upload_that_is_none_never_becomes_a_path(media: files.Media, name: str) -> None:
    with pytest.raises(errors.FileUnknown):
        media.append(name, 0, DATA)


def test_there_are_two_derivatives_and_no_others(media: files.Media) -> None:
    with pytest.raises(errors.FileUnknown):
        media.derived_path(SHA256, "../x")  # type: ignore[arg-type]


def test_opening_an_original_that_is_not_here_says_so(media: files.Media) -> None:
    with pytest.raises(errors.FileUnknown):
        media.open_original(SHA256)


def test_opening_a_derivative_that_is_not_here_says_so(media: files.Media) -> None:
    with pytest.raises(errors.FileUnknown):
        media.open_derived(SHA256, "thumb")


# Uploads.


def test_an_upload_grows_piece_by_piece(media: files.Media) -> None:
    offset = media.append(UPLOAD, 0, DATA[:100])
    offset = media.append(UPLOAD, offset, DATA[100:])

    assert offset == len(DATA) == media.incoming_size(UPLOAD)
    assert media.incoming_path(UPLOAD).read_bytes() == DATA


def test_a_piece_whose_end_was_never_recorded_is_written_over(media: files.Media) -> None:
    media.append(UPLOAD, 0, DATA[:100])
    media.append(UPLOAD, 100, b"x" * 5000)

    media.append(UPLOAD, 100, DATA[100:200])

    assert media.incoming_path(UPLOAD).read_bytes() == DATA[:200]


def test_a_gap_is_refused_and_the_true_place_is_named(media: files.Media) -> None:
    media.append(UPLOAD, 0, DATA[:100])

    with pytest.raises(errors.OffsetMismatch) as refused:
        media.append(UPLOAD, 101, DATA[101:])

    assert refused.value.details == {"offset": 100}


def test_an_upload_can_be_forgotten_twice(media: files.Media) -> None:
    uploaded(media)
    media.remove_incoming(UPLOAD)
    media.remove_incoming(UPLOAD)

    assert media.incoming_size(UPLOAD) == 0


def test_who_still_has_a_detached_upload_open_writes_where_nobody_reads(media: files.Media) -> None:
    media.append(UPLOAD, 0, DATA[:100])
    with media.receive(UPLOAD, 100) as late:
        media.detach(UPLOAD)
        late.write(b"x" * 50)
        late.flush()
        late.cut_back(0)
    assert media.incoming_path(UPLOAD).read_bytes() == DATA[:100]
    media.detach("01980000-0000-7000-8000-0000000000ff")  # there is none, and nothing happens


def test_who_may_not_go_on_changes_nothing(media: files.Media) -> None:
    media.append(UPLOAD, 0, DATA[:100])

    def may_not() -> None:
        raise errors.Locked()

    with pytest.raises(errors.Locked):
        media.receive(UPLOAD, 10, may_not)
    assert media.incoming_size(UPLOAD) == 100


@pytest.mark.parametrize("at", range(4))
def test_a_power_cut_while_it_is_detached_loses_nothing(
    watched: files.Media, disk: Disk, at: int
) -> None:
    watched.append(UPLOAD, 0, DATA[:100])
    disk.works_again()
    disk.loses_power(at)
    with pytest.raises(PowerCut):
        watched.detach(UPLOAD)
    assert disk.steps == ["write", "flush", "rename", "flush_folder"][: at + 1]
    assert watched.incoming_path(UPLOAD).read_bytes() == DATA[:100]


# Room.


def test_there_is_room_for_a_photo(media: files.Media) -> None:
    media.check_room(1000)

    assert media.free_bytes() > 0


def test_the_reserve_is_not_touched(tmp_path: Path) -> None:
    media = files.Media(tmp_path / "media", reserve_bytes=1 << 60)

    with pytest.raises(errors.StorageFull):
        media.check_room(1)


# What a power cut or a full disk may come between.


def test_the_bytes_are_flushed_before_they_get_their_name(watched: files.Media, disk: Disk) -> None:
    upload = uploaded(watched)
    watched.put(b"makes the folders")
    disk.works_again()

    watched.place(upload, SHA256)

    assert disk.steps[-3:] == ["flush", "rename", "flush_folder"]


def test_a_piece_is_flushed_before_it_is_acknowledged(watched: files.Media, disk: Disk) -> None:
    watched.append(UPLOAD, 0, b"first")
    disk.works_again()

    watched.append(UPLOAD, 5, b"second")

    assert disk.steps == ["write", "flush"]


def steps_of_placing(tmp_path: Path) -> int:
    disk = Disk()
    media = files.Media(tmp_path / "rehearsal", reserve_bytes=0, before_step=disk)
    upload = uploaded(media)
    disk.works_again()
    media.place(upload, SHA256)
    return len(disk.steps)


def test_after_a_power_cut_at_any_step_placing_again_succeeds(tmp_path: Path) -> None:
    for step in range(steps_of_placing(tmp_path)):
        disk = Disk()
        media = files.Media(tmp_path / f"cut-{step}", reserve_bytes=0, before_step=disk)
        upload = uploaded(media)
        disk.works_again()
        disk.loses_power(at=step)
        with pytest.raises(PowerCut):
            media.place(upload, SHA256)
        disk.works_again()

        media.place(upload, SHA256)

        assert media.verify(SHA256), f"step {step}"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_at_any_step_loses_nothing(tmp_path: Path, number: int) -> None:
    for step in range(steps_of_placing(tmp_path)):
        disk = Disk()
        media = files.Media(tmp_path / f"full-{step}", reserve_bytes=0, before_step=disk)
        upload = uploaded(media)
        disk.works_again()
        disk.is_full(at=step, number=number)
        with pytest.raises(errors.StorageFull):
            media.place(upload, SHA256)

        assert upload.exists() or media.verify(SHA256), f"step {step}"


def test_a_full_disk_leaves_the_upload_where_it_was(watched: files.Media, disk: Disk) -> None:
    watched.append(UPLOAD, 0, DATA[:100])
    disk.works_again()
    disk.is_full(at=1)  # the bytes are written, and cannot be flushed

    with pytest.raises(errors.StorageFull):
        watched.append(UPLOAD, 100, DATA[100:])

    assert watched.incoming_path(UPLOAD).read_bytes() == DATA[:100]


def test_what_could_not_be_flushed_does_not_count(watched: files.Media, disk: Disk) -> None:
    """After a flush that failed the system may have dropped the bytes, and the next flush says nothing
    of it: they must be sent and written again."""
    watched.append(UPLOAD, 0, DATA[:100])
    disk.works_again()
    disk.is_full(at=1, number=errno.EIO)

    with pytest.raises(OSError, match="full"):
        watched.append(UPLOAD, 100, DATA[100:])

    assert watched.incoming_path(UPLOAD).read_bytes() == DATA[:100]


@pytest.mark.parametrize(
    "act",
    [
        lambda media: media.place(media.incoming_path(UPLOAD), SHA256),
        lambda media: media.put(DATA),
    ],
    ids=["place", "put"],
)
def test_a_name_that_was_not_flushed_is_flushed_by_the_next_try(
    tmp_path: Path, act: Callable[[files.Media], object]
) -> None:
    """Else it would be acknowledged, and gone after a power cut."""

    def on_a_new_disk(name: str) -> tuple[files.Media, Disk]:
        disk = Disk()
        media = files.Media(tmp_path / name, reserve_bytes=0, before_step=disk)
        uploaded(media)
        disk.works_again()
        return media, disk

    media, rehearsal = on_a_new_disk("rehearsal")
    act(media)
    media, disk = on_a_new_disk("media")
    disk.is_full(at=len(rehearsal.steps) - 1, number=errno.EIO)
    with pytest.raises(OSError, match="full"):
        act(media)
    assert media.verify(SHA256)
    disk.works_again()

    act(media)

    assert disk.steps == ["flush_folder"]


def test_a_full_disk_leaves_no_half_derivative(watched: files.Media, disk: Disk) -> None:
    watched.write_derived(SHA256, "large", b"whole")
    disk.works_again()
    disk.is_full(at=1)

    with pytest.raises(errors.StorageFull):
        watched.write_derived(SHA256, "large", b"half")

    assert watched.derived_path(SHA256, "large").read_bytes() == b"whole"
    assert len(every_file(watched)) == 1


def test_other_troubles_of_the_disk_are_not_called_full(watched: files.Media, disk: Disk) -> None:
    disk.is_full(at=0, number=errno.EIO)

    with pytest.raises(OSError, match="full"):
        watched.put(DATA)
