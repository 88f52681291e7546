"""What administrators do with other systems: who may, what becomes of it, and that each act is written down."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.db.models import ProtectedError
from django.utils import timezone
from oauth2_provider.models import AccessToken

from kommun.clients import acts
from kommun.clients.acts import Terms
from kommun.clients.proving import checksum, new_secret, proves
from kommun.clients.refusals import Refused
from kommun.models import ApiClient, ClientAct, Employee, Role, Unit
from tests.builders import NOW, a_manager, a_person, a_unit, assign
from tests.issuer_stand_in import ec_key, private, public, rsa_key

pytestmark = pytest.mark.django_db
LATER = NOW + dt.timedelta(days=1)


@pytest.fixture
def root() -> Unit:
    return a_unit("Åsmåla kommun")


@pytest.fixture
def admin(root: Unit) -> Employee:
    return assign(a_person("Ada", "Berg", unit=root), Role.ADMINISTRATOR, root)


def terms(**changed: Any) -> Terms:
    said = {"name": "Stratsys", "unit": None, "scopes": ["metrics:read"], "responsible": None}
    return Terms(**{**said, "requests_per_minute": 600, **changed})


@pytest.fixture
def client(admin: Employee) -> ApiClient:
    return acts.create(terms(), by=admin, now=NOW)[0]


def written(client: ApiClient) -> list[tuple[str, Any]]:
    return list(client.acts.values_list("kind", "data"))


def good(client: ApiClient, at: dt.datetime = NOW) -> set[int]:
    return {each.place for each in client.secrets.all() if each.ended_at is None and (each.expires_at or at) >= at}


# --- Who may -------------------------------------------------------------------------------------------------------
ACTS: dict[str, Callable[[ApiClient, Employee], object]] = {
    "create": lambda _client, person: acts.create(terms(), by=person, now=NOW),
    "bind": lambda client, person: acts.bind(client, terms(name="Mitt"), by=person, now=NOW),
    "add_secret": lambda client, person: acts.add_secret(client, by=person, now=NOW),
    "end_secret": lambda client, person: acts.end_secret(client.secrets.get(), by=person, now=NOW),
    "set_keys": lambda client, person: acts.set_keys(client, json.dumps(public(ec_key())), by=person, now=NOW),
    "end": lambda client, person: acts.end(client, by=person, now=NOW),
}


@pytest.mark.parametrize("act", ACTS)
def test_only_administrators_of_the_whole_municipality_may(
    act: str, client: ApiClient, root: Unit, admin: Employee
) -> None:
    below = a_unit("Skolan", root)
    former = assign(a_person(ended_on=timezone.localdate() - dt.timedelta(days=1)), Role.ADMINISTRATOR, root)
    strange = [
        a_person(unit=root), a_manager(root), assign(a_person(), Role.ADMINISTRATOR, below),
        assign(a_person(), Role.VIEWER, root), assign(a_person(), Role.CONTROLLER, root), former,
    ]  # fmt: skip
    rows = list(ApiClient.objects.values()), list(client.secrets.values())
    for person in strange:
        with pytest.raises(PermissionDenied):
            ACTS[act](client, person)
    assert (list(ApiClient.objects.values()), list(client.secrets.values())) == rows
    assert ClientAct.objects.count() == 1
    ACTS[act](client, admin)
    latest = ClientAct.objects.latest("pk")
    assert (latest.kind, latest.by, latest.at) == (act, admin, NOW)


@pytest.mark.parametrize("act", [act for act in ACTS if act != "create"])
def test_with_one_that_has_ended_nothing_more_is_done(act: str, client: ApiClient, admin: Employee) -> None:
    acts.end(client, by=admin, now=NOW)
    with pytest.raises(Refused, match="Klienten är avslutad"):
        ACTS[act](client, admin)
    assert [kind for kind, _data in written(client)] == ["create", "end"]


# --- Adding and binding --------------------------------------------------------------------------------------------


def test_a_new_client_gets_a_name_and_a_secret_of_its_own(root: Unit, admin: Employee) -> None:
    eva = a_person("Eva", "Ek")
    wanted = terms(name=" Qlik ", unit=root, scopes=["measurements:write", "metrics:read"], responsible=eva)
    client, secret = acts.create(wanted, by=admin, now=NOW)
    other, another = acts.create(wanted, by=admin, now=NOW)
    assert len({client.client_id, other.client_id, secret, another}) == 4
    kept = client.secrets.get()
    assert (kept.place, kept.hint, kept.checksum, kept.expires_at) == (1, secret[-4:], checksum(secret), None)
    assert (client.name, client.allowed_scopes) == ("Qlik", "metrics:read measurements:write")
    assert written(client) == [("create", {
        "name": "Qlik", "unit": root.code, "scopes": "metrics:read measurements:write",
        "responsible": eva.employee_id, "requests_per_minute": 600,
    })]  # fmt: skip
    assert secret not in str(written(client))


def test_a_secret_has_more_than_256_bits_beside_its_hint() -> None:
    prefix, _, rest = new_secret().partition("_")
    assert (prefix, (len(rest) - 4) * 6 >= 256) == ("framsteg", True)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["metrics:read", "everything"]}, "scopes"),
        ({"requests_per_minute": 0}, "requests_per_minute"),
        ({"requests_per_minute": 100_001}, "requests_per_minute"),
    ],
)
def test_terms_that_do_not_hold_are_refused(
    changed: dict[str, Any], field: str, client: ApiClient, admin: Employee
) -> None:
    for act in (
        lambda: acts.create(terms(**changed), by=admin, now=NOW),
        lambda: acts.bind(client, terms(**changed), by=admin, now=NOW),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.field == field
    assert (ApiClient.objects.count(), ClientAct.objects.count()) == (1, 1)


def test_whom_one_cannot_ask_and_where_nobody_is_cannot_be_chosen_but_may_stay(
    root: Unit, client: ApiClient, admin: Employee
) -> None:
    closed = a_unit("Stängd", root)
    closed.ended_on = NOW.date() - dt.timedelta(days=1)
    closed.save()
    gone = a_person(ended_on=NOW.date() - dt.timedelta(days=1))
    hidden = a_person("", "", is_protected=True, email="")
    for changed in ({"unit": closed}, {"responsible": gone}, {"responsible": hidden}):
        with pytest.raises(Refused) as refused:
            acts.bind(client, terms(**changed), by=admin, now=NOW)
        assert [refused.value.field] == [*changed]
    ApiClient.objects.update(unit=closed, responsible=gone)
    acts.bind(client, terms(unit=closed, responsible=gone, requests_per_minute=7), by=admin, now=NOW)
    assert written(client)[-1] == ("bind", {"requests_per_minute": [600, 7]})


def test_what_was_changed_is_told_with_what_it_was_before(root: Unit, client: ApiClient, admin: Employee) -> None:
    wanted = terms(unit=root, scopes=["metrics:read", "initiatives:read"])
    for _again in range(2):
        acts.bind(client, wanted, by=admin, now=NOW)
    assert written(client)[1:] == [
        ("bind", {"unit": ["", root.code], "scopes": ["metrics:read", "metrics:read initiatives:read"]})
    ]
    client.refresh_from_db()
    assert (client.unit, client.allowed_scopes) == (root, "metrics:read initiatives:read")


def test_two_who_change_at_once_do_not_overwrite_each_other(client: ApiClient, admin: Employee) -> None:
    seen = client.acts.latest("pk").pk
    acts.bind(client, terms(requests_per_minute=10), by=admin, now=NOW, seen=seen)
    with pytest.raises(Refused, match="Någon annan har ändrat"):
        acts.bind(client, terms(requests_per_minute=20), by=admin, now=NOW, seen=seen)
    client.refresh_from_db()
    assert client.requests_per_minute == 10


# --- Secrets -------------------------------------------------------------------------------------------------------


def test_there_are_two_secrets_at_most(client: ApiClient, admin: Employee) -> None:
    second = acts.add_secret(client, by=admin, now=NOW)
    assert good(client) == {1, 2}
    with pytest.raises(Refused, match="två hemligheter"):
        acts.add_secret(client, by=admin, now=NOW)
    assert acts.end_secret(client.secrets.get(place=1), by=admin, now=NOW)
    third = acts.add_secret(client, by=admin, now=NOW)
    assert [proves(each, client=client, now=NOW) for each in (second, third)] == [True, True]
    assert [kind for kind, _data in written(client)] == ["create", "add_secret", "end_secret", "add_secret"]


def test_the_former_one_can_be_given_an_end_and_then_leaves_its_place(client: ApiClient, admin: Employee) -> None:
    second = acts.add_secret(client, by=admin, now=NOW, former_ends_at=LATER)
    assert client.secrets.get(place=1).expires_at == LATER
    assert written(client)[-1] == ("add_secret", {"hint": second[-4:], "former_ends_at": LATER.isoformat()})
    with pytest.raises(Refused):
        acts.add_secret(client, by=admin, now=LATER - dt.timedelta(seconds=1))
    acts.add_secret(client, by=admin, now=LATER)
    assert client.secrets.filter(ended_at=None).count() == 2


def test_an_end_lies_ahead(client: ApiClient, admin: Employee) -> None:
    with pytest.raises(Refused) as refused:
        acts.add_secret(client, by=admin, now=NOW, former_ends_at=NOW)
    assert (refused.value.field, client.secrets.count()) == ("former_ends_on", 1)


def test_a_secret_is_ended_once(client: ApiClient, admin: Employee) -> None:
    secret = client.secrets.get()
    assert [acts.end_secret(secret, by=admin, now=at) for at in (NOW, LATER)] == [True, False]
    secret.refresh_from_db()
    assert (secret.ended_at, len(written(client))) == (NOW, 2)


# --- Public keys ---------------------------------------------------------------------------------------------------


def test_public_keys_replace_those_before(client: ApiClient, admin: Employee) -> None:
    both = {"keys": [public(rsa_key(), "a", use="sig", alg="PS256"), public(ec_key(), "b")]}
    acts.set_keys(client, json.dumps(both), by=admin, now=NOW)
    acts.set_keys(client, json.dumps(both), by=admin, now=NOW)
    client.refresh_from_db()
    assert client.jwks == both
    acts.set_keys(client, json.dumps(public(ec_key(), "b")), by=admin, now=NOW)
    acts.set_keys(client, " ", by=admin, now=NOW)
    client.refresh_from_db()
    assert client.jwks == {}
    assert written(client)[1:] == [("set_keys", {"kids": kids}) for kids in (["a", "b"], ["b"], [])]


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ([private(rsa_key(), "a")], "privat nyckel"),
        ([public(ec_key(), "a"), private(ec_key("second"), "b")], "privat nyckel"),
        ([{"kty": "oct", "k": "AAAA"}], "privat nyckel"),
        ([public(rsa_key("weak", 1024))], "2 048"),
        ([public(rsa_key(), alg="RS512")], "RS256"),
        ([public(rsa_key(), alg="HS256")], "RS256"),
        ([public(ec_key(), alg="RS256")], "RS256"),
        ([public(rsa_key(), use="enc")], "signaturer"),
        ([public(rsa_key(), key_ops=["encrypt"])], "signaturer"),
        ([public(rsa_key(), key_ops="verify")], "signaturer"),
        ([{"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}], "P-256"),
        ([{"kty": "EC", "crv": "P-384", "x": "AAAA", "y": "AAAA"}], "P-256"),
        ([{"kty": ["RSA"]}], "P-256"),
        ([{"kty": "RSA", "n": "", "e": "AQAB"}], "kan inte läsas"),
        ([{"kty": "RSA"}], "kan inte läsas"),
        ([{"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA"}], "kan inte läsas"),
        ([{"kty": "RSA", "n": 1, "e": 2}], "kan inte läsas"),
        ([public(rsa_key(), "a" * 256)], "kan inte läsas"),
        ([7], "kan inte läsas"),
        ([public(rsa_key(), "a"), public(ec_key(), "a")], "kid"),
        ([public(rsa_key()), public(ec_key())], "kid"),
        ([public(ec_key(), str(number)) for number in range(11)], "10"),
        ([], "ingen nyckel"),
    ],
)
def test_a_key_that_is_not_fit_is_refused_and_those_before_stay(
    keys: list[Any], why: str, client: ApiClient, admin: Employee
) -> None:
    ApiClient.objects.update(jwks={"keys": [public(ec_key("before"))]})
    with pytest.raises(Refused, match=why) as refused:
        acts.set_keys(client, json.dumps({"keys": keys}), by=admin, now=NOW)
    client.refresh_from_db()
    assert (refused.value.field, client.jwks) == ("keys", {"keys": [public(ec_key("before"))]})


@pytest.mark.parametrize("text", ["no json", "[", "[" * 100_000, "7", "[]", '{"keys": 7}', '{"keys": {}}'])
def test_what_is_no_set_of_keys_is_refused(text: str, client: ApiClient, admin: Employee) -> None:
    with pytest.raises(Refused):
        acts.set_keys(client, text, by=admin, now=NOW)


# --- Ending --------------------------------------------------------------------------------------------------------


def test_an_ended_client_has_nothing_left_that_works(client: ApiClient, admin: Employee) -> None:
    acts.add_secret(client, by=admin, now=NOW)
    other = acts.create(terms(), by=admin, now=NOW)[0]
    for each in (client, other):
        AccessToken.objects.create(application=each, token=f"t{each.pk}", expires=LATER)
    acts.end(client, by=admin, now=NOW)
    client.refresh_from_db()
    assert (client.ended_at, good(client), client.is_usable(None)) == (NOW, set(), False)
    assert AccessToken.objects.get().application == other
    with pytest.raises(Refused):
        acts.end(client, by=admin, now=LATER)


# --- What was done stays written -----------------------------------------------------------------------------------


@pytest.mark.parametrize("statement", ["UPDATE kommun_clientact SET kind = 'end'", "DELETE FROM kommun_clientact"])
def test_what_was_done_is_only_added_to(statement: str, client: ApiClient) -> None:
    with pytest.raises(DatabaseError, match="history_is_only_added_to"), transaction.atomic():
        connection.cursor().execute(statement)
    with pytest.raises(ProtectedError):
        client.delete()
