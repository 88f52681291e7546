"""Where a message may go. It knows addresses and no rows: what a URL must look like, and which machines are off limits.

A name is judged when the connection is made, by each address that it then leads to, and the connection is made to that
very address: a name that leads elsewhere the next time it is asked (DNS rebinding) gains nothing.
"""

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final
from urllib.parse import urlsplit

import idna
from django.conf import settings

LONGEST: Final = 500  # characters of a URL
_VISIBLE: Final = re.compile(r"[!-~]+")
_LABELS: Final = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*"
)
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")  # the system reads names that end so as an IPv4 address in disguise
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052; the local one, 64:ff9b:1::/48, is never global

Address = IPv4Address | IPv6Address
Place = tuple[int, tuple[str, int] | tuple[str, int, int, int]]  # the family, and what a socket connects to


class Unfit(ValueError):
    """No message may go to the URL; says why. It never says where a name leads."""


class NotAllowed(OSError):
    """The name leads to a machine that messages may not go to."""


@dataclass(frozen=True)
class Target:
    """A URL that has been read. `host` is ASCII, without brackets."""

    is_secure: bool
    host: str
    port: int
    path: str  # with its query

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == (443 if self.is_secure else 80) else f":{self.port}"
        return f"{'https' if self.is_secure else 'http'}://{host}{port}{self.path}"

    @property
    def authority(self) -> str:
        """For the header Host."""
        return self.url.split("/")[2]


def look_up(host: str, port: int) -> list[Place]:
    """Every place that the system knows for the name. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, place) for family, _type, _protocol, _name, place in found]  # type: ignore[misc]  # no (int, bytes): those are for protocols without addresses


@dataclass(frozen=True)
class Network:
    """What may be reached, and for how long. All that is public, over TLS, unless the settings say more."""

    allowed: Sequence[IPv4Network | IPv6Network] = ()  # inside, and reachable all the same
    ports: frozenset[int] = frozenset({443})  # empty: any
    allows_http: bool = False
    ca_file: str = ""
    connect_seconds: float = 3.0  # and as much again for TLS
    read_seconds: float = 10.0  # between two bytes
    total_seconds: float = 15.0  # of it all
    look_up: Callable[[str, int], list[Place]] = field(default=look_up, repr=False)

    @classmethod
    def of_settings(cls) -> "Network":
        return cls(
            allowed=settings.WEBHOOK_ALLOWED_NETWORKS,
            ports=frozenset(settings.WEBHOOK_ALLOWED_PORTS),
            allows_http=settings.DEMO or settings.DEBUG,
            ca_file=settings.WEBHOOK_CA_FILE,
        )

    def read(self, url: str) -> Target:
        """Raises Unfit. A name is not looked up; an address that is written out is judged at once."""
        if len(url) > LONGEST:
            raise Unfit(f"must be at most {LONGEST} characters")
        try:
            split = urlsplit(url)
            port = split.port
        except ValueError:
            raise Unfit("must be a URL") from None
        if split.scheme not in ("https", "http") or not split.hostname:
            raise Unfit("must begin with https:// and a host")
        if split.scheme == "http" and not self.allows_http:
            raise Unfit("must begin with https://")
        if "@" in split.netloc:
            raise Unfit("must not hold a user or a password")
        if "#" in url or "\\" in url:
            raise Unfit("must not hold a fragment or a backslash")
        path = (split.path or "/") + (f"?{split.query}" if split.query else "")
        if not _VISIBLE.fullmatch(path):
            raise Unfit("must be percent-encoded after the host")
        port = _usual(split.scheme) if port is None else port
        target = Target(split.scheme == "https", self._host(split.hostname), port, path)
        if not target.port:
            raise Unfit("must be a URL")
        if self.ports and target.port not in self.ports:
            raise Unfit(f"must be at port {' or '.join(map(str, sorted(self.ports)))}")
        return target

    def _host(self, written: str) -> str:
        try:
            address = ipaddress.ip_address(written)
        except ValueError:
            return _name(written)
        if not self.may_reach(written):
            raise Unfit("must not lead to the inside of a network")
        return str(address)

    def places(self, target: Target) -> list[Place]:
        """Where to connect. Raises OSError; NotAllowed when a single one of them is off limits."""
        found = self.look_up(target.host, target.port)
        if not found or not all(self.may_reach(str(place[0])) for _family, place in found):
            raise NotAllowed("The address is not one that messages may go to.")
        return found

    def may_reach(self, written: str) -> bool:
        """Of an address in figures."""
        if "%" in written:  # a zone: it is of this very machine's own links
            return False
        return all(self._is_open(each) for each in _judged(ipaddress.ip_address(written)))

    def _is_open(self, address: Address) -> bool:
        if any(address in network for network in self.allowed):
            return True
        is_special = address.is_multicast or address.is_reserved or address.is_unspecified
        return address.is_global and not is_special and not getattr(address, "is_site_local", False)


def _judged(address: Address) -> list[Address]:
    """The address, and the one that it carries (6to4); of one that only stands for another (NAT64), the other.

    Mapped and Teredo addresses are never global.
    """
    if isinstance(address, IPv4Address):
        return [address]
    if address in _NAT64:
        return [IPv4Address(int(address) & 0xFFFFFFFF)]
    return [address, address.sixtofour] if address.sixtofour else [address]


def _usual(scheme: str) -> int:
    return 443 if scheme == "https" else 80


def _name(written: str) -> str:
    """In ASCII. Raises Unfit."""
    try:
        name = written.lower() if written.isascii() else idna.encode(written, uts46=True).decode()
    except idna.IDNAError:
        raise Unfit("must have a host that there can be") from None
    name = name.removesuffix(".")
    if not _LABELS.fullmatch(name) or _NUMBER.fullmatch(name.rpartition(".")[2]):
        raise Unfit("must have a host that there can be")
    return name
