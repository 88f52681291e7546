"""What the roll-up counts, that it is exact at once, is folded without loss, and stays right when two work at once."""

import datetime as dt
import threading
import time
from collections.abc import Callable
from decimal import Decimal
from importlib import import_module
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from initiatives import clock
from initiatives.models import Claim, Initiative, Measurement, Outcome, Rollup, Summary
from initiatives.models.summary import Grain
from initiatives.outcomes import rollup
from initiatives.workflow import State
from kommun import organisation
from kommun.models import Unit
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
OCTOBER, NOVEMBER, DECEMBER, JANUARY = (
    dt.date(2026, 10, 1),
    dt.date(2026, 11, 1),
    dt.date(2026, 12, 1),
    dt.date(2027, 1, 1),
)


def measured(state: str = "measuring", **columns: Any) -> Outcome:
    submitted = {"submitted_at": NOW} | columns
    return an_initiative(a_person(), a_unit(), state, **submitted).outcomes.get()


def counted(*by: str, **of: Any) -> list[tuple[Any, ...]]:
    """The dimensions, then initiatives, outcomes, values and shifts."""
    return [
        (*total.of.values(), total.initiatives, total.outcomes, total.measurements, total.shifts)
        for total in rollup.totals(*by, **of)
    ]


def amounts(*by: str, **of: Any) -> list[tuple[Any, ...]]:
    return [
        (*total.of.values(), total.hours, total.hours_confirmed, total.money, total.money_confirmed)
        for total in rollup.totals(*by, **of)
        if total.hours or total.money
    ]


def claimed(outcome: Outcome, **columns: Any) -> Claim:
    """A claim of eight hours a month in November, December and January, checked by somebody else."""
    checked = {"checked_by": a_person(), "checked_at": NOW}
    return a_claim(outcome, **checked | columns)


# --- What is counted ------------------------------------------------------------------------------------------------
def test_nothing_is_no_figures() -> None:
    assert (rollup.totals(), rollup.totals("kind"), rollup.fold(), rollup.differences()) == ([], [], 0, [])


def test_an_initiative_is_counted_with_its_primary_outcome_and_else_without_an_indicator() -> None:
    made = measured().initiative
    second = an_outcome(made, is_primary=False)
    assert counted("is_primary") == [(False, 0, 1, 0, 0), (True, 1, 1, 0, 0)]
    made.outcomes.filter(is_primary=True).delete()
    assert counted("indicator") == [(second.indicator_id, 0, 1, 0, 0), (None, 1, 0, 0, 0)]


def test_an_initiative_belongs_to_the_month_in_which_it_was_submitted_where_people_live() -> None:
    unit = a_unit()
    an_initiative(a_person(), unit, "underway", target=None, submitted_at=moment(NOVEMBER, hour=0))
    an_initiative(a_person(), unit, "underway", target=None, created_at=moment(OCTOBER, hour=0))
    assert counted("month") == [(OCTOBER, 1, 0, 0, 0), (NOVEMBER, 1, 0, 0, 0)]


def test_a_value_belongs_to_its_month_and_a_period_without_one_is_not_counted() -> None:
    outcome = measured(submitted_at=moment(OCTOBER))
    values(outcome, [1, 2, 3, 4, 5], until=TODAY)
    outcome.measurements.filter(observed_on=TODAY).update(value=None)
    assert counted("month") == [(OCTOBER, 1, 1, 1, 0), (NOVEMBER, 0, 0, 3, 0)]


def test_a_shift_belongs_to_the_month_of_the_latest_value() -> None:
    outcome = measured(submitted_at=moment(OCTOBER))
    Outcome.objects.filter(pk=outcome.pk).update(shift=Decimal(-3))
    assert counted("month") == [(OCTOBER, 1, 1, 0, 1)]  # no value any more
    Outcome.objects.filter(pk=outcome.pk).update(latest_on=TODAY)
    assert counted("month") == [(OCTOBER, 1, 1, 0, 0), (NOVEMBER, 0, 0, 0, 1)]


def test_a_recurring_effect_counts_in_each_of_its_months_until_it_stopped_and_another_once() -> None:
    outcome = measured("concluded")
    claim = claimed(outcome)
    claimed(outcome, kind="money", is_recurring=False, months=1, amount=Decimal("50.5"), from_on=DECEMBER)
    assert amounts("month") == [
        (NOVEMBER, 8, 8, 0, 0),
        (DECEMBER, 8, 8, Decimal("50.5"), Decimal("50.5")),
        (JANUARY, 8, 8, 0, 0),
    ]
    Claim.objects.update(stopped_on=dt.date(2026, 12, 31))  # what happens once does not stop
    assert amounts() == [(8, 8, Decimal("50.5"), Decimal("50.5"))]
    claim.delete()
    assert amounts() == [(0, 0, Decimal("50.5"), Decimal("50.5"))]


