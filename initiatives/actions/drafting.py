"""Writing an initiative: the draft, its wanted outcome, who drives it together, and throwing a draft away."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from initiatives import events
from initiatives.actions.clockwork import refresh_deciders
from initiatives.actions.refusals import Missing, NotAllowed, Overtaken, Refused
from initiatives.models import CoDriver, Indicator, Initiative, Outcome, Transition
from initiatives.outcomes import series
from initiatives.permissions import driver_ids, drives
from initiatives.workflow import EDITABLE_STATES, State
from kommun.models import Employee, Unit

DESCRIPTION = frozenset(
    {
        "title",
        "benefit",
        "plan",
        "unit",
        "goal",
        "kind",
        "first_step",
        "first_step_on",
        "cost",
        "hours_asked",
        "has_personal_data",
        "is_reversible",
        "is_critical",
    }
)


BEFORE_THE_CHANGE = frozenset({State.UNDERWAY, State.PAUSED})


@dataclass(frozen=True)
class WantedOutcome:
    """The outcome as the owner describes it. Only the indicator must be there; the submit gate asks for the rest."""

    indicator: Indicator
    target: Decimal | None = None
    target_on: dt.date | None = None
    cadence: str = "monthly"
    review_on: dt.date | None = None
    baseline_ready_on: dt.date | None = None


@transaction.atomic
def create_draft(
    *,
    by: Employee,
    now: dt.datetime,
    title: str,
    unit: Unit | None = None,
    origin: Initiative | None = None,
    **rest: Any,
) -> Initiative:
    """A new draft. A title is enough; everything else may come later."""
    _refuse_unknown(rest)
    if not title.strip():
        raise Refused(Missing("title", _("Write your idea in one sentence.")))
    initiative = Initiative.objects.create(
        owner=by, title=title.strip(), unit=unit, origin=origin, state_since_at=now, created_at=now, **rest
    )
    events.record("initiative.create", initiative, at=now, by=by)
    return initiative


@transaction.atomic
def describe(initiative: Initiative, *, by: Employee, seen: str, now: dt.datetime, **columns: Any) -> None:
    """Changes what the owner writes, while it is a draft or has been returned."""
    _refuse_unknown(columns)
    _refuse_others(initiative, by, now)
    if "title" in columns and not columns["title"].strip():
        raise Refused(Missing("title", _("Write your idea in one sentence.")))
    if initiative.state != State.DRAFT and columns.get("unit", initiative.unit) is None:
        raise Refused(Missing("unit", _("Choose the unit it concerns.")))
    _write(initiative, seen, **columns)
    events.record("initiative.describe", initiative, at=now, by=by, fields=sorted(columns))


@transaction.atomic
def want(initiative: Initiative, wanted: WantedOutcome, *, by: Employee, seen: str, now: dt.datetime) -> Outcome:
    """Sets the primary outcome: the one that decides. Its values follow along when only the target is changed."""
    _refuse_others(initiative, by, now)
    _write(initiative, seen)
    columns = {
        "indicator": wanted.indicator,
        "target": wanted.target,
        "target_on": wanted.target_on,
        "cadence": wanted.cadence,
        "review_on": wanted.review_on,
        "baseline_ready_on": wanted.baseline_ready_on,
    }
    outcome = initiative.outcomes.filter(is_primary=True).first()
    if outcome is not None and outcome.indicator_id != wanted.indicator.pk and outcome.measurements.exists():
        raise Refused(
            Missing("indicator", _("There are values for the measure already. Keep it, or start a new draft."))
        )
    outcome, _created = Outcome.objects.update_or_create(initiative=initiative, is_primary=True, defaults=columns)
    series.refresh_outcome(outcome, initiative, now=now)
    events.record("initiative.want", initiative, at=now, subject=outcome.uuid, by=by)
    return outcome


def indicator_named(name: str, unit_of_measure: str, direction: str, kind: str) -> Indicator:
    """The indicator of that name, unit of measure and direction; made if nobody has measured it before."""
    known = Indicator.objects.filter(
        name__iexact=name.strip(), unit_of_measure__iexact=unit_of_measure.strip(), direction=direction
    )
    return known.first() or Indicator.objects.create(
        name=name.strip(), unit_of_measure=unit_of_measure.strip(), direction=direction, kind=kind
    )


@transaction.atomic
def extend_review(outcome: Outcome, *, to: dt.date, reason: str, by: Employee, now: dt.datetime) -> None:
    """Moves the review date forward. Once the change is made: once, and before it is reached.

    Looking until it looks good is no review. Before the change there is nothing to look at yet.
    """
    Initiative.objects.select_for_update().get(pk=outcome.initiative_id)  # first, as whoever enters a value
    _refuse_others(outcome.initiative, by, now)
    today = timezone.localdate(now)
    if not reason.strip():
        raise Refused(Missing("reason", _("Write why. One sentence is enough.")))
    if outcome.review_on is None or to <= max(outcome.review_on, today):
        raise Refused(Missing("review_on", _("Choose a later review date than the one there is.")))
    before = Q(initiative__state__in=BEFORE_THE_CHANGE, initiative__change_on=None)
    once = Q(initiative__state=State.MEASURING, review_was_extended=False, review_on__gt=today)
    moved = Outcome.objects.filter(before | once, pk=outcome.pk).update(
        review_on=to, review_was_extended=outcome.initiative.change_on is not None
    )
    if not moved:
        raise Refused(Missing("review_on", _("The review date can be moved once, before it is reached.")))
    former = outcome.review_on
    outcome.refresh_from_db()
    series.refresh_outcome(outcome, outcome.initiative, now=now)  # values are waited for until then
    events.record(
        "outcome.extend_review",
        outcome.initiative,
        at=now,
        subject=outcome.uuid,
        by=by,
        former=former.isoformat(),
        to=to.isoformat(),
        reason=reason.strip(),
    )


@transaction.atomic
def invite_co_driver(initiative: Initiative, person: Employee, *, by: Employee, now: dt.datetime) -> None:
    """From now on `person` is owner in everything, also in what an owner may not do."""
    _refuse_others(initiative, by, now)
    if not person.is_employed(timezone.localdate(now)) or person.pk in driver_ids(initiative):
        raise Refused(Missing("person", _("Choose a colleague who does not drive the initiative already.")))
    _row, is_new = CoDriver.objects.get_or_create(initiative=initiative, employee=person, defaults={"invited_by": by})
    if not is_new:  # somebody else invited the same person at this very moment
        raise Overtaken
    refresh_deciders(today=timezone.localdate(now), among=[initiative.pk])  # nobody decides about their own
    events.record("initiative.invite", initiative, at=now, by=by, person=str(person.uuid))


@transaction.atomic
def remove_co_driver(initiative: Initiative, person: Employee, *, by: Employee, now: dt.datetime) -> None:
    _refuse_others(initiative, by, now)
    deleted, _rows = initiative.co_driver_rows.filter(employee=person).delete()
    if not deleted:
        raise Overtaken
    refresh_deciders(today=timezone.localdate(now), among=[initiative.pk])
    events.record("initiative.uninvite", initiative, at=now, by=by, person=str(person.uuid))


@transaction.atomic
def delete_draft(initiative: Initiative, *, by: Employee, seen: str, now: dt.datetime) -> None:
    """Throws a draft away. What has been decided on once is history, and stays."""
    _refuse_others(initiative, by, now)
    if Transition.objects.filter(initiative=initiative).exists():
        raise Refused(Missing("", _("This has been up for decision, so it is kept. You can leave it as a draft.")))
    if initiative.comments.exists():
        raise Refused(Missing("", _("There are comments on it, so it is kept. You can leave it as a draft.")))
    events.record("initiative.delete", initiative, at=now, by=by)
    deleted, _rows = Initiative.objects.filter(pk=initiative.pk, state=State.DRAFT, steps_taken=0).delete()
    if not deleted or seen != initiative.seen:
        raise Overtaken


def _write(initiative: Initiative, seen: str, **columns: Any) -> None:
    """The conditional UPDATE of the description; also without columns, so that a step taken meanwhile is noticed."""
    state, _sep, number = seen.partition(".")
    written = Initiative.objects.filter(
        pk=initiative.pk, state=state, state__in=EDITABLE_STATES, steps_taken=number
    ).update(state=state, **columns)
    if not written:
        raise Overtaken
    initiative.refresh_from_db()


def _refuse_others(initiative: Initiative, person: Employee, now: dt.datetime) -> None:
    if not drives(person, initiative, on=timezone.localdate(now)):
        raise NotAllowed(_("Only the one who drives the initiative can change it."))


def _refuse_unknown(columns: dict[str, Any]) -> None:
    if unknown := columns.keys() - DESCRIPTION:
        raise TypeError(f"not part of the description: {', '.join(sorted(unknown))}")
