"""The outbox: a letter is a row first, and then sent. The row is the truth about whether it went."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Letter(models.Model):
    """One e-mail to one person. `uuid` is its Message-ID, so that a letter sent twice is seen as one."""

    class Kind(models.TextChoices):
        COLLECTED = "collected"  # everything for the day, one per person and working day
        CHANNEL = "channel"  # the same in short, to a chat or an SMS gateway; `address` names the channel
        DIRECT = "direct"  # asked for just now, such as a sign-in link, or an answer to what was sent in

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    employee = models.ForeignKey("kommun.Employee", models.CASCADE, related_name="letters")
    kind = models.CharField(max_length=16, choices=Kind)
    on = models.DateField()  # the working day it belongs to
    address = models.EmailField()  # or the name of the channel
    subject = models.CharField(max_length=250)
    text = models.TextField()
    html = models.TextField(blank=True)
    thread = models.UUIDField(null=True)  # letters about the same thing are shown together
    in_reply_to = models.CharField(max_length=998, blank=True)  # the Message-ID of the letter that this one answers
    reply_to = models.EmailField(max_length=320, blank=True)
    unsubscribe_url = models.CharField(max_length=500, blank=True)  # takes a POST without sign-in, RFC 8058
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    send_after = models.DateTimeField(db_default=Now())  # moved on when the mail server says "later"
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True, editable=False)
    in_flight_at = models.DateTimeField(null=True, editable=False)  # handed to the server, whose answer is not noted
    was_repeated = models.BooleanField(default=False, editable=False)  # sent anew because that answer was never noted
    sent_at = models.DateTimeField(null=True, editable=False)
    failed_at = models.DateTimeField(null=True, editable=False)  # given up; `error` holds the server's words
    error = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["send_after", "id"],
                name="letters_that_wait",
                condition=Q(sent_at=None, failed_at=None),
            ),
            models.Index(fields=["sent_at"], name="letters_that_went", condition=Q(sent_at__isnull=False)),
            models.Index(fields=["failed_at", "id"], name="letters_given_up", condition=Q(failed_at__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint(
                name="one_collected_letter_per_person_and_day",
                fields=["employee", "on", "kind"],
                condition=Q(kind__in=["collected", "channel"]),
            ),
            models.CheckConstraint(
                name="letter_is_sent_or_given_up",
                condition=Q(sent_at=None) | Q(failed_at=None),
            ),
        ]
