"""/soil: what a caller sees of the measures, and that a client of one part sees nothing of another."""

import csv
import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from initiatives.actions.targeting import set_target
from initiatives.models import Initiative, SoilMeasure, Transition
from initiatives.outcomes import withholding
from kommun.models import Unit
from tests.api.conftest import Check, Machine, make_machine
from tests.builders import a_manager, a_person, a_unit, an_initiative

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
THIS_YEAR = {"periodStart": f"{TODAY.year}-01-01", "periodEnd": f"{TODAY.year}-12-31"}


def staffed(name: str, people: int = 8, parent: Unit | None = None) -> Unit:
    """With one initiative that was sent for decision at the turn of the year."""
    unit = a_unit(name, parent)
    for _ in range(people):
        owner = a_person(unit=unit)
    made = an_initiative(owner, unit, "draft")
    new_year = dt.datetime(TODAY.year, 1, 1, 9, tzinfo=dt.UTC)
    Transition.objects.create(
        initiative=made, number=1, verb="submit", from_state="draft", to_state="proposed", by=owner, at=new_year
    )
    Initiative.objects.filter(pk=made.pk).update(state="underway", submitted_at=new_year)
    return unit


@pytest.fixture
def root(db: None) -> Unit:
    """A municipality of two parts, whose figures may be shown."""
    root = staffed("Kommunen", 20)
    for name in ("Skolan", "Vården"):
        staffed(name, parent=root)
    withholding.refresh(today=TODAY)
    return root


