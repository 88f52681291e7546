"""Every component is whole HTML that a strict content policy lets through, with its words where they are heard."""

import datetime as dt
import re
from collections import Counter
from decimal import Decimal

import pytest
from django import forms
from django.template import engines
from django.template.loader import render_to_string

from initiatives.evidence import Direction, Value, split
from initiatives.outcomes.early_warning import early_warning
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
from initiatives.pages.components.sparkline import sparkline
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
    """With every kind of mark: `count` before the change, a straddling value, twelve after it and one after the end."""
    days = [dt.date(2025, 1, 1) + dt.timedelta(days=each) for each in range(count + 14)]
    values = [Value(each, each, Decimal(number % 5)) for number, each in enumerate(days)]
    values[count] = Value(days[count - 1], days[count], Decimal(3))
    values[-2:] = [Value(day, day, Decimal(number)) for day, number in zip(days[-2:], (500, -500), strict=True)]
    change = days[count]
    series = Series(
        name,
        "dagar",
        values,
        change,
        ended_on=days[-3],
        baseline_median=Decimal(3),
        target=Decimal(2000),
        notes={days[0]: name},
        causes={days[1]: name},
        warning=early_warning(split(values, change), change_on=change, better=Direction.UP),
    )
    chart = draw(series, id="d", says=[name, name], download="/x/?a&b")
    assert chart is not None
    return chart


def tag(name: str, thing: object) -> str:
    source = "{% load initiatives_ui %}{% " + name + " thing %}"
    return str(engines["django"].from_string(source).render({"thing": thing, "csrf_token": "abc"}))


VALUES = [Value(day, day, Decimal(day.day)) for day in (dt.date(2026, 1, 1), dt.date(2026, 1, 9))]
BAND = goal_band(baseline=Decimal(1000), now=Decimal(1500), target=Decimal(2000), unit=NASTY)
ROW = InitiativeRow("/initiativ/1/", NASTY, status_tag("measuring"), "Följ upp, steg 4 av 5", "Bygglovsenheten", BAND)
TAGS = {
    "status_tag": status_tag("proposed"),
    "goal_band": BAND,
    "chart": a_chart(name=NASTY),
    "sparkline": sparkline(VALUES, target=Decimal(4), label=NASTY),
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
    html += tag("sparkline", TAGS["sparkline"])
    geometry = re.findall(r'\b(?:x|y|x1|x2|y1|y2|cx|cy|d|dx|height|viewBox|data-x)="([^"]*)"', html)
    assert len(geometry) > 100
    assert [each for each in geometry if "," in each or "\N{NO-BREAK SPACE}" in each] == []


def test_the_chart_is_a_picture_with_name_and_description_and_a_table() -> None:
    html = tag("chart", a_chart())
    assert 'role="img" aria-labelledby="d-t d-d"' in html
    assert html.count("<tr data-x=") == 26
    marks = Counter(re.findall(r'"c-punkt c-punkt--(\w+)"', html))
    legend = dict.fromkeys(("fore", "efter", "senare", "utanfor", "improvement", "concern"), 1)
    drawn = {"fore": 12, "efter": 11, "utanfor": 1, "improvement": 1, "concern": 1}
    assert marks == Counter(legend) + Counter(drawn)


def test_there_is_nothing_where_there_is_nothing_to_draw() -> None:
    assert {tag(name, None).strip() for name in ("chart", "goal_band", "sparkline")} == {""}
    assert render_to_string("components/pager.html", {"pager": Pager()}).strip() == ""


def test_every_icon_that_is_named_is_in_the_sprite() -> None:
    root = SPRITE.parents[3]
    named = set()
    for path in [*root.glob("kommun/**/*.html"), *root.glob("initiatives/**/*.html")]:
        named |= set(re.findall(r'{% icon "(\w+)"', path.read_text("utf-8")))
    assert named
    assert named <= ICONS
