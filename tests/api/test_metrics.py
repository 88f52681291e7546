"""The outcome metrics: every figure counted by hand once, and small groups withheld."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from initiatives.models import Indicator, Initiative, Outcome
from initiatives.outcomes import rollup
from initiatives.outcomes.metrics import Dimension, Group, PeriodLength, Question, metrics
from initiatives.workflow import Ending, State
from kommun.models import Employment, Unit
from tests.api.conftest import Machine, make_machine
from tests.builders import NOW, TODAY, a_person, a_unit, an_indicator, an_initiative, an_outcome, moment, values

pytestmark = pytest.mark.django_db


def ask(*by: str, **more: Any) -> list[Group]:
    question = Question(by=frozenset(Dimension(each) for each in by), **more)
    total, groups = metrics(question, today=TODAY, limit=100, offset=0)
    assert total == len(groups)
    return groups


def staffed(name: str, parent: Unit | None = None, people: int = 5) -> Unit:
    unit = a_unit(name, parent)
    for _ in range(people):
        a_person(unit=unit)
    return unit


def measured(
    unit: Unit, indicator: Indicator, numbers: Sequence[float], state: str = "measuring", **more: Any
) -> Outcome:
    made = an_initiative(a_person(), unit, state, target=None, submitted_at=NOW, **more)
    outcome = an_outcome(made, indicator=indicator)
    values(outcome, numbers, until=TODAY)
    return outcome


def counted(values: Sequence[str], counts: Sequence[int] | None) -> dict[str, int]:
    return {value: count for value, count in zip(values, counts or (), strict=True) if count}


def test_what_was_not_measured_is_told_from_what_was_not_shown() -> None:
    unit, indicator = staffed("Första"), an_indicator()
    for grade in (0, 1, 2):
        outcome = measured(unit, indicator, [1], state="concluded", ending="not_proven")
        Outcome.objects.filter(pk=outcome.pk).update(grade=grade)
    measured(unit, indicator, [1], state="concluded", ending="stopped")
    [group] = ask()
    assert (counted(Ending.values, group.endings), group.not_measured) == ({"not_proven": 3, "stopped": 1}, 2)


def test_grouped_by_kind_ending_and_grade_each_has_its_own_figures() -> None:
    unit, indicator = staffed("Första"), an_indicator()
    told = [("time", "confirmed", 4, [3]), ("time", "worse", 2, [5, 6]), ("money", "confirmed", 4, [7, 8, 9])]
    for kind, ending, grade, numbers in told:
        outcome = measured(unit, indicator, numbers, state="concluded", ending=ending)
        Initiative.objects.filter(pk=outcome.initiative_id).update(kind=kind)
        Outcome.objects.filter(pk=outcome.pk).update(grade=grade)

    def figures(*by: str) -> list[Any]:
        return [
            (each.kind, each.ending, each.grade, each.initiatives, each.values, each.latest_value) for each in ask(*by)
        ]

    assert figures("kind") == [("money", None, None, 1, 3, 9), ("time", None, None, 2, 3, 6)]
    assert figures("ending") == [(None, "confirmed", None, 2, 4, 9), (None, "worse", None, 1, 2, 6)]
    assert figures("evidenceGrade") == [(None, None, 2, 1, 2, 6), (None, None, 4, 2, 4, 9)]
    assert figures("kind", "ending", "evidenceGrade") == [
        ("money", "confirmed", 4, 1, 3, 9), ("time", "confirmed", 4, 1, 1, 3), ("time", "worse", 2, 1, 2, 6),
    ]  # fmt: skip


def test_an_ending_is_not_that_of_an_outcome_that_did_not_decide_it() -> None:
    unit, decided, beside = staffed("Första"), an_indicator("Avgör"), an_indicator("Bredvid")
    for ending in ("confirmed", "not_proven"):
        outcome = measured(unit, decided, [1], state="concluded", ending=ending)
        Outcome.objects.filter(pk=outcome.pk).update(grade=3)
        an_outcome(outcome.initiative, indicator=beside, is_primary=False)
    groups = {group.indicator_name: group for group in ask("indicator")}
    assert counted(Ending.values, groups["Avgör"].endings) == {"confirmed": 1, "not_proven": 1}
    assert (counted(Ending.values, groups["Bredvid"].endings), groups["Bredvid"].not_measured) == ({}, 0)
    by_both = [(each.indicator_name, each.ending, each.initiatives) for each in ask("indicator", "ending")]
    assert by_both == [("Avgör", "confirmed", 1), ("Avgör", "not_proven", 1), ("Bredvid", "", 2)]


def test_without_a_grouping_there_is_one_group_of_all() -> None:
    first, second = staffed("Första"), staffed("Andra")
    days, minutes = an_indicator(), an_indicator(unit_of_measure="minuter")
    measured(first, days, [1, 2, 3])
    measured(second, minutes, [7], state="concluded", ending="worse")
    measured(second, days, [9])
    an_initiative(a_person(), first, "draft")
    [group] = ask()
    assert (group.initiatives, group.values, group.is_withheld) == (3, 5, False)
    assert counted(State.values, group.states) == {"measuring": 2, "concluded": 1}
    assert counted(Ending.values, group.endings) == {"worse": 1}
    assert group.grades == [3, 0, 0, 0, 0, 0]
    assert (group.latest_value, group.latest_on, group.shift, group.shifts) == (None, None, None, 0)  # mixed


def test_grouped_by_unit_and_indicator_each_has_its_own_latest_value() -> None:
    first, second = staffed("Första"), staffed("Andra")
    days, minutes = an_indicator("Dagar"), an_indicator("Minuter")
    outcome = measured(first, days, [1, 2, 3])
    an_outcome(outcome.initiative, indicator=minutes, is_primary=False)
    values(outcome.initiative.outcomes.get(indicator=minutes), [5], until=TODAY)
    measured(second, days, [9, 8])
    groups = ask("unit", "indicator")
    found: list[Any] = [(g.unit_name, g.indicator_name, g.initiatives, g.values, g.latest_value) for g in groups]
    assert found == [("Andra", "Dagar", 1, 2, 8), ("Första", "Dagar", 1, 3, 3), ("Första", "Minuter", 1, 1, 5)]
    assert [(g.unit_name, g.initiatives, g.values) for g in ask("unit")] == [("Andra", 1, 2), ("Första", 1, 4)]
    assert [(g.indicator_name, g.initiatives, g.values) for g in ask("indicator")] == [
        ("Dagar", 2, 5),
        ("Minuter", 1, 1),
    ]


def test_outcome_without_a_value_does_not_hide_the_latest_of_another() -> None:
    unit, days = staffed("Enheten"), an_indicator()
    measured(unit, days, [1, 2])
    measured(unit, days, [])
    [group] = ask("indicator")
    assert (group.initiatives, group.values, group.latest_value, group.latest_on) == (2, 2, Decimal(2), TODAY)


def test_what_not_everybody_sees_is_never_counted() -> None:
    unit, days = staffed("Enheten"), an_indicator()
    for state in ("draft", "declined", "withdrawn"):
        made = measured(unit, days, [1], state)
        Outcome.objects.filter(pk=made.pk).update(shift=Decimal(-9))
    assert ask() == ask("unit", "period", "indicator") == ask(indicator=days.uuid) == []
    measured(unit, days, [7], "underway")
    [group] = ask()
    assert (group.initiatives, group.values, group.latest_value, group.shift, group.shifts) == (1, 1, 7, None, 0)


def test_figures_are_the_same_when_the_changes_have_been_folded() -> None:
    unit = staffed("Enheten")
    for number in range(3):
        measured(unit, an_indicator(), [1, 2, 3], "measuring" if number else "paused")
    before = ask("unit", "period", "indicator")
    assert rollup.fold() > 0
    assert ask("unit", "period", "indicator") == before


def test_shift_is_the_median_of_the_outcomes_shifts() -> None:
    unit, days = staffed("Enheten"), an_indicator()
    for shift in ("-4.2", "-4.4", "-9"):
        outcome = measured(unit, days, [1])
        Outcome.objects.filter(pk=outcome.pk).update(shift=Decimal(shift))
    measured(unit, days, [1])
    [group] = ask()
    assert (group.shift, group.shifts, group.initiatives) == (Decimal("-4.4"), 3, 4)


def test_period_that_has_no_value_is_not_counted() -> None:
    outcome = measured(staffed("Enheten"), an_indicator(), [1, 2])
    outcome.measurements.filter(observed_on=TODAY).update(value=None)
    [group] = ask()
    assert (group.values, group.latest_value) == (1, Decimal(1))


@pytest.mark.parametrize(
    ("length", "spans"),
    [
        ("month", [("2026-10-01", "2026-10-31", 0, 1), ("2026-11-01", "2026-11-30", 1, 4)]),
        ("quarter", [("2026-10-01", "2026-12-31", 1, 5)]),
        ("year", [("2026-01-01", "2026-12-31", 1, 5)]),
    ],
)
def test_values_belong_to_the_period_of_their_date(length: str, spans: list[tuple[str, str, int, int]]) -> None:
    measured(staffed("Enheten"), an_indicator(), [1, 2, 3, 4, 5])
    groups = ask("period", period=PeriodLength(length))
    assert [(str(g.period_start), str(g.period_end), g.initiatives, g.values) for g in groups] == spans
    assert groups[0].latest_value == (1 if length == "month" else 5)


def test_initiative_belongs_to_the_day_it_was_submitted_where_people_live() -> None:
    unit = staffed("Enheten")
    made = an_initiative(a_person(), unit, "underway", submitted_at=moment(dt.date(2026, 9, 1), hour=0))
    assert made.submitted_at.astimezone(dt.UTC).day == 31  # type: ignore[union-attr]
    assert [str(group.period_start) for group in ask("period")] == ["2026-09-01"]


def test_narrowed_to_an_indicator_or_a_grade() -> None:
    unit = staffed("Enheten")
    days, minutes = an_indicator(), an_indicator()
    outcome = measured(unit, days, [1, 2])
    measured(unit, minutes, [3])
    Outcome.objects.filter(pk=outcome.pk).update(grade=2)
    [by_indicator] = ask(indicator=minutes.uuid)
    [by_grade] = ask(least_grade=2)
    assert (by_indicator.initiatives, by_indicator.values, by_indicator.latest_value) == (1, 1, Decimal(3))
    assert (by_grade.initiatives, by_grade.values, by_grade.grades) == (1, 2, [0, 0, 1, 0, 0, 0])


def test_group_in_a_unit_with_fewer_than_five_is_named_but_its_figures_withheld() -> None:
    large, small = staffed("Stor", people=5), staffed("Liten", people=4)
    for unit in (large, small):
        measured(unit, an_indicator(), [1])
    shown = {group.unit_name: group for group in ask("unit")}
    assert [(name, group.is_withheld, group.initiatives) for name, group in shown.items()] == [
        ("Liten", True, None),
        ("Stor", False, 1),
    ]
    hidden = shown["Liten"]
    figures = (hidden.states, hidden.endings, hidden.grades, hidden.values, hidden.latest_value, hidden.latest_on)
    assert {*figures, hidden.shift, hidden.shifts} == {None}


def test_employees_of_units_below_count_and_former_ones_do_not() -> None:
    above = staffed("Ovan", people=2)
    below = staffed("Under", above, people=3)
    measured(above, an_indicator(), [1])
    assert [group.is_withheld for group in ask("unit")] == [False]
    somebody = Employment.objects.filter(unit=below)[0]
    Employment.objects.filter(pk=somebody.pk).update(to_on=TODAY - dt.timedelta(days=1))
    assert [group.is_withheld for group in ask("unit")] == [True]


def test_small_part_of_the_organisation_is_withheld_as_a_whole_too() -> None:
    root = staffed("Kommunen", people=9)
    small = staffed("Liten", root, people=4)
    measured(small, an_indicator(), [1])
    assert [group.is_withheld for group in ask(part=small)] == [True]
    assert [group.is_withheld for group in ask(part=root)] == [False]


def test_people_are_counted_on_the_last_day_of_the_period() -> None:
    unit = staffed("Enheten")
    measured(unit, an_indicator(), [1, 2, 3, 4, 5])
    Employment.objects.filter(unit=unit).update(from_on=dt.date(2026, 11, 1))
    assert [(str(g.period_end), g.is_withheld) for g in ask("unit", "period")] == [
        ("2026-10-31", True),
        ("2026-11-30", False),
    ]


def test_client_of_a_small_part_gets_nothing_by_asking_for_more_than_its_part() -> None:
    root = staffed("Kommunen", people=9)
    small, other = staffed("Liten", root, people=4), staffed("Annan", root)
    for unit in (small, other):
        measured(unit, an_indicator(), [1])
    ours = make_machine(small)
    answers = {code: ours.get("/metrics", unit=code).json()["metrics"] for code in (small.code, root.code, other.code)}
    assert [[group["isWithheld"] for group in answer] for answer in answers.values()] == [[True], [True], []]
    [seen] = make_machine(root).get("/metrics", unit=other.code).json()["metrics"]
    assert (seen["isWithheld"], seen["initiativeCount"]) == (False, 1)


def test_unit_that_there_is_not_has_no_groups(machine: Machine) -> None:
    measured(staffed("Enheten"), an_indicator(), [1])
    assert machine.get("/metrics", unit="FINNS-INTE").json()["metrics"] == []


def test_withheld_group_is_marked_in_the_answer(machine: Machine) -> None:
    measured(staffed("Liten", people=4), an_indicator(), [1])
    [group] = machine.get("/metrics", groupBy="unit").json()["metrics"]
    assert (group["isWithheld"], group["states"], group["valueCount"], group["initiativeCount"]) == (
        True,
        [],
        None,
        None,
    )


def test_pages_of_groups_are_parts_of_the_whole(machine: Machine) -> None:
    for number in range(5):
        measured(staffed(f"Enhet {number}"), an_indicator(), [1])
    whole = machine.get("/metrics", groupBy="unit", limit=500).json()["metrics"]
    parts = [machine.get("/metrics", groupBy="unit", limit=2, page=page).json() for page in (1, 2, 3)]
    assert [group for part in parts for group in part["metrics"]] == whole
    assert parts[2]["_meta"] == {"totalRecords": 5, "page": 3, "limit": 2, "count": 1, "totalPages": 3}
