"""What a client may do with its webhooks: with its own, and only while it may have any."""

import datetime as dt
import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from pytest_django import Settings
from standardwebhooks import Webhook as Consumer

from initiatives.models import Delivery, Webhook
from initiatives.webhooks import subscribing
from initiatives.webhooks.addresses import Network, Unfit
from initiatives.webhooks.signing import decrypted, encrypted
from initiatives.webhooks.subscribing import MOST_EACH, NotEnabled, Stale, TooMany, Wish
from initiatives.webhooks.tidying import tidy
from kommun.models import ApiClient
from tests.builders import NOW
from tests.webhook_receiver import a_client, a_delivery, a_webhook

URL = "https://receiver.example/hook"
DAY, MINUTE = dt.timedelta(days=1), dt.timedelta(minutes=1)
pytestmark = pytest.mark.django_db


def subscribe(client: ApiClient, url: str = URL, **wish: Any) -> tuple[Webhook, str]:
    return subscribing.subscribe(Wish(url, **wish), by=client, now=NOW, network=Network())


def revise(webhook: Webhook, **changes: Any) -> Webhook | None:
    given: dict[str, Any] = {"by": webhook.client, "now": NOW, "version": webhook.version, "network": Network()}
    return subscribing.revise(webhook.uuid, **(given | changes))


def test_a_new_webhook_is_enabled_and_its_secret_is_kept_encrypted() -> None:
    client = a_client()
    webhook, secret = subscribe(
        client, "https://RECEIVER.example:443/hook", types=("unit.changed",), description="Ours"
    )
    assert (webhook.url, webhook.types, webhook.description) == (URL, ["unit.changed"], "Ours")
    assert (webhook.status, webhook.version, webhook.client, webhook.created_at) == ("enabled", 1, client, NOW)
    assert secret.startswith("whsec_") and secret not in webhook.secret
    assert decrypted(webhook.secret) == secret
    assert webhook.told_xact > 0


def test_a_url_that_leads_astray_is_refused_when_it_is_given_and_when_it_is_changed() -> None:
    client = a_client()
    with pytest.raises(Unfit):
        subscribe(client, "https://127.0.0.1/")
    webhook, _secret = subscribe(client)
    with pytest.raises(Unfit):
        revise(webhook, url="http://receiver.example/")
    webhook.refresh_from_db()
    assert (Webhook.objects.count(), webhook.url, webhook.version) == (1, URL, 1)


def test_a_client_has_at_most_twenty() -> None:
    client, other = a_client(), a_client()
    for _ in range(MOST_EACH):
        subscribe(client)
    with pytest.raises(TooMany):
        subscribe(client)
    subscribe(other)
    assert Webhook.objects.filter(client=client).count() == 20


@pytest.mark.django_db(transaction=True)
def test_two_at_once_do_not_make_twenty_one() -> None:
    client = a_client()
    for _ in range(MOST_EACH - 1):
        subscribe(client)
    refused = []

    def work() -> None:
        try:
            subscribe(client)
        except TooMany:
            refused.append(1)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert (Webhook.objects.count(), len(refused)) == (20, 3)


Act = Callable[[uuid.UUID, ApiClient], Any]
ACTS: dict[str, Act] = {
    "revise": lambda key, by: subscribing.revise(key, by=by, now=NOW, version=1, network=Network(), description="Mine"),
    "unsubscribe": lambda key, by: subscribing.unsubscribe(key, by=by),
    "rotate": lambda key, by: subscribing.rotate(key, by=by, now=NOW),
    "test": lambda key, by: subscribing.test(key, by=by, now=NOW),
    "replay": lambda key, by: subscribing.replay(key, by=by, now=NOW, since=NOW - DAY),
}


@pytest.mark.parametrize("act", ACTS)
def test_another_clients_webhook_is_not_there(act: str) -> None:
    webhook, _secret = subscribe(a_client())
    a_delivery(webhook, now=NOW, dead_at=NOW)
    before = Webhook.objects.values().get(), Delivery.objects.values().get()
    assert not ACTS[act](webhook.uuid, a_client())
    assert (Webhook.objects.values().get(), Delivery.objects.values().get()) == before


