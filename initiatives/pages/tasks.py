"""What a person can do now, the most important first, and the dates that lie ahead. Others fetch the rows."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from django.utils import timezone

from initiatives.models import Initiative, Obstacle, Outcome, Promise
from initiatives.pages.rows import primary
from initiatives.workflow import MEASURED_STATES, State

FIRST_STEP_FOR: Final = dt.timedelta(days=7)  # after that it is no longer news that the day has come


class Task(IntEnum):
    """In the order of importance: first what keeps somebody else waiting."""

    DECISION = 1
    OBSTACLE = 2
    PROMISE = 3
    VERIFICATION = 4
    QUESTION = 5
    CONTROLLER_ASKS = 6
    VALUE = 7
    CONCLUDE = 8
    HOLD = 9
    FIRST_STEP = 10
    DRAFT = 11


@dataclass(frozen=True)
class Todo:
    task: Task
    since: dt.date
    initiative: Initiative
    outcome: Outcome | None = None
    about: Obstacle | Promise | None = None


class Coming(IntEnum):
    ANSWER = 1
    FIRST_STEP = 2
    VALUE = 3
    REVIEW = 4
    RESUME = 5


@dataclass(frozen=True)
class Ahead:
    on: dt.date
    what: Coming
    initiative: Initiative


@dataclass(frozen=True)
class Asked:
    """What others ask of the person, and what they are asked of what has ended."""

    to_decide: Sequence[Initiative]
    to_verify: Sequence[Outcome]
    sent_back: Sequence[Outcome]  # by a controller, with a question
    obstacles: Sequence[Obstacle]  # that the person can remove
    promises: Sequence[Promise]  # that are due
    to_check: Sequence[Initiative]  # each with `since`, the day from which a value is asked for


def todo(mine: Iterable[Initiative], asked: Asked, *, today: dt.date) -> list[Todo]:
    """What the person can do now: with what is theirs, and what they are asked."""
    found = [Todo(Task.DECISION, _day_of(each.submitted_at, today), each) for each in asked.to_decide]
    found += [
        Todo(Task.OBSTACLE, _day_of(each.raised_at, today), each.initiative, about=each) for each in asked.obstacles
    ]
    found += [Todo(Task.PROMISE, each.due_on, each.initiative, about=each) for each in asked.promises]
    found += [_of(each, Task.VERIFICATION, today) for each in asked.to_verify]
    found += [_of(each, Task.CONTROLLER_ASKS, today) for each in asked.sent_back]
    found += [Todo(Task.HOLD, each.since, each, primary(each)) for each in asked.to_check]  # type: ignore[attr-defined]
    for initiative in mine:
        found += _tasks(initiative, today)
    return sorted(found, key=lambda each: (each.task, each.since, each.initiative.pk))


def ahead(mine: Iterable[Initiative], *, today: dt.date, at_most: int) -> list[Ahead]:
    """The next dates, the nearest first."""
    dates = [each for initiative in mine for each in _dates(initiative) if each.on > today]
    return sorted(dates, key=lambda each: (each.on, each.what, each.initiative.pk))[:at_most]


def _of(outcome: Outcome, task: Task, today: dt.date) -> Todo:
    return Todo(task, _day_of(outcome.verification_at, today), outcome.initiative, outcome)


def _tasks(initiative: Initiative, today: dt.date) -> Iterator[Todo]:
    outcome, since = primary(initiative), _day_of(initiative.state_since_at, today)
    if initiative.state == State.RETURNED:
        yield Todo(Task.QUESTION, since, initiative)
    if initiative.state == State.DRAFT:
        yield Todo(Task.DRAFT, since, initiative)
    first = initiative.first_step_on
    if initiative.state == State.UNDERWAY and first and first <= today < first + FIRST_STEP_FOR:
        yield Todo(Task.FIRST_STEP, first, initiative)
    if outcome is None or initiative.state not in MEASURED_STATES:
        return
    if outcome.next_due_on and outcome.next_due_on <= today:
        yield Todo(Task.VALUE, outcome.next_due_on, initiative, outcome)
    if initiative.state == State.MEASURING and outcome.review_on and outcome.review_on <= today:
        yield Todo(Task.CONCLUDE, outcome.review_on, initiative, outcome)


def _dates(initiative: Initiative) -> Iterator[Ahead]:
    outcome = primary(initiative)
    dates: list[tuple[dt.date | None, Coming, bool]] = [
        (initiative.decide_by_on, Coming.ANSWER, initiative.state == State.PROPOSED),
        (initiative.first_step_on, Coming.FIRST_STEP, initiative.state == State.UNDERWAY),
        (initiative.resume_on, Coming.RESUME, initiative.state == State.PAUSED),
    ]
    if outcome is not None:
        is_measured = initiative.state in MEASURED_STATES
        dates += [
            (outcome.next_due_on, Coming.VALUE, is_measured),
            (outcome.review_on, Coming.REVIEW, is_measured),
        ]
    return (Ahead(on, what, initiative) for on, what, holds in dates if on is not None and holds)


def _day_of(moment: dt.datetime | None, today: dt.date) -> dt.date:
    return timezone.localdate(moment) if moment else today
