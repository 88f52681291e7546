"""Tokens of the municipality's own authorisation server: which are taken, whose client they are, how keys follow."""

import datetime as dt
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pytest_django import DjangoAssertNumQueries as Counted

from kommun.clients import issuer_keys
from kommun.clients.access_tokens import InvalidToken, looks_signed, verified
from kommun.clients.issuer_keys import KeysAreAway, keys_at, published
from kommun.models import ApiClient
from tests.builders import NOW, a_unit
from tests.issuer_stand_in import Claims, Issuer, an_issuer, ec_key, hand_made, hs256, public, rsa_key, send

pytestmark = pytest.mark.django_db
KEY, OTHER = rsa_key("first"), rsa_key("second")
AT = int(NOW.timestamp())
TYP = {"typ": "at+jwt", "kid": "k1"}
CLAIMS: Claims = {
    "iss": "https://login.kommun.example",
    "aud": "https://framsteg.kommun.example/api",
    "sub": "stratsys",
    "client_id": "stratsys",
    "scope": "metrics:read measurements:write",
    "jti": "f1",
    "iat": AT,
    "exp": AT + 300,
}


@pytest.fixture
def issuer(settings: Any) -> Iterator[Issuer]:
    with an_issuer() as server:
        server.keys = [public(KEY, "k1"), public(ec_key(), "e1")]
        settings.API_ISSUER, settings.API_AUDIENCE = CLAIMS["iss"], CLAIMS["aud"]
        settings.API_JWKS_URL = server.url
        keys_at.cache_clear()
        yield server


@pytest.fixture
def stratsys() -> ApiClient:
    scopes = "metrics:read initiatives:read"
    row: ApiClient = ApiClient.objects.create(
        client_id="stratsys", unit=a_unit(), allowed_scopes=scopes, requests_per_minute=60
    )
    return row


def token(key: Any = KEY, algorithm: str = "RS256", headers: Claims | None = None, **claims: Any) -> str:
    """A claim that is None is left out, and so is such a header."""
    said = {name: value for name, value in (CLAIMS | claims).items() if value is not None}
    header = {name: value for name, value in (TYP | (headers or {})).items() if value is not None or name == "typ"}
    return jwt.encode(said, key, algorithm=algorithm, headers=header)


def test_a_token_says_who_calls_and_how_far_it_reaches(
    issuer: Issuer, stratsys: ApiClient, django_assert_num_queries: Counted
) -> None:
    with django_assert_num_queries(0):
        found = verified(token(), now=NOW)
    assert (found.client_id, found.scopes) == ("stratsys", {"metrics:read", "measurements:write"})
    assert found.expires_at == NOW + dt.timedelta(seconds=300)


@pytest.mark.parametrize(
    "made",
    [
        {"algorithm": "PS256"},
        {"key": ec_key(), "algorithm": "ES256", "headers": {"kid": "e1"}},
        {"headers": {"typ": "application/at+JWT"}},
        {"aud": ["https://elsewhere.example", CLAIMS["aud"]]},
        {"client_id": None, "azp": "stratsys"},
        {"azp": "stratsys"},
        {"iat": AT + 60},
        {"exp": AT - 59},
        {"nbf": AT + 60},
        {"exp": AT + 299.5},
        {"key": KEY, "headers": {"jku": "http://127.0.0.1:1/keys", "jwk": public(OTHER), "x5u": "http://127.0.0.1:1/"}},
    ],
)
def test_taken(issuer: Issuer, stratsys: ApiClient, made: dict[str, Any]) -> None:
    assert verified(token(**made), now=NOW).client_id == stratsys.client_id


