"""The `doorstep` commands; each reads its configuration from the environment (docs/operations.md)."""

import argparse
import getpass
import os
import sys
from collections.abc import Callable

from server.clock import utc_now
from server.config import Config, ConfigError
from server.domain.errors import DoorstepError


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
    _add(commands, "new-epoch", _new_epoch, "after a restore: tablets offer again what they hold")
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


def _serve(chosen: argparse.Namespace) -> int:
    from server.serving import serve

    return serve(Config.from_env(), os.environ)


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
