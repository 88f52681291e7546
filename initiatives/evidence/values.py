"""Values with their periods, and which of them are before and after a change."""

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from operator import attrgetter
from typing import Final, NamedTuple

BASELINE_YEARS: Final = 2

Observed = tuple[dt.date, Fraction]  # the day of an observation, and its value exactly


class Value(NamedTuple):
    """One observed value. `observed_on` is the period's last day; for a spot value the two dates are the same."""

    period_start: dt.date
    observed_on: dt.date
    value: Decimal


class Parts(NamedTuple):
    """A series cut by a change: what lies before, after, and across it (which counts to neither)."""

    before: list[Value]
    after: list[Value]
    straddling: list[Value]


def split(
    values: Iterable[Value],
    change_on: dt.date,
    *,
    baseline_from: dt.date | None = None,
    until: dt.date | None = None,
) -> Parts:
    """Before = periods that end before the change date, after = periods that start on or after it.

    `baseline_from` leaves older values out of the baseline, `until` leaves later ones out of the follow-up.
    Raises ValueError when two values stand on one date or a value is not a finite number.
    """
    ordered = in_order(values)
    before = [
        each
        for each in ordered
        if each.observed_on < change_on and (baseline_from is None or each.observed_on >= baseline_from)
    ]
    after = [
        each for each in ordered if each.period_start >= change_on and (until is None or each.observed_on <= until)
    ]
    straddling = [each for each in ordered if each.period_start < change_on <= each.observed_on]
    return Parts(before, after, straddling)


def earliest_baseline(change_on: dt.date) -> dt.date:
    """The first day that a baseline may go back to: 24 months before the change."""
    is_leap_day = (change_on.month, change_on.day) == (2, 29)
    return change_on.replace(year=change_on.year - BASELINE_YEARS, day=28 if is_leap_day else change_on.day)


def in_order(values: Iterable[Value]) -> Sequence[Value]:
    """The values by date. Raises ValueError for two on one date, and for what is not a finite number.

    A value is asked for, but who has none for a period writes None all the same: that is left out.
    """
    ordered = sorted((each for each in values if each.value is not None), key=attrgetter("observed_on"))
    days = [each.observed_on for each in ordered]
    if len(set(days)) < len(days):
        twice = next(later for earlier, later in pairwise(days) if earlier == later)
        raise ValueError(f"two values on {twice}")
    for each in ordered:
        if not (type(each.value) is Decimal and each.value.is_finite()):
            exact(each.value, f"the value on {each.observed_on}")
    return ordered


def observed(values: Iterable[tuple[dt.date, Decimal | None]]) -> list[Observed]:
    """Days with their exact values, by day; missing ones left out.

    Raises ValueError for two values on one day, and for what is not a finite number.
    """
    there = [(day, value) for day, value in values if value is not None]
    return [(day, value) for day, value in with_gaps(there) if value is not None]


def with_gaps(values: Iterable[tuple[dt.date, Decimal | None]]) -> list[tuple[dt.date, Fraction | None]]:
    """The same, with missing ones kept as None."""
    rows = sorted(
        ((day, None if value is None else exact(value, f"the value on {day}")) for day, value in values),
        key=lambda row: row[0],
    )
    for (earlier, _value), (later, _other) in pairwise(rows):
        if earlier == later:
            raise ValueError(f"two values on {later}")
    return rows


def exact(value: Decimal, what: str) -> Fraction:
    """The number exactly. Raises ValueError, which names it by `what`, when it is not a finite number."""
    try:
        return Fraction(*value.as_integer_ratio())  # which text has not
    except (ValueError, OverflowError, AttributeError) as error:
        raise ValueError(f"{what} is not a finite number") from error


def in_whole_numbers(*groups: Sequence[Value]) -> tuple[int, list[list[int]]]:
    """The least scale at which every value is whole, and each group's values times that scale.

    Ranks, trends and signs do not depend on the scale, and whole numbers are both exact and quick.
    """
    ratios = [[each.value.as_integer_ratio() for each in group] for group in groups]
    scale = math.lcm(*(below for group in ratios for _, below in group))
    return scale, [[above * (scale // below) for above, below in group] for group in ratios]
