"""Steps of the workflow: who may take them, what their gates refuse, what they leave behind."""

import datetime as dt
import threading
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from initiatives.actions import steps
from initiatives.actions.attempt import Attempt, Given
from initiatives.actions.effects import Effect
from initiatives.actions.refusals import NotAllowed, Overtaken, Refused
from initiatives.actions.steps import missing_for, take_step
from initiatives.models import CoDriver, Event, Initiative, Outcome, Transition, Waiver
from initiatives.workflow import STEP, STEPS, Actor, State, Verb
from kommun.models import Absence, Employee, Role, Unit
from tests.builders import (
    NOW,
    TODAY,
    a_manager,
    a_person,
    a_unit,
    an_initiative,
    assign,
    moment,
    values,
)

pytestmark = pytest.mark.django_db

FULL = Given(
    reason="Därför.",
    lesson="Börja i liten skala.",
    yes_when="När systemet är bytt.",
    resume_on=TODAY + dt.timedelta(days=10),
    change_on=TODAY - dt.timedelta(days=1),
    review_on=TODAY + dt.timedelta(days=90),
)


@pytest.fixture
def unit() -> Unit:
    return a_unit(
        parent=a_unit("Åsmåla kommun", decision_days=10, silence_means_go=True, own_mandate=True, mandate_amount=50_000)
    )


@pytest.fixture
def owner(unit: Unit) -> Employee:
    return a_person(unit=unit)


@pytest.fixture
def manager(unit: Unit) -> Employee:
    return a_manager(unit)


def take(initiative: Initiative, verb: Verb, by: Employee | None, given: Given = FULL, **kwargs: Any) -> Transition:
    initiative.refresh_from_db()
    kwargs = {"seen": initiative.seen, "now": NOW, **kwargs}
    return take_step(initiative, verb, by=by, given=given, **kwargs)


def missing(
    initiative: Initiative, verb: Verb, by: Employee | None, given: Given = FULL, now: dt.datetime = NOW
) -> set[str]:
    initiative.refresh_from_db()
    return {each.field for each in missing_for(initiative, verb, by=by, now=now, given=given)}


# --- Who ------------------------------------------------------------------------------------------------------------
def test_every_step_is_taken_by_its_roles_and_by_nobody_else(unit: Unit, owner: Employee, manager: Employee) -> None:
    people: dict[Actor | str, Employee | None] = {
        Actor.OWNER: owner,
        Actor.DECIDER: manager,
        Actor.CLOCK: None,
        "stranger": a_person("Sara", "Berg"),
        "another unit's manager": a_manager(a_unit("Gata och park")),
        "controller": assign(a_person("Karin", "Nordin"), Role.CONTROLLER, unit),
    }
    refused = set()
    for step in STEPS:
        for source in step.sources:
            initiative = an_initiative(owner, unit, source)
            for who, person in people.items():
                try:
                    with transaction.atomic():
                        take(initiative, step.verb, person)
                        raise Refused  # undo
                except NotAllowed:
                    refused.add((step.verb, who))
                except Refused:
                    pass
    assert refused == {(step.verb, who) for step in STEPS for who in people if who not in step.actors}


def test_owner_who_is_the_manager_cannot_approve_their_own(unit: Unit, manager: Employee) -> None:
    initiative = an_initiative(manager, unit, State.PROPOSED)
    with pytest.raises(NotAllowed):
        take(initiative, Verb.APPROVE, manager)


def test_co_driver_who_is_the_deputy_cannot_approve(unit: Unit, owner: Employee, manager: Employee) -> None:
    initiative = an_initiative(owner, unit, State.PROPOSED)
    deputy = assign(a_person("Dag", "Lind"), Role.DEPUTY, unit)
    CoDriver.objects.create(initiative=initiative, employee=deputy, invited_by=owner)
    Absence.objects.create(employee=manager, from_on=TODAY, to_on=TODAY)
    with pytest.raises(NotAllowed):
        take(initiative, Verb.APPROVE, deputy)