def test_an_effect_is_confirmed_by_the_ending_and_by_somebody_who_checked_the_claim() -> None:
    claimed(measured())
    claimed(measured("concluded", ending="not_proven"))
    claimed(an_outcome(measured("concluded").initiative, is_primary=False))
    a_claim(measured("concluded"))
    assert amounts() == [(96, 0, 0, 0)]
    claimed(measured("concluded"))
    assert amounts() == [(120, 24, 0, 0)]


def test_an_effect_without_an_amount_or_in_other_units_is_not_summed() -> None:
    outcome = measured("concluded")
    claimed(outcome, amount=None)
    claimed(outcome, kind="other", unit_of_measure="ton")
    assert amounts() == []


def test_figures_are_of_a_subtree_of_some_months_and_of_what_everybody_sees() -> None:
    root, other = a_unit("Kommunen"), a_unit("Annan")
    below = a_unit("Under", root)
    for unit, state in (
        (root, "underway"),
        (below, "measuring"),
        (below, "draft"),
        (below, "declined"),
        (other, "paused"),
    ):
        an_initiative(a_person(), unit, state, target=None, submitted_at=NOW)
    assert counted("state", part=root) == [("measuring", 1, 0, 0, 0), ("underway", 1, 0, 0, 0)]
    assert counted(part=below, states=State.values) == [(3, 0, 0, 0)]
    assert [
        counted(first=first, last=last) for first, last in ((OCTOBER, OCTOBER), (NOVEMBER, NOVEMBER), (DECEMBER, None))
    ] == [[], [(3, 0, 0, 0)], []]
    assert counted("unit__name", kind="") == [("Annan", 1, 0, 0, 0), ("Kommunen", 1, 0, 0, 0), ("Under", 1, 0, 0, 0)]


def test_figures_are_read_in_one_query(django_assert_num_queries: Callable[[int], Any]) -> None:
    unit = measured().initiative.unit
    with django_assert_num_queries(1):
        assert len(rollup.totals("unit", "month", "indicator", "kind", "ending", "grade", part=unit)) == 1


# --- Folding and mending --------------------------------------------------------------------------------------------
def test_folding_changes_no_figure_and_takes_away_what_has_come_to_nothing() -> None:
    outcome = measured()
    values(outcome, [1, 2, 3], until=TODAY)
    before = counted("month", "grade")
    changes = Rollup.objects.count()
    assert rollup.fold() == changes
    kept = Rollup.objects.count()
    assert (counted("month", "grade"), Rollup.objects.filter(is_change=True).count()) == (before, 0)
    Outcome.objects.filter(pk=outcome.pk).update(grade=3)
    assert rollup.fold() == 2 * kept
    assert (rollup.fold(), Rollup.objects.count(), rollup.differences()) == (0, kept, [])
    assert set(Rollup.objects.values_list("grade", flat=True)) == {3}


def test_the_clock_folds() -> None:
    measured()
    assert clock.turn(NOW).folded == 3
    assert clock.turn(NOW) == clock.Turn()


def test_what_does_not_count_changes_nothing() -> None:
    values(measured(), [1, 2, 3], until=TODAY)
    rollup.fold()
    Initiative.objects.update(title="Ett annat namn")
    Outcome.objects.update(result_status="on_track", shift_low=1)
    Measurement.objects.update(source_reference="Diariet", cause="Semester")
    assert not Rollup.objects.filter(is_change=True).exists()


def test_a_difference_is_found_and_mended_by_hand() -> None:
    outcome = measured()
    assert said() == "The roll-up is what a full recount gives.\n"
    rollup.fold()
    Rollup.objects.update(initiatives=7)
    unit = outcome.initiative.unit_id
    line = (
        f"unit_id {unit}, month 2026-11-01, indicator_id {outcome.indicator_id}, is_primary True, kind , "
        "state measuring, ending , grade 0 lacks initiatives -6\n"
    )
    with pytest.raises(CommandError, match="differs from a full recount in 1 cells and 26 summaries"):
        said()
    told = said(mend=True)
    assert (told.startswith(line), told.count("lacks"), told.endswith("Mended: 1 cells and 26 summaries.\n")) == (
        True,
        27,
        True,
    )
    assert counted() == [(1, 1, 0, 0)]
    assert said() == "The roll-up is what a full recount gives.\n"


def said(**options: Any) -> str:
    out = StringIO()
    call_command("check_rollup", stdout=out, **options)
    return out.getvalue()


