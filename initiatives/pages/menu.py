"""The menu, with what waits for the person and what is unread. `config` registers it as a context processor."""

import datetime as dt
from typing import Any, NamedTuple

from django.db.models import Count, Exists, QuerySet, Subquery, Value
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from initiatives.models import Initiative
from initiatives.nudges.inbox import unread
from initiatives.permissions import to_verify
from kommun.models import Employee, Role
from kommun.roles import held
from kommun.shell import MenuItem, mark_current


class Waiting(NamedTuple):
    """How many of each wait for the person; `results` for controllers."""

    decisions: int
    is_controller: bool
    is_administrator: bool
    administers_all: bool  # the whole municipality
    results: int
    unread: int


def menu(request: HttpRequest) -> dict[str, object]:
    """What the shell shows of the subject; nothing before sign-in. At most two queries."""
    person = getattr(request, "user", None)  # missing when the request failed before anybody was recognised
    if not isinstance(person, Employee):
        return {}
    now = timezone.now()
    waiting = _waiting(person, now)
    new = MenuItem(reverse("new"), _("New initiative"), "plus", short_label=pgettext("menu", "New"))
    items = [
        MenuItem(reverse("home"), pgettext("menu", "Home"), "hem"),
        MenuItem(reverse("initiatives"), _("Initiatives"), "lista"),
        MenuItem(reverse("decisions"), _("Decisions"), "beslut", count=waiting.decisions),
        MenuItem(reverse("overview"), _("Overview"), "oversikt"),
        *([_review(waiting)] if waiting.is_controller else []),
        *([MenuItem(reverse("reminder-rules"), _("Rules"), "penna")] if waiting.is_administrator else []),
        *([MenuItem(reverse("clients"), _("Clients"), "sprid")] if waiting.administers_all else []),
    ]
    bell = MenuItem(reverse("reminders"), _("Reminders"), "bjallra", count=waiting.unread)
    *marked, primary, marked_bell = mark_current([*items, new, bell], request.path)
    return {
        "menu": marked,
        "primary_action": primary,
        "bell": marked_bell,
        "search_url": f"{reverse('initiatives')}#sok",
        "more_settings": [_reminders(), _calendar()],
    }


def _review(waiting: Waiting) -> MenuItem:
    return MenuItem(reverse("verifying"), _("Review"), "bock", count=waiting.results)


def _reminders() -> MenuItem:
    said = _("When letters come, how many, and which kinds of reminder you want.")
    return MenuItem(reverse("reminder-settings"), _("Letters and reminders"), "bjallra", text=said)


def _calendar() -> MenuItem:
    said = _("See in Outlook, Google or your phone when something is due.")
    return MenuItem(reverse("calendar"), _("Dates in your calendar"), "kalender", text=said)


def _waiting(person: Employee, now: dt.datetime) -> Waiting:
    """Two queries at most."""
    today = timezone.localdate(now)
    asked, new = Initiative.objects.awaiting(person), unread(person, now=now, on=today)
    administers = held(person, Role.ADMINISTRATOR, on=today)
    controls = held(person, Role.CONTROLLER, on=today)
    roles = [Exists(each) for each in (controls, administers, administers.filter(unit__parent=None))]
    mine = Employee.objects.filter(pk=person.pk).values_list(_number_of(asked), *roles, _number_of(new))
    decisions, reviews, is_administrator, administers_all, count = mine.get()
    results = to_verify(person, on=today).count() if reviews else 0
    return Waiting(decisions or 0, reviews, is_administrator, administers_all, results, count or 0)


def _number_of(rows: QuerySet[Any]) -> Subquery:
    """How many rows there are; NULL for none."""
    return Subquery(rows.order_by().values(one=Value(1)).annotate(count=Count("pk")).values("count"))