def test_co_driver_may_do_what_an_owner_may(unit: Unit, owner: Employee) -> None:
    initiative = an_initiative(owner, unit, State.PROPOSED)
    co_driver = a_person("Moa", "Ek")
    CoDriver.objects.create(initiative=initiative, employee=co_driver, invited_by=owner)
    take(initiative, Verb.WITHDRAW, co_driver)
    assert initiative.state == State.WITHDRAWN


def test_former_employee_takes_no_step(unit: Unit, owner: Employee) -> None:
    initiative = an_initiative(owner, unit, State.PROPOSED)
    owner.ended_on = TODAY - dt.timedelta(days=1)
    owner.save()
    with pytest.raises(NotAllowed):
        take(initiative, Verb.WITHDRAW, owner)


def test_a_cost_above_the_mandate_is_decided_higher_up(unit: Unit, owner: Employee, manager: Employee) -> None:
    assert unit.parent is not None
    director = a_manager(unit.parent, "Helena", "Strand")
    initiative = an_initiative(owner, unit, State.PROPOSED, cost=Decimal("50000.01"))
    with pytest.raises(NotAllowed):
        take(initiative, Verb.APPROVE, manager)
    take(initiative, Verb.APPROVE, director)
    assert initiative.state == State.UNDERWAY


# --- What was seen --------------------------------------------------------------------------------------------------
def test_a_step_from_a_page_that_is_no_longer_true_is_refused(unit: Unit, owner: Employee, manager: Employee) -> None:
    initiative = an_initiative(owner, unit, State.PROPOSED)
    seen = initiative.seen
    take(initiative, Verb.RETURN, manager)
    take(initiative, Verb.RESUBMIT, owner)  # the same state again, but not what the manager read
    with pytest.raises(Overtaken):
        take(initiative, Verb.APPROVE, manager, seen=seen)
    assert Transition.objects.filter(initiative=initiative).count() == 3


@pytest.mark.django_db(transaction=True)
def test_of_two_who_act_at_once_the_later_is_told_so() -> None:
    unit = a_unit()
    owner, manager = a_person(unit=unit), a_manager(unit)
    initiative = an_initiative(owner, unit, State.PROPOSED)
    outcomes: list[object] = []

    def decline() -> None:
        try:
            outcomes.append(take_step(initiative, Verb.DECLINE, by=manager, seen=initiative.seen, now=NOW, given=FULL))
        except Overtaken as overtaken:
            outcomes.append(overtaken)
        finally:
            connection.close()

    other = threading.Thread(target=decline)
    with transaction.atomic():
        take_step(Initiative.objects.get(pk=initiative.pk), Verb.APPROVE, by=manager, seen=initiative.seen, now=NOW)
        other.start()
        _wait_until_somebody_waits_for_a_lock()
    other.join(timeout=10)
    initiative.refresh_from_db()
    assert [type(each) for each in outcomes] == [Overtaken]
    assert initiative.state == State.UNDERWAY


def _wait_until_somebody_waits_for_a_lock() -> None:
    with connection.cursor() as cursor:
        for _attempt in range(2_000):
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            if cursor.fetchone()[0]:
                return
            cursor.execute("SELECT pg_sleep(0.005)")
    raise AssertionError("nobody waited")


def test_a_description_changed_between_gate_and_step_stops_the_step(
    unit: Unit, owner: Employee, manager: Employee
) -> None:
    initiative = an_initiative(owner, unit)
    found = Initiative.objects.get(pk=initiative.pk)
    Initiative.objects.filter(pk=initiative.pk).update(plan="")  # somebody clears the plan after the gate has looked
    attempt = Attempt(found, STEP[Verb.SUBMIT], owner, NOW, Given())
    with pytest.raises(Overtaken):
        steps._write_state(attempt, Effect())


