"""The obstacles and promises that a person is asked about today. Whoever owns one keeps it while they answer for it.

When that person has left, drives it now or answers for the unit no longer, whoever decides for the unit is asked.
What has ended asks nobody.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, F, OuterRef, Q, QuerySet, When

from initiatives.models import CoDriver, Initiative, Obstacle, Promise
from initiatives.pages.visit import Visit
from initiatives.permissions import still_answers
from initiatives.workflow import ACTIVE_STATES
from kommun.deciders import DeciderId
from kommun.models import Role
from kommun.roles import units_of

AT_MOST: Final = 50
ANSWER: Final = (Role.MANAGER, Role.DEPUTY)


def units_answered_for(visitor: Visit) -> list[int]:
    """Of which the person may come to be asked; none for most people. One query.

    It is asked by itself, so that the rows of others are never judged one by one.
    """
    units = units_of(visitor.person, *ANSWER, Role.ADMINISTRATOR, on=visitor.today)
    return list(units.order_by().values_list("pk", flat=True))


def obstacles_of(visitor: Visit, units: Sequence[int]) -> list[Obstacle]:
    """Those that wait for the person, the oldest first; `units` are those answered for. One query."""
    waiting = _asked_of(Obstacle.objects.filter(closed_at=None), "owner", visitor, units)
    return list(waiting.select_related("raised_by", "owner").order_by("raised_at", "id")[:AT_MOST])


def promises_of(visitor: Visit, units: Sequence[int], *, due_by: dt.date | None = None) -> list[Promise]:
    """Those that the person has not settled, the nearest day first; or only those due by a day. One query."""
    waiting = _asked_of(Promise.objects.filter(settled_at=None), "promised_by", visitor, units)
    waiting = waiting if due_by is None else waiting.filter(due_on__lte=due_by)
    return list(waiting.select_related("promised_by").order_by("due_on", "id")[:AT_MOST])


def _asked_of(rows: QuerySet[Any], keeper: str, visitor: Visit, units: Sequence[int]) -> QuerySet[Any]:
    """Those of `rows` about which the person is asked; `keeper` is the column of whom they were first asked of."""
    person, today = visitor.person, visitor.today
    near = Q(**{keeper: person}) | Q(initiative__unit__in=units) if units else Q(**{keeper: person})
    seen = Initiative.objects.visible_to(person, on=today).filter(state__in=ACTIVE_STATES).order_by()
    asked = Case(
        When(still_answers(keeper, initiative="initiative", on=today), then=F(f"{keeper}_id")), default=_decider(today)
    )
    found: QuerySet[Any] = rows.filter(near, initiative__in=seen).alias(asked=asked).filter(asked=person.pk)
    return found.select_related("initiative__unit").defer("initiative__search")


def _decider(today: dt.date) -> DeciderId:
    drivers = ArraySubquery(CoDriver.objects.filter(initiative=OuterRef("initiative")).values("employee_id"))
    return DeciderId(F("initiative__unit_id"), today, drivers=drivers, owner=F("initiative__owner_id"))
