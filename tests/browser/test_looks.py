"""Every kind of page as people set their screens: dark, high contrast, at 400 %, in English; and by keyboard."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Browser, Page

from initiatives.models import (
    Claim,
    Initiative,
    Nudge,
    NudgeSetting,
    Obstacle,
    Outcome,
    Promise,
    Retirement,
    VerificationStep,
)
from initiatives.nudges.links import snooze_url, unsubscribe_url, value_url
from initiatives.outcomes.holding import plan_checks
from kommun.models import DemoPerson, Employee, Letter, Role
from tests.browser.journey import IDEA, Look
from tests.builders import (
    TODAY,
    a_claim,
    a_manager,
    a_person,
    a_unit,
    an_indicator,
    an_initiative,
    an_outcome,
    assign,
    values,
)
from tests.pages.test_administering import told_apart
from tests.pages.test_obstacles import a_promise, an_obstacle

pytestmark = pytest.mark.django_db(transaction=True)
SCREENS: dict[str, dict[str, Any]] = {
    "dark": {"color_scheme": "dark"},
    "high contrast": {"forced_colors": "active"},
    "400 percent": {"viewport": {"width": 320, "height": 256}},
    "in English": {"locale": "en-GB"},
}


@pytest.fixture
def measured(transactional_db: None) -> Initiative:
    """Johan decides about one initiative, has an obstacle and a promise in it, and drives another, which has values."""
    unit = a_unit("Bygglovsenheten", a_unit("Åsmåla kommun"))
    johan = a_manager(unit)
    DemoPerson.objects.create(employee=johan, number=1, says="Chef")
    asked = an_initiative(a_person(unit=unit), unit, "proposed", decider=johan, submitted_at=timezone.now())
    an_obstacle(asked, johan)
    a_promise(asked, johan)
    assign(a_person("Dan", "Berg", unit=unit), Role.DEPUTY, unit)
    measured = an_initiative(johan, unit, "measuring")
    values(measured.outcomes.get(), [31, 30, 32, 33, 29, 31, 20, 21, 19, 20, 22, 20], until=TODAY)
    return measured


@pytest.fixture
def proven(measured: Initiative) -> Initiative:
    """Johan's other was confirmed and sent back; Eva counts the same hours below him, where he is a controller."""
    johan, above = measured.owner, measured.unit
    assert above is not None
    below = a_unit("Karta", above)
    assign(johan, Role.CONTROLLER, below)
    for _person in range(5):
        a_person(unit=below)
    indicator, owners = an_indicator("Dagar till svar"), {"returned": johan, "asked": a_manager(below, "Eva")}
    for (stands, owner), unit in zip(owners.items(), (above, below), strict=True):
        outcome = an_outcome(an_initiative(owner, unit, "concluded", target=None), indicator=indicator)
        values(outcome, [*[31, 30, 32, 33, 29, 31] * 2, *[20, 21, 19, 20, 22, 20] * 2], until=TODAY, days=30)
        Outcome.objects.filter(pk=outcome.pk).update(verification=stands, verification_at=timezone.now())
        VerificationStep.objects.create(
            outcome=outcome, number=1, kind=stands, at=timezone.now(), by=owner, reason="Räknas telefontid?"
        )
        plan_checks(outcome, step=1, ended_on=TODAY)
        a_claim(outcome, amount_low=4, amount_high=12)
    return Initiative.objects.get(owner=johan, state="concluded")


