"""The frozen baseline: what is locked with the step, and what it takes to change where it begins."""

import datetime as dt
from decimal import Decimal

import pytest

from initiatives.actions.attempt import Given
from initiatives.actions.baselining import move_baseline
from initiatives.actions.measuring import Entry, enter_value, record_values
from initiatives.actions.refusals import NotAllowed, Refused
from initiatives.actions.steps import take_step
from initiatives.models import Event, Initiative, Measurement, Outcome, Transition
from initiatives.outcomes import series
from initiatives.outcomes.baseline import ChangedSince, Move, changed_since
from initiatives.workflow import State, Verb
from kommun.models import Employee, Unit
from tests.builders import NOW, TODAY, a_manager, a_person, a_unit, an_initiative, values

pytestmark = pytest.mark.django_db
CHANGED = dt.date(2026, 6, 1)
EARLIEST, LATEST = dt.date(2024, 6, 1), dt.date(2026, 5, 31)


@pytest.fixture
def unit() -> Unit:
    return a_unit()


@pytest.fixture
def owner(unit: Unit) -> Employee:
    return a_person(unit=unit)


@pytest.fixture
def outcome(owner: Employee, unit: Unit) -> Outcome:
    """Ten values before the change, one a week until its day, and six after."""
    outcome = an_initiative(owner, unit, State.UNDERWAY).outcomes.get()
    values(outcome, [30, 31, 29, 30, 32, 26, 25, 27, 26, 24], until=LATEST)
    return implemented(outcome, owner)


def implemented(outcome: Outcome, owner: Employee) -> Outcome:
    initiative = outcome.initiative
    take_step(initiative, Verb.IMPLEMENT, by=owner, seen=initiative.seen, now=NOW, given=Given(change_on=CHANGED))
    return Outcome.objects.select_related("initiative", "indicator").get(pk=outcome.pk)


def day(weeks: int) -> dt.date:
    """So many weeks before the last value of the baseline."""
    return LATEST - dt.timedelta(weeks=weeks)


LATER = NOW + dt.timedelta(hours=1)


def move(outcome: Outcome, from_on: dt.date | None, by: Employee, reason: str = "Nytt system") -> None:
    move_baseline(outcome, from_on=from_on, reason=reason, by=by, now=LATER)


def refusal(outcome: Outcome, from_on: dt.date | None, by: Employee, reason: str = "Nytt system") -> set[str]:
    with pytest.raises(Refused) as refused:
        move(outcome, from_on, by, reason)
    return {each.field for each in refused.value.missing}


# --- What is locked ---------------------------------------------------------------------------------------------------
def test_the_step_keeps_period_count_and_sources_of_the_baseline(owner: Employee, unit: Unit) -> None:
    outcome = an_initiative(owner, unit, State.UNDERWAY).outcomes.get()
    values(outcome, [30, 31, 29, 30], until=day(3))
    entries = [
        Entry(day(2), Decimal(28), source_reference="Ärendelistan"),
        Entry(day(1), Decimal(27), source_reference="Ärendelistan"),
    ]
    record_values(outcome, [*entries, Entry(day(0), None)], source=Measurement.Source.API, now=NOW)
    implemented(outcome, owner)
    step = Transition.objects.get(initiative=outcome.initiative, verb=Verb.IMPLEMENT)
    assert step.evidence["baseline"] == {
        "from": "2024-06-01",
        "to": "2026-05-31",
        "count": 6,
        "sources": [
            {"source": "person", "reference": "", "count": 4},
            {"source": "api", "reference": "Ärendelistan", "count": 2},
        ],
    }


# --- Moving its beginning ---------------------------------------------------------------------------------------------
def test_the_beginning_moves_with_a_reason_and_the_figures_follow(outcome: Outcome, owner: Employee) -> None:
    before = (outcome.n_before, outcome.baseline_median)
    move(outcome, day(4), owner)
    outcome.refresh_from_db()
    assert (before, (outcome.n_before, outcome.baseline_median)) == ((10, 28), (5, 26))
    assert (outcome.baseline_from_on, outcome.baseline_to_on) == (day(4), LATEST)
    event = Event.objects.get(kind="baseline.move")
    assert (event.by, event.subject, event.data) == (
        owner, outcome.uuid, {"former_from_on": "2024-06-01", "from_on": "2026-05-03", "reason": "Nytt system"},
    )  # fmt: skip


def test_it_may_be_widened_again_and_what_was_locked_is_remembered(outcome: Outcome, owner: Employee) -> None:
    move(outcome, day(4), owner)
    move(outcome, EARLIEST + dt.timedelta(days=1), owner, "Vi hittade fler")
    changed = changed_since([outcome])
    assert changed == {
        outcome.pk: ChangedSince(Move(EARLIEST, EARLIEST + dt.timedelta(days=1), "Vi hittade fler"), values=0)
    }


@pytest.mark.parametrize(
    ("from_on", "is_fine"),
    [
        (EARLIEST - dt.timedelta(days=1), False),
        (CHANGED, False),
        (None, False),
        (LATEST - dt.timedelta(weeks=4) + dt.timedelta(days=1), False),  # four values are left
        (LATEST - dt.timedelta(weeks=4), True),
    ],
)
def test_it_moves_within_24_months_and_leaves_five_values(
    outcome: Outcome, owner: Employee, from_on: dt.date | None, is_fine: bool
) -> None:
    if is_fine:
        move(outcome, from_on, owner)
    else:
        assert refusal(outcome, from_on, owner) == {"from_on"}
    outcome.refresh_from_db()
    assert outcome.baseline_from_on == (from_on if is_fine else EARLIEST)


