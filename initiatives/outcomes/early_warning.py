"""What the chart says of a series: limits of normal variation from the frozen baseline, or a run chart for few values.

An early warning. The verdict is another matter, and knows nothing of this. No queries, no words.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from itertools import groupby

from initiatives import evidence
from initiatives.evidence import FEWEST_FIXED, Assurance, Direction, Parts, Runs, Signal, Value, Variation, XmrChart


@dataclass(frozen=True)
class Mark:
    """A value that stands out: by which rule, and whether for the better."""

    signal: Signal
    variation: Variation


@dataclass(frozen=True)
class Level:
    """A centre, and limits if there are any, from the period that begins on `first_on` until the next level.

    They are reckoned from values before `frozen_on`, and only drawn on from there; None: from all the level's values.
    """

    first_on: dt.date
    centre: Fraction
    lower: Fraction | None = None
    upper: Fraction | None = None
    frozen_on: dt.date | None = None

    @property
    def width(self) -> Fraction | None:
        """Of normal variation."""
        return None if self.lower is None or self.upper is None else self.upper - self.lower


@dataclass(frozen=True)
class EarlyWarning:
    """Levels in the order of time, and marks by the last day of the value's period.

    With `runs` there were too few values for limits: the centre is a median, and no single value is marked.
    `assurance` is None while the limits are those of the past, as they then say nothing of meeting the target now.
    """

    levels: Sequence[Level]
    marks: Mapping[dt.date, Mark] = field(default_factory=dict)
    latest: Mark | None = None
    assurance: Assurance | None = None
    runs: Runs | None = None

    @property
    def is_rebased(self) -> bool:
        return len(self.levels) > 1


def early_warning(
    parts: Parts,
    *,
    change_on: dt.date | None,
    better: Direction,
    target: Decimal | None = None,
    rebased: bool = False,
) -> EarlyWarning | None:
    """The chart's reading of a series that is cut by its change; None without a value from before.

    Limits come from the baseline alone, at least 12 values, and are drawn on through the follow-up. What lies across
    the change or outside the baseline's window is no part of it. `rebased` gives the follow-up limits of its own, which
    needs 12 values there as well.
    """
    if not parts.before:
        return None
    counted = [*parts.before, *parts.after]
    days = [(each.observed_on, each.value) for each in counted]
    if len(parts.before) < FEWEST_FIXED:
        return _by_median(counted, days, parts.before[-1].observed_on, change_on)
    if rebased and can_be_rebased(parts):
        phases = [parts.after[0].observed_on]
        return _by_limits(evidence.xmr(days, better=better, phases=phases, target=target), counted, None)
    fixed = evidence.xmr(days, better=better, fix_after=len(parts.before), target=target)
    return _by_limits(fixed, counted, change_on)


def can_be_rebased(parts: Parts) -> bool:
    return min(len(parts.before), len(parts.after)) >= FEWEST_FIXED


def _by_limits(chart: XmrChart, counted: Sequence[Value], frozen_on: dt.date | None) -> EarlyWarning:
    begins = {each.observed_on: each.period_start for each in counted}
    firsts = [next(phase) for _number, phase in groupby(chart.points, lambda point: point.phase)]
    marks = {each.on: Mark(each.signal, each.variation) for each in chart.points if each.signal is not None}
    return EarlyWarning(
        levels=[
            Level(begins[first.on], first.limits.mean, first.limits.lower, first.limits.upper, frozen_on)
            for first in firsts
        ],
        marks=marks,
        latest=marks.get(chart.points[-1].on),
        assurance=None if frozen_on else chart.assurance,
    )


def _by_median(
    counted: Sequence[Value], days: Sequence[tuple[dt.date, Decimal]], last_on: dt.date, frozen_on: dt.date | None
) -> EarlyWarning:
    part = evidence.run_chart(days, freeze=last_on).parts[0]
    assert part.centre is not None  # there is at least one value
    return EarlyWarning([Level(counted[0].period_start, part.centre, frozen_on=frozen_on)], runs=part.runs)
