"""What a client does with its webhooks. It sees and touches its own only; each action checks that it may at all."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Q, QuerySet

from initiatives.models import Change, Delivery, Webhook
from initiatives.webhooks import sight
from initiatives.webhooks.addresses import Network
from initiatives.webhooks.signing import encrypted, new_secret
from initiatives.webhooks.telling import Present
from kommun.models import ApiClient

MOST_EACH: Final = 20  # webhooks of a client
MOST_REPLAYED: Final = 1_000  # named one by one in a request
OVERLAP: Final = dt.timedelta(hours=24)  # that the former secret signs beside the new one
KINDS: Final = tuple(Change.Kind.values)


class TooMany(Exception):
    """The client has as many webhooks as it may."""


class Stale(Exception):
    """The webhook is no longer in the version that the client has seen."""


class NotEnabled(Exception):
    """The webhook is paused or disabled, so nothing would be sent."""


@dataclass(frozen=True)
class Wish:
    """What a client wants to be told, and where. No `types`: all of them."""

    url: str
    types: tuple[str, ...] = ()
    description: str = ""


def webhooks_of(client: ApiClient) -> QuerySet[Webhook]:
    return Webhook.objects.filter(client=client)


@transaction.atomic
def subscribe(wish: Wish, *, by: ApiClient, now: dt.datetime, network: Network) -> tuple[Webhook, str]:
    """The webhook, which begins at the present, and its secret, which is not shown again.

    Raises Unfit for the URL, and TooMany.
    """
    _check(by)
    target = network.read(wish.url)
    ApiClient.objects.select_for_update(of=["self"]).get(
        pk=by.pk
    )  # so that two at once are counted one after the other
    if webhooks_of(by).count() >= MOST_EACH:
        raise TooMany
    secret = new_secret()
    webhook = Webhook.objects.create(
        client=by,
        url=target.url,
        types=list(wish.types),
        description=wish.description,
        secret=encrypted(secret),
        told_xact=Present(),
        created_at=now,
        updated_at=now,
    )
    return webhooks_of(by).get(pk=webhook.pk), secret


@transaction.atomic
def revise(
    key: uuid.UUID, *, by: ApiClient, now: dt.datetime, version: int, network: Network, **changes: Any
) -> Webhook | None:
    """The webhook with new `url`, `types`, `description` or `status` (enabled or paused). None when there is none.

    Switching it on again begins anew with what waits: the three days are counted from the next try.
    Raises Stale, and Unfit for the URL.
    """
    _check(by)
    if "url" in changes:
        changes["url"] = network.read(changes["url"]).url
    webhook = webhooks_of(by).select_for_update().filter(uuid=key).first()
    if webhook is None:
        return None
    if webhook.version != version:
        raise Stale
    status = changes.get("status", webhook.status)
    if status != Webhook.Status.DISABLED:
        changes["disabled_at"] = None
    if status == Webhook.Status.ENABLED and webhook.status != status:
        changes |= {"failing_since_at": None, "rests_until_at": None}
        _waiting(webhook).update(attempts=0, tried_at=None, claimed_at=None, send_after=now)
    webhooks_of(by).filter(pk=webhook.pk).update(**changes, updated_at=now, version=F("version") + 1)
    return webhooks_of(by).get(pk=webhook.pk)


@transaction.atomic
def unsubscribe(key: uuid.UUID, *, by: ApiClient, version: int | None = None) -> bool:
    """Whether there was one. Its deliveries go with it. Raises Stale when a `version` is named and is not today's."""
    _check(by)
    webhook = webhooks_of(by).select_for_update().filter(uuid=key).first()
    if webhook is None:
        return False
    if version is not None and webhook.version != version:
        raise Stale
    webhook.delete()
    return True


@transaction.atomic
def rotate(key: uuid.UUID, *, by: ApiClient, now: dt.datetime) -> tuple[Webhook, str] | None:
    """A new secret, which is not shown again; the one until now signs beside it for a day. None when there is none."""
    _check(by)
    webhook = webhooks_of(by).select_for_update().filter(uuid=key).first()
    if webhook is None:
        return None
    secret = new_secret()
    webhook.former_secret, webhook.former_secret_until = webhook.secret, now + OVERLAP
    webhook.secret, webhook.updated_at = encrypted(secret), now
    webhook.version += 1
    webhook.save(update_fields=["secret", "former_secret", "former_secret_until", "updated_at", "version"])
    return webhook, secret


@transaction.atomic
def test(key: uuid.UUID, *, by: ApiClient, now: dt.datetime) -> Delivery | None:
    """A delivery of nothing, to see that the receiver works; sent as all others are. None when there is no webhook.

    Raises NotEnabled.
    """
    webhook = _enabled(key, by)
    if webhook is None:
        return None
    message = uuid.uuid4()
    return Delivery.objects.create(
        uuid=message, webhook=webhook, line=str(message), send_after=now, created_at=now, attempts=0
    )


@transaction.atomic
def replay(
    key: uuid.UUID,
    *,
    by: ApiClient,
    now: dt.datetime,
    deliveries: Sequence[uuid.UUID] = (),
    since: dt.datetime | None = None,
) -> int | None:
    """How many go once more, under the same name: those named, arrived or given up, and all given up `since`.

    Those still on their way are left so. None when there is no webhook. Raises NotEnabled.
    """
    webhook = _enabled(key, by)
    if webhook is None:
        return None
    wanted = Q(uuid__in=deliveries)
    if since is not None:
        wanted |= Q(dead_at__isnull=False, created_at__gte=since)
    ended = Delivery.objects.filter(wanted, Q(delivered_at__isnull=False) | Q(dead_at__isnull=False), webhook=webhook)
    return ended.update(
        delivered_at=None, dead_at=None, claimed_at=None, attempts=0, tried_at=None, send_after=now, error=""
    )


def _enabled(key: uuid.UUID, by: ApiClient) -> Webhook | None:
    _check(by)
    webhook = webhooks_of(by).select_for_update().filter(uuid=key).first()
    if webhook is not None and webhook.status != Webhook.Status.ENABLED:
        raise NotEnabled
    return webhook


def _waiting(webhook: Webhook) -> QuerySet[Delivery]:
    return webhook.deliveries.filter(delivered_at=None, dead_at=None)


def _check(client: ApiClient) -> None:
    if client.ended_at is not None or sight.MANAGE not in client.allowed_scopes.split():
        raise PermissionDenied
