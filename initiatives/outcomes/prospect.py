"""How many values a plan gives by its review date, and so what it can show. Said while it can still be changed."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from initiatives.cadence import spans_between
from initiatives.evidence import VALUES_NEEDED
from initiatives.models import Initiative, Outcome

PLENTY: Final = 12  # a shift of two standard deviations is then found in 96 of 100 series


class Reach(StrEnum):
    """What a number of values before and after the change can show."""

    NOTHING = "nothing"  # too few for a verdict
    SEPARATION = "separation"  # only if every value after is better than every one before
    LARGE_SHIFT = "large_shift"  # a large shift, in about half of the cases or more
    SHIFT = "shift"  # a large shift almost surely


@dataclass(frozen=True)
class Prospect:
    before: int
    after: int

    @property
    def reach(self) -> Reach:
        fewest = min(self.before, self.after)
        if fewest < VALUES_NEEDED:
            return Reach.NOTHING
        if self.before == self.after == VALUES_NEEDED:
            return Reach.SEPARATION
        return Reach.SHIFT if fewest >= PLENTY else Reach.LARGE_SHIFT


def prospect(initiative: Initiative, outcome: Outcome, *, today: dt.date) -> Prospect | None:
    """What is to be expected if every period gets its value; None without a day to review on.

    The change is taken to come when the baseline is there, else with the first step.
    """
    review_on = outcome.review_on or outcome.target_on
    if review_on is None:
        return None
    days = (outcome.baseline_ready_on, initiative.first_step_on)
    change_on = initiative.change_on or next((day for day in days if day is not None), today)
    stored = outcome.measurements.filter(series="", value__isnull=False, observed_on__lt=change_on).count()
    after = spans_between(change_on, review_on, outcome.cadence)
    return Prospect(max(stored, VALUES_NEEDED if outcome.baseline_ready_on else stored), after)
