"""Whether periods overlap: as every pair of them, looked at one by one, would say."""

import datetime as dt
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from initiatives.actions.measuring.periods import Taken, are_apart
from initiatives.cadence import Span

FIRST = dt.date(2026, 1, 1)
LENGTHS = st.sampled_from([0, 0, 0, 1, 2, 3, 6, 30, 364])


def span(last: int, length: int) -> Span:
    day = FIRST + dt.timedelta(days=last)
    return Span(day - dt.timedelta(days=length), day)


SPANS = st.lists(st.builds(span, st.integers(0, 120), LENGTHS), max_size=20)


def meet(one: Span, other: Span) -> bool:
    return one.last != other.last and one.first <= other.last and other.first <= one.last


@given(SPANS, SPANS)
def test_what_is_asked_for_meets_what_is_taken_last_with_each_day(taken: Sequence[Span], asked: Sequence[Span]) -> None:
    known = Taken(taken[:10])
    for each in taken[10:]:
        known.take(each)
    there = {each.last: each for each in taken}.values()  # a later one that ends on the same day replaces the earlier
    assert [known.overlaps(each) for each in asked] == [any(meet(each, other) for other in there) for each in asked]


@given(SPANS)
def test_they_are_apart_when_no_two_of_them_meet(spans: Sequence[Span]) -> None:
    assert are_apart(spans) == (not any(meet(one, other) for one in spans for other in spans))
