"""`TLS=1`: the demo for a tablet in the same network, over HTTPS, with a code to scan in the terminal.

Beside the server of the demo, which stays on this machine, a second one on the same data listens on an
address of the network. HOST names it; without HOST it is the one by which this machine reaches others.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import segno

from server.clock import utc_now
from server.config import ConfigError
from server.demo.children import Children, is_free
from server.demo.home import Home
from server.demo.landing import PAGE, address_in_network, landing
from server.demo.papers import Papers, papers
from server.demo.words import Teller

SECURE_PORT, LANDING_PORT = 8443, 8480
TRIED = 50  # ports from there on


@dataclass(frozen=True, slots=True)
class Near:
    """Where a tablet finds the demo."""

    host: str
    port: int
    landing_port: int
    papers: Papers

    @property
    def app(self) -> str:
        return f"https://{self.host}:{self.port}/tablet/"

    @property
    def start(self) -> str:
        return f"http://{self.host}:{self.landing_port}/"


def wanted(env: Mapping[str, str], home: Home, teller: Teller) -> Near | None:
    """None without TLS=1. Raises `ConfigError` where HOST is not this machine's."""
    if env.get("TLS", "") in ("", "0"):
        return None
    host = env.get("HOST") or address_in_network()
    port, landing_port = (_free(host, first) for first in (SECURE_PORT, LANDING_PORT))
    if port is None or landing_port is None:
        raise ConfigError(teller.say("host_not_here", host=host))
    return Near(host, port, landing_port, papers(home.root / "tls", host, utc_now()))


def _free(host: str, first: int) -> int | None:
    return next((port for port in range(first, first + TRIED) if is_free(host, port)), None)


@contextmanager
def doors(near: Near | None, children: Children, teller: Teller) -> Iterator[None]:
    """Opens them, says where they are, and closes the unencrypted one at the end."""
    if near is None:
        yield
        return
    children.start(
        "serve",
        name="serve-near",
        HOST=near.host,
        PORT=str(near.port),
        TLS_CERT=str(near.papers.certificate),
        TLS_KEY=str(near.papers.key),
    )
    with landing(near.host, near.landing_port, near.papers.authority, _page(near, teller)):
        _tell(near, teller)
        yield


def _page(near: Near, teller: Teller) -> str:
    words = {
        name: teller.say(f"near_{name}") for name in ("install", "certificate", "then", "open_it")
    }
    return PAGE.format(lang=teller.language, app=near.app, **words)


def _tell(near: Near, teller: Teller) -> None:
    teller.chapter("near")
    teller.tell("near_scan", host=near.host)
    if sys.stdout.isatty():
        segno.make(near.start).terminal(compact=True)
    teller.line(f"  {near.start}")
    teller.line(f"  {near.app}\n      {teller.say('near_app')}")
    teller.tell("near_open")
    teller.line()
