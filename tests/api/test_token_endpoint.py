"""/oauth/token: how a client proves itself, by either of its secrets or by what it signs, and what it gets."""

import base64
import datetime as dt
import json
import secrets
import threading
from typing import Any

import jwt
import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import AccessToken

from kommun.clients.acts import Terms, add_secret, create, end, end_secret, set_keys
from kommun.clients.expiring import take_away_expired
from kommun.models import ApiClient, ClientSecret, UsedAssertion
from tests.api.conftest import Machine
from tests.issuer_stand_in import ec_key, hand_made, hs256, public, rsa_key

pytestmark = pytest.mark.django_db
READS = ["metrics:read", "initiatives:read"]
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Known:
    """A client as its owner knows it."""

    def __init__(self) -> None:
        terms = Terms("Qlik", None, READS, None, 600)
        self.row, self.secret = create(terms, by=None, now=timezone.now(), client_id="qlik")

    def ask(self, secret: str | None = None, name: str = "qlik", **form: str) -> Any:
        credentials = f"{name}:{self.secret if secret is None else secret}"
        return ask({"Authorization": f"Basic {base64.b64encode(credentials.encode()).decode()}"}, **form)


def ask(headers: dict[str, str] | None = None, /, **form: str) -> Any:
    client = Client(raise_request_exception=False)
    return client.post("/oauth/token", {"grant_type": "client_credentials"} | form, headers=headers or {})


