"""What is due: one query of initiatives per reason.

Every query answers with `since`, the moment from which the reason counts, `step`, how many steps had been taken, and
`subject`, the public id of what it is about. None asks whether something happened "exactly today", so that a day
without a clock loses nothing.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.db.models import (
    Case,
    DateField,
    DateTimeField,
    Exists,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Greatest
from django.utils import timezone

from initiatives.cadence import Cadence, span_of
from initiatives.evidence import VALUES_NEEDED, ResultStatus
from initiatives.models import Claim, CoDriver, Event, Initiative, Outcome, Verification, Waiver
from initiatives.outcomes.holding import asking
from initiatives.workflow import ACTIVE_STATES, MEASURED_STATES, Ending, State, Verb

Due = QuerySet[Any]  # of initiatives, with `since`, `step` and `subject` beside their columns
Query = Callable[[dt.date, dt.date], Due]  # given today, and the earliest `since` to look for
AHEAD: Final = dt.timedelta(days=60)  # as far before a day as a rule may remind of it
SHOWN: Final = 3  # the grade from which an improvement is shown by the values
A_YEAR: Final = dt.timedelta(days=365)  # after which nobody is reminded of what they have given up
GIVEN_UP: Final = (Ending.NOT_PROVEN, Ending.NO_EFFECT, Ending.WORSE, Ending.STOPPED)


def waiting_for_decision(today: dt.date, earliest: dt.date) -> Due:
    """Counted from when it was sent, so that an answered question starts the days anew."""
    waiting = Initiative.objects.filter(state=State.PROPOSED, submitted_at__gte=start_of(earliest))
    return _since(waiting, F("submitted_at"))


def waiting_for_waiver(today: dt.date, earliest: dt.date) -> Due:
    """A reason why something cannot be measured, which nobody has answered, while the answer can still open a gate."""
    asked = Initiative.objects.filter(
        Q(waivers__kind=Waiver.Kind.RESULT) | Q(change_on=None),
        state__in=ACTIVE_STATES,
        waivers__answered_at=None,
        waivers__asked_at__gte=start_of(earliest),
    )
    return _since(asked, F("waivers__asked_at"), subject="waivers__uuid")


def obstacle_open(today: dt.date, earliest: dt.date) -> Due:
    """As long as the initiative goes on: what has ended has no obstacles to remove."""
    open_ones = Initiative.objects.filter(
        state__in=ACTIVE_STATES, obstacles__closed_at=None, obstacles__raised_at__gte=start_of(earliest)
    )
    return _since(open_ones, F("obstacles__raised_at"), subject="obstacles__uuid")


def promise_due(today: dt.date, earliest: dt.date) -> Due:
    promised = Initiative.objects.filter(
        state__in=ACTIVE_STATES, promises__settled_at=None, promises__due_on__range=(earliest, today + AHEAD)
    )
    return _since(promised, day(F("promises__due_on")), subject="promises__uuid")


def offered(today: dt.date, earliest: dt.date) -> Due:
    """Somebody has been asked to take it over, and has not answered. What has ended without an effect has no driver."""
    asked = Initiative.objects.filter(
        ~Q(state=State.CONCLUDED, ending__in=GIVEN_UP),
        handovers__answered_at=None,
        handovers__offered_at__gte=start_of(earliest),
    )
    return _since(asked, F("handovers__offered_at"), subject="handovers__uuid")


def verification(*stands: Verification) -> Query:
    """Where the controller's word about a confirmed effect stands."""

    def due(today: dt.date, earliest: dt.date) -> Due:
        found = Initiative.objects.filter(
            outcomes__is_primary=True,
            outcomes__verification__in=stands,
            outcomes__verification_at__gte=start_of(earliest),
        )
        return _since(found, F("outcomes__verification_at"))

    return due


def waiting_for_controller(today: dt.date, earliest: dt.date) -> Due:
    """An effect that nobody has verified, or something claimed of it since; as a union, so that indexes serve."""
    unchecked = Claim.objects.filter(checked_at=None).order_by("-updated_at")
    asked = Outcome.objects.filter(verification=Verification.ASKED).order_by().values("pk")
    claimed = unchecked.filter(outcome__verification=Verification.CONFIRMED).order_by().values("outcome_id")
    found = Initiative.objects.filter(outcomes__in=asked.union(claimed), outcomes__is_primary=True).annotate(
        asked_at=Case(
            When(outcomes__verification=Verification.ASKED, then=F("outcomes__verification_at")),
            default=Subquery(unchecked.filter(outcome=OuterRef("outcomes__pk")).values("updated_at")[:1]),
        )
    )
    return _since(found.filter(asked_at__gte=start_of(earliest)), F("asked_at"))


