"""Comments on the initiative's page, and the page with the cursor in the field that letters lead to."""

import datetime as dt
import re
from html import unescape
from typing import Any

import pytest

from initiatives.models import CoDriver, Comment, Initiative
from initiatives.workflow import State
from kommun.models import Employee, Unit
from tests.builders import NOW, a_manager, a_person, a_unit, an_initiative
from tests.pages.markup import faults
from tests.pages.test_steps import as_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit() -> Unit:
    return a_unit(parent=a_unit("Åsmåla kommun"))


@pytest.fixture
def owner(unit: Unit) -> Employee:
    return a_person(unit=unit)


@pytest.fixture
def initiative(owner: Employee, unit: Unit) -> Initiative:
    return an_initiative(owner, unit, State.UNDERWAY, title="Jour")


def page(person: Employee, address: str) -> str:
    answer = as_person(person).get(address)
    assert answer.status_code == 200
    html = answer.content.decode()
    assert faults(html) == []
    return html


def texts(html: str) -> list[str]:
    """What is shown of each comment, in order."""
    section = html[html.index('id="kommentarer"') :]
    return [unescape(each) for each in re.findall(r"</p><p>(.*?)</p></div></li>", section)]


def written(initiative: Initiative, by: Employee, *lines: str) -> None:
    for number, text in enumerate(lines):
        at = NOW + dt.timedelta(minutes=number)
        Comment.objects.create(initiative=initiative, by=by, text=text, at=at)


def address(initiative: Initiative) -> str:
    return f"/initiativ/{initiative.uuid}/kommentar/"


def test_a_line_is_written_from_the_page_and_shown_there(initiative: Initiative) -> None:
    sara = a_person("Sara", "Holm")
    html = page(sara, initiative.get_absolute_url())
    assert f'action="{address(initiative)}"' in html
    assert "autofocus" not in html[html.index('id="kommentarer"') :]
    answer = as_person(sara).post(address(initiative), {"text": "Så klokt!\n<b>Hur</b> många?"})
    assert (answer.status_code, answer["location"]) == (302, f"/initiativ/{initiative.uuid}/#kommentarer")
    shown = page(sara, initiative.get_absolute_url())
    assert texts(shown) == ["Så klokt!<br><b>Hur</b> många?"]
    assert "&lt;b&gt;Hur&lt;/b&gt;" in shown
    assert "<b>Sara Holm</b>" in shown


def test_its_own_page_has_the_cursor_in_the_field_and_what_has_been_written(initiative: Initiative) -> None:
    written(initiative, initiative.owner, "Första", "Andra")
    html = page(initiative.owner, address(initiative))
    assert re.search(r'<textarea name="text"[^>]* autofocus', html)
    assert "<h1>Hur går det?</h1>" in html
    assert texts(html) == ["Första", "Andra"]


@pytest.mark.parametrize(
    ("text", "sentence"), [(" ", "Skriv något först."), ("x" * 2001, "Skriv högst 2000 tecken.")], ids=["none", "much"]
)
def test_a_refused_line_is_kept_in_the_field(initiative: Initiative, text: str, sentence: str) -> None:
    answer = as_person(initiative.owner).post(address(initiative), {"text": text})
    html = answer.content.decode()
    assert answer.status_code == 422
    assert html.count(sentence) == 2  # on top and on the field
    assert f">\n{text}</textarea>" in html
    assert faults(html) == []
    assert not initiative.comments.exists()


def test_a_draft_is_for_the_owner_and_the_invited(unit: Unit, owner: Employee) -> None:
    draft, invited = an_initiative(owner, unit), a_person()
    CoDriver.objects.create(initiative=draft, employee=invited, invited_by=owner)
    found = [
        [as_person(person).get(address(draft)).status_code, as_person(person).post(address(draft)).status_code]
        for person in (owner, invited, a_person(), a_manager(unit))
    ]
    assert found == [[200, 422], [200, 422], [404, 404], [404, 404]]


def test_a_protected_person_is_not_named(initiative: Initiative) -> None:
    person = a_person("", "", email="", is_protected=True)
    written(initiative, person, "Hej")
    for html in (page(initiative.owner, initiative.get_absolute_url()), page(initiative.owner, address(initiative))):
        assert "<b>En kollega</b>" in html
        assert person.employee_id not in html


def test_the_latest_are_on_the_initiatives_page_and_all_are_found_from_there(initiative: Initiative) -> None:
    lines = [f"Rad {number}" for number in range(120)]
    written(initiative, initiative.owner, *lines)
    first = page(initiative.owner, initiative.get_absolute_url())
    assert texts(first) == lines[-5:]
    assert f'href="{address(initiative)}"' in first
    found: list[str] = []
    leads_to: str | None = address(initiative)
    while leads_to:
        html = page(initiative.owner, leads_to)
        found = [*texts(html), *found]
        earlier = re.search(r'href="([^"]*\?fore=[^"]*)"', html)
        leads_to = earlier[1] if earlier else None
    assert found == lines


def test_five_comments_need_no_way_to_more(initiative: Initiative) -> None:
    written(initiative, initiative.owner, *"abcde")
    html = page(initiative.owner, initiative.get_absolute_url())
    assert texts(html) == list("abcde")
    assert f'href="{address(initiative)}"' not in html


@pytest.mark.parametrize("before", ["x", "0b0dd1c1-6f3c-4b8e-9e0a-6d9a4b1f2c3d"])
def test_a_place_that_is_none_is_not_found(initiative: Initiative, before: str) -> None:
    assert as_person(initiative.owner).get(address(initiative), {"fore": before}).status_code == 404


def test_the_comments_of_another_initiative_are_no_place_here(initiative: Initiative, owner: Employee) -> None:
    draft = an_initiative(owner, None)
    written(draft, owner, "Hemligt")
    before = str(draft.comments.get().uuid)
    assert as_person(initiative.owner).get(address(initiative), {"fore": before}).status_code == 404


@pytest.mark.parametrize("count", [1, 30])
def test_each_page_costs_the_same_with_one_and_thirty(
    initiative: Initiative, owner: Employee, count: int, django_assert_num_queries: Any
) -> None:
    for number in range(count):
        written(initiative, a_person(f"N{number}"), "Hej")
    client = as_person(owner)
    client.get("/hjalp/")
    with django_assert_num_queries(6):
        client.get(address(initiative))
