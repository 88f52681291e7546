"""The initiative's own page: who finds it, what each may do from it, and that a long history costs no more."""

import datetime as dt
import html
import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from initiatives.actions.agreeing import ask_for_waiver, offer_handover
from initiatives.actions.drafting import invite_co_driver
from initiatives.actions.measuring import Entry, record_values
from initiatives.models import Event, Initiative, Measurement, Transition, Waiver
from initiatives.workflow import PRIVATE_STATES, QUIET_STATES, State
from kommun.models import Employee, Unit
from tests.builders import a_manager, a_person, a_unit, an_initiative
from tests.pages.test_steps import as_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit() -> Unit:
    return a_unit("Bygglovsenheten", a_unit("Åsmåla kommun"))


@pytest.fixture
def owner(unit: Unit) -> Employee:
    return a_person(unit=unit)


@pytest.fixture
def manager(unit: Unit) -> Employee:
    return a_manager(unit)


def page(person: Employee, initiative: Initiative) -> str:
    answer = as_person(person).get(initiative.get_absolute_url())
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def post(who: Employee, initiative: Initiative, path: str, **fields: Any) -> Any:
    return as_person(who).post(f"{initiative.get_absolute_url()}{path}", fields)


def steps_shown(person: Employee, initiative: Initiative) -> set[str]:
    return set(re.findall(r"/steg/(\w+)/", page(person, initiative)))


# --- Who finds it ---------------------------------------------------------------------------------------------------
def test_nobody_reads_it_without_signing_in(unit: Unit, owner: Employee) -> None:
    address = an_initiative(owner, unit, State.UNDERWAY).get_absolute_url()
    answer = Client().get(address)
    assert (answer.status_code, answer["location"]) == (302, f"/logga-in/?next={address}")


def test_everybody_employed_reads_what_is_neither_draft_nor_declined(
    unit: Unit, owner: Employee, manager: Employee
) -> None:
    elsewhere = a_unit("Förskolan", unit.parent)
    for state in set(State) - PRIVATE_STATES - QUIET_STATES:
        initiative = an_initiative(owner, unit, state)
        for person in (owner, manager, a_person(unit=elsewhere), a_manager(elsewhere)):
            assert initiative.title in page(person, initiative)


def test_a_draft_is_found_by_those_who_drive_it_alone(unit: Unit, owner: Employee, manager: Employee) -> None:
    draft, co_driver = an_initiative(owner, unit), a_person(unit=unit)
    for person in (manager, co_driver, a_person(unit=unit)):
        assert as_person(person).get(draft.get_absolute_url()).status_code == 404
    invite_co_driver(draft, co_driver, by=owner, now=timezone.now())
    assert page(owner, draft) and page(co_driver, draft)


def test_a_no_is_read_by_those_it_concerns_alone(unit: Unit, owner: Employee, manager: Employee) -> None:
    elsewhere = a_unit("Förskolan", unit.parent)
    declined = an_initiative(owner, unit, State.DECLINED)
    assert page(owner, declined) and page(manager, declined)
    for person in (a_person(unit=unit), a_manager(elsewhere)):
        assert as_person(person).get(declined.get_absolute_url()).status_code == 404


def test_a_protected_person_is_a_colleague_and_nothing_more(unit: Unit, manager: Employee) -> None:
    hidden = a_person("", "", unit=unit, is_protected=True, login=None, email="")
    initiative = an_initiative(hidden, unit, State.UNDERWAY)
    read = page(manager, initiative)
    assert "En kollega driver det." in read
    assert hidden.employee_id not in read


# --- What each may do -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("state", "owners", "deciders"),
    [
        (State.PROPOSED, {"withdraw"}, set()),
        (State.UNDERWAY, {"implement", "pause", "stop"}, {"pause", "stop"}),
        (State.PAUSED, {"resume", "stop"}, {"stop"}),
        (State.MEASURING, {"conclude", "stop"}, {"stop"}),
    ],
)
def test_each_is_shown_the_steps_that_are_theirs(
    unit: Unit, owner: Employee, manager: Employee, state: State, owners: set[str], deciders: set[str]
) -> None:
    initiative, stranger = an_initiative(owner, unit, state), a_person(unit=unit)
    shown = [steps_shown(person, initiative) for person in (owner, manager, stranger)]
    assert shown == [owners, deciders, set()]


def test_what_ended_long_ago_is_not_offered_to_be_opened_again(unit: Unit, owner: Employee) -> None:
    initiative = an_initiative(owner, unit, State.CONCLUDED)
    for days, shown in ((29, {"reopen"}), (31, set())):
        Initiative.objects.update(concluded_at=timezone.now() - dt.timedelta(days=days))
        assert steps_shown(owner, initiative) == shown


def test_looking_changes_nothing(unit: Unit, owner: Employee, manager: Employee) -> None:
    for state in State:
        initiative = an_initiative(owner, unit, state)
        before = (initiative.updated_at, Event.objects.count(), Transition.objects.count())
        for person in (owner, manager):
            as_person(person).get(initiative.get_absolute_url())
        initiative.refresh_from_db()
        assert (initiative.updated_at, Event.objects.count(), Transition.objects.count()) == before


