"""The `doorstep` commands; each reads its configuration from the environment (docs/operations.md)."""

import argparse
import getpass
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from server.clock import utc_now
from server.config import Config, ConfigError
from server.domain.errors import DoorstepError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from server.actions.black_boxes import Events
    from server.backups.telling import Told
    from server.black_box import Box
    from server.documents.bundles import Bundle
    from server.house import House


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="doorstep", description="Doorstep: field service.")
    commands = parser.add_subparsers(dest="command", required=True)
    _add(commands, "serve", _serve, "start the web server (HOST, PORT)")
    _add(commands, "worker", _work, "check photos, release held events, keep house")
    _add(commands, "migrate", _migrate, "bring the database up to date")
    begin = _add(commands, "begin", _begin, "make the first branch and its supervisor")
    begin.add_argument("--branch", required=True, help="name of the branch")
    begin.add_argument("--time-zone", default="Asia/Shanghai")
    begin.add_argument("--username", required=True, help="of the supervisor")
    begin.add_argument("--name", required=True, help="of the supervisor")
    begin.add_argument(
        "--password-stdin", action="store_true", help="read the password from a pipe"
    )
    play = _add(commands, "demo", _demo, "fill in a shop, start it, and play the main job")
    play.add_argument("--lang", choices=("en", "zh"), help="language of what is told")
    _add(commands, "index", _index, "make the index of search anew (docs/operations.md says when)")
    _add(commands, "new-epoch", _new_epoch, "after a restore: tablets offer again what they hold")
    figures = _add(commands, "figures", _figures, "count every ticket anew for the figures")
    figures.add_argument("--check", action="store_true", help="count nothing; say what differs")
    chain = _add(
        commands, "audit", _audit, "prove the chain of the audit, or write down its anchor"
    )
    chain.add_argument(
        "what",
        choices=("verify", "anchor"),
        help="verify: name the first line that was changed, removed or put in between; "
        "anchor: one line to keep elsewhere",
    )
    chain.add_argument("--database", help="a copy to look at; default: what DATABASE_URL names")
    chain.add_argument("--anchor", help="one that was written down: NUMBER:HASH")
    _add_backups(commands)
    box = _add(
        commands, "import-black-box", _import_box, "take in what a tablet could not send by itself"
    )
    box.add_argument("file", help="as exported by the tablet; may be imported again")
    _add_evidence(commands)
    chosen = parser.parse_args(arguments)
    try:
        run: Callable[[argparse.Namespace], int] = chosen.run
        return run(chosen)
    except ConfigError as failure:
        print(f"doorstep: {failure}", file=sys.stderr)
        return 2
    except DoorstepError as failure:
        print(f"doorstep: {failure.sentence()} ({failure.code})", file=sys.stderr)
        return 1


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    run: Callable[[argparse.Namespace], int],
    words: str,
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=words, description=words)
    command.set_defaults(run=run)
    return command


