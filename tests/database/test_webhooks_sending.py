"""What waits is sent to real receivers on loopback: once each, in order, and no receiver holds up another."""

import datetime as dt
import socket
import threading
import uuid
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

import pytest
from django.core import mail
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings
from standardwebhooks import Webhook as Consumer

from initiatives.models import Delivery, Webhook
from initiatives.webhooks import outbox
from initiatives.webhooks.addresses import Network
from initiatives.webhooks.ending import end_what_fails
from initiatives.webhooks.sending import send_waiting
from initiatives.webhooks.signing import new_secret
from kommun.models import ApiClient, Employee, Letter, Unit
from tests.builders import NOW, TODAY, a_person, a_unit
from tests.webhook_receiver import (
    Message,
    Receiver,
    Reply,
    a_change,
    a_client,
    a_delivery,
    a_receiver,
    a_webhook,
    loopback,
    nowhere,
)

MINUTE, DAY = dt.timedelta(minutes=1), dt.timedelta(days=1)
HURRY: Final[dict[str, Any]] = {"connect_seconds": 0.3, "read_seconds": 0.3, "total_seconds": 0.6}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with a_receiver() as server:
        yield server


def send(now: dt.datetime = NOW, network: Network | None = None, **more: Any) -> int:
    return send_waiting(now=now, network=network or loopback(), **more)


def deliveries(webhook: Webhook, count: int, *, now: dt.datetime = NOW, **columns: Any) -> list[Delivery]:
    return [a_delivery(webhook, now=now, **columns) for _ in range(count)]


def ids(rows: list[Delivery]) -> list[str]:
    return [str(row.uuid) for row in rows]


def answering(receiver: Receiver, *statuses: int, **more: Any) -> None:
    """With one after the other; the last for ever."""
    left = [*statuses]
    receiver.reply = lambda _message: Reply(left.pop(0) if len(left) > 1 else left[0], **more)


# --- What arrives ----------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_change_arrives_once_as_a_signed_event(receiver: Receiver, settings: Settings) -> None:
    settings.BASE_URL = "https://framsteg.asmala.example"
    secret, now = new_secret(), timezone.now()
    change = a_change(kind="outcome.changed")
    row = a_delivery(a_webhook(a_client(), receiver.url, secret=secret), change, now=now)
    assert [send(now), send(now + 10 * MINUTE)] == [1, 0]
    [message] = receiver.messages
    event = Consumer(secret).verify(message.body, message.headers)
    assert event["id"] == str(change.uuid)
    assert event["type"] == "se.framsteg.outcome.changed"
    assert event["data"] == {"href": f"https://framsteg.asmala.example/api/v1/outcomes/{change.subject}"}
    assert (message.path, message.id) == ("/hook", str(row.uuid))
    row.refresh_from_db()
    assert (row.delivered_at, row.attempts, row.tried_at, row.status_code) == (now, 1, now, 204)
    assert (row.claimed_at, row.dead_at, row.error) == (None, None, "")


@pytest.mark.django_db
def test_both_secrets_sign_while_one_is_replaced_and_then_only_the_new_one(receiver: Receiver) -> None:
    now, former, latest = timezone.now(), new_secret(), new_secret()
    webhook = a_webhook(a_client(), receiver.url, secret=former)
    Webhook.objects.update(former_secret=webhook.secret, former_secret_until=now + MINUTE)
    Webhook.objects.update(secret=a_webhook(a_client(), secret=latest).secret)
    for moment in (now, now + MINUTE):
        a_delivery(webhook, now=moment)
        send(moment)
    signatures = [message.headers["webhook-signature"].split() for message in receiver.messages]
    assert [len(each) for each in signatures] == [2, 1]
    for secret in (former, latest):
        Consumer(secret).verify(receiver.messages[0].body, receiver.messages[0].headers)
    Consumer(latest).verify(receiver.messages[1].body, receiver.messages[1].headers)