def readings(machine: Machine, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = machine.get("/soil", **query).json()["readings"]
    return found


def test_reading_tells_what_it_is_reckoned_from(machine: Machine, root: Unit) -> None:
    set_target(root, "started_per_hundred", Decimal("12.5"), by=a_manager(root), now=dt.datetime.now(dt.UTC))
    withholding.refresh(today=TODAY)
    code = Unit.objects.get(name="Skolan").code
    assert readings(machine, unit=code, measure="started_per_hundred") == [
        {"unitCode": code, "unitName": "Skolan", **THIS_YEAR, "measure": "started_per_hundred"}
        | {"unitOfMeasure": "per 100", "direction": "up", "isWithheld": False}
        | {"value": 12.5, "numerator": 1, "denominator": 8, "count": 8, "target": 12.5, "targetUnitCode": root.code}
    ]


def test_without_filters_each_unit_has_every_measure_of_this_year(machine: Machine, root: Unit) -> None:
    answer = machine.get("/soil", limit=500).json()
    found = [(each["unitName"], each["measure"]) for each in answer["readings"]]
    assert found == [(name, measure) for name in ("Kommunen", "Skolan", "Vården") for measure in SoilMeasure.values]
    assert {(each["periodStart"], each["periodEnd"]) for each in answer["readings"]} == {tuple(THIS_YEAR.values())}
    assert answer["_meta"] == {"totalRecords": 48, "page": 1, "limit": 500, "count": 48, "totalPages": 1}


def test_measures_come_once_each_in_the_order_of_the_table(machine: Machine, root: Unit) -> None:
    query = {"unit": root.code, "measure": ["confirmed", "driving", "confirmed"], "limit": 2}
    assert [each["measure"] for each in readings(machine, **query)] == ["driving", "confirmed"]


def test_periods_are_those_that_hold_the_days_asked_for(machine: Machine, root: Unit) -> None:
    query = {"unit": Unit.objects.get(name="Vården").code, "measure": "driving", "period": "quarter"}
    year = TODAY.year - 1
    found = readings(machine, **query, **{"from": f"{year}-05-01", "to": f"{year}-07-01"})
    assert [(each["periodStart"], each["periodEnd"]) for each in found] == [
        (f"{year}-04-01", f"{year}-06-30"), (f"{year}-07-01", f"{year}-09-30"),
    ]  # fmt: skip
    assert readings(machine, **query, **{"from": f"{year}-05-01", "to": f"{year}-04-30"}) == found[:1]
    assert readings(machine, **query, **{"from": f"{year}-08-01", "to": f"{year}-04-30"}) == []
    assert readings(machine, **query, **{"from": f"{TODAY.year + 1}-01-01", "to": "9999-12-31"}) == []
    assert readings(machine, **query, to="0001-01-01") == []


def test_pages_follow_one_another(machine: Machine, root: Unit) -> None:
    whole = readings(machine, limit=500)
    parts = [readings(machine, limit=7, page=page) for page in range(1, 9)]
    assert [each for part in parts for each in part] == whole
    assert readings(machine, page=0) == readings(machine, page=99) == []


def test_small_part_is_named_and_its_figures_withheld(machine: Machine, root: Unit) -> None:
    small = staffed("Liten", 3, root)
    withholding.refresh(today=TODAY)
    query = {"measure": "driving", "limit": 500}
    found = {each["unitName"]: (each["isWithheld"], each["numerator"]) for each in readings(machine, **query)}
    assert found == {
        "Kommunen": (False, 4), "Liten": (True, None), "Skolan": (True, None), "Vården": (False, 1),
    }  # fmt: skip
    for each in readings(machine, unit=small.code, limit=500):
        assert [each[name] for name in ("value", "numerator", "denominator", "count")] == [None] * 4


def test_everything_is_withheld_until_it_has_been_decided_what_may_be_shown(machine: Machine) -> None:
    unit = staffed("Enheten")
    assert {each["isWithheld"] for each in readings(machine, unit=unit.code, limit=500)} == {True}


def test_client_of_a_part_sees_that_part_and_what_is_below_it(root: Unit) -> None:
    school = Unit.objects.get(name="Skolan")
    staffed("Klassen", parent=school)
    withholding.refresh(today=TODAY)
    machine = make_machine(school)
    for query in ({}, {"unit": school.code}):
        found = readings(machine, measure="driving", **query)
        assert [(each["unitName"], each["numerator"]) for each in found] == [("Klassen", 1), ("Skolan", 2)]
    for unit in (root.code, Unit.objects.get(name="Vården").code, "no-such-unit"):
        answer = machine.get("/soil", unit=unit).json()
        assert (answer["readings"], answer["_meta"]["totalRecords"]) == ([], 0)


def test_target_of_a_unit_above_is_that_of_the_part_too(root: Unit) -> None:
    set_target(root, "driving", Decimal("0.25"), by=a_manager(root), now=dt.datetime.now(dt.UTC))
    [reading] = readings(make_machine(Unit.objects.get(name="Skolan")), measure="driving")
    assert (reading["target"], reading["targetUnitCode"]) == (0.25, None)


@pytest.mark.parametrize(
    "query", [{"measure": "happiness"}, {"period": "week"}, {"from": "2026-02-30"}, {"units": "1"}, {"period": ""}]
)
def test_what_is_not_known_is_refused_by_name(query: dict[str, str], machine: Machine, is_problem: Check) -> None:
    problem = is_problem(machine.get("/soil", **query), 400)
    assert [each["field"] for each in problem["violations"]] == list(query)


def test_it_takes_the_scope_of_metrics(anybody: Machine, is_problem: Check) -> None:
    is_problem(anybody.get("/soil"), 401)
    is_problem(make_machine(scopes="initiatives:read measurements:write").get("/soil"), 403)


def test_readings_come_as_csv_all_at_once_or_a_page_of_them(machine: Machine, root: Unit) -> None:
    def rows(**query: Any) -> list[list[str]]:
        answer = machine.get("/soil", format="csv", measure="driving", **query)
        assert answer["Content-Type"].startswith("text/csv")
        return [*csv.reader(b"".join(answer).decode("utf-8-sig").splitlines())]

    whole = rows()
    assert whole[0][:5] == ["unitCode", "unitName", "periodStart", "periodEnd", "measure"]
    assert [row[1] for row in whole[1:]] == ["Kommunen", "Skolan", "Vården"]
    assert rows(limit=1, page=2) == [whole[0], whole[2]]
    assert rows(limit=1, page=9) == [whole[0]]
