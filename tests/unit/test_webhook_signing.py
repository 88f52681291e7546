"""What we sign is known by the public library of Standard Webhooks, which we did not write."""

import base64
import datetime as dt
import re
import uuid

import pytest
from django.utils import timezone
from pytest_django import Settings
from standardwebhooks import Webhook, WebhookVerificationError

from initiatives.webhooks.messages import Event, headers
from initiatives.webhooks.signing import Unreadable, decrypted, encrypted, is_of_today, new_secret, renewed, signature

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PUBLISHED = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
EVENT = Event(uuid.uuid4(), "initiative.changed", "0f7c9b1e-4a55-4d0c-9a6e-2f1f0a3b7c11", timezone.now())


def test_a_signature_is_that_of_the_published_example() -> None:
    made = signature([PUBLISHED], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_receiver_with_the_public_library_takes_our_message_with_either_secret_and_no_other() -> None:
    former, latest, others = (new_secret() for _ in range(3))
    body = EVENT.body()
    sent = headers(uuid.uuid4(), body, [latest, former], timezone.now(), trace=TRACE)
    for secret in (former, latest):
        assert Webhook(secret).verify(body, sent)["type"] == "se.framsteg.initiative.changed"
    with pytest.raises(WebhookVerificationError):
        Webhook(others).verify(body, sent)


@pytest.mark.parametrize("part", ["body", "webhook-id", "webhook-timestamp"])
def test_nothing_that_is_signed_can_be_changed_on_the_way(part: str) -> None:
    secret, body = new_secret(), EVENT.body()
    sent = headers(uuid.uuid4(), body, [secret], timezone.now(), trace=TRACE)
    if part == "body":
        body = body.replace(b"initiative", b"outcome")
    else:
        sent[part] = str(uuid.uuid4()) if part == "webhook-id" else str(int(sent[part]) + 1)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body, sent)


def test_a_message_is_not_taken_an_hour_later() -> None:
    secret, body = new_secret(), EVENT.body()
    sent = headers(uuid.uuid4(), body, [secret], timezone.now() - dt.timedelta(hours=1), trace=TRACE)
    with pytest.raises(WebhookVerificationError, match="old"):
        Webhook(secret).verify(body, sent)


def test_a_secret_is_32_random_bytes() -> None:
    made = {new_secret() for _ in range(50)}
    assert len(made) == 50
    assert {len(base64.b64decode(secret.removeprefix("whsec_"))) for secret in made} == {32}


def test_a_kept_secret_says_nothing_and_is_read_by_a_former_key_until_that_is_gone(settings: Settings) -> None:
    secret = new_secret()
    kept = encrypted(secret)
    assert secret.removeprefix("whsec_") not in kept and kept != encrypted(secret)
    former, settings.SECRET_KEY = settings.SECRET_KEY, "another"
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(Unreadable):
        decrypted(kept)
    with pytest.raises(Unreadable):
        renewed(kept)
    settings.SECRET_KEY_FALLBACKS = [former]
    assert (decrypted(kept), is_of_today(kept)) == (secret, False)
    anew = renewed(kept)
    settings.SECRET_KEY_FALLBACKS = []
    assert (decrypted(anew), is_of_today(anew)) == (secret, True)


def test_the_headers_name_the_message_alike_at_every_try() -> None:
    message, body = uuid.uuid4(), EVENT.body()
    first, second = (headers(message, body, [PUBLISHED], timezone.now(), trace=TRACE) for _ in range(2))
    assert first["webhook-id"] == second["webhook-id"] == str(message)
    assert first["Content-Type"] == "application/cloudevents+json"
    traces = [re.fullmatch(r"00-([0-9a-f]{32})-([0-9a-f]{16})-01", each["traceparent"]) for each in (first, second)]
    assert traces[0] and traces[1]
    assert traces[0][1] == traces[1][1] == TRACE and traces[0][2] != traces[1][2]


@pytest.mark.parametrize(
    ("kind", "subject", "resource"),
    [
        ("initiative.changed", "u1", "initiatives/u1"),
        ("initiative.removed", "u1", "initiatives/u1"),
        ("outcome.changed", "u2", "outcomes/u2"),
        ("outcome.removed", "u2", "outcomes/u2"),
        ("indicator.changed", "u3", "indicators/u3"),
        ("unit.changed", "A/B Ö", "units/A%2FB%20%C3%96"),
        ("unit.removed", "BYGG", "units/BYGG"),
        ("webhook.test", "u4", "webhooks/u4"),
    ],
)
def test_an_event_is_thin_and_says_where_to_read(settings: Settings, kind: str, subject: str, resource: str) -> None:
    settings.BASE_URL = "https://framsteg.asmala.example"
    at = dt.datetime(2026, 11, 23, 10, 0, 0, 5, tzinfo=dt.timezone(dt.timedelta(hours=1)))
    event = Event(EVENT.id, kind, subject, at)
    assert event.as_json() == {
        "specversion": "1.0",
        "id": str(EVENT.id),
        "source": "https://framsteg.asmala.example/api/v1",
        "type": f"se.framsteg.{kind}",
        "subject": resource,
        "time": at.astimezone(dt.UTC),
        "datacontenttype": "application/json",
        "data": {"href": f"https://framsteg.asmala.example/api/v1/{resource}"},
    }
    assert b'"time":"2026-11-23T09:00:00.000005Z"' in event.body()
