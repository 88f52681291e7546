"""Secrets: how one is made, what is kept of it, and whose it is.

Ours are 288 random bits, so nobody can guess one from its checksum however fast that is to compute, and a slow hash
would only slow down ourselves: SHA-256. The secrets of earlier days may have been chosen by people; they keep Argon2.
"""

import datetime as dt
import hashlib
import secrets
from typing import Final

from django.contrib.auth.hashers import check_password
from django.db.models import Q
from django.utils.crypto import constant_time_compare

from kommun.models import ApiClient, ClientSecret

PREFIX: Final = "framsteg_"  # so that scanners of code and logs know one when they see it
BYTES: Final = 36
HINT: Final = 4  # characters, or 24 of the bits, that are shown
FAST: Final = "sha256$"
LONGEST: Final = 512  # characters that anybody may make us hash
USE_IS_NOTED_EACH: Final = dt.timedelta(minutes=1)


def new_secret() -> str:
    return PREFIX + secrets.token_urlsafe(BYTES)


def checksum(secret: str) -> str:
    return FAST + hashlib.sha256(secret.encode()).hexdigest()


def proves(secret: str, *, client: ApiClient, now: dt.datetime) -> bool:
    """Whether `secret` is one of the client's that are good at `now`; its use is noted, to the minute."""
    found = fitting(secret, client=client, now=now)
    if found is None:
        return False
    if found.last_used_at is None or now - found.last_used_at >= USE_IS_NOTED_EACH:
        ClientSecret.objects.filter(pk=found.pk).update(last_used_at=now)
    return True


def fitting(secret: str, *, client: ApiClient, now: dt.datetime) -> ClientSecret | None:
    """The row that `secret` belongs to, if it is good at `now`. One query."""
    if not secret or len(secret) > LONGEST:
        return None
    return next((each for each in good(client, now=now) if _is(secret, each.checksum)), None)


def good(client: ApiClient, *, now: dt.datetime) -> list[ClientSecret]:
    """At most two."""
    return list(client.secrets.filter(Q(expires_at=None) | Q(expires_at__gt=now), ended_at=None))


def _is(secret: str, kept: str) -> bool:
    if kept.startswith(FAST):
        return constant_time_compare(checksum(secret), kept)
    return check_password(secret, kept)