@pytest.mark.django_db
def test_a_test_of_a_webhook_says_that_it_is_one(receiver: Receiver) -> None:
    webhook = a_webhook(a_client(), receiver.url)
    Delivery.objects.create(webhook=webhook, line="test", send_after=NOW)
    assert send() == 1
    [message] = receiver.messages
    assert message.event["type"] == "se.framsteg.webhook.test"
    assert message.event["subject"] == f"webhooks/{webhook.uuid}"


# --- Order -----------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_what_belongs_to_one_initiative_arrives_in_order_and_what_does_not_side_by_side(receiver: Receiver) -> None:
    webhook = a_webhook(a_client(), receiver.url)
    lines = [str(uuid.uuid4()) for _ in range(4)]
    rows = [a_delivery(webhook, line=line, now=NOW) for _ in range(5) for line in lines]
    receiver.reply = lambda _message: Reply(seconds=0.01)
    assert send() == 20
    arrived = defaultdict(list)
    line_of = {str(row.uuid): row.line for row in rows}
    for key in receiver.ids:
        arrived[line_of[key]].append(key)
    assert dict(arrived) == {line: [str(row.uuid) for row in rows if row.line == line] for line in lines}
    assert 1 < receiver.most_at_once <= 4


@pytest.mark.django_db
def test_what_failed_holds_back_its_own_line_and_no_other(receiver: Receiver) -> None:
    webhook = a_webhook(a_client(), receiver.url)
    first, second = deliveries(webhook, 2, line="one")
    [other] = deliveries(webhook, 1, line="two")
    receiver.reply = lambda message: Reply(400 if message.id == str(first.uuid) else 204)
    assert (send(), send()) == (1, 0)
    assert sorted(receiver.ids) == sorted(ids([first, other]))  # side by side
    answering(receiver, 204)
    assert send(NOW + 5 * MINUTE) == 2
    assert receiver.ids[2:] == ids([first, second])


@pytest.mark.django_db
def test_what_was_given_up_holds_back_nothing(receiver: Receiver) -> None:
    webhook = a_webhook(a_client(), receiver.url)
    deliveries(webhook, 1, line="one", dead_at=NOW)
    [second] = deliveries(webhook, 1, line="one")
    assert (send(), receiver.ids) == (1, ids([second]))


@pytest.mark.django_db
def test_what_another_worker_holds_is_left_with_its_line_until_the_worker_must_be_dead(receiver: Receiver) -> None:
    webhook = a_webhook(a_client(), receiver.url)
    rows = [*deliveries(webhook, 1, line="one", claimed_at=NOW), *deliveries(webhook, 1, line="one")]
    assert send(NOW + 10 * MINUTE) == 0
    assert send(NOW + 11 * MINUTE) == 2
    assert receiver.ids == ids(rows)


@pytest.mark.django_db(transaction=True)
def test_many_workers_send_each_once_and_in_order(receiver: Receiver) -> None:
    webhooks = [a_webhook(a_client(), receiver.url) for _ in range(3)]
    rows = [a_delivery(webhook, line=str(line), now=NOW) for _ in range(4) for webhook in webhooks for line in range(5)]

    def work() -> None:
        send(batch=3)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(5)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    send()
    assert sorted(receiver.ids) == sorted(ids(rows))
    line_of = {str(row.uuid): (row.webhook_id, row.line) for row in rows}
    place = {str(row.uuid): row.pk for row in rows}
    for line in set(line_of.values()):
        arrived = [place[key] for key in receiver.ids if line_of[key] == line]
        assert arrived == sorted(arrived)


# --- What the receiver may say ---------------------------------------------------------------------------------------
@pytest.mark.django_db
@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_yes_is_a_yes(receiver: Receiver, status: int) -> None:
    [row] = deliveries(a_webhook(a_client(), receiver.url), 1)
    answering(receiver, status)
    assert send() == 1
    row.refresh_from_db()
    assert (row.delivered_at, row.status_code) == (NOW, status)


@pytest.mark.django_db
@pytest.mark.parametrize("status", [301, 307, 400, 401, 404, 422, 500, 502])
def test_what_is_no_yes_is_tried_again_under_the_same_name(receiver: Receiver, status: int) -> None:
    [row] = deliveries(a_webhook(a_client(), receiver.url), 1)
    answering(receiver, status, 204)
    assert send() == 0
    row.refresh_from_db()
    assert (row.attempts, row.status_code, row.claimed_at, row.dead_at) == (1, status, None, None)
    assert NOW + 0.8 * MINUTE <= row.send_after <= NOW + 1.2 * MINUTE
    assert send(row.send_after) == 1
    assert receiver.ids == [str(row.uuid)] * 2


