"""Who decides for a unit on a day. The rule is the database function `kommun_decider`; here are its faces.

At each level the manager decides, and the deputy when the manager is away or there is none. A level is passed over when
nobody there is present, and when its manager or the acting deputy drives the matter. A cost above a level's mandate
amount climbs to the first level that covers it; the root covers all. When no level is left, a named administrator.
"""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import BigIntegerField, DateField, DecimalField, Func, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast

from kommun.models import Assignment, Employee, Role, Unit

IDS: "ArrayField[list[int], list[int]]" = ArrayField(BigIntegerField())


@dataclasses.dataclass(frozen=True)
class Decider:
    employee: Employee
    unit: Unit  # the level that decides
    capacity: Role  # manager, deputy or administrator


def decider_for(unit: Unit, *, on: dt.date, cost: Decimal | None = None, drivers: Iterable[int] = ()) -> Decider | None:
    """Who is asked to decide; None when the organisation has nobody left, an administrator included.

    `drivers`, the ids of owner and co-drivers, never decide. A cost of None climbs no level. Three queries.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT employee_id, level_id, capacity FROM kommun_decider(%s, %s, %s, %s::bigint[])",
            [unit.pk, on, cost, list(drivers)],
        )
        employee_id, level_id, capacity = cursor.fetchone()
    if employee_id is None:
        return None
    return Decider(Employee.objects.get(pk=employee_id), Unit.objects.get(pk=level_id), Role(capacity))


def may_decide(
    person: Employee, unit: Unit, *, on: dt.date, cost: Decimal | None = None, drivers: Iterable[int] = ()
) -> bool:
    """Whether `person` may decide: any manager or deputy of the deciding level, or the administrator who is asked.

    A manager who is registered as away but is here after all may; a driver never.
    """
    drivers = list(drivers)
    decider = decider_for(unit, on=on, cost=cost, drivers=drivers)
    if decider is None or person.pk in drivers or not person.is_employed(on):
        return False
    if decider.capacity == Role.ADMINISTRATOR:
        return person == decider.employee
    answers = Assignment.objects.on(on).filter(unit=decider.unit, role__in=[Role.MANAGER, Role.DEPUTY])
    return answers.filter(employee=person).exists()


class DeciderId(Func):
    """The id of the decider, for annotate and update over many rows; NULL when there is nobody.

    `drivers` is an array of employee ids: a list, or an expression such as ArraySubquery. `owner` is one driver more.
    """

    template = "(kommun_decider(%(expressions)s)).employee_id"
    output_field = BigIntegerField()

    def __init__(
        self,
        unit: Combinable,
        on: dt.date,
        cost: Combinable | None = None,
        drivers: Sequence[int] | Combinable = (),
        *,
        owner: Combinable | None = None,
    ) -> None:
        listed = Value(list(drivers)) if isinstance(drivers, Sequence) else drivers
        people: Combinable = Cast(listed, IDS)
        if owner is not None:
            people = Func(people, owner, function="array_append", output_field=IDS)
        amount = Cast(Value(None) if cost is None else cost, DecimalField(max_digits=14, decimal_places=2))
        super().__init__(Cast(unit, BigIntegerField()), Cast(Value(on), DateField()), amount, people)


class UnitAbove(Func):
    """The id of the unit above the nearest one that a person answers for on the way up; at the top, the top itself.

    NULL for who answers for nothing there.
    """

    function = "kommun_unit_above"
    output_field = BigIntegerField()

    def __init__(self, unit: Combinable, person: Combinable, on: dt.date) -> None:
        super().__init__(Cast(unit, BigIntegerField()), Cast(person, BigIntegerField()), Cast(Value(on), DateField()))
