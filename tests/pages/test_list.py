"""The list: words in any Swedish form, filters in the address, pages by keys, and nothing the reader may not see."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection

from initiatives.pages import listing
from kommun.models import Employee, Unit
from tests.builders import TODAY, a_manager, a_person, a_unit, an_initiative
from tests.pages.markup import faults
from tests.pages.test_steps import as_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def root() -> Unit:
    return a_unit("Åsmåla kommun")


@pytest.fixture
def unit(root: Unit) -> Unit:
    return a_unit("Bygglovsenheten", root)


@pytest.fixture
def owner(unit: Unit) -> Employee:
    return a_person("Amina", "Lindqvist", unit=unit)


def found(reader: Employee, **filters: str) -> list[str]:
    answer = as_person(reader).get("/initiativ/", filters)
    assert faults(answer.content.decode()) == []
    return [row.title for row in answer.context["rows"]]


def test_the_words_are_found_in_any_form_and_when_misspelt(owner: Employee, unit: Unit) -> None:
    an_initiative(owner, unit, "underway", title="Snabbare upphandlingar")
    an_initiative(owner, unit, "underway", title="Färre fel i löner", benefit="Rätt lön varje månad.")
    searches = ("upphandling", "uphandlingar", "löner", "felen", "cykel")
    assert [found(owner, q=words) for words in searches] == [
        ["Snabbare upphandlingar"],
        ["Snabbare upphandlingar"],
        ["Färre fel i löner"],
        ["Färre fel i löner"],
        [],
    ]


@pytest.mark.parametrize(
    ("filters", "titles"),
    [
        ({"lage": "test"}, {"testas", "pausat"}),
        ({"lage": "paused"}, {"pausat"}),
        ({"lage": "spread"}, {"avslutat"}),
        ({"avslut": "confirmed"}, {"avslutat"}),
        ({"slag": "climate"}, {"testas"}),
        ({"mina": "on"}, {"testas"}),
        ({"mina": "on", "slag": "money"}, set()),
        ({}, {"testas", "pausat", "avslutat"}),
    ],
)
def test_filters_narrow_together(owner: Employee, unit: Unit, filters: dict[str, str], titles: set[str]) -> None:
    other = a_person("Sara", "Berg")
    an_initiative(owner, unit, "underway", title="testas", kind="climate")
    an_initiative(other, unit, "paused", title="pausat", kind="money")
    an_initiative(other, unit, "concluded", title="avslutat")
    assert set(found(owner, **filters)) == titles


def test_what_was_not_measured_is_looked_for_apart_from_what_was_not_shown(owner: Employee, unit: Unit) -> None:
    for verdict in ("too_few", "may_be_chance"):
        ended = an_initiative(owner, unit, "concluded", ending="not_proven", title=verdict)
        ended.outcomes.update(verdict=verdict)
    assert found(owner, avslut="not_measured") == ["too_few"]
    assert found(owner, avslut="not_proven") == ["may_be_chance"]


def test_a_unit_is_looked_for_with_all_below_it(owner: Employee, unit: Unit, root: Unit) -> None:
    other = a_unit("Skolan", root)
    an_initiative(owner, unit, "underway", title="här")
    an_initiative(owner, other, "underway", title="där")
    assert [set(found(owner, enhet=each.code)) for each in (unit, other, root)] == [{"här"}, {"där"}, {"här", "där"}]


def test_what_cannot_be_chosen_is_ignored_with_a_sentence(owner: Employee, unit: Unit) -> None:
    an_initiative(owner, unit, "underway")
    html = as_person(owner).get("/initiativ/?lage=xx&enhet=yy&efter=zz&okänt=1").content.decode()
    assert faults(html) == []
    assert "”xx” går inte att välja för ”Var i arbetet” och används därför inte." in html
    assert "”yy” går inte att välja" in html
    assert "Sidan i adressen finns inte. Det här är den första." in html
    assert ("1 initiativ" in html, 'aria-invalid="true"' in html) == (True, False)


def test_nobody_finds_what_they_may_not_see(owner: Employee, unit: Unit, root: Unit) -> None:
    for state in ("draft", "declined", "withdrawn", "returned"):
        an_initiative(owner, unit, state, title=state)
    johan, elsewhere = a_manager(unit), a_manager(a_unit("Skolan", root))
    seen = [set(found(each)) for each in (owner, johan, elsewhere, a_person("Sara", "Berg"))]
    chain = {"declined", "withdrawn", "returned"}
    assert seen == [chain, chain, {"returned"}, {"returned"}]


def test_the_pages_hold_every_row_once_in_both_directions(
    owner: Employee, unit: Unit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "ON_A_PAGE", 3)
    titles = [f"nummer {number}" for number in range(8)]
    for title in titles:
        an_initiative(owner, unit, "underway", title=title, target=None)
    client, address = as_person(owner), "/initiativ/?lage=underway"
    pages, back = [], []
    while address:
        answer = client.get(address)
        pages.append([row.title for row in answer.context["rows"]])
        last, address = answer, _next(answer.context["pager"].next_url)
    assert [title for page in pages for title in page] == titles[::-1]
    while address := _next(last.context["pager"].previous_url):
        last = client.get(address)
        back.append([row.title for row in last.context["rows"]])
    assert back == pages[-2::-1]


def _next(query: str) -> str:
    return f"/initiativ/{query}" if query else ""


def test_rows_of_the_same_moment_are_told_apart(owner: Employee, unit: Unit, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two that write in the same microsecond; then only the number of the row tells where a page ends."""
    monkeypatch.setattr(listing, "ON_A_PAGE", 2)
    for number in range(5):
        an_initiative(owner, unit, "underway", title=str(number), target=None)
    with connection.cursor() as cursor:  # past the trigger that keeps the time
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE initiatives_initiative SET updated_at = now()")
        cursor.execute("SET LOCAL session_replication_role = origin")
    client, address, seen = as_person(owner), "/initiativ/", []
    while address:
        answer = client.get(address)
        seen += [row.title for row in answer.context["rows"]]
        address = _next(answer.context["pager"].next_url)
    assert seen == ["4", "3", "2", "1", "0"]


