"""Who can act on a nudge today: one expression per kind of recipient, over the initiatives that a query finds."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, Case, Exists, F, Func, IntegerField, OuterRef, Q, Subquery, When
from django.db.models.functions import Cast, Coalesce

from initiatives.models import CoDriver
from initiatives.permissions import has_had_a_part, still_answers
from kommun.deciders import DeciderId, UnitAbove
from kommun.models import Absence, Assignment, Role

To = Callable[[dt.date], Any]


def owner(today: dt.date) -> Any:
    return F("owner_id")


def decider(today: dt.date) -> Any:
    """The person whom the clock has written down as asked today: the deputy when the manager is away."""
    return F("decider_id")


def owner_or_decider(today: dt.date) -> Any:
    """The decider meanwhile, when the owner has left."""
    asked = DeciderId(F("unit_id"), today, F("cost"), drivers=_drivers())
    return Case(When(owner__ended_on__lt=today, then=asked), default=F("owner_id"), output_field=BigIntegerField())


def decider_now(today: dt.date) -> Any:
    """Whoever would decide today, also about what no longer waits for a decision."""
    return DeciderId(F("unit_id"), today, F("cost"), drivers=_drivers(), owner=F("owner_id"))


def keeper(person: str) -> To:
    """The person of the column, who was asked or has promised; else, or while away, whoever answers for the unit."""

    def to(today: dt.date) -> Any:
        away = Exists(Absence.objects.on(today).filter(employee=OuterRef(person)))
        answers = DeciderId(F("unit_id"), today, drivers=_drivers(), owner=F("owner_id"))
        keeps = still_answers(person, on=today) & ~Q(away)
        return Case(When(keeps, then=F(person)), default=answers, output_field=BigIntegerField())

    return to


def named(person: str) -> To:
    """The person named by the column, who alone can answer."""
    return lambda today: F(person)


def controller(today: dt.date) -> Any:
    """The nearest controller of the unit who is here, and has had no part in it."""
    person, initiative = OuterRef("employee"), OuterRef(OuterRef("pk"))
    answers_for = Assignment.objects.on(today).filter(role__in=[Role.MANAGER, Role.DEPUTY])
    drivers = ArraySubquery(CoDriver.objects.filter(initiative=initiative).values("employee_id"))
    asked = DeciderId(OuterRef("unit_id"), today, OuterRef("cost"), drivers=drivers, owner=OuterRef("owner_id"))
    held = Assignment.objects.on(today).filter(
        ~has_had_a_part(initiative, person, OuterRef("employee__uuid")),
        ~Exists(answers_for.filter(employee=person, unit=OuterRef(OuterRef("unit")))),
        ~Exists(Absence.objects.on(today).filter(employee=person)),
        Q(employee__ended_on=None) | Q(employee__ended_on__gte=today),
        ~Q(employee=OuterRef("owner")),
        ~Q(employee_id=Coalesce(asked, 0)),
        role=Role.CONTROLLER,
    )
    nearness = Func(OuterRef("unit__path"), F("unit_id"), function="array_position", output_field=IntegerField())
    nearest = held.annotate(nearness=nearness).filter(nearness__isnull=False).order_by("-nearness", "id")
    return Subquery(nearest.values("employee_id")[:1])


def next_level(today: dt.date, *, by_cost: bool) -> DeciderId:
    """Who answers when the recipient has not: over rows that have that person as `recipient`.

    It is asked of the unit above the nearest one that the recipient answers for, so that it climbs and never falls;
    from the top to a named administrator. Whoever is passed counts as a driver, for who holds both levels.
    """
    passed = Cast(F("recipient"), BigIntegerField())
    drivers = Func(_drivers(), passed, function="array_append", output_field=ArrayField(BigIntegerField()))
    above = UnitAbove(F("unit_id"), F("recipient"), today)
    return DeciderId(above, today, F("cost") if by_cost else None, drivers=drivers, owner=F("owner_id"))


def _drivers() -> ArraySubquery:
    return ArraySubquery(CoDriver.objects.filter(initiative=OuterRef("pk")).values("employee_id"))