def told(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["error"]


REFUSED = (401, "invalid_client")


@pytest.fixture
def qlik() -> Known:
    return Known()


def test_client_gets_a_token_of_five_minutes_for_all_that_it_is_allowed(qlik: Known) -> None:
    response = qlik.ask()
    body = response.json()
    assert {name: body[name] for name in body if name != "access_token"} == {
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "metrics:read initiatives:read",
    }
    assert (response["Content-Type"], response["Cache-Control"], response["Pragma"]) == (
        "application/json", "no-store", "no-cache",
    )  # fmt: skip
    assert Machine(body["access_token"]).get("/initiatives").status_code == 200


def good_tokens(qlik: Known, number: int, *, seconds: int) -> None:
    expires = timezone.now() + dt.timedelta(seconds=seconds)
    for _ in range(number):
        token = secrets.token_hex()
        AccessToken.objects.create(application=qlik.row, token=token, expires=expires, scope="metrics:read")


def test_client_with_sixty_good_tokens_waits_until_some_have_expired(qlik: Known) -> None:
    other, secret = create(Terms("Annan", None, READS, None, 600), by=None, now=timezone.now(), client_id="annan")
    good_tokens(qlik, 5, seconds=-1)
    good_tokens(qlik, 20, seconds=100)
    good_tokens(qlik, 39, seconds=200)
    assert qlik.ask().status_code == 200
    response = qlik.ask()
    assert (response.status_code, response.json()) == (
        429,
        {
            "error": "temporarily_unavailable",
            "error_description": "60 tokens are still good. Use one of them, or wait until some have expired.",
        },
    )
    assert 90 < int(response["Retry-After"]) <= 100
    assert (response["Content-Type"], response["Cache-Control"]) == ("application/json", "no-store")
    assert told(qlik.ask("wrong")) == REFUSED
    assert ask(client_id=other.client_id, client_secret=secret).status_code == 200
    good_tokens(qlik, 10, seconds=200)  # as many at once may have come through
    assert 90 < int(qlik.ask()["Retry-After"]) <= 100
    AccessToken.objects.filter(application=qlik.row, expires__lt=timezone.now() + dt.timedelta(seconds=101)).delete()
    assert qlik.ask().status_code == 200


def test_client_may_send_its_secret_in_the_body(qlik: Known) -> None:
    assert ask(client_id="qlik", client_secret=qlik.secret).json()["token_type"] == "Bearer"


def test_secret_and_token_are_stored_as_checksums_alone(qlik: Known) -> None:
    token = qlik.ask().json()["access_token"]
    assert token not in str(AccessToken.objects.values().get())
    kept = str([ApiClient.objects.values().get(), ClientSecret.objects.values().get()])
    assert qlik.secret not in kept and qlik.secret[:-4] not in kept


def test_two_secrets_work_side_by_side_and_an_ended_one_does_not(qlik: Known) -> None:
    second = add_secret(qlik.row, by=None, now=timezone.now())
    assert [qlik.ask(secret).status_code for secret in (qlik.secret, second)] == [200, 200]
    end_secret(qlik.row.secrets.get(place=1), by=None, now=timezone.now())
    assert [qlik.ask(secret).status_code for secret in (qlik.secret, second)] == [401, 200]


def test_a_secret_works_until_the_moment_it_expires(qlik: Known) -> None:
    expires_at = timezone.now() + dt.timedelta(hours=1)
    add_secret(qlik.row, by=None, now=timezone.now(), former_ends_at=expires_at)
    assert qlik.ask().status_code == 200
    past = {"created_at": timezone.now() - dt.timedelta(2), "expires_at": timezone.now() - dt.timedelta(seconds=1)}
    qlik.row.secrets.filter(place=1).update(**past)
    assert told(qlik.ask()) == REFUSED


def test_use_of_a_secret_is_noted_to_the_minute(qlik: Known) -> None:
    qlik.ask("framsteg_wrong")
    assert qlik.row.secrets.get().last_used_at is None
    qlik.ask()
    first = qlik.row.secrets.get().last_used_at
    qlik.ask()
    assert first is not None and qlik.row.secrets.get().last_used_at == first
    qlik.row.secrets.update(last_used_at=first - dt.timedelta(seconds=61))
    qlik.ask()
    assert qlik.row.secrets.get().last_used_at > first


def test_an_ended_client_gets_none_whatever_it_shows(signer: Known) -> None:
    qlik, token = signer, signer.ask().json()["access_token"]
    assert show(assertion()).status_code == 200
    end(qlik.row, by=None, now=timezone.now())
    assert not AccessToken.objects.exists()
    assert Machine(token).get("/units").status_code == 401
    assert [told(qlik.ask()), told(show(assertion()))] == [REFUSED, REFUSED]


def test_client_gets_no_scope_that_it_is_not_allowed(qlik: Known) -> None:
    assert told(qlik.ask(scope="measurements:write")) == (400, "invalid_scope")
    assert qlik.ask(scope="metrics:read").json()["scope"] == "metrics:read"


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"secret": "wrong"}, 401, "invalid_client"),
        ({"secret": ""}, 401, "invalid_client"),
        ({"secret": "x" * 100_000}, 401, "invalid_client"),
        ({"name": "nobody"}, 401, "invalid_client"),
        ({"name": "no\0body"}, 401, "invalid_client"),
        ({"name": "n" * 300}, 401, "invalid_client"),
        ({"client_id": "another"}, 401, "invalid_client"),
        ({"client_secret": "and this"}, 400, "invalid_request"),
        ({"client_assertion": "and.this.too", "client_assertion_type": TYPE}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, 400, "unsupported_grant_type"),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:device_code"}, 400, "unsupported_grant_type"),
        ({"scope": "nonsense"}, 400, "invalid_scope"),
        ({"scope": "\0"}, 400, "invalid_request"),
    ],
)
def test_refused_token_is_told_as_oauth_has_it(qlik: Known, form: dict[str, str], status: int, error: str) -> None:
    response = qlik.ask(**form)
    assert told(response) == (status, error)
    assert response["Content-Type"] == "application/json"
    assert response.headers.get("WWW-Authenticate") == ('Basic realm="Framsteg"' if status == 401 else None)


@pytest.mark.parametrize("header", ["Basic", "Basic !", "Basic cWxpaw==", "Basic /w==", "Bearer qlik", "basic Og=="])
def test_broken_credentials_prove_nothing(qlik: Known, header: str) -> None:
    assert told(ask({"Authorization": header})) == REFUSED


def test_without_credentials_there_is_no_token(qlik: Known) -> None:
    assert [told(ask()), told(ask(client_id="qlik")), told(ask(client_id="qlik", client_secret=""))] == [REFUSED] * 3


def test_the_scheme_is_known_in_any_case_and_credentials_are_form_encoded(qlik: Known) -> None:
    ApiClient.objects.update(client_id="qlik sense")
    credentials = base64.b64encode(f"qlik+sense:{qlik.secret.replace('_', '%5F')}".encode()).decode()
    assert ask({"Authorization": f"bAsIc {credentials}"}).status_code == 200


