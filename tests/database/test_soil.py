"""Every measure of the soil is reckoned by hand once, and is withheld where the figures of the part are."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from initiatives.actions.targeting import set_target
from initiatives.models import HoldCheck, Initiative, Obstacle, Outcome, Promise, Transition
from initiatives.outcomes import withholding
from initiatives.soil.facts import Period
from initiatives.soil.measures import DEFINITIONS
from initiatives.soil.reading import Length, Reading, periods, soil
from kommun.models import Employee, Employment, Unit
from tests.builders import NOW, TODAY, a_manager, a_person, a_unit, a_year_of_hours, an_initiative, moment

pytestmark = pytest.mark.django_db
ALL = [definition.measure.value for definition in DEFINITIONS]
YEAR = Period(dt.date(2026, 1, 1), dt.date(2026, 12, 31))
MAY = dt.date(2026, 5, 4)  # a Monday
Told = tuple[Any, ...]


def read(
    *measures: str, part: Unit | None = None, spans: Iterable[Period] = (YEAR,), today: dt.date = TODAY
) -> list[Reading]:
    withholding.refresh(today=today, always=True)
    total, found = soil(part=part, spans=[*spans], measures=measures or ALL, today=today, limit=500, offset=0)
    assert total == len(found)
    return found


def told(measure: str, **more: Any) -> dict[str, Told]:
    """Unit → value, numerator, denominator and count; a withheld one has none of them."""
    return {each.unit_name: figures(each) for each in read(measure, **more)}


def figures(each: Reading) -> Told:
    return each.value, each.numerator, each.denominator, each.count


def staffed(name: str = "Enheten", people: int = 10, parent: Unit | None = None) -> Unit:
    unit = a_unit(name, parent)
    for _ in range(people):
        a_person(unit=unit)
    return unit


def stepped(initiative: Initiative, *steps: tuple[str, dt.date]) -> Initiative:
    """As if these steps had been taken on these days."""
    targets = {"submit": "proposed", "resubmit": "proposed", "return": "returned", "approve": "underway"}
    targets |= {"silence": "underway", "start": "underway", "decline": "declined", "revise": "draft"}
    before = "draft"
    for number, (verb, day) in enumerate(steps, start=1):
        person = None if verb == "silence" else initiative.owner
        Transition.objects.create(
            initiative=initiative, number=number, verb=verb, from_state=before, to_state=targets[verb], by=person,
            at=moment(day),
        )  # fmt: skip
        before = targets[verb]
    return initiative


def begun(unit: Unit, *steps: tuple[str, dt.date], state: str = "underway", **columns: Any) -> Initiative:
    owner = columns.pop("owner", None) or a_person()
    made = an_initiative(owner, unit, "draft", **columns)
    stepped(made, *(steps or [("submit", MAY)]))
    first = steps[0][1] if steps else MAY
    Initiative.objects.filter(pk=made.pk).update(state=state, submitted_at=moment(first), decide_by_on=TODAY)
    return made


def ended(unit: Unit, ending: str, on: dt.date = MAY, *, grade: int = 2, **outcome: Any) -> Initiative:
    made = an_initiative(a_person(), unit, "concluded", ending=ending, concluded_at=moment(on))
    Outcome.objects.filter(initiative=made).update(grade=grade, **outcome)
    return made


def test_started_counts_the_first_step_out_of_the_draft_once() -> None:
    unit = staffed()
    begun(unit)
    begun(unit, ("submit", MAY), ("return", MAY), ("resubmit", dt.date(2026, 6, 1)))
    begun(unit, ("start", MAY))
    begun(unit, ("submit", MAY), ("decline", MAY), state="declined")
    begun(unit, ("submit", MAY), state="draft")  # taken back to be written anew
    begun(unit, ("submit", dt.date(2025, 5, 4)))
    assert told("started_per_hundred") == {"Enheten": (40, 4, 10, 10)}
    spans = periods(Length.MONTH, dt.date(2026, 5, 1), dt.date(2026, 6, 30), today=TODAY)
    assert [each.numerator for each in read("started_per_hundred", spans=spans)] == [4, 0]


def test_moments_belong_to_the_day_where_people_live() -> None:
    unit = staffed()
    made = begun(unit, ("submit", dt.date(2026, 6, 1)))
    late = dt.datetime(2026, 5, 31, 22, 30, tzinfo=dt.UTC)  # half past midnight in June
    with connection.cursor() as cursor:  # history is only added to, so triggers stand aside
        cursor.execute("SET session_replication_role = replica")
        Transition.objects.filter(initiative=made).update(at=late)
        cursor.execute("SET session_replication_role = DEFAULT")
    spans = periods(Length.MONTH, dt.date(2026, 5, 1), dt.date(2026, 6, 30), today=TODAY)
    assert [each.numerator for each in read("started_per_hundred", spans=spans)] == [0, 1]


def test_driving_counts_each_employee_of_the_part_once_wherever_it_lies() -> None:
    root = staffed("Alla", 5)
    unit, other = staffed("Enheten", 8, root), staffed("Andra", 12, root)
    people = [each.employee for each in Employment.objects.filter(unit=unit).order_by("pk")]
    begun(unit, owner=people[0])
    begun(other, owner=people[0])
    shared = begun(other, owner=people[1])
    shared.co_driver_rows.create(employee=people[2], invited_by=people[1])
    begun(unit)  # by somebody who works nowhere
    begun(root, state="draft", owner=people[3])
    assert told("driving") == {
        "Alla": (Decimal("0.12"), 3, 25, 25),
        "Andra": (0, 0, 12, 12),
        "Enheten": (Decimal("0.375"), 3, 8, 8),
    }


def test_driving_lasts_from_the_start_until_the_end() -> None:
    unit = staffed()
    person = Employment.objects.filter(unit=unit)[0].employee
    made = begun(unit, ("submit", dt.date(2026, 2, 28)), owner=person)
    Initiative.objects.filter(pk=made.pk).update(state="withdrawn", state_since_at=moment(dt.date(2026, 4, 1)))
    spans = periods(Length.MONTH, dt.date(2026, 1, 1), dt.date(2026, 5, 31), today=TODAY)
    assert [each.numerator for each in read("driving", spans=spans)] == [0, 1, 1, 1, 0]


def test_decisions_are_timed_in_full_working_days_from_when_the_question_was_last_sent() -> None:
    unit = staffed()
    begun(unit, ("submit", MAY), ("approve", dt.date(2026, 5, 6)))  # two days
    begun(
        unit,
        ("submit", MAY),
        ("return", dt.date(2026, 5, 20)),
        ("resubmit", dt.date(2026, 6, 3)),
        ("decline", dt.date(2026, 6, 8)),
        state="declined",
    )  # Wednesday to Monday with the National Day: three
    begun(unit, ("submit", MAY), ("silence", dt.date(2026, 5, 19)))  # ten: 14 May is Ascension Day
    begun(unit, ("submit", MAY))
    assert told("decision_days") == {"Enheten": (3, None, None, 3)}
    assert told("by_silence") == {"Enheten": (Decimal("0.3333"), 1, 3, 3)}


def test_median_of_an_even_number_lies_between_the_two_in_the_middle() -> None:
    unit = staffed()
    for day in (5, 8):
        begun(unit, ("submit", MAY), ("approve", dt.date(2026, 5, day)))
    assert told("decision_days") == {"Enheten": (Decimal("2.5"), None, None, 2)}


def test_of_what_ended_it_is_told_what_was_measured_confirmed_and_verified() -> None:
    unit = staffed()
    ended(unit, "confirmed", grade=4, verification="confirmed")
    ended(unit, "confirmed", grade=3, verification="asked")
    ended(unit, "not_proven", grade=1)
    ended(unit, "stopped", grade=0)
    ended(unit, "confirmed", dt.date(2025, 5, 4), grade=5, verification="confirmed")
    assert told("measured") == {"Enheten": (Decimal("0.5"), 2, 4, 4)}
    assert told("confirmed") == {"Enheten": (Decimal("0.5"), 2, 4, 4)}
    assert told("verified") == {"Enheten": (Decimal("0.5"), 1, 2, 2)}
    assert told("lessons_per_stopped") == {"Enheten": (4, 4, 1, 1)}


def test_nothing_to_divide_by_is_no_value() -> None:
    begun(staffed())
    for measure in ("measured", "verified", "held_6_months", "lessons_per_stopped", "promises_kept"):
        assert told(measure) == {"Enheten": (None, 0, 0, 0)}
    assert told("decision_days") == told("removal_days") == {"Enheten": (None, None, None, 0)}


def test_checks_of_what_held_count_when_due_and_answered() -> None:
    unit = staffed()
    for months, result, due in (
        (6, "held", MAY), (6, "faded", MAY), (6, "too_early", MAY), (6, "", MAY), (12, "held", MAY), (3, "held", MAY),
        (6, "held", dt.date(2025, 5, 4)),
    ):  # fmt: skip
        outcome = ended(unit, "confirmed").outcomes.get()
        checked = {"checked_at": NOW} if result else {}
        HoldCheck.objects.create(outcome=outcome, step=1, months=months, due_on=due, result=result, **checked)
    assert told("held_6_months") == {"Enheten": (Decimal("0.3333"), 1, 3, 3)}
    assert told("held_12_months") == {"Enheten": (1, 1, 1, 1)}


def test_take_overs_count_where_the_model_lies() -> None:
    first, second = staffed("Förebild"), staffed("Efterföljare")
    model = ended(first, "confirmed")
    ended(first, "confirmed")
    begun(second, origin=model)
    begun(second, origin=model, state="draft")
    assert told("taken_over_per_confirmed") == {"Förebild": (Decimal("0.5"), 1, 2, 2), "Efterföljare": (None, 0, 0, 0)}


def test_obstacles_count_when_they_are_answered() -> None:
    unit = staffed()
    made = begun(unit)
    raised = {"initiative": made, "text": "Behörighet saknas", "raised_by": made.owner}
    answered = {"closed_by": made.owner, "closed_at": moment(dt.date(2026, 5, 10))}
    for day, closed in (
        (dt.date(2026, 5, 4), answered | {"is_removed": True}),
        (dt.date(2026, 5, 9), answered | {"is_removed": True}),
        (dt.date(2025, 5, 9), answered | {"is_removed": True}),
        (dt.date(2026, 5, 1), answered | {"is_removed": False, "answer": "Lagen kräver det."}),
        (dt.date(2026, 5, 1), {}),
    ):
        Obstacle.objects.create(raised_at=moment(day), **raised, **closed)
    assert told("obstacles_removed") == {"Enheten": (Decimal("0.75"), 3, 4, 4)}
    assert told("removal_days") == {"Enheten": (6, None, None, 3)}


def test_promise_that_nobody_answered_for_was_not_kept() -> None:
    unit = staffed()
    made = begun(unit)
    given = {"initiative": made, "kind": "time", "text": "Två timmar", "promised_by": made.owner, "promised_at": NOW}
    for due, is_kept in (
        (MAY, True), (MAY, False), (MAY, None), (TODAY, None), (TODAY, True), (TODAY + dt.timedelta(days=9), True),
        (dt.date(2025, 5, 4), True),
    ):  # fmt: skip
        settled = {} if is_kept is None else {"settled_at": NOW, "is_kept": is_kept}
        Promise.objects.create(due_on=due, **given, **settled)
    assert told("promises_kept") == {"Enheten": (Decimal("0.5"), 2, 4, 4)}


def test_hours_and_kronor_count_confirmed_effects_of_months_that_are_over() -> None:
    unit = staffed()
    effect = {"checked_by": a_person(), "checked_at": NOW}
    a_year_of_hours(ended(unit, "confirmed").outcomes.get(), 10, **effect)
    a_year_of_hours(ended(unit, "confirmed").outcomes.get(), 1000, kind="money", **effect)
    a_year_of_hours(ended(unit, "confirmed").outcomes.get(), 10)  # nobody has checked it
    a_year_of_hours(ended(unit, "not_proven").outcomes.get(), 10, **effect)
    assert told("hours") == {"Enheten": (100, 100, None, None)}
    assert told("money") == {"Enheten": (10_000, 10_000, None, None)}
    spans = periods(Length.QUARTER, dt.date(2025, 10, 1), TODAY, today=TODAY)
    assert [each.value for each in read("hours", spans=spans)] == [None, 30, 30, 30, 10]  # 2025 is withheld


def test_unit_tells_of_all_below_it_and_each_below_of_its_own() -> None:
    root = staffed("Alla", 6)
    for name in ("Första", "Andra"):
        begun(staffed(name, 7, root))
    begun(root)
    numbers = {name: numerator for name, (_value, numerator, *_more) in told("started_per_hundred").items()}
    assert numbers == {"Alla": 3, "Andra": 1, "Första": 1}
    first = Unit.objects.get(name="Första")
    assert told("started_per_hundred", part=first) == {"Första": (Decimal("14.2857"), 1, 7, 7)}


def test_small_part_is_withheld_and_so_is_what_would_betray_it() -> None:
    root = staffed("Alla", 9)
    for name, people in (("Liten", 3), ("Mellan", 6), ("Stor", 8)):
        begun(staffed(name, people, root))
    begun(root)
    found = {each.unit_name: (each.is_withheld, each.numerator, each.count) for each in read("started_per_hundred")}
    assert found == {
        "Alla": (False, 4, 26), "Liten": (True, None, None), "Mellan": (True, None, None), "Stor": (False, 1, 8),
    }  # fmt: skip
    assert {figures(each) for each in read(part=Unit.objects.get(name="Liten"))} == {(None, None, None, None)}


def test_period_on_whose_last_day_fewer_than_five_worked_there_is_withheld() -> None:
    unit = staffed(people=5)
    begun(unit)
    somebody = Employment.objects.filter(unit=unit)[0]
    Employment.objects.filter(pk=somebody.pk).update(from_on=dt.date(2026, 5, 1))
    spans = periods(Length.MONTH, dt.date(2026, 4, 1), dt.date(2026, 5, 31), today=TODAY)
    assert [(each.is_withheld, each.count) for each in read("driving", spans=spans)] == [(True, None), (False, 5)]


def test_target_is_that_of_the_unit_else_of_the_nearest_above_on_the_periods_last_day() -> None:
    root = staffed("Alla")
    middle = staffed("Mellan", 10, root)
    staffed("Under", 10, middle)
    for unit, day, share in ((root, dt.date(2025, 1, 1), "0.1"), (middle, dt.date(2025, 7, 1), "0.2")):
        set_target(unit, "confirmed", Decimal(share), from_on=day, by=a_manager(unit), now=NOW)
    set_target(root, "hours", Decimal(500), from_on=dt.date(2025, 1, 1), by=a_manager(root), now=NOW)

    def aims(measure: str, *spans: Period) -> list[Told]:
        return [
            (each.unit_name, each.target, each.target_unit and each.target_unit.code)
            for each in read(measure, spans=spans)
        ]

    spring = Period(dt.date(2025, 4, 1), dt.date(2025, 6, 30))
    above = (Decimal("0.1"), root.code)
    assert aims("confirmed", spring) == [("Alla", *above), ("Mellan", *above), ("Under", *above)]
    below = (Decimal("0.2"), middle.code)
    assert aims("confirmed", YEAR) == [("Alla", *above), ("Mellan", *below), ("Under", *below)]
    assert aims("hours", YEAR) == [("Alla", 500, root.code), ("Mellan", None, None), ("Under", None, None)]


def test_target_of_a_day_to_come_does_not_hold_yet() -> None:
    unit = staffed()
    set_target(unit, "confirmed", Decimal(1), from_on=TODAY + dt.timedelta(days=1), by=a_manager(unit), now=NOW)
    [reading] = read("confirmed")
    assert reading.target is None


@pytest.mark.parametrize(
    ("length", "first", "last", "expected"),
    [
        ("month", dt.date(2026, 1, 31), dt.date(2026, 2, 1), ["2026-01-01 2026-01-31", "2026-02-01 2026-02-28"]),
        ("quarter", dt.date(2025, 11, 30), dt.date(2026, 1, 1), ["2025-10-01 2025-12-31", "2026-01-01 2026-03-31"]),
        ("year", dt.date(2024, 2, 29), dt.date(2024, 3, 1), ["2024-01-01 2024-12-31"]),
        ("year", dt.date(2024, 2, 29), dt.date(2024, 2, 28), ["2024-01-01 2024-12-31"]),
        ("month", dt.date(2024, 3, 1), dt.date(2024, 2, 28), []),
    ],
)
def test_periods_are_whole_ones(length: Length, first: dt.date, last: dt.date, expected: list[str]) -> None:
    assert [f"{each.first} {each.last}" for each in periods(Length(length), first, last, today=TODAY)] == expected


def test_period_that_has_not_begun_is_not_told_and_none_of_more_than_25_years_ago() -> None:
    def years(first: int, last: int) -> list[int]:
        spans = periods(Length.YEAR, dt.date(first, 6, 1), dt.date(last, 6, 1), today=TODAY)
        return [each.first.year for each in spans]

    assert years(2025, 2027) == [2025, 2026]
    assert years(2027, 9999) == years(1, 2000) == []
    assert years(1, 2002) == [2001, 2002]
    staffed()
    assert read("driving", spans=[]) == []


def test_pages_are_parts_of_the_whole_in_order() -> None:
    root = staffed("Alla", 6)
    for name in ("B", "A"):
        begun(staffed(name, 7, root))
    spans = periods(Length.QUARTER, dt.date(2026, 1, 1), TODAY, today=TODAY)
    whole = read("driving", "confirmed", spans=spans)
    assert [(each.unit_name, each.period.first.month, each.definition.measure) for each in whole[:10]] == [
        *[("A", month, measure) for month in (1, 4, 7, 10) for measure in ("driving", "confirmed")],
        ("Alla", 1, "driving"), ("Alla", 1, "confirmed"),
    ]  # fmt: skip
    asked: dict[str, Any] = {"part": None, "spans": spans, "measures": ["driving", "confirmed"], "today": TODAY}
    parts = [soil(**asked, limit=5, offset=offset) for offset in range(0, 30, 5)]
    assert {total for total, _rows in parts} == {24}
    assert [row for _total, rows in parts for row in rows] == whole


def test_unit_that_had_ended_before_is_not_listed() -> None:
    unit = staffed()
    Unit.objects.filter(pk=unit.pk).update(ended_on=dt.date(2025, 12, 31))
    assert read("driving") == []
    before = Period(dt.date(2025, 1, 1), dt.date(2025, 12, 31))
    assert [each.unit_name for each in read("driving", spans=[before])] == ["Enheten"]


def test_all_measures_take_the_same_number_of_statements_for_one_unit_and_for_thirty() -> None:
    def statements() -> int:
        withholding.refresh(today=TODAY)
        with CaptureQueriesContext(connection) as queries:
            soil(part=None, spans=[YEAR], measures=ALL, today=TODAY, limit=500, offset=0)
        return len(queries)

    begun(staffed())
    once = statements()
    for number in range(29):
        begun(staffed(f"Enhet {number}"))
    assert (once, statements()) == (10, 10)


def test_former_employees_are_not_counted() -> None:
    unit = staffed(people=7)
    begun(unit)
    left = Employment.objects.filter(unit=unit)[0].employee
    Employee.objects.filter(pk=left.pk).update(ended_on=dt.date(2026, 5, 31))
    spans = periods(Length.MONTH, dt.date(2026, 5, 1), dt.date(2026, 6, 30), today=TODAY)
    assert [each.denominator for each in read("driving", spans=spans)] == [7, 6]
