"""Which value a letter asked for: of which outcome, and for which period, as it was on the day of the letter.

An answer may come after others have entered values, and must not move to another period for that.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from initiatives.cadence import Span, last_whole_span, next_span, span_of
from initiatives.models import Nudge, Outcome, RuleName

ASK_FOR_A_VALUE: Final = (RuleName.VALUE_DUE, RuleName.HOLD_CHECK_DUE, RuleName.BASELINE_MISSING)


@dataclass(frozen=True)
class Asked:
    outcome: Outcome
    period: Span


def value_asked_for(nudges: Sequence[Nudge], *, on: dt.date, at: dt.datetime) -> Asked | None:
    """What the letter of the day `on`, made at the moment `at`, asked for with these nudges of one initiative.

    None when it asked for no value. Two queries, and one for each outcome.
    """
    asking = sorted((each for each in nudges if each.rule in ASK_FOR_A_VALUE), key=_order)
    if not asking:
        return None
    nudge = asking[0]
    outcomes = Outcome.objects.filter(initiative=nudge.initiative_id).select_related("indicator", "initiative")
    found = [Asked(each, _period(RuleName(nudge.rule), each, on=on, at=at)) for each in outcomes.order_by("pk")]
    return min(found, key=lambda each: _rank(each, nudge, on), default=None)


def _order(nudge: Nudge) -> int:
    return ASK_FOR_A_VALUE.index(RuleName(nudge.rule))


def _rank(asked: Asked, nudge: Nudge, on: dt.date) -> tuple[bool, bool, bool, dt.date]:
    """The outcome that the nudge names; else, of those that lacked a value, the primary one first."""
    lacked = nudge.rule != RuleName.VALUE_DUE or asked.period.last < on
    return asked.outcome.uuid != nudge.subject, not lacked, not asked.outcome.is_primary, asked.period.last


def _period(rule: RuleName, outcome: Outcome, *, on: dt.date, at: dt.datetime) -> Span:
    if rule == RuleName.HOLD_CHECK_DUE:
        return last_whole_span(on, outcome.cadence)
    known = outcome.measurements.filter(series="", created_at__lt=at).order_by("-observed_on")
    last = known.values_list("observed_on", flat=True).first()
    if last is not None:
        return min(next_span(last, outcome.cadence), span_of(on, outcome.cadence))
    if rule == RuleName.VALUE_DUE and outcome.next_due_on is not None and not outcome.value_count:
        return span_of(outcome.next_due_on - dt.timedelta(days=1), outcome.cadence)
    return last_whole_span(on, outcome.cadence)
