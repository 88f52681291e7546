"""Beside the steps: reasons why something cannot be measured, promises, and handing an initiative over."""

import datetime as dt
import itertools
from collections.abc import Callable, Iterable
from functools import partial

import pytest

from initiatives.actions import agreeing
from initiatives.actions.attempt import Given
from initiatives.actions.promising import Promised
from initiatives.actions.refusals import NotAllowed, Overtaken, Refused
from initiatives.actions.steps import missing_for
from initiatives.models import CoDriver, Event, Handover, Initiative, Promise, Waiver
from initiatives.permissions import actors, drives
from initiatives.workflow import Actor, State, Verb
from kommun.models import Absence, Employee, Role, Unit
from tests.builders import NOW, TODAY, a_manager, a_person, a_unit, an_initiative, assign, values

pytestmark = pytest.mark.django_db
YESTERDAY = TODAY - dt.timedelta(days=1)
BASELINE, RESULT = Waiver.Kind.BASELINE, Waiver.Kind.RESULT


@pytest.fixture
def root() -> Unit:
    return a_unit("Åsmåla kommun")


@pytest.fixture
def unit(root: Unit) -> Unit:
    return a_unit(parent=root)


@pytest.fixture
def director(root: Unit) -> Employee:
    return a_manager(root, "Helena", "Strand")


@pytest.fixture
def manager(unit: Unit, director: Employee) -> Employee:
    return a_manager(unit)


@pytest.fixture
def owner(unit: Unit) -> Employee:
    return a_person(unit=unit)


@pytest.fixture
def initiative(owner: Employee, unit: Unit, manager: Employee) -> Initiative:
    return an_initiative(owner, unit, State.UNDERWAY, decider=manager)


def ask(initiative: Initiative, by: Employee, kind: Waiver.Kind = BASELINE, reason: str = "Mättes aldrig.") -> Waiver:
    return agreeing.ask_for_waiver(initiative, kind, reason, by=by, now=NOW)


def answer(waiver: Waiver, by: Employee, *, is_accepted: bool = True) -> Waiver:
    agreeing.answer_waiver(waiver, is_accepted=is_accepted, by=by, now=NOW)
    waiver.refresh_from_db()
    return waiver


def has_left(person: Employee) -> Employee:
    person.ended_on = YESTERDAY
    person.save(update_fields=["ended_on"])
    return person


def co_driver_of(initiative: Initiative, person: Employee | None = None) -> Employee:
    person = person or a_person("Moa", "Ask")
    CoDriver.objects.create(initiative=initiative, employee=person, invited_by=initiative.owner)
    return person


def refused(people: Iterable[Employee], act: Callable[[Employee], object]) -> list[str]:
    """The given names of those who are told that it is not theirs to do."""
    names = []
    for person in people:
        try:
            act(person)
        except NotAllowed:
            names.append(person.given_name)
    return names


def field_refused(act: Callable[[], object]) -> list[str]:
    with pytest.raises(Refused) as no:
        act()
    return [each.field for each in no.value.missing]


def kinds_of_event(initiative: Initiative) -> list[str]:
    return list(Event.objects.filter(initiative=initiative).order_by("id").values_list("kind", flat=True))


# --- Reasons why something cannot be measured ---------------------------------------------------------------------
def test_a_reason_is_asked_about_where_its_answer_can_still_open_a_gate(owner: Employee, unit: Unit) -> None:
    asked, sentences_on = set(), set()
    for state, kind in itertools.product(State, Waiver.Kind):
        try:
            ask(an_initiative(owner, unit, state), owner, kind)
            asked.add((state.value, kind.value))
        except Refused as no:
            sentences_on |= {each.field for each in no.missing}
    before = {(state, "baseline") for state in ("proposed", "returned", "underway", "paused")}
    assert (asked, sentences_on) == (before | {("measuring", "result")}, {"waiver"})


def test_only_those_who_drive_it_give_a_reason(initiative: Initiative, owner: Employee, manager: Employee) -> None:
    people = [a_person("Sara", "Berg"), a_manager(a_unit("Gata och park"), "Eva"), manager, has_left(owner)]
    assert refused(people, lambda person: ask(initiative, person)) == ["Sara", "Eva", "Johan", "Amina"]
    assert ask(initiative, co_driver_of(initiative)).asked_by.given_name == "Moa"


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_a_reason_has_words(initiative: Initiative, owner: Employee, reason: str) -> None:
    assert field_refused(lambda: ask(initiative, owner, reason=reason)) == ["waiver"]


def test_a_reason_that_waits_is_not_asked_about_twice(
    initiative: Initiative, owner: Employee, manager: Employee
) -> None:
    waiver = ask(initiative, owner)
    assert field_refused(lambda: ask(initiative, owner)) == ["waiver"]
    answer(waiver, manager, is_accepted=False)
    assert ask(initiative, owner, reason="Systemet är nytt.").reason == "Systemet är nytt."