@pytest.mark.parametrize(
    ("made", "why"),
    [
        ({"iss": "https://login.kommun.example/"}, "it is of another issuer"),
        ({"aud": "https://framsteg.kommun.example"}, "it is meant for others"),
        ({"aud": []}, "the claim aud is missing"),
        ({"aud": [1]}, "the claim aud is missing"),
        ({"aud": None}, "the claim aud is missing"),
        ({"iss": None}, "the claim iss is missing"),
        ({"sub": None}, "the claim sub is missing"),
        ({"jti": None}, "the claim jti is missing"),
        ({"jti": ""}, "the claim jti is missing"),
        ({"scope": None}, "the claim scope is missing"),
        ({"scope": ["metrics:read"]}, "the claim scope is missing"),
        ({"iat": None}, "the claim iat is missing"),
        ({"iat": True}, "the claim iat is missing"),
        ({"exp": None}, "the claim exp is missing"),
        ({"exp": "9999999999"}, "the claim exp is missing"),
        ({"exp": float("inf")}, "the claim exp is missing"),
        ({"exp": float("nan")}, "the claim exp is missing"),
        ({"exp": 1e300}, "it never expires"),
        ({"exp": AT - 60}, "it has expired"),
        ({"iat": AT + 61}, "it is of the future"),
        ({"nbf": AT + 61}, "it is of the future"),
        ({"client_id": None}, "it names no client"),
        ({"azp": "another"}, "it names no client"),
        ({"client_id": "strat\0sys"}, "the claim client_id is missing"),
        ({"headers": {"typ": "JWT"}}, "it is no access token"),
        ({"headers": {"typ": None}}, "it is no access token"),
        ({"headers": {"typ": "at+jwt-not"}}, "it is no access token"),
        ({"headers": {"crit": ["exp"]}}, "it is no JWT"),
        ({"headers": {"crit": []}}, "it is no JWT"),
        ({"key": OTHER}, "the signature does not hold"),
        ({"key": OTHER, "headers": {"jwk": public(OTHER), "kid": "k1"}}, "the signature does not hold"),
        ({"key": OTHER, "headers": {"jwk": public(OTHER, "k2"), "kid": "k2"}}, "no key fits"),
        ({"headers": {"kid": "unknown"}}, "no key fits"),
        ({"headers": {"kid": "e1"}}, "no key fits"),
        ({"algorithm": "RS384"}, "the algorithm is not one of ours"),
        ({"key": ec_key("p384", ec.SECP384R1), "algorithm": "ES384"}, "the algorithm is not one of ours"),
    ],
)  # fmt: skip
def test_refused(issuer: Issuer, stratsys: ApiClient, made: dict[str, Any], why: str) -> None:
    with pytest.raises(InvalidToken) as refused:
        verified(token(**made), now=NOW)
    assert str(refused.value) == why


PEM = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
HS, NONE = {"alg": "HS256", **TYP}, {"alg": "none", **TYP}
GOOD = token()
HEAD, BODY, SIGNATURE = GOOD.split(".")


@pytest.mark.parametrize(
    "made",
    [
        hand_made(NONE, CLAIMS),
        hand_made({"alg": "None", **TYP}, CLAIMS),
        hand_made({"alg": ["RS256"], **TYP}, CLAIMS),
        hand_made(TYP, CLAIMS),
        f"{HEAD}.{BODY}.",
        f"{HEAD}.{BODY}.{SIGNATURE[:-4]}AAAA",
        hs256(HS, CLAIMS, PEM),
        hs256(HS, CLAIMS, PEM.strip()),
        hs256(HS, CLAIMS, json.dumps(public(KEY, "k1")).encode()),
        hs256({"alg": "RS256", **TYP}, CLAIMS, PEM),
        hand_made({"alg": "RS256", "b64": False, **TYP}, CLAIMS),
        hand_made({"alg": "RS256", "crit": ["b64"], "b64": True, **TYP}, CLAIMS),
        hand_made({"alg": "RS256", "typ": 1}, CLAIMS),
        hand_made({"alg": "RS256", "typ": "at+jwt", "kid": 1}, CLAIMS),
        hand_made({"alg": "RS256", **TYP}, ["a list"]),
        hand_made({"alg": "RS256", **TYP}, b"no json"),
        hand_made({"alg": "RS256", **TYP}, b"[" * 5000),
        "eyJ..",
        "eyJ.å.x",
        GOOD + "A" * 9000,
        GOOD + "." + SIGNATURE,
        "",
    ],
)
def test_what_is_made_by_hand_is_refused(issuer: Issuer, stratsys: ApiClient, made: str) -> None:
    with pytest.raises(InvalidToken):
        verified(made, now=NOW)


