"""What the clock does to initiatives by itself: starts by silence, resumes on the day, keeps in mind who is asked."""

import datetime as dt
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from initiatives import clock
from initiatives.actions import clockwork
from initiatives.actions.agreeing import ask_for_waiver
from initiatives.actions.attempt import Given
from initiatives.actions.steps import take_step
from initiatives.models import Event, Initiative, Transition, Waiver
from initiatives.workflow import State, Verb
from kommun.models import Absence, ClosedDay, Employee, Role, Unit
from kommun.organisation import place, set_setting
from tests.builders import (
    LONG_AGO,
    NOW,
    READY,
    TODAY,
    a_manager,
    a_person,
    a_unit,
    an_initiative,
    assign,
    moment,
    values,
)
from tests.database.test_steps import _wait_until_somebody_waits_for_a_lock as wait_for_a_lock

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
YESTERDAY = TODAY - DAY
MANDATE = Decimal(50_000)


@pytest.fixture
def root() -> Unit:
    return a_unit("Åsmåla kommun", decision_days=10, silence_means_go=True, mandate_amount=MANDATE)


@pytest.fixture
def unit(root: Unit) -> Unit:
    return a_unit(parent=root)


@pytest.fixture
def owner(unit: Unit) -> Employee:
    return a_person(unit=unit)


@pytest.fixture
def manager(unit: Unit) -> Employee:
    return a_manager(unit)


def overdue(owner: Employee, unit: Unit, **columns: Any) -> Initiative:
    """A proposal whose last day for an answer was yesterday."""
    return an_initiative(owner, unit, State.PROPOSED, **{"decide_by_on": YESTERDAY} | columns)


def silence(day: dt.date = TODAY) -> int:
    return clockwork.apply_silence(now=moment(day), today=day)


def state_of(initiative: Initiative) -> str:
    return Initiative.objects.get(pk=initiative.pk).state


# --- When silence means go ----------------------------------------------------------------------------------------
def first_day_of_silence(owner: Employee, unit: Unit, sent: dt.date) -> dt.date:
    """Sends it, lets the clock turn every day, and tells when it started."""
    draft = an_initiative(owner, unit, first_step_on=sent + DAY)
    draft.outcomes.update(target_on=sent + 300 * DAY, review_on=sent + 300 * DAY, baseline_ready_on=sent + 20 * DAY)
    take_step(draft, Verb.SUBMIT, by=owner, seen=draft.seen, now=moment(sent))
    return next(day for day in (sent + number * DAY for number in range(60)) if silence(day))


@pytest.mark.parametrize(
    ("sent", "started"),
    [
        (dt.date(2026, 11, 23), dt.date(2026, 12, 8)),  # two whole weeks, and the day after
        (dt.date(2026, 12, 16), dt.date(2027, 1, 6)),  # Christmas, New Year and their eves do not count
        (dt.date(2026, 6, 12), dt.date(2026, 6, 30)),  # nor does Midsummer's Eve, a Friday
        (dt.date(2026, 11, 21), dt.date(2026, 12, 5)),  # sent on a Saturday: Monday is the first day
    ],
)
def test_ten_full_working_days_pass_first(
    owner: Employee, unit: Unit, manager: Employee, sent: dt.date, started: dt.date
) -> None:
    assert first_day_of_silence(owner, unit, sent) == started


def test_the_municipalitys_own_days_off_and_the_units_own_number_count(
    owner: Employee, unit: Unit, manager: Employee
) -> None:
    ClosedDay.objects.create(on=dt.date(2026, 11, 25), name="Planeringsdag")
    set_setting(unit, on=LONG_AGO, decision_days=3)
    assert first_day_of_silence(owner, unit, dt.date(2026, 11, 23)) == dt.date(2026, 11, 28)


@pytest.mark.parametrize("has_deputy", [True, False])
def test_absence_does_not_stop_the_clock(owner: Employee, unit: Unit, manager: Employee, has_deputy: bool) -> None:
    if has_deputy:
        assign(a_person("Dag", "Lind"), Role.DEPUTY, unit)
    Absence.objects.create(employee=manager, from_on=TODAY - 60 * DAY, to_on=None)
    overdue(owner, unit)
    assert silence() == 1


