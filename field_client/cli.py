"""The `doorstep-field` command: a thin skin over `Companion`.

Exit codes: 0 done · 1 refused or not valid · 2 wrong usage · 3 no network · 4 sign-in needed ·
5 the store is busy · 6 the disk is full · 7 synced, but work still waits.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from field_client import commands, words
from field_client.clock import Clock
from field_client.companion import Companion
from field_client.errors import Exit
from field_client.terminal import Terminal
from server.domain import errors as domain_errors
from server.domain import events


def default_home() -> Path:
    """Where a platform keeps the data of an application, or `DOORSTEP_HOME`."""
    named = os.environ.get("DOORSTEP_HOME")
    if named:
        return Path(named).expanduser()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "doorstep-field"
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home()) / "doorstep-field"
    shared = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(shared) / "doorstep-field"


def main(arguments: Sequence[str] | None = None, clock: Clock | None = None) -> int:
    """Runs one command and returns its exit code."""
    args = parser().parse_args(arguments)
    terminal = Terminal(as_json=args.json, language=words.choose(args.lang))
    try:
        try:
            return int(_run(args, terminal, clock))
        finally:
            terminal.flush()
    except BrokenPipeError:
        # Whoever read our output has gone; what was saved is saved.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.OK
    except KeyboardInterrupt:
        return 130


def _run(args: argparse.Namespace, terminal: Terminal, clock: Clock | None) -> int:
    try:
        with Companion(
            args.home or default_home(),
            clock=clock,
            person=args.as_person,
            language=args.lang,
            position=args.position,
            busy_wait_s=args.wait,
        ) as tablet:
            person_language = tablet.language if args.command != "login" else None
            terminal.speak(words.choose(args.lang, person_language))
            code, result = commands.COMMANDS[args.command](tablet, args, terminal)
    except domain_errors.DoorstepError as problem:
        terminal.complain(problem)
        return getattr(problem, "exit_code", Exit.REFUSED)
    terminal.answer(result)
    return code


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="doorstep-field",
        description="Jobs, proof and receipts on site, without a network.",
        epilog=__doc__ and __doc__.split("\n\n", 1)[1],
    )
    top.add_argument("--home", type=Path, help="where everything is kept (DOORSTEP_HOME)")
    top.add_argument("--json", action="store_true", help="answer as JSON, for scripts")
    top.add_argument("--lang", choices=("en", "zh"), help="language of the messages")
    top.add_argument("--as", dest="as_person", metavar="USER", help="work as another person")
    top.add_argument("--position", type=_position, metavar="LAT,LON[,METRES]")
    top.add_argument(
        "--wait", type=float, default=10.0, metavar="S", help="seconds to wait for a busy store"
    )
    commands_of = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _office(commands_of)
    _journey(commands_of)
    _work(commands_of)
    _proof(commands_of)
    return top


Commands = Any  # argparse keeps the class of its own to itself


def _office(commands_of: Commands) -> None:
    login = commands_of.add_parser("login", help="sign in and enrol this device (needs a network)")
    login.add_argument("username", nargs="?")
    login.add_argument("--server", help="address of the server, once")
    login.add_argument("--password-stdin", action="store_true")
    sync = commands_of.add_parser("sync", help="send what waits, receive what is new")
    sync.add_argument("--patience", type=float, default=30.0, metavar="S")
    sync.add_argument("--cellular", action="store_true", help="this network costs money")
    sync.add_argument("--no-media", action="store_true", help="events now, photos later")
    commands_of.add_parser("jobs", help="the jobs on this device")
    _job(commands_of.add_parser("show", help="everything about a job"))
    commands_of.add_parser("status", help="what waits, what was sent, how much room there is")
    export = commands_of.add_parser("export", help="what waits as one encrypted file")
    export.add_argument("file", type=Path)
    export.add_argument("--everything", action="store_true", help="also what was received")
    commands_of.add_parser("logout", help="sign out; what waits stays")


def _journey(commands_of: Commands) -> None:
    _job(commands_of.add_parser("accept", help="take a job"))
    decline = _job(commands_of.add_parser("decline", help="give a job back"))
    decline.add_argument("reason")
    _job(commands_of.add_parser("travel", help="on the way"))
    _job(commands_of.add_parser("arrive", help="at the door"))


def _work(commands_of: Commands) -> None:
    assess = _job(commands_of.add_parser("assess", help="how bad it is"))
    assess.add_argument("severity", choices=events.SEVERITIES)
    assess.add_argument("findings", nargs="*")
    assess.add_argument("--words")
    check = _job(commands_of.add_parser("check", help="answer a step of the checklist"))
    check.add_argument("step")
    check.add_argument("answer", nargs="+", help="several for a choice of several")
    check.add_argument("--words")
    photo = _job(commands_of.add_parser("photo", help="take pictures into proof"))
    photo.add_argument("slot")
    photo.add_argument("files", nargs="+", type=Path, metavar="FILE")
    photo.add_argument("--reason", help="why it comes from the gallery; without: the camera")
    photo.add_argument("--drawn-on", metavar="PHOTO", help="the photo this one annotates")
    discard = _job(commands_of.add_parser("discard", help="take a photo back"))
    discard.add_argument("photo")
    discard.add_argument("reason")
    _part(_job(commands_of.add_parser("part", help="parts used, taken back or asked for")))
    swap = _job(commands_of.add_parser("swap", help="a thing with a serial number exchanged"))
    swap.add_argument("old")
    swap.add_argument("new")
    swap.add_argument("--line", help="the part line it belongs to")
    note = _job(commands_of.add_parser("note", help="a note for the office"))
    note.add_argument("text")
    note.add_argument("--customer", action="store_true", help="for the customer's receipt")
    lead = _job(commands_of.add_parser("lead", help="something the customer might buy"))
    lead.add_argument("text")
    lead.add_argument("--product")


def _part(part: argparse.ArgumentParser) -> None:
    part.add_argument("sku", nargs="?")
    part.add_argument("quantity", nargs="?", type=int, default=1)
    part.add_argument("--from", dest="source", choices=events.PART_SOURCES, default="van")
    part.add_argument("--charge", choices=events.CHARGES, default="warranty")
    part.add_argument("--price", type=int, metavar="CENTS", help="of one, in cents")
    part.add_argument("--currency", default="CNY")
    part.add_argument("--serial")
    part.add_argument("--void", metavar="LINE", help="take a line back")
    part.add_argument("--request", choices=events.REQUEST_REASONS, help="ask for it instead")
    part.add_argument("--words", help="why, or what is asked for")


def _proof(commands_of: Commands) -> None:
    receipt = _job(commands_of.add_parser("receipt", help="the receipt as it stands"))
    receipt.add_argument("--language", choices=("en", "zh"), help="default: the customer's")
    receipt.add_argument("--present", action="store_true", help="note that it was shown")
    sign = _job(commands_of.add_parser("sign", help="the customer signs, or why not"))
    how = sign.add_mutually_exclusive_group(required=True)
    how.add_argument("--name", help="who signs")
    for reason in events.UNSIGNED_REASONS:
        how.add_argument(f"--{reason}", dest="unsigned", action="store_const", const=reason)
    sign.add_argument("--relation", default="customer")
    sign.add_argument("--signature", type=Path, metavar="PNG", help="else written from the name")
    sign.add_argument("--language", choices=("en", "zh"), help="default: the customer's")
    sign.add_argument("--reservation")
    sign.add_argument("--stars", type=int, choices=range(1, 6))
    sign.add_argument("--words")
    finish = _job(commands_of.add_parser("finish", help="end the visit"))
    finish.add_argument("--incomplete", choices=events.CAUSES, metavar="CAUSE")
    finish.add_argument("--words")
    finish.add_argument("--anyway", action="store_true", help="although something is missing")


def _job(command: argparse.ArgumentParser) -> argparse.ArgumentParser:
    command.add_argument("job", metavar="JOB")
    return command


def _position(text: str) -> dict[str, Any]:
    numbers = [float(each) for each in text.split(",")]
    if len(numbers) not in (2, 3) or abs(numbers[0]) > 90 or abs(numbers[1]) > 180:
        raise argparse.ArgumentTypeError("LAT,LON or LAT,LON,METRES")
    return dict(zip(("lat", "lon", "accuracy_m"), numbers, strict=False))


if __name__ == "__main__":
    sys.exit(main())
