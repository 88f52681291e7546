"""Every question to the metrics has the answer of a naive recount, folded and not, in a tree that has moved."""

import datetime as dt
import itertools
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from initiatives.models import Claim, Goal, Initiative, Kind, Outcome, Showing
from initiatives.outcomes import rollup
from initiatives.outcomes.counting import SEEN
from initiatives.outcomes.metrics import Dimension, PeriodLength, Question, Scope, metrics
from initiatives.outcomes.metrics.reading import period_end, period_start
from initiatives.workflow import Ending, State
from kommun import organisation
from kommun.models import Unit
from tests.builders import TODAY, a_claim, a_person, a_unit, an_indicator, an_initiative, an_outcome, moment, values

pytestmark = pytest.mark.django_db
YEARS = range(2025, 2027)


@dataclass
class Fact:
    """One thing that is counted once, with all that it can be told by."""

    path: list[int]
    month: dt.date
    told: Mapping[Dimension, Any]
    figures: Mapping[str, Any] = field(default_factory=dict)


def a_municipality(chance: random.Random) -> list[Unit]:
    root = a_unit("Kommunen")
    units = [root, a_unit("Bygg", root), a_unit("Skola", root)]
    units += [a_unit("Förskola", units[2]), a_unit("Park", units[1])]
    owner = a_person()
    goals = [None, *(Goal.objects.create(code=code, name=code) for code in ("A", "B"))]
    indicators = [an_indicator(), an_indicator()]
    for _ in range(60):
        state = chance.choice([State.DRAFT, State.UNDERWAY, State.MEASURING, State.CONCLUDED, State.CONCLUDED])
        columns: dict[str, Any] = {"ending": chance.choice(Ending.values)} if state == State.CONCLUDED else {}
        columns |= {"kind": chance.choice(["", *Kind.values[:2]]), "goal": chance.choice(goals)}
        day = TODAY - dt.timedelta(days=chance.randrange(600))
        made = an_initiative(owner, chance.choice(units), state, target=None, submitted_at=moment(day), **columns)
        for indicator in chance.sample(indicators, chance.randrange(3)):
            outcome = an_outcome(made, indicator=indicator, is_primary=not made.outcomes.exists())
            values(outcome, [chance.randrange(9) for _ in range(3)], until=day, days=20)
            shift = chance.choice([None, Decimal(chance.randrange(-5, 6))])
            Outcome.objects.filter(pk=outcome.pk).update(grade=chance.randrange(6), shift=shift)
            if chance.random() < 0.5:
                checked = {"checked_by": owner, "checked_at": moment(day)} if chance.random() < 0.7 else {}
                a_claim(outcome, kind=chance.choice(["hours", "money"]), from_on=dt.date(2026, 9, 1), **checked)
    Claim.objects.filter(pk__in=list(Claim.objects.values_list("pk", flat=True))[::3]).update(
        counted_shares=[0, Decimal("0.25"), 1]
    )
    return units


