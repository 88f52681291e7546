"""Parts of a turn of the clock, for tests of reminders: what is written by a day, to whom, and what letters tell."""

import datetime as dt
from collections.abc import Iterable

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from initiatives import clock
from initiatives.actions import clockwork
from initiatives.models import Nudge
from initiatives.nudges import writing
from initiatives.nudges.collecting import collect_letters
from initiatives.nudges.rules import RULE
from initiatives.nudges.writing import write_nudges
from tests.builders import moment

ONE_DAY = dt.timedelta(days=1)


def only(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """As if these were all the rules there are: nothing else is due, and a turn takes as many statements less."""
    monkeypatch.setattr(writing, "RULES", tuple(RULE[name] for name in names))


def write(day: dt.date, hour: int = 9) -> int:
    return write_nudges(now=moment(day, hour), today=day)


def turn(day: dt.date, hour: int = 9) -> int:
    """What the clock does about reminders, letters apart."""
    now = moment(day, hour)
    clockwork.refresh_deciders(today=day)
    written = clock._nudge(now, day)
    clockwork.note_escalations(today=day)
    return written


def collect(day: dt.date, hour: str = "09:00") -> int:
    local = dt.datetime.combine(day, dt.time.fromisoformat(hour), tzinfo=timezone.get_default_timezone())
    return collect_letters(now=local.astimezone(dt.UTC))


def times(rows: QuerySet[Nudge] | None = None) -> list[tuple[int, int, dt.date]]:
    """Level, number and day of what has been written, in the order of the days."""
    found = Nudge.objects.all() if rows is None else rows
    return list(found.order_by("occasion", "level", "number").values_list("level", "number", "occasion"))


def told(rows: QuerySet[Nudge] | None = None) -> set[tuple[str, str]]:
    """Rule and given name of what has been written."""
    found = Nudge.objects.all() if rows is None else rows
    return set(found.values_list("rule", "to__given_name"))


def in_letters() -> set[tuple[str, str]]:
    """Rule and given name of what letters have told."""
    return told(Nudge.objects.exclude(letter=None))


def days_from(first: dt.date, offsets: Iterable[int]) -> list[dt.date]:
    return [first + dt.timedelta(days=offset) for offset in offsets]
