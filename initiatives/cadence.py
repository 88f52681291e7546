"""Periods in which an outcome is measured: calendar weeks, months and quarters. Pure arithmetic of dates."""

import datetime as dt
from typing import NamedTuple

from django.db.models import TextChoices
from django.utils import formats
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _


class Cadence(TextChoices):
    WEEKLY = "weekly", _("Every week")
    MONTHLY = "monthly", _("Every month")
    QUARTERLY = "quarterly", _("Every quarter")


class Span(NamedTuple):
    """Both days included."""

    first: dt.date
    last: dt.date


def span_of(day: dt.date, cadence: Cadence | str) -> Span:
    """The week (from Monday), month or quarter that `day` lies in."""
    if cadence == Cadence.WEEKLY:
        first = day - dt.timedelta(days=day.weekday())
        return Span(first, first + dt.timedelta(days=6))
    months = 1 if cadence == Cadence.MONTHLY else 3
    first = day.replace(month=(day.month - 1) // months * months + 1, day=1)
    return Span(first, _add_months(first, months) - dt.timedelta(days=1))


def next_span(day: dt.date, cadence: Cadence | str) -> Span:
    """The period after the one that `day` lies in."""
    return span_of(span_of(day, cadence).last + dt.timedelta(days=1), cadence)


def last_whole_span(today: dt.date, cadence: Cadence | str) -> Span:
    """The latest period that has ended before `today`."""
    return span_of(span_of(today, cadence).first - dt.timedelta(days=1), cadence)


def spans_between(first: dt.date, last: dt.date, cadence: Cadence | str) -> int:
    """How many whole periods lie within the days `first` to `last`."""
    count, span = 0, span_of(first, cadence)
    if span.first < first:
        span = next_span(first, cadence)
    while span.last <= last:
        count, span = count + 1, next_span(span.last, cadence)
    return count


def name_of(day: dt.date, cadence: Cadence | str) -> str:
    """The period that `day` lies in, as it is said in the active language: week 38, September, quarter 3."""
    if cadence == Cadence.WEEKLY:
        return gettext("week %(number)d") % {"number": day.isocalendar().week}
    if cadence == Cadence.QUARTERLY:
        return gettext("quarter %(number)d") % {"number": (day.month + 2) // 3}
    return formats.date_format(day, "F")


def during(day: dt.date, cadence: Cadence | str) -> str:
    """The same as an answer to when: in week 38, in September, in quarter 3."""
    period = name_of(day, cadence)
    if cadence == Cadence.MONTHLY:
        return pgettext("month", "in %(period)s") % {"period": period}
    return pgettext("week or quarter", "in %(period)s") % {"period": period}


def _add_months(first: dt.date, months: int) -> dt.date:
    years, month = divmod(first.month - 1 + months, 12)
    return dt.date(first.year + years, month + 1, 1)
