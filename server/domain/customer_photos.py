"""Photos that a customer gives: what may come in, how much of it, and how long links and leftovers live.

They show the trouble before anybody drives there. They are no proof of work: no slot asks for them, and
nobody judges them.
"""

from datetime import datetime, timedelta

from server.domain import errors, photos
from server.domain.photos import Format

MOST_BYTES = 16 * 1024 * 1024  # of one picture; phones make 2 to 8 MB
MOST_OF_A_FORM = 24 * 1024 * 1024  # bytes of several at once
MOST_OF_TICKET = 60
MOST_OF_LINK = 20
MOST_WAITING = 20  # laid aside for a ticket that is not open yet
MOST_WORDS = 500  # characters of a note
MOST_OF_NAME = 120  # characters of a file's name

LINK_LASTS = timedelta(days=7)
WAITS_FOR_ITS_TICKET = timedelta(days=1)
CAN_COME_BACK = timedelta(days=30)  # after somebody has taken it away


def format_of(content: bytes) -> Format:
    """What it is by its beginning, whatever it is called. Raises `PictureTooHeavy`, `NotAnImage`."""
    if len(content) > MOST_BYTES:
        raise too_heavy()
    found = photos.sniff(content[: photos.HEAD_BYTES])
    if found is None:
        raise errors.NotAnImage()
    return found


def too_heavy() -> errors.PictureTooHeavy:
    return errors.PictureTooHeavy(most_mb=MOST_BYTES // 1024**2)


def must_have_room(count: int, most: int) -> None:
    """Raises `PicturesEnough` where there are so many already that no other one is taken."""
    if count >= most:
        raise errors.PicturesEnough(most=most)


def name_of(said: str | None) -> str:
    """What somebody called the file, without folders and without what no database holds or page shows."""
    last = (said or "").replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(each for each in last if each.isprintable())
    return plain.encode("utf-8", "ignore").decode().strip()[-MOST_OF_NAME:]


def is_open(until: datetime, revoked_at: datetime | None, now: datetime) -> bool:
    """Whether a link still counts."""
    return revoked_at is None and now < until
