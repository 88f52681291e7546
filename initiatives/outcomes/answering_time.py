"""How long those who asked have waited for one person's answers. It is for that person's own eyes alone."""

import datetime as dt
import statistics
from dataclasses import dataclass
from typing import Final

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from initiatives.models import Transition
from initiatives.workflow import State, Verb
from kommun.models import Employee
from kommun.workdays import Workdays

ANSWERS: Final = (Verb.APPROVE, Verb.RETURN, Verb.DECLINE)
LOOKS_BACK: Final = dt.timedelta(days=365)


@dataclass(frozen=True)
class AnsweringTime:
    days: int  # the median, in full working days
    answers: int  # how many it is taken from


def own_answering_time(person: Employee, *, now: dt.datetime, workdays: Workdays) -> AnsweringTime | None:
    """Of the answers of the last year, each counted from when that very question was sent; None without any.

    What was sent back and sent again is two questions with two answers. `workdays` must know the closed days of two
    years: a question may have waited long before its answer. One query.
    """
    sent = Transition.objects.filter(
        initiative=OuterRef("initiative"), number=OuterRef("number") - 1, to_state=State.PROPOSED
    )
    answers = Transition.objects.filter(by=person, verb__in=ANSWERS, at__gt=now - LOOKS_BACK, at__lte=now)
    rows = answers.annotate(sent_at=Subquery(sent.values("at"))).filter(sent_at__isnull=False).order_by()
    days = [_waited(sent_at, at, workdays) for sent_at, at in rows.values_list("sent_at", "at")]
    return AnsweringTime(round(statistics.median(days)), len(days)) if days else None


def _waited(sent_at: dt.datetime, at: dt.datetime, workdays: Workdays) -> int:
    return workdays.between(timezone.localdate(sent_at), timezone.localdate(at))
