"""What has been told and asked, behind the bell. To look changes nothing; what is done here is done by POST."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Self

from django.conf import settings
from django.contrib import messages
from django.db.models import BooleanField, Case, Q, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from initiatives.actions.refusals import Refused
from initiatives.actions.wishes import decline, read, read_all, snooze
from initiatives.forms.refused import show
from initiatives.forms.reminders import LaterForm
from initiatives.models import DUTIES, Nudge
from initiatives.nudges.facts import Facts, with_what_is_said
from initiatives.nudges.inbox import is_unread, told
from initiatives.nudges.letters import Item, Words, items
from initiatives.nudges.rules import RULE
from initiatives.nudges.texts import OwnWords
from initiatives.nudges.writing import still_holds
from initiatives.pages.answering import status_of
from initiatives.pages.reminder_kinds import kind
from initiatives.pages.visit import Visit, visit
from kommun.components import EmptyState
from kommun.models import Employee

ON_A_PAGE: Final = 50
OLDER: Final = "fore"


class Key(NamedTuple):
    """Where a page ends: what is new comes first, then the rest, each the latest first."""

    is_new: bool
    pk: int

    @classmethod
    def read(cls, text: str) -> Self | None:
        """The key of an address; None when somebody has changed it into something else."""
        new, _dash, pk = text.partition("-")
        is_key = new in ("0", "1") and pk.isascii() and pk.isdecimal() and len(pk) < 19
        return cls(new == "1", int(pk)) if is_key else None

    def __str__(self) -> str:
        return f"{int(self.is_new)}-{self.pk}"


@dataclass(frozen=True)
class Row:
    """One reminder: a sentence, where it leads, and what may be done with it."""

    nudge: Nudge
    sentence: str
    url: str
    button: str
    is_new: bool
    is_done: bool
    put_off_until: dt.date | None
    later: LaterForm | None  # None when there is nothing to put off
    may_be_declined: bool


@require_safe
def reminders(request: HttpRequest) -> HttpResponse:
    visitor = visit(request)
    after = Key.read(request.GET.get(OLDER, ""))
    found = list(_page(visitor, after)[: ON_A_PAGE + 1])
    rows = _rows(visitor, found[:ON_A_PAGE])
    context = {
        "rows": rows,
        "new": sum(row.is_new for row in rows),
        "up_to": max((row.nudge.pk for row in rows), default=0),
        "older": f"?{OLDER}={Key(rows[-1].is_new, rows[-1].nudge.pk)}" if len(found) > ON_A_PAGE else "",
        "is_first": after is None,
        "empty": EmptyState(_("All is calm here"), _("What Framsteg reminds you of is shown here."), "bjallra"),
    }
    return render(request, "initiatives/reminders.html", context)


@require_POST
def read_one(request: HttpRequest, uuid: uuid.UUID) -> HttpResponse:
    visitor = visit(request)
    read(_find(visitor, uuid), by=visitor.person, now=visitor.now)
    messages.success(request, _("Marked as read."))
    return redirect("reminders")


@require_POST
def read_everything(request: HttpRequest) -> HttpResponse:
    """Up to what the page showed: what has come since stays unread."""
    visitor = visit(request)
    up_to = request.POST.get("up_to", "")
    count = read_all(by=visitor.person, up_to=int(up_to), now=visitor.now) if _is_key(up_to) else 0
    said = ngettext("%(count)d reminder is marked as read.", "%(count)d reminders are marked as read.", count)
    messages.success(request, said % {"count": count} if count else _("Nothing was unread."))
    return redirect("reminders")


@require_http_methods(["GET", "HEAD", "POST"])
def later(request: HttpRequest, uuid: uuid.UUID) -> HttpResponse:
    """Puts one off. GET shows the form by itself, and so does a refusal."""
    visitor = visit(request)
    nudge = _find(visitor, uuid)
    form = LaterForm(request.POST if request.method == "POST" else None, rule=nudge.rule, today=visitor.today)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                row = snooze(nudge, form.day(), by=visitor.person, now=visitor.now)
            except Refused as refused:
                status = status_of(refused)
                show(refused, form)
            else:
                messages.success(request, put_off(row.until_on))
                return redirect("reminders")
    context = {"form": form, "nudge": nudge, "kind": kind(nudge.rule), "initiative": nudge.initiative}
    return render(request, "initiatives/reminder_later.html", context, status=status)


@require_POST
def never_again(request: HttpRequest, uuid: uuid.UUID) -> HttpResponse:
    """No more reminders of the kind that this one is of; the settings undo it."""
    visitor = visit(request)
    nudge = _find(visitor, uuid)
    try:
        decline(nudge.rule, by=visitor.person, now=visitor.now)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("reminders")
    said = _("You get no more reminders of the kind “%(kind)s”.") % {"kind": kind(nudge.rule)}
    undo = format_html('<a href="{}">{}</a>', reverse("reminder-settings"), _("Change this in your settings"))
    messages.success(request, format_html("{} {}", said, undo))
    return redirect("reminders")


def put_off(until: dt.date) -> str:
    return _("You are reminded again on %(day)s, if it is still needed.") % {"day": date_format(until, "j F")}


def _page(visitor: Visit, after: Key | None) -> QuerySet[Nudge]:
    """What comes after the key, or everything."""
    found = with_what_is_said(told(visitor.person, on=visitor.today), visitor.today).annotate(
        is_new=Case(When(is_unread(visitor.now), then=Value(True)), default=False, output_field=BooleanField()),
        holds=Case(When(still_holds(visitor.today), then=Value(True)), default=False, output_field=BooleanField()),
    )
    if after is not None:
        behind = Q(is_new=after.is_new, pk__lt=after.pk)
        found = found.filter(behind | Q(is_new=False) if after.is_new else behind)
    return found.order_by("-is_new", "-pk")


def _find(visitor: Visit, public_id: uuid.UUID) -> Nudge:
    """Raises Http404 for what the person was not told, or may not see any more."""
    return get_object_or_404(told(visitor.person, on=visitor.today).select_related("initiative"), uuid=public_id)


def _rows(visitor: Visit, nudges: Sequence[Any]) -> list[Row]:
    """The nudges as they are shown; what is done asks for nothing, so it says only what it was. One query."""
    declined = set(visitor.person.opt_outs.values_list("rule", flat=True))
    open_ones = [nudge for nudge in nudges if not _is_done(nudge)]
    said = dict(zip(open_ones, _items(visitor.person, open_ones, visitor.today), strict=True))
    return [_row(visitor, nudge, said.get(nudge), declined) for nudge in nudges]


def _row(visitor: Visit, nudge: Any, item: Item | None, declined: set[str]) -> Row:
    title = nudge.initiative.title
    done = _("%(kind)s: “%(title)s”") % {"kind": kind(nudge.rule), "title": title}
    may_wait = item is not None and not item.is_news
    later = LaterForm(rule=nudge.rule, today=visitor.today, auto_id=f"{nudge.uuid}-%s") if may_wait else None
    return Row(
        nudge=nudge,
        sentence=item.sentence if item else done,
        url=item.url.removeprefix(settings.BASE_URL) if item else nudge.initiative.get_absolute_url(),
        button=item.button if item else _("Open the initiative"),
        is_new=nudge.is_new,
        is_done=item is None,
        put_off_until=nudge.put_off_until,
        later=later,
        may_be_declined=nudge.rule not in DUTIES and nudge.rule not in declined,
    )


def _is_done(nudge: Any) -> bool:
    """What was asked for has been done, or is asked for no more. News stays news."""
    rule = RULE.get(nudge.rule)
    return rule is None or (not rule.is_news and (nudge.acted_at is not None or not nudge.holds))


def _items(person: Employee, nudges: Sequence[Nudge], today: dt.date) -> list[Item]:
    """What a letter would say of each, in their order."""
    return items(nudges, Words(today, Facts.load(nudges), OwnWords.load()), get_language() or person.language)


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19