@pytest.mark.parametrize("act", [*ACTS, "subscribe"])
@pytest.mark.parametrize("columns", [{"ended_at": NOW}, {"allowed_scopes": "initiatives:read metrics:read"}])
def test_a_client_that_may_have_none_is_refused_everything(act: str, columns: dict[str, Any]) -> None:
    client = a_client()
    webhook, _secret = subscribe(client)
    for name, value in columns.items():
        setattr(client, name, value)
    with pytest.raises(PermissionDenied):
        subscribe(client) if act == "subscribe" else ACTS[act](webhook.uuid, client)


def test_a_change_is_made_to_the_version_that_was_seen() -> None:
    webhook, _secret = subscribe(a_client())
    changed = revise(webhook, types=["unit.changed"], description="Ours", url="https://other.example/", now=NOW + DAY)
    assert changed is not None
    assert (changed.types, changed.description, changed.url) == (["unit.changed"], "Ours", "https://other.example/")
    assert (changed.version, changed.updated_at, changed.status) == (2, NOW + DAY, "enabled")
    with pytest.raises(Stale):
        revise(webhook, description="Theirs")
    with pytest.raises(Stale):
        subscribing.unsubscribe(webhook.uuid, by=webhook.client, version=1)
    assert Webhook.objects.get().description == "Ours"
    assert subscribing.unsubscribe(webhook.uuid, by=webhook.client, version=2)
    assert not Webhook.objects.exists()


def test_deliveries_go_with_their_webhook() -> None:
    webhook, _secret = subscribe(a_client())
    a_delivery(webhook, now=NOW)
    assert subscribing.unsubscribe(webhook.uuid, by=webhook.client)
    assert not Delivery.objects.exists()


def test_a_webhook_that_was_switched_off_begins_anew_with_what_waits() -> None:
    past = NOW - 5 * DAY
    failing: dict[str, Any] = {"failing_since_at": past, "rests_until_at": NOW + DAY}
    webhook = a_webhook(a_client(), URL, status="disabled", disabled_at=past, **failing)
    waiting = a_delivery(webhook, now=NOW + DAY, attempts=9, tried_at=past, claimed_at=past)
    dead = a_delivery(webhook, now=past, attempts=9, tried_at=past, dead_at=past)
    paused = revise(webhook, status="paused")
    assert paused is not None
    assert (paused.status, paused.disabled_at, paused.failing_since_at) == ("paused", None, past)
    enabled = revise(paused, status="enabled")
    assert enabled is not None
    assert (enabled.status, enabled.failing_since_at, enabled.rests_until_at) == ("enabled", None, None)
    waiting.refresh_from_db()
    dead.refresh_from_db()
    assert (waiting.attempts, waiting.tried_at, waiting.claimed_at, waiting.send_after) == (0, None, None, NOW)
    assert (dead.attempts, dead.tried_at, dead.dead_at) == (9, past, past)


def test_a_webhook_that_is_enabled_already_is_not_hurried() -> None:
    webhook = a_webhook(a_client(), URL, failing_since_at=NOW, rests_until_at=NOW + DAY)
    waiting = a_delivery(webhook, now=NOW + DAY, attempts=9, tried_at=NOW)
    same = revise(webhook, status="enabled")
    waiting.refresh_from_db()
    assert same is not None
    assert (same.failing_since_at, same.rests_until_at, waiting.attempts) == (NOW, NOW + DAY, 9)


def test_a_description_can_be_changed_while_it_is_switched_off() -> None:
    webhook = a_webhook(a_client(), URL, status="disabled", disabled_at=NOW)
    changed = revise(webhook, description="Ours")
    assert changed is not None
    assert (changed.status, changed.disabled_at, changed.description) == ("disabled", NOW, "Ours")


def test_the_former_secret_is_kept_for_a_day_beside_the_new_one() -> None:
    webhook, former = subscribe(a_client())
    given = subscribing.rotate(webhook.uuid, by=webhook.client, now=NOW)
    assert given is not None
    rotated, latest = given
    rotated.refresh_from_db()
    assert (decrypted(rotated.secret), decrypted(rotated.former_secret)) == (latest, former)
    assert (rotated.former_secret_until, rotated.version) == (NOW + DAY, 2)
    Consumer(latest)
    again = subscribing.rotate(webhook.uuid, by=webhook.client, now=NOW + MINUTE)
    assert again is not None
    assert (decrypted(again[0].former_secret), again[0].former_secret_until) == (latest, NOW + MINUTE + DAY)


