"""Which times of a reason have come by a day. Pure arithmetic of days: it knows the figures, and no reason."""

import bisect
import datetime as dt
import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from initiatives.models import EscalateTo
from initiatives.nudges.rules import Figures, Rule
from kommun.workdays import Workdays

LOOK_BACK: Final = dt.timedelta(days=3653)  # a date further back is a slip of the pen, not a reason to remind
ONE_DAY: Final = dt.timedelta(days=1)


@dataclass(frozen=True)
class Occasion:
    """The latest time of a reason since `since` that has come, at a level; earlier ones that were missed are not told."""

    since: dt.date
    level: int
    number: int
    on: dt.date


def earliest(rule: Rule, today: dt.date) -> dt.date:
    """The first day whose reasons are still told."""
    return today - (rule.forgotten_after or LOOK_BACK)


@functools.lru_cache(maxsize=256)
def occasions(
    figures: Figures, first: dt.date, today: dt.date, workdays: Workdays | None = None
) -> tuple[Occasion, ...]:
    """For every day from `first` on: what has come by `today` of a reason that counts from it.

    With `workdays`, the days count as full working days. After a missed week this is one occasion, not several: nobody
    is flooded. A reason of a day ahead can have come too, where the figures remind before the day.
    """
    if not figures.is_on:
        return ()
    working = _working_days(first, today, workdays) if workdays else None
    last = today - dt.timedelta(days=min(0, figures.first_after))
    days = (first + ONE_DAY * number for number in range((last - first).days + 1))
    return tuple(occasion for day in days for occasion in _of(day, figures, today, working))


def _of(since: dt.date, figures: Figures, today: dt.date, working: Sequence[dt.date] | None) -> Iterator[Occasion]:
    firsts = [figures.first_after]
    if figures.escalate_to != EscalateTo.NOBODY and figures.escalate_after is not None:
        firsts.append(figures.escalate_after)
    for level, first_after in enumerate(firsts):
        latest = None
        for number in range(figures.at_most):
            day = _after(since, first_after + number * figures.repeat, working)
            if day is None or day > today:
                break
            latest = Occasion(since, level, number, day)
        if latest is not None:
            yield latest


def _after(since: dt.date, days: int, working: Sequence[dt.date] | None) -> dt.date | None:
    """None when the day lies further ahead than the working days that are known."""
    if working is None or days <= 0:
        return since + dt.timedelta(days=days)
    place = bisect.bisect_right(working, since) + days - 1
    return working[place] if place < len(working) else None


def _working_days(first: dt.date, today: dt.date, workdays: Workdays) -> list[dt.date]:
    days = (first + ONE_DAY * number for number in range((today - first).days + 1))
    return [day for day in days if workdays.is_working_day(day)]
