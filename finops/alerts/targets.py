"""Where a webhook may go: addresses that people give are checked before anything connects.

An address of this machine or its network would let whoever sets up an endpoint knock on doors that
only the server can reach. So a name is resolved once, every address of it is checked, and the
connection goes to an address that was checked: a name that answers differently the next time
(DNS rebinding) gains nothing.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import threading
from collections.abc import Iterable
from typing import Final, NamedTuple
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

LONGEST_URL: Final = 2_000
_PORTS: Final = {"https": 443, "http": 80}
#: Below these are other services, which an HTTP request should not be sent to.
_FIRST_FREE_PORT: Final = 1_024
_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")


def _networks(text: str) -> tuple[Network, ...]:
    return tuple(map(ipaddress.ip_network, text.split()))


# The registries of special addresses, written out: Python's own lists differ by its version.
#: Never called: "any", link-local (metadata of clouds), multicast; one public address of metadata.
_NEVER: Final = _networks(
    "0.0.0.0/8 169.254.0.0/16 224.0.0.0/4 240.0.0.0/4 168.63.129.16/32 192.0.0.0/24"
    " ::/128 fe80::/10 fec0::/10 ff00::/8 fd00:ec2::254/128"
)
#: This machine, and networks of one's own.
_OWN: Final = _networks(
    "127.0.0.0/8 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 ::1/128 fc00::/7"
)
#: For documentation, measurements and protocols.
_SPECIAL: Final = _networks(
    "192.0.2.0/24 192.88.99.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24"
    " 2001::/23 2001:db8::/32 3fff::/20"
)
#: All of IPv6 that anybody on the internet has.
_GLOBAL: Final = ipaddress.IPv6Network("2000::/3")
#: IPv6 that carries an IPv4 address inside: what counts is where that one leads.
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


class TargetRefused(ValueError):
    """An endpoint must not be called at this address; the message says why, and holds no secret."""


class NameUnknown(OSError):
    """A host's name cannot be resolved now; it may be later."""


class Target(NamedTuple):
    """A checked way to call: what to ask whom for, and the address to connect to."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The host as the Host header names it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def read_target(url: str, *, private: bool) -> Target:
    """Read the URL of an endpoint. Raises TargetRefused for what is none, or must not be called.

    ``private``: this installation may call its own network, and without TLS.
    """
    if (
        len(url) > LONGEST_URL
        or not url.isascii()
        or not url.isprintable()
        or set(url) & set(' "\\')
    ):
        raise TargetRefused("Enter a web address without spaces or special characters.")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError as error:
        raise TargetRefused("Enter a whole web address.") from error
    if parts.scheme not in _PORTS or (parts.scheme == "http" and not private):
        raise TargetRefused("Enter an address that begins with https://.")
    if "@" in parts.netloc:
        raise TargetRefused("Leave out user name and password.")
    port = _PORTS[parts.scheme] if port is None else port
    if port not in _PORTS.values() and port < _FIRST_FREE_PORT:
        raise TargetRefused(f"Use port 443, or one from {_FIRST_FREE_PORT} on.")
    literal = _literal(host)
    if literal is not None:
        check_address(literal, private=private)
    path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    return Target(parts.scheme, host, port, path)


def addresses_of(target: Target, *, private: bool, seconds: float) -> list[Address]:
    """Resolve a target's host, once, and check every address it has.

    Raises TargetRefused when any of them must not be called, NameUnknown when there is none within
    the time.
    """
    literal = _literal(target.host)
    found = [literal] if literal is not None else _resolve(target.host, target.port, seconds)
    for address in found:
        check_address(address, private=private)
    return found


def check_address(address: Address, *, private: bool) -> None:
    """Raise TargetRefused for an address that no endpoint may have.

    ``private`` lets loopback and private networks pass. Some are refused always: link-local ones,
    where clouds tell machines their secrets, multicast, and "any".
    """
    inner = _inner(address)
    if _lies_in(inner, _NEVER):
        raise TargetRefused("This address is never called: it belongs to the machine or network.")
    if _lies_in(inner, _OWN) and private:
        return
    if _lies_in(inner, _OWN) or _lies_in(inner, _SPECIAL):
        raise TargetRefused("This address is private: only public ones are called.")
    if isinstance(inner, ipaddress.IPv6Address) and inner not in _GLOBAL:
        raise TargetRefused("This address is private: only public ones are called.")


def _lies_in(address: Address, networks: Iterable[Network]) -> bool:
    return any(address in network for network in networks)


def _inner(address: Address) -> Address:
    """Give the IPv4 address that an IPv6 one stands for, where it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address.teredo:
        return address.teredo[1]
    return address.ipv4_mapped or address.sixtofour or _compatible(address) or address


def _compatible(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Give the IPv4 address of an old ``::1.2.3.4``; ``::`` and ``::1`` are themselves."""
    number = int(address)
    return ipaddress.IPv4Address(number) if 1 < number <= 0xFFFFFFFF else None


def _literal(host: str) -> Address | None:
    """Read a host that is an address; None for a name.

    Raises TargetRefused for odd spellings: programs differ about what ``0177.1`` or ``2130706433``
    mean, and one of them is always fooled.
    """
    if ":" in host:
        if "%" in host:
            raise TargetRefused("Leave out the zone of the address.")
        return _parsed(host)
    labels = host.split(".")
    if labels[-1].isdecimal() or re.fullmatch(r"0x[0-9a-f]*", labels[-1]):
        return _parsed(host)
    if len(host) > 253 or not all(map(_LABEL.fullmatch, labels)):
        raise TargetRefused("Enter a whole web address.")
    return None


def _parsed(host: str) -> Address:
    try:
        return ipaddress.ip_address(host)
    except ValueError as error:
        raise TargetRefused("Write the address as four plain numbers, or use a name.") from error


def _resolve(host: str, port: int, seconds: float) -> list[Address]:
    """Ask for a name's addresses, no longer than a time: the system's resolver knows no limit."""
    answers: list[list[Address] | OSError] = []

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.append(
                [ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found]
            )
        except (OSError, UnicodeError) as error:
            answers.append(NameUnknown(str(error)))

    thread = threading.Thread(target=ask, name=f"resolve {host}", daemon=True)
    thread.start()
    thread.join(seconds)
    answer = answers[0] if answers else NameUnknown("no answer in time")
    if isinstance(answer, OSError):
        raise answer
    return list(dict.fromkeys(answer))


def host_of(url: str) -> str:
    """Give the host of an address, for telling two of the same place; empty for what has none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