@pytest.mark.django_db(transaction=True)
def test_a_step_that_fails_on_its_way_writes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    owner, unit = a_person(), a_unit()
    a_manager(unit)
    initiative = an_initiative(owner, unit)

    def full_disk(*args: object, **kwargs: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("initiatives.events.record", full_disk)
    with pytest.raises(OSError, match="no space"):
        take_step(initiative, Verb.SUBMIT, by=owner, seen=initiative.seen, now=NOW)
    assert (Initiative.objects.get().state, Transition.objects.count()) == ("draft", 0)


# --- The submit gate ------------------------------------------------------------------------------------------------
def test_an_empty_draft_is_told_everything_that_is_missing(unit: Unit, owner: Employee) -> None:
    initiative = Initiative.objects.create(title="Skrivaren är trasig", owner=owner)
    assert missing(initiative, Verb.SUBMIT, owner) == {
        "plan",
        "benefit",
        "unit",
        "cost",
        "first_step",
        "first_step_on",
        "has_personal_data",
        "is_reversible",
        "is_critical",
        "indicator",
    }


@pytest.mark.parametrize(
    ("columns", "field"),
    [
        ({"plan": ""}, "plan"),
        ({"benefit": ""}, "benefit"),
        ({"cost": None}, "cost"),
        ({"first_step": ""}, "first_step"),
        ({"first_step_on": None}, "first_step_on"),
        ({"first_step_on": TODAY + dt.timedelta(days=31)}, "first_step_on"),
        ({"first_step_on": TODAY - dt.timedelta(days=1)}, "first_step_on"),
        ({"has_personal_data": None}, "has_personal_data"),
        ({"is_reversible": None}, "is_reversible"),
        ({"is_critical": None}, "is_critical"),
    ],
)
def test_the_submit_gate_asks_for_each_part_of_the_description(
    unit: Unit, owner: Employee, manager: Employee, columns: dict[str, Any], field: str
) -> None:
    assert missing(an_initiative(owner, unit, **columns), Verb.SUBMIT, owner) == {field}


@pytest.mark.parametrize(
    ("columns", "field"),
    [
        ({"target": None}, "target"),
        ({"target_on": None}, "target_on"),
        ({"target_on": TODAY}, "target_on"),
        ({"review_on": TODAY}, "review_on"),
        ({"baseline_ready_on": None}, "baseline_ready_on"),
        ({"baseline_ready_on": TODAY - dt.timedelta(days=1)}, "baseline_ready_on"),
    ],
)
def test_the_submit_gate_asks_for_each_part_of_the_outcome(
    unit: Unit, owner: Employee, manager: Employee, columns: dict[str, Any], field: str
) -> None:
    initiative = an_initiative(owner, unit)
    initiative.outcomes.update(**columns)
    assert missing(initiative, Verb.SUBMIT, owner) == {field}


def test_with_five_values_no_day_for_the_baseline_is_asked_for(unit: Unit, owner: Employee, manager: Employee) -> None:
    initiative = an_initiative(owner, unit)
    initiative.outcomes.update(baseline_ready_on=None)
    values(initiative.outcomes.get(), [40, 41, 42, 43, 44], until=TODAY)
    assert missing(initiative, Verb.SUBMIT, owner) == set()


def test_without_anybody_to_decide_it_cannot_be_sent(unit: Unit, owner: Employee) -> None:
    assert missing(an_initiative(owner, unit), Verb.SUBMIT, owner) == {"unit"}


def test_first_step_today_and_in_thirty_days_are_both_fine(unit: Unit, owner: Employee, manager: Employee) -> None:
    for day in (TODAY, TODAY + dt.timedelta(days=30)):
        assert missing(an_initiative(owner, unit, first_step_on=day), Verb.SUBMIT, owner) == set()


def test_submit_starts_the_clock_and_asks_the_manager(unit: Unit, owner: Employee, manager: Employee) -> None:
    initiative = an_initiative(owner, unit)
    initiative.outcomes.update(review_on=None)
    take(initiative, Verb.SUBMIT, owner)
    outcome = initiative.outcomes.get()
    assert (initiative.state, initiative.decider, initiative.decide_by_on, outcome.review_on) == (
        State.PROPOSED,
        manager,
        dt.date(2026, 12, 7),  # the tenth full working day after Monday 23 November
        outcome.target_on,
    )


# --- Decisions ------------------------------------------------------------------------------------------------------
def test_what_the_decider_writes_is_kept_in_the_history(unit: Unit, owner: Employee, manager: Employee) -> None:
    initiative = an_initiative(owner, unit, State.PROPOSED)
    transition = take(initiative, Verb.DECLINE, manager)
    assert (transition.by, transition.from_state, transition.to_state, transition.reason, transition.yes_when) == (
        manager,
        "proposed",
        "declined",
        "Därför.",
        "När systemet är bytt.",
    )


@pytest.mark.parametrize(("verb", "state"), [(Verb.RETURN, "proposed"), (Verb.DECLINE, "proposed")])
def test_a_no_without_words_is_refused(unit: Unit, owner: Employee, manager: Employee, verb: Verb, state: str) -> None:
    initiative = an_initiative(owner, unit, state)
    assert missing(initiative, verb, manager, Given()) == {need.value for need in STEP_NEEDS[verb]}


STEP_NEEDS = {step.verb: step.needs for step in STEPS}


def test_resubmit_starts_the_decision_clock_anew(unit: Unit, owner: Employee, manager: Employee) -> None:
    initiative = an_initiative(owner, unit, State.RETURNED, decide_by_on=TODAY - dt.timedelta(days=30))
    take(initiative, Verb.RESUBMIT, owner)
    assert initiative.decide_by_on == dt.date(2026, 12, 7)


# --- Silence and own mandate ----------------------------------------------------------------------------------------
AFTER = moment(dt.date(2026, 12, 8))


def waiting(owner: Employee, unit: Unit, **columns: Any) -> Initiative:
    return an_initiative(owner, unit, State.PROPOSED, decide_by_on=dt.date(2026, 12, 7), **columns)


def test_silence_starts_it_the_day_after_the_last_day(unit: Unit, owner: Employee, manager: Employee) -> None:
    initiative = waiting(owner, unit)
    with pytest.raises(Refused):
        take(initiative, Verb.SILENCE, None, Given(), now=moment(dt.date(2026, 12, 7), 23))
    transition = take(initiative, Verb.SILENCE, None, Given(), now=AFTER)
    assert (initiative.state, transition.by, transition.verb) == (State.UNDERWAY, None, "silence")


@pytest.mark.parametrize(
    "columns",
    [
        {"has_personal_data": True},
        {"is_reversible": False},
        {"is_critical": True},
        {"cost": Decimal("50000.01")},
    ],
)
def test_silence_starts_nothing_outside_the_guard_rails(
    unit: Unit, owner: Employee, manager: Employee, columns: dict[str, Any]
) -> None:
    with pytest.raises(Refused):
        take(waiting(owner, unit, **columns), Verb.SILENCE, None, Given(), now=AFTER)


def test_silence_means_nothing_where_it_is_not_turned_on(owner: Employee) -> None:
    quiet = a_unit("Tyst", mandate_amount=50_000)
    with pytest.raises(Refused):
        take(waiting(owner, quiet), Verb.SILENCE, None, Given(), now=AFTER)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [({}, set()), ({"cost": Decimal(1)}, {""}), ({"is_reversible": False}, {""}), ({"plan": ""}, {"plan"})],
)
def test_own_mandate_starts_what_is_free_and_reversible(
    unit: Unit, owner: Employee, manager: Employee, columns: dict[str, Any], expected: set[str]
) -> None:
    assert missing(an_initiative(owner, unit, **columns), Verb.START, owner) == expected


