"""The outcome metrics: every figure counted by hand once, and small groups withheld."""

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings

from initiatives.models import Claim, Goal, Indicator, Initiative, Outcome
from initiatives.outcomes import rollup, withholding
from initiatives.outcomes.metrics import Dimension, Effects, Group, PeriodLength, Question, Scope, Share, metrics
from initiatives.outcomes.metrics.questions import Figures
from kommun.models import Employment, Unit
from tests.api.conftest import Machine, make_machine
from tests.builders import (
    NOW,
    TODAY,
    a_claim,
    a_person,
    a_unit,
    an_indicator,
    an_initiative,
    an_outcome,
    moment,
    values,
)

pytestmark = pytest.mark.django_db


def ask(*by: str, **more: Any) -> list[Group]:
    withholding.refresh(today=TODAY)
    question = Question(by=frozenset(Dimension(each) for each in by), **more)
    total, groups = metrics(question, today=TODAY, limit=100, offset=0)
    assert total == len(groups)
    return groups


def figures(*by: str, **more: Any) -> list[Figures]:
    found = [group.figures for group in ask(*by, **more)]
    assert None not in found
    return found  # type: ignore[return-value]  # that none is None has just been made sure


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


def graded(outcome: Outcome, grade: int) -> Outcome:
    Outcome.objects.filter(pk=outcome.pk).update(grade=grade)
    return outcome


def some(counts: Any) -> dict[str, int]:
    """Those that are not none."""
    return {name: count for name, count in counts.items() if count}


# --- What is counted ------------------------------------------------------------------------------------------------
def test_what_was_not_measured_is_told_from_what_was_not_shown() -> None:
    unit, indicator = staffed("Första"), an_indicator()
    for grade in (0, 1, 2):
        graded(measured(unit, indicator, [1], state="concluded", ending="not_proven"), grade)
    measured(unit, indicator, [1], state="concluded", ending="stopped")
    [found] = figures()
    assert (some(found.endings), found.not_measured) == ({"not_proven": 3, "stopped": 1}, 2)


def test_each_share_tells_what_it_is_a_share_of() -> None:
    unit, indicator = staffed("Första"), an_indicator()
    told = [("confirmed", 3), ("confirmed", 4), ("confirmed", 4), ("confirmed", 5), ("not_proven", 2), ("worse", 2)]
    for ending, grade in [*told, ("not_proven", 1), ("stopped", 0), ("stopped", 2)]:
        graded(measured(unit, indicator, [1], state="concluded", ending=ending), grade)
    measured(unit, indicator, [1])
    [found] = figures()
    shares = (found.measured, found.confirmed, found.verified, found.held)
    assert shares == (Share(7, 9), Share(4, 7), Share(3, 4), Share(1, 3))
    assert [share.value for share in shares] == [0.7778, 0.5714, 0.75, 0.3333]
    assert Share(0, 0).value is None


def test_grouped_by_kind_ending_and_grade_each_has_its_own_figures() -> None:
    unit, indicator = staffed("Första"), an_indicator()
    told = [("time", "confirmed", 4, [3]), ("time", "worse", 2, [5, 6]), ("money", "confirmed", 4, [7, 8, 9])]
    for kind, ending, grade, numbers in told:
        outcome = graded(measured(unit, indicator, numbers, state="concluded", ending=ending), grade)
        Initiative.objects.filter(pk=outcome.initiative_id).update(kind=kind)

    def told_by(*by: str) -> list[Any]:
        return [
            (each.kind, each.ending, each.grade, each.figures.initiatives, each.figures.values)
            for each in ask(*by)
            if each.figures
        ]

    assert told_by("kind") == [("money", None, None, 1, 3), ("time", None, None, 2, 3)]
    assert told_by("ending") == [(None, "confirmed", None, 2, 4), (None, "worse", None, 1, 2)]
    assert told_by("evidenceGrade") == [(None, None, 2, 1, 2), (None, None, 4, 2, 4)]
    assert told_by("kind", "ending", "evidenceGrade") == [
        ("money", "confirmed", 4, 1, 3), ("time", "confirmed", 4, 1, 1), ("time", "worse", 2, 1, 2),
    ]  # fmt: skip


