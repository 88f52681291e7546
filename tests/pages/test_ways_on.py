"""The ways on from an initiative's page: exactly those that its reader may take, and each leads to where it says."""

import re
from html import unescape
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.utils import timezone

from initiatives.models import CoDriver, Handover, Initiative, Obstacle, Outcome, Promise, Transition, Waiver
from initiatives.workflow import PRIVATE_STATES, QUIET_STATES, State
from kommun.models import Employee, Unit
from tests.builders import NOW, a_manager, a_person, a_unit, an_initiative, values
from tests.pages.markup import faults
from tests.pages.test_steps import as_person

pytestmark = pytest.mark.django_db
READ = {"bevis/", "varden/", "kommentar/"}  # by whoever may see it
ALWAYS = READ | {"varde/", "varden/las-in/", "personer/invite", "personer/hand_over"}
VALUES = {"varde/", "varden/las-in/"}
OWNERS = {
    State.DRAFT: ALWAYS | {"komplettera/"},
    State.PROPOSED: ALWAYS | {"hinder/", "steg/withdraw/"},
    State.RETURNED: ALWAYS | {"hinder/", "komplettera/", "steg/withdraw/"},
    State.DECLINED: ALWAYS - VALUES | {"steg/revise/"},
    State.WITHDRAWN: ALWAYS - VALUES | {"steg/revise/"},
    State.UNDERWAY: ALWAYS | {"hinder/", "skal/", "granskning/", "steg/implement/", "steg/pause/", "steg/stop/"},
    State.PAUSED: ALWAYS | {"hinder/", "granskning/", "steg/resume/", "steg/stop/"},
    State.MEASURING: ALWAYS | {"hinder/", "effekt/", "skal/", "granskning/", "steg/conclude/", "steg/stop/"},
    State.CONCLUDED: READ | VALUES | {"effekt/", "steg/reopen/", "personer/invite", "personer/hand_over"},  # confirmed
}
DECIDERS = {
    State.PROPOSED: READ | {"/beslut/"},
    State.UNDERWAY: READ | {"lofte/", "steg/pause/", "steg/stop/"},
    State.PAUSED: READ | {"lofte/", "steg/stop/"},
    State.MEASURING: READ | {"lofte/", "steg/stop/"},
}


@pytest.fixture
def unit() -> Unit:
    return a_unit(parent=a_unit("Åsmåla kommun"))


@pytest.fixture
def owner(unit: Unit) -> Employee:
    return a_person(unit=unit)


@pytest.fixture
def manager(unit: Unit) -> Employee:
    return a_manager(unit)


def with_links(owner: Employee, unit: Unit, state: State, manager: Employee) -> Initiative:
    """One in `state`, as the decider's inbox and the answer's page need it."""
    just_now: dict[str, Any] = {"concluded_at": timezone.now()} if state == State.CONCLUDED else {}
    initiative = an_initiative(owner, unit, state, decider=manager, **just_now)
    if state == State.RETURNED:
        initiative.transitions.create(
            number=2, verb="return", from_state="proposed", to_state="returned", by=manager, at=NOW, reason="Vem?"
        )
    return initiative


def read(person: Employee, initiative: Initiative) -> str:
    answer = as_person(person).get(initiative.get_absolute_url())
    return unescape(answer.content.decode()) if answer.status_code == 200 else ""


def ways(page: str, initiative: Initiative) -> set[str]:
    """What the page leads to: links and forms below the initiative's own address, and its card in the inbox."""
    own = initiative.get_absolute_url()
    links = re.findall(rf'href="(?:{own}|(?=/beslut/[^"]))([^"]+)"', page)
    forms = re.findall(rf'<form[^>]* action="{own}([^"]+)"[^>]*>(.*?)</form>', page, re.DOTALL)
    found = {link.removesuffix(f"{initiative.uuid}/") for link in links}
    for action, inside in forms:
        found |= {action + name for name in re.findall(r'<button[^>]* name="(\w+)"', inside)} or {action}
    return found


