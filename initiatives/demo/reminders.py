"""The reminders of the past months, so that it can be seen what each does: one helps, one does not show it yet.

Only of steps that have been taken since: what is due today is left to the clock.
"""

import datetime as dt
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from django.utils import timezone

from initiatives.models import Initiative, Nudge, NudgePolicy, RuleName, Transition
from kommun.models import Letter

LEFT_WITHOUT: Final = 0.2  # the share
FROM_DAYS_AGO: Final = 340
TO_DAYS_AGO: Final = 9


@dataclass(frozen=True)
class Habit:
    """How many of a hundred act within a week of a rule, with the reminder and without, in which steps."""

    rule: RuleName
    steps: tuple[int, ...]
    with_it: float
    without: float


HABITS: Final = (
    Habit(RuleName.VALUE_DUE, (2, 3, 4), 0.62, 0.36),
    Habit(RuleName.DRAFT_RESTING, (0,), 0.40, 0.37),
    Habit(RuleName.NO_PROGRESS, (2,), 0.45, 0.36),
)


def remind(chance: random.Random, *, today: dt.date) -> int:
    """Turns the comparison on, and writes what has been told and what was left out. How many reminders."""
    NudgePolicy.objects.update_or_create(pk=1, defaults={"hold_out_is_on": True})
    nudges = sorted(_drawn(chance, today), key=lambda nudge: nudge.created_at)  # as they would have been written
    _tell(nudges)
    Nudge.objects.bulk_create(nudges)
    return len(nudges)


def _drawn(chance: random.Random, today: dt.date) -> Iterator[Nudge]:
    """One for each habit and step that ended in time; who acted did so by taking the step, soon or late.

    By turns and not by chance, so that the demo shows the same on any day.
    """
    ended = Transition.objects.order_by("initiative__id", "number").select_related("initiative__owner")
    turns: Counter[tuple[RuleName, bool | None]] = Counter()
    for step in ended:
        for habit in HABITS:
            if step.number - 1 in habit.steps:
                is_held_out = _comes_up(LEFT_WITHOUT, turns, habit.rule, None)
                share = habit.without if is_held_out else habit.with_it
                is_soon = _comes_up(share, turns, habit.rule, is_held_out)
                at = step.at - dt.timedelta(days=chance.randint(1, 6) if is_soon else chance.randint(8, 20))
                if FROM_DAYS_AGO >= (today - timezone.localdate(at)).days >= TO_DAYS_AGO:
                    yield _nudge(habit.rule, step.initiative, step, at, is_held_out=is_held_out)


def _comes_up(share: float, turns: Counter[tuple[RuleName, bool | None]], rule: RuleName, side: bool | None) -> bool:
    """Whether it is the turn of one of the `share`, evenly spread."""
    turn = turns[rule, side]
    turns[rule, side] += 1
    return int((turn + 1) * share) > int(turn * share)


def _nudge(rule: RuleName, initiative: Initiative, step: Transition, at: dt.datetime, *, is_held_out: bool) -> Nudge:
    return Nudge(
        rule=rule,
        initiative=initiative,
        subject=initiative.uuid,
        step=step.number - 1,
        since_at=at,
        occasion=timezone.localdate(at),
        to=initiative.owner,
        created_at=at,
        is_held_out=is_held_out,
        read_at=None if is_held_out else at + dt.timedelta(hours=1),
        acted_at=step.at,
    )


def _tell(nudges: Iterable[Nudge]) -> None:
    """One sent letter for each person and day, as the clock would have made it."""
    told = [nudge for nudge in nudges if not nudge.is_held_out]
    letters = {(nudge.to_id, nudge.occasion): _letter(nudge) for nudge in told}
    Letter.objects.bulk_create(letters.values())
    for nudge in told:
        nudge.letter = letters[nudge.to_id, nudge.occasion]


def _letter(nudge: Nudge) -> Letter:
    return Letter(
        employee=nudge.to,
        kind=Letter.Kind.COLLECTED,
        on=nudge.occasion,
        address=nudge.to.email,
        subject="En påminnelse från Framsteg",
        text=f"Det gäller ”{nudge.initiative.title}”.\n",
        created_at=nudge.created_at,
        send_after=nudge.created_at,
        sent_at=nudge.created_at,
    )
