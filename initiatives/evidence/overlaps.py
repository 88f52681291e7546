"""How much of each claim counts when several claim the same effect: every part of the organisation once a month.

Claims on one indicator conflict when the unit of one lies in the other's subtree. Until people have settled it, of two
that conflict one counts: those that together are heaviest, so that no claim pushes out more than it brings.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import combinations

from initiatives.evidence.effects import Effect


@dataclass(frozen=True)
class Claimed:
    """What somebody claims: `effect` in each month from that of `from_on` to that of `to_on`, both counted.

    `path` are the ids of the units from the top of the organisation to the one that it is claimed in.
    """

    key: int
    path: Sequence[int]
    from_on: dt.date
    to_on: dt.date
    effect: Effect

    @property
    def months(self) -> int:
        return len(months_of(self.from_on, self.to_on))


@dataclass(frozen=True)
class Settled:
    """How two claims, by their keys, were told apart: each has its share, or the other is included in the first."""

    first: int
    other: int
    first_share: Decimal
    other_share: Decimal
    is_included: bool = False


@dataclass(frozen=True)
class _Item:
    """Claims that count together or not at all, with the share of each, and the unit that they stand at."""

    path: Sequence[int]
    shares: Mapping[int, Fraction]
    weight: Fraction


def months_of(first: dt.date, last: dt.date) -> range:
    """The months from that of `first` to that of `last`, as numbers that follow one another; none when it is before."""
    return range(first.year * 12 + first.month, last.year * 12 + last.month + 1)


def counted(claims: Iterable[Claimed], settled: Iterable[Settled] = ()) -> dict[int, Fraction]:
    """How many months' worth of each claim counts, by its key. The claims are of one kind, on one indicator.

    Month by month. What is included in another counts only when the other does not. Claims that were split count
    together, at the topmost of their units, each with its share (with the product, when it was split with several), as
    soon as every overlap among them is settled. Then total(unit) = the heavier of what stands at the unit itself and
    the sum of the totals below it. Gains and losses are counted apart.

    With claims that are no larger than what happened in their units, the total is never larger than what happened in
    the union of the units; without overlaps every claim counts in full. The order does not matter.
    """
    return {key: sum(shares.values(), Fraction(0)) for key, shares in counted_by_month(claims, settled).items()}


def counted_by_month(claims: Iterable[Claimed], settled: Iterable[Settled] = ()) -> dict[int, dict[int, Fraction]]:
    """As `counted`, month by month: how much of each claim counts, 0 to 1, by its key and the number of the month."""
    by_key, pairs = {each.key: each for each in claims}, list(settled)
    in_month: dict[int, list[int]] = defaultdict(list)
    for key, each in by_key.items():
        for month in months_of(each.from_on, each.to_on):
            in_month[month].append(key)
    months_with: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for month, live in in_month.items():
        months_with[tuple(live)].append(month)
    found: dict[int, dict[int, Fraction]] = {key: {} for key in by_key}
    for keys, months in months_with.items():
        at_once = _counted_at_once([by_key[key] for key in keys], pairs)
        for key in keys:
            found[key] |= dict.fromkeys(months, at_once.get(key, Fraction(0)))
    return found


def _counted_at_once(live: Sequence[Claimed], settled: Sequence[Settled]) -> Mapping[int, Fraction]:
    left = _without_included(live, settled)
    gains = [each for each in left if each.effect.amount >= 0]
    losses = [each for each in left if each.effect.amount < 0]
    return {**_heaviest(_items(gains, settled)).shares, **_heaviest(_items(losses, settled)).shares}


def _without_included(live: Sequence[Claimed], settled: Sequence[Settled]) -> list[Claimed]:
    """Leaves out what is included in something that counts, at first or second hand. A ring leaves nothing out."""
    by_key = {each.key: each for each in live}
    holds = defaultdict(list)
    for pair in settled:
        if pair.is_included and _conflict(by_key.get(pair.first), by_key.get(pair.other)):
            holds[pair.first].append(pair.other)
    inside = {key for keys in holds.values() for key in keys}
    left_out: set[int] = set()
    waiting = [key for key in holds if key not in inside]
    while waiting:
        found = [key for key in holds[waiting.pop()] if key not in left_out]
        left_out.update(found)
        waiting.extend(key for key in found if key in holds)
    return [each for each in live if each.key not in left_out]


def _items(claims: Sequence[Claimed], settled: Sequence[Settled]) -> list[_Item]:
    """Every claim by itself, but those that were split from one another together."""
    by_key = {each.key: each for each in claims}
    shares: dict[int, dict[int, Fraction]] = {key: {} for key in by_key}
    for pair in settled:
        if not pair.is_included and _conflict(by_key.get(pair.first), by_key.get(pair.other)):
            shares[pair.first][pair.other] = Fraction(pair.first_share)
            shares[pair.other][pair.first] = Fraction(pair.other_share)
    items, seen = [], set[int]()
    for key in by_key:
        if key not in seen:
            bundle = _reached(key, shares)
            seen |= bundle
            items += _bundled([by_key[each] for each in sorted(bundle)], shares)
    return items


def _reached(start: int, shares: Mapping[int, Mapping[int, Fraction]]) -> set[int]:
    found, waiting = {start}, [start]
    while waiting:
        new = shares[waiting.pop()].keys() - found
        found |= new
        waiting.extend(new)
    return found


def _bundled(claims: Sequence[Claimed], shares: Mapping[int, Mapping[int, Fraction]]) -> list[_Item]:
    """One item when nothing among them is unsettled; until then each is an item of its own, as if nothing had been.

    A product of shares is the chance to win every draw against the others. Of those that conflict only one can win
    all its draws, so what counts together is never more than some choice among them where none conflict.
    """
    pairs = combinations(claims, 2)
    if any(_conflict(one, two) and two.key not in shares[one.key] for one, two in pairs):
        return [_item(each.path, {each.key: Fraction(1)}, [each]) for each in claims]
    top = min((each.path for each in claims), key=len)
    return [_item(top, {each.key: _product(shares[each.key].values()) for each in claims}, claims)]


def _item(path: Sequence[int], shares: Mapping[int, Fraction], claims: Iterable[Claimed]) -> _Item:
    weight = sum((shares[each.key] * abs(each.effect.amount) for each in claims), Fraction(0))
    return _Item(path, shares, weight)


def _product(shares: Iterable[Fraction]) -> Fraction:
    product = Fraction(1)
    for share in shares:
        product *= share
    return product


def _heaviest(items: Sequence[_Item], depth: int = 0) -> _Item:
    """What counts at and below one unit, whose path is the first `depth` of every item's."""
    here = [item for item in items if len(item.path) == depth]
    below: dict[int, list[_Item]] = defaultdict(list)
    for item in items:
        if len(item.path) > depth:
            below[item.path[depth]].append(item)
    parts = [_heaviest(group, depth + 1) for group in below.values()]
    together = {key: share for part in parts for key, share in part.shares.items()}
    beneath = _Item((), together, sum((part.weight for part in parts), Fraction(0)))
    return max([*here, beneath], key=lambda item: (item.weight, sorted(item.shares)))  # the keys settle a draw


def _conflict(one: Claimed | None, two: Claimed | None) -> bool:
    """Whether both are there, and the unit of one lies in the other's subtree."""
    return one is not None and two is not None and (one.path[-1] in two.path or two.path[-1] in one.path)
