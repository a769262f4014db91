"""`doorstep demo`: fills in once, starts server and worker, plays the story once, and stays up."""

import os
import re
import signal
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType

from sqlalchemy import select

from server.config import DEMO_PASSWORD, Config, ConfigError
from server.db.engine import Database
from server.db.tickets import Ticket
from server.demo import near
from server.demo.cases import CASES, Case
from server.demo.children import ChildDied, Children, is_free, last_lines
from server.demo.desk import Desk, Json
from server.demo.filling import fill
from server.demo.home import Home
from server.demo.people import ACCOUNTS, CAROL
from server.demo.story import Story, tablets_know
from server.demo.words import Teller, language_of, padded
from server.domain.tickets import State

HOST = "127.0.0.1"  # everybody knows the password: never beyond this machine
WATCH_S = 0.5
INTERRUPTED = 130


def demo(
    env: Mapping[str, str], *, language: str | None = None, cases: Sequence[Case] = CASES
) -> int:
    """Runs the demo until Ctrl-C and returns the exit code. Raises `ConfigError`."""
    teller = Teller(language_of(env, language))
    port = _port(env, teller)
    _spare_proxies()
    for stop in (signal.SIGTERM, signal.SIGINT):  # a shell may have told us to ignore Ctrl-C
        signal.signal(stop, _interrupt)
    home = Home.from_env(env)
    with home.taken():
        teller.tell("title")
        here = near.wanted(env, home, teller)
        try:
            _fill_in(home, env, port, teller, cases)
        except KeyboardInterrupt:
            teller.end_progress()
            teller.tell("nothing_kept")
            return INTERRUPTED
        return _run(home, f"http://{HOST}:{port}", port, teller, here)


def _port(env: Mapping[str, str], teller: Teller) -> int:
    text = env.get("PORT") or "8000"
    if not re.fullmatch(r"\d{1,5}", text) or not 1 <= int(text) <= 65_535:
        raise ConfigError(teller.say("port_wrong", port=repr(text)))
    port = int(text)
    if not is_free(HOST, port):
        other = next((each for each in range(port + 1, port + 100) if is_free(HOST, each)), 8001)
        raise ConfigError(teller.say("port_taken", port=port, other=other))
    return port


def _spare_proxies() -> None:
    """What is on this machine is reached directly, whatever proxy the environment names."""
    for name in ("NO_PROXY", "no_proxy"):
        known = os.environ.get(name)
        os.environ[name] = f"{known},{HOST}" if known else HOST


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


# Filling in.


def _fill_in(
    home: Home, env: Mapping[str, str], port: int, teller: Teller, cases: Sequence[Case]
) -> None:
    """Once; and again after RESET=1, or where the last time was interrupted."""
    is_filled = home.is_filled()
    if is_filled and env.get("RESET", "") in ("", "0"):
        teller.tell("data_there", root=home.root)
        return
    teller.tell("data", root=home.root)
    teller.tell("filling", count=len(cases))
    started = time.monotonic()

    def told(done: int, count: int) -> None:
        teller.progress("filling_at", done=done, count=count)

    def live(config: Config, tablets: Path) -> None:
        fill(config, tablets, f"http://{HOST}:{port}", cases=cases, tell=told)

    home.fill(live)
    teller.end_progress()
    teller.tell("filled", seconds=round(time.monotonic() - started), states=_states(home, teller))


def _states(home: Home, teller: Teller) -> str:
    """How many tickets are in each state, in words."""
    database = Database(home.database_url)
    try:
        count = Counter(database.read(lambda s: list(s.scalars(select(Ticket.state)))))
    finally:
        database.close()
    return ", ".join(f"{count[each]} {teller.state(each)}" for each in State)


# Running.


def _run(home: Home, address: str, port: int, teller: Teller, here: near.Near | None) -> int:
    children = Children(home.for_server(), home.root)
    is_told = False
    try:
        teller.tell("starting")
        children.start("serve", HOST=HOST, PORT=str(port), WORKERS="2")
        children.start("worker")
        children.wait_until_ready(address)
        teller.tell("ready", address=address)
        tablets_know(home.tablets, address)
        _tell_story(home, address, teller, children)
        is_told = True
        with near.doors(here, children, teller):
            _stay_up(children)
    except KeyboardInterrupt:
        teller.line()
        return 0 if is_told else INTERRUPTED
    except ChildDied as died:
        return _told_of_death(died, teller)
    except TimeoutError:
        teller.tell("not_ready", log=home.root / "serve.log")
        return 1
    except Exception as failure:
        teller.tell("story_failed", why=failure, logs=home.root)
        return 1
    finally:
        teller.tell("stopping")
        children.stop()
        teller.tell("stopped", root=home.root)
    return 0


