"""An appointment as a calendar file (iCalendar, RFC 5545): one event, written by hand.

Moments are in UTC, which every calendar shows in its reader's zone, also over the hour that a clock is put
back. The UID names the job and stays; SEQUENCE rises with every change, so that a second file moves the
entry that the first one made, and one that is cancelled takes it away.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

LINE = 75  # octets, without the line break (section 3.1)


@dataclass(frozen=True, slots=True)
class Appointment:
    uid: str
    sequence: int
    made_at: datetime
    start: datetime
    end: datetime
    summary: str
    place: str
    description: str
    is_cancelled: bool = False


def write(appointment: Appointment) -> bytes:
    is_over = appointment.is_cancelled
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Doorstep//Appointment//EN",
        f"METHOD:{'CANCEL' if is_over else 'PUBLISH'}",
        "BEGIN:VEVENT",
        f"UID:{_text(appointment.uid)}",
        f"SEQUENCE:{appointment.sequence}",
        f"DTSTAMP:{_moment(appointment.made_at)}",
        f"DTSTART:{_moment(appointment.start)}",
        f"DTEND:{_moment(appointment.end)}",
        f"STATUS:{'CANCELLED' if is_over else 'CONFIRMED'}",
        f"SUMMARY:{_text(appointment.summary)}",
        f"LOCATION:{_text(appointment.place)}",
        f"DESCRIPTION:{_text(appointment.description)}",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return b"".join(_folded(each) for each in lines)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(value: str) -> str:
    """Escaped (section 3.3.11); of control characters only line breaks are left."""
    plain = value.replace("\r\n", "\n").replace("\r", "\n")
    plain = "".join(each for each in plain if each == "\n" or each.isprintable())
    for sign in "\\;,":
        plain = plain.replace(sign, "\\" + sign)
    return plain.replace("\n", "\\n")


def _folded(line: str) -> bytes:
    """Lines of at most 75 octets, broken between characters; what goes on begins with a blank."""
    rest, pieces, room = line, [], LINE
    while rest:
        piece = rest[:room].encode()
        while len(piece) > room:
            piece = piece[:room]
            piece = piece.decode("utf-8", "ignore").encode()
        pieces.append(piece)
        rest, room = rest[len(piece.decode()) :], LINE - 1
    return b"\r\n ".join(pieces) + b"\r\n"
