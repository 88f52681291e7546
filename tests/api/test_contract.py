"""The API against its own specification, by a tool that knows nothing else: no crash, nothing undocumented.

Each case is sent with all scopes, without a token, and by one of those who have a single scope or none, in turn.
"""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig

from config.wsgi import application
from initiatives.api.authentication import SCOPES
from initiatives.models import Change, Delivery, Outcome, Webhook
from kommun.models import ApiClient
from tests.api.conftest import make_machine
from tests.builders import NOW, TODAY, a_person, a_unit, an_initiative, values

EXAMPLES = 6  # per operation beside those that the specification's own limits ask for
SEQUENCES = 25  # of calls, each using what the one before answered
STEPS = 6  # in each
ANSWERED = {200, 201, 202, 204, 304}
BY_STATE = {409, 410, 412, 422, 428}  # all or nothing, an old cursor, another version, a key used before, none shown
OPAQUE = {"cursor", "after"}  # parameters whose good values no schema can tell from others
TOGETHER = "with shape=kolada"
PLAIN = {"Accept-Encoding": "identity"}  # within one process the tool does not unpack what it asks to have packed
CHECKED = {
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "positive_data_acceptance",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
    "use_after_free",
    "ensure_resource_availability",
    "ignored_auth",
    "object_level_authorization",
}


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
    derandomize=True,
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
def everybody(db: None) -> dict[str, dict[str, str]]:
    """The headers of each kind of caller, by what it may."""
    asked = {scope: scope for scope in SCOPES} | {"all": " ".join(SCOPES), "none": ""}
    made = {name: make_machine(scopes=scopes).headers | PLAIN for name, scopes in asked.items()} | {"stranger": PLAIN}
    ApiClient.objects.update(requests_per_minute=10_000_000)
    return made


@pytest.fixture
def in_turn() -> Iterator[str]:
    """Those who may do one thing only, or nothing, over and over."""
    return itertools.cycle([*SCOPES, "none"])


@pytest.fixture
def known(outcome: Outcome, everybody: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """What stands in the paths of the specification for resources that there are, by the first word of the path."""
    initiative, client = outcome.initiative, ApiClient.objects.get(allowed_scopes=" ".join(SCOPES))
    webhook = Webhook.objects.create(client=client, url="https://hook.example.se/", types=[], secret="x")
    told, kind = str(initiative.uuid), Change.Kind.INITIATIVE_CHANGED
    change, _new = Change.objects.get_or_create(subject=told, kind=kind, defaults={"path": []})
    delivery = Delivery.objects.create(webhook=webhook, change=change, line=told, dead_at=NOW)
    assert initiative.unit is not None
    return {
        "units": {"code": initiative.unit.code},
        "indicators": {"id": str(outcome.indicator.uuid)},
        "initiatives": {"id": str(initiative.uuid)},
        "outcomes": {"id": str(outcome.uuid)},
        "webhooks": {"id": str(webhook.uuid), "deliveryId": str(delivery.uuid)},
    }


def judge(case: Any, response: Any, headers: dict[str, str], **transport: Any) -> None:
    """By all checks, save that what no schema can tell may be refused though the schema takes it."""
    load_all_checks()
    left_out = CHECKS.get_by_names(["positive_data_acceptance"]) if is_beyond_schemas(response) else []
    case.validate_response(response, headers=headers, excluded_checks=left_out, transport_kwargs=transport)


def is_beyond_schemas(response: Any) -> bool:
    """It was refused for the state of things, or for nothing but a cursor that nobody gave out or two parameters that
    do not go together."""
    if response.status_code != 400:
        return response.status_code in BY_STATE
    violations = response.json()["violations"]
    told = [each["field"] in OPAQUE or TOGETHER in each["message"] for each in violations]
    return bool(told) and all(told)


def test_every_check_there_is_is_made() -> None:
    load_all_checks()
    assert set(CHECKS.get_all_names()) - {"max_response_time"} == CHECKED
    checks = everything.config.checks
    assert {name for name in CHECKED if getattr(checks, name).enabled} == CHECKED


@everything.parametrize()  # type: ignore[untyped-decorator]
@briefly
def test_every_answer_is_documented_whoever_asks(
    case: Any, outcome: Outcome, everybody: dict[str, dict[str, str]], in_turn: Iterator[str]
) -> None:
    for who in ("all", "stranger", next(in_turn)):
        headers = everybody[who]
        judge(case, case.call(headers=headers), headers)


@what_is_asked_for.parametrize()  # type: ignore[untyped-decorator]
@briefly
def test_what_the_specification_allows_is_answered_from_real_rows(
    case: Any, known: dict[str, dict[str, str]], everybody: dict[str, dict[str, str]]
) -> None:
    if case.path_parameters:
        there = known[case.operation.path.split("/")[1]]
        case.path_parameters = {name: there[name] for name in case.path_parameters}
    response = case.call(headers=everybody["all"])
    judge(case, response, everybody["all"])
    gone = {404} if case.method == "DELETE" else set()  # by the example before
    gone |= {404} if OPAQUE & (case.query or {}).keys() else set()  # a place that nobody gave out
    assert response.status_code in ANSWERED | gone or is_beyond_schemas(response)


@pytest.mark.parametrize("who", [*SCOPES, "all"])
def test_what_one_answer_leads_to_is_documented_too(
    outcome: Outcome, everybody: dict[str, dict[str, str]], who: str
) -> None:
    machine: Any = what_is_asked_for.as_state_machine()

    class Sequences(machine):  # type: ignore[misc]  # made by the tool
        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"headers": everybody[who]}

        def validate_response(self, response: Any, case: Any, *more: Any, **named: Any) -> None:
            judge(case, response, everybody[who])

    Sequences.run(settings=settings(briefly, max_examples=SEQUENCES, stateful_step_count=STEPS))
