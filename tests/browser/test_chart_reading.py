"""With JavaScript the chart can be read point by point; the words come from the table beside it."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from django.template.loader import render_to_string
from django.utils import translation
from playwright.sync_api import Browser, Page

from initiatives.evidence import Value
from initiatives.pages.components.chart import Series, draw

SCRIPT = Path(__file__).parents[2] / "kommun/static/js/app.js"
FIRST = "1 jan 2026 – 42 – Före ändringen"
SECOND = "2 jan 2026 – 39 – Före ändringen"
LAST = "3 jan 2026 – 25 – Efter ändringen"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    values = [Value(day, day, Decimal(number)) for day, number in zip(days(), (42, 39, 25), strict=True)]
    with translation.override("sv"):
        chart = draw(Series("Väntetid", "", values, change_on=dt.date(2026, 1, 3)), id="d")
        html = render_to_string("initiatives/components/chart.html", {"chart": chart})
    page = browser.new_page()
    page.set_content(html)
    page.add_script_tag(path=SCRIPT)
    yield page
    page.close()


def days() -> list[dt.date]:
    return [dt.date(2026, 1, day) for day in (1, 2, 3)]


def test_the_arrow_keys_walk_the_values_and_say_them(page: Page) -> None:
    page.locator(".dia__yta").focus()
    heard = []
    for key in ("ArrowRight", "ArrowRight", "End", "ArrowRight", "Home", "ArrowLeft"):
        page.keyboard.press(key)
        heard.append(page.locator("#d-tips").inner_text())
    assert heard == [FIRST, SECOND, LAST, LAST, FIRST, FIRST]
    assert page.locator("#d-tips").get_attribute("aria-live") == "polite"
    assert page.locator(".dia__yta").get_attribute("aria-describedby") == "d-tips"


def test_escape_takes_the_sight_away(page: Page) -> None:
    page.locator(".dia__yta").focus()
    page.keyboard.press("End")
    assert page.locator(".c-sikte").get_attribute("visibility") == "visible"
    page.keyboard.press("Escape")
    assert page.locator(".c-sikte").get_attribute("visibility") == "hidden"


def test_the_pointer_reads_the_nearest_value_silently(page: Page) -> None:
    page.locator(".dia__plot").hover(position={"x": 5, "y": 100})
    assert page.locator("#d-tips").inner_text() == FIRST
    assert page.locator("#d-tips").get_attribute("aria-live") is None


def test_a_tap_reads_the_nearest_value(page: Page) -> None:
    page.locator(".dia__plot").dispatch_event("pointerdown", {"clientX": 5, "clientY": 100, "pointerType": "touch"})
    assert page.locator("#d-tips").inner_text() == FIRST


def test_the_browser_keeps_its_own_keys(page: Page) -> None:
    page.locator(".dia__yta").focus()
    before = page.locator("#d-tips").inner_text()
    for key in ("Alt+ArrowLeft", "Control+End", "Meta+ArrowRight"):
        page.keyboard.press(key)
    assert page.locator("#d-tips").inner_text() == before