@pytest.mark.django_db
def test_a_message_is_tried_for_three_days_and_then_given_up(receiver: Receiver) -> None:
    """Another one arrives each time, so the webhook itself works."""
    webhook = a_webhook(a_client(), receiver.url)
    [row] = deliveries(webhook, 1)
    receiver.reply = lambda message: Reply(400 if message.id == str(row.uuid) else 204)
    now, tries = NOW, 0
    while row.dead_at is None:
        deliveries(webhook, 1, now=now)
        send(now)
        tries += 1
        row.refresh_from_db()
        assert row.attempts == tries
        now = now if row.dead_at else row.send_after
    assert (now, row.tried_at, row.status_code) == (NOW + 3 * DAY, NOW, 400)
    assert receiver.ids.count(str(row.uuid)) == tries
    webhook.refresh_from_db()
    assert (webhook.status, webhook.failing_since_at) == ("enabled", None)


@pytest.mark.django_db
@pytest.mark.parametrize("status", [429, 503])
def test_a_receiver_that_asks_for_a_rest_gets_it_whole(receiver: Receiver, status: int) -> None:
    webhook = a_webhook(a_client(), receiver.url)
    [first] = deliveries(webhook, 1)
    answering(receiver, status, 204, headers=(("Retry-After", "7200"),))
    send()
    deliveries(webhook, 3)
    assert send(NOW + 119 * MINUTE) == 0
    assert len(receiver.messages) == 1
    first.refresh_from_db()
    assert first.send_after == NOW + 120 * MINUTE
    assert send(NOW + 120 * MINUTE) == 4


@pytest.mark.django_db
def test_nothing_is_sent_to_where_nothing_may_go(receiver: Receiver) -> None:
    [row] = deliveries(a_webhook(a_client(), receiver.url.replace("127.0.0.1", "localhost")), 1)
    assert send(network=loopback(allowed=())) == 0
    row.refresh_from_db()
    assert (row.error, row.status_code) == ("The address is not one that messages may go to.", None)
    assert receiver.connections == 0


@pytest.mark.django_db
def test_a_url_that_the_settings_no_longer_allow_is_a_failure(receiver: Receiver) -> None:
    [row] = deliveries(a_webhook(a_client(), receiver.url), 1)
    assert send(network=loopback(allows_http=False)) == 0
    row.refresh_from_db()
    assert (row.error, receiver.connections) == ("The URL must begin with https://.", 0)


@pytest.mark.django_db
def test_a_secret_that_can_no_longer_be_read_is_a_failure_that_says_so(receiver: Receiver, settings: Settings) -> None:
    [row] = deliveries(a_webhook(a_client(), receiver.url), 1)
    settings.SECRET_KEY = "another"
    assert send() == 0
    row.refresh_from_db()
    assert row.error == "The secret can no longer be read. Ask for a new one at /webhooks/{id}/secrets."
    assert receiver.connections == 0


# --- No receiver holds up another ------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_the_dead_and_the_slow_cost_the_others_nothing(receiver: Receiver) -> None:
    """Forty receivers say nothing, each with fifty messages, while those to the one that works are on the way."""
    all_have_come = threading.Event()
    with a_receiver() as silent:
        silent.reply = lambda _message: Reply(waits_for=all_have_come, breaks_off=True)
        dead = [a_webhook(a_client(), silent.url, failing_since_at=NOW) for _ in range(36)]
        dead += [a_webhook(a_client(), silent.url) for _ in range(4)]
        rows = [row for webhook in dead for row in deliveries(webhook, 50)]
        deliveries(a_webhook(a_client(), receiver.url), 200)

        def answer(_message: Message) -> Reply:
            if len(receiver.messages) >= 200:
                all_have_come.set()
            return Reply()

        receiver.reply = answer
        assert send(network=loopback(connect_seconds=30, read_seconds=30, total_seconds=30)) == 200
    assert all_have_come.is_set()
    tried = list(Delivery.objects.filter(webhook__in=dead, attempts=1).values_list("webhook", flat=True))
    assert {key: tried.count(key) for key in set(tried)} == {
        webhook.pk: 1 if webhook.failing_since_at else 4 for webhook in dead
    }
    assert not Delivery.objects.filter(claimed_at__isnull=False).exists()
    assert len(rows) == 2000


