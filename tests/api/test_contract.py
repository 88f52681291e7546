"""The API against its own specification, by a tool that knows nothing else: no crash, nothing undocumented."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig

from config.wsgi import application
from initiatives.models import Outcome
from tests.api.conftest import make_machine
from tests.builders import TODAY, a_person, a_unit, an_initiative, values

EXAMPLES = 12  # per operation; seconds, not minutes


def load(*modes: schemathesis.GenerationMode) -> Any:
    config = SchemathesisConfig(
        projects=ProjectsConfig(default=ProjectConfig(generation=GenerationConfig(modes=list(modes))))
    )
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application, config=config)


everything = load(schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
what_is_asked_for = load(schemathesis.GenerationMode.POSITIVE)
briefly = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(autouse=True)
def connection_outlives_request(db: None) -> Iterator[None]:
    """As Django's own test client has it: the test's transaction is on the connection that the requests use."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def outcome(db: None) -> Outcome:
    unit = a_unit()
    people = [a_person(unit=unit) for _ in range(5)]
    outcome = an_initiative(people[0], unit, "measuring").outcomes.get()
    values(outcome, [31, 30, 32, 33, 29, 31, 20, 21, 19, 20, 22, 20], until=TODAY)
    return outcome


@pytest.fixture
def headers(db: None) -> dict[str, str]:
    return make_machine().headers


@everything.parametrize()  # type: ignore[untyped-decorator]
@briefly
def test_every_answer_is_documented(case: Any, outcome: Outcome, headers: dict[str, str]) -> None:
    case.call_and_validate(headers=headers)


@what_is_asked_for.parametrize()  # type: ignore[untyped-decorator]
@briefly
def test_what_the_specification_allows_is_answered_from_real_rows(
    case: Any, outcome: Outcome, headers: dict[str, str]
) -> None:
    kinds = {
        "/units/{code}": outcome.initiative.unit and outcome.initiative.unit.code,
        "/indicators/{id}": outcome.indicator.uuid,
        "/initiatives/{id}": outcome.initiative.uuid,
    }
    for name in case.path_parameters:
        case.path_parameters[name] = str(kinds.get(case.operation.path, outcome.uuid))
    response = case.call_and_validate(headers=headers)
    assert response.status_code in (200, 304, 409)  # 409: all or nothing was asked for


@everything.parametrize()  # type: ignore[untyped-decorator]
@briefly
def test_without_a_token_every_answer_is_documented(case: Any, db: None) -> None:
    case.call_and_validate()
