"""What ending, evidence grade and result status follow from the verdict. Never from opinion."""

import statistics
from collections.abc import Iterable, Sequence
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final

from initiatives.evidence.comparison import VALUES_NEEDED, Comparison, Direction, Verdict, compare
from initiatives.evidence.values import Value, in_order

LAST_VALUES: Final = 3  # whose median is "now"
SHOWN_GRADE: Final = 3  # the evidence grade from which on an improvement is a real one


class Ending(StrEnum):
    """The four endings that the figures decide. The fifth, stopped, is a step that somebody takes."""

    CONFIRMED = "confirmed"
    NOT_PROVEN = "not_proven"
    NO_EFFECT = "no_effect"
    WORSE = "worse"


class Hold(StrEnum):
    """Whether an effect that was confirmed is still there. Not significant is not the same as faded."""

    HELD = "held"
    FADED = "faded"
    TOO_EARLY = "too_early"


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


def grade(
    comparison: Comparison, *, is_final: bool, is_verified: bool, hold: Hold | None, held_half_a_year: bool
) -> int:
    """The evidence grade, 0-5; each step needs the one below, so what has faded is an effect no longer shown.

    `hold` is what the values since the ending say, None before it; `held_half_a_year` whether a hold check six months
    or more after the ending said held.
    """
    if comparison.n_before < VALUES_NEEDED:
        return 0
    if comparison.n_after < VALUES_NEEDED:
        return 1
    if not is_final or comparison.verdict is not Verdict.IMPROVED or hold is Hold.FADED:
        return 2
    if not is_verified:
        return SHOWN_GRADE
    return 5 if held_half_a_year else 4


def hold(
    before: Sequence[Value], follow_up: Sequence[Value], since: Sequence[Value], *, better: Direction
) -> tuple[Hold, Comparison | None]:
    """Whether the effect is still there, by the values dated after the ending, and the comparison that says so.

    `before` is the frozen baseline, `follow_up` the values from the change to the ending, `since` those after it. When
    `since` are fewer than five, the last of `follow_up` make up for them. Held: better than the baseline at p <= 0.05.
    Faded: their median is back past the midpoint between the baseline's median and the follow-up's. Else too early.
    """
    early, late, new = in_order(before), in_order(follow_up), in_order(since)
    lacking = max(0, VALUES_NEEDED - len(new))
    tested = [*late[len(late) - lacking :], *new] if lacking else new
    if not new or min(len(early), len(tested)) < VALUES_NEEDED:
        return Hold.TOO_EARLY, None
    comparison = compare(early, tested, better=better)
    if comparison.verdict in (Verdict.IMPROVED, Verdict.PROBABLY_IMPROVED):
        return Hold.HELD, comparison
    return (Hold.FADED if _is_past_midpoint(early, late, tested, better) else Hold.TOO_EARLY), comparison


def _is_past_midpoint(
    before: Sequence[Value], follow_up: Sequence[Value], tested: Sequence[Value], better: Direction
) -> bool:
    was, became, now = (_median(each) for each in (before, follow_up or tested, tested))
    return better.sign * (now - (was + became) / 2) < 0


def _median(values: Sequence[Value]) -> Fraction:
    return statistics.median(Fraction(each.value) for each in values)


def half_life(durations: Iterable[tuple[int, bool]]) -> int | None:
    """After how many days half of the effects have faded; None while more than half are still there.

    Each duration is the days from the ending until the effect had faded (True), or until it was last seen (False: it
    may still be there). The product-limit estimate of Kaplan and Meier 1958, doi 10.1080/01621459.1958.10501452.
    """
    known = sorted(durations, key=lambda each: (each[0], not each[1]))
    left = Fraction(1)
    for place, (days, has_faded) in enumerate(known):
        if has_faded:
            left *= 1 - Fraction(1, len(known) - place)
            if left <= Fraction(1, 2):
                return days
    return None


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
