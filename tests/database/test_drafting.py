"""Writing an initiative: the draft, the wanted outcome, those who drive it together, and the review date."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from initiatives.actions import drafting
from initiatives.actions.drafting import WantedOutcome
from initiatives.actions.refusals import NotAllowed, Overtaken, Refused
from initiatives.actions.steps import take_step
from initiatives.models import CoDriver, Event, Indicator, Initiative, Outcome
from initiatives.permissions import actors
from initiatives.workflow import EDITABLE_STATES, Actor, State, Verb
from kommun.models import Employee, Unit
from tests.builders import NOW, TODAY, a_manager, a_person, a_unit, an_indicator, an_initiative, values

pytestmark = pytest.mark.django_db
YESTERDAY = TODAY - dt.timedelta(days=1)
WEEK = dt.timedelta(days=7)


@pytest.fixture
def unit() -> Unit:
    return a_unit(parent=a_unit("Åsmåla kommun"))


@pytest.fixture
def manager(unit: Unit) -> Employee:
    return a_manager(unit)


@pytest.fixture
def owner(unit: Unit) -> Employee:
    return a_person(unit=unit)


@pytest.fixture
def draft(owner: Employee, unit: Unit) -> Initiative:
    return an_initiative(owner, unit)


def describe(initiative: Initiative, by: Employee, seen: str = "", **columns: Any) -> None:
    drafting.describe(initiative, by=by, seen=seen or initiative.seen, now=NOW, **columns)


def want(initiative: Initiative, by: Employee, indicator: Indicator | None = None, **wanted: Any) -> Outcome:
    sought = WantedOutcome(indicator or an_indicator(), **wanted)
    return drafting.want(initiative, sought, by=by, seen=initiative.seen, now=NOW)


def delete(initiative: Initiative, by: Employee, seen: str = "") -> None:
    drafting.delete_draft(initiative, by=by, seen=seen or initiative.seen, now=NOW)


def invite(initiative: Initiative, person: Employee, by: Employee) -> None:
    drafting.invite_co_driver(initiative, person, by=by, now=NOW)


def remove(initiative: Initiative, person: Employee, by: Employee) -> None:
    drafting.remove_co_driver(initiative, person, by=by, now=NOW)


def field_refused(act: Callable[[], object]) -> list[str]:
    with pytest.raises(Refused) as no:
        act()
    return [each.field for each in no.value.missing]


def kinds_of_event() -> list[str]:
    return list(Event.objects.order_by("id").values_list("kind", flat=True))


# --- Who ----------------------------------------------------------------------------------------------------------
def former(person: Employee) -> Employee:
    person.ended_on = YESTERDAY
    person.save(update_fields=["ended_on"])
    return person


@pytest.mark.parametrize("who", ["stranger", "manager", "another manager", "former owner"])
def test_nobody_but_those_who_drive_it_changes_it(draft: Initiative, manager: Employee, who: str) -> None:
    by = {
        "stranger": lambda: a_person("Sara", "Berg"),
        "manager": lambda: manager,
        "another manager": lambda: a_manager(a_unit("Gata och park")),
        "former owner": lambda: former(draft.owner),
    }[who]()
    outcome = draft.outcomes.get()
    attempts: list[Callable[[], object]] = [
        lambda: describe(draft, by, title="Min nu"),
        lambda: want(draft, by),
        lambda: delete(draft, by),
        lambda: invite(draft, by, by),
        lambda: invite(draft, a_person("Lisa", "Ros"), by),
        lambda: remove(draft, draft.owner, by),
        lambda: drafting.extend_review(outcome, to=TODAY + 99 * WEEK, reason="Mer tid", by=by, now=NOW),
    ]
    for attempt in attempts:
        with pytest.raises(NotAllowed):
            attempt()
    assert (Initiative.objects.get().title, Event.objects.count()) == (draft.title, 0)


def test_a_co_driver_changes_what_the_owner_may(draft: Initiative, owner: Employee) -> None:
    moa = a_person("Moa", "Ask")
    invite(draft, moa, owner)
    describe(draft, moa, title="Ring samma dag")
    want(draft, moa, draft.outcomes.get().indicator, target=Decimal(9))
    invite(draft, a_person("Lisa", "Ros"), moa)
    delete(draft, moa)
    assert kinds_of_event() == [
        "initiative.invite",
        "initiative.describe",
        "initiative.want",
        "initiative.invite",
        "initiative.delete",
    ]


# --- The draft ----------------------------------------------------------------------------------------------------
def test_a_title_is_enough_for_a_draft(owner: Employee) -> None:
    made = drafting.create_draft(by=owner, now=NOW, title="  Ring samma dag ")
    found = Initiative.objects.get()
    assert (found, found.title, found.owner, found.seen, found.unit) == (made, "Ring samma dag", owner, "draft.0", None)
    assert (found.created_at, found.state_since_at, kinds_of_event()) == (NOW, NOW, ["initiative.create"])


def test_without_a_title_there_is_no_draft(owner: Employee, draft: Initiative) -> None:
    assert field_refused(lambda: drafting.create_draft(by=owner, now=NOW, title=" ")) == ["title"]
    assert field_refused(lambda: describe(draft, owner, title=" ")) == ["title"]
    assert Initiative.objects.count() == 1


@pytest.mark.parametrize("column", ["state", "owner", "decider_id", "steps_taken", "lesson"])
def test_what_is_no_part_of_the_description_is_not_written(draft: Initiative, owner: Employee, column: str) -> None:
    with pytest.raises(TypeError, match=column):
        drafting.describe(draft, by=owner, seen=draft.seen, now=NOW, **{column: None})
    with pytest.raises(TypeError, match=column):
        drafting.create_draft(by=owner, now=NOW, title="Ring", **{column: None})


def test_it_is_described_while_it_is_a_draft_or_returned(owner: Employee, unit: Unit) -> None:
    described = set()
    for state in State:
        initiative = an_initiative(owner, unit, state)
        try:
            describe(initiative, owner, plan="Vi ringer.")
            described.add(state)
        except Overtaken:
            pass
        assert initiative.plan == ("Vi ringer." if state in EDITABLE_STATES else an_initiative(owner, unit).plan)
    assert described == {State.DRAFT, State.RETURNED}


def test_the_history_says_which_parts_were_changed(draft: Initiative, owner: Employee) -> None:
    describe(draft, owner, plan="Vi ringer.", cost=Decimal(10))
    event = Event.objects.get()
    assert (event.kind, event.by, event.data) == ("initiative.describe", owner, {"fields": ["cost", "plan"]})


# --- What was seen ------------------------------------------------------------------------------------------------
def test_what_was_sent_meanwhile_is_not_changed_under_the_decider(
    draft: Initiative, owner: Employee, manager: Employee
) -> None:
    seen = draft.seen
    take_step(draft, Verb.SUBMIT, by=owner, seen=seen, now=NOW)
    stale = Initiative.objects.get(pk=draft.pk)
    for attempt in (
        lambda: describe(stale, owner, seen, plan="Något helt annat."),
        lambda: drafting.want(stale, WantedOutcome(an_indicator()), by=owner, seen=seen, now=NOW),
        lambda: delete(stale, owner, seen),
        lambda: delete(stale, owner, stale.seen),
    ):
        with pytest.raises(Refused):
            attempt()
    draft.refresh_from_db()
    assert (draft.state, draft.plan, kinds_of_event()) == ("proposed", stale.plan, ["initiative.submit"])


def test_a_page_from_before_the_question_does_not_change_the_answer(owner: Employee, unit: Unit) -> None:
    returned = an_initiative(owner, unit, State.RETURNED, steps_taken=4)
    with pytest.raises(Overtaken):
        describe(returned, owner, "returned.2", plan="Vi ringer.")


# --- The wanted outcome -------------------------------------------------------------------------------------------
def test_the_first_wish_makes_the_primary_outcome_and_the_next_changes_it(owner: Employee, unit: Unit) -> None:
    draft, indicator = an_initiative(owner, unit, target=None), an_indicator()
    first = want(draft, owner, indicator)
    again = want(draft, owner, indicator, target=Decimal(9), target_on=TODAY + WEEK, cadence="weekly")
    outcome = draft.outcomes.get()
    assert first == again == outcome
    assert (outcome.is_primary, outcome.target, outcome.target_on, outcome.cadence) == (
        True,
        9,
        TODAY + WEEK,
        "weekly",
    )


def test_values_follow_along_when_only_the_target_is_changed(draft: Initiative, owner: Employee) -> None:
    outcome = draft.outcomes.get()
    values(outcome, [40, 41], until=YESTERDAY)
    want(draft, owner, outcome.indicator, target=Decimal(30))
    outcome.refresh_from_db()
    assert (outcome.target, outcome.value_count, outcome.latest_value) == (30, 2, 41)


def test_the_measure_is_changed_while_it_has_no_values_and_not_after(draft: Initiative, owner: Employee) -> None:
    other = an_indicator()
    assert want(draft, owner, other).indicator == other
    values(draft.outcomes.get(), [40], until=YESTERDAY)
    assert field_refused(lambda: want(draft, owner)) == ["indicator"]
    assert draft.outcomes.get().indicator == other


def test_a_measure_of_the_same_name_unit_and_direction_is_the_same_measure() -> None:
    known = an_indicator("Dagar till beslut", "dagar", "down")
    named = drafting.indicator_named
    assert named(" dagar TILL beslut ", "Dagar", "down", "time") == known
    others = {
        named("Dagar till beslut", "dagar", "up", "time").pk,
        named("Dagar till beslut", "timmar", "down", "time").pk,
        named("Dagar till besked", "dagar", "down", "time").pk,
    }
    assert (known.pk in others, Indicator.objects.count()) == (False, 4)


# --- Throwing it away ---------------------------------------------------------------------------------------------
def test_a_draft_is_thrown_away_with_all_that_is_its_own_and_the_event_stays(
    draft: Initiative, owner: Employee
) -> None:
    values(draft.outcomes.get(), [40, 41], until=YESTERDAY)
    invite(draft, a_person("Moa", "Ask"), owner)
    delete(draft, owner)
    assert (Initiative.objects.count(), Outcome.objects.count(), CoDriver.objects.count()) == (0, 0, 0)
    assert kinds_of_event() == ["initiative.invite", "initiative.delete"]


def test_what_has_been_up_for_decision_is_kept(owner: Employee, unit: Unit) -> None:
    withdrawn = an_initiative(owner, unit, State.WITHDRAWN)
    take_step(withdrawn, Verb.REVISE, by=owner, seen=withdrawn.seen, now=NOW)
    assert field_refused(lambda: delete(withdrawn, owner)) == [""]
    assert Initiative.objects.get().state == State.DRAFT


def test_a_draft_seen_otherwise_is_not_thrown_away(draft: Initiative, owner: Employee) -> None:
    with pytest.raises(Overtaken):
        delete(draft, owner, "draft.3")
    assert (Initiative.objects.count(), Event.objects.count()) == (1, 0)


# --- Driving it together ------------------------------------------------------------------------------------------
def test_an_invited_manager_is_owner_and_no_decider_and_somebody_else_is_asked(
    owner: Employee, unit: Unit, manager: Employee
) -> None:
    assert unit.parent is not None
    director = a_manager(unit.parent, "Helena", "Strand")
    initiative = an_initiative(owner, unit, State.PROPOSED, decider=manager)
    invite(initiative, manager, owner)
    initiative = Initiative.objects.get()
    assert (actors(manager, initiative, on=TODAY), initiative.decider) == ({Actor.OWNER}, director)
    remove(initiative, manager, owner)
    initiative = Initiative.objects.get()
    assert (actors(manager, initiative, on=TODAY), initiative.decider) == ({Actor.DECIDER}, manager)


def test_those_who_drive_it_already_and_those_who_have_left_are_not_invited(draft: Initiative, owner: Employee) -> None:
    moa = a_person("Moa", "Ask")
    invite(draft, moa, owner)
    for person in (owner, moa, former(a_person("Ulf", "Ro"))):
        assert field_refused(lambda person=person: invite(draft, person, owner)) == ["person"]  # type: ignore[misc]
    assert draft.co_driver_rows.get().employee == moa


def test_somebody_who_is_no_co_driver_is_not_removed(draft: Initiative, owner: Employee) -> None:
    with pytest.raises(Overtaken):
        remove(draft, a_person("Sara", "Berg"), owner)
    assert Event.objects.count() == 0


# --- The review date ----------------------------------------------------------------------------------------------
@pytest.fixture
def outcome(owner: Employee, unit: Unit) -> Outcome:
    outcome = an_initiative(owner, unit, State.MEASURING).outcomes.get()
    Outcome.objects.filter(pk=outcome.pk).update(review_on=TODAY + WEEK)
    outcome.refresh_from_db()
    return outcome


def extend(outcome: Outcome, *, to: dt.date = TODAY + 9 * WEEK, reason: str = "Systemet byttes.") -> None:
    drafting.extend_review(outcome, to=to, reason=reason, by=outcome.initiative.owner, now=NOW)


def test_the_review_date_is_moved_forward_once_and_the_reason_is_kept(outcome: Outcome) -> None:
    extend(outcome)
    assert (outcome.review_on, outcome.review_was_extended) == (TODAY + 9 * WEEK, True)
    event = Event.objects.get()
    assert (event.kind, event.subject, event.data) == (
        "outcome.extend_review",
        outcome.uuid,
        {
            "former": (TODAY + WEEK).isoformat(),
            "to": (TODAY + 9 * WEEK).isoformat(),
            "reason": "Systemet byttes.",
        },
    )
    assert field_refused(lambda: extend(outcome, to=TODAY + 99 * WEEK)) == ["review_on"]


@pytest.mark.parametrize("days", [0, -1])
def test_a_review_date_that_is_reached_stays(outcome: Outcome, days: int) -> None:
    Outcome.objects.update(review_on=TODAY + dt.timedelta(days=days))
    outcome.refresh_from_db()
    assert field_refused(lambda: extend(outcome)) == ["review_on"]


@pytest.mark.parametrize("to", [TODAY, TODAY + WEEK])
def test_the_review_date_is_never_moved_nearer(outcome: Outcome, to: dt.date) -> None:
    assert field_refused(lambda: extend(outcome, to=to)) == ["review_on"]


@pytest.mark.parametrize("reason", ["", " "])
def test_the_review_date_is_not_moved_without_a_reason(outcome: Outcome, reason: str) -> None:
    assert field_refused(lambda: extend(outcome, reason=reason)) == ["reason"]


@pytest.mark.parametrize("state", sorted(set(State) - {State.UNDERWAY, State.PAUSED, State.MEASURING}))
def test_only_what_is_followed_up_has_a_review_date_to_move(owner: Employee, unit: Unit, state: State) -> None:
    outcome = an_initiative(owner, unit, state).outcomes.get()
    assert field_refused(lambda: extend(outcome, to=TODAY + 99 * WEEK)) == ["review_on"]


def test_until_the_change_is_made_the_review_date_moves_freely(owner: Employee, unit: Unit) -> None:
    outcome = an_initiative(owner, unit, State.UNDERWAY).outcomes.get()
    Outcome.objects.filter(pk=outcome.pk).update(review_on=TODAY)
    for weeks in (1, 2):
        outcome.refresh_from_db()
        extend(outcome, to=TODAY + weeks * WEEK)
    assert (outcome.review_on, outcome.review_was_extended) == (TODAY + 2 * WEEK, False)
    assert field_refused(lambda: extend(outcome, to=TODAY + WEEK)) == ["review_on"]


def test_after_the_review_date_is_moved_values_are_waited_for_until_then(outcome: Outcome) -> None:
    values(outcome, [40], until=dt.date(2026, 11, 30))  # the last whole month before the old review date
    outcome.refresh_from_db()
    assert outcome.next_due_on is None
    extend(outcome)
    assert Outcome.objects.get().next_due_on == dt.date(2027, 1, 1)
