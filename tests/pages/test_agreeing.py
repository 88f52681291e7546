"""Reasons, handing over and review dates from the initiative's page: a no is a sentence with its status."""

import datetime as dt
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from initiatives.models import CoDriver, Correction, Event, Handover, Initiative, Obstacle, Outcome, Promise, Waiver
from initiatives.workflow import State
from kommun.models import Employee, Unit
from tests.builders import NOW, a_manager, a_person, a_unit, an_initiative, values
from tests.pages.test_steps import as_person

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


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
def initiative(owner: Employee, unit: Unit, manager: Employee) -> Initiative:
    return an_initiative(owner, unit, State.UNDERWAY, decider=manager)


def post(who: Employee, path: str, **fields: Any) -> tuple[int, str]:
    """The status, and where a redirect leads or what the page says."""
    answer = as_person(who).post(path, fields)
    return answer.status_code, answer.get("location") or unescape(answer.content.decode())


def refused(who: Employee, path: str, sentence: str, **fields: Any) -> int:
    """The status of a refusal that says so in this sentence."""
    status, page = post(who, path, **fields)
    assert sentence in page
    return status


def a_waiver(initiative: Initiative) -> Waiver:
    return Waiver.objects.create(
        initiative=initiative, kind="baseline", reason="Nytt", asked_by=initiative.owner, asked_at=NOW
    )


def an_offer(initiative: Initiative, to: Employee) -> Handover:
    return Handover.objects.create(initiative=initiative, to=to, offered_by=initiative.owner, offered_at=NOW)


# --- Reasons ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("state", "kind"), [(State.UNDERWAY, "baseline"), (State.MEASURING, "result")])
def test_a_reason_is_about_what_lies_ahead(owner: Employee, unit: Unit, state: State, kind: str) -> None:
    initiative = an_initiative(owner, unit, state)
    address = initiative.get_absolute_url()
    assert post(owner, f"{address}skal/", waiver="Registret är borta.") == (302, address)
    assert list(Waiver.objects.values_list("kind", "reason", "asked_by")) == [(kind, "Registret är borta.", owner.pk)]


def test_a_reason_without_words_or_asked_about_twice_or_too_early_is_refused(
    owner: Employee, unit: Unit, initiative: Initiative
) -> None:
    address = f"{initiative.get_absolute_url()}skal/"
    early = f"{an_initiative(owner, unit).get_absolute_url()}skal/"
    assert refused(owner, address, "Skriv varför", waiver=" ") == 422
    a_waiver(initiative)
    assert refused(owner, address, "Du har redan frågat", waiver="En gång till") == 422
    assert refused(owner, early, "Det går inte att fråga om det just nu.", waiver="Nytt") == 422
    assert Waiver.objects.count() == 1


def test_what_was_written_is_kept_when_it_is_refused(owner: Employee, initiative: Initiative) -> None:
    a_waiver(initiative)
    status, page = post(owner, f"{initiative.get_absolute_url()}skal/", waiver="Vi mätte aldrig ledtiden.")
    assert (status, page.count("Vi mätte aldrig ledtiden."), page.count('<details class="fall" open>')) == (422, 1, 1)


@pytest.mark.parametrize(("answer", "is_accepted"), [("yes", True), ("no", False)])
def test_the_decider_answers_a_reason(
    manager: Employee, initiative: Initiative, answer: str, is_accepted: bool
) -> None:
    waiver, address = a_waiver(initiative), initiative.get_absolute_url()
    assert post(manager, f"{address}skal/{waiver.uuid}/", answer=answer) == (302, address)
    assert Waiver.objects.get().is_accepted is is_accepted


def test_an_answer_that_is_neither_yes_nor_no_is_none(manager: Employee, initiative: Initiative) -> None:
    waiver, handover = a_waiver(initiative), an_offer(initiative, manager)
    paths = (f"{initiative.get_absolute_url()}skal/{waiver.uuid}/", f"/overtagande/{handover.uuid}/")
    assert [post(manager, path, **fields)[0] for path in paths for fields in ({}, {"answer": "kanske"})] == [404] * 4
    assert (Waiver.objects.get().answered_at, Handover.objects.get().answered_at) == (None, None)


