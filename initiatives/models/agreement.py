"""What a decider agrees to beside the decision itself: promises, and reasons why something cannot be measured."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from initiatives.models.initiative import Initiative
from kommun.models import Employee


class Promise(models.Model):
    """Time, money, mandate or an opened door that a manager promised, and by when."""

    class Kind(models.TextChoices):
        TIME = "time", _("Time")
        MONEY = "money", _("Money")
        MANDATE = "mandate", _("Mandate")
        DOOR = "door", _("An opened door")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    initiative = models.ForeignKey(Initiative, models.CASCADE, related_name="promises")
    kind = models.CharField(max_length=16, choices=Kind)
    text = models.CharField(max_length=300)
    due_on = models.DateField()
    promised_by = models.ForeignKey(Employee, models.PROTECT, related_name="promises")
    promised_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    is_kept = models.BooleanField(null=True)

    class Meta:
        ordering = ["due_on", "id"]
        indexes = [models.Index(fields=["due_on"], name="promises_that_wait", condition=Q(settled_at=None))]
        constraints = [
            models.CheckConstraint(
                name="promise_is_settled_as_kept_or_broken",
                condition=Q(settled_at=None, is_kept=None) | Q(settled_at__isnull=False, is_kept__isnull=False),
            )
        ]


class Waiver(models.Model):
    """A reason why something cannot be measured: given by the owner, accepted or not by the decider."""

    class Kind(models.TextChoices):
        BASELINE = "baseline", _("No baseline can exist")
        RESULT = "result", _("The result cannot be measured")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    initiative = models.ForeignKey(Initiative, models.CASCADE, related_name="waivers")
    kind = models.CharField(max_length=16, choices=Kind)
    reason = models.TextField()
    asked_by = models.ForeignKey(Employee, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    answered_by = models.ForeignKey(Employee, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    is_accepted = models.BooleanField(null=True)

    class Meta:
        ordering = ["asked_at", "id"]
        constraints = [
            models.UniqueConstraint(
                name="one_open_waiver_of_a_kind", fields=["initiative", "kind"], condition=Q(answered_at=None)
            ),
            models.CheckConstraint(name="waiver_has_a_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="waiver_is_answered_by_somebody",
                condition=Q(answered_at=None, answered_by=None, is_accepted=None)
                | Q(answered_at__isnull=False, answered_by__isnull=False, is_accepted__isnull=False),
            ),
        ]
