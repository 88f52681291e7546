"""A person's dates as an iCalendar feed (RFC 5545, RFC 7986) at a secret address, for Outlook, Google and phones."""

import datetime as dt
import unicodedata
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response, set_response_etag
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_safe
from icalendar import Calendar, Event, vText

from initiatives.outcomes.due_dates import Due, DueDate, due_dates
from initiatives.pages.calendar_address import owner_of
from initiatives.workflow import State
from kommun.models import Employee

CONTENT_TYPE: Final = "text/calendar; charset=utf-8"
REFRESHED: Final = dt.timedelta(hours=12)  # how often programs are asked to look; Google decides by itself
FRESH_FOR: Final = dt.timedelta(minutes=15)


@login_not_required
@require_safe
def calendar_feed(request: HttpRequest, person: str, signature: str) -> HttpResponseBase:
    """Six queries. An address that is wrong, changed, closed or of somebody who has left is not found."""
    today, owner = timezone.localdate(), owner_of(person, signature)
    if owner is None or not owner.is_employed(today):
        raise Http404
    with translation.override(owner.language):
        text = calendar_of(owner, due_dates(owner, today=today))
    response = _answer(text, owner.language)
    return get_conditional_response(request, etag=response["ETag"], response=response) or response


def _answer(text: bytes, language: str) -> HttpResponse:
    headers = {
        "Content-Type": CONTENT_TYPE,
        "Content-Language": language,
        "Cache-Control": f"private, max-age={int(FRESH_FOR.total_seconds())}",
        "X-Robots-Tag": "noindex",
    }
    response = HttpResponse(text, headers=headers)
    set_response_etag(response)
    return response


def calendar_of(owner: Employee, dates: list[DueDate]) -> bytes:
    """The calendar in the active language. The same dates are the same bytes, so that nothing is sent twice."""
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", f"-//{_line(settings.MUNICIPALITY_NAME)}//Framsteg//{owner.language.upper()}")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    name = vText(f"Framsteg, {_line(settings.MUNICIPALITY_NAME)}")  # the library escapes only what it knows to be text
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", settings.TIME_ZONE)
    calendar.add("refresh-interval", REFRESHED, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT12H")
    for date in dates:
        calendar.add_component(_event(date))
    written: bytes = calendar.to_ical()
    return written


def _event(date: DueDate) -> Event:
    """A whole day that takes no time in the calendar, and rings no bell: reminders are letters."""
    event = Event()
    event.add("uid", f"{date.key}@{urlsplit(settings.BASE_URL).hostname}")
    event.add("dtstamp", date.changed_at.astimezone(dt.UTC))
    event.add("last-modified", date.changed_at.astimezone(dt.UTC))
    event.add("sequence", max(0, int((date.changed_at - date.since).total_seconds())))  # grows with every change
    event.add("dtstart", date.on)
    event.add("dtend", date.on + dt.timedelta(days=1))  # the first day after
    event.add("summary", _line(f"{_what(date.due)}: {date.title}"))
    url = settings.BASE_URL + _leads_to(date)
    event.add("description", f"{_line(_sentence(date))}\n{url}")  # Outlook and Google show no address of its own
    event.add("url", url)
    event.add("transp", "TRANSPARENT")
    return event


def _line(text: str) -> str:
    """On one line, and without control characters, which the format has no way to write."""
    return "".join(each for each in " ".join(text.split()) if unicodedata.category(each) != "Cc")


def _leads_to(date: DueDate) -> str:
    """The page with the very field."""
    own = f"/initiativ/{date.initiative}/"
    if date.due == Due.REVIEW and date.state == State.MEASURING:
        return f"{own}steg/conclude/"
    return {
        Due.DECISION: f"/beslut/{date.initiative}/",
        Due.PROMISE: f"/lofte/{date.subject}/",
        Due.VALUE: f"{own}varde/?outcome={date.subject}",
        Due.HOLD: f"{own}varde/?outcome={date.subject}",
    }.get(date.due, own)


def _what(due: Due) -> str:
    return {
        Due.DECISION: pgettext("calendar", "Last day to answer"),
        Due.PROMISE: pgettext("calendar", "Your promise"),
        Due.FIRST_STEP: pgettext("calendar", "First step"),
        Due.RESUME: pgettext("calendar", "Goes on"),
        Due.VALUE: pgettext("calendar", "New value"),
        Due.TARGET: pgettext("calendar", "Target date"),
        Due.REVIEW: pgettext("calendar", "Review date"),
        Due.HOLD: pgettext("calendar", "See whether it holds"),
    }[due]


def _sentence(date: DueDate) -> str:
    words = {"detail": date.detail.strip()}
    if date.due == Due.HOLD:
        said = ngettext(
            "Enter a value to see whether the effect is still there after %(months)d month.",
            "Enter a value to see whether the effect is still there after %(months)d months.",
            date.months or 0,
        )
        return said % {"months": date.months}
    return {
        Due.DECISION: _("%(detail)s is waiting for your answer."),
        Due.PROMISE: _("You promised: %(detail)s"),
        Due.FIRST_STEP: _("Time for the first step: %(detail)s"),
        Due.RESUME: _("The pause is over, and the test goes on."),
        Due.VALUE: _("A new value of %(detail)s can be entered."),
        Due.TARGET: _("The target for %(detail)s is to be reached by now."),
        Due.REVIEW: _("The verdict becomes final. Write what you have learned."),
    }[date.due] % words