def test_the_owner_asks_and_the_decider_accepts_a_reason(unit: Unit, owner: Employee, manager: Employee) -> None:
    initiative = an_initiative(owner, unit, State.UNDERWAY)
    assert post(owner, initiative, "skal/", waiver="Det finns inget register").status_code == 302
    waiver = Waiver.objects.get()
    assert (waiver.kind, "Beslutsfattaren har inte svarat än." in page(owner, initiative)) == ("baseline", True)
    assert "Jag godtar skälet" in page(manager, initiative)
    assert post(manager, initiative, f"skal/{waiver.uuid}/", answer="yes").status_code == 302
    waiver.refresh_from_db()
    assert waiver.is_accepted is True
    assert "godtog skälet" in page(owner, initiative)
    assert post(manager, initiative, f"skal/{waiver.uuid}/", answer="no").status_code == 409


def test_what_is_not_theirs_is_refused_by_the_action(unit: Unit, owner: Employee, manager: Employee) -> None:
    initiative, stranger = an_initiative(owner, unit, State.MEASURING), a_person(unit=unit)
    waiver = ask_for_waiver(initiative, Waiver.Kind.RESULT, "Borta", by=owner, now=timezone.now())
    later = (timezone.localdate() + dt.timedelta(days=900)).isoformat()
    for person, path, fields in (
        (stranger, "skal/", {"waiver": "Nej"}),
        (owner, f"skal/{waiver.uuid}/", {"answer": "yes"}),
        (stranger, "personer/", {"person": manager.login, "invite": "1"}),
        (stranger, "personer/", {"person": manager.login, "hand_over": "1"}),
        (stranger, "granskning/", {"review_on": later, "reason": "Semester"}),
    ):
        assert post(person, initiative, path, **fields).status_code == 403


def test_colleagues_are_invited_by_login_and_asked_to_take_over(unit: Unit, owner: Employee) -> None:
    initiative = an_initiative(owner, unit, State.UNDERWAY)
    friend, heir = a_person("Vera", "Vik", unit=unit), a_person("Hugo", "Holm", unit=unit)
    assert post(owner, initiative, "personer/", person=friend.login, invite="1").status_code == 302
    assert "Vera Vik" in page(owner, initiative)
    assert post(owner, initiative, "personer/", person=friend.login, invite="1").status_code == 422
    unknown = post(owner, initiative, "personer/", person="ingen@example.org", invite="1")
    assert (unknown.status_code, b'value="ingen@example.org"' in unknown.content) == (422, True)
    assert post(owner, initiative, "personer/", person=heir.email.upper(), hand_over="1").status_code == 302
    assert "Tar du över det här?" in page(heir, initiative)
    assert "Tar du över det här?" not in page(owner, initiative)
    handover = initiative.handovers.get()
    assert as_person(owner).post(f"/overtagande/{handover.uuid}/", {"answer": "yes"}).status_code == 403
    assert "Tar du över det här?" in html.unescape(as_person(heir).get("/").content.decode())
    assert as_person(heir).post(f"/overtagande/{handover.uuid}/", {"answer": "yes"}).status_code == 302
    initiative.refresh_from_db()
    assert initiative.owner == heir


def test_the_one_who_is_asked_to_take_a_draft_over_may_say_no(unit: Unit, owner: Employee) -> None:
    draft, heir = an_initiative(owner, unit), a_person(unit=unit)
    handover = offer_handover(draft, heir, by=owner, now=timezone.now())
    answer = as_person(heir).post(f"/overtagande/{handover.uuid}/", {"answer": "no"})
    assert (answer.status_code, answer["location"]) == (302, "/")


def test_the_review_date_is_moved_once(unit: Unit, owner: Employee) -> None:
    initiative = an_initiative(owner, unit, State.MEASURING)
    later = (timezone.localdate() + dt.timedelta(days=900)).isoformat()
    assert "Flytta uppföljningsdagen" in page(owner, initiative)
    for fields in ({"review_on": later}, {"review_on": "snart", "reason": "Semester"}, {"reason": "Semester"}):
        refused = post(owner, initiative, "granskning/", **fields)
        kept = [value.encode() in refused.content for value in fields.values()]
        assert (refused.status_code, all(kept)) == (422, True)
    assert post(owner, initiative, "granskning/", review_on=later, reason="Semester").status_code == 302
    assert "Flytta uppföljningsdagen" not in page(owner, initiative)


# --- What it costs --------------------------------------------------------------------------------------------------
def with_history(owner: Employee, unit: Unit, count: int) -> Initiative:
    """`count` values entered one by one, and as many steps, co-drivers and sources."""
    initiative, now = an_initiative(owner, unit, State.MEASURING), timezone.now()
    outcome = initiative.outcomes.get()
    for number in range(count):
        day = timezone.localdate() - dt.timedelta(days=300 - number)
        entry = Entry(day, Decimal(20 + number % 7), source_reference=f"Register {number}")
        record_values(outcome, [entry], source=Measurement.Source.PERSON, now=now, by=owner)
        invite_co_driver(initiative, a_person(unit=unit), by=owner, now=now)
        Transition.objects.create(
            initiative=initiative, number=number + 2, verb="pause", from_state="underway", to_state="paused",
            by=a_person(unit=unit), at=now,
        )  # fmt: skip
    return initiative


def queries(person: Employee, address: str) -> int:
    client = as_person(person)
    client.get("/hjalp/")  # what a session costs the first time
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert client.get(address).status_code == 200
    return len(seen)


@pytest.mark.parametrize(
    ("path", "most"), [("", 23), ("varde/", 10), ("varden/", 10), ("steg/conclude/", 7), ("steg/stop/", 6)]
)
def test_each_page_costs_the_same_with_one_and_thirty_of_everything(
    unit: Unit, owner: Employee, path: str, most: int
) -> None:
    counts = [queries(owner, f"{with_history(owner, unit, count).get_absolute_url()}{path}") for count in (1, 30)]
    assert counts == [most, most]
