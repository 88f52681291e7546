"""What the culture is measured by, and the targets that those who answer for a unit have set for it, with history."""

from django.db import models
from django.db.models import Q

from kommun.models import Employee, Unit
from kommun.models.period import Period, PeriodQuerySet, ends_after_it_starts, one_at_a_time


class SoilMeasure(models.TextChoices):
    """Their codes; what each is stands in `initiatives.soil.measures`."""

    STARTED_PER_HUNDRED = "started_per_hundred"
    DRIVING = "driving"
    DECISION_DAYS = "decision_days"
    BY_SILENCE = "by_silence"
    MEASURED = "measured"
    CONFIRMED = "confirmed"
    VERIFIED = "verified"
    HELD_6 = "held_6_months"
    HELD_12 = "held_12_months"
    LESSONS_PER_STOPPED = "lessons_per_stopped"
    TAKEN_OVER_PER_CONFIRMED = "taken_over_per_confirmed"
    OBSTACLES_REMOVED = "obstacles_removed"
    REMOVAL_DAYS = "removal_days"
    PROMISES_KEPT = "promises_kept"
    HOURS = "hours"
    MONEY = "money"


class SoilTarget(Period):
    """What a unit and all below it aim at. A new target ends the one before it, which stays to be read."""

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="soil_targets")
    measure = models.CharField(max_length=32, choices=SoilMeasure)
    value = models.DecimalField(max_digits=16, decimal_places=4)  # in the measure's own unit; a share is 0 to 1
    set_by = models.ForeignKey(Employee, models.PROTECT, related_name="+")
    set_at = models.DateTimeField()

    objects = PeriodQuerySet["SoilTarget"].as_manager()

    class Meta:
        ordering = ["unit", "measure", "from_on"]
        constraints = [
            ends_after_it_starts("soil_target_ends_after_it_starts"),
            one_at_a_time("unit_has_one_target_of_a_measure_at_a_time", "unit", "measure"),
            models.CheckConstraint(
                name="soil_target_is_of_a_known_measure", condition=Q(measure__in=SoilMeasure.values)
            ),
            models.CheckConstraint(name="soil_target_is_not_negative", condition=Q(value__gte=0)),
        ]