def test_what_is_refused_at_sight_asks_nobody_for_keys(issuer: Issuer) -> None:
    for made in (hand_made(NONE, CLAIMS), token(iss="https://evil.example"), token(exp=AT - 3600)):
        with pytest.raises(InvalidToken):
            verified(made, now=NOW)
    assert issuer.asked == 0


def test_only_what_has_the_form_is_looked_at_as_signed() -> None:
    assert [looks_signed(each) for each in (GOOD, "opaque", "eyJhbGciOi", "a.b.c", "")] == [True, *[False] * 4]


def test_no_such_token_is_taken_where_none_is_set(issuer: Issuer, stratsys: ApiClient, settings: Any) -> None:
    for name in ("API_ISSUER", "API_AUDIENCE", "API_JWKS_URL"):
        kept = getattr(settings, name)
        setattr(settings, name, "")
        with pytest.raises(InvalidToken, match="there is no other authorisation server"):
            verified(token(iss="", aud=""), now=NOW)
        setattr(settings, name, kept)
    assert issuer.asked == 0


def test_a_token_without_a_kid_is_held_to_the_only_key_that_fits(issuer: Issuer, stratsys: ApiClient) -> None:
    assert verified(token(headers={"kid": None}), now=NOW).client_id == stratsys.client_id
    issuer.keys.append(public(OTHER, "k2"))
    keys_at.cache_clear()
    with pytest.raises(InvalidToken, match="no key fits"):
        verified(token(headers={"kid": None}), now=NOW)


def later(**delta: float) -> dt.datetime:
    return NOW + dt.timedelta(**delta)


def is_taken(made: str, at: dt.datetime) -> bool:
    try:
        verified(made, now=at)
    except InvalidToken:
        return False
    return True


def test_keys_are_asked_for_once_in_ten_minutes(issuer: Issuer) -> None:
    long = token(exp=AT + 3600)
    taken = [is_taken(long, later(seconds=second)) for second in (0, 1, 599)]
    assert (taken, issuer.asked) == ([True] * 3, 1)
    assert (is_taken(long, later(seconds=600)), issuer.asked) == (True, 2)


def test_a_new_key_is_known_as_soon_as_it_signs_and_an_old_one_dies_with_the_next_asking(issuer: Issuer) -> None:
    old, new = token(exp=AT + 3600), token(OTHER, headers={"kid": "k2"}, exp=AT + 3600)
    assert is_taken(old, NOW)
    issuer.keys = [public(KEY, "k1"), public(OTHER, "k2")]
    assert [is_taken(each, later(seconds=30)) for each in (new, old)] == [True, True]
    issuer.keys = [public(OTHER, "k2")]
    assert [is_taken(each, later(seconds=31)) for each in (new, old)] == [True, True]
    assert [is_taken(each, later(seconds=630)) for each in (new, old)] == [True, False]
    assert issuer.asked == 3


def test_made_up_kids_ask_the_server_once_in_thirty_seconds(issuer: Issuer) -> None:
    for number in range(300):
        assert not is_taken(token(headers={"kid": f"made up {number}"}, exp=AT + 3600), later(seconds=number / 10))
    assert issuer.asked == 1
    assert not is_taken(token(headers={"kid": "made up"}), later(seconds=31))
    assert issuer.asked == 2


def is_away(handler: BaseHTTPRequestHandler) -> None:
    send(handler, b"", status=503)


def test_keys_hold_for_a_day_while_the_server_is_away(issuer: Issuer) -> None:
    long = token(exp=AT + 3 * 86_400)
    assert is_taken(long, NOW)
    issuer.answers = [is_away] * 9
    assert [is_taken(long, later(hours=hour)) for hour in (1, 23.9)] == [True, True]
    with pytest.raises(KeysAreAway):
        verified(long, now=later(hours=24))
    issuer.answers = []
    with pytest.raises(KeysAreAway):
        verified(long, now=later(hours=24, seconds=29))
    assert is_taken(long, later(hours=24, seconds=30))


def test_without_any_key_ever_nothing_is_judged(issuer: Issuer) -> None:
    issuer.answers = [is_away]
    for second in (0, 29):
        with pytest.raises(KeysAreAway):
            verified(token(), now=later(seconds=second))
    assert issuer.asked == 1
    assert is_taken(token(), later(seconds=30))