@pytest.mark.parametrize("state", State)
def test_each_reader_finds_exactly_what_is_theirs_to_do(
    unit: Unit, owner: Employee, manager: Employee, state: State
) -> None:
    initiative, moa = with_links(owner, unit, state, manager), a_person("Moa", "Ask")
    CoDriver.objects.create(initiative=initiative, employee=moa, invited_by=owner)
    people = [owner, moa, manager, a_person("Sara", "Berg"), a_manager(a_unit("Gata och park"), "Eva")]
    found = [ways(read(person, initiative), initiative) for person in people]
    theirs = OWNERS[state] | {f"personer/{moa.uuid}/"}
    reads = set() if state in PRIVATE_STATES | QUIET_STATES else READ
    decides = DECIDERS.get(state, set() if state in PRIVATE_STATES else READ)
    assert found == [theirs, theirs, decides, reads, reads]


@pytest.mark.parametrize("state", State)
def test_every_link_leads_to_its_very_place(unit: Unit, owner: Employee, manager: Employee, state: State) -> None:
    initiative = with_links(owner, unit, state, manager)
    Outcome.objects.update(review_on=timezone.localdate())  # so that the lesson is asked for
    for person in (owner, manager):
        page = read(person, initiative)
        for link in re.findall(rf'href="((?:{initiative.get_absolute_url()}|/beslut/)[^"]+)"', page):
            path, _, place = link.partition("#")
            answer = as_person(person).get(path)
            assert (answer.status_code, place == "" or f'id="{place}"' in answer.content.decode()) == (200, True), link


def test_a_review_date_that_is_reached_is_not_offered_to_be_moved(unit: Unit, owner: Employee) -> None:
    initiative = an_initiative(owner, unit, State.MEASURING)
    Outcome.objects.update(review_on=timezone.localdate())
    assert "granskning/" not in ways(read(owner, initiative), initiative)


def test_an_open_offer_is_answered_by_the_one_asked_and_taken_back_by_those_who_drive_it(
    unit: Unit, owner: Employee, manager: Employee
) -> None:
    initiative, sara = an_initiative(owner, unit, State.UNDERWAY), a_person("Sara", "Berg")
    handover = Handover.objects.create(initiative=initiative, to=sara, offered_by=owner, offered_at=NOW)
    form = rf'<form[^>]* action="/overtagande/{handover.uuid}/"(.*?)</form>'
    shown = [
        (
            "personer/hand_over" in ways(page, initiative),
            [re.findall(r'name="(\w+)"', each)[-1] for each in re.findall(form, page, re.DOTALL)],
        )
        for page in (read(person, initiative) for person in (owner, sara, manager, a_person("Lisa", "Ros")))
    ]
    assert shown == [(False, ["withdraw"]), (False, ["answer"]), (False, []), (False, [])]


@pytest.mark.parametrize("state", [State.DRAFT, State.DECLINED, State.WITHDRAWN])
def test_the_one_asked_to_take_over_reads_what_others_do_not_until_it_is_answered(
    unit: Unit, owner: Employee, state: State
) -> None:
    initiative, sara = an_initiative(owner, unit, state), a_person("Sara", "Berg")
    handover = Handover.objects.create(initiative=initiative, to=sara, offered_by=owner, offered_at=NOW)
    assert "Tar du över det här?" in read(sara, initiative)
    Handover.objects.filter(pk=handover.pk).update(is_accepted=False, answered_at=NOW)
    assert read(sara, initiative) == ""


def test_when_the_owner_has_left_the_decider_is_offered_to_name_one(
    unit: Unit, owner: Employee, manager: Employee
) -> None:
    initiative = an_initiative(owner, unit, State.UNDERWAY)
    Employee.objects.filter(pk=owner.pk).update(ended_on="2026-01-31")
    assert ways(read(manager, initiative), initiative) == DECIDERS[State.UNDERWAY] | {"#personer", "personer/hand_over"}


