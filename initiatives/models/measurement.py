"""Observed values and their corrections. A period without a value says so with an empty one."""

import uuid
from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from initiatives.models.outcome import Outcome
from kommun.models import ApiClient, Employee


class Measurement(models.Model):
    """One value of one period. `observed_on` is the period's last day; a spot value begins and ends on the same day."""

    class Source(models.TextChoices):
        PERSON = "person", _("Entered by a person")
        API = "api", _("Sent by another system")
        KOLADA = "kolada", _("Source: Kolada")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    outcome = models.ForeignKey(Outcome, models.CASCADE, related_name="measurements")
    series = models.CharField(max_length=64, blank=True)  # the verdict uses the default series, ""
    period_start = models.DateField()
    observed_on = models.DateField()
    value = models.DecimalField(max_digits=18, decimal_places=6, null=True)  # empty: there is none for the period
    source = models.CharField(max_length=16, choices=Source)
    source_reference = models.CharField(max_length=200, blank=True)
    cause = models.CharField(max_length=300, blank=True)  # what somebody knows of why this value is odd
    by = models.ForeignKey(Employee, models.PROTECT, null=True, blank=True, related_name="+")
    client = models.ForeignKey(ApiClient, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)  # kept by a trigger; never runs backwards

    class Meta:
        ordering = ["outcome", "series", "observed_on"]
        constraints = [
            models.UniqueConstraint(
                name="one_value_per_outcome_series_and_date", fields=["outcome", "series", "observed_on"]
            ),
            models.CheckConstraint(name="period_ends_after_it_starts", condition=Q(period_start__lte=F("observed_on"))),
            models.CheckConstraint(name="value_is_a_number", condition=Q(value=None) | Q(value__lt=Decimal("1e12"))),
        ]

    def __str__(self) -> str:
        return f"{self.observed_on}: {self.value}"


class Correction(models.Model):
    """What a value was before it was corrected, and why it was. Rows are added, never changed."""

    measurement = models.ForeignKey(Measurement, models.CASCADE, related_name="corrections")
    old_value = models.DecimalField(max_digits=18, decimal_places=6, null=True)
    new_value = models.DecimalField(max_digits=18, decimal_places=6, null=True)
    reason = models.TextField()
    by = models.ForeignKey(Employee, models.PROTECT, null=True, related_name="+")
    client = models.ForeignKey(ApiClient, models.PROTECT, null=True, related_name="+", db_constraint=False)
    at = models.DateTimeField()

    class Meta:
        ordering = ["measurement", "at", "id"]
        constraints = [models.CheckConstraint(name="correction_has_a_reason", condition=~Q(reason=""))]
