"""The tree of units, where each stood in it on any day, and the levers that were set for it on any day."""

import datetime as dt
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from kommun.models.period import Period, PeriodQuerySet, ends_after_it_starts, one_at_a_time
from kommun.models.source import Source


class UnitQuerySet(models.QuerySet["Unit"]):
    def within(self, *roots: "Unit") -> Self:
        """The units `roots` and everything below them, today's tree. One indexed query."""
        return self.filter(path__overlap=[root.pk for root in roots])

    def open_on(self, day: dt.date) -> Self:
        return self.filter(Q(ended_on=None) | Q(ended_on__gte=day))


class Unit(models.Model):
    class Kind(models.TextChoices):
        MUNICIPALITY = "municipality", _("Municipality")
        DEPARTMENT = "department", _("Department")
        DIVISION = "division", _("Division")
        UNIT = "unit", _("Unit")

    code = models.CharField(max_length=64, unique=True)  # the master data's own identifier
    name = models.CharField(max_length=200)
    sort_key = models.CharField(max_length=200, db_collation="C", editable=False)
    kind = models.CharField(max_length=16, choices=Kind, default=Kind.UNIT)
    # Today's place in the tree, kept by kommun.organisation; UnitPlacement is the history it follows.
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        editable=False,
    )
    path: "ArrayField[list[int], list[int]]" = ArrayField(models.BigIntegerField(), default=list, editable=False)
    ended_on = models.DateField(null=True, blank=True)  # the last day
    source = models.CharField(max_length=6, choices=Source, default=Source.HAND)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = UnitQuerySet.as_manager()

    class Meta:
        ordering = ["sort_key", "code"]
        indexes = [GinIndex(fields=["path"], name="unit_path")]
        constraints = [
            models.CheckConstraint(
                name="unit_is_not_its_own_parent",
                condition=Q(parent=None) | ~Q(parent=F("pk")),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class UnitPlacement(Period):
    """Under which unit a unit stood, from one day to another."""

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="placements")
    parent = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="+")

    objects = PeriodQuerySet["UnitPlacement"].as_manager()

    class Meta:
        constraints = [
            ends_after_it_starts("placement_ends_after_it_starts"),
            one_at_a_time("unit_has_one_parent_at_a_time", "unit"),
            models.CheckConstraint(
                name="placement_is_under_another_unit",
                condition=Q(parent=None) | ~Q(parent=F("unit")),
            ),
        ]


class UnitSetting(Period):
    """The levers of a unit and its subtree. What is empty is inherited from the nearest unit above that says."""

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="settings")
    decision_days = models.PositiveSmallIntegerField(null=True, blank=True)  # full working days to decide in
    silence_means_go = models.BooleanField(null=True, blank=True)
    own_mandate = models.BooleanField(null=True, blank=True)  # small, free, reversible initiatives may just start
    mandate_amount = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)  # kronor

    objects = PeriodQuerySet["UnitSetting"].as_manager()

    class Meta:
        constraints = [
            ends_after_it_starts("setting_ends_after_it_starts"),
            one_at_a_time("unit_has_one_setting_at_a_time", "unit"),
            models.CheckConstraint(name="decision_takes_at_least_a_day", condition=Q(decision_days__gte=1)),
            models.CheckConstraint(name="mandate_is_not_negative", condition=Q(mandate_amount__gte=0)),
        ]


class ClosedDay(models.Model):
    """A day that the municipality itself keeps closed, beside weekends and public holidays."""

    on = models.DateField(primary_key=True)
    name = models.CharField(max_length=100)

    class Meta:
        ordering = ["on"]

    def __str__(self) -> str:
        return f"{self.on} {self.name}"


class QuietDays(Period):
    """Working days on which nobody is written to, such as the weeks of the summer. The clocks of promises go on."""

    name = models.CharField(max_length=100)

    objects = PeriodQuerySet["QuietDays"].as_manager()

    class Meta:
        ordering = ["from_on"]
        constraints = [
            ends_after_it_starts("quiet_days_end_after_they_start"),
            models.CheckConstraint(name="quiet_days_come_to_an_end", condition=Q(to_on__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.name
