"""What other systems must read anew, written by the database itself, and what becomes of telling them."""

import uuid
from typing import Final, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Func, Q
from django.db.models.functions import Now

from initiatives.models.history import CurrentTransaction
from kommun.models import ApiClient

EVERYWHERE: Final = 0  # in a path, those who are bound to no unit


class ChangeQuerySet(models.QuerySet["Change"]):
    def told_to(self, client: ApiClient) -> Self:
        """Those that concern what `client` sees, or saw."""
        return self.filter(path__contains=[client.unit_id or EVERYWHERE])


class PresentTrace(Func):
    """The trace of the API call that this connection is doing; empty outside any."""

    template = "coalesce(current_setting('framsteg.trace', true), '')"
    output_field = models.CharField()


class Change(models.Model):
    """That a resource of the API has changed, in the transaction that changed it. Triggers write it; no code forgets.

    A reader follows without a gap by asking for rows in the order (xact, id) whose `xact` is below
    pg_snapshot_xmin(pg_current_snapshot()): everything below that has either been committed or never will be. Numbers
    of another cluster, from before a backup was restored, are moved below 1 (see initiatives.events.keeping).
    """

    class Kind(models.TextChoices):
        INITIATIVE_CHANGED = "initiative.changed"  # come or changed
        INITIATIVE_REMOVED = "initiative.removed"  # gone from what machines see, or from this part of the organisation
        OUTCOME_CHANGED = "outcome.changed"  # itself or its values
        OUTCOME_REMOVED = "outcome.removed"
        INDICATOR_CHANGED = "indicator.changed"
        UNIT_CHANGED = "unit.changed"
        UNIT_REMOVED = "unit.removed"  # from this part of the organisation, with all that is in it

    xact = models.BigIntegerField(db_default=CurrentTransaction(), editable=False)
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=24, choices=Kind)
    subject = models.CharField(max_length=64)  # the resource's identifier: a UUID, or a unit's code
    initiative = models.UUIDField(null=True)  # the one that it belongs to; its changes are told in order
    # Whom it concerns: the unit in which it lay and those above, and EVERYWHERE. When it has moved, those above its old
    # place but not its new (removed), or the other way round (changed).
    path = ArrayField(models.BigIntegerField())
    at = models.DateTimeField(db_default=Now(), editable=False)
    trace = models.CharField(max_length=32, db_default=PresentTrace(), editable=False)  # of the call that made it

    objects = ChangeQuerySet.as_manager()

    class Meta:
        ordering = ["xact", "id"]
        indexes = [models.Index(fields=["xact", "id"], name="change_in_order_of_commit")]
        constraints = [
            models.UniqueConstraint(name="change_is_told_once_per_transaction", fields=["xact", "subject", "kind"])
        ]


class Webhook(models.Model):
    """A client's wish to be told of changes at an address of its own. Its secrets are kept encrypted."""

    class Status(models.TextChoices):
        ENABLED = "enabled"
        PAUSED = "paused"  # by its client; changes wait
        DISABLED = "disabled"  # given up after three days of failures; its owner has been written to

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    client = models.ForeignKey(ApiClient, models.CASCADE, related_name="webhooks")
    url = models.CharField(max_length=500)
    types = ArrayField(models.CharField(max_length=24))  # the kinds of change; empty: all
    description = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=16, choices=Status, default=Status.ENABLED)
    secret = models.TextField()
    former_secret = models.TextField(blank=True)  # still signs beside the new one, until:
    former_secret_until = models.DateTimeField(null=True, blank=True)
    told_xact = models.BigIntegerField(default=0)  # changes up to this place have become deliveries
    told_id = models.BigIntegerField(default=0)
    failing_since_at = models.DateTimeField(null=True)  # since when nothing has arrived
    rests_until_at = models.DateTimeField(null=True)  # its receiver has asked for a pause (429, 503)
    disabled_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)
    version = models.PositiveIntegerField(default=1)  # counts its visible changes, for If-Match

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(
                name="disabled_webhook_says_since_when",
                condition=Q(status="disabled", disabled_at__isnull=False)
                | (~Q(status="disabled") & Q(disabled_at=None)),
            ),
            models.CheckConstraint(
                name="former_secret_is_good_until_a_day",
                condition=Q(former_secret="", former_secret_until=None)
                | (~Q(former_secret="") & Q(former_secret_until__isnull=False)),
            ),
        ]


class Delivery(models.Model):
    """One change on its way to one webhook. It goes when all earlier ones of its `line` have gone or are dead.

    Without a change it is a test that the client has asked for.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries")
    change = models.ForeignKey(Change, models.CASCADE, null=True, related_name="deliveries")
    line = models.CharField(max_length=64)  # the initiative, or the subject of what belongs to none
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    send_after = models.DateTimeField(db_default=Now())
    attempts = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField(null=True)  # for the first time; three days later it is given up
    claimed_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    dead_at = models.DateTimeField(null=True)  # given up; it can be sent again on request
    status_code = models.PositiveSmallIntegerField(null=True)  # the latest answer, if there was any
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["webhook", "id"]
        indexes = [
            models.Index(
                fields=["webhook", "line", "id"],
                name="deliveries_in_line",
                condition=Q(delivered_at=None, dead_at=None),
            ),
            models.Index(
                fields=["webhook", "id"], name="deliveries_waiting", condition=Q(delivered_at=None, dead_at=None)
            ),
            models.Index(fields=["webhook", "-id"], name="delivery_of_webhook"),
        ]
        constraints = [
            models.UniqueConstraint(name="change_is_delivered_once_per_webhook", fields=["webhook", "change"]),
            models.CheckConstraint(
                name="delivery_has_arrived_or_is_dead", condition=Q(delivered_at=None) | Q(dead_at=None)
            ),
        ]
