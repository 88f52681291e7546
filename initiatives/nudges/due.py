"""What is due: one query of initiatives per reason, and one expression per kind of recipient.

Every query answers with `since`, the day from which the reason counts, and `step`, the number of the step it belongs
to. None asks whether something happened "exactly today", so that a day without a clock loses nothing.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    BigIntegerField,
    Case,
    DateField,
    Exists,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest, TruncDate
from django.utils import timezone

from initiatives.cadence import Cadence, span_of
from initiatives.models import Claim, CoDriver, Handover, Initiative, Verification
from initiatives.outcomes.holding import asking
from initiatives.permissions import has_had_a_part
from initiatives.workflow import MEASURED_STATES, State, Verb
from kommun.deciders import DeciderId
from kommun.models import Absence, Assignment, Role

Due = QuerySet[Any]  # of initiatives, with `since` and `step` beside their columns
Query = Callable[[dt.date, dt.date], Due]  # given today, and the earliest `since` to look for


def waiting_for_decision(today: dt.date, earliest: dt.date) -> Due:
    """Counted from the day it was sent, so that an answered question starts the days anew."""
    waiting = Initiative.objects.filter(state=State.PROPOSED, submitted_at__gte=_start_of(earliest))
    return waiting.annotate(since=TruncDate("submitted_at"), step=F("steps_taken"))


def lacking_a_value(today: dt.date, earliest: dt.date) -> Due:
    """By the outcome's own cadence: `next_due_on` is the day after the first period that lacks a value.

    Counted from the latest period that has passed, so that each period is asked about, however many were missed.
    """
    lacking = Initiative.objects.filter(state__in=MEASURED_STATES, outcomes__next_due_on__range=(earliest, today))
    begun = [When(outcomes__cadence=each, then=Value(span_of(today, each).first)) for each in Cadence]
    latest = Greatest(F("outcomes__next_due_on"), Case(*begun, output_field=DateField()))
    return lacking.annotate(since=latest, step=F("steps_taken"))


def verification(*stands: Verification) -> Query:
    """Where the controller's word about a confirmed effect stands."""

    def due(today: dt.date, earliest: dt.date) -> Due:
        found = Initiative.objects.filter(
            outcomes__is_primary=True,
            outcomes__verification__in=stands,
            outcomes__verification_at__gte=_start_of(earliest),
        )
        return found.annotate(since=TruncDate("outcomes__verification_at"), step=F("steps_taken"))

    return due


def waiting_for_controller(today: dt.date, earliest: dt.date) -> Due:
    """An effect that nobody has verified, or something that was claimed of it since."""
    unchecked = Claim.objects.filter(outcome=OuterRef("outcomes__pk"), checked_at=None).order_by("-updated_at")
    found = Initiative.objects.filter(
        outcomes__is_primary=True, outcomes__verification__in=[Verification.ASKED, Verification.CONFIRMED]
    ).annotate(
        asked_at=Case(
            When(outcomes__verification=Verification.ASKED, then=F("outcomes__verification_at")),
            default=Subquery(unchecked.values("updated_at")[:1]),
        )
    )
    due = found.filter(asked_at__gte=_start_of(earliest))
    return due.annotate(since=TruncDate("asked_at"), step=F("steps_taken"))


def hold_to_check(today: dt.date, earliest: dt.date) -> Due:
    """A value is asked for, to see whether a confirmed effect is still there."""
    return asking(today, earliest)


def ready_to_conclude(today: dt.date, earliest: dt.date) -> Due:
    ready = Initiative.objects.filter(
        state=State.MEASURING, outcomes__is_primary=True, outcomes__review_on__range=(earliest, today)
    )
    return ready.annotate(since=F("outcomes__review_on"), step=F("steps_taken"))


def waiting_for_waiver(today: dt.date, earliest: dt.date) -> Due:
    """A reason why something cannot be measured, which nobody has answered."""
    asked = Initiative.objects.filter(waivers__answered_at=None, waivers__asked_at__gte=_start_of(earliest))
    return asked.annotate(since=TruncDate("waivers__asked_at"), step=F("steps_taken"))


def offered(today: dt.date, earliest: dt.date) -> Due:
    """Somebody has been asked to take it over, and has not answered."""
    asked = Initiative.objects.filter(handovers__answered_at=None, handovers__offered_at__gte=_start_of(earliest))
    return asked.annotate(since=TruncDate("handovers__offered_at"), step=F("steps_taken"))


def after_step(verb: Verb) -> Query:
    """A step that was taken; it stays due, whatever happened afterwards."""

    def due(today: dt.date, earliest: dt.date) -> Due:
        taken = Initiative.objects.filter(transitions__verb=verb, transitions__at__gte=_start_of(earliest))
        return taken.annotate(since=TruncDate("transitions__at"), step=F("transitions__number"))

    return due


def unanswered(verb: Verb) -> Query:
    """A step that was taken and that no other has followed."""

    def due(today: dt.date, earliest: dt.date) -> Due:
        return after_step(verb)(today, earliest).filter(steps_taken=F("step"))

    return due


def owner(today: dt.date) -> Any:
    return F("owner_id")


def decider(today: dt.date) -> Any:
    """The person whom the clock has written down as asked today: the deputy when the manager is away."""
    return F("decider_id")


def owner_or_decider(today: dt.date) -> Any:
    """The decider meanwhile, when the owner has left."""
    drivers = ArraySubquery(CoDriver.objects.filter(initiative=OuterRef("pk")).values("employee_id"))
    asked = DeciderId(F("unit_id"), today, F("cost"), drivers=drivers)
    return Case(When(owner__ended_on__lt=today, then=asked), default=F("owner_id"), output_field=BigIntegerField())


def decider_now(today: dt.date) -> Any:
    """Whoever would decide today, also about what no longer waits for a decision."""
    drivers = ArraySubquery(CoDriver.objects.filter(initiative=OuterRef("pk")).values("employee_id"))
    return DeciderId(F("unit_id"), today, F("cost"), drivers=drivers, owner=F("owner_id"))


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


def the_one_asked(today: dt.date) -> Any:
    offer = Handover.objects.filter(initiative=OuterRef("pk"), answered_at=None)
    return Subquery(offer.values("to_id")[:1])


def _start_of(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time.min, tzinfo=timezone.get_default_timezone())
