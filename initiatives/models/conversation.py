"""What people write about an initiative beside its steps, on its page or in answer to a letter."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from initiatives.models.initiative import Initiative
from kommun.models import Employee, Letter


class Comment(models.Model):
    """A line about how it goes. Rows are added, never changed."""

    class Source(models.TextChoices):
        PAGE = "page", _("On the page")
        MAIL = "mail", _("By mail")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    initiative = models.ForeignKey(Initiative, models.PROTECT, related_name="comments")
    by = models.ForeignKey(Employee, models.PROTECT, related_name="comments")
    text = models.TextField()
    at = models.DateTimeField()
    source = models.CharField(max_length=4, choices=Source, default=Source.PAGE)

    class Meta:
        ordering = ["at", "id"]
        indexes = [
            models.Index(fields=["initiative", "at"], name="comments_of_initiative"),
            models.Index(fields=["at"], name="comments_in_order"),
        ]
        constraints = [models.CheckConstraint(name="comment_says_something", condition=~Q(text=""))]


class ReceivedMail(models.Model):
    """A letter that came to the reply address, and what became of it; each is dealt with once."""

    class Result(models.TextChoices):
        COMMENT = "comment"
        VALUE = "value"
        REFUSED = "refused"  # and told so, in a polite answer
        IGNORED = "ignored"  # a machine wrote it, or somebody whom no answer would reach

    message_id = models.CharField(max_length=998, unique=True)
    sender = models.CharField(max_length=320)
    received_at = models.DateTimeField()
    employee = models.ForeignKey(Employee, models.SET_NULL, null=True, related_name="+")
    letter = models.ForeignKey(Letter, models.SET_NULL, null=True, related_name="+")  # that it answers
    result = models.CharField(max_length=8, choices=Result)
    reason = models.TextField(blank=True)
    answer = models.ForeignKey(Letter, models.SET_NULL, null=True, related_name="+")  # the polite one

    class Meta:
        ordering = ["received_at", "id"]
        indexes = [models.Index(fields=["employee", "received_at"], name="received_from_person")]
