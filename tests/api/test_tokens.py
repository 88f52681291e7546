"""Tokens: how a client gets one, and how far it reaches."""

import base64
import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import AccessToken

from initiatives.api.authentication import SCOPES
from kommun.models import ApiClient
from tests.api.conftest import Check, Machine, make_machine

pytestmark = pytest.mark.django_db
SECRET = "a long secret that nobody guesses"


@pytest.fixture
def client_row() -> ApiClient:
    row: ApiClient = ApiClient.objects.create(
        client_id="qlik",
        client_secret=SECRET,
        client_type=ApiClient.CLIENT_CONFIDENTIAL,
        authorization_grant_type=ApiClient.GRANT_CLIENT_CREDENTIALS,
        allowed_scopes="metrics:read initiatives:read",
    )
    return row


def ask(secret: str = SECRET, name: str = "qlik", **form: str) -> Any:
    basic = base64.b64encode(f"{name}:{secret}".encode()).decode()
    form = {"grant_type": "client_credentials"} | form
    return Client(raise_request_exception=False).post("/oauth/token", form, headers={"Authorization": f"Basic {basic}"})


def test_client_gets_a_token_for_all_that_it_is_allowed(client_row: ApiClient) -> None:
    body = ask().json()
    assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 3600, "metrics:read initiatives:read")
    assert Machine(body["access_token"]).get("/initiatives").status_code == 200


def test_client_may_send_its_secret_in_the_body(client_row: ApiClient) -> None:
    form = {"grant_type": "client_credentials", "client_id": "qlik", "client_secret": SECRET}
    assert Client().post("/oauth/token", form).json()["token_type"] == "Bearer"


def test_secret_and_token_are_stored_as_checksums_alone(client_row: ApiClient) -> None:
    token = ask().json()["access_token"]
    stored = AccessToken.objects.values().get()
    assert client_row.client_secret.startswith("argon2")
    assert token not in str(stored)


def test_client_gets_no_scope_that_it_is_not_allowed(client_row: ApiClient) -> None:
    response = ask(scope="measurements:write")
    assert (response.status_code, response.json()["error"]) == (400, "invalid_scope")
    assert ask(scope="metrics:read").json()["scope"] == "metrics:read"


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"secret": "wrong"}, 401, "invalid_client"),
        ({"name": "nobody"}, 401, "invalid_client"),
        ({"name": "no\0body"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, 400, "unsupported_grant_type"),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:device_code"}, 400, "unsupported_grant_type"),
        ({"scope": "nonsense"}, 400, "invalid_scope"),
        ({"scope": "\0"}, 400, "invalid_request"),
    ],
)
def test_refused_token_is_told_as_oauth_has_it(
    client_row: ApiClient, form: dict[str, str], status: int, error: str
) -> None:
    response = ask(**form)
    assert (response.status_code, response.json()["error"]) == (status, error)
    assert response["Content-Type"] == "application/json"


def test_token_is_only_asked_for_by_post(client_row: ApiClient) -> None:
    response = Client().get("/oauth/token")
    assert (response.status_code, response["Allow"], response.json()) == (405, "POST", {"error": "invalid_request"})


@pytest.mark.parametrize("token", ["unknown", "", "å", "a b"])
def test_unknown_token_is_refused(anybody: Machine, is_problem: Check, token: str) -> None:
    response = anybody.get("/units", {"Authorization": f"Bearer {token}"})
    is_problem(response, 401)
    assert 'error="invalid_token"' in response["WWW-Authenticate"]


def test_expired_token_is_refused(is_problem: Check) -> None:
    expired = make_machine(expires=timezone.now() - dt.timedelta(seconds=1))
    is_problem(expired.get("/units"), 401)


def test_token_in_the_address_is_no_token(machine: Machine, anybody: Machine, is_problem: Check) -> None:
    is_problem(anybody.get("/units", access_token=machine.token), 401)


def test_basic_credentials_are_no_token(client_row: ApiClient, anybody: Machine, is_problem: Check) -> None:
    basic = base64.b64encode(f"qlik:{SECRET}".encode()).decode()
    is_problem(anybody.get("/units", {"Authorization": f"Basic {basic}"}), 401)


NEEDED = {
    "/units": {"metrics:read", "initiatives:read"},
    "/indicators": {"metrics:read", "initiatives:read"},
    "/metrics": {"metrics:read"},
    "/initiatives": {"initiatives:read"},
    "/outcomes": {"initiatives:read"},
}


@pytest.mark.parametrize("path", NEEDED)
def test_only_the_needed_scope_opens(path: str, is_problem: Check) -> None:
    opened = set()
    for scope in SCOPES:
        response = make_machine(scopes=scope).get(path)
        if response.status_code == 200:
            opened.add(scope)
        else:
            is_problem(response, 403)
            assert 'error="insufficient_scope"' in response["WWW-Authenticate"]
    assert opened == NEEDED[path]


def test_scope_taken_from_the_client_is_taken_from_its_tokens(machine: Machine, is_problem: Check) -> None:
    ApiClient.objects.update(allowed_scopes="initiatives:read")
    is_problem(machine.get("/metrics"), 403)
    assert machine.get("/initiatives").status_code == 200
