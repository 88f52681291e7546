"""Whether a confirmed effect is still there: the checks at 1, 3, 6 and 12 months, and what the values since say."""

import calendar
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Case, DateField, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone

from initiatives import evidence
from initiatives.cadence import Cadence, span_of
from initiatives.models import HoldCheck, Initiative, Measurement, Outcome
from initiatives.models.initiative import InitiativeQuerySet
from initiatives.outcomes.figures import figures
from initiatives.workflow import Ending, State
from kommun.models import Unit

CHECKED_AFTER: Final = (1, 3, 6, 12)  # months after the ending
PERIOD: Final = {  # at most
    Cadence.WEEKLY: dt.timedelta(days=7),
    Cadence.MONTHLY: dt.timedelta(days=31),
    Cadence.QUARTERLY: dt.timedelta(days=92),
}
SHOWS_THAT_IT_HELD: Final = 6  # months; an earlier check does not raise the grade


@dataclass(frozen=True)
class Since:
    """What the values dated after the ending say, and the checks with what they came to."""

    hold: evidence.Hold | None
    faded_on: dt.date | None
    held_half_a_year: bool


NOT_ENDED: Final = Since(None, None, held_half_a_year=False)


def plan_checks(outcome: Outcome, *, step: int, ended_on: dt.date) -> None:
    """Checks are made for a confirmed ending, which `step` is the number of."""
    HoldCheck.objects.bulk_create(
        HoldCheck(outcome=outcome, step=step, months=months, due_on=_months_after(ended_on, months))
        for months in CHECKED_AFTER
    )


def forget_checks(initiative: Initiative) -> None:
    """What has not been answered is not asked about any more; what has, stays."""
    HoldCheck.objects.filter(outcome__initiative=initiative, result="").delete()


def since_ending(
    outcome: Outcome,
    initiative: Initiative,
    values: Sequence[evidence.Value],
    better: evidence.Direction,
    *,
    now: dt.datetime,
) -> Since:
    """Reads the values since a confirmed ending, and writes down the check that is due, once there is a value for it.

    A check that was answered says what its values say now: a corrected one may take its answer away. Two queries for
    what has ended so, and one more for each check that is answered, or answered otherwise; else none.
    """
    if initiative.state != State.CONCLUDED or initiative.ending != Ending.CONFIRMED or not outcome.is_primary:
        return NOT_ENDED
    assert initiative.concluded_at is not None, "what is concluded says when"
    assert initiative.change_on is not None, "what was confirmed had a change"
    ended_on = timezone.localdate(initiative.concluded_at)
    parts = evidence.split(values, initiative.change_on, baseline_from=outcome.baseline_from_on)
    until_then = [value for value in parts.after if value.observed_on <= ended_on]
    since = [value for value in parts.after if value.observed_on > ended_on]

    def said_until(day: dt.date) -> tuple[evidence.Hold, evidence.Comparison | None]:
        until = [value for value in since if value.observed_on <= day]
        return evidence.hold(parts.before, until_then, until, better=better)

    hold, comparison = said_until(dt.date.max)
    checks = list(outcome.hold_checks.filter(step=initiative.steps_taken))
    for check in checks:
        if check.checked_at is not None:
            _answer(check, *said_until(timezone.localdate(check.checked_at)), check.checked_at)
    due = _due(checks, since, ended_on, timezone.localdate(now), PERIOD[Cadence(outcome.cadence)])
    if due is not None:
        _answer(due, hold, comparison, now)
    return Since(
        hold if since else None,
        evidence.faded_since(parts.before, until_then, since, better=better),
        any(check.result == hold.HELD and check.months >= SHOWS_THAT_IT_HELD for check in checks),
    )


