"""What a person has asked of the reminders: not this kind at all, or this one later."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from initiatives.models.initiative import Initiative
from initiatives.models.nudge import DUTIES
from kommun.models import Employee


class OptOut(models.Model):
    """A kind of reminder that the person does not want. What others wait for cannot be declined."""

    employee = models.ForeignKey(Employee, models.CASCADE, related_name="opt_outs")
    rule = models.CharField(max_length=40)  # a RuleName
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="kind_of_reminder_is_declined_once", fields=["employee", "rule"]),
            models.CheckConstraint(
                name="what_others_wait_for_cannot_be_declined",
                condition=~Q(rule__in=DUTIES),
            ),
        ]


class Snooze(models.Model):
    """ "Remind me later" of one reason. On the day it ends the reason is told anew, if it still holds."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    employee = models.ForeignKey(Employee, models.CASCADE, related_name="snoozes")
    rule = models.CharField(max_length=40)  # a RuleName
    initiative = models.ForeignKey(Initiative, models.CASCADE, related_name="snoozes")
    subject = models.UUIDField()
    since_at = models.DateTimeField()  # of the nudge that was put off
    level = models.PositiveSmallIntegerField(default=0)
    until_on = models.DateField()  # told anew on this day
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["until_on"], name="snoozes_that_end", condition=Q(ended_at=None))]
        constraints = [
            models.UniqueConstraint(
                name="reminder_is_put_off_once_at_a_time",
                fields=["employee", "rule", "initiative", "subject"],
                condition=Q(ended_at=None),
            )
        ]
