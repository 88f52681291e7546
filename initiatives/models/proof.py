"""What a result came to afterwards: its evidence grade with history, who verified it, and whether it held."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from initiatives.models.outcome import Outcome, Verification
from kommun.models import Employee


class Grading(models.Model):
    """An evidence grade that an outcome came to, with the values it came from. Rows are added, never changed."""

    outcome = models.ForeignKey(Outcome, models.PROTECT, related_name="gradings")
    grade = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    figures = models.JSONField(default=dict)

    class Meta:
        ordering = ["outcome", "id"]
        constraints = [models.CheckConstraint(name="graded_zero_to_five", condition=Q(grade__gte=0, grade__lte=5))]


class VerificationStep(models.Model):
    """A word in the conversation between owner and controller about one result. Rows are added, never changed.

    Without `by` the step was taken by the values themselves: what had been confirmed was no longer there.
    """

    outcome = models.ForeignKey(Outcome, models.PROTECT, related_name="verification_steps")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Verification)
    by = models.ForeignKey(Employee, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    reason = models.TextField(blank=True)
    figures = models.JSONField(default=dict)  # what the figures said at that moment

    class Meta:
        ordering = ["outcome", "number"]
        constraints = [
            models.UniqueConstraint(name="verification_steps_are_numbered_once", fields=["outcome", "number"]),
            models.CheckConstraint(
                name="what_is_sent_back_says_why", condition=~Q(kind=Verification.RETURNED) | ~Q(reason="")
            ),
            models.CheckConstraint(
                name="result_is_verified_by_a_person",
                condition=~Q(kind__in=[Verification.CONFIRMED, Verification.RETURNED]) | Q(by__isnull=False),
            ),
        ]


class HoldCheck(models.Model):
    """Whether a confirmed effect is still there so many months after the ending."""

    class Result(models.TextChoices):
        HELD = "held", _("Held")
        FADED = "faded", _("Faded")
        TOO_EARLY = "too_early", _("Too early to tell")

    outcome = models.ForeignKey(Outcome, models.CASCADE, related_name="hold_checks")
    step = models.PositiveIntegerField()  # the number of the step that ended it; a second look has checks of its own
    months = models.PositiveSmallIntegerField()
    due_on = models.DateField()
    result = models.CharField(max_length=10, choices=Result, blank=True)
    checked_at = models.DateTimeField(null=True)
    figures = models.JSONField(default=dict)

    class Meta:
        ordering = ["outcome", "due_on", "id"]
        indexes = [models.Index(fields=["due_on", "id"], name="hold_checks_that_wait", condition=Q(result=""))]
        constraints = [
            models.UniqueConstraint(name="hold_check_is_made_once", fields=["outcome", "step", "months"]),
            models.CheckConstraint(name="hold_is_checked_after_set_months", condition=Q(months__in=[1, 3, 6, 12])),
            models.CheckConstraint(
                name="hold_check_has_a_day_when_it_has_a_result",
                condition=Q(result="", checked_at=None) | (~Q(result="") & Q(checked_at__isnull=False)),
            ),
        ]
