"""The `doorstep` commands: serve, worker, migrate, demo, people."""

import argparse
import os
import sys
from collections.abc import Callable

from server.config import Config, ConfigError


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="doorstep", description="Doorstep: field service.")
    commands = parser.add_subparsers(dest="command", required=True)
    _add(commands, "serve", _serve, "start the web server (HOST, PORT)")
    _add(commands, "worker", _work, "check photos, release held events, keep house")
    _add(commands, "migrate", _migrate, "bring the database up to date")
    chosen = parser.parse_args(arguments)
    try:
        run: Callable[[argparse.Namespace], int] = chosen.run
        return run(chosen)
    except ConfigError as failure:
        print(f"doorstep: {failure}", file=sys.stderr)
        return 2


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
    from server.db import migrate

    config = Config.from_env()
    migrate.upgrade(config.database_url)
    print("The database is up to date.")
    return 0