def facts() -> Iterator[Fact]:
    """Everything there is, from the rows themselves."""
    seen = Initiative.objects.filter(state__in=SEEN).select_related("unit", "goal")
    for row in seen.prefetch_related("outcomes__indicator", "outcomes__measurements", "outcomes__claims"):
        assert row.unit
        assert row.submitted_at
        begun, path, outcomes = row.submitted_at.date().replace(day=1), row.unit.path, list(row.outcomes.all())
        of_row: dict[Dimension, Any] = {Dimension.KIND: row.kind, Dimension.GOAL: row.goal.code if row.goal else None}
        primary = [each.grade for each in outcomes if each.is_primary]
        standing = {"state": row.state, "ending": row.ending, "grade": primary[0] if primary else 0}
        if not primary:
            told: dict[Dimension, Any] = {Dimension.INDICATOR: None, Dimension.ENDING: row.ending, Dimension.GRADE: -1}
            yield Fact(path, begun, of_row | told, {"initiative": standing})
        for each in outcomes:
            ending = row.ending if each.is_primary else ""
            told = of_row | {Dimension.INDICATOR: each.indicator.uuid, Dimension.ENDING: ending}
            told |= {Dimension.GRADE: each.grade}
            counted = {"outcome": standing | {"grade": each.grade}}
            yield Fact(path, begun, told, counted | ({"initiative": standing} if each.is_primary else {}))
            if each.shift is not None:
                assert each.latest_on
                yield Fact(path, each.latest_on.replace(day=1), told, {"shift": each.shift})
            for value in each.measurements.all():
                yield Fact(path, value.observed_on.replace(day=1), told, {"value": value.value})
            for claim in each.claims.all():
                is_confirmed = bool(claim.checked_at) and ending == Ending.CONFIRMED
                kept: list[Any] = claim.counted_shares or [1, 1, 1]
                for number, share in enumerate(kept):
                    month = dt.date(2026, 9 + number, 1)
                    amount = claim.amount or Decimal(0)
                    effect = (amount, amount * is_confirmed, amount * is_confirmed * share)
                    yield Fact(path, month, told, {claim.kind: effect})


def naively(question: Question, units: Mapping[str, Unit], among: list[Fact]) -> dict[tuple[Any, ...], dict[str, Any]]:
    groups: dict[tuple[Any, ...], list[Fact]] = defaultdict(list)
    part = question.scope.unit and units[question.scope.unit].pk
    for fact in among:
        if fact.month.year in YEARS and (not part or part in fact.path) and _is_asked_for(question, fact):
            groups[_key(question, fact)].append(fact)
    by_indicator = Dimension.INDICATOR in question.by or question.indicator is not None
    answered = {key: _sums(found, by_indicator) for key, found in groups.items()}
    return {key: sums for key, sums in answered.items() if any(sums.values())}


def _is_asked_for(question: Question, fact: Fact) -> bool:
    return (
        question.indicator in (None, fact.told[Dimension.INDICATOR])
        and (question.kinds is None or fact.told[Dimension.KIND] in question.kinds)
        and question.goal in (None, fact.told[Dimension.GOAL])
        and (question.endings is None or fact.told[Dimension.ENDING] in question.endings)
        and (not question.least_grade or fact.told[Dimension.GRADE] >= question.least_grade)
        and (question.first is None or fact.month >= period_start(question.first, question.period))
        and (question.last is None or fact.month <= period_end(question.last, question.period))
    )


def _key(question: Question, fact: Fact) -> tuple[Any, ...]:
    told = {
        **fact.told,
        Dimension.GRADE: max(fact.told[Dimension.GRADE], 0),
        Dimension.UNIT: fact.path[-1],
        Dimension.PERIOD: period_start(fact.month, question.period),
    }
    return tuple(told[dimension] if dimension in question.by else None for dimension in Dimension)


def _sums(found: list[Fact], by_indicator: bool) -> dict[str, Any]:
    """Figures as far as they tell; empty where a group has none."""
    initiatives = [each.figures["initiative"] for each in found if "initiative" in each.figures]
    outcomes = [each.figures["outcome"] for each in found if "outcome" in each.figures]
    counted = outcomes if by_indicator else initiatives
    shown = [each["grade"] for each in counted]
    sums: dict[str, Any] = {
        "initiatives": len(initiatives),
        "states": {state: len([1 for each in counted if each["state"] == state]) for state in State if state in SEEN},
        "endings": {ending: len([1 for each in initiatives if each["ending"] == ending]) for ending in Ending},
        "grades": [shown.count(grade) for grade in range(6)],
        "values": len([1 for each in found if "value" in each.figures]),
        "value_sum": sum(each.figures.get("value", 0) for each in found) if by_indicator else 0,
        "shifts": len([1 for each in found if "shift" in each.figures]),
        "shift_sum": sum(each.figures.get("shift", 0) for each in found) if by_indicator else 0,
    }
    for kind in ("hours", "money"):
        effects = [each for each in found if kind in each.figures]
        past = [each.figures[kind] for each in effects if each.month < TODAY.replace(day=1)]
        sums[kind] = tuple(sum(each[at] for each in past) for at in range(3)) if effects else None
    has_any = counted or sums["values"] or sums["shifts"] or sums["hours"] or sums["money"]
    return sums if has_any else {}


