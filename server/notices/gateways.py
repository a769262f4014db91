"""SMS and chat gateways, through Apprise: each is an address with its secrets in it, set by the branch.

`{phone}` in the address stands for the customer's number. Only services that speak HTTP are allowed, and in
this process their calls go past one guard: no address of our own network is ever connected to.
"""

import logging
import re
import socket
import threading
import warnings
from functools import cache
from typing import Any

from urllib3.util import connection as lines

from server.config import Config
from server.db.notices import Gateway, Notice
from server.notices import addresses, calls, seals
from server.notices.outcomes import Outcome, words

WHOLE_S = 20.0
PHONE = "{phone}"
SERVICES = frozenset(
    {
        "clickatell", "clicksend", "d7sms", "bulksms", "bulkvs", "burstsms", "exotel",
        "freemobile", "httpsms", "infobip", "kavenegar", "msgbird", "msg91", "nexmo",
        "vonage", "octopush", "plivo", "ringc", "seven", "sfr", "sinch",
        "smsmanager", "smsmgr", "sns", "telesign", "telnyx", "twilio", "voipms",
        "whatsapp", "dingtalk", "feishu", "lark", "wecombot", "wxpusher", "pushplus",
        "schan", "slack", "tgram", "discord", "msteams", "workflows", "gchat",
        "line", "mmost", "mmosts", "rocket", "rockets", "webex", "wxteams",
        "zulip", "json", "jsons",
    }
)  # fmt: skip
_ERROR = re.compile(r"error=(\d{3})")
_here = threading.local()
_connect = lines.create_connection


class Unusable(ValueError):
    """Why an address is none that can be used: unknown, not_valid or phone_missing."""


def service_of(url: str, channel: str) -> str:
    """The name of the service. Raises `Unusable`."""
    name = url.partition("://")[0].casefold()
    if name not in SERVICES:
        raise Unusable("unknown")
    if _library().Apprise.instantiate(url.replace(PHONE, "8613800138000")) is None:
        raise Unusable("not_valid")
    if channel == "sms" and PHONE not in url:
        raise Unusable("phone_missing")
    return name


@cache
def _library() -> Any:
    """Apprise, once somebody needs it: it brings every service it knows, and one of them an old module."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import apprise

        apprise.Apprise.instantiate("json://localhost")  # loads them all
    return apprise


def international(phone: str) -> str:
    """A number as gateways want it: digits with the code of the country; 86 for Chinese mobiles."""
    digits = re.sub(r"\D", "", phone)
    if phone.strip().startswith("+"):
        return digits
    if digits.startswith("00"):
        return digits[2:]
    return f"86{digits}" if re.fullmatch(r"1\d{10}", digits) else digits


def send(config: Config, gateway: Gateway, notice: Notice) -> Outcome:
    """Tells one customer. Never raises for what the gateway does."""
    url = seals.unseal(config.secret, gateway.id, gateway.url)
    if url is None:
        return Outcome("refused", words="the address of the gateway cannot be read: set it anew")
    phone = international(notice.address)
    if not phone:
        return Outcome("refused", words="no number")
    asset = _library().AppriseAsset(
        http_redirects=False,
        async_mode=False,
        service_timeout=0,  # in this very thread: the deadline below is ours
    )
    teller = _library().Apprise(asset=asset)
    if not teller.add(url.replace(PHONE, phone)):
        return Outcome("refused", words="the gateway does not take this number")
    _guard(config.own_network)
    said: list[str] = []
    with calls.deadline(WHOLE_S, lambda: _here.line):
        result = teller.notify(
            body=notice.body,
            title=notice.title,
            log_callback=lambda entry, _service: said.append(str(getattr(entry, "message", entry))),
            log_level=logging.WARNING,
        )
    return _outcome(bool(result), said)


def _outcome(is_taken: bool, said: list[str]) -> Outcome:
    """What the gateway refused was not taken; without any answer it was, only where there was no line."""
    told = words(" ".join(said))
    if is_taken:
        return Outcome("sent", words=told)
    code = _ERROR.search(told)
    status = int(code[1]) if code else None
    if _here.refused:
        return Outcome("refused", words="own_network")
    if status is not None or not _here.connected:
        return Outcome("again", status, told)
    return Outcome("unsure", words=told)


def _guard(own_network: bool) -> None:
    """Puts our own way to connect before that of the library, for good; this thread's call is told of."""
    _here.own_network, _here.connected, _here.refused = own_network, False, False
    _here.line = None
    lines.create_connection = _connect_outside


def _connect_outside(address: tuple[str, int], *args: Any, **more: Any) -> socket.socket:
    host, port = address
    try:
        found = addresses.resolved(host, port, own_network=getattr(_here, "own_network", False))
    except addresses.NotOutside as refused:
        _here.refused = True
        raise OSError(str(refused)) from refused
    made = _connect((found[0], port), *args, **more)
    _here.connected, _here.line = True, made
    return made