def redirects(handler: BaseHTTPRequestHandler) -> None:
    send(handler, b"", status=302, Location="/elsewhere")


def says_too_much(handler: BaseHTTPRequestHandler) -> None:
    send(handler, b" " * 262_145)


def says_nonsense(handler: BaseHTTPRequestHandler) -> None:
    send(handler, b"<html>")


def says_nothing(handler: BaseHTTPRequestHandler) -> None:
    send(handler, b'{"keys": []}')


def has_only_weak_keys(handler: BaseHTTPRequestHandler) -> None:
    weak = [public(rsa_key("weak", 1024), "w"), public(KEY, "enc", use="enc"), {"kty": "oct", "k": "AAAA"}, 7]
    send(handler, json.dumps({"keys": weak}).encode())


@pytest.mark.parametrize("trouble", [redirects, says_too_much, says_nonsense, says_nothing, has_only_weak_keys])
def test_an_answer_without_use_leaves_the_old_keys_in_force(issuer: Issuer, trouble: Any) -> None:
    long = token(exp=AT + 3600)
    assert is_taken(long, NOW)
    issuer.answers = [trouble]
    assert is_taken(long, later(minutes=11))
    assert issuer.asked == 2


def drips_its_body(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    drips(handler, b" ")


def drips_its_headers(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    drips(handler, b"x")


def drips(handler: BaseHTTPRequestHandler, drop: bytes) -> None:
    """Until the other end is gone."""
    with suppress(OSError):
        while True:
            handler.wfile.write(drop)
            handler.wfile.flush()
            time.sleep(0.02)


@pytest.mark.parametrize("trouble", [drips_its_body, drips_its_headers])
def test_a_server_that_drips_is_left(issuer: Issuer, monkeypatch: pytest.MonkeyPatch, trouble: Any) -> None:
    ended = threading.Event()

    def until_it_is_left(handler: BaseHTTPRequestHandler) -> None:
        trouble(handler)
        ended.set()

    monkeypatch.setattr(issuer_keys, "PATIENCE", 0.1)
    issuer.answers = [until_it_is_left]
    with pytest.raises(ValueError, match="too slow"):
        published(issuer.url)
    assert ended.wait(30)  # nothing goes on behind our back


def test_a_server_that_says_nothing_or_cannot_be_looked_up_is_left(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    monkeypatch.setattr(issuer_keys, "PATIENCE", 0.1)

    def says_not_a_word(_handler: BaseHTTPRequestHandler) -> None:
        go_on.wait(30)

    issuer.answers = [says_not_a_word]
    with pytest.raises(ValueError, match="too slow"):
        published(issuer.url)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: go_on.wait(30) and [])
    with pytest.raises(ValueError, match="too slow"):
        published("http://login.kommun.example/")
    go_on.set()


def test_it_takes_no_longer_than_a_web_thread_can_bear() -> None:
    assert (issuer_keys.PATIENCE, issuer_keys.TIMEOUTS) == (3.0, (2.0, 2.0))


def test_no_proxy_and_no_password_of_the_environment_are_used(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: list[str | None] = []

    def looks(handler: BaseHTTPRequestHandler) -> None:
        seen.append(handler.headers["Authorization"])
        send(handler, json.dumps({"keys": issuer.keys}).encode())

    (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with an_issuer() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.setenv("no_proxy", "")
        issuer.answers = [looks]
        assert len(published(issuer.url)) == 2
        assert (seen, proxy.asked) == ([None], 0)


def test_while_one_asks_the_others_go_by_what_they_have(issuer: Issuer) -> None:
    long, seen = token(exp=AT + 3600), []
    assert is_taken(long, NOW)

    def asks_meanwhile(handler: BaseHTTPRequestHandler) -> None:
        seen.append(is_taken(long, later(minutes=11)))
        send(handler, json.dumps({"keys": [public(KEY, "k1"), public(OTHER, "k2")]}).encode())

    issuer.answers = [asks_meanwhile]
    assert is_taken(long, later(minutes=11))
    assert is_taken(token(OTHER, headers={"kid": "k2"}, exp=AT + 3600), later(minutes=11))  # who asked had an answer
    assert (seen, issuer.asked) == ([True], 2)
