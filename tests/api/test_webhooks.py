"""A client keeps its webhooks by itself: it sees its own only, a secret once, and what became of each message."""

import datetime as dt
import re
import uuid
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings
from standardwebhooks import Webhook as Consumer

from initiatives.models import Delivery, Webhook
from initiatives.webhooks.sending import send_waiting
from initiatives.webhooks.signing import decrypted
from initiatives.webhooks.telling import tell
from kommun.models import ApiClient
from tests.api.conftest import Check, Machine, make_machine
from tests.builders import NOW
from tests.webhook_receiver import LOOPBACK, a_change, a_delivery, a_receiver, a_webhook

URL = "https://receiver.example/hooks/framsteg"
DAY = dt.timedelta(days=1)
ROOT = "http://testserver/api/v1"
pytestmark = pytest.mark.django_db


def add(machine: Machine, **body: Any) -> Any:
    return machine.post("/webhooks", {"url": URL} | body)


def mine(machine: Machine) -> ApiClient:
    client: ApiClient = ApiClient.objects.get(accesstoken__token=machine.token)
    return client


def patch(machine: Machine, key: str, body: Any, **headers: str) -> Any:
    headers = machine.headers | {name.replace("_", "-"): value for name, value in headers.items()}
    return machine.client.patch(f"/api/v1/webhooks/{key}", body, content_type="application/json", headers=headers)


def remove(machine: Machine, key: str, **headers: str) -> Any:
    headers = machine.headers | {name.replace("_", "-"): value for name, value in headers.items()}
    return machine.client.delete(f"/api/v1/webhooks/{key}", headers=headers)


def test_a_new_webhook_is_answered_with_where_it_is_and_with_its_secret(machine: Machine) -> None:
    response = add(machine, types=["outcome.changed"], description="Speglar")
    webhook = Webhook.objects.get()
    assert response.status_code == 201
    assert response["Location"] == f"{ROOT}/webhooks/{webhook.uuid}"
    assert (response["ETag"], response["Cache-Control"]) == ('"1"', "no-store")
    body = response.json()
    assert body.pop("secret") == decrypted(webhook.secret)
    assert {body.pop("createdAt"), body.pop("updatedAt")} == {f"{webhook.created_at:%Y-%m-%dT%H:%M:%S.%fZ}"}
    assert body == {
        "id": str(webhook.uuid),
        "url": URL,
        "types": ["outcome.changed"],
        "description": "Speglar",
        "status": "enabled",
        "failingSince": None,
        "disabledAt": None,
        "formerSecretUntil": None,
        "_links": {
            "self": {"href": f"{ROOT}/webhooks/{webhook.uuid}", "rel": "self", "method": "GET"},
            "deliveries": {"href": f"{ROOT}/webhooks/{webhook.uuid}/deliveries", "rel": "related", "method": "GET"},
        },
    }


def test_a_secret_is_told_once_and_by_no_other_answer(machine: Machine) -> None:
    created = add(machine).json()
    key, secret = created["id"], created["secret"]
    patched = patch(machine, key, {"description": "Ny"}, If_Match='"1"')
    answers = [machine.get("/webhooks"), machine.get(f"/webhooks/{key}"), patched]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert not [
        answer for answer in answers if secret in answer.content.decode() or "whsec_" in answer.content.decode()
    ]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"url": "http://receiver.example/"}, ["url"]),
        ({"url": "https://127.0.0.1/"}, ["url"]),
        ({"url": "https://[::ffff:10.0.0.1]/"}, ["url"]),
        ({"url": "https://a:b@receiver.example/"}, ["url"]),
        ({"url": "https://receiver.example:8443/"}, ["url"]),
        ({"url": 5}, ["url"]),
        ({"url": f"https://receiver.example/{'a' * 500}"}, ["url"]),
        ({}, ["url"]),
        ([], [""]),
        ({"url": URL, "types": ["initiative.born"]}, ["types"]),
        ({"url": URL, "types": ["unit.changed", "unit.changed"]}, ["types"]),
        ({"url": URL, "types": [[]]}, ["types"]),
        ({"url": URL, "types": "unit.changed"}, ["types"]),
        ({"url": URL, "description": "a" * 201}, ["description"]),
        ({"url": URL, "description": None}, ["description"]),
        ({"url": URL, "status": "paused"}, ["status"]),
        ({"url": URL, "secret": "whsec_x", "type": []}, ["secret", "type"]),
    ],
)
def test_what_is_wrong_with_a_wish_is_named(
    machine: Machine, is_problem: Check, settings: Settings, body: Any, fields: list[str]
) -> None:
    settings.DEMO, settings.WEBHOOK_ALLOWED_PORTS = False, [443]
    problem = is_problem(machine.post("/webhooks", body), 400)
    assert [each["field"] for each in problem["violations"]] == fields
    assert not Webhook.objects.exists()


