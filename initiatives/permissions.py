"""What somebody is to an initiative today, and so which steps of the workflow are theirs."""

import datetime as dt
from typing import Any, Final

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, CharField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce

from initiatives.models import Claim, CoDriver, Event, Handover, Initiative, Outcome, Transition, Verification
from initiatives.workflow import Actor, State, Step, steps_from
from kommun.deciders import DeciderId, may_decide
from kommun.models import Assignment, Employee, Role
from kommun.roles import has_role, held

NO_PART: Final = (  # a controller's work; and an answer, which is a part only when it was a yes
    "verification.confirm", "verification.return", "claim.check", "overlap.settle", "handover.answer", "comment.create",
)  # fmt: skip
ANSWERS_ABOVE: Final = (Role.MANAGER, Role.DEPUTY, Role.ADMINISTRATOR)


def driver_ids(initiative: Initiative) -> list[int]:
    """The owner and the co-drivers: those who may not decide about it."""
    return [initiative.owner_id, *(row.employee_id for row in initiative.co_driver_rows.all())]


def drives(person: Employee, initiative: Initiative, *, on: dt.date) -> bool:
    """Whether `person` is the owner or a co-driver, and still employed on the day `on`."""
    return person.is_employed(on) and person.pk in driver_ids(initiative)


def decides(person: Employee, initiative: Initiative, *, on: dt.date) -> bool:
    """Whether `person` is the unit's decision-maker, or the deputy, for this initiative; never one of its drivers.

    When nobody has answered for so long that the question has climbed, the one it has climbed to decides too, for as
    long as that person answers for the unit or for one above it.
    """
    if initiative.unit is None:
        return False
    if has_climbed_to(person, initiative) and has_role(person, initiative.unit, *ANSWERS_ABOVE, on=on):
        return person.pk not in driver_ids(initiative)
    return may_decide(person, initiative.unit, on=on, cost=initiative.cost, drivers=driver_ids(initiative))


def has_climbed_to(person: Employee, initiative: Initiative) -> bool:
    """Whether the decision has gone on to `person`, one level above, for want of an answer."""
    return initiative.state == State.PROPOSED and initiative.escalated_to_id == person.pk


def verifies(person: Employee, initiative: Initiative, *, on: dt.date) -> bool:
    """Whether `person` is a controller of the unit who has had no part in it, as `to_verify` says, waiting or not."""
    if initiative.unit is None or not has_role(person, initiative.unit, Role.CONTROLLER, on=on):
        return False
    own = Outcome.objects.filter(initiative=initiative, is_primary=True)
    return without_a_part(own, person, on=on).exists() and not decides(person, initiative, on=on)


def to_verify(person: Employee, *, on: dt.date) -> QuerySet[Outcome]:
    """The confirmed effects that wait for `person` as a controller, or what was claimed of them since."""
    answers_for = ArraySubquery(held(person, Role.CONTROLLER, on=on).values("unit_id"))
    unchecked = Exists(Claim.objects.filter(outcome=OuterRef("pk"), checked_at=None))
    waiting = Q(verification=Verification.ASKED) | (Q(verification=Verification.CONFIRMED) & unchecked)
    found = Outcome.objects.filter(waiting, initiative__unit__path__overlap=answers_for)
    return without_a_part(found, person, on=on)


def without_a_part(rows: QuerySet[Outcome], person: Employee, *, on: dt.date) -> QuerySet[Outcome]:
    """Those of `rows` that `person` neither drives nor has driven, and neither decides nor has decided about."""
    drivers = ArraySubquery(CoDriver.objects.filter(initiative=OuterRef("initiative")).values("employee_id"))
    unit, cost, owner = F("initiative__unit_id"), F("initiative__cost"), F("initiative__owner_id")
    answers_for = held(person, Role.MANAGER, Role.DEPUTY, on=on).filter(unit=OuterRef("initiative__unit"))
    return (
        rows.exclude(initiative__owner=person)
        .filter(~has_had_a_part(OuterRef("initiative"), person.pk, Value(str(person.uuid))), ~Exists(answers_for))
        .alias(asked=Coalesce(DeciderId(unit, on, cost, drivers=drivers, owner=owner), 0))
        .exclude(asked=person.pk)
    )


def has_had_a_part(initiative: Any, person: Any, person_uuid: Any) -> Q:
    """Whether somebody has done anything in an initiative but a controller's work, or was asked in and came.

    The arguments are what a subquery of the rows compares with: the references of a row, or values.
    """
    own = {"initiative": initiative}
    events = Event.objects.filter(**own).alias(who=KeyTextTransform("person", "data"))
    return (
        Q(Exists(CoDriver.objects.filter(**own, employee=person)))
        | Q(Exists(Transition.objects.filter(**own, by=person)))
        | Q(Exists(Handover.objects.filter(**own, to=person, is_accepted=True)))
        | Q(Exists(events.filter(by=person).exclude(kind__in=NO_PART)))
        | Q(Exists(events.filter(kind="initiative.invite", who=Cast(person_uuid, CharField()))))
    )


def still_answers(keeper: str, *, initiative: str = "", on: dt.date) -> Q:
    """Whether the person of the column `keeper`, who was asked or has promised, answers for the unit today.

    That is to be employed, manager or deputy of it or of a unit above it, and no driver. The rows are initiatives, or
    have one in the column `initiative`.
    """
    of = f"{initiative}__" if initiative else ""
    path = ExpressionWrapper(OuterRef(f"{of}unit__path"), output_field=ArrayField(BigIntegerField()))
    roles = Assignment.objects.on(on).filter(employee=OuterRef(keeper), role__in=[Role.MANAGER, Role.DEPUTY])
    here = Q(path__contains=[F("unit_id")])
    answers = roles.exclude(employee__ended_on__lt=on).alias(path=path).filter(here)
    drives = CoDriver.objects.filter(initiative=OuterRef(initiative or "pk"), employee=OuterRef(keeper))
    return Q(Exists(answers)) & ~Q(Exists(drives)) & ~Q(**{f"{of}owner": F(keeper)})


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