def test_own_mandate_is_off_until_it_is_turned_on(owner: Employee) -> None:
    unit = a_unit("Strikt")
    a_manager(unit)
    assert missing(an_initiative(owner, unit), Verb.START, owner) == {""}


# --- Carrying out ---------------------------------------------------------------------------------------------------
CHANGED = TODAY - dt.timedelta(days=1)


def test_implement_needs_five_values_from_before(unit: Unit, owner: Employee) -> None:
    initiative = an_initiative(owner, unit, State.UNDERWAY)
    values(initiative.outcomes.get(), [40, 41, 42, 43], until=CHANGED - dt.timedelta(days=1))
    assert missing(initiative, Verb.IMPLEMENT, owner) == {"baseline"}
    Waiver.objects.create(
        initiative=initiative, kind="baseline", reason="Nytt", asked_by=owner, asked_at=NOW,
        answered_by=owner, answered_at=NOW, is_accepted=True,
    )  # fmt: skip
    assert missing(initiative, Verb.IMPLEMENT, owner) == set()


def test_implement_refuses_a_target_that_was_met_already(unit: Unit, owner: Employee) -> None:
    initiative = an_initiative(owner, unit, State.UNDERWAY, target=22)
    values(initiative.outcomes.get(), [20, 21, 22, 23, 24], until=CHANGED - dt.timedelta(days=1))
    assert missing(initiative, Verb.IMPLEMENT, owner) == {"target"}


