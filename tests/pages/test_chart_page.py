"""The chart on an initiative's page: its views by plain links, and the picture that is taken to a presentation."""

import datetime as dt
import html
import re
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from initiatives.models import Initiative, Measurement, Outcome
from initiatives.workflow import State
from kommun.models import Employee, Unit
from tests.builders import TODAY, a_person, a_unit, an_initiative, moment, values
from tests.pages.test_steps import as_person

pytestmark = pytest.mark.django_db

BASELINE = (42, 39, 44, 41, 38, 43, 40, 45, 41, 37, 44, 42)
BETTER = (35, 33, 34, 32, 31, 33, 30, 31, 29, 32, 30, 33)
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def unit() -> Unit:
    return a_unit("Bygglovsenheten", a_unit("Åsmåla kommun"))


@pytest.fixture
def owner(unit: Unit) -> Employee:
    return a_person(unit=unit)


def measured(
    owner: Employee, before: Sequence[float], after: Sequence[float], state: State = State.MEASURING, **columns: Any
) -> Initiative:
    """Weekly values before and after a change; the last of them today."""
    change = TODAY - dt.timedelta(days=7 * len(after) - 1)
    unit = Unit.objects.get(name="Bygglovsenheten")
    initiative = an_initiative(owner, unit, state, change_on=change, **columns)
    values(initiative.outcomes.get(), [*before, *after], until=TODAY)
    return initiative


def page(owner: Employee, initiative: Initiative, view: str = "") -> str:
    answer = as_person(owner).get(f"{initiative.get_absolute_url()}?vy={view}")
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def picture(owner: Employee, initiative: Initiative, view: str = "") -> ElementTree.Element:
    answer = as_person(owner).get(f"{initiative.get_absolute_url()}diagram.svg?vy={view}")
    assert answer.status_code == 200
    return ElementTree.fromstring(answer.content)


def words(root: ElementTree.Element) -> list[str]:
    return [each.text or "" for each in root.iter(f"{SVG}text")]


def views(shown: str) -> dict[str, bool]:
    """The links to views, and which of them is shown."""
    return {
        name: "aria-current" in rest
        for name, rest in re.findall(r'class="flik" href="[^"]*\?vy=([^#"]+)#resultat"([^>]*)', shown)
    }


# --- Views ----------------------------------------------------------------------------------------------------------
def test_limits_are_shown_first_and_can_be_left_out(owner: Employee) -> None:
    initiative = measured(owner, BASELINE, BETTER)
    shown, plain = page(owner, initiative), page(owner, initiative, "enkel")
    assert (views(shown), views(plain)) == ({"granser": True, "enkel": False}, {"granser": False, "enkel": True})
    assert "Gränser för normal variation: 30,7 till 52\xa0dagar" in shown
    assert "Diagrammet är en tidig varning, utslaget avgör." in shown
    assert ("normal variation" in plain, "tidig varning" in plain, "Median före: 41,5" in plain) == (False, False, True)


def test_the_verdict_comes_before_the_chart(owner: Employee) -> None:
    shown = page(owner, measured(owner, BASELINE, BETTER))
    places = [
        shown.index(each) for each in ("Ja. Det är mycket osannolikt", "vy=granser", "data-diagram", "tidig varning")
    ]
    assert places == sorted(places)


def test_the_new_level_is_shown_only_after_a_final_verdict(owner: Employee) -> None:
    initiative = measured(owner, BASELINE, BETTER)
    frozen = "Gränser för normal variation: 30,7 till 52\xa0dagar"
    assert frozen in page(owner, initiative, "ny-niva")
    Outcome.objects.update(verdict_is_final=True)
    shown = page(owner, initiative, "ny-niva")
    assert views(shown) == {"granser": False, "enkel": False, "ny-niva": True}
    assert "Medelvärde: 41,3 före, 31,9\xa0dagar efter" in shown
    assert frozen not in shown
    assert frozen in page(owner, initiative)


def test_a_view_that_does_not_exist_is_the_usual_one(owner: Employee) -> None:
    assert views(page(owner, measured(owner, BASELINE, BETTER), '"><b>')) == {"granser": True, "enkel": False}


def test_with_few_values_it_is_a_run_chart_with_one_view(owner: Employee) -> None:
    shown = page(owner, measured(owner, BASELINE[:11], BETTER))
    assert views(shown) == {}
    assert "12 värden i rad på samma sida om medianen: mer än slump." in shown
    assert "Gränser för normal variation kräver 12 värden" in shown