@pytest.mark.parametrize(
    "columns",
    [
        {"has_personal_data": True},
        {"has_personal_data": None},
        {"is_reversible": False},
        {"is_reversible": None},
        {"is_critical": True},
        {"is_critical": None},
        {"cost": MANDATE + Decimal("0.01")},
        {"cost": None},
        {"decide_by_on": TODAY},
        {"state": State.RETURNED},
        {"state": State.WITHDRAWN},
    ],
)
def test_outside_the_guard_rails_it_waits_for_a_person(
    owner: Employee, unit: Unit, manager: Employee, columns: dict[str, Any]
) -> None:
    initiative = overdue(owner, unit)
    Initiative.objects.filter(pk=initiative.pk).update(**columns)
    before = state_of(initiative)
    assert (silence(), state_of(initiative), Transition.objects.filter(by=None).count()) == (0, before, 0)


def test_what_costs_all_of_the_mandate_starts(owner: Employee, unit: Unit, manager: Employee) -> None:
    overdue(owner, unit, cost=MANDATE)
    assert silence() == 1


def test_the_nearest_unit_that_has_said_something_is_heard(root: Unit, owner: Employee) -> None:
    division = a_unit("Skolan", root, silence_means_go=False)
    strict, bold = a_unit("Förskolan", division), a_unit("Gymnasiet", division, silence_means_go=True)
    poor = a_unit("Museet", root, mandate_amount=Decimal(10))
    neighbour = a_unit("Grannkommunen", silence_means_go=False, mandate_amount=Decimal(10))
    brigade = a_unit("Brandkåren", neighbour, silence_means_go=True, mandate_amount=MANDATE)
    for unit in (root, division, strict, bold, poor, neighbour, brigade):
        overdue(owner, unit, cost=Decimal(11))
    silence()
    assert set(Initiative.objects.filter(state=State.UNDERWAY).values_list("unit__name", flat=True)) == {
        "Åsmåla kommun",
        "Gymnasiet",
        "Brandkåren",
    }


def test_where_nobody_has_turned_it_on_silence_means_nothing(owner: Employee) -> None:
    overdue(owner, a_unit("En annan kommun", mandate_amount=MANDATE))
    assert silence() == 0


def test_a_unit_that_has_moved_follows_those_above_it_now(root: Unit, owner: Employee) -> None:
    unit = a_unit("Vattenverket", a_unit("Bolaget", mandate_amount=MANDATE))
    overdue(owner, unit)
    assert silence() == 0
    place(unit, root, on=TODAY)
    assert silence() == 1


# --- Once ---------------------------------------------------------------------------------------------------------
def test_after_a_week_without_a_clock_each_starts_once(owner: Employee, unit: Unit, manager: Employee) -> None:
    for number in range(7):
        overdue(owner, unit, decide_by_on=TODAY - number * DAY)
    turns = [clock.turn(moment(TODAY + number * DAY)).silence for number in (1, 1, 8)]
    steps = Transition.objects.filter(verb=Verb.SILENCE)
    assert (turns, steps.count(), steps.values("initiative").distinct().count()) == ([7, 0, 0], 7, 7)
    assert Event.objects.filter(kind="initiative.silence", by=None).count() == 7


@pytest.mark.django_db(transaction=True)
def test_a_person_who_is_first_stops_the_clock_for_that_one_alone() -> None:
    unit = a_unit(silence_means_go=True, mandate_amount=MANDATE)
    owner, manager = a_person(unit=unit), a_manager(unit)
    taken, left = overdue(owner, unit), overdue(owner, unit)
    started: list[int] = []

    def turn() -> None:
        try:
            started.append(silence())
        finally:
            connection.close()

    other = threading.Thread(target=turn)
    with transaction.atomic():
        given = Given(reason="Inte i år.", yes_when="I maj.")
        take_step(taken, Verb.DECLINE, by=manager, seen=taken.seen, now=NOW, given=given)
        other.start()
        wait_for_a_lock()
    other.join(timeout=10)
    assert (started, state_of(taken), state_of(left)) == ([1], "declined", "underway")


# --- Resuming -----------------------------------------------------------------------------------------------------
def resume(day: dt.date) -> int:
    return clockwork.resume_paused(now=moment(day), today=day)