def test_implement_refuses_a_change_date_in_the_future(unit: Unit, owner: Employee) -> None:
    initiative = an_initiative(owner, unit, State.UNDERWAY)
    values(initiative.outcomes.get(), [40, 41, 42, 43, 44], until=CHANGED)
    assert missing(initiative, Verb.IMPLEMENT, owner, Given(change_on=TODAY + dt.timedelta(days=1))) == {"change_on"}
    assert missing(initiative, Verb.IMPLEMENT, owner, Given(change_on=TODAY)) == set()


def test_implement_freezes_the_baseline_at_24_months(unit: Unit, owner: Employee) -> None:
    initiative = an_initiative(owner, unit, State.UNDERWAY)
    outcome = initiative.outcomes.get()
    values(outcome, [90] * 5, until=CHANGED - dt.timedelta(days=800))
    values(outcome, [40, 41, 42, 43, 44], until=CHANGED - dt.timedelta(days=1))
    take(initiative, Verb.IMPLEMENT, owner)
    outcome.refresh_from_db()
    assert (initiative.change_on, outcome.baseline_from_on, outcome.baseline_to_on, outcome.n_before) == (
        CHANGED,
        dt.date(2024, 11, 22),
        dt.date(2026, 11, 21),
        5,
    )


def test_pause_says_until_when_and_the_clock_resumes_it_that_day(unit: Unit, owner: Employee) -> None:
    initiative = an_initiative(owner, unit, State.UNDERWAY)
    assert missing(initiative, Verb.PAUSE, owner, Given(reason="Sommar", resume_on=TODAY)) == {"resume_on"}
    take(initiative, Verb.PAUSE, owner)
    assert initiative.resume_on is not None
    with pytest.raises(Refused):
        take(initiative, Verb.RESUME, None, Given(), now=moment(initiative.resume_on - dt.timedelta(days=1)))
    take(initiative, Verb.RESUME, None, Given(), now=moment(initiative.resume_on))
    assert (initiative.state, initiative.resume_on) == (State.UNDERWAY, None)


def test_the_decider_may_stop_what_silence_started(unit: Unit, owner: Employee, manager: Employee) -> None:
    initiative = waiting(owner, unit)
    take(initiative, Verb.SILENCE, None, Given(), now=AFTER)
    take(initiative, Verb.STOP, manager, now=AFTER)
    assert (initiative.state, initiative.ending, initiative.lesson) == ("concluded", "stopped", "Börja i liten skala.")


@pytest.mark.parametrize("given", [Given(reason="Därför."), Given(lesson="Så här.")])
def test_stop_demands_reason_and_lesson(unit: Unit, owner: Employee, given: Given) -> None:
    assert len(missing(an_initiative(owner, unit, State.UNDERWAY), Verb.STOP, owner, given)) == 1


