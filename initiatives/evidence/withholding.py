"""Which figures about places may be shown, so that none about fewer than five people can be read or reckoned out.

Two figures exist of each place in the tree: its *own*, and its *whole*, which is its own and the wholes of the places
right below it. So all figures of one kind and month are sums of own ones, and whoever knows some of them can add and
subtract. What can be found out is exactly this: for each shown whole, the sum of its *rest*, the hidden own figures in
it that lie in no shown whole further down. Rests share no place, so no sum of them tells a smaller part of one. Hence
it is enough that each rest is about five people or more. It knows no database and no date: months are places in tuples.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

FEWEST_PEOPLE: Final = 5  # behind a figure that is shown


class Figures(IntEnum):
    """Whether a place has any figure at all. Those who look know that, so what is not there misleads nobody."""

    NONE = 0  # it never had: there is nothing to hide
    EARLIER = 1  # none this year, but something may have happened to what was begun before
    NOW = 2


@dataclass(frozen=True)
class Place:
    """A unit in one year. `people` work there at the end of each month, each person in one place only.

    `counts` tells the months in which figures could be about them.
    """

    key: int
    parent: int | None
    people: Sequence[int]
    counts: Sequence[bool]
    figures: Figures = Figures.NOW


@dataclass(frozen=True)
class Shown:
    """Whether a unit's own figures may be shown, and those of its whole subtree, which so many people are behind."""

    own: bool
    whole: bool
    people: int


@dataclass
class _Node:
    place: Place
    children: list["_Node"] = field(default_factory=list)
    own: bool = False
    whole: bool = False
    own_people: int = 0
    people: int = 0


def shown(places: Iterable[Place]) -> dict[int, Shown]:
    """What may be shown of each place, by its key. One whose parent is not among them is a root.

    A figure with fewer than five people behind it, at the end of any month that counts, is hidden. Then, from the
    bottom up, each whole whose rest is too small hides what least is lost by, until the rest is large enough; and when
    there is nothing left to hide, itself. Places of equal size go by their keys, so the answer is always the same.
    """
    nodes = {place.key: _Node(place) for place in places}
    roots: list[_Node] = []
    for node in nodes.values():
        parent = None if node.place.parent is None else nodes.get(node.place.parent)
        (roots if parent is None else parent.children).append(node)
    upwards = [node for root in roots for node in _upwards(root)]
    within: dict[int, list[Place]] = {}
    for node in upwards:
        below = [place for child in node.children for place in within.pop(child.place.key)]
        within[node.place.key] = everything = [node.place, *below]
        node.own_people, node.people = people_behind([node.place]), people_behind(everything)
        node.own, node.whole = node.own_people >= FEWEST_PEOPLE, node.people >= FEWEST_PEOPLE
    for node in upwards:
        _make_safe(node)
    return {key: Shown(node.own, node.whole, node.people) for key, node in nodes.items()}


def people_behind(places: Sequence[Place]) -> int:
    """How few work in `places` together at the end of any month that counts for one of them; 0 without such a month.

    Places without a figure decide which months count only when all are such.
    """
    return _fewest(places, [place for place in places if place.figures] or places)


def _fewest(people: Sequence[Place], telling: Sequence[Place]) -> int:
    """The smallest head count of the places `people`, over the months that count for any that is `telling`."""
    months = {month for place in telling for month, counts in enumerate(place.counts) if counts}
    return min((sum(place.people[month] for place in people) for month in months), default=0)


def _upwards(root: _Node) -> Iterator[_Node]:
    """Every node, each after those below it."""
    for child in root.children:
        yield from _upwards(child)
    yield root


def _make_safe(node: _Node) -> None:
    while node.whole and not _is_safe(_rest(node)):
        ways = sorted(_ways(node), key=lambda way: (way.lost, way.key))
        if not ways:
            node.whole = False
            break
        enough = (way for way in ways if _is_safe([*_rest(node), *way.adds]))
        for hidden, is_own in next(enough, ways[0]).hides:
            setattr(hidden, "own" if is_own else "whole", False)


def _is_safe(rest: Sequence[Place]) -> bool:
    """Whether the sum of these may be known: there is nothing in it, or enough people work where it comes from."""
    telling = [place for place in rest if place.figures]
    return not telling or _fewest([place for place in rest if place.figures == Figures.NOW], telling) >= FEWEST_PEOPLE


def _rest(node: _Node) -> list[Place]:
    """The hidden places of a whole that lie in no shown whole further down."""
    return [each.place for each in _region(node) if not each.own]


def _region(node: _Node) -> Iterator[_Node]:
    """The node and what is below it, but nothing of a shown whole further down."""
    yield node
    for child in node.children:
        if not child.whole:
            yield from _region(child)


@dataclass(frozen=True)
class _Way:
    """Something that can be hidden, so that a rest grows by `adds`; figures about so many people are lost by it."""

    lost: int
    key: int
    adds: list[Place]
    hides: list[tuple[_Node, bool]]  # the node, and whether it is its own figure


def _ways(node: _Node) -> Iterator[_Way]:
    """Own figures in the region, and the shown wholes right below it with what they would bring along."""
    for each in _region(node):
        if each.own and each.place.figures == Figures.NOW:
            yield _Way(each.own_people, each.place.key, [each.place], [(each, True)])
        for child in each.children:
            if child.whole:
                yield from _ways_through(child)


def _ways_through(whole: _Node) -> Iterator[_Way]:
    """By hiding a shown whole: its rest comes along, if it has any; else one of its own figures is hidden as well."""
    key, rest = whole.place.key, _rest(whole)
    if any(place.figures == Figures.NOW for place in rest):
        yield _Way(whole.people, key, rest, [(whole, False)])
        return
    for way in _ways(whole):
        lost = way.lost + (whole.people if whole.children else 0)  # of a leaf, both are one figure
        yield _Way(lost, way.key, way.adds, [(whole, False), *way.hides])
