"""Rows that hold from one day to another, both included; without a last day they hold until further notice."""

import datetime as dt
from typing import Any, Self, TypeVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

M = TypeVar("M", bound=models.Model)


class PeriodQuerySet(models.QuerySet[M]):
    def on(self, day: dt.date) -> Self:
        """Those that hold on `day`."""
        return self.filter(Q(to_on=None) | Q(to_on__gte=day), from_on__lte=day)


class Period(models.Model):
    from_on = models.DateField()
    to_on = models.DateField(null=True, blank=True)

    class Meta:
        abstract = True


def ends_after_it_starts(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(name=name, condition=Q(to_on=None) | Q(to_on__gte=F("from_on")))


def one_at_a_time(name: str, *same: str, condition: Q | None = None) -> ExclusionConstraint:
    """No two rows that agree on the columns `same` may hold on the same day."""
    days = Func(
        F("from_on"),
        F("to_on"),
        Value("[]"),
        function="daterange",
        output_field=DateRangeField(),
    )
    expressions: list[Any] = [
        (days, RangeOperators.OVERLAPS),
        *((column, RangeOperators.EQUAL) for column in same),
    ]
    return ExclusionConstraint(name=name, expressions=expressions, condition=condition)
