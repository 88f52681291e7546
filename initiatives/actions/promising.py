"""What a decider promises the one who drives it, and whether it came true: said once, by the one who promised."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from initiatives import events
from initiatives.actions.locking import held
from initiatives.actions.refusals import Missing, NotAllowed, Overtaken, Refused
from initiatives.models import Initiative, Nudge, Promise, RuleName
from initiatives.permissions import ANSWERS_ABOVE, decides, driver_ids
from initiatives.workflow import IN_HAND
from kommun.models import Assignment, Employee, Role
from kommun.roles import has_role

LONGEST: Final = 300  # characters, of a promise and of the note when it is settled


@dataclass(frozen=True)
class Promised:
    kind: Promise.Kind
    text: str
    due_on: dt.date


@transaction.atomic
def promise_more(initiative: Initiative, promised: Promised, *, by: Employee, now: dt.datetime) -> Promise:
    """The decider promises something to an initiative that is being carried out, as a yes may from the start."""
    initiative, today = held(initiative), timezone.localdate(now)
    if not decides(by, initiative, on=today):
        raise NotAllowed(_("The decision-maker of the unit makes promises here."))
    if initiative.state not in IN_HAND:
        raise Refused(Missing("", _("Promises are made to what is being tested or followed up.")))
    refuse_half(promised, today)
    return write(initiative, promised, by=by, now=now)


@transaction.atomic
def settle_promise(promise: Promise, *, is_kept: bool, by: Employee, now: dt.datetime, note: str = "") -> None:
    """Whether it came true, said once, also after the initiative has ended. `note` is for the history."""
    initiative, today, note = held(promise.initiative), timezone.localdate(now), note.strip()
    if not answerable(initiative, [promise], by=by, on=today, is_decider=decides(by, initiative, on=today)):
        raise NotAllowed(_("The one who promised says whether it came true."))
    if len(note) > LONGEST:
        raise Refused(Missing("note", _("Write it in at most %(count)d characters.") % {"count": LONGEST}))
    settled = Promise.objects.filter(pk=promise.pk, settled_at=None).update(settled_at=now, is_kept=is_kept)
    if not settled:
        raise Overtaken
    events.record("promise.settle", initiative, at=now, subject=promise.uuid, by=by, is_kept=is_kept, note=note)


def refuse_half(promised: Promised, today: dt.date) -> None:
    """Raises Refused for a promise without words, with too many, or for a day that has passed."""
    if not promised.text.strip() or promised.due_on < today:
        raise Refused(Missing("promise", _("Write what you promise and choose a day that has not passed.")))
    if len(promised.text.strip()) > LONGEST:
        raise Refused(Missing("promise", _("Write it in at most %(count)d characters.") % {"count": LONGEST}))


def write(initiative: Initiative, promised: Promised, *, by: Employee, now: dt.datetime) -> Promise:
    """Adds the promise and tells of it. It has been checked by then."""
    kind, text, due_on = promised.kind, promised.text.strip(), promised.due_on
    promise = Promise.objects.create(
        initiative=initiative, kind=kind, text=text, due_on=due_on, promised_by=by, promised_at=now
    )
    day, subject = due_on.isoformat(), promise.uuid
    events.record("promise.make", initiative, at=now, subject=subject, by=by, promise=kind, text=text, due_on=day)
    return promise


def answerable(
    initiative: Initiative, promises: Iterable[Promise], *, by: Employee, on: dt.date, is_decider: bool
) -> set[int]:
    """The ids of those of its `promises` that `by` may settle on the day `on`: their own, and never as a driver.

    Whoever has been reminded of one in their place, and answers for the unit or one above it, may settle it too; and
    the decider those of somebody who has left, drives it now or no longer answers for the unit. `is_decider` says
    whether `by` is the one. At most four queries.
    """
    listed = list(promises)
    if not by.is_employed(on) or by.pk in driver_ids(initiative):
        return set()
    own = {each.pk for each in listed if each.promised_by_id == by.pk}
    others = [each for each in listed if each.pk not in own]
    if others and (asked := _asked_in_their_place(initiative, others, by, on)):
        own |= {each.pk for each in others if each.uuid in asked}
    if not others or not is_decider:
        return own
    answering = _answering(initiative, others, on) - set(driver_ids(initiative))
    return own | {each.pk for each in others if each.promised_by_id not in answering}


def _asked_in_their_place(initiative: Initiative, promises: Iterable[Promise], by: Employee, on: dt.date) -> set[UUID]:
    """The public ids of those that `by` was reminded of."""
    told = Nudge.objects.filter(rule=RuleName.PROMISE_DUE, to=by, subject__in=[each.uuid for each in promises])
    found = set(told.values_list("subject", flat=True))
    answers = found and initiative.unit and has_role(by, initiative.unit, *ANSWERS_ABOVE, on=on)
    return found if answers else set()


def _answering(initiative: Initiative, promises: Iterable[Promise], on: dt.date) -> set[int]:
    """Who of those who promised is still there and answers for the unit, or for one above it."""
    assert initiative.unit is not None, "somebody decides for it"
    roles = Assignment.objects.on(on).filter(role__in=[Role.MANAGER, Role.DEPUTY], unit__in=initiative.unit.path)
    people = roles.filter(employee__in={each.promised_by_id for each in promises})
    return set(people.exclude(employee__ended_on__lt=on).values_list("employee_id", flat=True))