@pytest.mark.django_db
def test_slow_ones_that_take_every_thread_take_turns_with_the_others(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("initiatives.webhooks.sending.THREADS", 2)
    slow, other = (a_webhook(a_client(), f"{receiver.url}/{name}") for name in ("slow", "other"))
    deliveries(slow, 8)
    deliveries(other, 2)
    receiver.reply = lambda message: Reply(seconds=0.02 if message.path.endswith("slow") else 0)
    assert send() == 10
    paths = [message.path.rpartition("/")[2] for message in receiver.messages]
    assert paths.index("other") < 3
    assert paths[-4:] == ["slow"] * 4


@pytest.mark.django_db
def test_a_receiver_that_nothing_reaches_is_left_in_peace_after_a_few(receiver: Receiver) -> None:
    webhook = a_webhook(a_client(), f"http://127.0.0.1:{nowhere()}/")
    rows = deliveries(webhook, 30)
    assert send() == 0
    tried = Delivery.objects.filter(attempts=1, error="No connection could be made.").count()
    assert tried == 4
    assert Delivery.objects.filter(claimed_at=None, attempts=0).count() == len(rows) - tried
    webhook.refresh_from_db()
    assert webhook.failing_since_at == NOW
    assert send(NOW + MINUTE / 2) == 0
    assert Delivery.objects.filter(attempts__gte=1).count() == tried + 1


@pytest.mark.django_db
@pytest.mark.parametrize(("hours", "minutes"), [(1, 6), (48, 15)])
def test_the_longer_a_receiver_has_been_dead_the_more_seldom_it_is_looked_for(
    receiver: Receiver, hours: int, minutes: int
) -> None:
    webhook = a_webhook(a_client(), receiver.url, failing_since_at=NOW - hours * 60 * MINUTE)
    deliveries(webhook, 3)
    answering(receiver, 500, 204)
    assert (send(), len(receiver.messages)) == (0, 1)
    assert (send(NOW + minutes * MINUTE - MINUTE / 60), len(receiver.messages)) == (0, 1)
    assert send(NOW + minutes * MINUTE) == 3


@pytest.mark.django_db
def test_a_refusal_of_one_message_is_about_that_message(receiver: Receiver) -> None:
    deliveries(a_webhook(a_client(), receiver.url), 30)
    answering(receiver, 422)
    assert send() == 0
    assert len(receiver.messages) == 30


@pytest.mark.django_db
def test_a_receiver_gets_at_most_four_at_once(receiver: Receiver) -> None:
    deliveries(a_webhook(a_client(), receiver.url), 40)
    four = threading.Barrier(4)  # nobody is answered before four have come

    def answer(_message: Message) -> Reply:
        four.wait(20)
        return Reply(seconds=0.02)

    receiver.reply = answer
    assert (send(), receiver.most_at_once) == (40, 4)


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_a_receiver_is_slow(receiver: Receiver) -> None:
    deliveries(a_webhook(a_client(), receiver.url), 1)
    may_answer = threading.Event()
    receiver.reply = lambda _message: Reply(waits_for=may_answer)

    def work() -> None:
        send()
        connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    assert receiver.has_one.wait(10)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM initiatives_delivery, initiatives_webhook FOR UPDATE NOWAIT")
        assert len(cursor.fetchall()) == 1
    may_answer.set()
    worker.join()


@pytest.mark.django_db
def test_a_call_ends_in_time_and_leaves_the_rest_untouched(receiver: Receiver) -> None:
    deliveries(a_webhook(a_client(), receiver.url), 3)
    assert (send(seconds=0), receiver.messages) == (0, [])
    assert not Delivery.objects.exclude(claimed_at=None).exists()
    assert send() == 3


@pytest.mark.django_db
def test_a_name_that_is_looked_up_for_ever_is_not_waited_for_and_gets_nothing_afterwards(receiver: Receiver) -> None:
    found = threading.Event()

    def look_up(host: str, port: int) -> Any:
        found.wait(30)
        return [(socket.AF_INET, ("127.0.0.1", port))]

    [row] = deliveries(a_webhook(a_client(), f"http://slow.example:{receiver.port}/"), 1)
    assert send(network=loopback(look_up=look_up, **HURRY)) == 0
    row.refresh_from_db()
    assert (row.error, row.attempts) == ("There was no answer in time.", 1)
    before = threading.active_count()
    found.set()
    for thread in threading.enumerate():
        if thread.name.startswith("webhook"):
            thread.join(10)
    assert (threading.active_count() < before, receiver.connections) == (True, 0)


# --- Who is told -----------------------------------------------------------------------------------------------------
def a_bound_webhook(receiver: Receiver) -> tuple[Webhook, Unit]:
    unit = a_unit()
    return a_webhook(a_client(unit), receiver.url), unit


@pytest.mark.django_db
@pytest.mark.parametrize("narrowed", ["unit", "scope"])
def test_what_a_client_may_no_longer_see_is_ended_and_not_sent(receiver: Receiver, narrowed: str) -> None:
    webhook, unit = a_bound_webhook(receiver)
    row = a_delivery(webhook, a_change(unit=unit), now=NOW)
    fewer: dict[str, Any] = {"unit": a_unit()} if narrowed == "unit" else {"allowed_scopes": "webhooks:manage"}
    ApiClient.objects.update(**fewer)
    assert (send(), receiver.messages) == (0, [])
    row.refresh_from_db()
    assert (row.dead_at, row.error) == (NOW, "It is no longer within what the client may read.")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "columns",
    [{"ended_at": NOW}, {"allowed_scopes": "initiatives:read"}],
)
def test_a_client_that_may_have_no_webhooks_any_more_gets_nothing(receiver: Receiver, columns: dict[str, Any]) -> None:
    [row] = deliveries(a_webhook(a_client(), receiver.url), 1)
    ApiClient.objects.update(**columns)
    assert (send(), receiver.messages) == (0, [])
    row.refresh_from_db()
    assert (row.attempts, row.claimed_at) == (0, None)