def test_the_decider_alone_is_offered_to_answer_a_reason(unit: Unit, owner: Employee, manager: Employee) -> None:
    initiative = an_initiative(owner, unit, State.UNDERWAY)
    waiver = initiative.waivers.create(kind="baseline", reason="Nytt", asked_by=owner, asked_at=NOW)
    people = (owner, manager, a_person("Sara", "Berg"), a_manager(a_unit("Gata och park")))
    answers = [f"skal/{waiver.uuid}/answer" in ways(read(person, initiative), initiative) for person in people]
    assert answers == [False, True, False, False]


# --- Names and traces ---------------------------------------------------------------------------------------------
def with_everything(owner: Employee, manager: Employee, unit: Unit) -> Initiative:
    """Something by everybody in every part of the page."""
    initiative = an_initiative(owner, unit, State.MEASURING, decider=manager)
    values(initiative.outcomes.get(), [40, 41], until=timezone.localdate())
    initiative.outcomes.get().measurements.update(by=owner)
    answered = {"answered_by": manager, "answered_at": NOW, "is_accepted": True}
    Waiver.objects.create(initiative=initiative, kind="result", reason="A", asked_by=owner, asked_at=NOW, **answered)
    Waiver.objects.create(initiative=initiative, kind="result", reason="B", asked_by=owner, asked_at=NOW)
    Promise.objects.create(
        initiative=initiative, kind="time", text="Tid", due_on=NOW, promised_by=manager, promised_at=NOW
    )
    raised = {"initiative": initiative, "text": "Låst", "raised_by": owner, "raised_at": NOW, "owner": manager}
    Obstacle.objects.create(**raised)
    Obstacle.objects.create(**raised, closed_at=NOW, closed_by=manager, is_removed=False, answer="Så är det")
    Transition.objects.create(
        initiative=initiative, number=2, verb="approve", from_state="proposed", to_state="underway", by=manager, at=NOW
    )
    return initiative


def protected(login: str) -> Employee:
    return a_person("", "", is_protected=True, login=login, email="", employee_id=f"hemligt-{login}")


def test_protected_persons_are_colleagues_in_every_part_of_the_page(unit: Unit) -> None:
    owner, manager, friend, heir = (protected(f"hemlig{number}") for number in range(4))
    unit.assignments.create(employee=manager, role="manager", from_on="2020-01-01")
    initiative = with_everything(owner, manager, unit)
    CoDriver.objects.create(initiative=initiative, employee=friend, invited_by=owner)
    Handover.objects.create(initiative=initiative, to=heir, offered_by=owner, offered_at=NOW)
    pages = [read(person, initiative) for person in (a_person("Sara", "Berg"), friend, heir, manager)]
    assert [("En kollega driver det." in page, "hemlig" in page, faults(page)) for page in pages] == [
        (True, False, [])
    ] * 4


def rows() -> dict[str, list[Any]]:
    """Every row of every table but the sessions, which signing in writes."""
    tables = [model for model in apps.get_models() if model.__name__ != "Session"]
    return {model.__name__: list(model._default_manager.order_by("pk").values_list()) for model in tables}


def test_reading_any_page_of_it_changes_no_row(unit: Unit, owner: Employee, manager: Employee) -> None:
    initiative = with_everything(owner, manager, unit)
    paths = ["", "varde/", "steg/stop/", "steg/conclude/", "komplettera/"]
    clients = [as_person(person) for person in (owner, manager, a_person("Sara", "Berg"))] + [Client()]
    before = rows()
    for client in clients:
        for path in paths:
            client.get(f"{initiative.get_absolute_url()}{path}")
    assert rows() == before


@pytest.mark.parametrize("path", ["personer/", "granskning/", "skal/", "skal/{}/", "personer/{}/", "hinder/", "lofte/"])
def test_what_changes_something_is_not_done_by_a_link(unit: Unit, owner: Employee, path: str) -> None:
    initiative = an_initiative(owner, unit, State.MEASURING)
    address = f"{initiative.get_absolute_url()}{path.format(initiative.uuid)}"
    assert as_person(owner).get(address).status_code == 405