def test_only_the_decider_answers(initiative: Initiative, owner: Employee, manager: Employee) -> None:
    waiver = ask(initiative, owner)
    former = has_left(assign(a_person("Ulf", "Ro"), Role.MANAGER, initiative.unit or a_unit()))
    co_driver = co_driver_of(initiative, assign(a_person("Dag", "Lind"), Role.DEPUTY, initiative.unit or a_unit()))
    people = [a_person("Sara", "Berg"), a_manager(a_unit("Gata och park"), "Eva"), former, owner, co_driver]
    assert refused(people, lambda person: answer(waiver, person)) == ["Sara", "Eva", "Ulf", "Amina", "Dag"]
    waiver.refresh_from_db()
    assert (waiver.is_accepted, waiver.answered_by) == (None, None)


def test_the_answer_is_kept_with_who_gave_it_and_when(
    initiative: Initiative, owner: Employee, manager: Employee
) -> None:
    waiver = answer(ask(initiative, owner), manager)
    assert (waiver.is_accepted, waiver.answered_by, waiver.answered_at) == (True, manager, NOW)
    assert kinds_of_event(initiative) == ["waiver.ask", "waiver.answer"]


def test_an_answer_is_given_once(initiative: Initiative, owner: Employee, manager: Employee) -> None:
    waiver = answer(ask(initiative, owner), manager, is_accepted=False)
    with pytest.raises(Overtaken):
        answer(waiver, manager)
    waiver.refresh_from_db()
    assert (waiver.is_accepted, kinds_of_event(initiative)) == (False, ["waiver.ask", "waiver.answer"])


@pytest.mark.parametrize(("is_accepted", "expected"), [(True, []), (False, ["baseline"])])
def test_the_yes_opens_the_gate_of_the_change_and_the_no_does_not(
    initiative: Initiative, owner: Employee, manager: Employee, is_accepted: bool, expected: list[str]
) -> None:
    answer(ask(initiative, owner), manager, is_accepted=is_accepted)
    found = missing_for(initiative, Verb.IMPLEMENT, by=owner, now=NOW, given=Given(change_on=TODAY))
    assert [each.field for each in found] == expected


def test_the_yes_to_a_missing_baseline_counts_when_the_question_is_answered(
    owner: Employee, unit: Unit, manager: Employee
) -> None:
    initiative = an_initiative(owner, unit, State.RETURNED)
    initiative.outcomes.update(baseline_ready_on=None)
    given = Given(reason="Vi har inga siffror.")

    def lacking() -> list[str]:
        return [each.field for each in missing_for(initiative, Verb.RESUBMIT, by=owner, now=NOW, given=given)]

    assert lacking() == ["baseline_ready_on"]
    answer(ask(initiative, owner), manager)
    assert lacking() == []


def test_the_yes_opens_the_gate_of_the_ending(owner: Employee, unit: Unit, manager: Employee) -> None:
    initiative = an_initiative(owner, unit, State.MEASURING)
    initiative.outcomes.update(review_on=TODAY)
    values(initiative.outcomes.get(), [40], until=YESTERDAY)

    def lacking() -> list[str]:
        return [
            each.field
            for each in missing_for(initiative, Verb.CONCLUDE, by=owner, now=NOW, given=Given(lesson="Mät förr."))
        ]

    assert lacking() == ["value"]
    answer(ask(initiative, owner, RESULT), manager)
    assert lacking() == []


def test_the_reason_waits_for_the_one_who_decides_today(
    initiative: Initiative, owner: Employee, unit: Unit, manager: Employee
) -> None:
    deputy = assign(a_person("Dag", "Lind"), Role.DEPUTY, unit)
    Absence.objects.create(employee=manager, from_on=TODAY, to_on=TODAY)
    ask(initiative, owner)
    initiative.refresh_from_db()
    assert initiative.decider == deputy


# --- Promises -----------------------------------------------------------------------------------------------------
def test_promises_are_kept_with_the_yes(owner: Employee, unit: Unit, manager: Employee) -> None:
    initiative = an_initiative(owner, unit, State.PROPOSED)
    promised = [Promised(Promise.Kind.TIME, "Fyra timmar i veckan", TODAY), Promised(Promise.Kind.DOOR, "IT", TODAY)]
    agreeing.approve(initiative, by=manager, seen=initiative.seen, now=NOW, promises=promised)
    rows = initiative.promises.values_list("kind", "text", "due_on", "promised_by", "promised_at", "is_kept")
    assert list(rows) == [
        ("time", "Fyra timmar i veckan", TODAY, manager.pk, NOW, None),
        ("door", "IT", TODAY, manager.pk, NOW, None),
    ]