def test_a_test_is_a_delivery_of_nothing() -> None:
    webhook, _secret = subscribe(a_client())
    first, second = (subscribing.test(webhook.uuid, by=webhook.client, now=NOW) for _ in range(2))
    assert first is not None and second is not None
    assert (first.change, first.send_after, first.webhook) == (None, NOW, webhook)
    assert first.line != second.line


def test_what_has_ended_goes_again_under_its_name_and_what_is_under_way_is_left() -> None:
    webhook, _secret = subscribe(a_client())
    columns: dict[str, Any] = {"attempts": 9, "tried_at": NOW - 3 * DAY, "status_code": 500, "error": "x"}
    arrived = a_delivery(webhook, now=NOW - 4 * DAY, delivered_at=NOW, **columns)
    old = a_delivery(webhook, now=NOW - 4 * DAY, dead_at=NOW, **columns)
    dead = a_delivery(webhook, now=NOW - 3 * DAY, dead_at=NOW, **columns)
    waiting = a_delivery(webhook, now=NOW + DAY, **columns)
    a_delivery(a_webhook(webhook.client), now=NOW, dead_at=NOW, **columns)

    def replay(**what: Any) -> int | None:
        return subscribing.replay(webhook.uuid, by=webhook.client, now=NOW, **what)

    assert (replay(since=NOW - 3 * DAY), replay(since=NOW - 3 * DAY)) == (1, 0)
    for row in (dead, old, waiting):
        row.refresh_from_db()
    assert (dead.dead_at, dead.attempts, dead.tried_at, dead.send_after, dead.error) == (None, 0, None, NOW, "")
    assert (old.dead_at, waiting.attempts) == (NOW, 9)
    assert replay(deliveries=[arrived.uuid, old.uuid, waiting.uuid, uuid.uuid4()]) == 2
    arrived.refresh_from_db()
    assert (arrived.delivered_at, arrived.attempts) == (None, 0)
    assert replay() == 0


@pytest.mark.parametrize("act", ["test", "replay"])
@pytest.mark.parametrize("columns", [{"status": "paused"}, {"status": "disabled", "disabled_at": NOW}])
def test_nothing_is_asked_of_a_webhook_that_sends_nothing(act: str, columns: dict[str, Any]) -> None:
    webhook = a_webhook(a_client(), **columns)
    with pytest.raises(NotEnabled):
        ACTS[act](webhook.uuid, webhook.client)


# --- At night --------------------------------------------------------------------------------------------------------
def test_what_has_ended_is_forgotten_after_thirty_days_and_what_waits_never() -> None:
    webhook, _secret = subscribe(a_client())
    past = NOW - 31 * DAY
    kept = [
        a_delivery(webhook, now=past),
        a_delivery(webhook, now=past, delivered_at=NOW - 29 * DAY),
        a_delivery(webhook, now=past, dead_at=NOW - 29 * DAY),
    ]
    for ended in ("delivered_at", "dead_at"):
        for _ in range(3):
            columns: dict[str, Any] = {ended: past}
            a_delivery(webhook, now=past, **columns)
    assert (tidy(now=NOW, batch=4), tidy(now=NOW)) == (6, 0)
    assert list(Delivery.objects.order_by("pk")) == kept


def test_a_former_secret_is_forgotten_when_its_day_is_over() -> None:
    webhook, _secret = subscribe(a_client())
    subscribing.rotate(webhook.uuid, by=webhook.client, now=NOW)
    for now, is_kept in ((NOW + DAY - MINUTE, True), (NOW + DAY, False)):
        tidy(now=now)
        webhook.refresh_from_db()
        assert bool(webhook.former_secret) == bool(webhook.former_secret_until) == is_kept


def test_secrets_are_kept_by_the_key_of_today_after_a_night(settings: Settings) -> None:
    client = a_client()
    webhook, secret = subscribe(client)
    lost = a_webhook(client, secret="whsec_bG9zdA==")
    Webhook.objects.filter(pk=lost.pk).update(secret="gAAAAA")
    former, settings.SECRET_KEY = settings.SECRET_KEY, "another"
    settings.SECRET_KEY_FALLBACKS = [former]
    tidy(now=NOW)
    settings.SECRET_KEY_FALLBACKS = []
    webhook.refresh_from_db()
    assert decrypted(webhook.secret) == secret
    kept = webhook.secret
    tidy(now=NOW)
    webhook.refresh_from_db()
    assert (webhook.secret, kept != encrypted(secret)) == (kept, True)