def _add_backups(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    make = _add(commands, "backup", _back_up, "add a backup of database and files to a folder")
    bring = _add(commands, "restore", _restore, "bring a backup onto an empty machine")
    look = _add(commands, "verify-backup", _verify_backup, "read a whole backup, changing nothing")
    for command in (make, bring, look):
        command.add_argument("target", help="the folder of the backups")
        command.add_argument(
            "--key-file", help="holds the key; default: what DOORSTEP_BACKUP_KEY_FILE names"
        )
        command.add_argument("--json", action="store_true", help="say it for machines")
    for command in (bring, look):
        command.add_argument("--backup", help="its id; default: the newest")


def _add_evidence(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    words = "was a receipt's PDF or a bundle of evidence changed? Needs no server and no network"
    verify = _add(commands, "verify", _verify, words)
    verify.add_argument("file", help="a PDF, or a ZIP of `doorstep evidence`")
    verify.add_argument("--certificate", help="SHA-256 that the shop's certificate must have")
    verify.add_argument("--json", action="store_true", help="say it for machines")
    verify.add_argument("--lang", choices=("en", "zh"), help="language of what is told")
    evidence = _add(commands, "evidence", _evidence, "make a bundle that proves what was signed")
    evidence.add_argument("subject", help="id of a ticket or of a receipt")
    evidence.add_argument("-o", "--out", required=True, help="the ZIP to write")
    evidence.add_argument(
        "--photos", action="store_true", help="with the photos as taken, their place included"
    )


def _serve(chosen: argparse.Namespace) -> int:
    config = Config.from_env()
    with tempfile.TemporaryDirectory(prefix="doorstep-figures-") as folder:
        # Before prometheus_client is imported: it looks here whether processes share their figures.
        os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", folder)
        from server.serving import serve

        return serve(config, os.environ)


def _work(chosen: argparse.Namespace) -> int:
    from server.worker import work

    return work(Config.from_env())


def _migrate(chosen: argparse.Namespace) -> int:
    from sqlalchemy.exc import SQLAlchemyError

    from server.db import migrate

    config = Config.from_env()
    try:
        migrate.upgrade(config.database_url)
    except (SQLAlchemyError, OSError) as failure:
        why = " ".join(str(failure.__cause__ or failure).split())
        raise ConfigError(f"The database cannot be brought up to date: {why}") from failure
    print("The database is up to date.")
    return 0


def _index(chosen: argparse.Namespace) -> int:
    from server.db import words
    from server.db.engine import Database

    database = Database(Config.from_env().database_url)
    count = database.write(lambda session: words.make_anew(session.connection()))
    print(f"{count} things can be found.")
    database.close()
    return 0


def _begin(chosen: argparse.Namespace) -> int:
    from server import passwords
    from server.actions import beginnings
    from server.db.engine import Database

    database = Database(Config.from_env().database_url)
    password = sys.stdin.readline().rstrip("\n") if chosen.password_stdin else getpass.getpass()
    passwords.must_be_strong(password, [chosen.username, chosen.name, chosen.branch])
    password_hash = passwords.hash_of(password)
    supervisor = database.write(
        lambda session: beginnings.begin(
            session,
            branch=chosen.branch,
            time_zone=chosen.time_zone,
            username=chosen.username,
            name=chosen.name,
            password_hash=password_hash,
            now=utc_now(),
        )
    )
    print(f"{chosen.branch} is open. {supervisor.name} signs in as {supervisor.username}.")
    database.close()
    return 0


def _new_epoch(chosen: argparse.Namespace) -> int:
    from server.actions import beginnings
    from server.db.engine import Database

    database = Database(Config.from_env().database_url)
    epoch = database.write(lambda session: beginnings.new_epoch(session, utc_now()))
    print(f"A new epoch has begun: {epoch}. Tablets offer again what they still hold.")
    database.close()
    return 0


def _figures(chosen: argparse.Namespace) -> int:
    """1 where a check finds a figure that is not what the tickets say."""
    from server.db.engine import Database
    from server.reports import counting

    database = Database(Config.from_env().database_url)
    try:
        if chosen.check:
            wrong = database.read(counting.disagreements)
            print("\n".join(wrong) or "Every figure is what the tickets say.")
            return 1 if wrong else 0
        database.write(counting.begin_anew)
        done = 0
        while database.read(counting.is_waiting):
            done += database.write(counting.count_some)
        print(f"Every figure was counted anew, from {done} tickets.")
        return 0
    finally:
        database.close()


def _audit(chosen: argparse.Namespace) -> int:
    """1 where the chain is broken, or does not hold the anchor."""
    from server.actions import audit_seals
    from server.db.engine import Database

    number, hash_ = _anchor(chosen.anchor)
    database = Database(chosen.database or Config.from_env().database_url)
    try:
        with _in_words(str(database.url.database)):
            if chosen.what == "anchor":
                print(database.read(audit_seals.anchor))
                return 0
            walk = audit_seals.Walk()
            while database.read(lambda session: audit_seals.go_on(session, walk)):
                pass
            if walk.finding is None:
                walk.finding = database.read(
                    lambda session: audit_seals.against(session, walk, number, hash_)
                )
            is_open = database.read(audit_seals.open_lines)
    finally:
        database.close()
    print(audit_seals.told(walk, is_open))
    return 0 if walk.finding is None else 1


def _anchor(said: str | None) -> tuple[int, str]:
    """Raises `ConfigError` for what is none; nothing is an anchor that every chain holds."""
    number, _, hash_ = (said or "0:").partition(":")
    if not number.isdecimal() or len(number) > 15 or (said and len(hash_) != 64):
        raise ConfigError(
            "An anchor is written as NUMBER:HASH, as `doorstep audit anchor` says it."
        )
    return int(number), hash_.lower()


def _import_box(chosen: argparse.Namespace) -> int:
    from server.black_box import open_box

    house: House = _create_house()
    try:
        with Path(chosen.file).open("rb") as file, open_box(file, house.config.secret) as box:
            return _take_in(house, box)
    except OSError as failure:
        raise ConfigError(f"{chosen.file} cannot be read: {failure.strerror}") from failure
    finally:
        house.database.close()


def _verify(chosen: argparse.Namespace) -> int:
    """0: as it was signed; 1: changed; 2: nothing of ours, or not to be read."""
    from server.demo.words import language_of
    from server.documents import checking, telling
    from server.documents.findings import Unreadable

    language = language_of(os.environ, chosen.lang)
    try:
        report = checking.check(Path(chosen.file), chosen.certificate)
    except Unreadable as failure:
        raise ConfigError(telling.said("unreadable", language, why=failure)) from failure
    except OSError as failure:
        raise ConfigError(f"{chosen.file} cannot be read: {failure.strerror}") from failure
    if chosen.json:
        print(json.dumps(report.told(), ensure_ascii=False))
    else:
        print("\n".join(telling.of_report(report, language)))
    return 0 if report.is_unchanged else 1


def _evidence(chosen: argparse.Namespace) -> int:
    """Writes it under a passing name first: what stands under its own is whole."""
    from server.actions import evidence
    from server.documents import bundles, certificates

    house, out = _create_house(), Path(chosen.out)
    try:
        identity, now = certificates.of_house(house.config), house.clock()

        def collect(session: "Session") -> "Bundle | None":
            jobs = evidence.jobs_of(session, chosen.subject)
            found = evidence.of_jobs(
                session, jobs, house.config, house.media, now, with_photos=chosen.photos
            )
            if found is not None:
                evidence.note(session, None, chosen.subject, now, len(found.index["receipts"]))
            return found

        bundle = house.database.write(collect)
        if bundle is None:
            raise ConfigError(f"There is no receipt of {chosen.subject}.")
        passing = out.with_name(f".{out.name}.part")
        with passing.open("wb") as file:
            bundles.write(file, bundle, identity)
        passing.replace(out)
    except OSError as failure:
        raise ConfigError(f"{out} cannot be written: {failure.strerror}.") from failure
    finally:
        house.database.close()
    print(f"{out}: {len(bundle.index['receipts'])} receipts, {len(bundle.index['events'])} events.")
    return 0


def _back_up(chosen: argparse.Namespace) -> int:
    from server.backups import telling
    from server.backups.making import back_up

    config, key = Config.from_env(), _backup_key(chosen, is_new=True)
    with _in_words(chosen.target):
        told = telling.of_made(
            chosen.target, partial(back_up, config, Path(chosen.target), key, utc_now())
        )
    return _tell(chosen, told)


def _restore(chosen: argparse.Namespace) -> int:
    from server.backups import telling
    from server.backups.restoring import restore

    config, key = Config.from_env(), _backup_key(chosen)
    with _in_words(chosen.target):
        act = partial(restore, config, Path(chosen.target), key, utc_now(), wanted=chosen.backup)
        told = telling.of_restored(chosen.target, act)
    return _tell(chosen, told)


def _verify_backup(chosen: argparse.Namespace) -> int:
    from server.backups import telling
    from server.backups.checking import verify

    key = _backup_key(chosen)
    with _in_words(chosen.target):
        act = partial(verify, Path(chosen.target), key, chosen.backup)
        told = telling.of_verified(chosen.target, act)
    return _tell(chosen, told)


def _backup_key(chosen: argparse.Namespace, *, is_new: bool = False) -> str:
    """From a file, else asked for. Raises `ConfigError` where there is nobody to ask."""
    from server.backups import keys

    key = keys.passphrase_of(os.environ, chosen.key_file)
    if key is not None:
        return key
    if not sys.stdin.isatty():
        raise ConfigError(f"The backup key is missing. Name its file in {keys.KEY_FILE}.")
    key = keys.must_be_strong(getpass.getpass("Key of the backups: "))
    is_first = is_new and not Path(chosen.target).exists()
    if is_first and getpass.getpass("Once more: ") != key:
        raise ConfigError("The two keys differ. Nothing was done.")
    return key


@contextmanager
def _in_words(target: str) -> Iterator[None]:
    """What a disk or a database says is told in one sentence."""
    import psycopg
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except OSError as failure:
        where = failure.filename or target
        raise ConfigError(f"{where} cannot be read or written: {failure.strerror}.") from failure
    except (SQLAlchemyError, psycopg.Error) as failure:
        why = " ".join(str(failure.__cause__ or failure).split())
        raise ConfigError(f"The database cannot do this: {why}") from failure


def _tell(chosen: argparse.Namespace, told: "Told") -> int:
    print(json.dumps(told.figures) if chosen.json else told.sentence)
    for warning in told.warnings:
        print(f"doorstep: {warning}", file=sys.stderr)
    return 0 if told.is_well else 1


def _create_house() -> "House":
    from server.app import create_app

    house: House = create_app(Config.from_env()).extensions["doorstep"]
    return house


def _take_in(house: "House", box: "Box") -> int:
    """Says what came of it; 1 where a file of the box is not whole."""
    from server.actions import black_boxes

    events = box.events()
    counts = _take_in_events(house, box, events)
    files, damaged = _take_in_files(house, box, events)
    house.database.write(
        lambda session: black_boxes.note_import(
            session, box.device_id, counts, files, house.clock()
        )
    )
    told = ", ".join(f"{count} {status}" for status, count in sorted(counts.items())) or "none"
    print(f"Events: {told}. Files: {files}.")
    for name in damaged:
        print(f"doorstep: the file {name} in the box is not what its name says", file=sys.stderr)
    return 1 if damaged else 0


def _take_in_events(house: "House", box: "Box", events: "Events") -> Counter[str]:
    from server.actions import black_boxes

    counts: Counter[str] = Counter()
    for person_id, batch in black_boxes.batches(events):
        counts += house.database.write(
            partial(
                black_boxes.take_in,
                box=box,
                person_id=person_id,
                batch=batch,
                now=house.clock(),
            )
        )
    return counts


def _take_in_files(house: "House", box: "Box", events: "Events") -> tuple[int, list[str]]:
    """Puts the files in their places, durably, and notes them; returns how many, and those not whole."""
    from server.actions import black_boxes

    count, damaged = 0, []
    for name, content in box.files():
        if not black_boxes.is_hash(name) or sha256(content).hexdigest() != name:
            damaged.append(name[:80])
            continue
        house.media.check_room(len(content))
        house.media.put(content)
        house.database.write(
            partial(
                black_boxes.note_file,
                sha256=name,
                size=len(content),
                events=events,
                now=house.clock(),
            )
        )
        count += 1
    return count, damaged


def _demo(chosen: argparse.Namespace) -> int:
    from server.demo.command import demo

    return demo(os.environ, language=chosen.lang)
