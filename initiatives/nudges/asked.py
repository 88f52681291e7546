"""Which value a reminder asks for: of which outcome, and for which period."""

import datetime as dt
from typing import Final, NamedTuple

from initiatives.cadence import Span, last_whole_span, span_of
from initiatives.models import Initiative, Nudge, Outcome, RuleName

ASK_FOR_A_VALUE: Final = (RuleName.VALUE_DUE, RuleName.HOLD_CHECK_DUE)


class Asked(NamedTuple):
    outcome: Outcome
    span: Span


def asked(nudge: Nudge, initiative: Initiative) -> Asked | None:
    """What the nudge's letter asked for, as the values stand now; None when nothing is asked for any more.

    Counted from the day of the letter, so that a link that is opened later asks for the same period.
    """
    day = nudge.letter.on if nudge.letter else nudge.occasion
    outcomes = list(initiative.outcomes.select_related("indicator").order_by("-is_primary", "next_due_on", "pk"))
    of_its_own = [each for each in outcomes if each.uuid == nudge.subject] or outcomes
    if nudge.rule == RuleName.HOLD_CHECK_DUE:
        return next((Asked(each, last_whole_span(day, each.cadence)) for each in of_its_own if each.is_primary), None)
    return next((Asked(each, _lacking(each)) for each in of_its_own if _lacks(each, day)), None)


def _lacks(outcome: Outcome, day: dt.date) -> bool:
    return outcome.next_due_on is not None and outcome.next_due_on <= day


def _lacking(outcome: Outcome) -> Span:
    """`next_due_on` is the day after the first period that lacks a value."""
    assert outcome.next_due_on is not None, "only what lacks a value is asked for"
    return span_of(outcome.next_due_on - dt.timedelta(days=1), outcome.cadence)
