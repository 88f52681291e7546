"""The outbox: a letter is a row first, and then sent. The row is the truth about whether it went."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Letter(models.Model):
    """One e-mail to one person. `uuid` is its Message-ID, so that a letter sent twice is seen as one."""

    class Kind(models.TextChoices):
        COLLECTED = "collected"  # everything for the day, one per person and working day
        DIRECT = "direct"  # asked for just now, such as a sign-in link

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    employee = models.ForeignKey("kommun.Employee", models.CASCADE, related_name="letters")
    kind = models.CharField(max_length=16, choices=Kind)
    on = models.DateField()  # the working day it belongs to
    address = models.EmailField()
    subject = models.CharField(max_length=250)
    text = models.TextField()
    html = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    send_after = models.DateTimeField(db_default=Now())  # moved on when the mail server says "later"
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True, editable=False)
    sent_at = models.DateTimeField(null=True, editable=False)
    failed_at = models.DateTimeField(null=True, editable=False)  # given up; `error` holds the server's words
    error = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["send_after", "id"],
                name="letters_that_wait",
                condition=Q(sent_at=None, failed_at=None),
            )
        ]
        constraints = [
            models.UniqueConstraint(
                name="one_collected_letter_per_person_and_day",
                fields=["employee", "on"],
                condition=Q(kind="collected"),
            ),
            models.CheckConstraint(
                name="letter_is_sent_or_given_up",
                condition=Q(sent_at=None) | Q(failed_at=None),
            ),
        ]
