"""Who looks, and when: read once per request and handed on, so that no rule asks for the time itself."""

import datetime as dt
from typing import NamedTuple

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone

from kommun.models import Employee


class Visit(NamedTuple):
    person: Employee
    now: dt.datetime
    today: dt.date  # the municipality's day


def visit(request: HttpRequest) -> Visit:
    """Raises PermissionDenied for somebody who has not signed in; the middleware has then missed the page."""
    if not isinstance(request.user, Employee):
        raise PermissionDenied
    now = timezone.now()
    return Visit(request.user, now, timezone.localdate(now))