@pytest.mark.parametrize(("text", "due_on"), [("", TODAY), ("  ", TODAY), ("Fyra timmar", YESTERDAY)])
def test_a_promise_without_words_or_of_a_day_gone_by_decides_nothing(
    owner: Employee, unit: Unit, manager: Employee, text: str, due_on: dt.date
) -> None:
    initiative = an_initiative(owner, unit, State.PROPOSED)
    promised = [Promised(Promise.Kind.TIME, "Två timmar", TODAY), Promised(Promise.Kind.TIME, text, due_on)]
    fields = field_refused(
        lambda: agreeing.approve(initiative, by=manager, seen=initiative.seen, now=NOW, promises=promised)
    )
    initiative.refresh_from_db()
    assert (fields, initiative.state, Promise.objects.count()) == (["promise"], "proposed", 0)


def test_nobody_but_the_decider_promises(owner: Employee, unit: Unit, manager: Employee) -> None:
    initiative = an_initiative(owner, unit, State.PROPOSED)
    promised = [Promised(Promise.Kind.TIME, "Fyra timmar", TODAY)]
    people = [owner, a_person("Sara", "Berg"), a_manager(a_unit("Gata och park"), "Eva")]
    names = refused(
        people,
        lambda person: agreeing.approve(initiative, by=person, seen=initiative.seen, now=NOW, promises=promised),
    )
    assert (names, Promise.objects.count()) == (["Amina", "Sara", "Eva"], 0)


# --- Handing over -------------------------------------------------------------------------------------------------
def offer(initiative: Initiative, to: Employee, by: Employee) -> Handover:
    return agreeing.offer_handover(initiative, to, by=by, now=NOW)


def say(handover: Handover, by: Employee, *, is_accepted: bool = True) -> None:
    agreeing.answer_handover(handover, is_accepted=is_accepted, by=by, now=NOW)


def test_the_one_who_was_asked_takes_over_and_no_state_changes(initiative: Initiative, owner: Employee) -> None:
    sara, seen = a_person("Sara", "Berg"), initiative.seen
    say(offer(initiative, sara, owner), sara)
    initiative.refresh_from_db()
    roles = [actors(person, initiative, on=TODAY) for person in (sara, owner)]
    assert (initiative.owner, initiative.seen, roles) == (sara, seen, [{Actor.OWNER}, frozenset()])
    assert kinds_of_event(initiative) == ["handover.offer", "handover.answer"]


def test_until_it_is_answered_and_after_a_no_the_owner_drives_it(initiative: Initiative, owner: Employee) -> None:
    sara = a_person("Sara", "Berg")
    handover = offer(initiative, sara, owner)
    assert drives(sara, initiative, on=TODAY) is False
    say(handover, sara, is_accepted=False)
    initiative.refresh_from_db()
    assert initiative.owner == owner


def test_a_draft_is_its_former_owners_no_longer(owner: Employee, unit: Unit) -> None:
    draft, sara = an_initiative(owner, unit), a_person("Sara", "Berg")
    say(offer(draft, sara, owner), sara)
    seen_by = [Initiative.objects.visible_to(person, on=TODAY).filter(pk=draft.pk).exists() for person in (owner, sara)]
    assert seen_by == [False, True]


def test_a_co_driver_who_takes_over_is_no_co_driver_any_more(initiative: Initiative, owner: Employee) -> None:
    moa = co_driver_of(initiative)
    say(offer(initiative, moa, owner), moa)
    initiative.refresh_from_db()
    assert (initiative.owner, initiative.co_driver_rows.count()) == (moa, 0)


def test_only_those_who_drive_it_offer_it(initiative: Initiative, manager: Employee) -> None:
    sara, friend = a_person("Sara", "Berg"), a_person("Lisa", "Ros")
    people = [sara, a_manager(a_unit("Gata och park"), "Eva"), manager]
    assert refused(people, lambda person: offer(initiative, friend, person)) == ["Sara", "Eva", "Johan"]
    assert offer(initiative, friend, co_driver_of(initiative)).to == friend


def test_when_the_owner_has_left_the_decider_names_one(
    initiative: Initiative, owner: Employee, director: Employee
) -> None:
    has_left(owner)
    initiative.refresh_from_db()
    sara, manager = a_person("Sara", "Berg"), initiative.decider
    assert manager is not None
    names = refused([owner, sara, director], lambda person: offer(initiative, sara, person))
    assert names == ["Amina", "Sara", "Helena"]
    say(offer(initiative, sara, manager), sara)
    initiative.refresh_from_db()
    assert initiative.owner == sara