@pytest.mark.django_db
@pytest.mark.parametrize("columns", [{"status": "paused"}, {"status": "disabled", "disabled_at": NOW}])
def test_a_webhook_that_is_not_enabled_gets_nothing(receiver: Receiver, columns: dict[str, Any]) -> None:
    deliveries(a_webhook(a_client(), receiver.url, **columns), 1)
    assert (send(), receiver.messages) == (0, [])


@pytest.mark.django_db
def test_a_webhook_that_is_paused_meanwhile_is_claimed_no_more() -> None:
    webhook = a_webhook(a_client())
    deliveries(webhook, 1)
    Webhook.objects.update(status="paused")
    assert outbox.claim(NOW, {webhook.pk: 10}) == []


# --- Given up --------------------------------------------------------------------------------------------------------
def failing_for(receiver: Receiver, time: dt.timedelta, **responsible: Any) -> tuple[Webhook, Employee]:
    person = a_person(**responsible)
    webhook = a_webhook(a_client(responsible=person), receiver.url, failing_since_at=NOW - time)
    deliveries(webhook, 2)
    return webhook, person


@pytest.mark.django_db
def test_a_webhook_that_nothing_has_reached_for_three_days_is_switched_off_and_its_owner_told(
    receiver: Receiver,
) -> None:
    webhook, person = failing_for(receiver, 3 * DAY, language="sv")
    answering(receiver, 500)
    send()
    webhook.refresh_from_db()
    assert (webhook.status, webhook.disabled_at, webhook.version) == ("disabled", NOW, 2)
    letter = Letter.objects.get()
    assert (letter.employee, letter.kind, letter.address, letter.on) == (person, "direct", person.email, TODAY)
    assert letter.subject == "En webhook har stängts av"
    for body in (letter.text, letter.html):
        assert "Stratsys" in body and receiver.url in body and str(webhook.uuid) in body
    deliveries(webhook, 1)
    assert (send(NOW + DAY), len(receiver.messages), mail.outbox) == (0, 1, [])


