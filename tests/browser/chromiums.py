"""The Chromium of the tests: where it is, how it is started so that it stays at home, and how it is killed."""

import json
import os
import shutil
import signal
from contextlib import suppress
from pathlib import Path

from playwright.sync_api import BrowserContext, BrowserType

from tests.browser.tablets import TABLET

# Without these a fresh Chromium calls its maker's servers before it opens the first page.
STAY_AT_HOME = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# A camera that needs no hardware, and no question to the person before it opens.
CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


def flags() -> list[str]:
    """Chromium's sandbox does not work for root, as whom containers run their tests."""
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return [*STAY_AT_HOME, *CAMERA, *(["--no-sandbox"] if as_root else [])]


def program() -> str:
    found = os.environ.get("DOORSTEP_CHROMIUM") or shutil.which("chromium")
    assert found, "no Chromium: run the tests with python3 dev.py test"
    return found


def launched(chromium: BrowserType, profile: Path, **more: str) -> BrowserContext:
    """A browser with a profile on the disk, as on a tablet; `more` are words for its environment."""
    return chromium.launch_persistent_context(
        profile,
        executable_path=program(),
        args=flags(),
        env={**os.environ, **more},
        viewport=TABLET,
        locale="en",
        timezone_id="Asia/Shanghai",
    )


def promise(profile: Path, address: str) -> None:
    """As after "add to the home screen": the browser keeps what the app of this address stores for good."""
    kept = {f"{address},*": {"setting": 1}}
    told = {"profile": {"content_settings": {"exceptions": {"durable_storage": kept}}}}
    file = profile / "Default" / "Preferences"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(told))


def kill_all_of(profile: Path) -> None:
    """At once and without a word, as Android does it."""
    for pid in processes_of(profile):
        os.kill(pid, signal.SIGKILL)


def processes_of(profile: Path) -> list[int]:
    """Those that name it; other children of the browser do not."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if str(profile).encode() in (process / "cmdline").read_bytes():
                found.append(int(process.name))
    return found