def test_it_is_offered_to_somebody_else_who_is_employed(initiative: Initiative, owner: Employee) -> None:
    gone, moa = has_left(a_person("Ulf", "Ro")), co_driver_of(initiative)
    for to, by in ((gone, owner), (owner, owner), (owner, moa), (moa, moa)):  # nobody takes it from its owner
        assert field_refused(partial(offer, initiative, to, by)) == ["person"], (to, by)


def test_a_co_driver_takes_over_when_the_owner_has_left(initiative: Initiative, owner: Employee) -> None:
    moa = co_driver_of(initiative)
    has_left(owner)
    initiative.refresh_from_db()
    say(offer(initiative, moa, moa), moa)
    initiative.refresh_from_db()
    assert initiative.owner == moa


def test_only_the_one_who_was_asked_answers(initiative: Initiative, owner: Employee, manager: Employee) -> None:
    sara = a_person("Sara", "Berg")
    handover = offer(initiative, sara, owner)
    has_left(sara)
    people = [owner, manager, a_person("Lisa", "Ros"), sara]
    assert refused(people, lambda person: say(handover, person)) == ["Amina", "Johan", "Lisa", "Sara"]


def test_a_handover_is_answered_once(initiative: Initiative, owner: Employee) -> None:
    sara = a_person("Sara", "Berg")
    handover = offer(initiative, sara, owner)
    say(handover, sara, is_accepted=False)
    with pytest.raises(Overtaken):
        say(handover, sara)
    initiative.refresh_from_db()
    assert initiative.owner == owner


def test_a_second_offer_waits_for_the_first_to_be_answered_or_taken_back(
    initiative: Initiative, owner: Employee
) -> None:
    sara, lisa = a_person("Sara", "Berg"), a_person("Lisa", "Ros")
    first = offer(initiative, sara, owner)
    assert field_refused(lambda: offer(initiative, lisa, owner)) == ["person"]
    agreeing.withdraw_handover(first, by=owner, now=NOW)
    with pytest.raises(Overtaken):
        say(first, sara)
    with pytest.raises(Overtaken):
        agreeing.withdraw_handover(first, by=owner, now=NOW)
    say(offer(initiative, lisa, owner), lisa)
    initiative.refresh_from_db()
    assert (initiative.owner, kinds_of_event(initiative)) == (
        lisa,
        ["handover.offer", "handover.withdraw", "handover.offer", "handover.answer"],
    )


def test_the_offer_is_taken_back_by_those_who_can_give_it(
    initiative: Initiative, owner: Employee, director: Employee, manager: Employee
) -> None:
    handover = offer(initiative, a_person("Sara", "Berg"), owner)
    people = [handover.to, director, a_person("Lisa", "Ros"), manager]
    taking_back = refused(people, lambda person: agreeing.withdraw_handover(handover, by=person, now=NOW))
    assert taking_back == ["Sara", "Helena", "Lisa", "Johan"]
    has_left(owner)
    handover = Handover.objects.get(pk=handover.pk)
    agreeing.withdraw_handover(handover, by=manager, now=NOW)
    handover.refresh_from_db()
    assert handover.is_accepted is False


def test_what_has_ended_is_not_handed_over(owner: Employee, unit: Unit, initiative: Initiative) -> None:
    sara, ended = a_person("Sara", "Berg"), an_initiative(owner, unit, State.CONCLUDED, ending="not_proven")
    assert field_refused(lambda: offer(ended, sara, owner)) == [""]
    handover = offer(initiative, sara, owner)
    Initiative.objects.filter(pk=initiative.pk).update(
        state=State.CONCLUDED, ending="stopped", lesson="För tidigt.", concluded_at=NOW
    )
    assert field_refused(lambda: say(handover, sara)) == [""]
    handover.refresh_from_db()
    assert handover.answered_at is None


def test_what_was_confirmed_is_handed_over_by_the_decider_when_its_owner_has_left(
    owner: Employee, unit: Unit, manager: Employee
) -> None:
    """Somebody must answer the controller, and see whether it holds."""
    sara, confirmed = a_person("Sara", "Berg"), an_initiative(owner, unit, State.CONCLUDED)
    has_left(owner)
    say(offer(Initiative.objects.get(pk=confirmed.pk), sara, manager), sara)
    confirmed.refresh_from_db()
    assert (confirmed.owner, confirmed.state, drives(sara, confirmed, on=TODAY)) == (sara, "concluded", True)


def test_who_takes_over_what_they_were_asked_to_decide_decides_no_longer(
    owner: Employee, unit: Unit, manager: Employee, director: Employee
) -> None:
    initiative = an_initiative(owner, unit, State.PROPOSED, decider=manager)
    say(offer(initiative, manager, owner), manager)
    initiative.refresh_from_db()
    assert (initiative.owner, initiative.decider) == (manager, director)
    assert [actors(person, initiative, on=TODAY) for person in (manager, director)] == [
        {Actor.OWNER},
        {Actor.DECIDER},
    ]
