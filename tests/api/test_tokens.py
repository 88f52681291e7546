"""Tokens: how far one reaches."""

import datetime as dt

import pytest
from django.utils import timezone

from initiatives.api.authentication import SCOPES
from kommun.models import ApiClient
from tests.api.conftest import Check, Machine, make_machine

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("token", ["unknown", "", "å"])
def test_unknown_token_is_refused(anybody: Machine, is_problem: Check, token: str) -> None:
    response = anybody.get("/units", {"Authorization": f"Bearer {token}"})
    is_problem(response, 401)
    assert 'error="invalid_token"' in response["WWW-Authenticate"]


def test_expired_token_is_refused(is_problem: Check) -> None:
    expired = make_machine(expires=timezone.now() - dt.timedelta(seconds=1))
    is_problem(expired.get("/units"), 401)


def test_token_in_the_address_is_no_token(machine: Machine, anybody: Machine, is_problem: Check) -> None:
    is_problem(anybody.get("/units", access_token=machine.token), 401)


def test_basic_credentials_are_no_token(anybody: Machine, is_problem: Check) -> None:
    is_problem(anybody.get("/units", {"Authorization": "Basic cWxpazpzZWNyZXQ="}), 401)


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
