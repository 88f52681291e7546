"""Values: entering one or thousands, correcting one with a reason, saying that a period has none.

Machines measure here too; they take no steps. One transaction for all, set-based, and idempotent by
(outcome, series, date).
"""

from initiatives.actions.measuring.entries import (
    EARLIEST,
    LARGEST,
    Answer,
    Entry,
    Result,
    changes_what_was_kept,
    joins_baseline,
)
from initiatives.actions.measuring.judging import MEASURABLE, foresee
from initiatives.actions.measuring.recording import enter_value, entry_for_period, record_values

__all__ = [
    "EARLIEST",
    "LARGEST",
    "MEASURABLE",
    "Answer",
    "Entry",
    "Result",
    "changes_what_was_kept",
    "enter_value",
    "entry_for_period",
    "foresee",
    "joins_baseline",
    "record_values",
]
