"""How a token is shown and refused (RFC 6750), tokens that another server has signed, and a real OAuth client."""

import datetime as dt
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import jwt
import pytest
from django.utils import timezone
from oauthlib.oauth2 import BackendApplicationClient
from oauthlib.oauth2.rfc6749.errors import InvalidClientError, InvalidScopeError
from pytest_django import DjangoAssertNumQueries as Counted
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

from kommun.clients.acts import Terms, create, end
from kommun.clients.issuer_keys import keys_at
from kommun.models import ApiCall, ApiClient, Unit
from tests.api.conftest import Check, Machine, make_machine
from tests.builders import a_unit
from tests.issuer_stand_in import Issuer, an_issuer, public, rsa_key, send

pytestmark = pytest.mark.django_db
ISSUER, AUDIENCE = "https://login.kommun.example", "https://framsteg.kommun.example/api"
SCOPES = "metrics:read initiatives:read"


@pytest.fixture
def issuer(settings: Any) -> Iterator[Issuer]:
    with an_issuer() as server:
        server.keys = [public(rsa_key(), "k1")]
        settings.API_ISSUER, settings.API_AUDIENCE, settings.API_JWKS_URL = ISSUER, AUDIENCE, server.url
        keys_at.cache_clear()
        yield server


@pytest.fixture
def school() -> Unit:
    root = a_unit("Åsmåla kommun")
    a_unit("Gatukontoret", root)
    return a_unit("Skolan", root)


@pytest.fixture
def row(school: Unit) -> ApiClient:
    terms = Terms("Stratsys", school, ["metrics:read", "initiatives:read"], None, 600)
    return create(terms, by=None, now=timezone.now(), client_id="stratsys")[0]


def signed(scope: str = SCOPES, lives: float = 300, client_id: str = "stratsys", key: str = "first") -> Machine:
    at = timezone.now().timestamp()
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": client_id, "client_id": client_id, "jti": "x", "scope": scope}
    header = {"typ": "at+jwt", "kid": "k1"}
    return Machine(jwt.encode(claims | {"iat": at, "exp": at + lives}, rsa_key(key), "RS256", headers=header))


def challenge(response: Any) -> str:
    said: str = response.headers.get("WWW-Authenticate", "")
    return said


# --- Tokens of the municipality's own server -----------------------------------------------------------------------


def test_a_signed_token_opens_what_its_client_may_see(issuer: Issuer, row: ApiClient) -> None:
    found = signed().get("/units")
    assert [each["name"] for each in found.json()["units"]] == ["Skolan"]
    assert int(found["RateLimit"].partition("r=")[2].partition(";")[0]) == 599
    assert ApiCall.objects.get().client_id == row.pk


def test_a_signed_token_takes_no_statement_more_than_an_opaque_one(
    issuer: Issuer, row: ApiClient, django_assert_num_queries: Counted
) -> None:
    opaque, by_key = make_machine(), signed()
    for machine in (opaque, by_key):
        machine.get("/units")
        with django_assert_num_queries(3):
            assert machine.get("/units").status_code == 200


def test_it_opens_no_more_than_both_its_scopes_and_the_clients(
    issuer: Issuer, row: ApiClient, is_problem: Check
) -> None:
    machine = signed("metrics:read measurements:write")
    assert machine.get("/metrics").status_code == 200
    is_problem(machine.get("/initiatives"), 403)
    is_problem(machine.post("/outcomes/4b0e5f3c-6a39-4f2f-8d3a-5f8f3a1f9a11/measurements", {}), 403)


@pytest.mark.parametrize("made", [{"key": "second"}, {"lives": -120}, {"client_id": "nobody"}])
def test_what_does_not_hold_is_an_invalid_token(
    issuer: Issuer, row: ApiClient, is_problem: Check, made: dict[str, Any]
) -> None:
    response = signed(**made).get("/units")
    is_problem(response, 401)
    assert 'error="invalid_token"' in challenge(response)


