"""What owner and decider agree on beside the steps: promises, reasons why something cannot be measured, new owners."""

import datetime as dt
from collections.abc import Iterable
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from initiatives import events
from initiatives.actions import promising
from initiatives.actions.attempt import Given
from initiatives.actions.clockwork import refresh_deciders
from initiatives.actions.locking import held
from initiatives.actions.promising import Promised
from initiatives.actions.refusals import Missing, NotAllowed, Overtaken, Refused
from initiatives.actions.steps import take_step
from initiatives.models import CoDriver, Handover, Initiative, Transition, Waiver
from initiatives.permissions import decides, drives
from initiatives.workflow import Ending, State, Verb
from kommun.models import Employee

# When the answer can still open a gate that the owner has ahead.
WAIVABLE: Final = {
    Waiver.Kind.BASELINE: frozenset({State.PROPOSED, State.RETURNED, State.UNDERWAY, State.PAUSED}),
    Waiver.Kind.RESULT: frozenset({State.MEASURING}),
}


@transaction.atomic
def approve(
    initiative: Initiative,
    *,
    by: Employee,
    seen: str,
    now: dt.datetime,
    greeting: str = "",
    promises: Iterable[Promised] = (),
) -> Transition:
    """The decider's yes, with what the decider promises in the same breath."""
    promised = list(promises)
    for each in promised:
        promising.refuse_half(each, timezone.localdate(now))
    transition = take_step(initiative, Verb.APPROVE, by=by, seen=seen, now=now, given=Given(reason=greeting))
    for each in promised:
        promising.write(initiative, each, by=by, now=now)
    return transition


@transaction.atomic
def ask_for_waiver(initiative: Initiative, kind: Waiver.Kind, reason: str, *, by: Employee, now: dt.datetime) -> Waiver:
    """The owner gives a reason why something cannot be measured. Until the decider has answered it changes nothing."""
    initiative, today = held(initiative), timezone.localdate(now)
    if not drives(by, initiative, on=today):
        raise NotAllowed(_("Only the one who drives the initiative can ask for this."))
    if initiative.state not in WAIVABLE[kind]:
        raise Refused(Missing("waiver", _("This cannot be asked about just now.")))
    if not reason.strip():
        raise Refused(Missing("waiver", _("Write why it cannot be measured.")))
    if initiative.waivers.filter(kind=kind, answered_at=None).exists():
        raise Refused(Missing("waiver", _("You have asked already. Your decision-maker has not answered yet.")))
    waiver = Waiver.objects.create(initiative=initiative, kind=kind, reason=reason.strip(), asked_by=by, asked_at=now)
    refresh_deciders(today=today, among=[initiative.pk])
    events.record("waiver.ask", initiative, at=now, subject=waiver.uuid, by=by, waiver=kind, reason=waiver.reason)
    return waiver


@transaction.atomic
def answer_waiver(waiver: Waiver, *, is_accepted: bool, by: Employee, now: dt.datetime) -> None:
    """The decider's answer, given once."""
    initiative = waiver.initiative
    if not decides(by, initiative, on=timezone.localdate(now)):
        raise NotAllowed(_("The decision-maker of the unit answers this."))
    answered = Waiver.objects.filter(pk=waiver.pk, answered_at=None).update(
        is_accepted=is_accepted, answered_by=by, answered_at=now
    )
    if not answered:
        raise Overtaken
    events.record(
        "waiver.answer", initiative, at=now, subject=waiver.uuid, by=by, waiver=waiver.kind, is_accepted=is_accepted
    )


@transaction.atomic
def offer_handover(initiative: Initiative, to: Employee, *, by: Employee, now: dt.datetime) -> Handover:
    """The owner, or the decider when the owner has left, asks somebody to take the initiative over."""
    initiative, today = held(initiative), timezone.localdate(now)
    _refuse_who_cannot_hand_over(initiative, by, today)
    _refuse_ended(initiative)
    takes_from_the_owner = to.pk == by.pk and initiative.owner.is_employed(today)
    if not to.is_employed(today) or to.pk == initiative.owner_id or takes_from_the_owner:
        raise Refused(Missing("person", _("Choose a colleague who can take it over.")))
    if initiative.handovers.filter(answered_at=None).exists():
        raise Refused(Missing("person", _("Somebody has been asked already and has not answered yet.")))
    handover = Handover.objects.create(initiative=initiative, to=to, offered_by=by, offered_at=now)
    events.record("handover.offer", initiative, at=now, subject=handover.uuid, by=by, person=str(to.uuid))
    return handover


@transaction.atomic
def answer_handover(handover: Handover, *, is_accepted: bool, by: Employee, now: dt.datetime) -> None:
    """The one who was asked takes over, or does not. No state changes."""
    today = timezone.localdate(now)
    if by.pk != handover.to_id or not by.is_employed(today):
        raise NotAllowed(_("Only the one who was asked can answer."))
    answered = Handover.objects.filter(pk=handover.pk, answered_at=None).update(
        is_accepted=is_accepted, answered_at=now
    )
    if not answered:
        raise Overtaken
    if is_accepted:
        _change_owner(handover.initiative, by, today)
    events.record("handover.answer", handover.initiative, at=now, subject=handover.uuid, by=by, is_accepted=is_accepted)


@transaction.atomic
def withdraw_handover(handover: Handover, *, by: Employee, now: dt.datetime) -> None:
    """The offer is taken back, so that somebody else can be asked. Somebody who has left never answers."""
    initiative = held(handover.initiative)
    _refuse_who_cannot_hand_over(initiative, by, timezone.localdate(now))
    closed = Handover.objects.filter(pk=handover.pk, answered_at=None).update(is_accepted=False, answered_at=now)
    if not closed:
        raise Overtaken
    events.record("handover.withdraw", initiative, at=now, subject=handover.uuid, by=by)


def _change_owner(initiative: Initiative, person: Employee, today: dt.date) -> None:
    _refuse_ended(held(initiative))
    CoDriver.objects.filter(initiative=initiative, employee=person).delete()
    Initiative.objects.filter(pk=initiative.pk).update(owner=person)
    refresh_deciders(today=today, among=[initiative.pk])  # nobody decides about their own
    initiative.refresh_from_db()


def _refuse_who_cannot_hand_over(initiative: Initiative, by: Employee, today: dt.date) -> None:
    """The owner and the co-drivers can; the decider when the owner has left."""
    owner_has_left = not initiative.owner.is_employed(today)
    if not (drives(by, initiative, on=today) or (owner_has_left and decides(by, initiative, on=today))):
        raise NotAllowed(_("Only the one who drives the initiative can hand it over."))


def _refuse_ended(initiative: Initiative) -> None:
    """What was confirmed is still driven: somebody answers the controller, and sees whether it holds."""
    if initiative.state == State.CONCLUDED and initiative.ending != Ending.CONFIRMED:
        raise Refused(Missing("", _("The initiative has ended. There is nothing to take over.")))
