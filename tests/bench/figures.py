"""Times, and how they are shown: the median of several runs beside its ratio to the first line."""

import statistics
from collections.abc import Callable, Mapping


def median_time(what: Callable[[], object], *, clock: Callable[[], float], runs: int) -> float:
    """Seconds by `clock`; a first run is not counted."""
    what()
    return statistics.median(_time(what, clock) for _ in range(runs))


def _time(what: Callable[[], object], clock: Callable[[], float]) -> float:
    began = clock()
    what()
    return clock() - began


def table(title: str, times: Mapping[str, float]) -> str:
    """A line for each time, in milliseconds and as a ratio to the first."""
    base = next(iter(times.values()))
    width = max(map(len, times))
    lines = [f"  {name:<{width}} {time * 1000:>9.2f} ms {time / base:>8.1f} ×" for name, time in times.items()]
    return "\n".join([title, *lines])
