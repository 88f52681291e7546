"""A client of the API for tests: a machine with a token, and the rows it may see."""

import datetime as dt
import hashlib
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import AccessToken

from initiatives.api.authentication import SCOPES
from kommun.models import ApiClient, Unit

_number = itertools.count(1)
Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)  # WhiteNoise warns of a missing one as the server loads


@pytest.fixture(autouse=True)
def plain_static_files(settings: Any) -> None:
    """Names of files as they are, since nothing is collected for tests."""
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }


class Machine:
    """Calls the API with one token. A refusal comes back as an answer, also when the server fails."""

    def __init__(self, token: str = "") -> None:
        self.client = Client(raise_request_exception=False)
        self.token = token
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def get(self, path: str, headers: dict[str, str] | None = None, /, **query: Any) -> Any:
        return self.client.get(f"/api/v1{path}", query, headers=self.headers | (headers or {}))

    def post(self, path: str, body: Any, /, headers: dict[str, str] | None = None) -> Any:
        return self.client.post(
            f"/api/v1{path}", body, content_type="application/json", headers=self.headers | (headers or {})
        )


def make_machine(unit: Unit | None = None, scopes: str = " ".join(SCOPES), **fields: Any) -> Machine:
    """A machine bound to `unit`, allowed `scopes`, with a token for all of them."""
    client = ApiClient.objects.create(
        name="A machine",
        client_type=ApiClient.CLIENT_CONFIDENTIAL,
        authorization_grant_type=ApiClient.GRANT_CLIENT_CREDENTIALS,
        unit=unit,
        allowed_scopes=scopes,
        requests_per_minute=1_000_000,
        hash_client_secret=False,  # Argon2 for every test is too slow; the hash has its own test
    )
    token = f"token-{next(_number)}"
    AccessToken.objects.create(
        **{"application": client, "scope": scopes, "expires": timezone.now() + dt.timedelta(hours=1)} | fields,
        token=token,
        token_checksum=hashlib.sha256(token.encode()).hexdigest(),
    )
    return Machine(token)


@pytest.fixture
def machine(db: None) -> Machine:
    """May do everything, everywhere."""
    return make_machine()


@pytest.fixture
def anybody(db: None) -> Machine:
    """Has no token."""
    return Machine()


Check = Callable[[Any, int], dict[str, Any]]


@pytest.fixture
def is_problem() -> Check:
    """Checks that an answer is a whole problem with `status`, and returns it."""

    def check(response: Any, status: int) -> dict[str, Any]:
        assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json")
        problem: dict[str, Any] = response.json()
        assert set(problem) == {"type", "title", "status", "detail", "instance", "violations"}
        assert problem["status"] == status
        assert problem["instance"] == response.wsgi_request.path
        return problem

    return check
