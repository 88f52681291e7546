"""Run charts and I charts as in the R package qicharts2 0.8.1: a centre line per part, limits, and the runs."""

import datetime as dt
import statistics
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Final, NamedTuple

from initiatives.evidence.runs import Runs, runs_of
from initiatives.evidence.values import exact, with_gaps
from initiatives.evidence.xmr import average_range, beyond, scaled

RANGE_TO_DEVIATION: Final = Fraction(1128, 1000)  # the average moving range in standard deviations
DEVIATIONS: Final = 3

Row = tuple[dt.date, Fraction | None]


class ChartPoint(NamedTuple):
    """A value, or None where it is missing. `is_outside` is always False in a run chart, which has no limits."""

    on: dt.date
    value: Fraction | None
    part: int  # counted from 0
    is_excluded: bool
    is_outside: bool


@dataclass(frozen=True)
class ChartPart:
    """The centre line of a part, its limits (None in a run chart, and when no moving range is left) and its runs."""

    centre: Fraction | None
    lower: Fraction | None
    upper: Fraction | None
    runs: Runs


@dataclass(frozen=True)
class RunChart:
    """Points by day. `signal`: some part has a run too long or crossings too few, or a counted value is outside."""

    points: Sequence[ChartPoint]
    parts: Sequence[ChartPart]

    @property
    def signal(self) -> bool:
        return any(part.runs.signal for part in self.parts) or any(
            point.is_outside and not point.is_excluded for point in self.points
        )


def run_chart(
    values: Iterable[tuple[dt.date, Decimal | None]],
    *,
    freeze: dt.date | None = None,
    parts: Collection[dt.date] = (),
    exclude: Collection[dt.date] = (),
    centre: Decimal | None = None,
) -> RunChart:
    """The run chart of `values`, pairs of a day and a value (None: missing), in any order.

    `freeze` is the last day of the baseline that the centre line, its median, comes from. Each day in `parts` is the
    first of a new part with a centre of its own; giving any switches freezing off. Values on days in `exclude` count
    neither for the centre nor for the runs. `centre` is a centre line that is given. Raises ValueError for two values
    on one day, for what is not a finite number, and for a day in `freeze`, `parts` or `exclude` that has no row.

    Source: qicharts2 0.8.1 (qic, chart "run"), computed exactly.
    """
    return _draw(values, freeze, parts, exclude, centre, _median, lambda baseline, middle: (None, None))


def i_chart(
    values: Iterable[tuple[dt.date, Decimal | None]],
    *,
    freeze: dt.date | None = None,
    parts: Collection[dt.date] = (),
    exclude: Collection[dt.date] = (),
    centre: Decimal | None = None,
    screen: bool = False,
) -> RunChart:
    """The I chart, given as a run chart is: the centre is the mean, with limits 3 × (average moving range / 1.128) off.

    Moving ranges bridge what is excluded, while a missing value drops its two. `screen` leaves out the large ones,
    once. A value is outside when it is strictly beyond a limit.

    Source: qicharts2 0.8.1 (qic, chart "i"; `screen` is its option qic.screenedmr), computed exactly.
    """

    def limits(baseline: Sequence[Fraction | None], middle: Fraction) -> tuple[Fraction | None, Fraction | None]:
        scale, ranges = scaled(
            [abs(later - earlier) for earlier, later in pairwise(baseline) if earlier is not None and later is not None]
        )
        average = average_range(ranges, screen=screen)
        if average is None:
            return None, None
        off = DEVIATIONS * average / scale / RANGE_TO_DEVIATION
        return middle - off, middle + off

    return _draw(values, freeze, parts, exclude, centre, _mean, limits)


def _draw(
    values: Iterable[tuple[dt.date, Decimal | None]],
    freeze: dt.date | None,
    parts: Collection[dt.date],
    exclude: Collection[dt.date],
    centre: Decimal | None,
    centre_of: Callable[[Sequence[Fraction]], Fraction],
    limits_of: Callable[[Sequence[Fraction | None], Fraction], tuple[Fraction | None, Fraction | None]],
) -> RunChart:
    rows, begins, excluded = with_gaps(values), frozenset(parts), frozenset(exclude)
    _refuse_unknown_days(rows, {*begins, *excluded, *([] if freeze is None else [freeze])})
    last = None if begins else freeze
    given = None if centre is None else exact(centre, "the centre line")
    points: list[ChartPoint] = []
    drawn: list[ChartPart] = []
    for number, part in enumerate(_parts(rows, begins)):
        counted = [row for row in part if row[0] not in excluded]
        baseline = [value for day, value in counted if last is None or day <= last]
        known = [value for value in baseline if value is not None]
        middle = given if given is not None else (centre_of(known) if known else None)
        lower, upper = (None, None) if middle is None else limits_of(baseline, middle)
        outside = _beyond(part, lower, upper)
        sides = _beyond(counted, middle, middle)
        points += [
            ChartPoint(day, value, number, day in excluded, bool(is_out))
            for (day, value), is_out in zip(part, outside, strict=True)
        ]
        drawn.append(ChartPart(middle, lower, upper, runs_of(sides)))
    return RunChart(points, drawn)


def _refuse_unknown_days(rows: Sequence[Row], named: Collection[dt.date]) -> None:
    if unknown := sorted(set(named) - {day for day, _value in rows}):
        raise ValueError(f"there is no row on {unknown[0]}")


def _parts(rows: Sequence[Row], begins: Collection[dt.date]) -> list[list[Row]]:
    parts: list[list[Row]] = []
    for row in rows:
        if not parts or row[0] in begins:
            parts.append([])
        parts[-1].append(row)
    return parts


def _beyond(rows: Sequence[Row], lower: Fraction | None, upper: Fraction | None) -> list[int]:
    """For each row 1 when it is strictly above `upper`, -1 when strictly below `lower`, else 0, as where none is."""
    scale, whole = scaled([value for _day, value in rows if value is not None])
    found = iter(beyond(whole, lower, upper, scale))
    return [0 if value is None else next(found) for _day, value in rows]


def _median(values: Sequence[Fraction]) -> Fraction:
    return statistics.median(values)


def _mean(values: Sequence[Fraction]) -> Fraction:
    return sum(values, Fraction()) / len(values)
