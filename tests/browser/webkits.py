"""Debian's WebKitGTK, the engine of Safari, for a story of the tablet app: its small browser, steered by WebDriver.

It wants a screen, so one is made that nobody sees. Its camera is a picture that the engine itself draws.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from selenium.common.exceptions import (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    NoSuchElementException,
    StaleElementReferenceException,
    TimeoutException,
)
from selenium.webdriver import ActionChains, Remote
from selenium.webdriver.remote.client_config import ClientConfig
from selenium.webdriver.remote.file_detector import UselessFileDetector
from selenium.webdriver.remote.remote_connection import RemoteConnection
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service

from tests.browser.proxies import Proxy
from tests.browser.technicians import Technician

T = TypeVar("T")

PATIENCE_S, LOOK_S = 30.0, 0.05
LONGEST_S = 60  # for one answer of the driver: a browser that does not start must not hang a test
SCREEN = "1280x900x24"
ARGUMENTS = [
    "--automation",
    "--time-zone=Asia/Shanghai",
    "--enable-media-stream=true",
    "--enable-mock-capture-devices=true",
    # Safari has them; this small browser has to be told.
    "--features=+StorageAPI,+StorageAPIEstimate",
]
# Calls back when the screen has been drawn twice.
NEXT_PICTURES = "requestAnimationFrame(() => requestAnimationFrame(arguments[0]))"
TO_THE_MIDDLE = "arguments[0].scrollIntoView({block: 'center'})"
# This engine tells the driver of no script that failed; the page notes it, beyond a reload.
NOTES_FAILURES = """
const note = (why) => { sessionStorage.failures = (sessionStorage.failures ?? "") + why + "\\n"; };
addEventListener("error", (event) => note(event.message));
addEventListener("unhandledrejection", (event) => note(event.reason));
"""
NOT_YET = (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    NoSuchElementException,
    StaleElementReferenceException,
)


def browser_program() -> str:
    """It lies beside the engine's other programs: on Debian in a folder that bears the machine's name."""
    places = ("lib/*/webkit*gtk-*/MiniBrowser", "lib*/webkit*gtk-*/MiniBrowser")
    found = [file for place in places for file in sorted(Path("/usr").glob(place))]
    assert found, "no WebKitGTK: run the tests with python3 dev.py test"
    return str(found[0])


@contextmanager
def screen() -> Iterator[str]:
    """A screen in memory; its number is one that is free."""
    tells, told = os.pipe()
    command = ["Xvfb", "-displayfd", str(told), "-screen", "0", SCREEN, "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[told], stderr=subprocess.DEVNULL) as server:
        os.close(told)
        try:
            with os.fdopen(tells) as answer:
                yield f":{answer.readline().strip()}"
        finally:
            server.terminate()


@contextmanager
def webkit(home: Path) -> Iterator[Remote]:
    """A browser that begins with nothing, and keeps nothing."""
    options = Options()
    options.binary_location = browser_program()
    for each in ARGUMENTS:
        options.add_argument(each)
    with screen() as display:
        env = {"PATH": os.environ["PATH"], "HOME": str(home), "DISPLAY": display}
        env |= {"XDG_RUNTIME_DIR": str(home), "LANG": "C.UTF-8", "LANGUAGE": "en"}
        env |= {"NO_AT_BRIDGE": "1", "LIBGL_ALWAYS_SOFTWARE": "1"}
        service = Service(shutil.which("WebKitWebDriver"), env=env, log_output=str(home / "log"))
        service.start()
        try:
            there = ClientConfig(remote_server_addr=service.service_url, timeout=LONGEST_S)
            line = RemoteConnection(client_config=there)
            # The files that are picked lie on this machine.
            with Remote(line, file_detector=UselessFileDetector(), options=options) as browser:
                yield browser
        finally:
            service.stop()


class Hands(Technician):
    """Somebody at a tablet that reaches the office through a proxy: there the line is cut, for this engine has
    no switch for it."""

    def __init__(self, browser: Remote, proxy: Proxy) -> None:
        self.browser, self.proxy = browser, proxy

    def until(self, act: Callable[[], T | None]) -> T:
        """What `act` gives as soon as that is something."""
        wait = WebDriverWait(self.browser, PATIENCE_S, LOOK_S, ignored_exceptions=NOT_YET)
        try:
            return wait.until(lambda _: act() or False)
        except TimeoutException:
            raise AssertionError(f"waited in vain before this screen: {self.words()}") from None

    def shown(self, path: str) -> WebElement | None:
        found = self.browser.find_elements("xpath", path)
        return next((each for each in found if each.is_displayed()), None)

    def at_rest(self, path: str) -> WebElement | None:
        """As long as what stands above it is still coming, nothing can be drawn on it."""
        found = self.shown(path)
        before = found and found.rect
        self.browser.execute_async_script(NEXT_PICTURES)
        return found if found and found.rect == before else None

    def click(self, path: str) -> None:
        """The first of its kind that can be seen and touched, brought out from under the bars of the app."""

        def act() -> bool:
            found = self.shown(path)
            is_ready = found is not None and found.is_enabled()
            if found and is_ready:
                self.browser.execute_script(TO_THE_MIDDLE, found)
                found.click()
            return is_ready

        self.until(act)

    def opens_the_app(self, where: str = "") -> None:
        self.browser.get(f"{self.proxy.address}/tablet/{where}")
        self.browser.execute_script(NOTES_FAILURES)

    def reloads(self) -> None:
        self.browser.refresh()
        self.browser.execute_script(NOTES_FAILURES)

    def failures(self) -> str:
        """What went wrong in the scripts of the page, from when it was loaded."""
        return self.browser.execute_script("return sessionStorage.failures ?? ''")

    def taps(self, name: str, *, exact: bool = False) -> None:
        self.click(button(name, exact=exact))

    def opens_stage(self, name: str) -> None:
        """A picture that comes in late moves what stands under it: then the finger misses, and taps again."""
        head = f"{region(name)}//button[@class='stage-head']"

        def act() -> bool:
            is_open = self.shown(f"{head}[@aria-expanded='true']") is not None
            if not is_open:
                self.click(head)
                self.browser.execute_async_script(NEXT_PICTURES)
            return is_open

        self.until(act)

    def taps_in(self, stage: str, name: str) -> None:
        self.opens_stage(stage)
        self.click(region(stage) + button(name))

    def chooses(self, name: str) -> None:
        self.click(option(name))

    def has_chosen(self, name: str) -> bool:
        inside = f"{option(name)}//input"
        return self.until(lambda: self.browser.find_elements("xpath", inside))[0].is_selected()

    def writes(self, label: str, text: str) -> None:
        field = self.until(lambda: self.shown(labelled(label)))
        field.clear()
        field.send_keys(text)

    def sees(self, text: str) -> None:
        self.until(lambda: text.lower() in self.words().lower())

    def words(self) -> str:
        return " ".join(self.browser.execute_script("return document.body.innerText").split())

    def sees_heading(self, name: str) -> None:
        self.until(lambda: self.shown(f"//*[self::h1 or self::h2][{says('.', name)}]"))

    def sees_part(self, name: str) -> None:
        self.until(lambda: self.shown(region(name)))

    def goes_to(self, where: str) -> None:
        self.browser.execute_script("location.hash = arguments[0]", f"#/{where}")

    def opens_job(self, job_id: str) -> None:
        self.click(f"//a[contains(@href, '{job_id}')]")

    def does_next(self, words: str) -> None:
        there = f"{region('Next')}{button(words)}"
        self.until(lambda: self.browser.find_elements("xpath", there))
        if self.shown(there):
            self.click(there)

    def keeps_what_was_taken(self) -> None:
        keep = button("Keep it")
        self.until(lambda: self.shown(keep) or self.shown(region("Photos")))
        if self.shown(keep):
            self.click(keep)
        self.sees_part("Photos")

    def picks_file(self, label: str, file: Path) -> None:
        inside = f"//label[{says('.', label)}]//input"
        self.until(lambda: self.browser.find_elements("xpath", inside))[0].send_keys(str(file))

    def draws_on(self, label: str) -> None:
        named = f"//*[@aria-labelledby=//*[{says('.', label)}]/@id]"
        pad = self.until(lambda: self.at_rest(named))
        self.browser.execute_script(TO_THE_MIDDLE, pad)
        strokes = ActionChains(self.browser, duration=20).move_to_element(pad)
        strokes.move_by_offset(-100, 0).click_and_hold()
        for step in range(1, 8):
            strokes.move_by_offset(30, 25 if step % 2 else -25)
        strokes.release().perform()

    def loses_the_network(self) -> None:
        self.proxy.cuts_the_line()

    def finds_the_network(self) -> None:
        self.proxy.mends_the_line()


def says(what: str, text: str, *, exact: bool = False) -> str:
    said = f"normalize-space({what})"
    return f"{said}='{text}'" if exact else f"contains({said}, '{text}')"


def button(name: str, *, exact: bool = False) -> str:
    by_words, by_label = (says(each, name, exact=exact) for each in (".", "@aria-label"))
    return f"//button[{by_words} or {by_label}]"


def region(name: str) -> str:
    """A part of the screen that bears this name, or a group of buttons."""
    return f"//*[not(self::button)][@aria-label='{name}']"


def option(name: str) -> str:
    return f"//label[.//input[@type='radio']][{says('.', name, exact=True)}]"


def labelled(label: str) -> str:
    return f"//*[@id=//label[{says('.', label)}]/@for]"
