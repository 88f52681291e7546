"""How the letters go, for administrators: what waits, what has gone, what was given up and why. Never what they say."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterable
from typing import cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Min, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from kommun.heartbeat import CLOCK, LETTERS, patience
from kommun.letters import CannotGo, try_again
from kommun.models import Employee, Heartbeat, Letter

SHOWN = 50  # the latest ones; older ones are known by their number


@dataclasses.dataclass(frozen=True)
class GivenUp:
    letter: Letter
    reason: str  # the server's own words, or our sentence in the reader's language


@dataclasses.dataclass(frozen=True)
class Sign:
    """When a part last did its work; nothing when it never has."""

    name: str
    at: dt.datetime | None
    is_late: bool


@require_safe
def letters(request: HttpRequest) -> HttpResponse:
    if not cast(Employee, request.user).is_staff:
        raise PermissionDenied
    now = timezone.now()
    failed = Letter.objects.filter(failed_at__isnull=False)
    context = {
        "waiting": Letter.objects.filter(sent_at=None, failed_at=None).aggregate(
            count=Count("pk"), oldest=Min("created_at"), put_off=Count("pk", filter=Q(attempts__gt=0))
        ),
        "sent": Letter.objects.filter(sent_at__gte=_midnight(now)).count(),
        "failed": failed.count(),
        "given_up": _given_up(failed.order_by("-failed_at", "-pk").only(*SHOWN_COLUMNS)[:SHOWN]),
        "signs": _signs(now),
    }
    return render(request, "kommun/letters.html", context)


SHOWN_COLUMNS = ("uuid", "kind", "address", "subject", "failed_at", "error")


@require_POST
def retry_letter(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    try:
        goes = try_again(key, by=cast(Employee, request.user), now=timezone.now())
    except CannotGo as no:
        messages.warning(request, gettext(str(no)))
        return redirect("letters")
    if goes:
        messages.success(request, gettext("The letter goes again within a minute, or on the next working day."))
    else:
        messages.warning(request, gettext("That letter is no longer among those given up."))
    return redirect("letters")


def _given_up(found: Iterable[Letter]) -> list[GivenUp]:
    return [GivenUp(letter, gettext(letter.error) if letter.error else "") for letter in found]


def _signs(now: dt.datetime) -> list[Sign]:
    at = dict(Heartbeat.objects.values_list("name", "at"))
    names = {CLOCK: gettext("The clock"), LETTERS: gettext("The sending of letters")}
    return [
        Sign(name, at.get(part), is_late=part not in at or now - at[part] > patience()) for part, name in names.items()
    ]


def _midnight(now: dt.datetime) -> dt.datetime:
    return timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
