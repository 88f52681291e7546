"""The evidence grade of an outcome: computed from data alone, in this one place, with a history of what gave it."""

import datetime as dt
from dataclasses import replace

from initiatives import evidence
from initiatives.models import Grading, Initiative, Outcome, Verification
from initiatives.outcomes.figures import figures
from initiatives.outcomes.holding import Since
from initiatives.workflow import State


def grade_of(outcome: Outcome, comparison: evidence.Comparison, since: Since) -> int:
    """The grade that follows from the values, the controller's word and the hold checks. No query.

    `comparison` is of the values as they are now, up to the review date when the verdict is final: a correction may
    take away what the final verdict showed, and never adds to it.
    """
    return evidence.grade(
        _as_shown(outcome, comparison),
        is_final=outcome.verdict_is_final,
        is_verified=outcome.verification == Verification.CONFIRMED,
        hold=since.hold,
        held_half_a_year=since.held_half_a_year,
    )


def keep_grade(
    outcome: Outcome, initiative: Initiative, comparison: evidence.Comparison, since: Since, *, now: dt.datetime
) -> None:
    """Adds the outcome's grade to its history, with what it came from, if it is another than the last.

    A draft, which nobody has seen, leaves no history. One query, and one more for a new grade.
    """
    if initiative.state != State.DRAFT and outcome.grade != _last_grade(outcome):
        came_from = _came_from(outcome, comparison, since)
        Grading.objects.create(outcome=outcome, grade=outcome.grade, at=now, figures=came_from)


def _as_shown(outcome: Outcome, comparison: evidence.Comparison) -> evidence.Comparison:
    """Once the verdict is final, how many values it had stays as well: what was measured stays measured."""
    if not outcome.verdict_is_final:
        return comparison
    has_been_shown = outcome.verdict == evidence.Verdict.IMPROVED
    verdict = comparison.verdict if has_been_shown else evidence.Verdict(outcome.verdict)
    return replace(comparison, verdict=verdict, n_before=outcome.n_before, n_after=outcome.n_after)


def _last_grade(outcome: Outcome) -> int:
    """Zero before there is any history: an intention is where everything begins."""
    last = outcome.gradings.order_by("-id").values_list("grade", flat=True).first()
    return last or 0


def _came_from(outcome: Outcome, comparison: evidence.Comparison, since: Since) -> dict[str, object]:
    return figures(comparison) | {
        "is_final": outcome.verdict_is_final,
        "verification": outcome.verification,
        "hold": since.hold or "",
        "faded_on": since.faded_on.isoformat() if since.faded_on else None,
        "held_half_a_year": since.held_half_a_year,
    }