def test_what_there_was_before_the_triggers_is_filled_in() -> None:
    values(measured(), [1, 2, 3], until=TODAY)
    before = counted("month", "indicator")
    Rollup.objects.all().delete()
    Summary.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(import_module("initiatives.migrations._facts").FILL)
        cursor.execute(import_module("initiatives.migrations.0024_fill_the_summaries").FILL)
    assert (counted("month", "indicator"), rollup.differences(), rollup.summary_differences()) == (before, [], [])
    assert Summary.objects.get(place=0, grain=Grain.MONTH, month=NOVEMBER).value_sum == 6


BREAKS: list[tuple[str, dict[str, Any]]] = [
    ("cell_is_kept_once", {}),
    ("cell_begins_with_a_month", {"month": TODAY}),
    ("cell_has_a_figure", {"kind": "time", "initiatives": 0}),
    ("cell_counts_nothing_below_zero", {"kind": "time", "initiatives": -1}),
]


@pytest.mark.parametrize(("name", "columns"), BREAKS)
def test_a_cell_that_cannot_be_is_refused(name: str, columns: dict[str, Any]) -> None:
    unit = a_unit()
    whole: dict[str, Any] = {"unit": unit, "month": NOVEMBER, "is_primary": True, "state": "underway", "grade": 0}
    Rollup.objects.create(**whole, initiatives=1, is_change=False)
    with pytest.raises(DatabaseError, match=name), transaction.atomic():
        Rollup.objects.create(**whole | {"initiatives": 1, "is_change": False} | columns)


# --- Two at once ----------------------------------------------------------------------------------------------------
def grade(outcome: Outcome) -> None:
    Outcome.objects.filter(pk=outcome.pk).update(grade=3)


def enter(outcome: Outcome) -> None:
    day = TODAY - dt.timedelta(days=1)
    Measurement.objects.create(outcome=outcome, observed_on=day, period_start=day, value=7, source="api")


def pause(outcome: Outcome) -> None:
    Initiative.objects.filter(pk=outcome.initiative_id).update(state="paused", resume_on=TODAY)


def claim(outcome: Outcome) -> None:
    a_claim(outcome)


def drop(outcome: Outcome) -> None:
    Measurement.objects.filter(outcome=outcome).delete()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_undone", [False, True])
@pytest.mark.parametrize(
    ("first", "then"),
    [
        (grade, enter),
        (enter, grade),
        (grade, drop),
        (drop, grade),
        (claim, grade),
        (grade, claim),
        (pause, enter),
        (enter, pause),
    ],
)
def test_of_two_who_work_at_once_each_counts_what_the_other_did(
    first: Callable[[Outcome], None], then: Callable[[Outcome], None], is_undone: bool
) -> None:
    outcome = measured()
    values(outcome, [1, 2], until=TODAY)
    other = beside(lambda: then(outcome))
    with transaction.atomic():
        first(outcome)
        other.start()
        wait_until_somebody_waits_or_is_done(other)
        transaction.set_rollback(is_undone)
    other.join(timeout=10)
    assert rollup.differences() == []


def beside(act: Callable[[], None]) -> threading.Thread:
    """Somebody else, with a connection of their own."""

    def work() -> None:
        try:
            act()
        finally:
            connection.close()

    return threading.Thread(target=work)


def wait_until_somebody_waits_or_is_done(other: threading.Thread) -> None:
    while other.is_alive():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.005)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_fold_at_once_the_later_leaves_it_to_the_first() -> None:
    measured()
    folded: list[int] = []
    other = beside(lambda: folded.append(rollup.fold()))
    with transaction.atomic():
        assert rollup.fold() == 3
        other.start()
        other.join(timeout=10)
        assert folded == [0]
        transaction.set_rollback(True)
    assert (rollup.fold(), rollup.differences()) == (3, [])


@pytest.mark.django_db(transaction=True)
def test_of_two_who_mend_at_once_the_later_finds_it_mended() -> None:
    measured()
    Rollup.objects.all().delete()
    mended: list[int] = []
    other = beside(lambda: mended.append(rollup.mend()))
    with transaction.atomic():
        assert rollup.mend() == 1
        other.start()
        wait_until_somebody_waits_or_is_done(other)
    other.join(timeout=10)
    assert (mended, counted(), rollup.differences()) == ([0], [(1, 1, 0, 0)], [])


# --- Summaries --------------------------------------------------------------------------------------------------------
def summed(place: int, *, is_own: bool) -> int:
    """How many initiatives the summary of all months tells."""
    rows = Summary.objects.filter(grain=Grain.MONTH, place=place, is_own=is_own)
    return sum((row.initiatives or [0])[0] for row in rows)