def test_grouped_by_goal_what_serves_none_is_a_group_of_its_own() -> None:
    unit, indicator = staffed("Första"), an_indicator()
    goal = Goal.objects.create(code="KF-3", name="Enkel kontakt")
    measured(unit, indicator, [1], goal=goal)
    measured(unit, indicator, [1, 2])
    told = [(each.goal_code, each.goal_name, each.figures and each.figures.values) for each in ask("goal")]
    assert told == [("KF-3", "Enkel kontakt", 1), (None, None, 2)]
    assert [each.values for each in figures(goal="KF-3")] == [1]
    assert ask(goal="FINNS-INTE") == []


def test_an_ending_is_not_that_of_an_outcome_that_did_not_decide_it() -> None:
    unit, decided, beside = staffed("Första"), an_indicator("Avgör"), an_indicator("Bredvid")
    for ending in ("confirmed", "not_proven"):
        outcome = graded(measured(unit, decided, [1], state="concluded", ending=ending), 3)
        an_outcome(outcome.initiative, indicator=beside, is_primary=False)
    first, second = figures("indicator")
    assert some(first.endings) == {"confirmed": 1, "not_proven": 1}
    assert (some(second.endings), second.not_measured, second.initiatives, second.outcomes) == ({}, 0, 0, 2)
    assert some(second.states) == {"concluded": 2}
    by_both = [
        (each.indicator_name, each.ending, each.figures and each.figures.outcomes)
        for each in ask("indicator", "ending")
    ]
    assert by_both == [("Avgör", "confirmed", 1), ("Avgör", "not_proven", 1), ("Bredvid", "", 2)]


def test_without_a_grouping_there_is_one_group_of_all() -> None:
    first, second = staffed("Första"), staffed("Andra")
    days, minutes = an_indicator(), an_indicator(unit_of_measure="minuter")
    measured(first, days, [1, 2, 3])
    measured(second, minutes, [7], state="concluded", ending="worse")
    measured(second, days, [9])
    an_initiative(a_person(), first, "draft")
    an_initiative(a_person(), first, "underway", target=None)
    [found] = figures()
    assert (found.initiatives, found.outcomes, found.values) == (4, 3, 5)
    assert some(found.states) == {"measuring": 2, "concluded": 1, "underway": 1}
    assert some(found.endings) == {"worse": 1}
    assert found.grades == [4, 0, 0, 0, 0, 0]
    assert (found.mean_value, found.mean_shift, found.shifts) == (None, None, 0)  # mixed


def test_means_are_of_all_values_and_shifts_of_one_indicator() -> None:
    unit, days, minutes = staffed("Enheten"), an_indicator("Dagar"), an_indicator("Minuter")
    for shift, numbers in (("-4", [1, 2]), ("-9", [6])):
        outcome = measured(unit, days, numbers)
        Outcome.objects.filter(pk=outcome.pk).update(shift=Decimal(shift))
    measured(unit, minutes, [7])
    measured(unit, days, [])
    first, second = figures("indicator")
    assert (first.values, first.mean_value, first.shifts, first.mean_shift) == (3, 3, 2, Decimal("-6.5"))
    assert (second.values, second.mean_value, second.shifts, second.mean_shift) == (1, 7, 0, None)
    assert figures(indicator=days.uuid) == [first]


def test_effects_are_told_before_and_after_overlaps_for_the_months_that_are_over() -> None:
    above = staffed("Ovan")
    below = staffed("Under", above)
    indicator = an_indicator()
    for unit in (above, below):
        outcome = measured(unit, indicator, [1], "concluded", ending="confirmed")
        checked = {"checked_by": a_person(), "checked_at": NOW}
        a_claim(outcome, from_on=dt.date(2026, 9, 1), months=4, **checked)  # September to December; two are over
        a_claim(outcome, kind="money", amount=100, from_on=dt.date(2026, 10, 1), months=1)
    Claim.objects.filter(unit=above, kind="hours").update(counted_shares=[0, 1, 1, 1])
    [found] = figures()
    assert found.hours == Effects(Decimal(32), Decimal(32), Decimal(24))
    assert found.money == Effects(Decimal(200), Decimal(0), Decimal(0))
    assert [each.hours.counted for each in figures("unit")] == [8, 16]


