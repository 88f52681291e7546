"""Signed links of a letter: each is for one purpose and one thing, ends by itself, and proves nothing else.

A link opens a page; it never changes anything by being followed, because mail scanners follow every link.
"""

import datetime as dt
import uuid
from enum import StrEnum
from typing import Final

from django.conf import settings
from django.core.signing import BadSignature, SignatureExpired, TimestampSigner

from initiatives.models import Nudge


class Purpose(StrEnum):
    SNOOZE = "snooze"
    VALUE = "value"
    UNSUBSCRIBE = "unsubscribe"


HOLDS: Final = {
    Purpose.SNOOZE: dt.timedelta(days=30),
    Purpose.VALUE: dt.timedelta(days=14),
    Purpose.UNSUBSCRIBE: dt.timedelta(days=30),
}
_PATH: Final = {
    Purpose.SNOOZE: "/p/senare/",
    Purpose.VALUE: "/p/varde/",
    Purpose.UNSUBSCRIBE: "/p/avsta/",
}


class Expired(Exception):
    """The link was ours, and its time is out."""


class Unknown(Exception):
    """The link was never ours, or is for something else."""


def snooze_url(nudge: Nudge) -> str:
    """The address of the page on which this reason is put off."""
    return signed(Purpose.SNOOZE, nudge.uuid)


def value_url(nudge: Nudge) -> str:
    """The address of the page on which the value that the nudge asks for is entered."""
    return signed(Purpose.VALUE, nudge.uuid)


def unsubscribe_url(letter: uuid.UUID) -> str:
    """The address that takes the one-click POST of RFC 8058 for the letter of that `uuid`."""
    return signed(Purpose.UNSUBSCRIBE, letter)


def signed(purpose: Purpose, subject: uuid.UUID) -> str:
    return f"{settings.BASE_URL}{_PATH[purpose]}{_signer(purpose).sign(subject.hex)}/"


def subject_of(purpose: Purpose, token: str) -> uuid.UUID:
    """What the link is about. Raises Expired or Unknown."""
    try:
        return uuid.UUID(_signer(purpose).unsign(token, max_age=HOLDS[purpose]))
    except SignatureExpired as expired:
        raise Expired from expired
    except BadSignature as unknown:
        raise Unknown from unknown


def nudge_of(purpose: Purpose, token: str) -> Nudge:
    """The nudge that the link is about, with whom it is to. Raises Expired, or Unknown also when it is gone."""
    found = Nudge.objects.select_related("to").filter(uuid=subject_of(purpose, token), is_held_out=False).first()
    if found is None:
        raise Unknown
    return found


def _signer(purpose: Purpose) -> TimestampSigner:
    return TimestampSigner(salt=f"initiatives.nudges.links.{purpose}", sep=".")
