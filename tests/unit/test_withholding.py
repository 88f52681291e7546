"""No figure about fewer than five can be reckoned out of those that are shown, and no more is hidden than must be.

The attacker is the whole of linear algebra: whatever is a combination of shown figures is known to them.
"""

import itertools
from collections.abc import Iterable, Sequence
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from initiatives.evidence import FEWEST_PEOPLE, Figures, Place, Shown, people_behind, shown

Tree = dict[str, tuple[str | None, int]]


def places(tree: Tree, **figures: Figures) -> list[Place]:
    """Of one month: name → (parent, how many work there)."""
    keys = {name: number for number, name in enumerate(tree)}
    return [
        Place(keys[name], None if parent is None else keys[parent], [people], [True], figures.get(name, Figures.NOW))
        for name, (parent, people) in tree.items()
    ]


def hidden(tree: Tree, **figures: Figures) -> tuple[set[str], set[str]]:
    """The names of those whose own figures are hidden, and of those whose wholes are."""
    names = [*tree]
    answers = shown(places(tree, **figures))
    return (
        {names[key] for key, answer in answers.items() if not answer.own},
        {names[key] for key, answer in answers.items() if not answer.whole},
    )


def test_nothing_is_hidden_where_enough_people_work_everywhere() -> None:
    assert hidden({"root": (None, 5), "a": ("root", 5), "b": ("root", 9)}) == (set(), set())


def test_of_a_place_with_fewer_than_five_nothing_is_shown() -> None:
    assert hidden({"root": (None, 4)}) == ({"root"}, {"root"})


def test_whole_with_few_in_each_place_is_shown_without_its_parts() -> None:
    tree: Tree = {"root": (None, 2), "a": ("root", 2), "b": ("root", 1)}
    assert hidden(tree) == ({"root", "a", "b"}, {"a", "b"})


def test_single_small_place_takes_the_smallest_other_with_it() -> None:
    tree: Tree = {"root": (None, 20), "small": ("root", 3), "large": ("root", 30), "middle": ("root", 7)}
    assert hidden(tree) == ({"small", "middle"}, {"small", "middle"})


def test_two_small_places_that_are_five_together_need_no_other() -> None:
    tree: Tree = {"root": (None, 20), "one": ("root", 2), "two": ("root", 3), "large": ("root", 30)}
    assert hidden(tree) == ({"one", "two"}, {"one", "two"})


def test_two_small_places_that_are_four_together_do() -> None:
    tree: Tree = {"root": (None, 20), "one": ("root", 2), "two": ("root", 2), "large": ("root", 30)}
    assert hidden(tree) == ({"one", "two", "root"}, {"one", "two"})


def test_small_place_far_down_costs_nothing_further_up() -> None:
    tree: Tree = {
        "root": (None, 9), "middle": ("root", 9), "beside": ("root", 9),
        "small": ("middle", 1), "leaf": ("middle", 6),
    }  # fmt: skip
    assert hidden(tree) == ({"small", "leaf"}, {"small", "leaf"})


def test_small_place_above_large_ones_hides_behind_the_smallest_of_them() -> None:
    tree: Tree = {"root": (None, 2), "a": ("root", 9), "b": ("root", 8)}
    assert hidden(tree) == ({"root", "b"}, {"b"})


def test_small_place_above_hides_behind_what_is_hidden_below_rather_than_hiding_more() -> None:
    tree: Tree = {"root": (None, 2), "a": ("root", 2), "b": ("root", 40), "x": ("a", 9), "y": ("a", 10)}
    assert hidden(tree) == ({"root", "a", "x"}, {"a", "x"})


def test_whole_is_hidden_where_nothing_else_can_be() -> None:
    tree: Tree = {"root": (None, 2), "a": ("root", 9)}
    assert hidden(tree, a=Figures.NONE) == ({"root"}, {"root"})


def test_place_without_figures_hides_nothing_and_needs_no_hiding() -> None:
    tree: Tree = {"root": (None, 2), "a": ("root", 9), "b": ("root", 9)}
    assert hidden(tree, root=Figures.NONE) == ({"root"}, set())
    assert hidden(tree, a=Figures.NONE) == ({"root", "b"}, {"b"})


def test_place_that_rests_this_year_is_protected_and_hides_nothing() -> None:
    tree: Tree = {"root": (None, 2), "a": ("root", 9), "b": ("root", 12)}
    assert hidden(tree, root=Figures.EARLIER, a=Figures.EARLIER) == ({"root", "b"}, {"b"})


def test_of_two_equal_places_the_first_is_hidden_whatever_order_they_come_in() -> None:
    rows = places({"root": (None, 20), "small": ("root", 1), "a": ("root", 6), "b": ("root", 6)})
    answers = [shown(each) for each in itertools.permutations(rows)]
    assert all(answer == answers[0] for answer in answers)
    assert answers[0] == {
        0: Shown(True, True, 33), 1: Shown(False, False, 1), 2: Shown(False, False, 6), 3: Shown(True, True, 6)
    }  # fmt: skip


def test_the_month_with_the_fewest_decides_of_those_that_count() -> None:
    def answer(counts: Sequence[bool]) -> Shown:
        return shown([Place(1, None, [3, 5, 9], counts)])[1]

    assert answer([True, True, True]) == Shown(False, False, 3)
    assert answer([False, True, True]) == Shown(True, True, 5)
    assert answer([False, False, False]) == Shown(False, False, 0)


