"""The dates that concern a person: what falls due of what they drive, what waits for their answer, what they promised.

What is due is read from the rows as they are now, so a date is gone as soon as its reason is. It knows no words.
"""

import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from django.db.models import Exists, F, OuterRef, Q

from initiatives.models import HoldCheck, Initiative, Outcome, Promise
from initiatives.models.initiative import InitiativeQuerySet
from initiatives.workflow import ACTIVE_STATES, MEASURED_STATES, State
from kommun.models import Employee

AHEAD: Final = dt.timedelta(days=400)
BACK: Final = dt.timedelta(days=60)

Days = tuple[dt.date, dt.date]  # both included


class Due(StrEnum):
    """What falls on a date."""

    DECISION = "decision"  # the last day for an answer
    PROMISE = "promise"
    FIRST_STEP = "first-step"
    RESUME = "resume"
    VALUE = "value"
    TARGET = "target"
    REVIEW = "review"
    HOLD = "hold"


@dataclass(frozen=True)
class DueDate:
    """`detail` is what it is about, in the words of those who wrote it: an indicator, a first step, a promise, a name.

    `subject` is the row that the date comes from, and `months` which of its hold checks. `since` is when the initiative
    was made, and `changed_at` when any row that the date is told from was last changed.
    """

    due: Due
    on: dt.date
    subject: uuid.UUID
    initiative: uuid.UUID
    state: State
    title: str
    detail: str
    since: dt.datetime
    changed_at: dt.datetime
    months: int | None = None

    @property
    def key(self) -> str:
        """The same for the same thing when its day is moved; no two of a person's dates share one."""
        return f"{self.due}{self.months or ''}-{self.subject}"


def due_dates(person: Employee, *, today: dt.date) -> list[DueDate]:
    """What `person` has to do with, 60 days back to 400 days ahead, in the order of the days. Five queries.

    Nothing for somebody who is no longer employed. Names are in the active language.
    """
    days = (today - BACK, today + AHEAD)
    seen = Initiative.objects.visible_to(person, on=today).order_by()
    mine = seen.driven_by(person)
    found = [
        *_to_decide(seen, person, days),
        *_promised(seen, person, days),
        *_of_initiatives(mine, days),
        *_of_outcomes(mine, days),
        *_to_check(mine, days, today),
    ]
    return sorted(found, key=lambda each: (each.on, each.title, each.key))


def _to_decide(seen: InitiativeQuerySet, person: Employee, days: Days) -> Iterator[DueDate]:
    asked = Q(decider=person) | Q(escalated_to=person)
    waiting = seen.filter(asked, state=State.PROPOSED, decide_by_on__range=days).select_related("owner").defer("search")
    for initiative in waiting:
        yield _of(initiative, Due.DECISION, initiative.decide_by_on, initiative.owner.display_name)


def _promised(seen: InitiativeQuerySet, person: Employee, days: Days) -> Iterator[DueDate]:
    """Of what goes on: what has ended asks nobody."""
    live = seen.filter(state__in=ACTIVE_STATES)
    given = Promise.objects.filter(promised_by=person, settled_at=None, due_on__range=days, initiative__in=live)
    for promise in given.select_related("initiative").defer("initiative__search"):
        told = _of(promise.initiative, Due.PROMISE, promise.due_on, promise.text)
        yield _from(promise, promise.promised_at, told)


def _of_initiatives(mine: InitiativeQuerySet, days: Days) -> Iterator[DueDate]:
    first = Q(state=State.UNDERWAY, first_step_on__range=days)
    resumes = Q(state=State.PAUSED, resume_on__range=days)
    for initiative in mine.filter(first | resumes).defer("search"):
        if initiative.state == State.PAUSED:
            yield _of(initiative, Due.RESUME, initiative.resume_on)
        else:
            yield _of(initiative, Due.FIRST_STEP, initiative.first_step_on, initiative.first_step)


def _of_outcomes(mine: InitiativeQuerySet, days: Days) -> Iterator[DueDate]:
    """Values of every outcome; target and review only of the one that decides the ending."""
    dated = Outcome.objects.filter(
        Q(next_due_on__range=days) | Q(target_on__range=days) | Q(review_on__range=days),
        initiative__in=mine.filter(state__in=MEASURED_STATES),
    )
    for outcome in dated.select_related("initiative", "indicator").defer("initiative__search"):
        dates = [(Due.VALUE, outcome.next_due_on)]
        if outcome.is_primary:
            dates += [(Due.TARGET, outcome.target_on), (Due.REVIEW, outcome.review_on)]
        for due, on in dates:
            if on is not None and days[0] <= on <= days[1]:
                told = _of(outcome.initiative, due, on, outcome.indicator.name)
                yield _from(outcome, outcome.updated_at, told)


def _to_check(mine: InitiativeQuerySet, days: Days, today: dt.date) -> Iterator[DueDate]:
    """The checks that nobody has answered. When a later one has come, the earlier is not asked about any more."""
    later = HoldCheck.objects.filter(
        outcome=OuterRef("outcome"), step=OuterRef("step"), months__gt=OuterRef("months"), due_on__lte=today
    )
    waiting = HoldCheck.objects.filter(
        ~Exists(later),
        result="",
        due_on__range=days,
        step=F("outcome__initiative__steps_taken"),
        outcome__initiative__in=mine.filter(state=State.CONCLUDED),
    )
    related = waiting.select_related("outcome__initiative", "outcome__indicator")
    for check in related.defer("outcome__initiative__search"):
        outcome = check.outcome
        told = _of(outcome.initiative, Due.HOLD, check.due_on, outcome.indicator.name)
        yield replace(_from(outcome, outcome.updated_at, told), months=check.months)


def _of(initiative: Initiative, due: Due, on: dt.date | None, detail: str = "") -> DueDate:
    assert on is not None, "only what has a day is fetched"
    return DueDate(
        due=due,
        on=on,
        subject=initiative.uuid,
        initiative=initiative.uuid,
        state=State(initiative.state),
        title=initiative.title,
        detail=detail,
        since=initiative.created_at,
        changed_at=initiative.updated_at,
    )


def _from(row: Outcome | Promise, changed_at: dt.datetime, told: DueDate) -> DueDate:
    """The same date, told from a row of the initiative beside the initiative itself."""
    return replace(told, subject=row.uuid, changed_at=max(changed_at, told.changed_at))
