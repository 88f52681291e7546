"""An administrator lets another system in, as they set their screens, and the system gets in with what it was given."""

import json
from collections.abc import Iterator
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, Page

from kommun.models import ApiClient, DemoPerson, Employee, Role
from tests.browser.journey import Look
from tests.browser.test_looks import SCREENS, enter
from tests.builders import a_person, a_unit, assign
from tests.issuer_stand_in import ec_key, public

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def page(browser: Browser, address: str, transactional_db: None, request: pytest.FixtureRequest) -> Iterator[Page]:
    root = a_unit("Åsmåla kommun")
    ada = assign(a_person("Ada", "Berg", unit=root), Role.ADMINISTRATOR, root)
    DemoPerson.objects.create(employee=ada, number=1, says="Administratör")
    screen = request.node.callspec.params["screen"]
    Employee.objects.update(language="en" if screen == "in English" else "sv")
    context = browser.new_context(base_url=address, **({"locale": "sv-SE"} | SCREENS.get(screen, {})))
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("screen", SCREENS)
def test_a_system_is_let_in_with_what_is_shown_once(page: Page, address: str, look: Look, screen: str) -> None:
    enter(page, "Ada Berg")
    page.goto("/administration/klienter/ny/")
    look(page)
    page.locator("main form button").click()
    page.get_by_role("alert").wait_for()
    look(page)
    page.locator("#id_name").fill("Stratsys")
    page.get_by_label("(metrics:read)").check()
    page.locator("main form button").click()
    secret = page.locator("#hemlighet").input_value()
    look(page)
    asked = {"grant_type": "client_credentials", "client_secret": secret}
    asked["client_id"] = page.locator("#klient-id").input_value()
    with urlopen(f"{address}/oauth/token", urlencode(asked).encode(), timeout=20) as answer:
        token = json.load(answer)["access_token"]
    call = Request(f"{address}/api/v1/units", headers={"Authorization": f"Bearer {token}"})
    with urlopen(call, timeout=20) as answer:
        assert [each["name"] for each in json.load(answer)["units"]] == ["Åsmåla kommun"]
    page.locator("main .knapp").last.click()
    page.locator("main table").wait_for()
    for summary in page.locator("main summary").all():
        summary.click()
    look(page)
    assert secret not in page.content()
    page.locator("#id_keys").fill(json.dumps(public(ec_key(), "k1")))
    page.locator("form", has=page.locator("#id_keys")).locator("button").click()
    page.get_by_text("k1").first.wait_for()
    page.locator("main summary").last.click()
    page.locator("#id_sure").check()
    page.locator("form", has=page.locator("#id_sure")).locator("button").click()
    page.locator("main .tagg").wait_for()
    look(page)
    page.goto("/administration/klienter/")
    look(page)
    assert ApiClient.objects.get().ended_at is not None
