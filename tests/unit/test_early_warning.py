"""Which values the chart's limits come from: the frozen baseline, and nothing that came with the change or after it."""

import datetime as dt
import statistics
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import pytest

from initiatives.cadence import next_span, span_of
from initiatives.evidence import Direction, Parts, Signal, Value, Variation, split
from initiatives.outcomes.early_warning import EarlyWarning, Level, Mark, can_be_rebased, early_warning

BASELINE = (42, 39, 44, 41, 38, 43, 40, 45, 41, 37, 44, 42)
CHANGE = dt.date(2025, 10, 1)  # after twelve months
MEAN = Fraction(sum(BASELINE), 12)
REACH = Fraction(266, 100) * Fraction(3 + 5 + 3 + 3 + 5 + 3 + 5 + 4 + 4 + 7 + 2, 11)
LIMITS = (MEAN - REACH, MEAN + REACH)
IMPROVED = [35, 33, 34, 32, 31, 33, 30]


def months(*numbers: float, first: dt.date = dt.date(2024, 10, 1)) -> list[Value]:
    values, span = [], span_of(first, "monthly")
    for each in numbers:
        values.append(Value(span.first, span.last, Decimal(str(each))))
        span = next_span(span.last, "monthly")
    return values


def read(
    numbers: Sequence[float],
    change_on: dt.date | None = CHANGE,
    *,
    baseline_from: dt.date | None = None,
    target: Decimal | None = None,
    rebased: bool = False,
) -> EarlyWarning:
    parts = split(months(*numbers), change_on or dt.date.max, baseline_from=baseline_from)
    found = early_warning(parts, change_on=change_on, better=Direction.DOWN, target=target, rebased=rebased)
    assert found is not None
    return found


def limits(warning: EarlyWarning) -> list[tuple[Fraction, Fraction | None, Fraction | None]]:
    return [(level.centre, level.lower, level.upper) for level in warning.levels]


# --- What the limits come from --------------------------------------------------------------------------------------
@pytest.mark.parametrize("after", [[], [35], IMPROVED, [1, 99] * 10])
def test_limits_are_the_baselines_whatever_comes_after_it(after: list[int]) -> None:
    assert limits(read([*BASELINE, *after])) == [(MEAN, *LIMITS)]


def test_limits_are_drawn_on_from_the_change_through_the_follow_up() -> None:
    assert read([*BASELINE, *IMPROVED]).levels == [Level(dt.date(2024, 10, 1), MEAN, *LIMITS, frozen_on=CHANGE)]


def test_a_value_across_the_change_is_no_part_of_it() -> None:
    across = read([*BASELINE, 400, *IMPROVED], CHANGE + dt.timedelta(days=10))
    assert (limits(across), dt.date(2025, 10, 31) in across.marks) == ([(MEAN, *LIMITS)], False)


def test_values_older_than_the_frozen_window_are_no_part_of_it() -> None:
    older = read([400, 4, *BASELINE], dt.date(2025, 12, 1), baseline_from=dt.date(2024, 12, 1))
    assert limits(older) == [(MEAN, *LIMITS)]
    assert older.levels[0].first_on == dt.date(2024, 12, 1)


def test_before_the_change_all_values_are_the_baseline_so_far() -> None:
    warning = read([*BASELINE, 41], None)
    assert (warning.levels[0].frozen_on, warning.levels[0].centre) == (None, Fraction(sum(BASELINE) + 41, 13))


def test_there_is_nothing_without_a_value_from_before() -> None:
    assert early_warning(Parts([], months(1, 2), []), change_on=CHANGE, better=Direction.DOWN) is None


# --- Signals --------------------------------------------------------------------------------------------------------
def test_the_follow_up_is_seen_against_the_baseline() -> None:
    """Each phase seen against itself would have no signal at all."""
    warning = read([*BASELINE, *IMPROVED])
    assert set(warning.marks) == {value.observed_on for value in months(*BASELINE, *IMPROVED)[12:]}
    assert warning.latest == Mark(Signal.OUTSIDE, Variation.IMPROVEMENT)
    assert warning.marks[dt.date(2025, 10, 31)] == Mark(Signal.RUN, Variation.IMPROVEMENT)


def test_the_latest_value_may_be_nothing_out_of_the_ordinary() -> None:
    warning = read([*BASELINE, 99, 41])
    assert (warning.latest, list(warning.marks.values())) == (None, [Mark(Signal.OUTSIDE, Variation.CONCERN)])


def test_frozen_limits_promise_nothing_about_the_target_now() -> None:
    assert read([*BASELINE, *IMPROVED], target=Decimal(22)).assurance is None
    assert read(BASELINE, None, target=Decimal(22)).assurance == "consistently_fails"


# --- The new level --------------------------------------------------------------------------------------------------
def test_rebased_each_side_has_limits_of_its_own() -> None:
    after = [number - 10 for number in BASELINE]
    warning = read([*BASELINE, *after], rebased=True)
    assert limits(warning) == [(MEAN, *LIMITS), (MEAN - 10, LIMITS[0] - 10, LIMITS[1] - 10)]
    assert [(level.first_on, level.frozen_on) for level in warning.levels] == [
        (dt.date(2024, 10, 1), None),
        (CHANGE, None),
    ]
    assert (warning.is_rebased, warning.marks) == (True, {})


def test_a_new_level_needs_twelve_values_on_either_side() -> None:
    for before, after, can in ((12, 12, True), (11, 12, False), (12, 11, False)):
        parts = split(months(*range(before)), dt.date(2024, 10, 1) + dt.timedelta(days=3650))
        follow_up = months(*range(after), first=dt.date(2030, 1, 1))
        assert can_be_rebased(Parts(parts.before, follow_up, [])) is can
    assert limits(read([*BASELINE, *IMPROVED], rebased=True)) == [(MEAN, *LIMITS)]


# --- Few values -----------------------------------------------------------------------------------------------------
def test_with_eleven_values_it_is_a_run_chart_about_the_baselines_median() -> None:
    warning = read([*BASELINE[:11], 45, *IMPROVED, 30], dt.date(2025, 9, 1))
    median = Fraction(statistics.median(BASELINE[:11]))
    assert limits(warning) == [(median, None, None)]
    assert warning.levels[0].frozen_on == dt.date(2025, 9, 1)
    assert warning.runs is not None
    assert (warning.marks, warning.latest, warning.runs.longest, warning.runs.signal) == ({}, None, 8, True)


def test_with_twelve_values_it_has_limits() -> None:
    assert read(BASELINE).runs is None


def test_a_constant_baseline_has_a_mean_and_no_limits() -> None:
    assert limits(read([3.7] * 14)) == [(Fraction(37, 10), None, None)]
    assert read([3.7] * 14).marks == {}
