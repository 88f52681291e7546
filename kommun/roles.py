"""Who holds which role for which part of the organisation on a day. A role for a unit covers its whole subtree."""

import datetime as dt

from django.contrib.postgres.expressions import ArraySubquery

from kommun.models import Assignment, Employee, Role, Unit
from kommun.models.period import PeriodQuerySet
from kommun.models.unit import UnitQuerySet


def held(person: Employee, *roles: Role, on: dt.date) -> PeriodQuerySet[Assignment]:
    """What `person` answers for in any of `roles`; nothing for somebody who has left."""
    current = Assignment.objects.on(on).filter(employee=person, role__in=roles)
    return current if person.ended_on is None or person.ended_on >= on else current.none()


def has_role(person: Employee, unit: Unit, *roles: Role, on: dt.date) -> bool:
    """Whether `person` holds one of `roles` for `unit` or for a unit above it."""
    return held(person, *roles, on=on).filter(unit_id__in=unit.path).exists()


def administers(person: Employee, unit: Unit | None, *, on: dt.date) -> bool:
    """Whether `person` is an administrator of `unit` or of a unit above it; without one, of the whole municipality."""
    if unit is not None:
        return has_role(person, unit, Role.ADMINISTRATOR, on=on)
    return held(person, Role.ADMINISTRATOR, on=on).filter(unit__parent=None).exists()


def units_of(person: Employee, *roles: Role, on: dt.date) -> UnitQuerySet:
    """Every unit, subtrees included, for which `person` holds one of `roles`. One query over the index of paths."""
    return Unit.objects.filter(path__overlap=ArraySubquery(held(person, *roles, on=on).values("unit_id")))
