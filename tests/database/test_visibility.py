"""Who sees what. Fetching is the check on reading."""

import datetime as dt

import pytest

from initiatives.models import CoDriver, Initiative
from initiatives.workflow import State
from kommun.models import ApiClient, Employee, Role, Unit
from tests.builders import TODAY, a_manager, a_person, a_unit, an_initiative, assign

pytestmark = pytest.mark.django_db

EVERYTHING = {state.value for state in State}
OPEN = EVERYTHING - {"draft", "declined", "withdrawn"}


@pytest.fixture
def root() -> Unit:
    return a_unit("Åsmåla kommun")


@pytest.fixture
def unit(root: Unit) -> Unit:
    return a_unit(parent=root)


@pytest.fixture
def owner(unit: Unit) -> Employee:
    owner = a_person(unit=unit)
    for state in State:
        an_initiative(owner, unit, state, target=None)
    return owner


def seen_by(reader: Employee | ApiClient, on: dt.date = TODAY) -> set[str]:
    return set(Initiative.objects.visible_to(reader, on=on).values_list("state", flat=True))


def test_the_owner_sees_everything_of_their_own(owner: Employee) -> None:
    assert seen_by(owner) == EVERYTHING


def test_a_co_driver_sees_what_they_are_invited_to(owner: Employee) -> None:
    friend = a_person("Moa", "Ek")
    draft = Initiative.objects.get(state="draft")
    CoDriver.objects.create(initiative=draft, employee=friend, invited_by=owner)
    assert seen_by(friend) == OPEN | {"draft"}


def test_a_colleague_sees_neither_drafts_nor_what_was_declined_or_withdrawn(owner: Employee) -> None:
    assert seen_by(a_person("Sara", "Berg")) == OPEN


@pytest.mark.parametrize("role", [Role.MANAGER, Role.DEPUTY])
def test_the_chain_of_deciders_sees_all_but_drafts(owner: Employee, unit: Unit, root: Unit, role: Role) -> None:
    assert seen_by(assign(a_person("Johan", "Ek"), role, unit)) == EVERYTHING - {"draft"}
    assert seen_by(assign(a_person("Helena", "Strand"), role, root)) == EVERYTHING - {"draft"}


def test_another_units_manager_sees_what_every_colleague_sees(owner: Employee, root: Unit) -> None:
    assert seen_by(a_manager(a_unit("Gata och park", root))) == OPEN


def test_a_manager_of_yesterday_sees_what_every_colleague_sees(owner: Employee, unit: Unit) -> None:
    former = a_manager(unit)
    former.assignments.update(to_on=TODAY - dt.timedelta(days=1))
    assert seen_by(former) == OPEN


@pytest.mark.parametrize("role", [Role.VIEWER, Role.CONTROLLER, Role.ADMINISTRATOR])
def test_other_roles_read_what_every_colleague_reads(owner: Employee, root: Unit, role: Role) -> None:
    assert seen_by(assign(a_person("Birgitta", "Sjölund"), role, root)) == OPEN


def test_a_former_employee_sees_nothing_not_even_their_own(owner: Employee) -> None:
    owner.ended_on = TODAY
    assert seen_by(owner) == EVERYTHING
    assert seen_by(owner, TODAY + dt.timedelta(days=1)) == set()


def test_a_client_sees_its_own_part_of_the_organisation(owner: Employee, root: Unit, unit: Unit) -> None:
    whole, part = ApiClient.objects.create(), ApiClient.objects.create(unit=root)
    elsewhere = ApiClient.objects.create(unit=a_unit("Gata och park", root))
    assert (seen_by(whole), seen_by(part), seen_by(elsewhere)) == (OPEN, OPEN, set())


def test_search_finds_other_forms_of_a_word_and_misspellings(owner: Employee, unit: Unit) -> None:
    an_initiative(owner, unit, State.UNDERWAY, title="Mattestuga på tisdagar", target=None)
    found = Initiative.objects.filter(title__startswith="Matte")
    for words in ("tisdag", "mattestugan", "matestuga"):
        assert list(found.searching(words)) == list(found), words
    assert not found.searching("simhall").exists()