def test_who_may_not_is_told_whose_it_is(owner: Employee, initiative: Initiative, manager: Employee) -> None:
    waiver, own = a_waiver(initiative), initiative.get_absolute_url()
    offer, sara = an_offer(initiative, manager), a_person("Sara", "Berg")
    drivers = "Bara den som driver initiativet kan"
    assert (
        refused(owner, f"{own}skal/{waiver.uuid}/", "Enhetens beslutsfattare svarar på det här.", answer="yes") == 403
    )
    assert refused(sara, f"{own}skal/", drivers, waiver="Nytt") == 403
    assert refused(manager, f"{own}personer/", drivers, person=sara.login, invite="1") == 403
    assert refused(manager, f"/overtagande/{offer.uuid}/", drivers, withdraw="1") == 403
    assert (Waiver.objects.count(), CoDriver.objects.count(), Event.objects.count()) == (1, 0, 0)


def test_a_reason_of_another_initiative_is_not_found_here(
    owner: Employee, unit: Unit, manager: Employee, initiative: Initiative
) -> None:
    waiver = a_waiver(an_initiative(owner, unit, State.UNDERWAY))
    assert post(manager, f"{initiative.get_absolute_url()}skal/{waiver.uuid}/", answer="yes")[0] == 404


# --- Handing over -------------------------------------------------------------------------------------------------
def test_an_offer_is_taken_back_and_another_is_asked(owner: Employee, initiative: Initiative) -> None:
    sara, lisa, own = a_person("Sara", "Berg"), a_person("Lisa", "Ros"), initiative.get_absolute_url()
    first = an_offer(initiative, sara)
    assert refused(owner, f"{own}personer/", "redan", person=lisa.login, hand_over="1") == 422
    assert post(owner, f"/overtagande/{first.uuid}/", withdraw="1") == (302, own)
    assert post(owner, f"{own}personer/", person=lisa.login, hand_over="1") == (302, own)
    assert refused(owner, f"/overtagande/{first.uuid}/", "Någon hann före dig", withdraw="1") == 409
    late = as_person(sara).post(f"/overtagande/{first.uuid}/", {"answer": "yes"}, follow=True)
    assert "Någon hann före dig" in late.content.decode()
    initiative.refresh_from_db()
    assert initiative.owner == owner


def test_a_draft_that_is_offered_no_longer_says_so_at_home(owner: Employee, unit: Unit) -> None:
    sara = a_person("Sara", "Berg")
    offer = an_offer(an_initiative(owner, unit), sara)
    Handover.objects.update(is_accepted=False, answered_at=NOW)
    answer = as_person(sara).post(f"/overtagande/{offer.uuid}/", {"answer": "yes"}, follow=True)
    assert answer.redirect_chain == [("/", 302)]
    assert "Någon hann före dig" in answer.content.decode()


def test_who_takes_over_comes_to_it(owner: Employee, initiative: Initiative) -> None:
    sara = a_person("Sara", "Berg")
    offer = an_offer(initiative, sara)
    assert post(sara, f"/overtagande/{offer.uuid}/", answer="yes") == (302, initiative.get_absolute_url())
    initiative.refresh_from_db()
    assert initiative.owner == sara


@pytest.mark.parametrize("written", ["", "ingen@example.org", "hemligt-1"])
def test_nobody_is_found_by_what_is_no_address_or_login(owner: Employee, initiative: Initiative, written: str) -> None:
    a_person("", "", is_protected=True, login=None, email="", employee_id="hemligt-1")
    sentence = "Det finns ingen kollega med den adressen eller det inloggningsnamnet."
    for button in ("invite", "hand_over"):
        address = f"{initiative.get_absolute_url()}personer/"
        assert refused(owner, address, sentence, person=written, **{button: "1"}) == 422
    assert (CoDriver.objects.count(), Handover.objects.count()) == (0, 0)


