"""Every component is whole HTML that a strict content policy lets through, with its words where they are heard."""

import datetime as dt
import re
from decimal import Decimal

import pytest
from django import forms
from django.template import engines
from django.template.loader import render_to_string

from initiatives.evidence import Value
from initiatives.pages.components.chart import Chart, Series, draw
from initiatives.pages.components.goal_band import goal_band
from initiatives.pages.components.panels import (
    Activity,
    Figure,
    InitiativeRow,
    Link,
    NextStep,
    TaskForm,
    VerdictBox,
    Waiting,
)
from initiatives.pages.components.status import status_tag
from initiatives.pages.components.stepper import stepper
from initiatives.workflow import Phase
from kommun.components import Crumb, EmptyState, Pager, Tab
from tests.pages.markup import ICONS, SPRITE, faults

NASTY = '<b onclick="x()">&"'


class OneValue(forms.Form):
    value = forms.DecimalField(label="Medeltid i dagar", help_text="I september.")
    seen = forms.CharField(widget=forms.HiddenInput, initial="measuring.3")


def a_chart(count: int = 12, name: str = "Väntetid") -> Chart:
    day = dt.date(2025, 1, 1)
    days = [day + dt.timedelta(days=each) for each in range(count)]
    values = [Value(each, each, Decimal(number)) for number, each in enumerate(days)]
    series = Series(name, "dagar", values, dt.date(2025, 1, 7), baseline_median=Decimal(3), target=Decimal(2000))
    chart = draw(series, id="d")
    assert chart is not None
    return chart


def tag(name: str, thing: object) -> str:
    source = "{% load initiatives_ui %}{% " + name + " thing %}"
    return str(engines["django"].from_string(source).render({"thing": thing, "csrf_token": "abc"}))


BAND = goal_band(baseline=Decimal(1000), now=Decimal(1500), target=Decimal(2000), unit=NASTY)
ROW = InitiativeRow("/initiativ/1/", NASTY, status_tag("measuring"), "Följ upp, steg 4 av 5", "Bygglovsenheten", BAND)
TAGS = {
    "status_tag": status_tag("proposed"),
    "goal_band": BAND,
    "chart": a_chart(name=NASTY),
    "stepper": stepper(Phase.TEST, notes={Phase.TEST: NASTY}),
    "next_step": NextStep(NASTY, NASTY, NASTY, Link("/x/", NASTY), Link("/x/#varde", NASTY)),
    "verdict": VerdictBox(NASTY, NASTY, "natt", notes=[NASTY]),
    "figures": [Figure(NASTY, "41,5", NASTY)],
    "activity": [Activity("bock", NASTY, NASTY, dt.datetime(2026, 10, 5, 8, tzinfo=dt.UTC))],
}
INCLUDES: dict[str, dict[str, object]] = {
    "tabs": {"label": NASTY, "tabs": [Tab("?a", NASTY, 1200, is_current=True), Tab("?b", "B")]},
    "pager": {"pager": Pager("?f", "?n", NASTY)},
    "breadcrumbs": {"crumbs": [Crumb(NASTY, "/"), Crumb("Här")]},
    "empty_state": {"state": EmptyState(NASTY, NASTY, url="/nytt/", action=NASTY)},
}


@pytest.mark.parametrize("name", TAGS)
def test_tag_is_whole_and_escapes(name: str) -> None:
    assert faults(tag(name, TAGS[name])) == []


@pytest.mark.parametrize("name", INCLUDES)
def test_include_is_whole_and_escapes(name: str) -> None:
    assert faults(render_to_string(f"components/{name}.html", INCLUDES[name])) == []


def test_a_row_is_one_item_with_one_link() -> None:
    html = tag("initiative_row", ROW)
    assert faults(f"<ul>{html}</ul>") == []
    assert html.count("<a ") == 1


def test_a_row_without_a_band_says_who_has_it() -> None:
    row = InitiativeRow(
        "/", "Tidbokning", status_tag("proposed"), "Besluta", waiting=Waiting("timglas", "Johan Ek", "4 d")
    )
    assert "<b>Johan Ek</b><br>4 d" in tag("initiative_row", row)


def test_the_next_step_can_be_done_on_the_spot() -> None:
    task = TaskForm(OneValue({}), "/initiativ/1/varde/", "Spara värdet", "Det finns inget värde")
    html = tag("next_step", NextStep("Hur gick det?", "Målet är 22.", task=task))
    assert faults(html) == []
    assert '<form class="nasta__inre" action="/initiativ/1/varde/" method="post" novalidate>' in html
    assert 'name="csrfmiddlewaretoken" value="abc"' in html
    assert html.index("id_value_error") < html.index('name="value"') < html.index("Spara värdet")
    assert '<button class="lank nasta__hoppa" name="skip" value="1">Det finns inget värde</button>' in html


def test_no_number_of_a_drawing_is_localised() -> None:
    html = tag("chart", a_chart(250)) + tag("chart", a_chart()) + tag("goal_band", BAND)
    geometry = re.findall(r'\b(?:x|y|x1|x2|y1|y2|cx|cy|d|dx|height|viewBox|data-x)="([^"]*)"', html)
    assert len(geometry) > 100
    assert [each for each in geometry if "," in each or "\N{NO-BREAK SPACE}" in each] == []


def test_the_chart_is_a_picture_with_name_and_description_and_a_table() -> None:
    html = tag("chart", a_chart())
    assert 'role="img" aria-labelledby="d-t d-d"' in html
    assert html.count("<tr data-x=") == 12
    assert html.count("c-punkt--fore") - 1 == 6  # one more in the legend
    assert html.count("c-punkt--efter") - 1 == 6


def test_there_is_nothing_where_there_is_nothing_to_draw() -> None:
    assert tag("chart", None).strip() == tag("goal_band", None).strip() == ""
    assert render_to_string("components/pager.html", {"pager": Pager()}).strip() == ""


def test_every_icon_that_is_named_is_in_the_sprite() -> None:
    root = SPRITE.parents[3]
    named = set()
    for path in [*root.glob("kommun/**/*.html"), *root.glob("initiatives/**/*.html")]:
        named |= set(re.findall(r'{% icon "(\w+)"', path.read_text("utf-8")))
    assert named
    assert named <= ICONS
