"""Runs about a centre line after Anhøj: are there fewer crossings, or a longer run, than chance gives?"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby


@dataclass(frozen=True)
class Runs:
    """What lies on either side of a centre line. Without useful values all but the two counts is None.

    `useful` values are not exactly on the line; one that is neither counts nor breaks a run. `signal`: the longest run
    is longer than `longest_most`, or there are fewer crossings than `crossings_fewest`.
    """

    observed: int
    useful: int
    longest: int | None
    longest_most: int | None
    crossings: int | None
    crossings_fewest: int | None
    signal: bool


def runs_of(sides: Sequence[int]) -> Runs:
    """The runs of values in the order of time, each given as 1 above the line, -1 below it or 0 on it.

    Longest run: Schilling 2012; crossings: Chen 2010; both as in qicharts2 0.8.1, the rules of Anhøj.
    """
    useful = [side for side in sides if side]
    if not useful:
        return Runs(len(sides), 0, None, None, None, None, signal=False)
    lengths = [sum(1 for _each in run) for _side, run in groupby(useful)]
    longest, crossings, count = max(lengths), len(lengths) - 1, len(useful)
    most, fewest = round(math.log2(count)) + 3, fewest_crossings(count)
    signal = longest > most or crossings < fewest
    return Runs(len(sides), count, longest, most, crossings, fewest, signal)


@lru_cache(maxsize=512)
def fewest_crossings(useful: int) -> int:
    """The smallest c with P(Binomial(useful - 1, 1/2) <= c) >= 0.05."""
    chances = useful - 1
    ways, reached, wanted = 1, 0, 1 << chances
    for crossings in range(chances + 1):
        reached += ways
        if 20 * reached >= wanted:
            return crossings
        ways = ways * (chances - crossings) // (crossings + 1)
    raise AssertionError("the whole of a distribution is more than a twentieth of it")
