"""A person's calendar and its secret address: given, changed and closed by that person alone."""

import datetime as dt
import secrets
from typing import Final

from django.utils import timezone

from initiatives.actions.refusals import NotAllowed
from kommun.models import Employee

NONE: Final = 0
VERSIONS: Final = 2**31 - 1  # what the column holds


def renew_address(*, by: Employee, now: dt.datetime) -> None:
    """Gives an address that nobody has had, and with that closes the one before.

    The version is drawn and not counted: counted from nothing, a calendar that was closed and opened again would get
    its first address back. Raises NotAllowed for somebody who is no longer employed.
    """
    version = by.calendar_version
    while version in (NONE, by.calendar_version):
        version = 1 + secrets.randbelow(VERSIONS)
    _save(by, version, now)


def close_calendar(*, by: Employee, now: dt.datetime) -> None:
    """From now on there is no address. Raises NotAllowed for somebody who is no longer employed."""
    _save(by, NONE, now)


def _save(person: Employee, version: int, now: dt.datetime) -> None:
    if not person.is_employed(timezone.localdate(now)):
        raise NotAllowed
    Employee.objects.filter(pk=person.pk).update(calendar_version=version)
    person.calendar_version = version
