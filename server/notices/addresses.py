"""Whom nobody outside may have us call: our own network.

A name is resolved once, everything it resolves to must be public, and the call goes to that very address:
who answers later with another one (DNS rebinding) reaches nothing. RFC 6890 lists what is not public.
"""

import ipaddress
import re
import socket
from urllib.parse import SplitResult, urlsplit

LONGEST_URL = 2_000
_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?\.?")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address in the last 32 bits
_6TO4 = ipaddress.IPv6Network("2002::/16")  # RFC 3056: in the 32 bits after the prefix
_COMPATIBLE = ipaddress.IPv6Network("::/96")  # RFC 4291, 2.5.5.1

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NotOutside(Exception):
    """The address is none that we call; says why."""


def is_public(text: str) -> bool:
    """Whether an IP address lies outside of every private, local or special network."""
    address: Address = ipaddress.ip_address(text.partition("%")[0])
    inner = _inner(address)
    if inner is not None:
        return is_public(str(inner))
    return address.is_global and not address.is_multicast and not address.is_reserved


def _inner(address: Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _6TO4:
        return ipaddress.IPv4Address(int(address) >> 80 & 0xFFFFFFFF)
    return None


def must_be_outside(url: str, *, own_network: bool) -> SplitResult:
    """The parts of an address that may be called. Raises `NotOutside`.

    With `own_network` everything may, also without TLS: for tests and the demo.
    """
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise NotOutside("not_valid")
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError as wrong:
        raise NotOutside("not_valid") from wrong
    if parts.scheme != "https" and not (own_network and parts.scheme == "http"):
        raise NotOutside("not_https")
    if not host or parts.username is not None or parts.fragment or port == 0:
        raise NotOutside("not_valid")
    if not _is_ip(host) and not _HOST.fullmatch(host):
        raise NotOutside("not_valid")
    if not own_network and _is_ip(host) and not is_public(host):
        raise NotOutside("own_network")
    return parts


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def resolved(host: str, port: int, *, own_network: bool) -> list[str]:
    """The IP addresses of a host, all of them public. Raises `NotOutside`, and `OSError` for an unknown name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    if not addresses:
        raise OSError("no address")
    if not own_network and not all(map(is_public, addresses)):
        raise NotOutside("own_network")
    return addresses