def asking(today: dt.date, earliest: dt.date = dt.date.min) -> InitiativeQuerySet:
    """The initiatives with a check that has come and waits for a value: `since` its day, `months` after the ending.

    When a later check has come, the earlier is not asked about any more. Who says that there is no value for the
    period of today is asked again in the next.
    """
    waiting = Initiative.objects.filter(
        state=State.CONCLUDED,
        outcomes__hold_checks__result="",
        outcomes__hold_checks__due_on__range=(earliest, today),
        outcomes__hold_checks__step=F("steps_taken"),
    ).annotate(
        since=F("outcomes__hold_checks__due_on"),
        months=F("outcomes__hold_checks__months"),
        checked_outcome=F("outcomes__hold_checks__outcome"),
        step=F("steps_taken"),
    )
    later = HoldCheck.objects.filter(
        outcome=OuterRef("checked_outcome"), step=OuterRef("step"), months__gt=OuterRef("months"), due_on__lte=today
    )
    begun = [When(outcomes__cadence=each, then=Value(span_of(today, each).first)) for each in Cadence]
    none = Measurement.objects.filter(
        outcome=OuterRef("checked_outcome"), series="", value=None, observed_on__gte=OuterRef("begun")
    )
    return waiting.alias(begun=Case(*begun, output_field=DateField())).filter(~Exists(later), ~Exists(none))


def answerable(today: dt.date) -> InitiativeQuerySet:
    """Those of `asking` whose latest value is new for the check that has come, as for `_due`."""
    former = HoldCheck.objects.filter(
        outcome=OuterRef("checked_outcome"), step=OuterRef("step"), months__lt=OuterRef("months")
    ).order_by("-months")
    near_its_day = Q()
    for cadence, period in PERIOD.items():
        near_its_day |= Q(cadence=cadence, latest_on__gte=F("since") - period)
    with_latest = asking(today).alias(cadence=F("outcomes__cadence"), latest_on=F("outcomes__latest_on"))
    after_the_former = Coalesce(Subquery(former.values("due_on")[:1]), TruncDate("concluded_at"))
    return with_latest.filter(near_its_day, latest_on__gt=after_the_former)


def months_of_check(initiative: Initiative, today: dt.date) -> int | None:
    """How long after the ending the check comes that waits for a value; None when none does. One query."""
    found: Any = asking(today).filter(pk=initiative.pk).first()
    return found.months if found else None


def half_life(unit: Unit | None, *, today: dt.date) -> int | None:
    """After how many days half of the effects confirmed in `unit` and below it had faded; None while most are there.

    Without a unit it is of the whole municipality. An effect is followed until the last value of it. One query.
    """
    confirmed = Outcome.objects.filter(is_primary=True, initiative__ending=Ending.CONFIRMED)
    if unit is not None:
        confirmed = confirmed.filter(initiative__unit__path__contains=[unit.pk])
    rows = confirmed.values_list("initiative__concluded_at", "latest_on", "faded_on")
    return evidence.half_life(_duration(*row) for row in rows)


def _duration(
    concluded_at: dt.datetime | None, latest_on: dt.date | None, faded_on: dt.date | None
) -> tuple[int, bool]:
    assert concluded_at is not None, "what is concluded says when"
    ended_on = timezone.localdate(concluded_at)
    last = faded_on or latest_on or ended_on
    return max(0, (last - ended_on).days), faded_on is not None


def _due(
    checks: Sequence[HoldCheck],
    since: Sequence[evidence.Value],
    ended_on: dt.date,
    today: dt.date,
    period: dt.timedelta,
) -> HoldCheck | None:
    """The latest check that has come, if it has no clear answer yet and there is a value that is new for it.

    New is a value dated after the check before, and at most a period before the day of this one.
    """
    come = [check for check in checks if check.due_on <= today]
    if not come or come[-1].result in (HoldCheck.Result.HELD, HoldCheck.Result.FADED):
        return None
    former = come[-2].due_on if len(come) > 1 else ended_on
    earliest = max(former + dt.timedelta(days=1), come[-1].due_on - period)
    return come[-1] if any(value.observed_on >= earliest for value in since) else None


def _answer(check: HoldCheck, hold: evidence.Hold, comparison: evidence.Comparison | None, at: dt.datetime) -> None:
    """One query, unless it says so already."""
    said = (hold.value, at, figures(comparison) if comparison else {})
    if said != (check.result, check.checked_at, check.figures):
        check.result, check.checked_at, check.figures = said
        check.save(update_fields=["result", "checked_at", "figures"])


def _months_after(day: dt.date, months: int) -> dt.date:
    """The same day of a later month, or its last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