def _tell_story(home: Home, address: str, teller: Teller, children: Children) -> None:
    """Plays it on new data; later only says what it came to."""
    outcome = home.story()
    if outcome is None:
        story = Story(home, address, teller, children.must_live)
        try:
            outcome = story.play()
        finally:
            story.close()
        home.note(story=outcome)
    else:
        teller.line()
        teller.tell("told_before")
    _tell_where_to_look(home, address, teller, outcome)


def _stay_up(children: Children) -> None:
    while True:
        children.must_live()
        time.sleep(WATCH_S)


def _told_of_death(died: ChildDied, teller: Teller) -> int:
    teller.line()
    teller.tell("child_died", name=died.name, code=died.code, log=died.log)
    for line in last_lines(died.log):
        teller.line(f"  {line}")
    return 1


# Where to look.


def _tell_where_to_look(home: Home, address: str, teller: Teller, outcome: Json) -> None:
    api = f"{address}/api/v1"
    teller.chapter("look")
    _tell_addresses(teller, _addresses(address, api, teller, outcome))
    teller.line()
    teller.tell("needs_token")
    teller.line(f"  TOKEN=$({_sign_in(api)} \\")
    teller.line(
        "    | python3 -c \"import json, sys; print(json.load(sys.stdin)['access_token'])\")"
    )
    ticket = f"{api}/tickets/{outcome['open']}"
    teller.line(f'  curl -s -H "Authorization: Bearer $TOKEN" {ticket}')
    _tell_accounts(teller)
    _tell_of_phone(home, address, teller)
    teller.line()
    teller.tell("stays_up", logs=home.root)


def _addresses(address: str, api: str, teller: Teller, outcome: Json) -> list[tuple[str, str]]:
    photos = [f"{api}/photos/{each}/file/large" for each in outcome["photos"][:2]]
    named = teller.say("its_photos", job=outcome["closed_job"])
    return [
        (f"{address}/office/", teller.say("office_page")),
        (f"{address}/tablet/", teller.say("tablet_page")),
        (f"{api}/docs", teller.say("docs_page")),
        (f"{address}/readyz", teller.say("ready_page")),
        (f"{address}/metrics", teller.say("figures_page")),
        (f"{api}/tickets/{outcome['closed']}", teller.say("closed_ticket")),
        (f"{api}/tickets/{outcome['closed']}/timeline", teller.say("its_timeline")),
        (f"{api}/tickets/{outcome['open']}", teller.say("open_ticket")),
        (f"{api}/revisits?ticket_id={outcome['open']}", teller.say("its_revisits")),
        *((photo, named) for photo in photos),
    ]


def _tell_addresses(teller: Teller, addresses: list[tuple[str, str]]) -> None:
    for where, what in addresses:
        teller.line(f"  {where}\n      {what}")


def _sign_in(api: str) -> str:
    who = f'{{"username": "bob", "password": "{DEMO_PASSWORD}"}}'
    return f"curl -s {api}/auth/login -H 'Content-Type: application/json' -d '{who}'"


def _tell_accounts(teller: Teller) -> None:
    teller.line()
    teller.tell("accounts", password=DEMO_PASSWORD)
    for each in ACCOUNTS:
        does = each.does_zh if teller.language == "zh" else each.does
        teller.line(f"  {each.username:<7} {padded(each.name, 18)} {does}")


def _tell_of_phone(home: Home, address: str, teller: Teller) -> None:
    """The commands for a picture of one's own, on a job that waits for Carol."""
    job = _job_for_carol(address)
    if job is None:
        return
    field = (
        f"{Path(sys.executable).with_name('doorstep-field')} --home {home.tablets / CAROL.username}"
    )
    teller.line()
    teller.tell("phone", job=job["id"])
    teller.line(f"  {field} sync")
    teller.line(f"  {field} arrive {job['id']}")
    teller.line(f"  {field} photo {job['id']} after FILE")
    teller.line(f"  {field} sync")
    teller.tell("worker_looks", address=f"{address}/api/v1/jobs/{job['id']}")


def _job_for_carol(address: str) -> Json | None:
    desk = Desk(address, CAROL.username)
    try:
        open_ones = [*desk.items("/jobs", state="accepted"), *desk.items("/jobs", state="issued")]
    finally:
        desk.close()
    return open_ones[0] if open_ones else None
