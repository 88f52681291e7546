"""Whether the service can answer and its clock goes: asked by what watches over it, without sign-in, without Redis."""

import datetime as dt

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from kommun.heartbeat import CLOCK, last_beat, patience

UNAVAILABLE = 503
STARTED_AT = timezone.now()  # this process


@login_not_required
@never_cache
def health(request: HttpRequest) -> JsonResponse:
    """200 while the database answers and the clock goes; `clock` is the age in seconds of its last sign of life."""
    return _answer(is_clock_judged=True)


@login_not_required
@never_cache
def web_health(request: HttpRequest) -> JsonResponse:
    """For the engine that starts web processes anew: 200 while the database answers, whatever the clock does."""
    return _answer(is_clock_judged=False)


def _answer(*, is_clock_judged: bool) -> JsonResponse:
    try:
        at = last_beat(CLOCK)
    except DatabaseError:
        return JsonResponse({"status": "error", "database": "unreachable"}, status=UNAVAILABLE)
    is_good = not is_clock_judged or _age(at or STARTED_AT) <= patience()
    clock = int(_age(at).total_seconds()) if at else "has not turned yet"
    return JsonResponse(
        {"status": "ok" if is_good else "error", "database": "ok", "clock": clock},
        status=200 if is_good else UNAVAILABLE,
    )


def _age(at: dt.datetime) -> dt.timedelta:
    return timezone.now() - at
