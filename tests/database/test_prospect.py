"""How many values there will be at the review date, by the plan as it stands."""

import datetime as dt
from typing import Any

import pytest

from initiatives.models import Outcome
from initiatives.outcomes.prospect import prospect
from tests.builders import a_person, a_unit, an_initiative, an_outcome, values

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 23)


def planned(first_step_on: dt.date | None = None, **columns: Any) -> Outcome:
    initiative = an_initiative(a_person(), a_unit(), target=None, first_step_on=first_step_on)
    return an_outcome(initiative, **{"review_on": dt.date(2027, 6, 30), "baseline_ready_on": None} | columns)


def expected(outcome: Outcome) -> tuple[int, int]:
    found = prospect(outcome.initiative, outcome, today=TODAY)
    assert found is not None
    return found.before, found.after


@pytest.mark.parametrize(("cadence", "after"), [("weekly", 25), ("monthly", 6), ("quarterly", 2)])
def test_whole_periods_from_the_baseline_to_the_review_are_counted(cadence: str, after: int) -> None:
    outcome = planned(cadence=cadence, baseline_ready_on=dt.date(2027, 1, 1))
    assert expected(outcome) == (5, after)


def test_without_a_promised_baseline_the_change_comes_with_the_first_step_and_what_is_stored_counts() -> None:
    outcome = planned(first_step_on=dt.date(2026, 12, 1), cadence="monthly")
    values(outcome, [1, 2, 3], until=dt.date(2026, 11, 20))
    assert expected(outcome) == (3, 7)


def test_without_a_review_date_the_target_date_stands_in() -> None:
    outcome = planned(review_on=None, target_on=dt.date(2027, 3, 31), baseline_ready_on=dt.date(2027, 1, 1))
    assert expected(outcome) == (5, 3)


def test_a_review_before_the_baseline_has_no_values_after() -> None:
    outcome = planned(review_on=dt.date(2026, 12, 1), baseline_ready_on=dt.date(2027, 1, 1))
    assert expected(outcome) == (5, 0)