@pytest.mark.django_db
def test_the_letter_is_in_the_language_of_its_reader(receiver: Receiver) -> None:
    failing_for(receiver, 3 * DAY, language="en")
    answering(receiver, 500)
    send()
    assert Letter.objects.get().subject == "A webhook has been switched off"


@pytest.mark.django_db
def test_a_minute_before_it_is_not(receiver: Receiver) -> None:
    webhook, _person = failing_for(receiver, 3 * DAY - MINUTE)
    answering(receiver, 500)
    send()
    webhook.refresh_from_db()
    assert (webhook.status, Letter.objects.count()) == ("enabled", 0)


@pytest.mark.django_db
def test_one_that_arrives_makes_all_well(receiver: Receiver) -> None:
    webhook, _person = failing_for(receiver, 3 * DAY)
    assert send() == 2
    webhook.refresh_from_db()
    assert (webhook.status, webhook.failing_since_at, webhook.version) == ("enabled", None, 2)


@pytest.mark.django_db
def test_a_receiver_that_is_gone_is_switched_off_at_once_and_what_waits_is_kept(receiver: Receiver) -> None:
    webhook = a_webhook(a_client(responsible=a_person()), receiver.url)
    rows = deliveries(webhook, 5)
    answering(receiver, 410)
    send()
    webhook.refresh_from_db()
    assert (webhook.status, webhook.disabled_at, Letter.objects.count()) == ("disabled", NOW, 1)
    assert len(receiver.messages) <= 4
    assert Delivery.objects.filter(delivered_at=None, dead_at=None, claimed_at=None).count() == len(rows)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "person",
    [
        {"ended_on": TODAY - DAY},
        {"email": ""},
        {"is_protected": True, "given_name": "", "family_name": "", "email": "", "sort_key": ""},
    ],
)
def test_somebody_who_cannot_be_written_to_gets_no_letter(receiver: Receiver, person: dict[str, Any]) -> None:
    webhook, _person = failing_for(receiver, 3 * DAY, **person)
    answering(receiver, 500)
    send()
    webhook.refresh_from_db()
    assert (webhook.status, Letter.objects.count()) == ("disabled", 0)


@pytest.mark.django_db
def test_a_client_that_nobody_answers_for_is_switched_off_all_the_same(receiver: Receiver) -> None:
    webhook = a_webhook(a_client(), receiver.url, failing_since_at=NOW - 3 * DAY)
    deliveries(webhook, 1)
    answering(receiver, 500)
    send()
    webhook.refresh_from_db()
    assert (webhook.status, Letter.objects.count()) == ("disabled", 0)


# --- What it costs ---------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_each_statement_is_one_for_thirty_webhooks() -> None:
    counts = []
    for number in (1, 29):
        for _ in range(number):
            deliveries(a_webhook(a_client()), 1)
        with CaptureQueriesContext(connection) as asked:
            found = outbox.waiting(NOW)
            claimed = outbox.claim(NOW, {each.id: 5 for each in found})
            outbox.release([each.id for each in claimed], NOW)
            claimed = outbox.claim(NOW, {each.id: 5 for each in found})
            outbox.note([outbox.Note(each.id, False, NOW) for each in claimed], NOW)
            end_what_fails([each.id for each in found], [], NOW)
        counts.append((len(claimed), len(asked)))
    assert counts == [(1, 8), (30, 8)]  # the last is one with its savepoint


@pytest.mark.django_db
def test_one_message_costs_four_statements_and_none_costs_one(receiver: Receiver) -> None:
    """What waits, the claim, what came of it, and the look for what comes after it in line."""
    webhook = a_webhook(a_client(), receiver.url)
    counts = []
    for number in (0, 1):
        deliveries(webhook, number)
        with CaptureQueriesContext(connection) as asked:
            assert send() == number
        counts.append(len(asked))
    assert counts == [1, 4]
