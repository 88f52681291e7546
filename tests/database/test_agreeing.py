"""What is agreed on beside the steps (reasons, promises, co-drivers, owners, review dates): who may, and how often."""

import datetime as dt

import pytest

from initiatives.actions.agreeing import (
    Promised,
    answer_handover,
    answer_waiver,
    approve,
    ask_for_waiver,
    offer_handover,
    withdraw_handover,
)
from initiatives.actions.drafting import (
    create_draft,
    delete_draft,
    describe,
    extend_review,
    invite_co_driver,
    remove_co_driver,
)
from initiatives.actions.refusals import NotAllowed, Overtaken, Refused
from initiatives.models import Event, Initiative, Promise, Waiver
from initiatives.permissions import decides, drives
from initiatives.workflow import State
from kommun.models import Employee, Unit
from tests.builders import NOW, TODAY, a_manager, a_person, a_unit, an_initiative

pytestmark = pytest.mark.django_db
WEEK = dt.timedelta(days=7)
YESTERDAY = TODAY - dt.timedelta(days=1)


@pytest.fixture
def unit() -> Unit:
    return a_unit(parent=a_unit("Åsmåla kommun"))


@pytest.fixture
def owner(unit: Unit) -> Employee:
    return a_person(unit=unit)


@pytest.fixture
def manager(unit: Unit) -> Employee:
    return a_manager(unit)


@pytest.fixture
def strangers(unit: Unit, manager: Employee) -> list[Employee]:
    """A colleague, another unit's manager, and the unit's own manager who has left since."""
    former = a_manager(unit, "Lena", "Lind")
    former.ended_on = dt.date(2020, 2, 1)
    former.save()
    return [a_person(unit=unit), a_manager(a_unit("Förskolan", unit.parent)), former]


def left(person: Employee) -> Employee:
    person.ended_on = dt.date(2020, 2, 1)
    person.save()
    return person


# --- Reasons why something cannot be measured ---------------------------------------------------------------------
def test_a_reason_is_given_by_the_one_who_drives_it_and_by_nobody_else(
    unit: Unit, owner: Employee, manager: Employee, strangers: list[Employee]
) -> None:
    initiative = an_initiative(owner, unit, State.UNDERWAY)
    for person in [manager, *strangers]:
        with pytest.raises(NotAllowed):
            ask_for_waiver(initiative, Waiver.Kind.BASELINE, "Det är nytt", by=person, now=NOW)
    ask_for_waiver(initiative, Waiver.Kind.BASELINE, " Det är nytt ", by=owner, now=NOW)
    assert [(each.reason, each.is_accepted) for each in initiative.waivers.all()] == [("Det är nytt", None)]


def test_a_reason_has_words_and_is_asked_about_once_at_a_time(unit: Unit, owner: Employee, manager: Employee) -> None:
    initiative = an_initiative(owner, unit, State.UNDERWAY)
    with pytest.raises(Refused, match="Skriv varför"):
        ask_for_waiver(initiative, Waiver.Kind.BASELINE, "  ", by=owner, now=NOW)
    waiver = ask_for_waiver(initiative, Waiver.Kind.BASELINE, "Det är nytt", by=owner, now=NOW)
    with pytest.raises(Refused, match="redan"):
        ask_for_waiver(initiative, Waiver.Kind.BASELINE, "Det är fortfarande nytt", by=owner, now=NOW)
    answer_waiver(waiver, is_accepted=False, by=manager, now=NOW)
    ask_for_waiver(initiative, Waiver.Kind.BASELINE, "Det finns inget register", by=owner, now=NOW)
    assert initiative.waivers.count() == 2


def test_a_reason_is_answered_once_by_the_decider_and_by_nobody_else(
    unit: Unit, owner: Employee, manager: Employee, strangers: list[Employee]
) -> None:
    initiative = an_initiative(owner, unit, State.MEASURING)
    waiver = ask_for_waiver(initiative, Waiver.Kind.RESULT, "Registret är borta", by=owner, now=NOW)
    for person in [owner, *strangers]:
        with pytest.raises(NotAllowed):
            answer_waiver(waiver, is_accepted=True, by=person, now=NOW)
    answer_waiver(waiver, is_accepted=True, by=manager, now=NOW)
    with pytest.raises(Overtaken):
        answer_waiver(waiver, is_accepted=False, by=manager, now=NOW)
    waiver.refresh_from_db()
    assert (waiver.is_accepted, waiver.answered_by) == (True, manager)
    kinds = Event.objects.filter(initiative=initiative, kind__startswith="waiver").order_by("id")
    assert [event.kind for event in kinds] == ["waiver.ask", "waiver.answer"]