def test_what_not_everybody_sees_is_never_counted() -> None:
    unit, days = staffed("Enheten"), an_indicator()
    for state in ("draft", "declined", "withdrawn"):
        made = measured(unit, days, [1], state)
        Outcome.objects.filter(pk=made.pk).update(shift=Decimal(-9))
    assert ask() == ask("unit", "period", "indicator") == ask(indicator=days.uuid) == []
    measured(unit, days, [7], "underway")
    [found] = figures(indicator=days.uuid)
    assert (found.initiatives, found.values, found.mean_value, found.mean_shift, found.shifts) == (1, 1, 7, None, 0)


def test_period_that_has_no_value_is_not_counted() -> None:
    outcome = measured(staffed("Enheten"), an_indicator(), [1, 2])
    outcome.measurements.filter(observed_on=TODAY).update(value=None)
    [found] = figures()
    assert found.values == 1


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
    told = [
        (str(each.period_start), str(each.period_end), each.figures.initiatives, each.figures.values)
        for each in groups
        if each.figures
    ]
    assert told == spans


def test_from_and_to_take_the_whole_of_the_periods_that_hold_them() -> None:
    measured(staffed("Enheten"), an_indicator(), [1, 2, 3, 4, 5])
    day = dt.date(2026, 11, 12)
    assert [each.values for each in figures(first=day)] == [4]
    assert [each.values for each in figures(last=dt.date(2026, 10, 2))] == [1]
    assert [each.values for each in figures(first=day, period=PeriodLength.QUARTER)] == [5]
    assert figures(first=dt.date(2026, 12, 1)) == []


@pytest.mark.parametrize("length", ["month", "quarter", "year"])
def test_the_calendar_may_be_asked_for_from_its_first_day_to_its_last(machine: Machine, length: str) -> None:
    asked = {"from": "0001-01-01", "to": "9999-12-31", "period": length}
    assert machine.get("/metrics", **asked, groupBy="period").json()["metrics"] == []


def test_initiative_belongs_to_the_day_it_was_submitted_where_people_live() -> None:
    unit = staffed("Enheten")
    made = an_initiative(a_person(), unit, "underway", submitted_at=moment(dt.date(2026, 9, 1), hour=0))
    assert made.submitted_at.astimezone(dt.UTC).day == 31  # type: ignore[union-attr]
    assert [str(group.period_start) for group in ask("period")] == ["2026-09-01"]


def test_narrowed_to_a_grade_a_kind_or_an_ending() -> None:
    unit, days = staffed("Enheten"), an_indicator()
    graded(measured(unit, days, [1, 2], "concluded", ending="worse", kind="time"), 2)
    measured(unit, an_indicator(), [3], kind="money")
    [by_grade], [by_kind], [by_ending] = figures(least_grade=2), figures(kinds=["time"]), figures(endings=["worse"])
    assert by_grade == by_kind == by_ending
    assert (by_grade.initiatives, by_grade.values, by_grade.grades) == (1, 2, [0, 0, 1, 0, 0, 0])
    assert figures(kinds=["time", "money"], endings=["worse"], least_grade=1) == [by_grade]
    assert ask(least_grade=3) == ask(endings=["stopped"]) == []


def test_metrics_are_read_in_one_query(django_assert_num_queries: Callable[[int], Any]) -> None:
    unit = staffed("Enheten")
    measured(unit, an_indicator(), [1])
    withholding.refresh(today=TODAY)
    for by in ([], [*Dimension]):
        question = Question(by=frozenset(by), scope=Scope(unit.code, unit.pk), least_grade=0)
        with django_assert_num_queries(1):
            assert metrics(question, today=TODAY, limit=20, offset=0)[0] == 1


