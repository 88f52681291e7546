"""When each rule speaks, of a reason of one Wednesday, and to whom: written down by hand, for tests of the rules."""

import datetime as dt

from initiatives.models import Initiative, RuleName
from initiatives.nudges.rules import Rule
from tests.reasons import REASONS, TOLD_TO, Scene

WEDNESDAY = dt.date(2026, 9, 2)  # the weeks after it have no holidays, and the month has time for three reminders

# When each rule speaks of a reason of that Wednesday: days of September for level 0, and for the next level.
SPEAKS: dict[str, tuple[list[int], list[int]]] = {
    "decision_waiting": ([7, 10, 15], [10, 15, 18]),
    "waiver_asked": ([2, 7, 10], []),
    "obstacle_open": ([2, 9, 16, 23], [16, 23, 30, 37]),
    "promise_due": ([2, 9, 16], [16, 23, 30]),
    "handover_offered": ([2, 7, 10], []),
    "verification_waiting": ([9, 16, 23], []),
    "verification_returned": ([2, 9, 16], []),
    "returned": ([2, 9, 16], []),
    "value_due": ([2, 9, 16], []),
    "baseline_missing": ([2, 9, 16], []),
    "conclude_due": ([2, 9, 16], []),
    "hold_check_due": ([2, 9, 16], []),
    "first_step_due": ([2], []),
    "no_progress": ([16, 30], []),
    "target_near": ([-12], []),
    "target_passed": ([3, 31], []),
    "draft_resting": ([9, 23], []),
} | {
    rule: ([2], [])
    for rule in (
        "take_over", "declined", "verified", "approved", "silence_owner", "silence_decider", "own_mandate", "stopped",
        "waiver_answered", "obstacle_removed", "promise_settled", "comment_written",
    )
}  # fmt: skip


def september(day: int) -> dt.date:
    return dt.date(2026, 8, 31) + dt.timedelta(days=day)


def spoken(rule: Rule) -> list[tuple[int, int, dt.date]]:
    """All the times of a reason of that Wednesday, in order: level, number, day."""
    levels = enumerate(SPEAKS[rule.name])
    all_times = [(level, n, september(day)) for level, days in levels for n, day in enumerate(days)]
    return sorted(all_times, key=lambda each: (each[2], each[0]))


def first_day(rule: Rule) -> dt.date:
    return september(SPEAKS[rule.name][0][0])


def the_reason(rule: Rule, scene: Scene, day: dt.date = WEDNESDAY) -> Initiative:
    initiative = REASONS[RuleName(rule.name)](scene, day)
    initiative.refresh_from_db()
    return initiative


def person(rule: Rule) -> str:
    """The given name of the one who is told at level 0."""
    named = {"manager": "Johan", "controller": "Pia", "owner": "Amina"}
    return "Li" if rule.name == "handover_offered" else named[TOLD_TO.get(rule.name, "owner")]
