"""What ending, evidence grade and result status follow from the verdict. Never from opinion."""

import statistics
from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final

from initiatives.evidence.comparison import VALUES_NEEDED, Comparison, Direction, Verdict

LAST_VALUES: Final = 3  # whose median is "now"


class Ending(StrEnum):
    """The four endings that the figures decide. The fifth, stopped, is a step that somebody takes."""

    CONFIRMED = "confirmed"
    NOT_PROVEN = "not_proven"
    NO_EFFECT = "no_effect"
    WORSE = "worse"


class ResultStatus(StrEnum):
    """How it goes, beside the state; never counted as effect."""

    TARGET_MET = "target_met"
    ON_TRACK = "on_track"
    OFF_TRACK = "off_track"
    TOO_EARLY = "too_early"
    MEASUREMENT_MISSING = "measurement_missing"


def wanted_effect(target: Decimal, baseline_median: Fraction, *, better: Direction) -> Fraction:
    """How much better it shall be, counted so that more is better; negative if the target is behind the baseline."""
    return better.sign * (Fraction(target) - baseline_median)


def ending(comparison: Comparison, *, wanted: Fraction | None, better: Direction) -> Ending:
    """The ending that follows from the final verdict on the primary outcome. `wanted`: the wanted effect, if known."""
    if comparison.verdict is Verdict.IMPROVED:
        return Ending.CONFIRMED
    if comparison.verdict in (Verdict.WORSE, Verdict.PROBABLY_WORSE):
        return Ending.WORSE
    if comparison.verdict is Verdict.MAY_BE_CHANCE and _rules_out_half(comparison, wanted, better):
        return Ending.NO_EFFECT
    return Ending.NOT_PROVEN


def _rules_out_half(comparison: Comparison, wanted: Fraction | None, better: Direction) -> bool:
    """Whether even the end of the interval that is best for us is below half the wanted effect."""
    if wanted is None or comparison.low is None or comparison.high is None:
        return False
    return max(better.sign * comparison.low, better.sign * comparison.high) < wanted / 2


def grade(comparison: Comparison, *, is_final: bool) -> int:
    """The evidence grade that the values alone can show, 0-3; each step needs the one below."""
    if comparison.n_before < VALUES_NEEDED:
        return 0
    if comparison.n_after < VALUES_NEEDED:
        return 1
    return 3 if is_final and comparison.verdict is Verdict.IMPROVED else 2


def result_status(
    comparison: Comparison,
    follow_up: Sequence[Decimal],
    *,
    target: Decimal | None,
    better: Direction,
    value_is_overdue: bool,
) -> ResultStatus:
    """How it goes by now. `follow_up` are the values after the change in the order of time."""
    if value_is_overdue:
        return ResultStatus.MEASUREMENT_MISSING
    if len(follow_up) < LAST_VALUES:
        return ResultStatus.TOO_EARLY
    now = statistics.median(Fraction(value) for value in follow_up[-LAST_VALUES:])
    if target is not None and better.sign * (now - Fraction(target)) >= 0:
        return ResultStatus.TARGET_MET
    if comparison.shift is None:
        return ResultStatus.TOO_EARLY
    return ResultStatus.ON_TRACK if better.sign * comparison.shift > 0 else ResultStatus.OFF_TRACK