def test_a_client_has_at_most_twenty(machine: Machine, is_problem: Check) -> None:
    for _ in range(20):
        a_webhook(mine(machine))
    assert "at most 20" in is_problem(add(machine), 409)["detail"]


def test_a_client_sees_its_own_webhooks_only(machine: Machine) -> None:
    other = make_machine()
    keys = [add(machine).json()["id"] for _ in range(2)]
    add(other)
    listed = machine.get("/webhooks").json()
    assert [each["id"] for each in listed["webhooks"]] == keys
    assert listed["_meta"]["totalRecords"] == 2


CALLS: dict[str, Any] = {
    "read": lambda machine, key: machine.get(f"/webhooks/{key}"),
    "change": lambda machine, key: patch(machine, key, {"description": "Ny"}, If_Match='"1"'),
    "remove": lambda machine, key: remove(machine, key),
    "deliveries": lambda machine, key: machine.get(f"/webhooks/{key}/deliveries"),
    "delivery": lambda machine, key: machine.get(f"/webhooks/{key}/deliveries/{Delivery.objects.first().uuid}"),  # type: ignore[union-attr]  # there is one
    "replay": lambda machine, key: machine.post(f"/webhooks/{key}/replays", {"since": "2020-01-01T00:00:00Z"}),
    "rotate": lambda machine, key: machine.post(f"/webhooks/{key}/secrets", {}),
    "test": lambda machine, key: machine.post(f"/webhooks/{key}/tests", {}),
}


@pytest.mark.parametrize("call", CALLS)
def test_another_clients_webhook_is_not_found(machine: Machine, is_problem: Check, call: str) -> None:
    webhook = a_webhook(mine(make_machine()), URL)
    a_delivery(webhook, now=NOW, dead_at=NOW)
    before = Webhook.objects.values().get(), Delivery.objects.values().get()
    is_problem(CALLS[call](machine, webhook.uuid), 404)
    assert (Webhook.objects.values().get(), Delivery.objects.values().get()) == before


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("key", [uuid.UUID(int=1), "x", "1"])
def test_what_is_not_there_is_not_found(machine: Machine, is_problem: Check, call: str, key: Any) -> None:
    a_delivery(a_webhook(mine(machine)), now=NOW, dead_at=NOW)
    is_problem(CALLS[call](machine, key), 404)


@pytest.mark.parametrize("call", [*CALLS, "list", "add"])
def test_webhooks_are_for_those_who_may_manage_them(is_problem: Check, call: str) -> None:
    reader = make_machine(scopes="initiatives:read metrics:read measurements:write")
    webhook = a_webhook(mine(reader), URL)
    a_delivery(webhook, now=NOW, dead_at=NOW)
    calls = CALLS | {"list": lambda machine, key: machine.get("/webhooks"), "add": lambda machine, key: add(machine)}
    is_problem(calls[call](reader, webhook.uuid), 403)
    is_problem(calls[call](Machine(), webhook.uuid), 401)
    assert Webhook.objects.count() == 1


# --- Changing --------------------------------------------------------------------------------------------------------
def test_a_webhook_is_changed_in_the_version_that_was_read(machine: Machine, is_problem: Check) -> None:
    key = add(machine).json()["id"]
    changed = patch(machine, key, {"status": "paused", "types": ["unit.changed"], "url": f"{URL}/2"}, If_Match='"1"')
    assert (changed.status_code, changed["ETag"]) == (200, '"2"')
    assert {name: changed.json()[name] for name in ("status", "types", "url", "description")} == {
        "status": "paused",
        "types": ["unit.changed"],
        "url": f"{URL}/2",
        "description": "",
    }
    is_problem(patch(machine, key, {"status": "enabled"}, If_Match='"1"'), 412)
    is_problem(patch(machine, key, {"status": "new"}, If_Match='"1"'), 400)  # wrong whatever was read
    is_problem(patch(machine, key, {"status": "enabled"}), 428)
    assert Webhook.objects.get().status == "paused"
    assert patch(machine, key, {"status": "enabled"}, If_Match='"1", "2"')["ETag"] == '"3"'
    assert patch(machine, key, {"description": "Ny"}, If_Match="*")["ETag"] == '"4"'


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, [""]),
        ([], [""]),
        ({"status": "disabled"}, ["status"]),
        ({"status": None}, ["status"]),
        ({"url": "http://127.0.0.1/"}, ["url"]),
        ({"secret": "whsec_x"}, ["secret"]),
    ],
)
def test_what_is_wrong_with_a_change_is_named(
    machine: Machine, is_problem: Check, body: Any, fields: list[str]
) -> None:
    key = add(machine).json()["id"]
    problem = is_problem(patch(machine, key, body, If_Match='"1"'), 400)
    assert [each["field"] for each in problem["violations"]] == fields


