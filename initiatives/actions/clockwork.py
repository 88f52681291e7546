"""What the clock does to initiatives by itself: starts by silence, resumes on the day, keeps in mind who is asked."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import Exists, F, Func, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from initiatives.actions.refusals import Refused
from initiatives.actions.steps import take_step
from initiatives.cadence import Cadence
from initiatives.evidence import ResultStatus
from initiatives.models import CoDriver, Initiative, Nudge, Outcome, RuleName, Waiver
from initiatives.outcomes import series
from initiatives.outcomes.holding import answerable
from initiatives.outcomes.series import overdue_after
from initiatives.permissions import ANSWERS_ABOVE
from initiatives.workflow import State, Verb
from kommun.deciders import IDS, DeciderId
from kommun.models import Assignment
from kommun.organisation import setting_of


def apply_silence(*, now: dt.datetime, today: dt.date) -> int:
    """Starts what nobody has decided on in time, where silence means go. How many were started."""
    due = Initiative.objects.alias(
        silence_means_go=setting_of("unit", "silence_means_go", on=today),
        mandate=setting_of("unit", "mandate_amount", on=today),
    ).filter(
        state=State.PROPOSED,
        decide_by_on__lt=today,
        has_personal_data=False,
        is_reversible=True,
        is_critical=False,
        cost__lte=F("mandate"),
        silence_means_go=True,
    )
    return sum(_try(initiative, Verb.SILENCE, now) for initiative in due.order_by("id").iterator(500))


def resume_paused(*, now: dt.datetime, today: dt.date) -> int:
    """Resumes what was paused until today or before. How many were resumed."""
    due = Initiative.objects.filter(state=State.PAUSED, resume_on__lte=today)
    return sum(_try(initiative, Verb.RESUME, now) for initiative in due.order_by("id").iterator(500))


def refresh_deciders(*, today: dt.date, among: Sequence[int] | None = None) -> int:
    """Writes on everything that waits for an answer who is asked today. One UPDATE; how many changed."""
    asked = DeciderId(F("unit_id"), today, F("cost"), drivers=_drivers(), owner=F("owner_id"))
    waiting = Initiative.objects.filter(pk__in=_waiting()).alias(was=Coalesce("decider_id", 0), now=Coalesce(asked, 0))
    if among is not None:
        waiting = waiting.filter(pk__in=among)
    return waiting.exclude(was=F("now")).update(decider_id=asked)


def note_escalations(*, today: dt.date) -> int:
    """Writes on what waits for a decision whom the question has climbed to, who may then decide too. How many.

    That is who was told last, or who answers there now when that person no longer does.
    """
    climbed = Nudge.objects.filter(
        rule=RuleName.DECISION_WAITING, level=1, initiative=OuterRef("pk"), since_at=OuterRef("submitted_at")
    )
    on_the_way_up = Func(
        OuterRef("initiative__unit__path"), F("unit_id"), function="array_position", output_field=IntegerField()
    )
    answers = Assignment.objects.on(today).filter(employee=OuterRef("to"), role__in=ANSWERS_ABOVE)
    still = climbed.filter(Exists(answers.alias(place=on_the_way_up).filter(place__isnull=False)))
    told = Subquery(still.order_by("-number").values("to")[:1])
    drivers = Func(_drivers(), F("decider_id"), function="array_append", output_field=IDS)
    now = DeciderId(F("unit_id"), today, F("cost"), drivers=drivers, owner=F("owner_id"))
    waiting = Initiative.objects.filter(Exists(climbed), state=State.PROPOSED)
    waiting = waiting.alias(was=Coalesce("escalated_to_id", 0)).annotate(climbed_to=Coalesce(told, now))
    return waiting.exclude(was=Coalesce("climbed_to", 0)).update(escalated_to=F("climbed_to"))


def _drivers() -> ArraySubquery:
    return ArraySubquery(CoDriver.objects.filter(initiative=OuterRef("pk")).values("employee_id"))


def _waiting() -> QuerySet[Initiative, Any]:
    """What is proposed, and what has an unanswered reason; as a union, so that both indexes are used."""
    proposed = Initiative.objects.filter(state=State.PROPOSED).order_by().values("pk")
    return proposed.union(Waiver.objects.filter(answered_at=None).order_by().values("initiative_id"))


def answer_checks(*, now: dt.datetime, today: dt.date) -> int:
    """Answers the hold checks that have come and whose value was entered before. How many were tried."""
    ready = list(answerable(today).values_list("pk", flat=True))
    for pk in ready:
        with transaction.atomic():
            initiative = Initiative.objects.select_for_update().get(pk=pk)
            series.refresh(initiative, now=now)
    return len(ready)


def note_missing_values(*, today: dt.date) -> int:
    """Writes on each outcome whose value has been waited for too long that it is missing. One UPDATE; how many."""
    late = Q()
    for cadence in Cadence:
        late |= Q(cadence=cadence, next_due_on__lte=today - overdue_after(cadence))
    waiting = Outcome.objects.filter(late, initiative__state=State.MEASURING)
    return waiting.exclude(result_status=ResultStatus.MEASUREMENT_MISSING).update(
        result_status=ResultStatus.MEASUREMENT_MISSING
    )


def _try(initiative: Initiative, verb: Verb, now: dt.datetime) -> bool:
    """Each in a transaction of its own: one that is refused, or that a person took first, does not stop the rest."""
    try:
        with transaction.atomic():
            take_step(initiative, verb, by=None, seen=initiative.seen, now=now)
    except Refused:
        return False
    return True