# --- Promises -------------------------------------------------------------------------------------------------------
def test_a_yes_carries_its_promises_and_a_faulty_one_stops_the_yes(
    unit: Unit, owner: Employee, manager: Employee
) -> None:
    initiative = an_initiative(owner, unit, State.PROPOSED)
    for text, day in (("", TODAY + WEEK), ("Fyra timmar", YESTERDAY)):
        promised = Promised(Promise.Kind.TIME, text, day)
        with pytest.raises(Refused):
            approve(initiative, by=manager, seen=initiative.seen, now=NOW, promises=[promised])
    approve(initiative, by=manager, seen=initiative.seen, now=NOW, promises=[Promised(Promise.Kind.TIME, "Tid", TODAY)])
    assert [(each.text, each.promised_by, each.due_on) for each in initiative.promises.all()] == [
        ("Tid", manager, TODAY)
    ]
    assert initiative.state == State.UNDERWAY


# --- New owners -----------------------------------------------------------------------------------------------------
def test_an_offer_comes_from_the_one_who_drives_it_and_by_nobody_else(
    unit: Unit, owner: Employee, manager: Employee, strangers: list[Employee]
) -> None:
    initiative, colleague = an_initiative(owner, unit, State.UNDERWAY), a_person(unit=unit)
    for person in [manager, *strangers]:
        with pytest.raises(NotAllowed):
            offer_handover(initiative, colleague, by=person, now=NOW)
    for unfit in (owner, left(a_person(unit=unit))):
        with pytest.raises(Refused, match="kollega"):
            offer_handover(initiative, unfit, by=owner, now=NOW)
    offer_handover(initiative, colleague, by=owner, now=NOW)
    with pytest.raises(Refused, match="redan"):
        offer_handover(initiative, a_person(unit=unit), by=owner, now=NOW)


def test_the_one_who_was_asked_takes_over_and_the_former_owner_no_longer_drives(
    unit: Unit, owner: Employee, manager: Employee
) -> None:
    initiative, colleague = an_initiative(owner, unit, State.UNDERWAY), a_person(unit=unit)
    invite_co_driver(initiative, colleague, by=owner, now=NOW)
    handover = offer_handover(initiative, colleague, by=owner, now=NOW)
    for person in (owner, manager, a_person(unit=unit)):
        with pytest.raises(NotAllowed):
            answer_handover(handover, is_accepted=True, by=person, now=NOW)
    answer_handover(handover, is_accepted=True, by=colleague, now=NOW)
    with pytest.raises(Overtaken):
        answer_handover(handover, is_accepted=False, by=colleague, now=NOW)
    initiative = Initiative.objects.get(pk=initiative.pk)
    assert (initiative.owner, initiative.state, initiative.co_driver_rows.count()) == (colleague, State.UNDERWAY, 0)
    assert [drives(owner, initiative, on=TODAY), drives(colleague, initiative, on=TODAY)] == [False, True]


def test_a_no_changes_nothing(unit: Unit, owner: Employee) -> None:
    initiative, colleague = an_initiative(owner, unit, State.UNDERWAY), a_person(unit=unit)
    handover = offer_handover(initiative, colleague, by=owner, now=NOW)
    answer_handover(handover, is_accepted=False, by=colleague, now=NOW)
    initiative.refresh_from_db()
    assert initiative.owner == owner


def test_a_manager_who_takes_over_no_longer_decides(unit: Unit, owner: Employee, manager: Employee) -> None:
    initiative = an_initiative(owner, unit, State.UNDERWAY)
    assert decides(manager, initiative, on=TODAY)
    handover = offer_handover(initiative, manager, by=owner, now=NOW)
    answer_handover(handover, is_accepted=True, by=manager, now=NOW)
    assert not decides(manager, Initiative.objects.get(pk=initiative.pk), on=TODAY)


def test_the_decider_finds_a_new_owner_when_the_owner_has_left(unit: Unit, owner: Employee, manager: Employee) -> None:
    initiative = an_initiative(left(owner), unit, State.UNDERWAY)
    with pytest.raises(NotAllowed):
        offer_handover(initiative, a_person(unit=unit), by=owner, now=NOW)
    assert offer_handover(initiative, a_person(unit=unit), by=manager, now=NOW).offered_by == manager


def test_what_has_ended_is_not_taken_over(unit: Unit, owner: Employee) -> None:
    initiative, colleague = an_initiative(owner, unit, State.CONCLUDED), a_person(unit=unit)
    with pytest.raises(Refused, match="avslutat"):
        offer_handover(initiative, colleague, by=owner, now=NOW)


def test_a_question_is_taken_back_by_the_one_who_may_ask(
    unit: Unit, owner: Employee, manager: Employee, strangers: list[Employee]
) -> None:
    initiative, colleague = an_initiative(owner, unit, State.UNDERWAY), a_person(unit=unit)
    handover = offer_handover(initiative, colleague, by=owner, now=NOW)
    for person in [manager, colleague, *strangers]:
        with pytest.raises(NotAllowed):
            withdraw_handover(handover, by=person, now=NOW)
    withdraw_handover(handover, by=owner, now=NOW)
    with pytest.raises(Overtaken):
        answer_handover(handover, is_accepted=True, by=colleague, now=NOW)
    assert offer_handover(initiative, a_person(unit=unit), by=owner, now=NOW).is_accepted is None


