"""Counting in Swedish working days, without a database."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kommun.workdays import Workdays

WORKDAYS = Workdays()
DAYS = st.dates(dt.date(2020, 1, 1), dt.date(2040, 12, 31))


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.mark.parametrize(
    "free",
    [
        "2026-01-01",
        "2026-01-06",
        "2026-04-03",  # Good Friday
        "2026-04-06",  # Easter Monday
        "2026-05-01",
        "2026-05-14",  # Ascension Day
        "2026-06-19",  # Midsummer's Eve
        "2025-06-06",  # the national day
        "2026-12-24",
        "2026-12-25",
        "2026-12-31",
        "2026-11-21",  # a Saturday
        "2026-11-22",  # a Sunday
    ],
)
def test_nobody_works_on(free: str) -> None:
    assert not WORKDAYS.is_working_day(day(free))


@pytest.mark.parametrize("worked", ["2026-11-23", "2026-04-02", "2026-10-30", "2026-01-05", "2026-12-23"])
def test_people_work_on_ordinary_days_and_half_days(worked: str) -> None:
    assert WORKDAYS.is_working_day(day(worked))


def test_a_closed_day_of_the_municipality_is_not_worked() -> None:
    bridge = day("2026-05-15")
    assert (WORKDAYS.is_working_day(bridge), Workdays(frozenset({bridge})).is_working_day(bridge)) == (True, False)


@pytest.mark.parametrize(
    ("start", "n", "end"),
    [
        ("2026-11-23", 0, "2026-11-23"),
        ("2026-11-23", 1, "2026-11-24"),
        ("2026-11-23", 10, "2026-12-07"),
        ("2026-11-20", 1, "2026-11-23"),  # Friday to Monday
        ("2026-11-21", 1, "2026-11-23"),  # the weekend itself does not count
        ("2026-12-23", 1, "2026-12-28"),  # over Christmas
        ("2026-12-30", 1, "2027-01-04"),  # over New Year
    ],
)
def test_the_nth_full_working_day_after(start: str, n: int, end: str) -> None:
    assert WORKDAYS.add(day(start), n) == day(end)


def test_between_counts_the_last_day_and_not_the_first() -> None:
    assert WORKDAYS.between(day("2026-11-20"), day("2026-11-24")) == 2
    assert WORKDAYS.between(day("2026-11-24"), day("2026-11-20")) == 0


@given(DAYS, st.integers(1, 60))
def test_between_undoes_add(start: dt.date, n: int) -> None:
    end = WORKDAYS.add(start, n)
    assert WORKDAYS.is_working_day(end)
    assert WORKDAYS.between(start, end) == n
    assert WORKDAYS.between(start, end - dt.timedelta(days=1)) == n - 1