def answered(question: Question, units: Mapping[str, Unit]) -> dict[tuple[Any, ...], dict[str, Any]]:
    total, groups = metrics(question, today=TODAY, limit=10_000, offset=0)
    assert total == len(groups)
    found = {}
    for group in groups:
        told = {
            Dimension.UNIT: units[group.unit_code].pk if group.unit_code else None,
            Dimension.PERIOD: group.period_start,
            Dimension.INDICATOR: group.indicator,
            Dimension.KIND: group.kind,
            Dimension.GOAL: group.goal_code,
            Dimension.ENDING: group.ending,
            Dimension.GRADE: group.grade,
        }
        figures = group.figures
        assert figures
        found[tuple(told[dimension] for dimension in Dimension)] = {
            "initiatives": figures.initiatives,
            "states": figures.states,
            "endings": figures.endings,
            "grades": figures.grades,
            "values": figures.values,
            "value_sum": round((figures.mean_value or 0) * figures.values, 3),
            "shifts": figures.shifts,
            "shift_sum": round((figures.mean_shift or 0) * figures.shifts, 3),
            "hours": (figures.hours.claimed, figures.hours.confirmed, figures.hours.counted),
            "money": (figures.money.claimed, figures.money.confirmed, figures.money.counted),
        }
    assert len(found) == len(groups)
    return found


def questions(units: list[Unit], chance: random.Random) -> Iterator[Question]:
    """Every grouping, each with filters of every kind in turn, of everything and of parts."""
    indicator = Outcome.objects.values_list("indicator__uuid", flat=True)[0]
    filters: list[dict[str, Any]] = [
        {}, {"indicator": indicator}, {"kinds": ["", "time"]}, {"goal": "A"}, {"least_grade": 2},
        {"endings": ["confirmed", "worse"]}, {"first": dt.date(2026, 4, 1), "last": dt.date(2026, 9, 30)},
        {"indicator": indicator, "least_grade": 3}, {"kinds": ["time"], "goal": "B"},
    ]  # fmt: skip
    scopes = [Scope(), *(Scope(unit.code) for unit in units)]
    for number in range(len(Dimension) + 1):
        for by in itertools.combinations(Dimension, number):
            for given in [filters[0], *chance.sample(filters, 2)]:
                yield Question(frozenset(by), chance.choice([*PeriodLength]), chance.choice(scopes), **given)
    for scope in scopes:
        for given in filters:
            yield Question(frozenset(), chance.choice([*PeriodLength]), scope, **given)


def check(units: list[Unit], chance: random.Random) -> None:
    among = list(facts())
    by_code = {unit.code: unit for unit in units}
    for question in questions(units, chance):
        expected = naively(question, by_code, among)
        for sums in expected.values():
            sums |= {kind: sums[kind] or (0, 0, 0) for kind in ("hours", "money")}
        assert answered(question, by_code) == expected


def test_every_question_is_answered_as_a_naive_recount_does() -> None:
    chance = random.Random(5)
    units = a_municipality(chance)
    for unit, year in itertools.product(units, YEARS):
        Showing.objects.create(unit=unit, year=year, own_is_shown=True, whole_is_shown=True, people=9)
    check(units, chance)
    assert rollup.fold() > 0
    check(units, chance)
    organisation.place(units[4], units[3], on=TODAY)
    organisation.place(units[2], units[1], on=TODAY)
    Outcome.objects.filter(grade=3).update(grade=4)
    for unit in units:
        unit.refresh_from_db()
    check(units, chance)
    assert (rollup.summary_differences(), rollup.differences()) == ([], [])
