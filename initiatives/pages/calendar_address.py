"""The secret address of a person's calendar. Calendars cannot sign in, so whoever has the address may read it."""

import uuid
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
    path = reverse("calendar-feed", args=[person.uuid.hex, _signature(person)])
    return f"{settings.BASE_URL}{path}"


def subscribing(address: str) -> str:
    """The same address as phones and calendar programs open it: as a subscription, not as a file."""
    return urlsplit(address)._replace(scheme="webcal").geturl()


def owner_of(person: str, signature: str) -> Employee | None:
    """Whose calendar it is; None when there is none at that address any more. One query.

    Whether the person is still employed is asked by whoever shows the calendar.
    """
    found = Employee.objects.filter(uuid=uuid.UUID(person), calendar_version__gt=0).first()
    if found is None or not constant_time_compare(_signature(found), signature):
        return None
    return found


def _signature(person: Employee) -> str:
    told = f"{person.uuid.hex}.{person.calendar_version}"
    return salted_hmac(SALT, told, algorithm="sha256").hexdigest()[:DIGITS]
