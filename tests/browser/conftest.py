"""A real Chromium against the real server, at phone and desktop size, with and without JavaScript."""

import os
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

ARGUMENTS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SIZES = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
type_of_look = Callable[[Page], None]


@pytest.fixture(scope="session", autouse=True)
def _allow_the_database_beside_playwright() -> None:
    """Playwright runs an event loop in this thread; Django would refuse the database there."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    path = os.environ.get("FRAMSTEG_CHROMIUM") or None
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=[*ARGUMENTS, *sandbox])
        yield chromium
        chromium.close()


@pytest.fixture(params=["desktop", "phone", "without JavaScript"])
def window(request: pytest.FixtureRequest, browser: Browser, live_server: LiveServer) -> Iterator[Callable[[], Page]]:
    """Opens windows of one kind, each somebody else's. Fails on anything the browser complains of."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_window() -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            viewport=SIZES["phone" if request.param == "phone" else "desktop"],  # type: ignore[arg-type]
            java_script_enabled=request.param != "without JavaScript",
            locale="sv-SE",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield open_window
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def look(request: pytest.FixtureRequest) -> Callable[[Page], None]:
    """Checks the page as it is: nothing for axe-core to say, and no sideways scroll. Needs JavaScript of its own."""

    def check(page: Page) -> None:
        if "without JavaScript" in request.node.name:
            return
        found = Axe().run(page).response["violations"]
        assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []
        wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not page.evaluate(wide), f"{page.url} scrolls sideways"

    return check