def test_nothing_is_read_from_the_address_and_nothing_may_be_said_twice(qlik: Known) -> None:
    form = {"grant_type": "client_credentials", "client_id": "qlik"}
    client = Client()
    assert told(client.post(f"/oauth/token?client_secret={qlik.secret}", form)) == (400, "invalid_request")
    twice = f"grant_type=client_credentials&client_id=qlik&client_secret={qlik.secret}&client_secret=x"
    response = client.post("/oauth/token", twice, content_type="application/x-www-form-urlencoded")
    assert told(response) == (400, "invalid_request")


def test_token_is_only_asked_for_by_post(qlik: Known) -> None:
    response = Client().get("/oauth/token")
    assert (response.status_code, response["Allow"], response.json()) == (405, "POST", {"error": "invalid_request"})


def test_a_secret_of_earlier_days_works_by_its_slow_checksum(qlik: Known) -> None:
    slow = "argon2$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$"
    ClientSecret.objects.update(checksum=slow + "x")
    assert told(qlik.ask()) == REFUSED
    from_before = make_password("chosen")
    ClientSecret.objects.update(checksum=from_before)
    assert qlik.ask("chosen").status_code == 200


# --- private_key_jwt (RFC 7523) ------------------------------------------------------------------------------------


def jwks(*keys: dict[str, Any]) -> str:
    listed = keys or (public(rsa_key(), "r1"), public(ec_key(), "e1"))
    return json.dumps({"keys": [*listed]})


@pytest.fixture
def signer(qlik: Known, settings: Any) -> Known:
    settings.BASE_URL = "https://framsteg.kommun.example"
    set_keys(qlik.row, jwks(), by=None, now=timezone.now())
    return qlik


_number = iter(range(10**9))


def claims(**changed: Any) -> dict[str, Any]:
    at = timezone.now().timestamp()
    said = {"iss": "qlik", "sub": "qlik", "aud": "https://framsteg.kommun.example/oauth/token", "exp": at + 300}
    said |= {"jti": f"j{next(_number)}"} | changed
    return {name: value for name, value in said.items() if value is not None}


def assertion(key: Any = None, algorithm: str = "RS256", kid: str = "r1", typ: str | None = None, **said: Any) -> str:
    return jwt.encode(claims(**said), key or rsa_key(), algorithm=algorithm, headers={"kid": kid, "typ": typ})


def show(made: str, **form: str) -> Any:
    return ask(None, **{"client_assertion_type": TYPE, "client_assertion": made} | form)


def seconds(ahead: float) -> float:
    return timezone.now().timestamp() + ahead


def test_client_proves_itself_by_its_signature(signer: Known) -> None:
    assert show(assertion()).json()["scope"] == "metrics:read initiatives:read"


@pytest.mark.parametrize(
    "made",
    [
        {"algorithm": "PS256"},
        {"key": ec_key(), "algorithm": "ES256", "kid": "e1"},
        {"aud": "https://framsteg.kommun.example"},
        {"aud": ["https://framsteg.kommun.example/oauth/token", "https://framsteg.kommun.example"]},
        {"typ": "JWT"},
        {"typ": "client-authentication+jwt"},
    ],
)
def test_taken(signer: Known, made: dict[str, Any]) -> None:
    assert show(assertion(**made)).status_code == 200


@pytest.mark.parametrize(
    "made",
    [
        {"key": rsa_key("second")},
        {"kid": "e1"},
        {"kid": "unknown"},
        {"iss": "another"},
        {"sub": "another"},
        {"iss": "another", "sub": "another"},
        {"iss": None},
        {"sub": None},
        {"aud": None},
        {"aud": "https://elsewhere.example/oauth/token"},
        {"aud": ["https://framsteg.kommun.example", "https://elsewhere.example"]},
        {"exp": None},
        {"jti": None},
        {"jti": ""},
        {"typ": "at+jwt"},
        {"algorithm": "RS512"},
    ],
)
def test_refused(signer: Known, made: dict[str, Any]) -> None:
    assert told(show(assertion(**made))) == REFUSED


