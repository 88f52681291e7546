"""Nudges: one row per thing that a person was told or asked, so that it is said once."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from initiatives.models.initiative import Initiative
from kommun.models import Employee, Letter


class Nudge(models.Model):
    """`rule` names a row of the table in `initiatives.nudges`; `step` is how many steps the initiative had taken;
    `occasion` is the day that made it due, so that the same step can be a reason again a month later."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    rule = models.CharField(max_length=40)
    initiative = models.ForeignKey(Initiative, models.CASCADE, related_name="nudges")
    step = models.PositiveIntegerField()
    occasion = models.DateField()
    to = models.ForeignKey(Employee, models.CASCADE, related_name="nudges")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    # A letter that is deleted would make its nudges untold again, so it stays as long as they do.
    letter = models.ForeignKey(Letter, models.RESTRICT, null=True, related_name="nudges")
    acted_at = models.DateTimeField(null=True)  # when the initiative moved on, or the value came

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [
            models.Index(fields=["to", "id"], name="nudges_without_a_letter", condition=Q(letter=None)),
            models.Index(fields=["initiative", "rule"], name="nudges_to_be_acted_on", condition=Q(acted_at=None)),
        ]
        constraints = [
            models.UniqueConstraint(name="nudge_goes_out_once", fields=["rule", "initiative", "step", "occasion"])
        ]