def test_a_webhook_that_was_read_compressed_is_changed_by_the_tag_that_came_with_it(machine: Machine) -> None:
    key = add(machine).json()["id"]
    read = machine.get(f"/webhooks/{key}", {"Accept-Encoding": "gzip"})
    assert (read["Content-Encoding"], read["ETag"]) == ("gzip", 'W/"1"')
    assert patch(machine, key, {"description": "Ny"}, If_Match=read["ETag"])["ETag"] == '"2"'
    assert remove(machine, key, If_Match='W/"2"').status_code == 204


def test_a_webhook_that_has_not_changed_is_not_sent_twice(machine: Machine) -> None:
    key = add(machine).json()["id"]
    first = machine.get(f"/webhooks/{key}")
    again = machine.get(f"/webhooks/{key}", {"If-None-Match": first["ETag"]})
    assert (first["ETag"], again.status_code, again.content) == ('"1"', 304, b"")
    patch(machine, key, {"description": "Ny"}, If_Match=first["ETag"])
    assert machine.get(f"/webhooks/{key}", {"If-None-Match": first["ETag"]}).status_code == 200


def test_a_list_that_has_changed_is_sent_anew(machine: Machine) -> None:
    empty = machine.get("/webhooks")
    key = add(machine).json()["id"]
    one = machine.get("/webhooks", {"If-None-Match": empty["ETag"]})
    assert (one.status_code, machine.get("/webhooks", {"If-None-Match": one["ETag"]}).status_code) == (200, 304)
    path = f"/webhooks/{key}/deliveries"
    none = machine.get(path)
    a_delivery(Webhook.objects.get(), now=NOW)
    assert machine.get(path, {"If-None-Match": none["ETag"]}).status_code == 200


def test_a_webhook_is_removed_once(machine: Machine, is_problem: Check) -> None:
    key = add(machine).json()["id"]
    is_problem(remove(machine, key, If_Match='"2"'), 412)
    removed = remove(machine, key, If_Match='"1"')
    assert (removed.status_code, removed.content) == (204, b"")
    is_problem(remove(machine, key), 404)
    key = add(machine).json()["id"]
    assert remove(machine, key).status_code == 204
    assert not Webhook.objects.exists()


def test_a_new_secret_is_told_once_and_the_former_one_is_good_for_a_day(machine: Machine) -> None:
    created = add(machine).json()
    response = machine.post(f"/webhooks/{created['id']}/secrets", {})
    webhook = Webhook.objects.get()
    assert (response.status_code, response["ETag"], response["Cache-Control"]) == (201, '"2"', "no-store")
    assert response["Location"] == f"{ROOT}/webhooks/{webhook.uuid}"
    assert response.json()["secret"] == decrypted(webhook.secret) != created["secret"]
    assert webhook.former_secret_until is not None
    until = f"{webhook.former_secret_until:%Y-%m-%dT%H:%M:%S.%fZ}"
    assert response.json()["formerSecretUntil"] == until
    assert machine.get(f"/webhooks/{created['id']}").json()["formerSecretUntil"] == until
    assert DAY - dt.timedelta(minutes=1) < webhook.former_secret_until - timezone.now() <= DAY


# --- What was sent ---------------------------------------------------------------------------------------------------
def test_what_was_sent_is_listed_with_what_became_of_it(machine: Machine) -> None:
    webhook = a_webhook(mine(machine))
    waiting = a_delivery(webhook, a_change("BYGG-1", kind="unit.changed"), now=NOW)
    columns: dict[str, Any] = {"attempts": 4, "tried_at": NOW, "status_code": 500}
    delivered = a_delivery(webhook, now=NOW, delivered_at=NOW, **columns | {"status_code": 204})
    dead = a_delivery(webhook, now=NOW, dead_at=NOW + DAY, **columns)
    silent = a_delivery(webhook, now=NOW, dead_at=NOW, error="There was no answer in time.", attempts=1)
    listed = machine.get(f"/webhooks/{webhook.uuid}/deliveries").json()["deliveries"]
    assert [each["id"] for each in listed] == [str(each.uuid) for each in (silent, dead, delivered, waiting)]
    assert [each["status"] for each in listed] == ["dead", "dead", "delivered", "waiting"]
    assert [each["statusCode"] for each in listed] == [None, 500, 204, None]
    assert [each["error"] for each in listed] == ["There was no answer in time.", None, None, None]
    assert waiting.change is not None
    at = "2026-11-23T09:00:00.000000Z"
    assert {name: value for name, value in listed[3].items() if name != "_links"} == {
        "id": str(waiting.uuid),
        "eventId": str(waiting.change.uuid),
        "type": "unit.changed",
        "subject": "BYGG-1",
        "status": "waiting",
        "attempts": 0,
        "statusCode": None,
        "error": None,
        "createdAt": at,
        "firstTriedAt": None,
        "nextTryAt": at,
        "deliveredAt": None,
        "deadAt": None,
    }
    assert (listed[1]["nextTryAt"], listed[1]["deadAt"], listed[2]["deliveredAt"]) == (
        None,
        "2026-11-24T09:00:00.000000Z",
        at,
    )
    assert machine.get(listed[3]["_links"]["self"]["href"].removeprefix(ROOT)).json() == listed[3]