# --- Endings --------------------------------------------------------------------------------------------------------
def measured(owner: Employee, unit: Unit, after: list[float], *, review_in: int = 0, until: int = 1) -> Initiative:
    initiative = an_initiative(owner, unit, State.MEASURING, change_on=TODAY - dt.timedelta(days=100))
    initiative.outcomes.update(review_on=TODAY + dt.timedelta(days=review_in))
    outcome = initiative.outcomes.get()
    values(outcome, [40, 44, 41, 43, 42, 45], until=TODAY - dt.timedelta(days=101))
    values(outcome, after, until=TODAY - dt.timedelta(days=until))
    return initiative


@pytest.mark.parametrize(
    ("after", "ending", "grade"),
    [
        ([25, 22, 24, 21, 23, 20], "confirmed", 3),
        ([60, 62, 61, 64, 63, 65], "worse", 2),
        ([40, 44, 41, 43, 42, 45], "no_effect", 2),
        ([40, 28, 44, 30, 43, 46], "not_proven", 2),
    ],
)
def test_the_ending_follows_the_verdict(
    unit: Unit, owner: Employee, after: list[float], ending: str, grade: int
) -> None:
    initiative = measured(owner, unit, after)
    transition = take(initiative, Verb.CONCLUDE, owner)
    outcome = initiative.outcomes.get()
    assert (initiative.ending, outcome.grade, outcome.verdict_is_final) == (ending, grade, True)
    assert transition.evidence["verdict"] == outcome.verdict


def test_conclude_waits_for_the_review_date(unit: Unit, owner: Employee) -> None:
    assert missing(measured(owner, unit, [25, 22, 24, 21, 23], review_in=1), Verb.CONCLUDE, owner) == {"review_on"}


def test_conclude_demands_a_lesson(unit: Unit, owner: Employee) -> None:
    assert missing(measured(owner, unit, [25, 22, 24, 21, 23]), Verb.CONCLUDE, owner, Given()) == {"lesson"}


def test_values_after_the_review_date_do_not_change_the_final_verdict(unit: Unit, owner: Employee) -> None:
    initiative = measured(owner, unit, [25, 22, 24, 21, 23, 20], until=8)
    initiative.outcomes.update(review_on=TODAY - dt.timedelta(days=7))
    take(initiative, Verb.CONCLUDE, owner)
    outcome = initiative.outcomes.get()
    values(outcome, [99], until=TODAY)
    assert (outcome.n_after, outcome.verdict, outcome.latest_value) == (6, "improved", 99)


def test_too_few_values_need_an_accepted_reason_and_show_as_not_measured(
    unit: Unit, owner: Employee, manager: Employee
) -> None:
    initiative = measured(owner, unit, [25, 22, 24])
    assert missing(initiative, Verb.CONCLUDE, owner) == {"value"}
    waiver = Waiver.objects.create(
        initiative=initiative, kind="result", reason="Systemet byttes", asked_by=owner, asked_at=NOW
    )
    assert missing(initiative, Verb.CONCLUDE, owner) == {"value"}
    waiver.answered_by, waiver.answered_at, waiver.is_accepted = manager, NOW, True
    waiver.save()
    transition = take(initiative, Verb.CONCLUDE, owner)
    assert (initiative.ending, transition.evidence["was_measured"], transition.evidence["waived"]) == (
        "not_proven",
        False,
        True,
    )


def test_what_excused_the_first_ending_does_not_excuse_the_second(
    unit: Unit, owner: Employee, manager: Employee
) -> None:
    initiative = measured(owner, unit, [25, 22, 24])
    answer = {"answered_by": manager, "answered_at": NOW, "is_accepted": True}
    Waiver.objects.create(
        initiative=initiative, kind="result", reason="Systemet byttes", asked_by=owner, asked_at=NOW, **answer
    )
    take(initiative, Verb.CONCLUDE, owner)
    take(initiative, Verb.REOPEN, owner)
    initiative.outcomes.update(review_on=TODAY)
    assert missing(initiative, Verb.CONCLUDE, owner) == {"value"}


