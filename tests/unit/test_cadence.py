"""Calendar periods, by hand."""

import datetime as dt

import pytest

from initiatives.cadence import next_span, span_of, spans_between

D = dt.date


@pytest.mark.parametrize(
    ("cadence", "day", "first", "last"),
    [
        ("weekly", D(2026, 11, 23), D(2026, 11, 23), D(2026, 11, 29)),  # a Monday
        ("weekly", D(2027, 1, 1), D(2026, 12, 28), D(2027, 1, 3)),
        ("monthly", D(2028, 2, 29), D(2028, 2, 1), D(2028, 2, 29)),
        ("monthly", D(2026, 12, 31), D(2026, 12, 1), D(2026, 12, 31)),
        ("quarterly", D(2026, 11, 23), D(2026, 10, 1), D(2026, 12, 31)),
        ("quarterly", D(2026, 3, 31), D(2026, 1, 1), D(2026, 3, 31)),
    ],
)
def test_a_day_lies_in_one_period(cadence: str, day: dt.date, first: dt.date, last: dt.date) -> None:
    assert span_of(day, cadence) == (first, last)


@pytest.mark.parametrize(
    ("cadence", "first"), [("weekly", D(2027, 1, 4)), ("monthly", D(2027, 1, 1)), ("quarterly", D(2027, 1, 1))]
)
def test_the_next_period_begins_the_day_after(cadence: str, first: dt.date) -> None:
    assert next_span(D(2026, 12, 31), cadence).first == first


def test_only_whole_periods_are_counted() -> None:
    assert spans_between(D(2026, 1, 1), D(2026, 12, 31), "monthly") == 12
    assert spans_between(D(2026, 1, 2), D(2026, 12, 30), "monthly") == 10
    assert spans_between(D(2026, 1, 1), D(2026, 12, 31), "quarterly") == 4
    assert spans_between(D(2026, 1, 1), D(2025, 1, 1), "weekly") == 0