def test_a_protected_person_is_invited_by_login_and_stays_a_colleague(owner: Employee, initiative: Initiative) -> None:
    a_person("", "", is_protected=True, login="hemlig", email="")
    answer = as_person(owner).post(
        f"{initiative.get_absolute_url()}personer/", {"person": "Hemlig", "invite": "1"}, follow=True
    )
    page = answer.content.decode()
    assert (initiative.co_driver_rows.count(), "En kollega driver det nu tillsammans med dig." in page) == (1, True)
    assert "hemlig" not in page


# --- The review date ----------------------------------------------------------------------------------------------
@pytest.fixture
def outcome(owner: Employee, unit: Unit, manager: Employee) -> Outcome:
    return an_initiative(owner, unit, State.MEASURING).outcomes.get()


def test_the_review_date_is_moved_and_a_second_time_refused(owner: Employee, outcome: Outcome) -> None:
    own = outcome.initiative.get_absolute_url()
    assert outcome.review_on is not None
    later, latest = (str(outcome.review_on + number * DAY) for number in (30, 60))
    assert post(owner, f"{own}granskning/", review_on=later, reason="Systemet byttes.") == (302, own)
    assert refused(owner, f"{own}granskning/", "en gång", review_on=latest, reason="Igen.") == 422
    outcome.refresh_from_db()
    assert str(outcome.review_on) == later


@pytest.mark.parametrize("review_on", ["", "2020-01-01"])
def test_a_review_date_that_is_none_or_earlier_is_refused_and_the_reason_kept(
    owner: Employee, outcome: Outcome, review_on: str
) -> None:
    address = f"{outcome.initiative.get_absolute_url()}granskning/"
    status, page = post(owner, address, review_on=review_on, reason="Systemet byttes.")
    assert (status, "Systemet byttes." in page, '<details class="fall" open>' in page) == (422, True, True)
    assert "Välj en senare uppföljningsdag än den som finns." in page
    assert Event.objects.count() == 0


# --- What it costs ------------------------------------------------------------------------------------------------
def agreed(owner: Employee, unit: Unit, manager: Employee, count: int) -> Initiative:
    """`count` of everything that is agreed on, corrected or kept beside."""
    initiative = an_initiative(owner, unit, State.MEASURING, decider=manager)
    answered = {"answered_by": manager, "answered_at": NOW, "is_accepted": True}
    for value in values(initiative.outcomes.get(), range(count), until=timezone.localdate(), days=1):
        who = a_person(unit=unit)
        Correction.objects.create(measurement=value, old_value=9, new_value=8, reason="Fel", by=who, at=NOW)
        Waiver.objects.create(initiative=initiative, kind="result", reason="A", asked_by=who, asked_at=NOW, **answered)
        Handover.objects.create(
            initiative=initiative, to=who, offered_by=owner, offered_at=NOW, answered_at=NOW, is_accepted=False
        )
        Promise.objects.create(
            initiative=initiative, kind="time", text="Tid", due_on=NOW, promised_by=a_manager(unit), promised_at=NOW
        )
        Event.objects.create(kind="initiative.invite", at=NOW, initiative=initiative, subject=who.uuid, by=who)
        raised = {"initiative": initiative, "text": "Låst dörr", "raised_by": owner, "raised_at": NOW}
        Obstacle.objects.create(owner=a_manager(unit), **raised)
        Obstacle.objects.create(owner=who, closed_by=who, closed_at=NOW, is_removed=True, **raised)
    a_waiver(initiative)
    an_offer(initiative, a_person(unit=unit))
    return initiative


def queries(person: Employee, address: str) -> int:
    client = as_person(person)
    client.get("/hjalp/")  # what a session costs the first time
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200
    return len(seen)


@pytest.mark.parametrize(
    ("who", "path", "expected"),
    [("owner", "", 21), ("manager", "", 28), ("owner", "varde/", 9), ("owner", "steg/stop/", 5)],
)
def test_each_page_costs_the_same_with_one_and_thirty_agreements(
    owner: Employee, unit: Unit, manager: Employee, who: str, path: str, expected: int
) -> None:
    person = {"owner": owner, "manager": manager}[who]
    found = [agreed(owner, unit, manager, count).get_absolute_url() + path for count in (1, 30)]
    assert [queries(person, address) for address in found] == [expected, expected]