def test_deliveries_are_found_by_their_status_and_page_by_page(machine: Machine) -> None:
    webhook = a_webhook(mine(machine))
    rows = [a_delivery(webhook, now=NOW) for _ in range(5)]
    dead = a_delivery(webhook, now=NOW, dead_at=NOW)
    a_delivery(webhook, now=NOW, delivered_at=NOW)
    a_delivery(a_webhook(mine(machine)), now=NOW)
    path = f"/webhooks/{webhook.uuid}/deliveries"
    assert [each["id"] for each in machine.get(path, status="dead").json()["deliveries"]] == [str(dead.uuid)]
    found, address = [], f"{path}?status=waiting&sort=createdAt&limit=2"
    while address:
        page = machine.get(address).json()
        found += [each["id"] for each in page["deliveries"]]
        address = (page["_links"]["next"] or {"href": ""})["href"].removeprefix(ROOT)
    assert found == [str(row.uuid) for row in rows]


def test_what_was_given_up_is_sent_once_more_on_request(machine: Machine, is_problem: Check) -> None:
    webhook = a_webhook(mine(machine))
    old, new, delivered = (
        a_delivery(webhook, now=NOW - DAY, dead_at=NOW),
        a_delivery(webhook, now=NOW, dead_at=NOW),
        a_delivery(webhook, now=NOW, delivered_at=NOW),
    )
    path = f"/webhooks/{webhook.uuid}/replays"
    since = machine.post(path, {"since": "2026-11-23T10:00:00+01:00"})
    assert (since.status_code, since.json()) == (202, {"count": 1})
    assert since["Location"] == f"{ROOT}/webhooks/{webhook.uuid}/deliveries?status=waiting"
    waiting = machine.get(since["Location"].removeprefix(ROOT)).json()["deliveries"]
    assert [each["id"] for each in waiting] == [str(new.uuid)]
    named = machine.post(path, {"deliveryIds": [str(each.uuid) for each in (old, new, delivered)]})
    assert named.json() == {"count": 2}
    wrong: list[Any] = [{}, {"since": "now"}, {"deliveryIds": []}, {"deliveryIds": ["x"]}, {"deliveryIds": "x"}, []]
    for body in wrong:
        is_problem(machine.post(path, body), 400)
    both = {"since": "2026-11-23T09:00:00Z", "deliveryIds": [str(old.uuid)]}
    is_problem(machine.post(path, both), 400)


@pytest.mark.parametrize("call", ["replay", "test"])
def test_a_paused_webhook_is_sent_nothing_on_request(machine: Machine, is_problem: Check, call: str) -> None:
    webhook = a_webhook(mine(machine), status="paused")
    assert "paused" in is_problem(CALLS[call](machine, webhook.uuid), 409)["detail"]


# --- The whole way ---------------------------------------------------------------------------------------------------
def test_a_client_tests_its_webhook_and_is_then_told_of_changes(machine: Machine, settings: Settings) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = LOOPBACK
    with a_receiver() as receiver:
        created = add(machine, url=receiver.url).json()
        tested = machine.post(f"/webhooks/{created['id']}/tests", {})
        assert tested.status_code == 202
        Webhook.objects.update(told_xact=0)  # the test is one transaction, in which nothing becomes the past
        change = a_change()
        now = timezone.now()
        tell(now=now)
        assert send_waiting(now=now) == 2
    for message in receiver.messages:
        Consumer(created["secret"]).verify(message.body, message.headers)
    assert {message.event["type"]: message.event["id"] for message in receiver.messages} == {
        "se.framsteg.webhook.test": tested.json()["deliveryId"],
        "se.framsteg.initiative.changed": str(change.uuid),
    }
    seen = machine.get(tested["Location"].removeprefix(ROOT)).json()
    assert (seen["status"], seen["statusCode"], seen["attempts"], seen["type"]) == ("delivered", 204, 1, "webhook.test")
    assert re.fullmatch(r"[0-9a-f-]{36}", seen["subject"]) and seen["subject"] == created["id"]
