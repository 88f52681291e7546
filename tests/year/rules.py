"""What is promised of each rule: on which days after its reason it is told, at which level, and what it is."""

from dataclasses import dataclass
from typing import Final

WORKDAYS: Final = True
HELD_OUT_SHARE: Final = 0.2


@dataclass(frozen=True)
class Promised:
    """`days` by level; `forgotten_after` in days."""

    days: tuple[tuple[int, ...], ...]
    workdays: bool = False
    is_duty: bool = False
    is_news: bool = False
    forgotten_after: int | None = None
    can_be_held_out: bool = False


def _duty(*days: tuple[int, ...]) -> Promised:
    return Promised(days, workdays=True, is_duty=True)


def _ask(*days: int, workdays: bool = False, can_be_held_out: bool = False) -> Promised:
    return Promised((days,), workdays=workdays, can_be_held_out=can_be_held_out)


NEWS: Final = Promised(((0,),), is_news=True, forgotten_after=14)
PROMISED: Final[dict[str, Promised]] = {
    "decision_waiting": _duty((3, 6, 9), (6, 9, 12)),
    "waiver_asked": _duty((0, 3, 6)),
    "obstacle_open": _duty((0, 5, 10, 15), (10, 15, 20, 25)),
    "promise_due": _duty((0, 5, 10), (10, 15, 20)),
    "handover_offered": _ask(0, 3, 6, workdays=WORKDAYS),
    "verification_waiting": _ask(5, 10, 15, workdays=WORKDAYS),
    "verification_returned": _ask(0, 5, 10, workdays=WORKDAYS),
    "returned": _ask(0, 5, 10, workdays=WORKDAYS),
    "value_due": _ask(0, 7, 14, can_be_held_out=True),
    "baseline_missing": _ask(0, 7, 14, can_be_held_out=True),
    "conclude_due": _ask(0, 7, 14),
    "hold_check_due": _ask(0, 7, 14),
    "first_step_due": _ask(0, can_be_held_out=True),
    "no_progress": _ask(14, 28, can_be_held_out=True),
    "target_near": _ask(-14, can_be_held_out=True),
    "target_passed": _ask(1, 29, can_be_held_out=True),
    "draft_resting": _ask(7, 21, can_be_held_out=True),
    "take_over": Promised(((0,),), forgotten_after=60, can_be_held_out=True),
    "declined": Promised(((0,),), forgotten_after=14),
    **dict.fromkeys(
        (
            *("verified", "approved", "silence_owner", "silence_decider", "own_mandate", "stopped"),
            *("waiver_answered", "obstacle_removed", "promise_settled", "comment_written"),
        ),
        NEWS,
    ),
}
