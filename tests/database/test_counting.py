"""Counts of what machines see are exact for every filter, before and after folding, and read little."""

import datetime as dt
import itertools
from collections import Counter
from typing import Any

import pytest
from django.db import connection

from initiatives.models import Initiative, Outcome
from initiatives.models.summary import EVERYWHERE
from initiatives.outcomes import rollup
from initiatives.outcomes.counting import SEEN, Asked, Counted, by_month, in_all
from initiatives.workflow import Ending, State
from kommun.models import Unit
from tests.builders import TODAY, a_person, a_unit, an_indicator, an_initiative, an_outcome, moment

pytestmark = pytest.mark.django_db
STATES: list[Any] = [None, {State.MEASURING}, {State.CONCLUDED, State.PAUSED}, {State.DRAFT}]
ENDINGS: list[Any] = [None, {Ending.NOT_PROVEN}, {Ending.CONFIRMED, Ending.STOPPED}]
KINDS: list[Any] = [None, {"time"}, {"money", ""}]
GRADES: list[Any] = [None, {0}, {2, 3, 4, 5}]


def a_municipality() -> list[Unit]:
    """Two divisions, and initiatives of every state, ending, kind and grade, begun in four months."""
    root = a_unit("Kommunen")
    units = [root, a_unit("Bygg", root), a_unit("Skola", root)]
    units.append(a_unit("Förskola", units[2]))
    owner, indicator, other, turn = a_person(), an_indicator(), an_indicator(), itertools.count()
    told: list[tuple[State, str]] = [(state, "") for state in State if state != State.CONCLUDED]
    told += [(State.CONCLUDED, ending) for ending in Ending]
    for (state, ending), grade, number in itertools.product(told, range(6), range(2)):
        if state != State.CONCLUDED and grade > 2:
            continue
        at = next(turn)
        columns: dict[str, Any] = {"ending": ending} if ending else {}
        columns["kind"] = ("time", "money", "")[at % 3]
        columns["submitted_at"] = moment(TODAY - dt.timedelta(days=30 * (at % 4)))
        made = an_initiative(owner, units[at % 4], state, target=None, **columns)
        if number or state == State.MEASURING:
            an_outcome(made, indicator=indicator, grade=grade)
            an_outcome(made, indicator=other, grade=5 - grade, is_primary=False)
    return units


Row = tuple[dt.date, list[int], str, str, str, list[tuple[bool, int]]]


def rows() -> list[Row]:
    """Month, the path of the unit, state, ending, kind, and of each outcome whether it decides and its grade."""
    seen = Initiative.objects.filter(state__in=SEEN).select_related("unit").prefetch_related("outcomes")
    found = []
    for row in seen:
        assert row.submitted_at
        assert row.unit
        graded = [(each.is_primary, each.grade) for each in row.outcomes.all()]
        month = row.submitted_at.date().replace(day=1)
        found.append((month, row.unit.path, row.state, row.ending, row.kind, graded))
    return found


def plainly(asked: Asked, place: int, among: list[Row]) -> dict[dt.date, int]:
    """The same, one row at a time."""
    counts: Counter[dt.date] = Counter()
    for month, path, state, ending, kind, graded in among:
        given = ((asked.states, state), (asked.endings, ending), (asked.kinds, kind))
        if place in (EVERYWHERE, *path) and all(values is None or value in values for values, value in given):
            of_grade = [is_primary for is_primary, grade in graded if asked.grades is None or grade in asked.grades]
            if asked.what == "outcomes":
                counts[month] += len(of_grade)
            else:
                counts[month] += asked.grades is None or any(of_grade)
    return {month: number for month, number in sorted(counts.items()) if number}


def read(counted: Counted) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"WITH counted AS ({counted.sql}) SELECT * FROM counted", counted.given)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def check(what: Any, units: list[Unit]) -> None:
    among = rows()
    for filters in itertools.product(STATES, ENDINGS, KINDS, GRADES):
        asked = Asked(what, *filters)
        for place in (EVERYWHERE, units[0].pk, units[2].pk):
            counts = plainly(asked, place, among)
            assert read(by_month(asked, place=place)) == list(counts.items())
            assert read(in_all(asked, place=place)) == [(sum(counts.values()),)]


@pytest.mark.parametrize("what", ["initiatives", "outcomes"])
def test_every_combination_of_filters_is_counted_exactly_folded_and_not(what: Any) -> None:
    units = a_municipality()
    check(what, units)
    assert rollup.fold() > 0
    check(what, units)
    Outcome.objects.filter(is_primary=True, grade=2).update(grade=3)
    Initiative.objects.filter(state=State.MEASURING).update(kind="quality")
    check(what, units)
