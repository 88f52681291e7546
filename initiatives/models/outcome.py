"""What shall become better, by how much and by when, together with the latest answer to whether it has."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now, Upper
from django.utils.translation import gettext_lazy as _

from initiatives.cadence import Cadence
from initiatives.models.initiative import Initiative, Kind


class Indicator(models.Model):
    """What is measured: a name, a unit of measure, and which way is better."""

    class Direction(models.TextChoices):
        UP = "up", _("Higher is better")
        DOWN = "down", _("Lower is better")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=200)
    unit_of_measure = models.CharField(max_length=40)
    direction = models.CharField(max_length=4, choices=Direction)
    kind = models.CharField(max_length=16, choices=Kind)
    kolada_id = models.CharField(max_length=6, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)  # kept by a trigger; never runs backwards

    class Meta:
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["updated_at", "id"], name="indicator_in_order_of_change")]
        constraints = [
            models.UniqueConstraint(
                Upper("name"), Upper("unit_of_measure"), "direction", name="indicator_is_told_apart_by_name_and_unit"
            ),
            models.CheckConstraint(
                name="kolada_id_is_n_or_u_and_five_digits",
                condition=Q(kolada_id="") | Q(kolada_id__regex=r"^[NU][0-9]{5}$"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.unit_of_measure})"


class Verification(models.TextChoices):
    """Where the controller's word about a confirmed result stands."""

    ASKED = "asked", _("Waiting for a controller")
    CONFIRMED = "confirmed", _("Verified by a controller")
    RETURNED = "returned", _("Sent back by a controller")
    LAPSED = "lapsed", _("No longer verified")


class Outcome(models.Model):
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    initiative = models.ForeignKey(Initiative, models.CASCADE, related_name="outcomes")
    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="outcomes")
    is_primary = models.BooleanField(default=True)  # one decides; more may be secondary, and never do
    target = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    target_on = models.DateField(null=True, blank=True)
    cadence = models.CharField(max_length=16, choices=Cadence, default=Cadence.MONTHLY)
    review_on = models.DateField(null=True, blank=True)  # fixed at submit; may be moved once, before it is reached
    review_was_extended = models.BooleanField(default=False, editable=False)
    is_second_look = models.BooleanField(default=False, editable=False)  # reopened after an ending
    baseline_ready_on = models.DateField(null=True, blank=True)  # when the baseline will be there, if it is not yet
    # The baseline's window, frozen at the step implement.
    baseline_from_on = models.DateField(null=True, editable=False)
    baseline_to_on = models.DateField(null=True, editable=False)
    next_due_on = models.DateField(null=True, editable=False)  # the day after the first period that lacks a value

    # The latest answer. `initiatives.outcomes` recomputes it from the values on every change.
    value_count = models.PositiveIntegerField(default=0, editable=False)
    latest_value = models.DecimalField(max_digits=18, decimal_places=6, null=True, editable=False)
    latest_on = models.DateField(null=True, editable=False)
    n_before = models.PositiveIntegerField(default=0, editable=False)
    n_after = models.PositiveIntegerField(default=0, editable=False)
    baseline_median = models.DecimalField(max_digits=18, decimal_places=6, null=True, editable=False)
    # Normal variation around the mean of the baseline; empty while it has too few values for limits.
    baseline_mean = models.DecimalField(max_digits=18, decimal_places=6, null=True, editable=False)
    limit_low = models.DecimalField(max_digits=18, decimal_places=6, null=True, editable=False)
    limit_high = models.DecimalField(max_digits=18, decimal_places=6, null=True, editable=False)
    follow_up_median = models.DecimalField(max_digits=18, decimal_places=6, null=True, editable=False)
    verdict = models.CharField(max_length=20, blank=True, editable=False)
    verdict_is_final = models.BooleanField(default=False, editable=False)
    shift = models.DecimalField(max_digits=18, decimal_places=6, null=True, editable=False)
    shift_low = models.DecimalField(max_digits=18, decimal_places=6, null=True, editable=False)
    shift_high = models.DecimalField(max_digits=18, decimal_places=6, null=True, editable=False)
    p_value = models.FloatField(null=True, editable=False)
    warnings = models.JSONField(default=list, editable=False)
    result_status = models.CharField(max_length=24, blank=True, editable=False)
    grade = models.PositiveSmallIntegerField(default=0, editable=False)  # evidence grade, 0-5
    # After the ending: the controller's word, and whether the effect is still there by the values since.
    verification = models.CharField(max_length=10, choices=Verification, blank=True, editable=False)
    verification_at = models.DateTimeField(null=True, editable=False)
    hold = models.CharField(max_length=10, blank=True, editable=False)
    faded_on = models.DateField(null=True, editable=False)  # the day of the value that showed it

    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)  # kept by a trigger; never runs backwards

    class Meta:
        ordering = ["initiative", "-is_primary", "id"]
        indexes = [
            models.Index(fields=["updated_at", "id"], name="outcome_in_order_of_change"),
            models.Index(
                fields=["next_due_on", "id"], name="outcome_waiting_for_value", condition=~Q(next_due_on=None)
            ),
            models.Index(fields=["review_on", "id"], name="outcome_waiting_for_review", condition=Q(is_primary=True)),
            models.Index(
                fields=["verification", "verification_at", "id"],
                name="outcome_by_verification",
                condition=~Q(verification=""),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                name="initiative_has_one_primary_outcome", fields=["initiative"], condition=Q(is_primary=True)
            ),
            models.UniqueConstraint(name="indicator_is_used_once_per_initiative", fields=["initiative", "indicator"]),
            models.CheckConstraint(name="evidence_grade_is_zero_to_five", condition=Q(grade__gte=0, grade__lte=5)),
            models.CheckConstraint(
                name="what_has_faded_says_since_when",
                condition=Q(hold="faded", faded_on__isnull=False) | (~Q(hold="faded") & Q(faded_on=None)),
            ),
        ]

    def __str__(self) -> str:
        return str(self.indicator)