def test_summaries_are_of_a_unit_itself_of_what_lies_below_each_above_it_and_of_all() -> None:
    root = a_unit("Kommunen")
    middle = a_unit("Mitten", root)
    below = a_unit("Under", middle)
    for unit in (root, below, below):
        an_initiative(a_person(), unit, "underway")
    rollup.fold()
    places = {
        unit.name: (summed(unit.pk, is_own=True), summed(unit.pk, is_own=False)) for unit in (root, middle, below)
    }
    assert places == {"Kommunen": (1, 2), "Mitten": (0, 2), "Under": (2, 0)}
    assert summed(0, is_own=False) == 3


def test_what_a_unit_holds_moves_with_it_and_with_what_lies_below_it() -> None:
    root = a_unit("Kommunen")
    one, other = a_unit("Ena", root), a_unit("Andra", root)
    moved = a_unit("Flyttad", one)
    for unit in (moved, a_unit("Under", moved), other):
        measured_in = an_initiative(a_person(), unit, "underway", submitted_at=NOW)
        values(measured_in.outcomes.get(), [1, 2], until=TODAY)
    rollup.fold()
    organisation.place(moved, other, on=TODAY)
    assert [summed(unit.pk, is_own=False) for unit in (root, one, other, moved)] == [3, 0, 2, 1]
    assert not Summary.objects.filter(place=one.pk).exists()
    organisation.place(moved, None, on=TODAY)
    assert [summed(unit.pk, is_own=False) for unit in (root, one, other, moved)] == [1, 0, 0, 1]
    assert (rollup.summary_differences(), summed(0, is_own=False)) == ([], 3)


def test_a_unit_that_is_renamed_moves_nothing_and_waits_for_nobody() -> None:
    measured()
    rollup.fold()
    before = list(Summary.objects.order_by("id").values())
    Unit.objects.update(name="Annat namn")
    assert list(Summary.objects.order_by("id").values()) == before


def test_summaries_that_have_come_to_nothing_are_taken_away() -> None:
    outcome = measured()
    values(outcome, [1, 2, 3], until=TODAY)
    rollup.fold()
    assert Summary.objects.exists()
    Initiative.objects.update(state="withdrawn")  # which not every reader sees
    rollup.fold()
    assert not Summary.objects.exists()
    assert Rollup.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("folds_first", [False, True])
@pytest.mark.parametrize("is_undone", [False, True])
def test_of_two_who_fold_and_move_a_unit_at_once_nothing_is_lost(folds_first: bool, is_undone: bool) -> None:
    root = a_unit("Kommunen")
    one, other = a_unit("Ena", root), a_unit("Andra", root)
    moved = a_unit("Flyttad", one)
    an_initiative(a_person(), moved, "underway")
    rollup.fold()
    an_initiative(a_person(), moved, "measuring")

    def fold() -> None:
        rollup.fold()

    def move() -> None:
        organisation.place(moved, other, on=TODAY)

    first, then = (fold, move) if folds_first else (move, fold)
    beside_us = beside(then)
    with transaction.atomic():
        first()
        beside_us.start()
        wait_until_somebody_waits_or_is_done(beside_us)
        transaction.set_rollback(is_undone)
    beside_us.join(timeout=10)
    assert not beside_us.is_alive()
    assert rollup.summary_differences() == []
    rollup.fold()
    assert (rollup.summary_differences(), rollup.differences()) == ([], [])
    is_moved = folds_first or not is_undone
    assert [summed(unit.pk, is_own=False) for unit in (root, one, other)] == [2, *((0, 2) if is_moved else (2, 0))]


@pytest.mark.django_db(transaction=True)
def test_writers_fold_and_movers_at_once_leave_no_difference() -> None:
    root = a_unit("Kommunen")
    units = [a_unit(name, root) for name in ("Ena", "Andra", "Tredje")]
    owner = a_person()
    indicator = an_indicator()

    def write() -> None:
        for number in range(15):
            made = an_initiative(owner, units[number % 3], "underway", target=None, submitted_at=NOW)
            an_outcome(made, indicator=indicator)
            Initiative.objects.filter(pk=made.pk - 1).update(state="paused", resume_on=TODAY)

    def move() -> None:
        for number in range(8):
            organisation.place(units[2], units[number % 2], on=TODAY)

    def fold() -> None:
        for _ in range(15):
            rollup.fold()

    workers = [beside(act) for act in (write, write, move, fold, fold)]
    for each in workers:
        each.start()
    for each in workers:
        each.join(timeout=60)
    assert not any(each.is_alive() for each in workers)
    rollup.fold()
    assert (rollup.summary_differences(), rollup.differences()) == ([], [])
    assert summed(0, is_own=False) == 30