@pytest.mark.parametrize(("ahead", "status"), [(-70, 401), (-50, 200), (595, 200), (605, 401), (86_400, 401)])
def test_it_holds_for_ten_minutes_at_most(signer: Known, ahead: float, status: int) -> None:
    assert show(assertion(exp=seconds(ahead))).status_code == status


def test_what_is_of_the_future_is_refused(signer: Known) -> None:
    assert [show(assertion(iat=seconds(ahead))).status_code for ahead in (50, 70)] == [200, 401]
    assert [show(assertion(nbf=seconds(ahead))).status_code for ahead in (50, 70)] == [200, 401]


def test_it_is_good_once_and_by_a_client_of_the_same_jti_too(signer: Known) -> None:
    made = assertion(jti="the same")
    assert [show(made).status_code, told(show(made)), told(show(assertion(jti="the same")))] == [200, REFUSED, REFUSED]
    other, _secret = create(Terms("Annan", None, READS, None, 600), by=None, now=timezone.now(), client_id="other")
    set_keys(other, jwks(), by=None, now=timezone.now())
    assert show(assertion(jti="the same", iss="other", sub="other")).status_code == 200


def test_one_that_is_refused_is_not_used_up(signer: Known) -> None:
    show(assertion(rsa_key("second"), jti="mine"))
    assert not UsedAssertion.objects.exists()
    assert show(assertion(jti="mine")).status_code == 200


def test_confusion_about_the_algorithm_opens_nothing(signer: Known) -> None:
    secret = jwks(public(rsa_key(), "r1")).encode()
    for made in (hand_made({"alg": "none"}, claims()), hs256({"alg": "HS256", "kid": "r1"}, claims(), secret), "x", ""):
        assert told(show(made)) == REFUSED


def test_the_type_is_named_and_the_client_agrees(signer: Known) -> None:
    assert told(ask(client_assertion=assertion())) == REFUSED
    assert told(show(assertion(), client_assertion_type="urn:ietf:params:oauth:client-assertion-type:saml2")) == REFUSED
    assert told(show(assertion(), client_id="another")) == REFUSED
    assert show(assertion(), client_id="qlik").status_code == 200
    assert told(show(assertion(), client_secret=signer.secret)) == (400, "invalid_request")


def test_without_keys_no_signature_proves_anything(signer: Known) -> None:
    set_keys(signer.row, "", by=None, now=timezone.now())
    assert told(show(assertion())) == REFUSED


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_a_key_that_got_in_some_other_way_must_be_fit_too(signer: Known) -> None:
    ApiClient.objects.update(jwks={"keys": [public(rsa_key("weak", 1024), "w")]})
    assert told(show(assertion(rsa_key("weak", 1024), kid="w"))) == REFUSED


@pytest.mark.django_db(transaction=True)
def test_of_many_who_show_the_same_one_at_once_one_gets_a_token(signer: Known) -> None:
    made, answers = assertion(), []
    barrier = threading.Barrier(4)

    def runs() -> None:
        barrier.wait()
        answers.append(show(made).status_code)
        connection.close()

    threads = [threading.Thread(target=runs) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 401, 401, 401]


def test_what_has_expired_is_taken_away_in_three_statements(signer: Known, django_assert_num_queries: Any) -> None:
    for _ in range(3):
        show(assertion(exp=seconds(100)))
    now = timezone.now()
    with django_assert_num_queries(3):
        assert take_away_expired(now=now) == 0
    assert take_away_expired(now=now + dt.timedelta(seconds=150)) == 0
    assert take_away_expired(now=now + dt.timedelta(seconds=165)) == 3
    assert (UsedAssertion.objects.count(), AccessToken.objects.count()) == (0, 3)
    assert take_away_expired(now=now + dt.timedelta(seconds=310)) == 3


# --- What the server says about itself (RFC 8414) ------------------------------------------------------------------


def test_the_server_says_how_tokens_are_had(settings: Any) -> None:
    settings.BASE_URL = "https://framsteg.kommun.example"
    assert Client().get("/.well-known/oauth-authorization-server").json() == {
        "issuer": "https://framsteg.kommun.example",
        "token_endpoint": "https://framsteg.kommun.example/oauth/token",
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        "scopes_supported": ["metrics:read", "initiatives:read", "measurements:write", "webhooks:manage"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256", "PS256", "ES256"],
    }
