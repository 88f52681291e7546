"""Append-only: every step, and every event in an order that readers follow without a gap. Triggers refuse changes."""

import uuid

from django.db import models
from django.db.models import Func, Q
from django.db.models.functions import Now

from initiatives.models.initiative import Initiative
from initiatives.workflow import State, Verb
from kommun.models import ApiClient, Employee


class Transition(models.Model):
    """A step that was taken. Without `by` the clock took it. Rows are added, never changed."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    initiative = models.ForeignKey(Initiative, models.PROTECT, related_name="transitions")
    number = models.PositiveIntegerField()
    verb = models.CharField(max_length=16, choices=Verb)
    from_state = models.CharField(max_length=16, choices=State)
    to_state = models.CharField(max_length=16, choices=State)
    by = models.ForeignKey(Employee, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField()
    reason = models.TextField(blank=True)  # the reason, the question, the answer or the greeting, by the verb
    yes_when = models.TextField(blank=True)
    lesson = models.TextField(blank=True)
    evidence = models.JSONField(default=dict)  # what the figures said at that moment

    class Meta:
        ordering = ["initiative", "number"]
        indexes = [models.Index(fields=["verb", "at"], name="transition_by_verb")]
        constraints = [
            models.UniqueConstraint(name="steps_are_numbered_once", fields=["initiative", "number"]),
            models.CheckConstraint(
                name="decision_is_made_by_a_person",
                condition=~Q(verb__in=[Verb.APPROVE, Verb.RETURN, Verb.DECLINE]) | Q(by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_verb_display()} {self.at:%Y-%m-%d}"


class CurrentTransaction(Func):
    """The number of the database transaction that writes the row (64 bits, never reused)."""

    template = "pg_current_xact_id()::text::bigint"
    output_field = models.BigIntegerField()


class Event(models.Model):
    """Something that happened, written in the same transaction as what happened.

    A reader follows without a gap by asking for rows in the order (xact, id) whose `xact` is below
    pg_snapshot_xmin(pg_current_snapshot()): everything below that has either been committed or never will be.
    """

    xact = models.BigIntegerField(db_default=CurrentTransaction(), editable=False)
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=40)  # "initiative.approve", "measurement.created"
    at = models.DateTimeField()
    written_at = models.DateTimeField(db_default=Now(), editable=False)
    # No foreign key in the database: history outlives a deleted draft.
    initiative = models.ForeignKey(Initiative, models.DO_NOTHING, related_name="events", db_constraint=False)
    subject = models.UUIDField()  # the public id of what it is about
    by = models.ForeignKey(Employee, models.PROTECT, null=True, blank=True, related_name="+")
    client = models.ForeignKey(ApiClient, models.PROTECT, null=True, blank=True, related_name="+", db_constraint=False)
    data = models.JSONField(default=dict)

    class Meta:
        ordering = ["xact", "id"]
        indexes = [
            models.Index(fields=["xact", "id"], name="event_in_order_of_commit"),
            models.Index(fields=["initiative", "id"], name="event_of_initiative"),
        ]