# --- What is withheld -----------------------------------------------------------------------------------------------
def test_group_in_a_unit_with_fewer_than_five_is_named_but_its_figures_withheld() -> None:
    large, small = staffed("Stor", people=5), staffed("Liten", people=4)
    for unit in (large, small):
        measured(unit, an_indicator(), [1])
    hidden, shown = ask("unit")
    assert (hidden.unit_name, hidden.is_withheld, hidden.figures, hidden.withheld_years) == (
        "Liten",
        True,
        None,
        [2026],
    )
    assert (shown.unit_name, shown.is_withheld, shown.withheld_years) == ("Stor", False, [])


def test_a_withheld_group_does_not_tell_what_there_is_in_it() -> None:
    small = staffed("Liten", people=4)
    graded(measured(small, an_indicator(), [1], "concluded", ending="worse"), 2)
    [group] = ask("unit", "indicator", "kind", "goal", "ending", "evidenceGrade")
    told = (group.indicator, group.kind, group.goal_code, group.ending, group.grade)
    assert (group.unit_name, group.is_withheld, told) == ("Liten", True, (None,) * 5)
    assert [each.is_withheld for each in ask("unit", endings=["stopped"], least_grade=5)] == [True]


def test_employees_of_units_below_count_and_former_ones_do_not() -> None:
    above = staffed("Ovan", people=2)
    below = staffed("Under", above, people=3)
    for unit in (above, below):
        measured(unit, an_indicator(), [1])
    assert [group.is_withheld for group in ask(scope=Scope(above.code))] == [False]
    somebody = Employment.objects.filter(unit=below)[0]
    Employment.objects.filter(pk=somebody.pk).update(to_on=TODAY - dt.timedelta(days=1))
    assert [group.is_withheld for group in ask(scope=Scope(above.code))] == [True]


def test_small_part_of_the_organisation_is_withheld_as_a_whole_too() -> None:
    root = staffed("Kommunen", people=9)
    small = staffed("Liten", root, people=4)
    measured(small, an_indicator(), [1])
    measured(root, an_indicator(), [1])
    assert [group.is_withheld for group in ask(scope=Scope(small.code))] == [True]
    assert [group.is_withheld for group in ask(scope=Scope(root.code))] == [False]


def test_sums_leave_out_the_years_that_are_withheld_and_say_so() -> None:
    unit, days = staffed("Enheten"), an_indicator()
    made = an_initiative(a_person(), unit, "measuring", target=None, submitted_at=NOW)
    values(an_outcome(made, indicator=days), [1, 2, 3], until=TODAY, days=365)
    Employment.objects.filter(unit=unit).update(from_on=dt.date(2025, 1, 1))
    [group] = ask()
    assert group.figures
    assert (group.figures.values, group.withheld_years) == (2, [2024])
    told = [
        (each.period_start and each.period_start.year, each.is_withheld, each.withheld_years)
        for each in ask("period", "indicator", period=PeriodLength.YEAR)
    ]
    assert told == [(2024, True, [2024]), (2025, False, []), (2026, False, [])]


def test_of_the_municipality_a_year_is_shown_when_each_tree_in_it_is() -> None:
    large, small = staffed("Stor"), staffed("Liten", people=4)
    measured(large, an_indicator(), [1])
    assert [group.is_withheld for group in ask()] == [False]
    measured(small, an_indicator(), [1])
    assert [group.is_withheld for group in ask()] == [True]
    rollup.fold()
    assert [group.is_withheld for group in ask()] == [True]


# --- As a machine reads it ------------------------------------------------------------------------------------------
def test_client_of_a_small_part_gets_nothing_by_asking_for_more_than_its_part() -> None:
    root = staffed("Kommunen", people=9)
    small, other = staffed("Liten", root, people=4), staffed("Annan", root, people=20)
    for unit in (small, other, staffed("Tredje", root)):  # the third is withheld with the small one, to hide it
        measured(unit, an_indicator(), [1])
    withholding.refresh(today=TODAY)
    ours = make_machine(small)
    answers = {code: ours.get("/metrics", unit=code).json()["metrics"] for code in (small.code, root.code, other.code)}
    assert [[group["isWithheld"] for group in answer] for answer in answers.values()] == [[True], [True], []]
    [seen] = make_machine(other).get("/metrics", unit=root.code).json()["metrics"]
    assert (seen["isWithheld"], seen["initiativeCount"]) == (False, 1)


