"""The distributions behind the verdict: rank sums and rank correlation, counted exactly.

A distribution is one big integer per subset size, with the count of each sum in a field of its own: a shift and an add
per value where a dictionary would need a loop over every sum.
"""

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from statistics import NormalDist

EXACT_UP_TO = 60  # values in each group


def doubled_midranks(values: Sequence[int]) -> list[int]:
    """Twice the rank of each value, the mean rank where values are equal; doubled, so that all are integers."""
    counts = Counter(values)
    rank_of, below = {}, 0
    for value in sorted(counts):
        rank_of[value] = 2 * below + counts[value] + 1
        below += counts[value]
    return [rank_of[value] for value in values]


def subset_sums(numbers: Sequence[int], size: int) -> list[int]:
    """How many subsets of `size` of the non-negative `numbers` have each sum; the index is the sum."""
    width = (math.comb(len(numbers), size).bit_length() + 8) // 8 * 8
    packed = [1] + [0] * size
    for index, number in enumerate(numbers):
        shift = number * width
        fewest = max(1, size - (len(numbers) - index - 1))  # smaller subsets can no longer grow to `size`
        for count in range(min(size, index + 1), fewest - 1, -1):
            packed[count] += packed[count - 1] << shift
    largest = sum(sorted(numbers)[len(numbers) - size :])
    step = width // 8
    raw = packed[size].to_bytes((largest + 1) * step, "little")
    return [int.from_bytes(raw[start : start + step], "little") for start in range(0, len(raw), step)]


def rank_sum_p(doubled: Sequence[int], chosen: Sequence[int]) -> Fraction:
    """The exact two-sided p of a rank sum: the share of all splits at least as far from the expected sum.

    `doubled` are the doubled midranks of all values, `chosen` those of the one group.
    """
    least = min(doubled)
    unit = math.gcd(*(rank - least for rank in doubled)) or 1
    counts = subset_sums([(rank - least) // unit for rank in doubled], len(chosen))
    size, n = len(chosen), len(doubled)
    expected = size * sum(doubled)  # this and all below times n, so that it stays whole
    distance = abs(n * sum(chosen) - expected)
    start, step = n * size * least - expected, n * unit
    far = sum(count for index, count in enumerate(counts) if count and abs(start + index * step) >= distance)
    return Fraction(far, math.comb(len(doubled), size))


def rank_sum_p_by_normal(doubled: Sequence[int], chosen: Sequence[int]) -> float:
    """The same by the normal approximation, with tie and continuity correction."""
    n, m = len(doubled), len(chosen)
    ties = sum(count**3 - count for count in Counter(doubled).values())
    return normal_p(n, m, ties, abs(sum(chosen) / 2 - m * (n + 1) / 2))


def normal_p(n: int, m: int, ties: int, distance: float) -> float:
    """Of `n` values of which `m` are in the one group, whose rank sum is `distance` from the expected.

    `ties` is the sum of t³ - t over the groups of t equal values.
    """
    variance = m * (n - m) / 12 * ((n + 1) - ties / (n * (n - 1)))
    if variance == 0 or distance == 0:
        return 1.0
    return min(1.0, 2 * NormalDist().cdf(-max(0.0, distance - 0.5) / math.sqrt(variance)))


@lru_cache(maxsize=512)
def interval_rank(m: int, n: int) -> int:
    """Which of the m·n ordered differences begins the 95 % interval (1 is the smallest).

    The smallest u with P(U <= u) >= 0.025 in the null distribution without ties, at least 1: Lehmann 1963,
    doi 10.1214/aoms/1177703882. Above 60 values in a group by the normal approximation with continuity correction.
    """
    if max(m, n) > EXACT_UP_TO:
        spread = math.sqrt(m * n * (m + n + 1) / 12)
        return max(1, math.ceil(m * n / 2 - 0.5 + NormalDist().inv_cdf(0.025) * spread))
    wanted, reached = Fraction(math.comb(m + n, m), 40), 0
    for u, count in enumerate(_inversions(tuple(sorted((m, n))))):  # of two groups, each equal within: U itself
        reached += count
        if reached >= wanted:
            return max(1, u)
    raise AssertionError("the counts of a distribution add up to all of it")


def kendall(values: Sequence[int]) -> tuple[int, Fraction | float]:
    """Kendall's S of values in the order of time (pairs that rise less pairs that fall), and its two-sided p.

    Exact by the distribution of inversions of a multiset while there are at most 60 values, else by the normal
    approximation with tie and continuity correction.
    """
    score, groups = _rises_less_falls(values), tuple(sorted(Counter(values).values()))
    if len(values) > EXACT_UP_TO:
        return score, _kendall_p_by_normal(score, len(values), groups)
    inversions = _inversions(groups)
    pairs = len(inversions) - 1
    far = sum(count for index, count in enumerate(inversions) if abs(pairs - 2 * index) >= abs(score))
    return score, Fraction(far, sum(inversions))


def _rises_less_falls(values: Sequence[int]) -> int:
    score, earlier = 0, list[int]()
    for value in values:
        lower, not_higher = bisect_left(earlier, value), bisect_right(earlier, value)
        score += lower - (len(earlier) - not_higher)
        earlier.insert(not_higher, value)
    return score


@lru_cache(maxsize=512)  # without ties, the number of values says it all
def _inversions(groups: tuple[int, ...]) -> list[int]:
    """How many arrangements of a multiset have each number of inversions: the q-multinomial coefficient."""
    counts, placed = [1], 0
    for size in groups:
        for step in range(1, size + 1):
            counts = _divided(_multiplied(counts, placed + step), step)
        placed += size
    return counts


def _multiplied(counts: list[int], power: int) -> list[int]:
    """The polynomial times (1 - q**power)."""
    product = counts + [0] * power
    for index, count in enumerate(counts):
        product[index + power] -= count
    return product


def _divided(counts: list[int], power: int) -> list[int]:
    """The polynomial through (1 - q**power), which divides it."""
    quotient = counts[: len(counts) - power]
    for index in range(power, len(quotient)):
        quotient[index] += quotient[index - power]
    return quotient


def _kendall_p_by_normal(score: int, n: int, groups: Sequence[int]) -> float:
    ties = sum(size * (size - 1) * (2 * size + 5) for size in groups)
    variance = (n * (n - 1) * (2 * n + 5) - ties) / 18
    if variance == 0 or score == 0:
        return 1.0
    return min(1.0, 2 * NormalDist().cdf(-max(0, abs(score) - 1) / math.sqrt(variance)))
