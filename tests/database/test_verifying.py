"""A controller's word on a confirmed effect: who may give it, once, and what takes it away again."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from initiatives.actions.attempt import Given
from initiatives.actions.measuring import Entry, record_values
from initiatives.actions.refusals import NotAllowed, Overtaken, Refused
from initiatives.actions.steps import take_step
from initiatives.actions.verifying import ask_again, seen_by_controller, send_back, verify
from initiatives.models import CoDriver, Event, Handover, Initiative, Measurement, Outcome, Transition, VerificationStep
from initiatives.nudges.recipients import controller
from initiatives.permissions import to_verify, verifies
from initiatives.workflow import State, Verb
from kommun.models import Employee, Role, Unit
from tests.builders import LONG_AGO, NOW, TODAY, a_claim, a_manager, a_person, a_unit, an_initiative, assign, values

pytestmark = pytest.mark.django_db
LATER = NOW + dt.timedelta(days=3)


@pytest.fixture
def root() -> Unit:
    return a_unit("Kommunen")


@pytest.fixture
def unit(root: Unit) -> Unit:
    return a_unit("Bygglov", root)


@pytest.fixture
def owner(unit: Unit) -> Employee:
    return a_person(unit=unit)


@pytest.fixture
def karin(root: Unit) -> Employee:
    return assign(a_person("Karin", "Nordin"), Role.CONTROLLER, root)


@pytest.fixture
def outcome(owner: Employee, unit: Unit) -> Outcome:
    """Of an initiative that was concluded today as confirmed."""
    a_manager(unit)
    change_on = TODAY - dt.timedelta(days=60)
    initiative = an_initiative(owner, unit, State.MEASURING, change_on=change_on)
    Outcome.objects.filter(initiative=initiative).update(
        review_on=TODAY, baseline_from_on=LONG_AGO, baseline_to_on=change_on - dt.timedelta(days=1)
    )
    found = initiative.outcomes.get()
    values(found, [40, 42, 41, 39, 43], until=change_on - dt.timedelta(days=3))
    values(found, [20, 22, 21, 19, 23], until=TODAY - dt.timedelta(days=3))
    initiative.refresh_from_db()
    take_step(initiative, Verb.CONCLUDE, by=owner, seen=initiative.seen, now=NOW, given=Given(lesson="Ring dem."))
    return initiative.outcomes.get()


def stands(outcome: Outcome) -> tuple[str, int]:
    outcome.refresh_from_db()
    return outcome.verification, outcome.grade


def steps(outcome: Outcome) -> list[tuple[int, str, Any]]:
    rows = VerificationStep.objects.filter(outcome=outcome).order_by("number")
    return list(rows.values_list("number", "kind", "by__given_name"))


def correct(outcome: Outcome, number: float, *, on: dt.date, now: dt.datetime = LATER) -> None:
    entry = Entry(on, Decimal(str(number)))
    owner = outcome.initiative.owner
    record_values(outcome, [entry], source=Measurement.Source.PERSON, now=now, by=owner, reason="Fel kolumn")


# --- Asking, confirming, sending back -------------------------------------------------------------------------------
def test_a_confirmed_ending_asks_for_a_controller(outcome: Outcome) -> None:
    assert (stands(outcome), steps(outcome)) == (("asked", 3), [(1, "asked", "Amina")])


def test_only_a_confirmed_ending_asks(owner: Employee, unit: Unit) -> None:
    initiative = an_initiative(owner, unit, State.UNDERWAY)
    given = Given(reason="Det gick inte.", lesson="Fråga först.")
    take_step(initiative, Verb.STOP, by=owner, seen=initiative.seen, now=NOW, given=given)
    assert stands(initiative.outcomes.get()) == ("", 0)


def test_a_controller_confirms_and_the_grade_is_four(outcome: Outcome, karin: Employee) -> None:
    verify(outcome, by=karin, seen=seen_by_controller(outcome), now=LATER)
    assert stands(outcome) == ("confirmed", 4)
    assert steps(outcome) == [(1, "asked", "Amina"), (2, "confirmed", "Karin")]
    told = Event.objects.filter(kind="verification.confirm").values_list("by", "at", "subject")
    assert list(told) == [(karin.pk, LATER, outcome.uuid)]


def test_what_is_claimed_is_checked_with_it(outcome: Outcome, karin: Employee, owner: Employee) -> None:
    claim = a_claim(outcome)
    verify(outcome, by=karin, seen=seen_by_controller(outcome), now=LATER)
    claim.refresh_from_db()
    assert (claim.checked_by, claim.checked_at) == (karin, LATER)


def test_what_is_claimed_after_it_was_verified_waits_for_a_controller_too(
    outcome: Outcome, karin: Employee, owner: Employee
) -> None:
    verify(outcome, by=karin, seen=seen_by_controller(outcome), now=LATER)
    assert list(to_verify(karin, on=TODAY)) == []
    outcome = Outcome.objects.get(pk=outcome.pk)
    with pytest.raises(Overtaken):
        verify(outcome, by=karin, seen=seen_by_controller(outcome), now=LATER)
    claim = a_claim(outcome)
    assert list(to_verify(karin, on=TODAY)) == [outcome]
    verify(outcome, by=karin, seen=seen_by_controller(outcome), now=LATER)
    claim.refresh_from_db()
    assert (claim.checked_by, stands(outcome), len(steps(outcome))) == (karin, ("confirmed", 4), 2)
    assert list(to_verify(karin, on=TODAY)) == []


def test_a_controller_sends_it_back_with_a_reason_and_the_owner_answers(
    outcome: Outcome, karin: Employee, owner: Employee
) -> None:
    send_back(outcome, "Vilka ärenden räknas?", by=karin, seen=seen_by_controller(outcome), now=LATER)
    assert stands(outcome) == ("returned", 3)
    ask_again(outcome, "Alla enkla bygglov.", by=owner, now=LATER)
    assert stands(outcome) == ("asked", 3)
    verify(outcome, by=karin, seen=seen_by_controller(outcome), now=LATER)
    assert (stands(outcome), len(steps(outcome))) == (("confirmed", 4), 4)


@pytest.mark.parametrize("words", ["", "  "])
def test_sending_back_and_answering_ask_for_words(
    outcome: Outcome, karin: Employee, owner: Employee, words: str
) -> None:
    with pytest.raises(Refused) as refused:
        send_back(outcome, words, by=karin, seen=seen_by_controller(outcome), now=LATER)
    assert [each.field for each in refused.value.missing] == ["reason"]
    send_back(outcome, "Vilka?", by=karin, seen=seen_by_controller(outcome), now=LATER)
    with pytest.raises(Refused) as refused:
        ask_again(outcome, words, by=owner, now=LATER)
    assert [each.field for each in refused.value.missing] == ["words"]


def test_only_what_was_sent_back_is_answered(outcome: Outcome, owner: Employee) -> None:
    with pytest.raises(Overtaken):
        ask_again(outcome, "Titta en gång till.", by=owner, now=LATER)


# --- Who may --------------------------------------------------------------------------------------------------------
def may(person: Employee, outcome: Outcome) -> bool:
    initiative = Initiative.objects.get(pk=outcome.initiative_id)
    return verifies(person, initiative, on=TODAY)


def test_a_controller_of_the_unit_or_above_may(outcome: Outcome, karin: Employee, unit: Unit) -> None:
    assert may(karin, outcome)
    assert may(assign(a_person(), Role.CONTROLLER, unit), outcome)


def test_nobody_else_may(outcome: Outcome, owner: Employee, root: Unit, unit: Unit) -> None:
    elsewhere = a_unit("Gator", root)
    below = a_unit("Disken", unit)
    for person in (
        owner,
        a_person(),
        a_manager(elsewhere),
        assign(a_person(), Role.CONTROLLER, elsewhere),
        assign(a_person(), Role.CONTROLLER, below),
        assign(a_person(), Role.ADMINISTRATOR, root),
        assign(a_person(), Role.VIEWER, root),
        assign(a_person(ended_on=TODAY - dt.timedelta(days=1)), Role.CONTROLLER, root),
        assign(a_person(), Role.CONTROLLER, root, since=TODAY + dt.timedelta(days=1)),
    ):
        assert not may(person, outcome)


def test_a_controller_who_drives_decides_or_has_decided_may_not(
    outcome: Outcome, karin: Employee, owner: Employee, unit: Unit
) -> None:
    initiative = outcome.initiative
    manager = assign(a_manager(a_unit()), Role.CONTROLLER, unit)
    assert may(manager, outcome)
    assign(manager, Role.DEPUTY, unit)
    assert not may(manager, outcome)
    assert not may(assign(owner, Role.CONTROLLER, unit), outcome)
    friend = assign(a_person(), Role.CONTROLLER, unit)
    assert may(friend, outcome)
    CoDriver.objects.create(initiative=initiative, employee=friend, invited_by=owner)
    assert not may(friend, outcome)
    Transition.objects.create(
        initiative=initiative, number=99, verb="return", from_state="proposed", to_state="returned", by=karin, at=NOW
    )
    assert not may(karin, outcome)


def test_the_action_itself_refuses_who_may_not(outcome: Outcome, owner: Employee, karin: Employee) -> None:
    with pytest.raises(NotAllowed):
        verify(outcome, by=owner, seen=seen_by_controller(outcome), now=LATER)
    with pytest.raises(NotAllowed):
        send_back(outcome, "Nej", by=a_person(), seen=seen_by_controller(outcome), now=LATER)
    with pytest.raises(NotAllowed):
        ask_again(outcome, "Så här", by=karin, now=LATER)
    assert stands(outcome) == ("asked", 3)


# --- Two at once, and what moves ------------------------------------------------------------------------------------
def test_what_the_controller_saw_must_still_be_so(outcome: Outcome, karin: Employee) -> None:
    seen = seen_by_controller(outcome)
    correct(outcome, 24, on=TODAY - dt.timedelta(days=3))
    outcome.refresh_from_db()
    with pytest.raises(Overtaken):
        verify(outcome, by=karin, seen=seen, now=LATER)
    with pytest.raises(Overtaken):
        send_back(outcome, "Vilka?", by=karin, seen=seen, now=LATER)
    verify(outcome, by=karin, seen=seen_by_controller(outcome), now=LATER)
    assert stands(outcome) == ("confirmed", 4)


def test_of_two_controllers_the_second_is_too_late(outcome: Outcome, karin: Employee, root: Unit) -> None:
    seen, other = seen_by_controller(outcome), assign(a_person(), Role.CONTROLLER, root)
    verify(outcome, by=karin, seen=seen, now=LATER)
    with pytest.raises(Overtaken):
        send_back(outcome, "Vilka?", by=other, seen=seen, now=LATER)


def test_a_corrected_value_takes_the_word_away_and_it_is_asked_anew(outcome: Outcome, karin: Employee) -> None:
    verify(outcome, by=karin, seen=seen_by_controller(outcome), now=LATER)
    correct(outcome, 24, on=TODAY - dt.timedelta(days=3))
    assert stands(outcome) == ("asked", 3)
    assert [kind for _number, kind, _by in steps(outcome)] == ["asked", "confirmed", "lapsed", "asked"]


def test_values_that_no_longer_show_an_effect_are_not_asked_about(outcome: Outcome, karin: Employee) -> None:
    verify(outcome, by=karin, seen=seen_by_controller(outcome), now=LATER)
    for weeks in range(5):
        correct(outcome, 41, on=TODAY - dt.timedelta(days=3 + 7 * weeks))
    assert stands(outcome) == ("lapsed", 2)


def test_a_value_since_the_ending_leaves_the_word_alone(outcome: Outcome, karin: Employee) -> None:
    verify(outcome, by=karin, seen=seen_by_controller(outcome), now=LATER)
    correct(outcome, 21, on=TODAY + dt.timedelta(days=2))
    assert stands(outcome) == ("confirmed", 4)


def test_what_is_opened_again_is_not_verified_any_more(outcome: Outcome, karin: Employee, owner: Employee) -> None:
    verify(outcome, by=karin, seen=seen_by_controller(outcome), now=LATER)
    initiative = Initiative.objects.get(pk=outcome.initiative_id)
    given = Given(reason="Vi vill se mer.", review_on=TODAY + dt.timedelta(days=30))
    take_step(initiative, Verb.REOPEN, by=owner, seen=initiative.seen, now=LATER, given=given)
    assert stands(outcome) == ("lapsed", 2)
    with pytest.raises(Overtaken):
        verify(outcome, by=karin, seen=seen_by_controller(outcome), now=LATER)


# --- What is counted, and what the values no longer show --------------------------------------------------------------
def corrected_away(outcome: Outcome) -> None:
    for weeks in range(5):
        correct(outcome, 41, on=TODAY - dt.timedelta(days=3 + 7 * weeks))


def corrected_back(outcome: Outcome) -> None:
    for weeks, number in enumerate((23, 19, 21, 22, 20)):
        correct(outcome, number, on=TODAY - dt.timedelta(days=3 + 7 * weeks))


def test_what_is_claimed_is_checked_only_as_long_as_the_result_is_verified(outcome: Outcome, karin: Employee) -> None:
    claim = a_claim(outcome)
    verify(outcome, by=karin, seen=seen_by_controller(outcome), now=LATER)
    correct(outcome, 24, on=TODAY - dt.timedelta(days=3))
    claim.refresh_from_db()
    assert (claim.checked_by, claim.checked_at) == (None, None)


def test_what_waits_is_not_asked_about_when_the_values_no_longer_show_it(outcome: Outcome, karin: Employee) -> None:
    corrected_away(outcome)
    assert (stands(outcome), list(to_verify(karin, on=TODAY))) == (("lapsed", 2), [])
    with pytest.raises(Overtaken):
        verify(outcome, by=karin, seen=seen_by_controller(outcome), now=LATER)


def test_what_is_put_right_again_is_asked_about_again(outcome: Outcome, karin: Employee) -> None:
    corrected_away(outcome)
    corrected_back(outcome)
    assert (stands(outcome), list(to_verify(karin, on=TODAY))) == (("asked", 3), [outcome])


def test_sending_back_what_was_verified_takes_the_grade_with_it(outcome: Outcome, karin: Employee) -> None:
    verify(outcome, by=karin, seen=seen_by_controller(outcome), now=LATER)
    outcome = Outcome.objects.get(pk=outcome.pk)
    a_claim(outcome)
    send_back(outcome, "Varifrån kommer volymen?", by=karin, seen=seen_by_controller(outcome), now=LATER)
    assert stands(outcome) == ("returned", 3)


def test_who_has_had_a_part_in_it_before_may_not(outcome: Outcome, owner: Employee, unit: Unit) -> None:
    initiative = outcome.initiative
    former, friend, heir = (assign(a_person(), Role.CONTROLLER, unit) for _each in range(3))
    Transition.objects.create(
        initiative=initiative, number=98, verb="pause", from_state="underway", to_state="paused", by=former, at=NOW
    )
    invited = {"initiative": initiative, "subject": initiative.uuid, "at": NOW, "by": owner}
    Event.objects.create(kind="initiative.invite", data={"person": str(friend.uuid)}, **invited)
    Handover.objects.create(
        initiative=initiative, to=heir, offered_by=owner, offered_at=NOW, answered_at=NOW, is_accepted=True
    )
    for person in (former, friend, heir):
        assert (may(person, outcome), list(to_verify(person, on=TODAY))) == (False, [])


def test_who_did_anything_in_it_but_a_controllers_work_may_not(outcome: Outcome, owner: Employee, unit: Unit) -> None:
    """Such as a first owner who handed it over before any step, and a manager who accepted a reason."""
    kinds = {"handover.offer": False, "waiver.answer": False, "claim.check": True, "handover.answer": True}
    people = [assign(a_person(), Role.CONTROLLER, unit) for _kind in kinds]
    for person, kind in zip(people, kinds, strict=True):  # the last has said no
        Event.objects.create(kind=kind, at=NOW, initiative=outcome.initiative, subject=outcome.uuid, by=person)
    assert [may(person, outcome) for person in people] == list(kinds.values())


def test_the_one_who_is_asked_to_verify_is_the_nearest_who_may(outcome: Outcome, owner: Employee, unit: Unit) -> None:
    """The nearer have had a part; each in a way of their own."""
    karta = a_unit("Karta", unit)
    Initiative.objects.filter(pk=outcome.initiative_id).update(unit=karta)
    heir, friend, decider = (assign(a_person(), Role.CONTROLLER, karta) for _each in range(3))
    Handover.objects.create(
        initiative=outcome.initiative, to=heir, offered_by=owner, offered_at=NOW, answered_at=NOW, is_accepted=True
    )
    invited = {"initiative": outcome.initiative, "subject": outcome.uuid, "at": NOW, "by": owner}
    Event.objects.create(kind="initiative.invite", data={"person": str(friend.uuid)}, **invited)
    assign(decider, Role.MANAGER, karta)
    karin = assign(a_person("Karin", "Nordin"), Role.CONTROLLER, unit)
    asked = Initiative.objects.annotate(asked=controller(TODAY)).get(pk=outcome.initiative_id)
    assert asked.asked == karin.pk
    assert [may(person, Outcome.objects.get(pk=outcome.pk)) for person in (heir, friend, decider, karin)] == [
        False, False, False, True,
    ]  # fmt: skip


def test_who_is_asked_to_decide_from_above_neither_verifies_it_nor_is_asked_to(
    outcome: Outcome, unit: Unit, root: Unit, karin: Employee
) -> None:
    alone = a_unit("Utan chef", root)
    Initiative.objects.filter(pk=outcome.initiative_id).update(unit=alone)
    director = assign(assign(a_person("Helena"), Role.MANAGER, root), Role.CONTROLLER, alone)
    found = Initiative.objects.annotate(asked=controller(TODAY)).get(pk=outcome.initiative_id)
    assert found.asked == karin.pk
    assert [list(to_verify(person, on=TODAY)) for person in (director, karin)] == [[], [outcome]]


def test_an_owner_who_has_done_nothing_yet_may_not(outcome: Outcome, unit: Unit) -> None:
    heir = assign(a_person(), Role.CONTROLLER, unit)
    assert list(to_verify(heir, on=TODAY)) == [outcome]
    Initiative.objects.filter(pk=outcome.initiative_id).update(owner=heir)
    assert list(to_verify(heir, on=TODAY)) == []


def test_who_decides_for_the_unit_does_not_find_it_in_the_inbox(outcome: Outcome, unit: Unit) -> None:
    for person in (assign(a_manager(unit), Role.CONTROLLER, unit), assign(a_person(), Role.CONTROLLER, unit)):
        assign(person, Role.DEPUTY, unit)
        assert (may(person, outcome), list(to_verify(person, on=TODAY))) == (False, [])