def test_place_without_figures_does_not_decide_which_months_count() -> None:
    busy, empty = Place(0, None, [2, 5], [False, True]), Place(1, 0, [1, 1], [True, True], Figures.NONE)
    assert shown([busy, empty])[0] == Shown(True, True, 6)
    assert shown([empty, Place(0, None, [2, 5], [True, True])])[0] == Shown(False, False, 3)


def test_those_who_hide_each_other_must_be_five_in_every_month() -> None:
    def answer(middle: Sequence[int]) -> dict[int, Shown]:
        root, small = Place(0, None, [50, 50], [True, True]), Place(1, 0, [1, 1], [True, True])
        return shown([root, small, Place(2, 0, middle, [True, True]), Place(3, 0, [60, 60], [True, True])])

    assert [key for key, each in answer([6, 6]).items() if not each.own] == [1, 2]
    late = Place(2, 0, [0, 6], [False, True])  # nobody there in the first month, so no cover then
    rows = [Place(0, None, [50, 50], [True, True]), Place(1, 0, [1, 1], [True, True]), late]
    assert [key for key, each in shown(rows).items() if not each.own] == [0, 1]


# --- The attacker ---

sizes = st.one_of(st.integers(0, 6), st.integers(0, 30))


@st.composite
def trees(draw: st.DrawFn) -> list[Place]:
    """Up to nine places over one to three months, as they may be."""
    number, months = draw(st.integers(1, 9)), draw(st.integers(1, 3))
    rows = []
    for key in range(number):
        parent = draw(st.one_of(st.none(), st.integers(0, key - 1))) if key else None
        people = draw(st.lists(sizes, min_size=months, max_size=months))
        counts = draw(st.lists(st.booleans(), min_size=months, max_size=months).filter(any))
        rows.append(Place(key, parent, people, counts, draw(st.sampled_from(Figures))))
    return rows


def below(rows: Sequence[Place], key: int) -> set[int]:
    return {key}.union(*(below(rows, place.key) for place in rows if place.parent == key))


def known(rows: Sequence[Place], *, nothing: Iterable[Figures]) -> list[list[int]]:
    """One line for each figure that is seen, and for each place known to have none: which own figures it sums."""
    answers = shown(rows)
    sums = [{key} for key, answer in answers.items() if answer.own]
    sums += [below(rows, key) for key, answer in answers.items() if answer.whole]
    sums += [{place.key} for place in rows if place.figures in nothing]
    return [[int(key in each) for key in range(len(rows))] for each in sums]


def reduced(lines: Iterable[Sequence[int]]) -> list[list[Fraction]]:
    """The same knowledge with each pivot in one line only (Gauss and Jordan)."""
    found: list[list[Fraction]] = []
    for line in lines:
        left = [Fraction(number) for number in line]
        for row in found:
            pivot = next(index for index, number in enumerate(row) if number)
            left = [a - left[pivot] * b for a, b in zip(left, row, strict=True)]
        if any(left):
            pivot = next(index for index, number in enumerate(left) if number)
            left = [number / left[pivot] for number in left]
            found = [[a - row[pivot] * b for a, b in zip(row, left, strict=True)] for row in found]
            found.append(left)
    return found


def is_known(knowledge: Sequence[Sequence[Fraction]], sought: set[int]) -> bool:
    left = [Fraction(key in sought) for key in range(len(knowledge[0]) if knowledge else 0)]
    for row in knowledge:
        pivot = next(index for index, number in enumerate(row) if number)
        left = [a - left[pivot] * b for a, b in zip(left, row, strict=True)]
    return bool(knowledge) and not any(left)


def may_be_known(group: Sequence[Place]) -> bool:
    return people_behind(group) >= FEWEST_PEOPLE


@given(trees())
@settings(max_examples=300, deadline=None)
@pytest.mark.parametrize("nothing", [[Figures.NONE], [Figures.NONE, Figures.EARLIER]], ids=["never", "this year"])
def test_no_sum_over_too_few_can_be_reckoned_out(nothing: list[Figures], rows: list[Place]) -> None:
    knowledge = reduced(known(rows, nothing=nothing))
    telling = [place for place in rows if place.figures not in nothing]
    for size in range(1, len(telling) + 1):
        for group in itertools.combinations(telling, size):
            if is_known(knowledge, {place.key for place in group}):
                assert may_be_known(group), (group, shown(rows))


@given(trees())
@settings(max_examples=200, deadline=None)
def test_what_is_shown_has_five_behind_it(rows: list[Place]) -> None:
    for key, answer in shown(rows).items():
        group = [place for place in rows if place.key in below(rows, key)]
        assert answer.people == people_behind(group)
        assert not answer.own or may_be_known([rows[key]])
        assert not answer.whole or may_be_known(group)


@given(trees())
@settings(max_examples=200, deadline=None)
def test_figure_of_a_place_with_nothing_below_it_is_one_figure(rows: list[Place]) -> None:
    for key, answer in shown(rows).items():
        if below(rows, key) == {key}:
            assert answer.own == answer.whole


@given(trees())
@settings(max_examples=200, deadline=None)
def test_nothing_is_hidden_without_a_small_place_that_has_figures(rows: list[Place]) -> None:
    if all(may_be_known([place]) for place in rows) and len({tuple(place.counts) for place in rows}) == 1:
        assert all(answer.own and answer.whole for answer in shown(rows).values())
