"""An outcome's values, what they say, and the latest answer that is kept beside them.

The rules of evidence are in `initiatives.evidence`; here they meet the rows.
"""

import datetime as dt
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils import timezone

from initiatives import evidence
from initiatives.cadence import Cadence, next_span, span_of
from initiatives.models import Initiative, Measurement, Outcome
from initiatives.outcomes.claims import revalue
from initiatives.outcomes.figures import decimal_of
from initiatives.outcomes.grading import grade_of, keep_grade
from initiatives.outcomes.holding import since_ending
from initiatives.workflow import MEASURED_STATES, State


@dataclass(frozen=True)
class Baseline:
    """The values from before the change, and their median (None when there are none)."""

    values: list[evidence.Value]
    median: Fraction | None


def values_of(outcome: Outcome) -> list[evidence.Value]:
    """The values of the default series by date; periods without a value are left out. One query."""
    return _values_of([outcome])[outcome.pk]


def _values_of(outcomes: Sequence[Outcome]) -> Mapping[int, list[evidence.Value]]:
    found: dict[int, list[evidence.Value]] = {each.pk: [] for each in outcomes}
    rows = Measurement.objects.filter(outcome__in=outcomes, series="", value__isnull=False).order_by("observed_on")
    for outcome, first, last, value in rows.values_list("outcome", "period_start", "observed_on", "value"):
        assert value is not None, "only observed values are asked for"
        found[outcome].append(evidence.Value(first, last, value))
    return found


def baseline(outcome: Outcome, change_on: dt.date) -> Baseline:
    """What the baseline would be if the change date were `change_on`."""
    before = evidence.split(values_of(outcome), change_on, baseline_from=evidence.earliest_baseline(change_on)).before
    return Baseline(before, _median(before))


def meets_target(outcome: Outcome, value: Fraction | Decimal) -> bool:
    if outcome.target is None:
        return False
    sign = 1 if outcome.indicator.direction == "up" else -1
    return sign * (Fraction(value) - Fraction(outcome.target)) >= 0


def compare(outcome: Outcome, change_on: dt.date | None, *, until: dt.date | None = None) -> evidence.Comparison:
    """Before against after the change, on the frozen baseline, with values dated up to `until`."""
    return _compare(values_of(outcome), outcome, change_on, until)


def as_they_are(outcomes: Iterable[Outcome]) -> Mapping[int, evidence.Comparison]:
    """By key, what the values of those say now whose kept answer is that of a final verdict. The others' says it.

    Their initiatives are loaded. One query, when there are any.
    """
    final = [each for each in outcomes if each.verdict_is_final]
    values = _values_of(final) if final else {}
    return {each.pk: _compare(values[each.pk], each, each.initiative.change_on, each.review_on) for each in final}


def ending(outcome: Outcome, comparison: evidence.Comparison) -> evidence.Ending:
    """The ending that follows from the verdict."""
    return evidence.ending(comparison, wanted=_wanted_effect(outcome, comparison), better=_better(outcome))


def freeze_baseline(outcome: Outcome, change_on: dt.date) -> None:
    outcome.baseline_from_on = evidence.earliest_baseline(change_on)
    outcome.baseline_to_on = change_on - dt.timedelta(days=1)
    outcome.save(update_fields=["baseline_from_on", "baseline_to_on"])


def refresh(initiative: Initiative, *, now: dt.datetime) -> None:
    """Recomputes what is kept on each of the initiative's outcomes."""
    for outcome in initiative.outcomes.select_related("indicator"):
        refresh_outcome(outcome, initiative, now=now)


def refresh_outcome(outcome: Outcome, initiative: Initiative, *, now: dt.datetime) -> None:
    """Recomputes the latest answer and the grade. A final verdict has been computed once, and stays as it was."""
    values, today = values_of(outcome), timezone.localdate(now)
    until = outcome.review_on if outcome.verdict_is_final else None
    comparison = _compare(values, outcome, initiative.change_on, until)
    since = since_ending(outcome, initiative, values, _better(outcome), now=now)
    columns = _latest(values) | _limits(outcome, initiative, values)
    columns |= {"next_due_on": _next_due(outcome, initiative, today)}
    columns |= {"hold": since.hold or "", "faded_on": since.faded_on}
    columns["result_status"] = _status(outcome, initiative, values, comparison, columns["next_due_on"], today)
    if not outcome.verdict_is_final:
        columns |= _answer(comparison)
    columns["grade"] = grade_of(outcome, comparison, since)
    _save(outcome, columns)
    if initiative.change_on is not None:  # before it nothing is claimed
        revalue(outcome, comparison)
    keep_grade(outcome, initiative, comparison, since, now=now)


