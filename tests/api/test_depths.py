"""A long list leads through all of it once, by cursor and by number of page alike, wherever the client may look."""

import datetime as dt
import itertools
import re
from typing import Any

import pytest
from django.db import connection

from initiatives.api import depths, initiatives, listings, outcomes
from initiatives.api.questions import page_statement
from initiatives.models import Initiative
from initiatives.outcomes import rollup
from kommun.models import Unit
from kommun.statements import rows
from tests.api.conftest import Check, Machine, make_machine
from tests.builders import a_person, a_unit, an_initiative, an_outcome

pytestmark = pytest.mark.django_db
STATES = ["underway", "measuring", "draft", "concluded", "declined", "proposed"]
KINDS = ["time", "money", "climate", "quality"]


@pytest.fixture
def units() -> dict[str, Unit]:
    """Two parts of an organisation, with 40 initiatives begun over half a year, several at the very same moment."""
    root = a_unit("Kommunen")
    mine, other = a_unit("Min", root), a_unit("Annan", root)
    units = {"root": root, "mine": mine, "below": a_unit("Under", mine), "other": other}
    owner = a_person(unit=mine)
    for number in range(40):
        unit = [mine, units["below"], other][number % 3]
        made = an_initiative(owner, unit, STATES[number % 5 + number // 20], kind=KINDS[number % 4])
        if number % 4 == 0 and made.outcomes.exists():
            an_outcome(made, is_primary=False)
        begun = dt.datetime(2026, 1, 1, 8, tzinfo=dt.UTC) + dt.timedelta(days=5 * (number // 3))
        submitted = begun if number % 2 or made.submitted_at else None
        Initiative.objects.filter(pk=made.pk).update(created_at=begun, submitted_at=submitted)
    return units


QUESTIONS: list[dict[str, Any]] = [
    {},
    {"sort": "-begunAt"},
    {"sort": "updatedAt"},
    {"sort": "-updatedAt"},
    {"state": ["underway", "concluded"]},
    {"state": "measuring", "kind": "time"},
    {"ending": "confirmed"},
    {"kind": "money", "evidenceGrade": 0, "sort": "-begunAt"},
    {"unit": "mine"},
    {"unit": "below", "sort": "-begunAt"},
    {"unit": "root", "state": "underway"},
    {"unit": "nobody"},
    {"updatedFrom": "2020-01-01T00:00:00Z", "unit": "mine"},
    {"q": "bygglov"},
]


@pytest.mark.parametrize("bound_to", ["", "mine", "below"])
@pytest.mark.parametrize("few", [0, 40], ids=["in the order of all", "unit by unit"])
@pytest.mark.parametrize("path", ["/initiatives", "/outcomes"])
def test_cursors_and_numbers_lead_through_the_same_list(
    path: str, few: int, bound_to: str, units: dict[str, Unit], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(depths, "FEW_UNITS", few)
    monkeypatch.setattr(depths, "FEW_ROWS", few)
    page_statement.cache_clear()
    if few:  # what is folded, and what is not, count alike
        rollup.fold()
    machine = make_machine(units.get(bound_to))
    known = {each.parameter.name for each in machine_filters(path)}
    for question in QUESTIONS:
        asked = {n: units[v].code if n == "unit" and v in units else v for n, v in question.items()}
        if not set(asked) - {"sort"} <= known:
            continue
        whole = machine.get(path, limit=500, **asked).json()
        ids = [each["id"] for each in whole[path[1:]]]
        assert whole["_meta"]["totalRecords"] == len(ids)
        assert by_number(machine, path, asked) == ids
        assert by_cursor(machine, path, asked) == ids
        assert len(set(ids)) == len(ids)
        if question.get("sort", "begunAt").endswith("begunAt") and path == "/initiatives":
            begun = [each["begunAt"] for each in whole["initiatives"]]
            assert begun == sorted(begun, reverse=question.get("sort", "").startswith("-"))


def machine_filters(path: str) -> Any:
    return (initiatives if path == "/initiatives" else outcomes).FILTERS


def by_number(machine: Machine, path: str, asked: dict[str, Any]) -> list[str]:
    found: list[str] = []
    for page in itertools.count(1):
        body = machine.get(path, limit=7, page=page, **asked).json()
        found += [each["id"] for each in body[path[1:]]]
        if body["_links"]["next"] is None:
            return found
    raise AssertionError


def by_cursor(machine: Machine, path: str, asked: dict[str, Any]) -> list[str]:
    body = machine.get(path, limit=7, **asked).json()
    found = [each["id"] for each in body[path[1:]]]
    while body["_links"]["next"]:
        assert "cursor=" in body["_links"]["next"]["href"]
        body = machine.client.get(body["_links"]["next"]["href"], headers=machine.headers).json()
        found += [each["id"] for each in body[path[1:]]]
    return found


@pytest.mark.parametrize("cursor", ["nonsense", "å", "W10", "WyJiZWd1bkF0Il0", "%00", "a" * 600])
def test_cursor_that_nobody_gave_out_is_no_place(machine: Machine, is_problem: Check, cursor: str) -> None:
    for path in ("/initiatives", "/units", "/indicators"):
        problem = is_problem(machine.get(path, cursor=cursor), 404)
        assert "leave it out" in problem["detail"]


def test_cursor_of_one_order_is_no_place_in_another(
    machine: Machine, is_problem: Check, units: dict[str, Unit]
) -> None:
    href = machine.get("/initiatives", limit=7).json()["_links"]["next"]["href"]
    is_problem(machine.client.get(f"{href}&sort=-begunAt", headers=machine.headers), 404)
    is_problem(machine.client.get(f"{href}&sort=updatedAt", headers=machine.headers), 404)


def test_a_row_that_is_gone_or_has_moved_on_leaves_no_gap_behind_it(machine: Machine, units: dict[str, Unit]) -> None:
    whole = [each["id"] for each in machine.get("/initiatives", limit=500).json()["initiatives"]]
    first = machine.get("/initiatives", limit=7).json()
    assert [each["id"] for each in first["initiatives"]] == whole[:7]
    Initiative.objects.filter(uuid=whole[6]).update(state="withdrawn")
    rest = machine.client.get(f"{first['_links']['next']['href']}0", headers=machine.headers)
    assert rest.status_code == 404  # a cursor is taken whole
    rest = machine.client.get(first["_links"]["next"]["href"].replace("limit=7", "limit=500"), headers=machine.headers)
    assert set(whole[7:]) <= {each["id"] for each in rest.json()["initiatives"]}


# --- How PostgreSQL goes about it -----------------------------------------------------------------------------------
@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """The statements of the lists that are asked for, and what they are given."""
    asked: list[tuple[str, Any]] = []

    def ask(sql: str, given: Any) -> Any:
        asked.append((sql, given))
        return rows(sql, given)

    monkeypatch.setattr(listings, "rows_of", ask)
    return asked


@pytest.mark.parametrize("bound_to", ["", "mine"])
@pytest.mark.parametrize("path", ["/initiatives", "/outcomes"])
@pytest.mark.parametrize(
    ("question", "seen"),
    [
        ({}, set()),
        ({"sort": "-begunAt", "page": 2}, set()),
        ({"unit": "below"}, set()),
        ({"unit": "root", "evidenceGrade": 0}, {"evidenceGrade", "counted_grades"}),
    ],
)
def test_of_what_a_call_gives_only_filters_are_looked_at_in_planning(
    question: dict[str, Any], seen: set[str], path: str, bound_to: str, units: dict[str, Unit], asked: list[Any]
) -> None:
    """Whatever else was looked at would make PostgreSQL plan the list anew for every call."""
    machine = make_machine(units.get(bound_to))
    given = {name: units[value].code if name == "unit" else value for name, value in question.items()}
    href = machine.get(path, limit=1, **given).json()["_links"]["next"]["href"]
    machine.client.get(href, headers=machine.headers)
    for sql, _given in asked:
        assert set(re.findall(r"(?<!\(SELECT )%\((\w+)\)s", sql)) == {"root"} | seen


@pytest.mark.parametrize("question", [{}, {"state": "underway", "kind": "time"}, {"ending": "confirmed"}])
def test_what_a_jump_passes_by_is_told_from_the_index_alone(
    question: dict[str, Any], units: dict[str, Unit], asked: list[Any]
) -> None:
    make_machine().get("/initiatives", limit=3, page=2, **question)
    [(sql, given)] = asked
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off")
        cursor.execute(f"EXPLAIN {sql}", given)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Index Only Scan using initiative_in_order_of_begin" in plan
