"""Figures over many initiatives, kept by the database itself: triggers add every change, and the clock folds them.

A row is a cell of the roll-up, or a change of one that has not been folded into it yet; sums over both are exact.
"""

import datetime as dt
from typing import Any, Final, Self

from django.db import models
from django.db.models import Q, Sum, Value

from initiatives.models.initiative import Goal, Kind
from initiatives.models.outcome import Indicator
from initiatives.workflow import PRIVATE_STATES, QUIET_STATES, Ending, State
from kommun.models import Unit

CELL: Final = ("unit", "month", "indicator", "goal", "is_primary", "kind", "state", "ending", "grade")
COUNTS: Final = ("initiatives", "outcomes", "measurements", "shifts")
SUMS: Final = ("value_sum", "shift_sum")  # of the values and of the shifts that are counted
EFFECTS: Final = ("hours", "hours_confirmed", "hours_counted", "money", "money_confirmed", "money_counted")
AMOUNTS: Final = (*SUMS, *EFFECTS)


class RollupQuerySet(models.QuerySet["Rollup"]):
    def open_to_all(self) -> Self:
        """Of the states that every reader sees."""
        return self.exclude(state__in=PRIVATE_STATES | QUIET_STATES)

    def within(self, unit: Unit | None) -> Self:
        """Of `unit` and everything below it, today's tree; None is the whole municipality."""
        return self if unit is None else self.filter(unit__path__contains=[unit.pk])

    def between(self, first: dt.date | None, last: dt.date | None) -> Self:
        """Of the months that begin from `first` to `last`, both included."""
        rows = self if first is None else self.filter(month__gte=first)
        return rows if last is None else rows.filter(month__lte=last)

    def totals(self, *by: str) -> "models.QuerySet[Rollup, dict[str, Any]]":
        """Each count and amount as `total_…`, for every combination of `by` that has any figure at all."""
        sums = {f"total_{name}": Sum(name) for name in (*COUNTS, *AMOUNTS)}
        rows = self.order_by(*by).annotate(together=Value(1)).values("together", *by)  # without `by`, one group of all
        found: models.QuerySet[Rollup, dict[str, Any]] = rows.annotate(**sums).exclude(**dict.fromkeys(sums, 0))
        return found


def _count() -> models.IntegerField:
    return models.IntegerField(db_default=0)


def _amount() -> models.DecimalField:
    return models.DecimalField(max_digits=30, decimal_places=6, db_default=0)


class Rollup(models.Model):
    """What a cell holds, or how much it changes. Unit and indicator carry no constraint: what is derived binds nobody.

    An initiative is counted with its primary outcome, or without an indicator when it has none. It and its outcomes
    belong to the month in which it was submitted, else begun; a value to that of its date; a shift to that of its
    outcome's latest value; an amount to each month in which the effect is claimed. What is confirmed is summed in full
    and as what of it counts when several claim the same effect.
    """

    unit = models.ForeignKey(Unit, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    month = models.DateField()  # its first day, local time
    indicator = models.ForeignKey(
        Indicator, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    goal = models.ForeignKey(Goal, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+")
    is_primary = models.BooleanField()
    kind = models.CharField(max_length=16, choices=Kind, blank=True)
    state = models.CharField(max_length=16, choices=State)
    ending = models.CharField(max_length=16, choices=Ending, blank=True)
    grade = models.PositiveSmallIntegerField()
    is_change = models.BooleanField(db_default=True)  # not folded into its cell yet

    initiatives = _count()
    outcomes = _count()
    measurements = _count()  # values; a period that has none is not counted
    shifts = _count()  # outcomes that have one
    value_sum = _amount()  # of `measurements`, in the indicator's own unit of measure
    shift_sum = _amount()  # of `shifts`
    hours = _amount()
    hours_confirmed = _amount()  # ended as confirmed, of what decided it, and checked by somebody
    hours_counted = _amount()  # of the confirmed, each effect once
    money = _amount()
    money_confirmed = _amount()
    money_counted = _amount()

    objects = RollupQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["unit", "month"], name="rollup_by_unit"),
            models.Index(fields=["indicator", "month"], name="rollup_by_indicator"),
            models.Index(fields=["id"], name="rollup_to_be_folded", condition=Q(is_change=True)),
        ]
        constraints = [
            models.UniqueConstraint(
                name="cell_is_kept_once", fields=CELL, condition=Q(is_change=False), nulls_distinct=False
            ),
            models.CheckConstraint(name="cell_begins_with_a_month", condition=Q(month__day=1)),
            models.CheckConstraint(
                name="cell_has_a_figure",
                condition=Q(is_change=True) | ~Q(**dict.fromkeys((*COUNTS, *AMOUNTS), 0)),
            ),
            models.CheckConstraint(
                name="cell_counts_nothing_below_zero",
                condition=Q(is_change=True) | Q(**{f"{name}__gte": 0 for name in COUNTS}),
            ),
        ]