def settle(outcome: Outcome, comparison: evidence.Comparison) -> None:
    """Makes the verdict final, on the values up to the review date. Values that come later no longer change it."""
    _save(outcome, _answer(comparison) | {"verdict_is_final": True})


def _save(outcome: Outcome, columns: dict[str, Any]) -> None:
    for name, value in columns.items():
        setattr(outcome, name, value)
    outcome.save(update_fields=list(columns))


def _compare(
    values: list[evidence.Value], outcome: Outcome, change_on: dt.date | None, until: dt.date | None
) -> evidence.Comparison:
    """Until the change is made everything is before it, however old."""
    return evidence.before_after(
        values,
        change_on or dt.date.max,
        better=_better(outcome),
        baseline_from=outcome.baseline_from_on or dt.date.min,
        review_on=until,
    )


def _better(outcome: Outcome) -> evidence.Direction:
    return evidence.Direction(outcome.indicator.direction)


def _wanted_effect(outcome: Outcome, comparison: evidence.Comparison) -> Fraction | None:
    if outcome.target is None or comparison.baseline_median is None:
        return None
    return evidence.wanted_effect(outcome.target, comparison.baseline_median, better=_better(outcome))


def _answer(comparison: evidence.Comparison) -> dict[str, Any]:
    return {
        "n_before": comparison.n_before,
        "n_after": comparison.n_after,
        "baseline_median": decimal_of(comparison.baseline_median),
        "follow_up_median": decimal_of(comparison.follow_up_median),
        "verdict": comparison.verdict.value,
        "shift": decimal_of(comparison.shift),
        "shift_low": decimal_of(comparison.low),
        "shift_high": decimal_of(comparison.high),
        "p_value": None if comparison.p is None else float(comparison.p),
        "warnings": [str(each) for each in comparison.warnings],
    }


def _latest(values: list[evidence.Value]) -> dict[str, Any]:
    last = values[-1] if values else None
    return {
        "value_count": len(values),
        "latest_value": last.value if last else None,
        "latest_on": last.observed_on if last else None,
    }


def _limits(outcome: Outcome, initiative: Initiative, values: list[evidence.Value]) -> dict[str, Any]:
    """As the chart draws them: a corrected value moves them, also after a final verdict."""
    change_on = initiative.change_on or dt.date.max
    before = evidence.split(values, change_on, baseline_from=outcome.baseline_from_on).before
    found = evidence.baseline_limits([each.value for each in before])
    return {
        "baseline_mean": found and decimal_of(found.mean),
        "limit_low": found and decimal_of(found.lower),
        "limit_high": found and decimal_of(found.upper),
    }


def _status(
    outcome: Outcome,
    initiative: Initiative,
    values: list[evidence.Value],
    comparison: evidence.Comparison,
    next_due_on: dt.date | None,
    today: dt.date,
) -> str:
    if initiative.state not in {State.MEASURING, State.CONCLUDED} or initiative.change_on is None:
        return ""
    after = evidence.split(values, initiative.change_on, baseline_from=outcome.baseline_from_on).after
    is_overdue = next_due_on is not None and next_due_on + overdue_after(outcome.cadence) <= today
    return evidence.result_status(
        comparison,
        [value.value for value in after],
        target=outcome.target,
        better=_better(outcome),
        value_is_overdue=is_overdue,
    ).value


def overdue_after(cadence: Cadence | str) -> dt.timedelta:
    """How long after its due day a value counts as missing: as long as a period, at most two weeks."""
    return dt.timedelta(days=7 if cadence == Cadence.WEEKLY else 14)


def _next_due(outcome: Outcome, initiative: Initiative, today: dt.date) -> dt.date | None:
    """The day after the first period that lacks a value, or None when no value is waited for."""
    if initiative.state not in MEASURED_STATES:
        return None
    last = outcome.measurements.filter(series="").order_by("-observed_on").values_list("observed_on", flat=True).first()
    span = next_span(last, outcome.cadence) if last else span_of(today, outcome.cadence)
    if outcome.review_on is not None and span.first > outcome.review_on:
        return None
    return span.last + dt.timedelta(days=1)


def _median(values: Iterable[evidence.Value]) -> Fraction | None:
    exact = [Fraction(value.value) for value in values]
    return statistics.median(exact) if exact else None
