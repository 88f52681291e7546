"""What stops the one who drives it: raised by a driver, owned by somebody with the mandate to remove it, answered once.

The owner is whoever decides for the unit, whatever the initiative costs: an obstacle is removed near where it stands.
When the initiative has ended nobody is asked about what was still open; it stays to be read, and is asked about again
if the initiative goes on.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from initiatives import events
from initiatives.actions.locking import held
from initiatives.actions.refusals import Missing, NotAllowed, Overtaken, Refused
from initiatives.models import Initiative, Obstacle
from initiatives.permissions import driver_ids, drives
from initiatives.workflow import ACTIVE_STATES
from kommun.deciders import decider_for, may_decide
from kommun.models import Assignment, Employee, Role
from kommun.models.period import PeriodQuerySet
from kommun.roles import has_role

LONGEST: Final = 300  # characters, of an obstacle and of its answer
MANDATE: Final = (Role.MANAGER, Role.DEPUTY)


@transaction.atomic
def raise_obstacle(initiative: Initiative, text: str, *, by: Employee, now: dt.datetime) -> Obstacle:
    """A driver says what is in the way. It is owned by whoever decides for the unit today, or by nobody yet."""
    initiative, today = held(initiative), timezone.localdate(now)
    if not drives(by, initiative, on=today):
        raise NotAllowed(_("Only the one who drives the initiative can say what is in the way."))
    _refuse_ended(initiative)
    text = _words(text, "text")
    if not text:
        raise Refused(Missing("text", _("Write what is in the way. One sentence is enough.")))
    assert initiative.unit is not None, "only a draft lacks a unit"
    found = decider_for(initiative.unit, on=today, drivers=driver_ids(initiative))
    owner = found.employee if found else None
    obstacle = Obstacle.objects.create(initiative=initiative, text=text, raised_by=by, raised_at=now, owner=owner)
    person = str(owner.uuid) if owner else None
    events.record("obstacle.raise", initiative, at=now, subject=obstacle.uuid, by=by, text=text, person=person)
    return obstacle


@transaction.atomic
def close_obstacle(obstacle: Obstacle, *, is_removed: bool, answer: str, by: Employee, now: dt.datetime) -> None:
    """It is gone, or it has to stay and why. A driver may say that it is gone, never that it has to stay."""
    initiative, today = held(obstacle.initiative), timezone.localdate(now)
    obstacle.refresh_from_db(fields=["owner"])  # it may have been handed on since
    may_say_gone = is_removed and drives(by, initiative, on=today)
    if not (may_say_gone or answerable(initiative, [obstacle], by=by, on=today)):
        raise NotAllowed(_("Whoever can remove the obstacle answers this."))
    _refuse_ended(initiative)
    answer = _words(answer, "answer")
    if not is_removed and not answer:
        raise Refused(Missing("answer", _("Write why it has to stay. One sentence is enough.")))
    closed = _open(obstacle).update(closed_at=now, closed_by=by, is_removed=is_removed, answer=answer)
    if not closed:
        raise Overtaken
    events.record(
        "obstacle.close", initiative, at=now, subject=obstacle.uuid, by=by, is_removed=is_removed, answer=answer
    )


@transaction.atomic
def hand_obstacle_on(obstacle: Obstacle, *, to: Employee, by: Employee, now: dt.datetime) -> None:
    """Its owner asks somebody else with the mandate; whoever may answer does so where it has no owner who can."""
    initiative, today = held(obstacle.initiative), timezone.localdate(now)
    obstacle.refresh_from_db(fields=["owner", "closed_at"])
    if not may_hand_on(initiative, obstacle, by=by, on=today):
        raise NotAllowed(_("Only the one who was asked to remove the obstacle can hand it on."))
    _refuse_ended(initiative)
    if to.pk == obstacle.owner_id or not receivers(initiative, on=today).filter(employee=to).exists():
        raise Refused(Missing("person", _("Choose a manager or deputy of the unit, or of one above it.")))
    if not _open(obstacle).update(owner=to):
        raise Overtaken
    events.record("obstacle.hand_on", initiative, at=now, subject=obstacle.uuid, by=by, person=str(to.uuid))
    obstacle.owner = to


def answerable(initiative: Initiative, obstacles: Iterable[Obstacle], *, by: Employee, on: dt.date) -> set[int]:
    """The ids of those of its `obstacles` that `by` may say anything about on the day `on`.

    The owner of one, whoever decides for the unit, and every manager or deputy of it or above; never a driver, nor
    somebody who has left. At most five queries, however many obstacles there are.
    """
    listed = list(obstacles)
    if not listed or not by.is_employed(on) or by.pk in driver_ids(initiative):
        return set()
    has_mandate = any(each.owner_id != by.pk for each in listed) and _has_mandate(by, initiative, on)
    return {each.pk for each in listed if has_mandate or each.owner_id == by.pk}


def may_hand_on(initiative: Initiative, obstacle: Obstacle, *, by: Employee, on: dt.date) -> bool:
    """Its owner; and whoever may answer it when the owner has left, drives it now, or there is none."""
    owner = obstacle.owner
    is_orphan = owner is None or not owner.is_employed(on) or owner.pk in driver_ids(initiative)
    return (is_orphan or obstacle.owner_id == by.pk) and bool(answerable(initiative, [obstacle], by=by, on=on))


def receivers(initiative: Initiative, *, on: dt.date) -> PeriodQuerySet[Assignment]:
    """The managers and deputies who can be asked: of the unit and above it, employed, and not driving it."""
    assert initiative.unit is not None, "only a draft lacks a unit"
    found = Assignment.objects.on(on).filter(role__in=MANDATE, unit__in=initiative.unit.path)
    return found.exclude(employee__in=driver_ids(initiative)).exclude(employee__ended_on__lt=on)


def _has_mandate(person: Employee, initiative: Initiative, on: dt.date) -> bool:
    unit = initiative.unit
    if unit is None:
        return False
    return has_role(person, unit, *MANDATE, on=on) or may_decide(person, unit, on=on, drivers=driver_ids(initiative))


def _open(obstacle: Obstacle) -> QuerySet[Obstacle]:
    return Obstacle.objects.filter(pk=obstacle.pk, closed_at=None)


def _words(text: str, field: str) -> str:
    text = text.strip()
    if len(text) > LONGEST:
        raise Refused(Missing(field, _("Write it in at most %(count)d characters.") % {"count": LONGEST}))
    return text


def _refuse_ended(initiative: Initiative) -> None:
    if initiative.state not in ACTIVE_STATES:
        raise Refused(Missing("", _("Obstacles are asked about only while an initiative is going on.")))