def question_waiting(today: dt.date, earliest: dt.date) -> Due:
    """The decider's question, until it is answered."""
    asked = Initiative.objects.filter(state=State.RETURNED, state_since_at__gte=start_of(earliest))
    return _since(asked, F("state_since_at"))


def lacking_a_value(today: dt.date, earliest: dt.date) -> Due:
    """By the outcome's own cadence: `next_due_on` is the day after the first period that lacks a value.

    Counted from the latest period that has passed, so that each period is asked about, however many were missed.
    """
    lacking = Initiative.objects.filter(
        ~_excused(Waiver.Kind.RESULT), state__in=MEASURED_STATES, outcomes__next_due_on__range=(earliest, today)
    )
    begun = [When(outcomes__cadence=each, then=Value(span_of(today, each).first)) for each in Cadence]
    latest = Greatest(F("outcomes__next_due_on"), Case(*begun, output_field=DateField()))
    return _since(lacking, day(latest))


def baseline_missing(today: dt.date, earliest: dt.date) -> Due:
    """The day by which the baseline was to be there has come, and it lacks values; before the change is made."""
    lacking = Initiative.objects.filter(
        ~_excused(Waiver.Kind.BASELINE),
        state__in=[State.PROPOSED, State.RETURNED, State.UNDERWAY],
        change_on=None,
        outcomes__is_primary=True,
        outcomes__baseline_ready_on__range=(earliest, today + AHEAD),
        outcomes__value_count__lt=VALUES_NEEDED,
    )
    return _since(lacking, day(F("outcomes__baseline_ready_on")))


def ready_to_conclude(today: dt.date, earliest: dt.date) -> Due:
    ready = Initiative.objects.filter(
        state=State.MEASURING, outcomes__is_primary=True, outcomes__review_on__range=(earliest, today + AHEAD)
    )
    return _since(ready, day(F("outcomes__review_on")))


def hold_to_check(today: dt.date, earliest: dt.date) -> Due:
    """A value is asked for, to see whether a confirmed effect is still there."""
    return asking(today, earliest).annotate(check_on=F("since")).annotate(since=day(F("check_on")), subject=F("uuid"))


def first_step(today: dt.date, earliest: dt.date) -> Due:
    """The day of the first step has come, and nothing has been heard since then."""
    begun = Initiative.objects.filter(state=State.UNDERWAY, first_step_on__range=(earliest, today + AHEAD))
    silent = begun.alias(heard_at=_heard_at()).filter(Q(heard_at=None) | Q(heard_at__lt=day(F("first_step_on"))))
    return _since(silent, day(F("first_step_on")))


def no_progress(today: dt.date, earliest: dt.date) -> Due:
    """Nobody has done anything in it for a while; counted from the last time that somebody did.

    While it is tested: what is followed up is asked for its values.
    """
    going = Initiative.objects.filter(state=State.UNDERWAY, state_since_at__gte=start_of(earliest))
    return _since(going, Greatest(F("state_since_at"), _heard_at()))


def target_day(today: dt.date, earliest: dt.date) -> Due:
    """The day by which the target was to be met; not where it is met already."""
    going = Initiative.objects.filter(
        state__in=MEASURED_STATES,
        outcomes__is_primary=True,
        outcomes__target_on__range=(earliest, today + AHEAD),
    ).alias(status=F("outcomes__result_status"))
    return _since(going.exclude(status=ResultStatus.TARGET_MET), day(F("outcomes__target_on")))


def target_ahead(today: dt.date, earliest: dt.date) -> Due:
    """The same while the day lies ahead: a warning that comes after the day is none."""
    return target_day(today, earliest).filter(outcomes__target_on__gte=today)


def draft_resting(today: dt.date, earliest: dt.date) -> Due:
    resting = Initiative.objects.filter(state=State.DRAFT, updated_at__gte=start_of(earliest))
    return _since(resting, F("updated_at"))


