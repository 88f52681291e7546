"""Which times of a reason have come by a day. Pure arithmetic of days: it knows the figures, and no reason."""

import bisect
import datetime as dt
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
    """The latest time that has come of the reasons since `first` to `last`, at a level; earlier ones are not told.

    It came on the day `on`, or where that is None `days` days after the day of the reason.
    """

    first: dt.date
    last: dt.date
    level: int
    number: int
    on: dt.date | None = None
    days: int = 0


def earliest(rule: Rule, today: dt.date) -> dt.date:
    """The first day whose reasons are still told."""
    return today - (rule.forgotten_after or LOOK_BACK)


def occasions(figures: Figures, first: dt.date, today: dt.date, workdays: Workdays | None = None) -> list[Occasion]:
    """For every day from `first` on: what has come by `today` of a reason that counts from it.

    With `workdays`, the days count as full working days. After a missed week this is one occasion, not several: nobody
    is flooded. A reason of a day ahead can have come too, where the figures remind before the day.
    """
    if not figures.is_on:
        return []
    firsts = [figures.first_after]
    if figures.escalate_to != EscalateTo.NOBODY and figures.escalate_after is not None:
        firsts.append(figures.escalate_after)
    found: list[Occasion] = []
    for level, first_after in enumerate(firsts):
        days = [first_after + number * figures.repeat for number in range(figures.at_most)]
        found += _by_workdays(days, level, first, today, workdays) if workdays else _by_days(days, level, first, today)
    return found


def _by_days(days: Sequence[int], level: int, first: dt.date, today: dt.date) -> Iterator[Occasion]:
    """One for each time: the days whose reasons have come so far lie next to each other."""
    for number, after in enumerate(days):
        last = today - dt.timedelta(days=after)
        is_last = number + 1 == len(days)
        begins = first if is_last else max(first, today - dt.timedelta(days=days[number + 1] - 1))
        if begins <= last:
            yield Occasion(begins, last, level, number, days=after)


def _by_workdays(
    days: Sequence[int], level: int, first: dt.date, today: dt.date, workdays: Workdays
) -> Iterator[Occasion]:
    """One for each day of the weeks that matter. Of what is older all times have come: it is due today, if not told."""
    begins = _reach(max(days[-1], 0), first, today, workdays) + ONE_DAY
    if first < begins:
        yield Occasion(first, begins - ONE_DAY, level, len(days) - 1, on=today)
    working = [day for day in _days(begins, today) if workdays.is_working_day(day)]
    for since in _days(begins, today - dt.timedelta(days=min(0, days[0]))):
        come = [day for after in days if (day := _after(since, after, working)) is not None and day <= today]
        if come:
            yield Occasion(since, since, level, len(come) - 1, on=come[-1])


def _reach(count: int, first: dt.date, today: dt.date, workdays: Workdays) -> dt.date:
    """The latest day, from the day before `first` on, after which `count` full working days have passed by today."""
    day = today
    while count and day >= first:
        count -= workdays.is_working_day(day)
        day -= ONE_DAY
    return day


def _after(since: dt.date, days: int, working: Sequence[dt.date]) -> dt.date | None:
    """None when the day lies further ahead than the working days that are known."""
    if days <= 0:
        return since + dt.timedelta(days=days)
    place = bisect.bisect_right(working, since) + days - 1
    return working[place] if place < len(working) else None


def _days(first: dt.date, last: dt.date) -> list[dt.date]:
    return [first + ONE_DAY * number for number in range((last - first).days + 1)]
