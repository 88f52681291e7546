"""The processor's time for a verdict on few and on many values."""

import datetime as dt
import random
import time
from decimal import Decimal

from initiatives.evidence import Direction, Value, compare
from tests.bench.figures import median_time, table

SIZES = (12, 30, 60, 5000)


def measure() -> None:
    times = {f"{size} + {size} values": verdict_time(size) for size in SIZES}
    print(table("The verdict, processor time", times), flush=True)


def verdict_time(size: int, *, runs: int = 7) -> float:
    """Seconds for a verdict on two groups of `size` values each, new ones each time."""
    chance = random.Random(size)
    groups = iter([(_values(chance, size, 100, 0), _values(chance, size, 90, size)) for _ in range(runs + 1)])
    return median_time(lambda: compare(*next(groups), better=Direction.DOWN), clock=time.process_time, runs=runs)


def _values(chance: random.Random, size: int, mean: int, first: int) -> list[Value]:
    """One a day with two decimals, from the day numbered `first`."""
    days = [dt.date(2000, 1, 1) + dt.timedelta(days=first + number) for number in range(size)]
    return [Value(day, day, Decimal(str(round(chance.gauss(mean, 15), 2)))) for day in days]
