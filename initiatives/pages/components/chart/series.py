"""What a chart is to draw: the values with what they count as, and the levels that they are seen against."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from initiatives.evidence import Value, split
from initiatives.outcomes.early_warning import EarlyWarning, Level


class Part(StrEnum):
    """What a value counts as. Also the last word of its class names."""

    BEFORE = "fore"
    AFTER = "efter"
    LATER = "senare"  # after the ending: whether it held
    OUTSIDE = "utanfor"  # across the change, outside the window or after the review: shown, not counted


@dataclass(frozen=True)
class Series:
    """What is to be drawn. Notes, causes and signals are of values, by their last day.

    Without an early warning the level is the frozen baseline's median. `ended_on` is the day the initiative ended.
    `is_backed`: whether the verdict says what the signals say; else they are not called more than chance.
    """

    name: str
    unit: str
    values: Sequence[Value]
    change_on: dt.date | None = None
    baseline_from: dt.date | None = None
    until: dt.date | None = None
    ended_on: dt.date | None = None
    baseline_median: Fraction | Decimal | None = None
    target: Decimal | None = None
    notes: Mapping[dt.date, str] = field(default_factory=dict)
    causes: Mapping[dt.date, str] = field(default_factory=dict)
    warning: EarlyWarning | None = None
    is_backed: bool = True

    @property
    def first_on(self) -> dt.date:
        days = [each.period_start for each in self.values]
        return min([*days, self.change_on] if self.change_on else days)

    @property
    def last_on(self) -> dt.date:
        days = [each.observed_on for each in self.values]
        return max([*days, self.change_on] if self.change_on else days)

    @property
    def levels(self) -> Sequence[Level]:
        if self.warning is not None:
            return self.warning.levels
        if self.baseline_median is None:
            return []
        return [Level(self.first_on, Fraction(self.baseline_median), frozen_on=self.change_on)]

    @property
    def has_medians(self) -> bool:
        return self.warning is None or self.warning.runs is not None

    def parts(self) -> dict[Value, Part]:
        """What each value counts as."""
        cut = split(self.values, self.change_on or dt.date.max, baseline_from=self.baseline_from, until=self.until)
        part_of = dict.fromkeys(self.values, Part.OUTSIDE)
        part_of |= dict.fromkeys(cut.before, Part.BEFORE) | dict.fromkeys(cut.after, Part.AFTER)
        if self.ended_on is not None:
            part_of |= {each: Part.LATER for each in self.values if each.observed_on > self.ended_on}
        return part_of
