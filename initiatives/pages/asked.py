"""The obstacles and promises that a person is asked about today. Whoever owns one keeps it while they answer for it.

When that person has left, drives it now or answers for the unit no longer, whoever decides for the unit is asked.
What has ended asks nobody.
"""

import datetime as dt
from typing import Any, Final

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, When

from initiatives.models import CoDriver, Initiative, Obstacle, Promise
from initiatives.pages.visit import Visit
from initiatives.workflow import ACTIVE_STATES
from kommun.deciders import DeciderId
from kommun.models import Assignment, Role, Unit
from kommun.roles import held

AT_MOST: Final = 50
ANSWER: Final = (Role.MANAGER, Role.DEPUTY)


def obstacles_of(visitor: Visit) -> list[Obstacle]:
    """Those that wait for the person, the oldest first. One query."""
    waiting = _asked_of(Obstacle.objects.filter(closed_at=None), "owner", visitor)
    return list(waiting.select_related("raised_by", "owner").order_by("raised_at", "id")[:AT_MOST])


def promises_of(visitor: Visit, *, due_by: dt.date | None = None) -> list[Promise]:
    """Those that the person has not settled, the nearest day first; or only those due by a day. One query."""
    waiting = _asked_of(Promise.objects.filter(settled_at=None), "promised_by", visitor)
    waiting = waiting if due_by is None else waiting.filter(due_on__lte=due_by)
    return list(waiting.select_related("promised_by").order_by("due_on", "id")[:AT_MOST])


def _asked_of(rows: QuerySet[Any], keeper: str, visitor: Visit) -> QuerySet[Any]:
    """Those of `rows` about which the person is asked; `keeper` is the column of whom they were first asked of."""
    person, today = visitor.person, visitor.today
    seen = Initiative.objects.visible_to(person, on=today).filter(state__in=ACTIVE_STATES).order_by()
    roles = held(person, *ANSWER, Role.ADMINISTRATOR, on=today).values("unit_id")
    near = Q(**{keeper: person}) | Q(initiative__unit__path__overlap=ArraySubquery(roles))
    asked = Case(When(_keeps(keeper, today), then=F(f"{keeper}_id")), default=_decider(today))
    found: QuerySet[Any] = rows.filter(near, initiative__in=seen).alias(asked=asked).filter(asked=person.pk)
    return found.select_related("initiative__unit").defer("initiative__search")


def _keeps(keeper: str, today: dt.date) -> Q:
    """Whether that person is employed, manager or deputy of the unit or of one above it, and no driver."""
    there = Assignment.objects.on(today).filter(employee=OuterRef(OuterRef(keeper)), role__in=ANSWER)
    units = ArraySubquery(there.exclude(employee__ended_on__lt=today).values("unit_id"))
    answers = Exists(Unit.objects.filter(pk=OuterRef("initiative__unit"), path__overlap=units))
    drives = Exists(CoDriver.objects.filter(initiative=OuterRef("initiative"), employee=OuterRef(keeper)))
    return Q(answers) & ~Q(drives) & ~Q(initiative__owner=F(keeper))


def _decider(today: dt.date) -> DeciderId:
    drivers = ArraySubquery(CoDriver.objects.filter(initiative=OuterRef("initiative")).values("employee_id"))
    return DeciderId(F("initiative__unit_id"), today, drivers=drivers, owner=F("initiative__owner_id"))
