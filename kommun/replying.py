"""Addresses that answers to letters go to: each names its letter, and nobody else can make one.

The reply address is settings.REPLY_ADDRESS with the letter behind a plus, svar+<letter>.<seal>@kommun.example, in lower
case throughout, as mail servers may change the case.
"""

import re
from collections.abc import Iterator
from typing import Final
from uuid import UUID

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

SALT: Final = "kommun.replying"
SEAL: Final = 16  # hexadecimal digits: 64 bits
_DETAIL: Final = re.compile(r"(?P<letter>[0-9a-f]{32})\.(?P<seal>[0-9a-f]{16})")


def reply_address(letter: UUID) -> str:
    """Where an answer to the letter goes; "" when no answers are taken."""
    if not settings.REPLY_ADDRESS:
        return ""
    name, domain = settings.REPLY_ADDRESS.lower().rsplit("@", 1)
    return f"{name}+{letter.hex}.{_seal(letter, settings.SECRET_KEY)}@{domain}"


def letter_uuid_of(address: str) -> UUID | None:
    """The letter that an address names; None for an address that we have not made, or when no answers are taken."""
    if not settings.REPLY_ADDRESS:
        return None
    name, domain = settings.REPLY_ADDRESS.lower().rsplit("@", 1)
    local, _at, at_domain = address.strip().lower().rpartition("@")
    ours, _plus, detail = local.partition("+")
    found = _DETAIL.fullmatch(detail)
    if (ours, at_domain) != (name, domain) or found is None:
        return None
    letter = UUID(hex=found["letter"])
    return letter if any(constant_time_compare(seal, found["seal"]) for seal in _seals(letter)) else None


def _seals(letter: UUID) -> Iterator[str]:
    """By today's key, and by those before it, which the letters in people's mailboxes were sealed with."""
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        yield _seal(letter, secret)


def _seal(letter: UUID, secret: str) -> str:
    return salted_hmac(SALT, letter.hex, secret=secret, algorithm="sha256").hexdigest()[:SEAL]
