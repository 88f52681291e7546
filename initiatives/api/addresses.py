"""The API's own address, as the caller knows it: behind a proxy that is trusted, the one that the proxy tells."""

import ipaddress
import re
from typing import Final

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest
from django.http.request import split_domain_port, validate_host

ROOT: Final = "/api/v1"
_PAIR: Final = re.compile(r'(?:^|;)\s*(\w+)=(?:"([^"]*)"|([^;]*))')
_PORT: Final = re.compile(r"(?<=\d):\d+$")  # after an IPv4 address
_PREFIX: Final = re.compile(r"(/[A-Za-z0-9._~-]+)*", re.ASCII)


def root_of(request: HttpRequest) -> str:
    """Such as https://framsteg.kommunen.se/api/v1. Raises DisallowedHost when the proxy names a host of others."""
    told = _told_by_proxy(request) if settings.BEHIND_PROXY else {}
    host, scheme = told.get("host"), told.get("proto")
    if host is not None and not validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS):
        raise DisallowedHost("The proxy names a host that is not in ALLOWED_HOSTS.")
    prefix = told.get("prefix", "").rstrip("/")
    kept = prefix if _PREFIX.fullmatch(prefix) else ""
    return f"{scheme if scheme in ('http', 'https') else request.scheme}://{host or request.get_host()}{kept}{ROOT}"


def caller_of(request: HttpRequest) -> str | None:
    """The network address that calls. Behind a trusted proxy it is the one that the proxy adds last: it has seen it."""
    seen = request.META.get("REMOTE_ADDR") or ""
    if settings.BEHIND_PROXY:
        forwarded = _PAIR.findall(request.headers.get("Forwarded", "").rpartition(",")[2])
        told = {name.lower(): quoted or plain for name, quoted, plain in forwarded}.get("for")
        seen = told or request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() or seen
    bare = seen.removeprefix("[").partition("]")[0] if "[" in seen else _PORT.sub("", seen)
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return None


def _told_by_proxy(request: HttpRequest) -> dict[str, str]:
    """`host`, `proto` and `prefix`, by Forwarded (RFC 7239) or X-Forwarded-*; of several proxies the outermost one."""
    forwarded = request.headers.get("Forwarded", "").partition(",")[0]
    told = {name.lower(): quoted or plain for name, quoted, plain in _PAIR.findall(forwarded)}
    for name in ("host", "proto", "prefix"):
        value = request.headers.get(f"X-Forwarded-{name}", "").partition(",")[0].strip()
        if value:
            told.setdefault(name, value)
    return told