def test_that_of_an_ended_client_is_dead_at_once(issuer: Issuer, row: ApiClient, is_problem: Check) -> None:
    assert signed().get("/units").status_code == 200
    end(row, by=None, now=timezone.now())
    is_problem(signed().get("/units"), 401)


def test_while_no_keys_can_be_had_the_caller_is_asked_to_wait(
    issuer: Issuer, row: ApiClient, is_problem: Check
) -> None:
    def is_away(handler: BaseHTTPRequestHandler) -> None:
        send(handler, b"", status=503)

    issuer.answers = [is_away]
    response = signed().get("/units")
    is_problem(response, 503)
    assert (response["Retry-After"], challenge(response)) == ("30", "")
    assert make_machine().get("/units").status_code == 200


# --- RFC 6750 ------------------------------------------------------------------------------------------------------


def test_without_a_token_no_error_is_named(anybody: Machine, is_problem: Check) -> None:
    response = anybody.get("/units")
    is_problem(response, 401)
    assert challenge(response) == 'Bearer realm="framsteg"'


def test_too_little_scope_names_the_scope_that_is_needed(is_problem: Check) -> None:
    response = make_machine(scopes="measurements:write").get("/metrics")
    is_problem(response, 403)
    assert challenge(response) == 'Bearer realm="framsteg", error="insufficient_scope", scope="metrics:read"'


@pytest.mark.parametrize("header", ["Bearer a b", "Bearer a,Bearer b", "bearer {token} {token}", "Bearer {token}, x"])
def test_a_header_with_several_tokens_is_an_invalid_request(header: str, machine: Machine, is_problem: Check) -> None:
    response = machine.get("/units", {"Authorization": header.format(token=machine.token)})
    is_problem(response, 400)
    assert challenge(response).startswith('Bearer realm="framsteg", error="invalid_request"')


def test_two_ways_at_once_are_an_invalid_request(machine: Machine, is_problem: Check) -> None:
    response = machine.get("/units", access_token=machine.token)
    is_problem(response, 400)
    assert challenge(response).startswith('Bearer realm="framsteg", error="invalid_request"')


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_known_in_any_case(scheme: str, machine: Machine, anybody: Machine) -> None:
    assert anybody.get("/units", {"Authorization": f"{scheme} {machine.token}"}).status_code == 200


# --- As a library that we did not write ----------------------------------------------------------------------------


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> tuple[ApiClient, str]:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # the test server has no TLS
    return create(Terms("Kund", None, SCOPES.split(), None, 600), by=None, now=timezone.now())


def session(row: ApiClient, scope: str | None = None) -> OAuth2Session:
    return OAuth2Session(client=BackendApplicationClient(client_id=row.client_id, scope=scope and scope.split()))


def test_a_client_by_requests_oauthlib_gets_a_token_and_calls(known: tuple[ApiClient, str], live_server: Any) -> None:
    row, secret = known
    url = f"{live_server.url}/oauth/token"
    for way in ({"auth": HTTPBasicAuth(row.client_id, secret)}, {"client_secret": secret, "include_client_id": True}):
        with session(row) as caller:
            token = caller.fetch_token(url, timeout=20, **way)
            assert (token["scope"], token["token_type"], token["expires_in"]) == (SCOPES.split(), "Bearer", 300)
            assert caller.get(f"{live_server.url}/api/v1/units", timeout=20).status_code == 200


def test_it_understands_how_it_is_refused(known: tuple[ApiClient, str], live_server: Any) -> None:
    row, secret = known
    url = f"{live_server.url}/oauth/token"
    with session(row) as caller, pytest.raises(InvalidClientError):
        caller.fetch_token(url, auth=HTTPBasicAuth(row.client_id, "wrong"), timeout=20)
    with session(row, "measurements:write") as caller, pytest.raises(InvalidScopeError):
        caller.fetch_token(url, auth=HTTPBasicAuth(row.client_id, secret), timeout=20)


def test_a_token_lives_for_five_minutes(row: ApiClient, is_problem: Check) -> None:
    machine = make_machine(expires=timezone.now() + dt.timedelta(seconds=300))
    assert machine.get("/units").status_code == 200