def test_above_a_limit_the_count_is_not_exact(owner: Employee, unit: Unit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "COUNTED", 2)
    for _number in range(2):
        an_initiative(owner, unit, "underway", target=None)
    assert "2 initiativ, senast" in as_person(owner).get("/initiativ/").content.decode()
    an_initiative(owner, unit, "underway", target=None)
    assert "Fler än 2 initiativ" in as_person(owner).get("/initiativ/").content.decode()


def test_nothing_found_leads_on(owner: Employee) -> None:
    html = as_person(owner).get("/initiativ/?q=cykel").content.decode()
    assert "Inga träffar" in html and "Visa alla" in html


def test_a_protected_person_is_never_named(unit: Unit, owner: Employee) -> None:
    hidden = a_person("", "", is_protected=True, email="")
    an_initiative(hidden, unit, "underway")
    html = as_person(owner).get("/initiativ/").content.decode()
    assert "En kollega, Bygglovsenheten" in html


@pytest.mark.parametrize("rows", [1, 30])
@pytest.mark.parametrize("address", ["/initiativ/", "/initiativ/?q=handläggning&lage=follow_up&slag=&mina=on"])
def test_the_list_takes_the_same_queries_at_any_length(
    owner: Employee, unit: Unit, rows: int, address: str, django_assert_num_queries: Any
) -> None:
    for number in range(rows):
        since = TODAY - dt.timedelta(days=200 + number)
        an_initiative(owner, unit, "measuring", kind="time", change_on=since, decider=a_manager(unit))
    client = as_person(owner)
    with django_assert_num_queries(LIST_QUERIES):
        client.get(address)


LIST_QUERIES = 8