def test_a_reason_for_no_baseline_does_not_excuse_the_values_from_after(
    unit: Unit, owner: Employee, manager: Employee
) -> None:
    initiative = measured(owner, unit, [25, 22, 24])
    waiver = Waiver.objects.create(
        initiative=initiative, kind="baseline", reason="Det är nytt", asked_by=owner, asked_at=NOW
    )
    waiver.answered_by, waiver.answered_at, waiver.is_accepted = manager, NOW, True
    waiver.save()
    assert missing(initiative, Verb.CONCLUDE, owner) == {"value"}


def test_implement_asks_for_a_review_date_that_has_not_come(unit: Unit, owner: Employee) -> None:
    initiative = an_initiative(owner, unit, State.UNDERWAY)
    values(initiative.outcomes.get(), [31, 30, 32, 33, 29], until=TODAY - dt.timedelta(days=1))
    initiative.outcomes.update(review_on=TODAY)
    assert missing(initiative, Verb.IMPLEMENT, owner, Given(change_on=TODAY)) == {"review_on"}


def test_every_step_keeps_what_the_values_said_at_that_moment(unit: Unit, owner: Employee, manager: Employee) -> None:
    initiative = an_initiative(owner, unit, State.UNDERWAY)
    values(initiative.outcomes.get(), [31, 30, 32, 33, 29], until=TODAY - dt.timedelta(days=1))
    transition = take(initiative, Verb.IMPLEMENT, owner, Given(change_on=TODAY))
    kept = {name: transition.evidence[name] for name in ("n_before", "n_after", "verdict", "change_on")}
    assert kept == {"n_before": 5, "n_after": 0, "verdict": "too_few", "change_on": TODAY.isoformat()}


def test_reopen_within_thirty_days_is_a_second_look(unit: Unit, owner: Employee) -> None:
    initiative = measured(owner, unit, [25, 22, 24, 21, 23, 20])
    take(initiative, Verb.CONCLUDE, owner)
    late = NOW + dt.timedelta(days=30, minutes=1)
    assert missing(initiative, Verb.REOPEN, owner, now=late) == {""}
    assert missing(initiative, Verb.REOPEN, owner, Given(reason="Nytt", review_on=TODAY)) == {"review_on"}
    take(initiative, Verb.REOPEN, owner)
    outcome: Outcome = initiative.outcomes.get()
    assert (initiative.state, initiative.ending, initiative.concluded_at) == (State.MEASURING, "", None)
    assert (outcome.is_second_look, outcome.verdict_is_final, outcome.review_on) == (True, False, FULL.review_on)


def test_what_was_stopped_before_the_change_is_not_reopened(unit: Unit, owner: Employee) -> None:
    initiative = an_initiative(owner, unit, State.UNDERWAY)
    take(initiative, Verb.STOP, owner)
    assert missing(initiative, Verb.REOPEN, owner) == {""}


# --- History --------------------------------------------------------------------------------------------------------
def test_a_step_writes_one_transition_and_one_event_in_its_transaction(
    unit: Unit, owner: Employee, manager: Employee
) -> None:
    initiative = an_initiative(owner, unit, State.PROPOSED)
    take(initiative, Verb.APPROVE, manager)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        [xact] = cursor.fetchone()
    assert list(Event.objects.filter(initiative=initiative).values_list("kind", "by", "at", "xact")) == [
        ("initiative.approve", manager.pk, NOW, xact)
    ]


def test_a_refused_step_leaves_no_trace(unit: Unit, owner: Employee) -> None:
    initiative = measured(owner, unit, [25, 22, 24])
    with pytest.raises(Refused):
        take(initiative, Verb.CONCLUDE, owner)
    initiative.refresh_from_db()
    assert (initiative.state, initiative.outcomes.get().verdict_is_final) == (State.MEASURING, False)
    assert not Event.objects.filter(initiative=initiative).exists()