# --- Driving together, and drafts -----------------------------------------------------------------------------------
def test_only_those_who_drive_it_invite_and_remove(
    unit: Unit, owner: Employee, manager: Employee, strangers: list[Employee]
) -> None:
    initiative, colleague = an_initiative(owner, unit), a_person(unit=unit)
    for person in [manager, *strangers]:
        with pytest.raises(NotAllowed):
            invite_co_driver(initiative, colleague, by=person, now=NOW)
    for unfit in (owner, left(a_person(unit=unit))):
        with pytest.raises(Refused):
            invite_co_driver(initiative, unfit, by=owner, now=NOW)
    invite_co_driver(initiative, colleague, by=owner, now=NOW)
    assert drives(colleague, Initiative.objects.get(pk=initiative.pk), on=TODAY)
    with pytest.raises(NotAllowed):
        remove_co_driver(initiative, colleague, by=manager, now=NOW)
    remove_co_driver(initiative, colleague, by=owner, now=NOW)
    assert not drives(colleague, Initiative.objects.get(pk=initiative.pk), on=TODAY)


def test_a_draft_is_described_and_thrown_away_by_those_who_drive_it(
    unit: Unit, owner: Employee, manager: Employee, strangers: list[Employee]
) -> None:
    draft = create_draft(by=owner, now=NOW, title=" Ring samma dag ", unit=unit)
    for person in [manager, *strangers]:
        with pytest.raises(NotAllowed):
            describe(draft, by=person, seen=draft.seen, now=NOW, title="Mitt")
        with pytest.raises(NotAllowed):
            delete_draft(draft, by=person, seen=draft.seen, now=NOW)
    describe(draft, by=owner, seen=draft.seen, now=NOW, benefit="Svar samma dag")
    assert (draft.title, draft.benefit) == ("Ring samma dag", "Svar samma dag")
    delete_draft(draft, by=owner, seen=draft.seen, now=NOW)
    assert not Initiative.objects.exists()


@pytest.mark.parametrize("state", [State.PROPOSED, State.UNDERWAY, State.MEASURING, State.CONCLUDED])
def test_what_others_have_seen_is_neither_described_anew_nor_thrown_away(
    unit: Unit, owner: Employee, state: State
) -> None:
    initiative = an_initiative(owner, unit, state)
    with pytest.raises(Overtaken):
        describe(initiative, by=owner, seen=initiative.seen, now=NOW, benefit="Annat")
    with pytest.raises(Refused):
        delete_draft(initiative, by=owner, seen=initiative.seen, now=NOW)
    assert Initiative.objects.get().benefit == "Invånaren får svar fortare."


def test_a_draft_without_a_sentence_is_no_draft(owner: Employee) -> None:
    with pytest.raises(Refused, match="en mening"):
        create_draft(by=owner, now=NOW, title="  ")


# --- The review date ------------------------------------------------------------------------------------------------
def test_the_review_date_is_moved_forward_once_with_a_reason(
    unit: Unit, owner: Employee, manager: Employee, strangers: list[Employee]
) -> None:
    outcome = an_initiative(owner, unit, State.MEASURING).outcomes.get()
    assert outcome.review_on is not None
    later = outcome.review_on + WEEK
    for person in [manager, *strangers]:
        with pytest.raises(NotAllowed):
            extend_review(outcome, to=later, reason="Semester", by=person, now=NOW)
    for to, reason in ((later, ""), (outcome.review_on, "Semester")):
        with pytest.raises(Refused):
            extend_review(outcome, to=to, reason=reason, by=owner, now=NOW)
    extend_review(outcome, to=later, reason="Semester", by=owner, now=NOW)
    assert outcome.review_on == later
    with pytest.raises(Refused, match="en gång"):
        extend_review(outcome, to=later + WEEK, reason="Igen", by=owner, now=NOW)


def test_until_the_change_is_made_the_review_date_moves_freely(unit: Unit, owner: Employee) -> None:
    outcome = an_initiative(owner, unit, State.UNDERWAY).outcomes.get()
    outcome.review_on = TODAY
    outcome.save()
    for weeks in (1, 2):
        extend_review(outcome, to=TODAY + weeks * WEEK, reason="Vi väntar på systemet", by=owner, now=NOW)
    assert (outcome.review_on, outcome.review_was_extended) == (TODAY + 2 * WEEK, False)
    with pytest.raises(Refused):
        extend_review(outcome, to=TODAY + WEEK, reason="Tillbaka", by=owner, now=NOW)


def test_a_review_date_that_has_come_is_not_moved(unit: Unit, owner: Employee) -> None:
    outcome = an_initiative(owner, unit, State.MEASURING).outcomes.get()
    outcome.review_on = TODAY
    outcome.save()
    with pytest.raises(Refused, match="en gång"):
        extend_review(outcome, to=TODAY + WEEK, reason="Semester", by=owner, now=NOW)