def test_all_24_months_are_allowed_again(outcome: Outcome, owner: Employee) -> None:
    move(outcome, day(4), owner)
    move(outcome, EARLIEST, owner)
    outcome.refresh_from_db()
    assert (outcome.baseline_from_on, outcome.n_before) == (EARLIEST, 10)


def test_it_needs_a_reason_and_a_change(outcome: Outcome, owner: Employee) -> None:
    assert refusal(outcome, day(4), owner, "  ") == {"reason"}
    assert refusal(outcome, EARLIEST, owner) == {"from_on"}
    assert Event.objects.filter(kind="baseline.move").count() == 0


def test_a_verdict_that_has_been_final_keeps_its_baseline(outcome: Outcome, owner: Employee) -> None:
    for columns in ({"verdict_is_final": True}, {"verdict_is_final": False, "is_second_look": True}):
        Outcome.objects.filter(pk=outcome.pk).update(**columns)
        assert refusal(outcome, day(4), owner) == {""}
    outcome.refresh_from_db()
    assert outcome.baseline_from_on == EARLIEST


def test_before_the_change_there_is_nothing_locked_to_move(owner: Employee, unit: Unit) -> None:
    outcome = an_initiative(owner, unit, State.UNDERWAY).outcomes.get()
    assert refusal(outcome, day(4), owner) == {""}


def test_what_was_stopped_keeps_its_baseline(outcome: Outcome, owner: Employee) -> None:
    initiative = Initiative.objects.get(pk=outcome.initiative_id)
    given = Given(reason="Det gick inte", lesson="Börja i liten skala.")
    take_step(initiative, Verb.STOP, by=owner, seen=initiative.seen, now=NOW, given=given)
    assert refusal(outcome, day(4), owner) == {""}


def test_only_those_who_drive_it_move_it(outcome: Outcome, owner: Employee, unit: Unit) -> None:
    former = a_person("Eva", "Ask", ended_on=TODAY - dt.timedelta(days=1))
    outcome.initiative.co_driver_rows.create(employee=former, invited_by=owner)
    for person in (a_person("Sara", "Berg"), a_manager(unit), a_manager(a_unit("Gatan")), former):
        with pytest.raises(NotAllowed):
            move(outcome, day(4), person)


# --- What has changed since -------------------------------------------------------------------------------------------
def test_only_what_is_changed_in_the_baseline_after_the_change_is_counted(owner: Employee, unit: Unit) -> None:
    outcome = an_initiative(owner, unit, State.UNDERWAY).outcomes.get()
    values(outcome, [30, 31, 29, 30, 32, 26], until=LATEST)
    long_before = NOW - dt.timedelta(days=1)
    enter_value(outcome, Entry(day(5), Decimal(33)), by=owner, now=long_before, reason="Före ändringen")
    outcome = implemented(outcome, owner)
    assert changed_since([outcome]) == {}
    for value in (31, 30):
        enter_value(outcome, Entry(day(4), Decimal(value)), by=owner, now=LATER, reason="Fel kolumn")
    enter_value(outcome, Entry(day(1) + dt.timedelta(days=1), Decimal(27)), by=owner, now=LATER, reason="Låg i en pärm")
    enter_value(outcome, Entry(CHANGED, Decimal(20)), by=owner, now=LATER)
    enter_value(outcome, Entry(CHANGED, Decimal(21)), by=owner, now=LATER, reason="Efter ändringen")
    assert changed_since([outcome]) == {outcome.pk: ChangedSince(values=2)}


def test_outcomes_without_a_frozen_baseline_have_nothing_to_tell(owner: Employee, unit: Unit) -> None:
    assert changed_since([an_initiative(owner, unit, State.UNDERWAY).outcomes.get()]) == {}


def test_what_is_corrected_of_the_values_behind_a_final_verdict_is_counted(outcome: Outcome, owner: Employee) -> None:
    days = [CHANGED + dt.timedelta(weeks=week) for week in range(6)]
    for day_after in days:
        enter_value(outcome, Entry(day_after, Decimal(20)), by=owner, now=LATER)
    enter_value(outcome, Entry(days[0], Decimal(21)), by=owner, now=LATER, reason="Före utslaget")
    outcome.review_on = days[4]
    outcome.save(update_fields=["review_on"])
    series.settle(outcome, series.compare(outcome, CHANGED, until=days[4]))
    Initiative.objects.update(state=State.CONCLUDED, ending="confirmed", concluded_at=LATER, lesson="Ring dem.")
    outcome = Outcome.objects.select_related("initiative", "indicator").get(pk=outcome.pk)
    assert changed_since([outcome]) == {}
    for day_after in days[3:]:  # two that were counted, and one from after the review
        enter_value(outcome, Entry(day_after, Decimal(25)), by=owner, now=LATER + dt.timedelta(days=1), reason="Fel")
    assert changed_since([outcome]) == {outcome.pk: ChangedSince(judged=2)}
    enter_value(outcome, Entry(days[1] + dt.timedelta(days=2), Decimal(19)), by=owner, now=LATER)  # an added one
    assert changed_since([outcome]) == {outcome.pk: ChangedSince(judged=3)}


def test_a_final_verdict_is_not_computed_anew(outcome: Outcome, owner: Employee) -> None:
    series.settle(outcome, series.compare(outcome, CHANGED))
    assert refusal(outcome, day(4), owner) == {""}