@pytest.fixture
def page(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    screen = SCREENS.get(request.node.callspec.params["screen"], {}) if hasattr(request.node, "callspec") else {}
    context = browser.new_context(base_url=address, **({"locale": "sv-SE"} | screen))
    yield context.new_page()
    context.close()


def enter(page: Page, person: str) -> None:
    page.goto("/")
    page.get_by_role("button", name=person).click()
    page.get_by_role("heading", level=1).wait_for()


@pytest.mark.parametrize("screen", SCREENS)
def test_no_page_has_a_fault_that_a_tool_can_find(measured: Initiative, page: Page, look: Look, screen: str) -> None:
    page.goto("/")
    look(page)
    if screen == "in English":
        Employee.objects.update(language="en")
    Employee.objects.update(calendar_version=7)
    enter(page, "Johan Ek")
    own = measured.get_absolute_url()
    pages = ["/", "/initiativ/", "/initiativ/nytt/", "/beslut/", own, f"{own}varde/", f"{own}steg/stop/"]
    pages += [f"{own}varden/", f"{own}varden/{measured.outcomes.get().measurements.latest('observed_on').uuid}/"]
    pages += [f"{own}varden/las-in/", f"{own}kommentar/"]
    obstacle, promise = Obstacle.objects.get(), Promise.objects.get()
    pages += [f"/hinder/{obstacle.uuid}/", f"/lofte/{promise.uuid}/", obstacle.initiative.get_absolute_url()]
    for path in [
        *pages,
        "/installningar/",
        "/installningar/kalender/",
        "/hjalp/",
        "/tillganglighet/",
        "/demo/mail/",
        "/api/v1/docs",
        "/finns-inte/",
    ]:
        page.goto(path)
        look(page)
        assert page.locator("html").get_attribute("lang") == ("en" if screen == "in English" else "sv")


@pytest.mark.parametrize("screen", SCREENS)
def test_no_page_of_proof_has_a_fault_that_a_tool_can_find(
    proven: Initiative, page: Page, look: Look, screen: str
) -> None:
    Employee.objects.update(language="en" if screen == "in English" else "sv")
    enter(page, "Johan Ek")
    own, mine = proven.get_absolute_url(), proven.outcomes.get().claims.get()
    other = Claim.objects.exclude(pk=mine.pk).get()
    for path in [
        "/",
        own,
        f"{own}bevis/",
        f"{own}varden/",
        f"{own}effekt/",
        f"{own}effekt/{mine.uuid}/",
        f"/effekt/{mine.uuid}/overlapp/{other.uuid}/",
        "/granska/",
        "/oversikt/",
    ]:
        page.goto(path)
        look(page)
        assert page.locator("h1").count() == 1, path
    page.goto(f"{own}varden/las-in/")
    page.get_by_role("textbox").fill("Datum;Värde\n2026-11-01;12\n2026-11-02;tolv\n2099-01-01;3")
    page.locator("main form button").click()
    page.get_by_role("table").nth(1).wait_for()
    look(page)


@pytest.mark.parametrize("screen", SCREENS)
def test_no_page_of_reminders_has_a_fault_that_a_tool_can_find(
    measured: Initiative, page: Page, look: Look, screen: str
) -> None:
    Employee.objects.update(language="en" if screen == "in English" else "sv")
    measured.outcomes.update(next_due_on=timezone.localdate().replace(day=1))
    nudge, _done = [reminded(measured, rule) for rule in ("value_due", "conclude_due")]
    Nudge.objects.filter(rule="conclude_due").update(acted_at=timezone.now())
    assert nudge.letter is not None
    links = snooze_url(nudge), value_url(nudge), unsubscribe_url(nudge.letter.uuid)
    for link in ["/p/senare/x/", *(link.removeprefix(settings.BASE_URL) for link in links)]:
        page.goto(link)
        look(page)
    enter(page, "Johan Ek")
    for path in ["/paminnelser/", f"/paminnelser/{nudge.uuid}/senare/", "/installningar/paminnelser/"]:
        page.goto(path)
        for fold in page.locator("summary").all():
            fold.click()
        look(page)


def reminded(initiative: Initiative, rule: str) -> Nudge:
    """The owner of it, with the letter."""
    now, day, owner = timezone.now(), timezone.localdate(), initiative.owner
    said = {"kind": "collected", "address": "a@example.org", "subject": "Hej", "text": "Hej", "on": day}
    letter, _is_new = Letter.objects.get_or_create(employee=owner, defaults=said)
    reason = {"rule": rule, "initiative": initiative, "subject": initiative.uuid, "since_at": now}
    return Nudge.objects.create(**reason, step=1, occasion=day, to=owner, letter=letter)


def test_an_idea_is_registered_by_keyboard_alone(measured: Initiative, page: Page) -> None:
    enter(page, "Johan Ek")
    page.goto("/initiativ/nytt/")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Hoppa till innehållet"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type(IDEA)
    page.keyboard.press("Tab")
    page.keyboard.type("Den som söker vet genast vad som händer.")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    while page.locator(":focus").inner_text() != "Spara utkast":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("link", name=IDEA).wait_for()
    assert Initiative.objects.get(title=IDEA).owner == Employee.objects.get(given_name="Johan")


@pytest.mark.parametrize("screen", SCREENS)
def test_no_page_of_rules_has_a_fault_that_a_tool_can_find(
    measured: Initiative, page: Page, look: Look, screen: str
) -> None:
    johan, unit = measured.owner, measured.unit
    assert unit is not None
    assert unit.parent is not None
    assign(johan, Role.ADMINISTRATOR, unit.parent)
    told_apart()
    figures = {"acted_nudged": 50, "nudged": 200, "acted_held_out": 52, "held_out": 210}
    Retirement.objects.create(rule="value_due", proposed_at=timezone.now(), figures=figures)
    NudgeSetting.objects.create(rule="value_due", unit=unit, at_most=2, by=johan)
    Employee.objects.update(language="en" if screen == "in English" else "sv")
    enter(page, "Johan Ek")
    rules = "/administration/paminnelser/"
    for path in [
        rules,
        f"{rules}value_due/?sok=lov",
        f"{rules}decision_waiting/",
        f"{rules}value_due/?enhet={unit.code}",
    ]:
        page.goto(path)
        look(page)
        assert page.locator("h1").count() == 1, path
    page.goto(f"{rules}value_due/")
    page.get_by_role("textbox").nth(1).fill("0")
    page.locator("form", has=page.locator("#id_repeat")).locator("button").click()
    page.get_by_role("alert").wait_for()
    look(page)
