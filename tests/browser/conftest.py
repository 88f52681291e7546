"""A real Chromium against the real server, at phone and desktop size, with and without JavaScript."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from urllib.request import urlopen

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection, connections
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright
from pytest_django import DjangoDbBlocker

from config.processes import WEB
from tests.faults.parts import database_url, until

ARGUMENTS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAME = f"browser-tests-{os.getpid()}"  # of the server, to its database
SIZES = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}


@pytest.fixture(scope="session", autouse=True)
def _allow_the_database_beside_playwright() -> None:
    """Playwright runs an event loop in this thread; Django would refuse the database there."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture(scope="session")
def browser(django_db_setup: None) -> Iterator[Browser]:
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    path = os.environ.get("FRAMSTEG_CHROMIUM") or None
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=[*ARGUMENTS, *sandbox])
        yield chromium
        chromium.close()
        connections.close_all()  # Django keeps others beside a running event loop than without one


@pytest.fixture(scope="session")
def address(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The server of production, with its static files and policies, on the database of the tests."""
    port = _free_port()
    with django_db_blocker.unblock():
        environment = os.environ | {
            "DATABASE_URL": database_url(),
            "PORT": str(port),
            "HOST": "127.0.0.1",
            "PGAPPNAME": NAME,
        }
    server = subprocess.Popen([sys.executable, "-m", "config.processes", WEB], env=environment, start_new_session=True)
    address = f"http://localhost:{port}"
    until(lambda: server.poll() is not None or _is_healthy(address))
    yield address
    os.killpg(server.pid, signal.SIGTERM)
    server.wait(60)
    with django_db_blocker.unblock():  # the test database is dropped next, which takes that nobody else is there
        until(_has_left_the_database)


def _has_left_the_database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = %s", [NAME])
        return bool(cursor.fetchone()[0] == 0)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _is_healthy(address: str) -> bool:
    try:
        with urlopen(f"{address}/health/web", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.fixture(params=["desktop", "phone", "without JavaScript"])
def window(
    request: pytest.FixtureRequest, browser: Browser, address: str, transactional_db: None
) -> Iterator[Callable[[], Page]]:
    """Opens windows of one kind, each somebody else's. Fails on anything the browser complains of."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_window() -> Page:
        context = browser.new_context(
            base_url=address,
            viewport=SIZES["phone" if request.param == "phone" else "desktop"],  # type: ignore[arg-type]
            java_script_enabled=request.param != "without JavaScript",
            locale="sv-SE",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: complaints.append(message.text) if _is_complaint(message) else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield open_window
    for context in contexts:
        context.close()
    assert complaints == []


def _is_complaint(message: ConsoleMessage) -> bool:
    """A form that is refused answers 422, which Chromium logs as an error though all is as it should be."""
    return message.type == "error" and "status of 422" not in message.text


@pytest.fixture
def look(request: pytest.FixtureRequest) -> Callable[[Page], None]:
    """Checks the page as it is: nothing for axe-core to say, and no sideways scroll. Needs JavaScript of its own."""

    own_colours = "high contrast" not in request.node.name  # else they are the person's, and axe reads ours
    options = {"rules": {"color-contrast": {"enabled": own_colours}}}

    def check(page: Page) -> None:
        if "without JavaScript" in request.node.name:
            return
        found = Axe().run(page, options=options).response["violations"]
        assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []
        wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not page.evaluate(wide), f"{page.url} scrolls sideways"

    return check