def test_unit_that_there_is_not_has_no_groups(machine: Machine) -> None:
    measured(staffed("Enheten"), an_indicator(), [1])
    assert machine.get("/metrics", unit="FINNS-INTE").json()["metrics"] == []


def test_withheld_group_is_marked_in_the_answer(machine: Machine) -> None:
    measured(staffed("Liten", people=4), an_indicator(), [1])
    [group] = machine.get("/metrics", groupBy="unit").json()["metrics"]
    told = (group["isWithheld"], group["withheldYears"], group["states"], group["valueCount"], group["hours"])
    assert told == (True, ["2026"], [], None, None)
    assert set(group) == set(machine.get("/openapi.json").json()["components"]["schemas"]["MetricsGroup"]["required"])


def test_pages_of_groups_are_parts_of_the_whole(machine: Machine) -> None:
    for number in range(5):
        measured(staffed(f"Enhet {number}"), an_indicator(), [1])
    withholding.refresh(today=TODAY)
    whole = machine.get("/metrics", groupBy="unit", limit=500).json()["metrics"]
    parts = [machine.get("/metrics", groupBy="unit", limit=2, page=page).json() for page in (1, 2, 3)]
    assert [group for part in parts for group in part["metrics"]] == whole
    assert parts[2]["_meta"] == {"totalRecords": 5, "page": 3, "limit": 2, "count": 1, "totalPages": 3}


def test_a_group_tells_every_figure_with_its_count(machine: Machine) -> None:
    outcome = graded(measured(staffed("Enheten"), an_indicator("Tid"), [1, 2], "concluded", ending="confirmed"), 4)
    withholding.refresh(today=TODAY)
    [group] = machine.get("/metrics", groupBy=["indicator", "period"], period="year", evidenceGrade=3).json()["metrics"]
    told = {name: group[name] for name in ("indicatorName", "periodStart", "leastEvidenceGrade", "withheldYears")}
    assert told == {"indicatorName": "Tid", "periodStart": "2026-01-01", "leastEvidenceGrade": 3, "withheldYears": []}
    assert (group["indicatorId"], group["valueCount"], group["meanValue"]) == (str(outcome.indicator.uuid), 2, 1.5)
    assert group["confirmedShare"] == {"value": 1.0, "numerator": 1, "denominator": 1}
    assert group["heldShare"] == {"value": 0.0, "numerator": 0, "denominator": 1}
    assert group["hours"] == {"claimed": 0, "confirmed": 0, "counted": 0}


def test_in_the_shape_of_kolada(machine: Machine, is_problem: Callable[[Any, int], dict[str, Any]]) -> None:
    unit = staffed("Enheten")
    measured(unit, an_indicator("A", kolada_id="N07923"), [1, 2])
    plain = measured(unit, an_indicator("B"), []).indicator
    measured(staffed("Liten", a_unit("Ovan"), people=4), an_indicator("C"), [1])
    withholding.refresh(today=TODAY)
    answer = machine.get("/metrics", shape="kolada", unit=unit.code).json()
    row = {"municipality": settings.MUNICIPALITY_CODE, "period": 2026}
    assert answer["values"] == [
        row | {"kpi": "N07923", "values": [{"gender": "T", "count": 2, "status": "", "value": 1.5}]},
        row | {"kpi": str(plain.uuid), "values": [{"gender": "T", "count": 0, "status": "Missing", "value": None}]},
    ]
    assert answer["_meta"]["totalRecords"] == 2
    assert machine.get("/metrics", shape="kolada").json()["values"] == []
    problem = is_problem(machine.get("/metrics", shape="kolada", groupBy="unit"), 400)
    assert problem["violations"][0]["field"] == "groupBy"