# --- The table ------------------------------------------------------------------------------------------------------
def test_the_table_says_what_each_value_counts_as_and_what_is_known_of_it(owner: Employee) -> None:
    ended = TODAY - dt.timedelta(days=8)
    initiative = measured(owner, BASELINE, BETTER, State.CONCLUDED, concluded_at=moment(ended))
    last = Measurement.objects.latest("observed_on")
    Measurement.objects.filter(pk=last.pk).update(
        cause="Nytt ärendesystem", source=Measurement.Source.API, source_reference="Castor"
    )
    shown = page(owner, initiative)
    rows = [re.findall(r"<t[hd][^>]*>([^<]*)</t[hd]>", row) for row in re.findall(r"<tr data-x.*?</tr>", shown)]
    assert [row[2] for row in rows] == ["Före ändringen"] * 12 + ["Efter ändringen"] * 10 + ["Efter avslutet"] * 2
    assert rows[-1][1:] == [
        "33\xa0dagar", "Efter avslutet", "Två av tre nära gränsen, åt rätt håll", "Nytt ärendesystem; Castor",
    ]  # fmt: skip
    assert "<li>23 nov 2026: Nytt ärendesystem</li>" in shown


# --- The picture ----------------------------------------------------------------------------------------------------
def test_the_picture_stands_alone(owner: Employee) -> None:
    initiative = measured(owner, BASELINE, BETTER)
    root = picture(owner, initiative)
    assert (root.attrib["viewBox"], root.attrib["width"], root.attrib["height"]) == ("0 0 1280 720", "1280", "720")
    assert {each.tag.removeprefix(SVG) for each in root.iter()} == {"svg", "title", "desc", "rect", "path", "text"}
    named = {name for each in root.iter() for name in each.attrib}
    assert not named & {"class", "style", "href", "onclick"}
    assert not any("var(" in value or "url(" in value for each in root.iter() for value in each.attrib.values())


def test_the_picture_says_what_it_is_of(owner: Employee) -> None:
    initiative = measured(owner, BASELINE, BETTER)
    Measurement.objects.update(source_reference="Ärendesystemet")
    said = words(picture(owner, initiative))
    outcome = initiative.outcomes.get()
    assert said[:2] == [initiative.title, "Ja. Det är mycket osannolikt att det är slump."]
    assert f"{outcome.indicator.name}, dagar" in said
    assert any(each.startswith("Källa: Ärendesystemet · Åsmåla kommun · ") for each in said)
    assert {"Övre gräns 52", "Medel 41,3", "Nedre gräns 30,7", "Mål 22"} <= set(said)
    assert "Median före: 41,5\xa0dagar" in words(picture(owner, initiative, "enkel"))


def test_the_picture_is_a_file_with_the_initiatives_name(owner: Employee) -> None:
    initiative = measured(owner, BASELINE, BETTER, title='Årets "bästa" <b>idé</b>')
    answer = as_person(owner).get(f"{initiative.get_absolute_url()}diagram.svg")
    assert answer["Content-Type"] == "image/svg+xml"
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''%C3%85rets")
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_nothing_that_somebody_wrote_breaks_the_picture(owner: Employee) -> None:
    nasty = '<script>x</script>&"]]>\x0b\x1f\ufffe 😀 '
    initiative = measured(owner, BASELINE, BETTER, title=nasty * 6)
    Measurement.objects.update(cause=nasty, source_reference=nasty)
    initiative.outcomes.get().indicator.__class__.objects.update(name=nasty)
    root = picture(owner, initiative)
    assert not [each for each in root.iter() if "script" in each.tag]
    assert words(root)[0].startswith('<script>x</script>&"]]>  😀')


def test_the_picture_is_found_by_those_who_see_the_initiative_alone(owner: Employee, unit: Unit) -> None:
    draft = an_initiative(owner, unit)
    values(draft.outcomes.get(), BASELINE, until=TODAY)
    stranger = a_person(unit=unit)
    address = f"{draft.get_absolute_url()}diagram.svg"
    assert [as_person(who).get(address).status_code for who in (owner, stranger)] == [200, 404]


def test_there_is_no_picture_of_nothing(owner: Employee, unit: Unit) -> None:
    for initiative in (an_initiative(owner, unit), an_initiative(owner, unit, target=None)):
        assert as_person(owner).get(f"{initiative.get_absolute_url()}diagram.svg").status_code == 404


def test_the_picture_costs_the_same_with_few_and_many_values(owner: Employee) -> None:
    counts = []
    for times in (1, 20):
        initiative, client = measured(owner, BASELINE * times, BETTER * times), as_person(owner)
        client.get("/hjalp/")  # what a session costs the first time
        with CaptureQueriesContext(connection) as seen:
            client.get(f"{initiative.get_absolute_url()}diagram.svg")
        counts.append(len(seen))
    assert counts == [8, 8]
