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


def values_asked_for(nudges: Sequence[Nudge], *, on: dt.date, at: dt.datetime) -> list[Asked]:
    """What the letter of the day `on`, made at the moment `at`, asked for with these nudges of one initiative.

    One for each outcome that a nudge names; where none does, for the primary one of those that lacked a value. None
    when it asked for no value. One query, and one for each outcome.
    """
    asking = sorted((each for each in nudges if each.rule in ASK_FOR_A_VALUE), key=_order)
    if not asking:
        return []
    outcomes = Outcome.objects.filter(initiative=asking[0].initiative_id).select_related("indicator", "initiative")
    rule_of = {each.subject: RuleName(each.rule) for each in reversed(asking)}
    rules = {each: rule_of.get(each.uuid, RuleName(asking[0].rule)) for each in outcomes.order_by("pk")}
    found = [Asked(each, _period(rule, each, on=on, at=at)) for each, rule in rules.items()]
    named = [each for each in found if each.outcome.uuid in rule_of]
    return named or sorted(found, key=lambda each: _rank(each, asking[0], on))[:1]


def _order(nudge: Nudge) -> int:
    return ASK_FOR_A_VALUE.index(RuleName(nudge.rule))


def _rank(asked: Asked, nudge: Nudge, on: dt.date) -> tuple[bool, bool, dt.date]:
    lacked = nudge.rule != RuleName.VALUE_DUE or asked.period.last < on
    return not lacked, not asked.outcome.is_primary, asked.period.last


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