def worth_taking_over(today: dt.date, earliest: dt.date) -> Due:
    """Somebody wanted to move the same measure and did not get there, or is still thinking; another unit has done it.

    `subject` is the initiative that was confirmed. Each of the person's own is told of the latest one only.
    """
    shown = Outcome.objects.filter(
        ~Q(initiative__unit=OuterRef("unit")),
        ~Q(initiative__owner=OuterRef("owner")),
        is_primary=True,
        indicator=OuterRef("outcomes__indicator"),
        grade__gte=SHOWN,
        initiative__ending=Ending.CONFIRMED,
        initiative__concluded_at__gte=start_of(earliest),
        initiative__concluded_at__gt=OuterRef("state_since_at"),
    ).order_by("-initiative__concluded_at", "-pk")
    given_up = Q(state=State.CONCLUDED, ending__in=GIVEN_UP, concluded_at__gte=start_of(today - A_YEAR))
    wanting = Q(state=State.DRAFT) | given_up
    recent = Outcome.objects.filter(  # first of all: few effects are new, and many initiatives are old
        is_primary=True,
        grade__gte=SHOWN,
        initiative__ending=Ending.CONFIRMED,
        initiative__concluded_at__gte=start_of(earliest),
    )
    own = Initiative.objects.filter(
        wanting,
        outcomes__is_primary=True,
        outcomes__indicator__in=recent.order_by().values("indicator"),
        unit__isnull=False,
    )
    found = own.annotate(
        shown=Subquery(shown.values("initiative__uuid")[:1]),
        shown_at=Subquery(shown.values("initiative__concluded_at")[:1]),
    ).filter(shown__isnull=False)
    return found.annotate(since=F("shown_at"), step=F("steps_taken"), subject=F("shown"))


def after_step(verb: Verb) -> Query:
    """A step that was taken; it stays due, whatever happened afterwards."""

    def due(today: dt.date, earliest: dt.date) -> Due:
        taken = Initiative.objects.filter(transitions__verb=verb, transitions__at__gte=start_of(earliest))
        return taken.annotate(since=F("transitions__at"), step=F("transitions__number"), subject=F("transitions__uuid"))

    return due


def stopped_by_another(today: dt.date, earliest: dt.date) -> Due:
    """The decider's veto after silence or own mandate, or a stop later on; a driver knows what they did themselves."""
    drives = CoDriver.objects.filter(initiative=OuterRef("pk"), employee=OuterRef("stopped_by"))
    taken = after_step(Verb.STOP)(today, earliest).alias(stopped_by=F("transitions__by"))
    found: Due = taken.filter(~Q(stopped_by=F("owner")), ~Exists(drives), stopped_by__isnull=False)
    return found


def unanswered(verb: Verb) -> Query:
    """A step that was taken and that no other has followed."""

    def due(today: dt.date, earliest: dt.date) -> Due:
        return after_step(verb)(today, earliest).filter(steps_taken=F("step"))

    return due


def waiver_answered(today: dt.date, earliest: dt.date) -> Due:
    answered = Initiative.objects.filter(waivers__answered_at__gte=start_of(earliest))
    return _since(answered, F("waivers__answered_at"), subject="waivers__uuid")


def obstacle_closed(today: dt.date, earliest: dt.date) -> Due:
    """By somebody else than the one who drives it."""
    closed = Initiative.objects.filter(obstacles__closed_at__gte=start_of(earliest))
    closed = closed.alias(closed_by=F("obstacles__closed_by")).exclude(closed_by=F("owner"))
    return _since(closed, F("obstacles__closed_at"), subject="obstacles__uuid")


def promise_settled(today: dt.date, earliest: dt.date) -> Due:
    settled = Initiative.objects.filter(promises__settled_at__gte=start_of(earliest))
    return _since(settled, F("promises__settled_at"), subject="promises__uuid")


def comment_written(today: dt.date, earliest: dt.date) -> Due:
    """By somebody else than the owner."""
    written = Initiative.objects.filter(comments__at__gte=start_of(earliest)).alias(by=F("comments__by"))
    return _since(written.exclude(by=F("owner")), F("comments__at"), subject="comments__uuid")


def day(date: Any) -> Func:
    """The moment at which a day begins, here."""
    return Func(
        date,
        template=f"((%(expressions)s)::timestamp AT TIME ZONE '{settings.TIME_ZONE}')",
        output_field=DateTimeField(),
    )


def start_of(date: dt.date) -> dt.datetime:
    return dt.datetime.combine(date, dt.time.min, tzinfo=timezone.get_default_timezone())


def _since(found: QuerySet[Initiative], since: Any, *, subject: str = "uuid") -> Due:
    return found.annotate(since=since, step=F("steps_taken"), subject=F(subject))


def _excused(kind: Waiver.Kind) -> Exists:
    """Whether the decider has accepted that it cannot be measured."""
    return Exists(Waiver.objects.filter(initiative=OuterRef("pk"), kind=kind, is_accepted=True))


def _heard_at() -> Subquery:
    """When a person last did anything in it: a step, a value, a line, an invitation."""
    acts = Event.objects.filter(initiative=OuterRef("pk"), by__isnull=False).order_by("-id")
    return Subquery(acts.values("at")[:1])
