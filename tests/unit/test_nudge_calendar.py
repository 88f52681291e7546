"""Which times of a reason have come by a day, against the plain way: day by day, reason by reason."""

import dataclasses
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initiatives.models import EscalateTo
from initiatives.nudges.calendar import LOOK_BACK, earliest, occasions
from initiatives.nudges.rules import RULES, Figures, Rule
from kommun.workdays import Workdays

ONE_DAY = dt.timedelta(days=1)
AHEAD = 70
Said = dict[tuple[dt.date, int], tuple[int, dt.date]]  # of a reason's day and a level: which time of it, and its day
FIGURES = st.builds(
    Figures,
    first_after=st.integers(-20, 20),
    repeat=st.integers(1, 9),
    at_most=st.integers(1, 5),
    escalate_after=st.none() | st.integers(1, 20),
    escalate_to=st.sampled_from(EscalateTo),
)
TODAY = st.dates(dt.date(2025, 12, 20), dt.date(2027, 1, 15))
CLOSED = st.frozensets(st.dates(dt.date(2026, 3, 1), dt.date(2026, 5, 1)), max_size=6)


def said(figures: Figures, first: dt.date, today: dt.date, workdays: Workdays | None) -> Said:
    found: Said = {}
    for each in occasions(figures, first, today, workdays):
        for number in range((each.last - each.first).days + 1):
            since = each.first + number * ONE_DAY
            assert (since, each.level) not in found, "one time of a reason, never two at once"
            found[since, each.level] = each.number, each.on or since + each.days * ONE_DAY
    return found


def day_by_day(figures: Figures, first: dt.date, today: dt.date, workdays: Workdays | None) -> Said:
    """Counts on its fingers. What is over in working days is due today, where it was not told before."""
    firsts = [figures.first_after]
    if figures.escalate_after and figures.escalate_to == EscalateTo.NEXT_LEVEL:
        firsts.append(figures.escalate_after)
    found: Said = {}
    for level, first_after in enumerate(firsts):
        for number in range((today - first).days + AHEAD):
            since = first + number * ONE_DAY
            days = [
                workdays.add(since, after) if workdays and after > 0 else since + after * ONE_DAY
                for after in (first_after + time * figures.repeat for time in range(figures.at_most))
            ]
            come = [day for day in days if day <= today]
            if come:
                is_over = workdays is not None and len(come) == len(days) and since <= today
                found[since, level] = len(come) - 1, today if is_over else come[-1]
    return found


@given(FIGURES, TODAY, st.integers(0, 60))
def test_by_all_days(figures: Figures, today: dt.date, back: int) -> None:
    first = today - back * ONE_DAY
    assert said(figures, first, today, None) == day_by_day(figures, first, today, None)


@given(FIGURES, TODAY, st.integers(0, 60), CLOSED)
def test_by_working_days(figures: Figures, today: dt.date, back: int, closed: frozenset[dt.date]) -> None:
    first, workdays = today - back * ONE_DAY, Workdays(closed=closed)
    assert said(figures, first, today, workdays) == day_by_day(figures, first, today, workdays)


@pytest.mark.parametrize("workdays", [None, Workdays()], ids=["all days", "working days"])
@given(FIGURES)
def test_a_reason_that_is_looked_at_every_day_is_told_each_time_once_in_order(
    workdays: Workdays | None, figures: Figures
) -> None:
    """Number 0 first, no number left out or told twice, and none before its day."""
    since, told = dt.date(2026, 12, 10), list[int]()
    for number in range(-25, 120):
        today = since + number * ONE_DAY
        found = said(figures, since, today, workdays).get((since, 0))
        if found and (not told or found[0] > told[-1]):
            assert found[1] == today, "told on its day, when the clock looks every day"
            told.append(found[0])
    assert told == list(range(figures.at_most))


@given(FIGURES, TODAY)
def test_what_is_off_is_never_due(figures: Figures, today: dt.date) -> None:
    assert occasions(dataclasses.replace(figures, is_on=False), today - 30 * ONE_DAY, today) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_news_are_looked_for_while_they_are_news_and_the_rest_for_ten_years(rule: Rule) -> None:
    today = dt.date(2026, 11, 23)
    back = {"take_over": 60}.get(rule.name, 14 if rule.is_news or rule.name == "declined" else LOOK_BACK.days)
    assert earliest(rule, today) == today - dt.timedelta(days=back)


def test_there_are_few_of_them_however_far_back_they_reach() -> None:
    """Each is a row of a join with all that is due."""
    figures, today = Figures(first_after=3, repeat=3, at_most=3), dt.date(2026, 11, 23)
    assert len(occasions(figures, today - LOOK_BACK, today)) == 3
    one_for_each_day = 18 - 11 + 1  # from the 11th to the 18th of November; what is older is over
    assert len(occasions(figures, today - LOOK_BACK, today, Workdays())) == 1 + one_for_each_day
