"""What somebody is to an initiative today, and so which steps of the workflow are theirs."""

import datetime as dt

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q, QuerySet

from initiatives.models import Claim, CoDriver, Initiative, Outcome, Transition, Verification
from initiatives.workflow import DECISIONS, Actor, Step, steps_from
from kommun.deciders import may_decide
from kommun.models import Employee, Role
from kommun.roles import has_role, held


def driver_ids(initiative: Initiative) -> list[int]:
    """The owner and the co-drivers: those who may not decide about it."""
    return [initiative.owner_id, *(row.employee_id for row in initiative.co_driver_rows.all())]


def drives(person: Employee, initiative: Initiative, *, on: dt.date) -> bool:
    """Whether `person` is the owner or a co-driver, and still employed on the day `on`."""
    return person.is_employed(on) and person.pk in driver_ids(initiative)


def decides(person: Employee, initiative: Initiative, *, on: dt.date) -> bool:
    """Whether `person` is the unit's decision-maker, or the deputy, for this initiative; never one of its drivers."""
    if initiative.unit is None:
        return False
    return may_decide(person, initiative.unit, on=on, cost=initiative.cost, drivers=driver_ids(initiative))


def verifies(person: Employee, initiative: Initiative, *, on: dt.date) -> bool:
    """Whether `person` is a controller of the unit who neither drives it, nor decides or has decided about it."""
    if initiative.unit is None or not has_role(person, initiative.unit, Role.CONTROLLER, on=on):
        return False
    has_decided = Transition.objects.filter(initiative=initiative, verb__in=DECISIONS, by=person).exists()
    is_involved = person.pk in driver_ids(initiative) or has_decided
    return not is_involved and not decides(person, initiative, on=on)


def to_verify(person: Employee, *, on: dt.date) -> QuerySet[Outcome]:
    """The confirmed effects that wait for `person` as a controller, or what was claimed of them since.

    None that they drive or have decided about.
    """
    answers_for = ArraySubquery(held(person, Role.CONTROLLER, on=on).values("unit_id"))
    drives = Exists(CoDriver.objects.filter(initiative=OuterRef("initiative"), employee=person))
    decided = Exists(Transition.objects.filter(initiative=OuterRef("initiative"), verb__in=DECISIONS, by=person))
    unchecked = Exists(Claim.objects.filter(outcome=OuterRef("pk"), checked_at=None))
    waiting = Q(verification=Verification.ASKED) | (Q(verification=Verification.CONFIRMED) & unchecked)
    return (
        Outcome.objects.filter(waiting, initiative__unit__path__overlap=answers_for)
        .filter(~drives, ~decided)
        .exclude(initiative__owner=person)
    )


def actors(person: Employee, initiative: Initiative, *, on: dt.date) -> frozenset[Actor]:
    """The roles that `person` has to `initiative` on the day `on`. Empty for a stranger and for a former employee."""
    if not person.is_employed(on):
        return frozenset()
    if drives(person, initiative, on=on):
        return frozenset({Actor.OWNER})
    return frozenset({Actor.DECIDER}) if decides(person, initiative, on=on) else frozenset()


def steps_for(person: Employee, initiative: Initiative, *, on: dt.date) -> list[Step]:
    """The steps that `person` may try now; a gate may still refuse one."""
    return steps_from(initiative.state, actors(person, initiative, on=on))