def test_a_pause_ends_on_its_day_once_and_values_are_waited_for_again(owner: Employee, unit: Unit) -> None:
    initiative = an_initiative(owner, unit, State.PAUSED, resume_on=TODAY + DAY)
    values(initiative.outcomes.get(), [40], until=TODAY)
    assert initiative.outcomes.get().next_due_on is None
    assert [resume(TODAY + number * DAY) for number in (0, 1, 1, 2)] == [0, 1, 0, 0]
    step = Transition.objects.get(verb=Verb.RESUME)
    assert (step.by, state_of(initiative), initiative.outcomes.get().next_due_on) == (
        None,
        "underway",
        dt.date(2027, 1, 1),
    )


def test_a_pause_that_ended_while_the_clock_stood_still_is_made_good(owner: Employee, unit: Unit) -> None:
    an_initiative(owner, unit, State.PAUSED, resume_on=TODAY)
    assert resume(TODAY + 7 * DAY) == 1


def test_what_its_owner_resumed_earlier_is_not_resumed_again(owner: Employee, unit: Unit) -> None:
    initiative = an_initiative(owner, unit, State.PAUSED, resume_on=TODAY)
    take_step(initiative, Verb.RESUME, by=owner, seen=initiative.seen, now=moment(YESTERDAY))
    assert resume(TODAY) == 0


# --- Who is asked -------------------------------------------------------------------------------------------------
def refresh() -> int:
    return clockwork.refresh_deciders(today=TODAY)


def test_when_nobody_is_left_nobody_is_asked_and_that_is_written_once(
    owner: Employee, unit: Unit, manager: Employee
) -> None:
    overdue(owner, unit, decider=manager)
    manager.assignments.update(to_on=YESTERDAY)
    assert (refresh(), Initiative.objects.get().decider) == (1, None)
    written = Initiative.objects.get().updated_at
    assert (refresh(), Initiative.objects.get().updated_at) == (0, written)
    successor = a_manager(unit, "Eva", "Alm")
    assert (refresh(), Initiative.objects.get().decider) == (1, successor)


def test_a_reason_that_waits_goes_to_whoever_decides_today(owner: Employee, unit: Unit, manager: Employee) -> None:
    initiative = an_initiative(owner, unit, State.UNDERWAY, decider=manager)
    other = an_initiative(owner, unit, State.UNDERWAY, decider=manager)
    ask_for_waiver(initiative, Waiver.Kind.BASELINE, "Mättes aldrig.", by=owner, now=NOW)
    deputy = assign(a_person("Dag", "Lind"), Role.DEPUTY, unit)
    Absence.objects.create(employee=manager, from_on=TODAY, to_on=None)
    assert refresh() == 1
    deciders = [Initiative.objects.get(pk=each.pk).decider for each in (initiative, other)]
    assert deciders == [deputy, manager]  # who decided about the other stays


# --- What it costs ------------------------------------------------------------------------------------------------
def cost(act: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as queries:
        act()
    return len(queries)


def test_what_waits_and_may_not_start_costs_a_turn_nothing(owner: Employee, unit: Unit, manager: Employee) -> None:
    quiet = a_unit("Tyst", mandate_amount=MANDATE)
    costs = []
    for count in (0, 1, 30):
        for _row in range(count):
            overdue(owner, quiet, decider=manager)
            overdue(owner, unit, cost=MANDATE + 1, decider=manager)
            overdue(owner, unit, decide_by_on=TODAY, decider=manager)
            an_initiative(owner, unit, State.PAUSED, resume_on=TODAY + DAY)
        costs.append([cost(silence), cost(lambda: resume(TODAY)), cost(refresh)])
    assert costs == [[1, 1, 1]] * 3


def test_each_that_starts_costs_the_same(owner: Employee, unit: Unit, manager: Employee) -> None:
    costs = []
    for count in (1, 30):
        for _row in range(count):
            overdue(owner, unit)
        costs.append((cost(silence) - 1) / count)
    assert costs == [STATEMENTS_OF_A_START] * 2


STATEMENTS_OF_A_START = 18
assert READY["cost"] == 0  # what the builders propose may start by silence
