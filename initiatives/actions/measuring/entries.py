"""What is sent to be stored, and what becomes of it. Tuples: there are ten thousand of each."""

import datetime as dt
from decimal import Decimal
from typing import Final, Literal, NamedTuple

from initiatives.models import Outcome

LARGEST: Final = Decimal("1e12")
EARLIEST: Final = dt.date(1970, 1, 1)
Result = Literal["created", "unchanged", "corrected", "refused"]
STORED: Final = frozenset({"created", "corrected"})


class Entry(NamedTuple):
    """One value to be stored. `observed_on` is the period's last day; `value` None says that there is none for it.

    `reason` says why, if it turns out to change what is kept.
    """

    observed_on: dt.date
    value: Decimal | None
    period_start: dt.date | None = None
    series: str = ""
    source_reference: str = ""
    reason: str = ""


class Kept(NamedTuple):
    """A value that is there. `id` is the row's key."""

    id: int
    series: str
    period_start: dt.date
    observed_on: dt.date
    value: Decimal | None
    source: str


class Answer(NamedTuple):
    """What became of an entry; `reason` says why it was refused.

    Unless it was, `period_start` is the first day of its period, and `old` the value that it repeats or corrects.
    """

    entry: Entry
    outcome: Result
    reason: str = ""
    period_start: dt.date | None = None
    old: Kept | None = None


def joins_baseline(outcome: Outcome, entry: Entry) -> bool:
    """Whether the value lies in a baseline that has been frozen."""
    first, last = outcome.baseline_from_on, outcome.baseline_to_on
    return first is not None and last is not None and entry.series == "" and first <= entry.observed_on <= last


def changes_what_was_kept(answer: Answer, outcome: Outcome) -> bool:
    """A value that replaces another, or that is added to a baseline that was frozen without it."""
    if answer.outcome == "created":
        return joins_baseline(outcome, answer.entry)
    return answer.outcome == "corrected"
