"""The main job done by hand by three persons, in Swedish: at a desk, on a phone, and without JavaScript."""

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from initiatives import clock
from initiatives.models import Initiative
from kommun.models import DemoPerson, Employee, Unit
from kommun.organisation import set_setting
from tests.browser import journey
from tests.browser.journey import WEEK, Look, today
from tests.builders import LONG_AGO, a_manager, a_person, a_unit
from tests.passing_time import let_days_pass

pytestmark = pytest.mark.django_db(transaction=True)
LESSON = "Ett samtal på fem minuter sparar två brev."


@pytest.fixture(autouse=True)
def municipality() -> Unit:
    """A unit with an employee, her manager, and a politician; each signs in with one click."""
    root = a_unit("Åsmåla kommun")
    set_setting(root, on=LONG_AGO, silence_means_go=True, mandate_amount=50_000)
    unit = a_unit("Bygglovsenheten", root)
    people = [a_person("Amina", "Lindqvist", unit=unit), a_manager(unit, "Johan", "Ek"), a_person("Sara", "Berg")]
    DemoPerson.objects.bulk_create(shown(number, person) for number, person in enumerate(people))
    return unit


def shown(number: int, person: Employee) -> DemoPerson:
    return DemoPerson(employee=person, number=number, says="Påhittad")


def test_from_idea_to_confirmed_effect(window: Callable[[], Page], look: Look) -> None:
    amina, johan, sara = window(), window(), window()
    journey.sign_in(amina, "Amina Lindqvist", look)
    journey.register(amina, look)
    journey.sign_in(johan, "Johan Ek", look)
    journey.say_yes(johan, look)
    journey.enter_values(amina, ["6", "7", "6,5", "7,5", "6", "7"], today() - 7 * WEEK, look)
    journey.put_the_change_in_place(amina, look)
    initiative = Initiative.objects.get()
    let_days_pass(initiative, 21 * 7)
    journey.enter_values(amina, ["2", "2,5", "1,5", "2", "3", "2"], today() - 20 * WEEK, look)
    journey.conclude(amina, LESSON, look)
    journey.sign_in(sara, "Sara Berg", look)
    journey.open_initiative(sara)
    look(sara)
    read = sara.get_by_role("main").inner_text()
    assert all(words in read for words in ("Effekten bekräftad", "mycket osannolikt att det är slump", LESSON))
    initiative.refresh_from_db()
    assert (initiative.state, initiative.ending) == ("concluded", "confirmed")


def test_silence_means_go(window: Callable[[], Page], look: Look) -> None:
    amina, johan = window(), window()
    journey.sign_in(amina, "Amina Lindqvist", look)
    journey.register(amina, look)
    let_days_pass(Initiative.objects.get(), 30)
    clock.turn(timezone.now())
    journey.sign_in(johan, "Johan Ek", look)
    journey.open_initiative(johan)
    johan.get_by_text("Det startade genom tystnad.", exact=True).wait_for()
    johan.get_by_role("link", name="Stoppa, med ett skäl").first.click()
    johan.get_by_role("button", name="Stoppa, med ett skäl").wait_for()
    look(johan)
    johan.get_by_label("Varför avbryts det?").fill("Växeln gör det här från och med mars.")
    johan.get_by_label("Vad har ni lärt er?").fill("Fråga växeln först.")
    johan.get_by_role("button", name="Stoppa, med ett skäl").click()
    johan.get_by_text("Det är avbrutet.").wait_for()
    look(johan)
    initiative = Initiative.objects.get()
    assert (initiative.state, initiative.ending) == ("concluded", "stopped")
