"""Asking the database, and making groups of what it says."""

import datetime as dt
from calendar import monthrange
from collections.abc import Sequence
from typing import Any, Final

from initiatives.models.summary import GRADE_0, Standing
from initiatives.outcomes.counting import SEEN
from initiatives.outcomes.metrics.questions import Effects, Figures, Group, PeriodLength, Question, Share
from initiatives.outcomes.metrics.statement import TOLD, Form, statement
from initiatives.workflow import Ending, State
from kommun.statements import rows

_ENDED: Final = [standing for standing in Standing if standing.ending]  # in the order of what was decided
_STATES: Final = [state for state in State if state in SEEN]


def metrics(question: Question, *, today: dt.date, limit: int, offset: int) -> tuple[int, list[Group]]:
    """How many groups there are, and those from `offset`, in the order of what they are grouped by. One statement."""
    filters = {
        "indicator": question.indicator,
        "kinds": None if question.kinds is None else list(question.kinds),
        "goal": question.goal,
        "endings": None if question.endings is None else list(question.endings),
        "least_grade": question.least_grade or None,
        "first": question.first and period_start(question.first, question.period),
        "last": question.last and period_end(question.last, question.period),
    }
    form = Form(
        question.by,
        question.period,
        frozenset(name for name, value in filters.items() if value is not None),
        has_unit=question.scope.unit is not None,
        is_bound=question.scope.bound_to is not None,
        tells_withheld=question.tells_withheld,
    )
    given = filters | {
        "unit": question.scope.unit,
        "bound_to": question.scope.bound_to,
        "this_month": today.replace(day=1),
        "this_year": today.replace(month=1, day=1),
        "limit": limit,
        "offset": offset,
    }
    found = rows(statement(form), given)
    return found[0][0], [_group(row[1:]) for row in found if row[-1] is not None]


def period_start(day: dt.date, length: PeriodLength) -> dt.date:
    """The first day of the period that `day` lies in."""
    return day.replace(month=day.month - (day.month - 1) % length.months, day=1)


def period_end(day: dt.date, length: PeriodLength) -> dt.date:
    """The last day of the period that `day` lies in."""
    last = period_start(day, length).month + length.months - 1
    return dt.date(day.year, last, monthrange(day.year, last)[1])


def _group(row: Sequence[Any]) -> Group:
    *told, years = row[:TOLD]
    figures = None if row[TOLD] is None else _figures(row[TOLD:])
    return Group(*told, years or [], figures)  # type: ignore[call-arg]  # the statement has one column for each


def _figures(row: Sequence[Any]) -> Figures:
    counts, decided, initiatives, outcomes, values, mean_value, shifts, mean_shift, effects, _place = row
    ended = dict(zip(_ENDED, decided, strict=True))
    measured = sum(decided) - ended[Standing.NOT_MEASURED] - ended[Standing.STOPPED_UNMEASURED]
    verified = ended[Standing.VERIFIED] + ended[Standing.HELD]
    confirmed = verified + ended[Standing.CONFIRMED]
    return Figures(
        initiatives=int(initiatives),
        outcomes=int(outcomes),
        states={state: sum(counts[each - 1] for each in Standing if each.state == state) for state in _STATES},
        endings={ending: sum(ended[each] for each in _ENDED if each.ending == ending) for ending in Ending},
        not_measured=ended[Standing.NOT_MEASURED],
        grades=_grades(counts),
        measured=Share(measured, sum(decided)),
        confirmed=Share(confirmed, measured),
        verified=Share(verified, confirmed),
        held=Share(ended[Standing.HELD], verified),
        values=int(values),
        mean_value=mean_value,
        shifts=int(shifts),
        mean_shift=mean_shift,
        hours=Effects(*effects[:3]),
        money=Effects(*effects[3:]),
    )


def _grades(counts: Sequence[int]) -> list[int]:
    """0 to 5. What has no outcome is an intention, like grade 0."""
    without, *graded = counts[GRADE_0 - 2 :]
    return [without + graded[0], *graded[1:]]
