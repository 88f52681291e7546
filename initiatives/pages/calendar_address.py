"""The secret address of a person's calendar. Calendars cannot sign in, so whoever has the address may read it."""

import uuid
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from kommun.models import Employee

SALT: Final = "initiatives.pages.calendar_address"
DIGITS: Final = 32  # 128 bits, in hexadecimal


def address(person: Employee) -> str:
    """The whole address, or "" when the person has no calendar."""
    if not person.calendar_version:
        return ""
    path = reverse("calendar-feed", args=[person.uuid.hex, _signature(person, settings.SECRET_KEY)])
    return f"{settings.BASE_URL}{path}"


def subscribing(address: str) -> str:
    """The same address as phones and calendar programs open it: as a subscription, not as a file."""
    return urlsplit(address)._replace(scheme="webcal").geturl()


def owner_of(person: str, signature: str) -> Employee | None:
    """Whose calendar it is; None when there is none at that address any more. One query.

    Whether the person is still employed is asked by whoever shows the calendar.
    """
    found = Employee.objects.filter(uuid=uuid.UUID(person), calendar_version__gt=0).first()
    if found is None or not any(constant_time_compare(each, signature) for each in _signatures(found)):
        return None
    return found


def _signatures(person: Employee) -> Iterator[str]:
    """By today's key, and by those before it, which the addresses in people's calendars were signed with."""
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        yield _signature(person, secret)


def _signature(person: Employee, secret: str) -> str:
    told = f"{person.uuid.hex}.{person.calendar_version}"
    return salted_hmac(SALT, told, secret=secret, algorithm="sha256").hexdigest()[:DIGITS]
