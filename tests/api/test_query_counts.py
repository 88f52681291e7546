"""How many statements each operation costs: the same at one row and at thirty."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.api.conftest import Machine
from tests.builders import TODAY, a_person, a_unit, an_initiative, values

pytestmark = pytest.mark.django_db
STATEMENTS = {  # the token and the pace, the rows and their number, the log
    "/api-info": 0,
    "/units": 3,
    "/indicators": 3,
    "/initiatives": 3,
    "/initiatives?state=measuring&unit={unit}&q=bygglov&evidenceGrade=0&sort=-updatedAt": 3,
    "/outcomes": 3,
    "/outcomes/{outcome}/measurements": 3,
    "/outcomes/{outcome}/corrections": 3,
    "/events": 3,
    "/metrics": 3,
    "/metrics?groupBy=unit&groupBy=period&groupBy=indicator": 3,
    "/metrics?unit={unit}": 3,
    "/soil": 12,
    "/soil?measure=driving&measure=confirmed&limit=500": 9,
    "/soil?unit={unit}&period=month": 13,
    "/initiatives?format=csv": 3,
    "/outcomes?format=csv": 3,
    "/outcomes/{outcome}/measurements?format=csv": 4,  # whether there is such an outcome
    "/outcomes/{outcome}/measurements?format=parquet": 4,
    "/metrics?groupBy=unit&groupBy=period&format=parquet": 3,
    "/catalog": 1,
    "/units/{unit}": 3,
    "/indicators/{indicator}": 3,
    "/initiatives/{initiative}": 3,
    "/outcomes/{outcome}": 3,
}
CREATING = 15
CORRECTING = 15  # a value and what it was before are written in one


@pytest.mark.parametrize("number", [1, 30])
def test_reading_costs_the_same_at_any_number_of_rows(number: int, machine: Machine) -> None:
    root = a_unit("Kommunen")
    for each in range(number):
        unit = a_unit(f"Enhet {each}", root)
        outcome = an_initiative(a_person(unit=unit), unit, "measuring").outcomes.get()
    values(outcome, [7] * number, until=TODAY)
    known = {"outcome": outcome.uuid, "initiative": outcome.initiative.uuid, "indicator": outcome.indicator.uuid}
    assert {path: cost(machine, path.format(unit=unit.code, **known)) for path in STATEMENTS} == STATEMENTS


def cost(machine: Machine, path: str) -> int:
    with CaptureQueriesContext(connection) as statements:
        assert machine.get(path).status_code == 200
    return len(statements)


@pytest.mark.parametrize("number", [1, 30])
@pytest.mark.parametrize("again", [False, True])
def test_writing_costs_the_same_at_any_number_of_values(
    number: int, again: bool, machine: Machine, django_assert_num_queries: Callable[[int], Any]
) -> None:
    outcome = an_initiative(a_person(), a_unit(), "measuring").outcomes.get()
    path = f"/outcomes/{outcome.uuid}/measurements"
    sent = {"measurements": [{"observedOn": f"2026-10-{day + 1:02}", "value": day} for day in range(number)]}
    if again:
        machine.post(path, sent)
        for each in sent["measurements"]:
            each["value"] = 99
    with django_assert_num_queries(CORRECTING if again else CREATING):
        assert machine.post(path, sent).json()["summary"]["refused"] == 0
