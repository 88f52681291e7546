"""The processor's time for a verdict and for the charts, on few and on many values."""

import datetime as dt
import random
import time
from collections.abc import Callable
from decimal import Decimal

from initiatives.evidence import Direction, Value, compare, i_chart, ranks, run_chart, xmr
from tests.bench.figures import median_time, table

SIZES = (12, 30, 60, 5000)


def measure() -> None:
    times = {f"{size} + {size} values": verdict_time(size) for size in SIZES}
    times["60 + 60 values, each as the first"] = verdict_time(60, as_first=True)
    print(table("The verdict, processor time", times), flush=True)
    times = {f"{chart.__name__}, 5,000 values": chart_time(chart) for chart in (xmr, run_chart, i_chart)}
    print(table("\nThe charts' arithmetic, processor time", times), flush=True)


def verdict_time(size: int, *, runs: int = 7, as_first: bool = False) -> float:
    """Seconds for a verdict on two groups of `size` values each, new ones each time.

    `as_first`: nothing is remembered of the sizes, as in a process that has just begun.
    """
    chance = random.Random(size)
    groups = iter([(_values(chance, size, 100, 0), _values(chance, size, 90, size)) for _ in range(runs + 1)])

    def verdict() -> None:
        if as_first:
            ranks.interval_rank.cache_clear()
            ranks._inversions.cache_clear()
        compare(*next(groups), better=Direction.DOWN)

    return median_time(verdict, clock=time.process_time, runs=runs)


def chart_time(chart: Callable[[list[tuple[dt.date, Decimal]]], object], *, runs: int = 7) -> float:
    """Seconds for a chart of 5,000 values."""
    values = [(value.observed_on, value.value) for value in _values(random.Random(1), 5000, 100, 0)]
    return median_time(lambda: chart(values), clock=time.process_time, runs=runs)


def _values(chance: random.Random, size: int, mean: int, first: int) -> list[Value]:
    """One a day with two decimals, from the day numbered `first`."""
    days = [dt.date(2000, 1, 1) + dt.timedelta(days=first + number) for number in range(size)]
    return [Value(day, day, Decimal(str(round(chance.gauss(mean, 15), 2)))) for day in days]
