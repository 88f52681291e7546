"""A controller's word on a confirmed effect: asked for, given or sent back with a reason, and lost when values move.

The controller is never one who drives the initiative, and never one who decides or has decided about it.
"""

import datetime as dt
import hashlib
from typing import Any, Final

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from initiatives import events
from initiatives.actions.claiming import check_claims
from initiatives.actions.refusals import Missing, NotAllowed, Overtaken, Refused
from initiatives.evidence import SHOWN_GRADE
from initiatives.models import Initiative, Outcome, Verification, VerificationStep
from initiatives.outcomes import series
from initiatives.outcomes.figures import figures
from initiatives.permissions import drives, verifies
from initiatives.workflow import Ending
from kommun.models import Employee

EVENTS: Final = {
    Verification.ASKED: "verification.ask",
    Verification.CONFIRMED: "verification.confirm",
    Verification.RETURNED: "verification.return",
    Verification.LAPSED: "verification.lapse",
}


def seen_by_controller(outcome: Outcome) -> str:
    """Names what a controller saw: the values, what they say, and what is claimed of them. One query."""
    moments = [outcome.updated_at, *sorted(claim.updated_at for claim in outcome.claims.all())]
    return " ".join(moment.isoformat() for moment in moments)


def open_verification(outcome: Outcome, *, by: Employee | None, now: dt.datetime) -> None:
    """An effect was confirmed by the values; a controller is asked to look at it."""
    _append(outcome, Verification.ASKED, by=by, now=now)


def close_verification(initiative: Initiative, *, now: dt.datetime) -> None:
    """The initiative is opened again, so what was or waited to be verified is no longer there."""
    for outcome in initiative.outcomes.exclude(verification__in=["", Verification.LAPSED]):
        _append(outcome, Verification.LAPSED, by=None, now=now)


@transaction.atomic
def ask_again(outcome: Outcome, words: str, *, by: Employee, now: dt.datetime) -> None:
    """The owner answers a controller who sent it back. Raises NotAllowed, Refused, and Overtaken when it was not."""
    outcome = _held(outcome)
    if not drives(by, outcome.initiative, on=timezone.localdate(now)):
        raise NotAllowed(_("Only the one who drives the initiative can ask for this."))
    if not words.strip():
        raise Refused(Missing("words", _("Write what you have changed, or why it is right as it is.")))
    if outcome.verification != Verification.RETURNED:
        raise Overtaken
    _append(outcome, Verification.ASKED, by=by, now=now, reason=words.strip())


@transaction.atomic
def verify(outcome: Outcome, *, by: Employee, seen: str, now: dt.datetime) -> None:
    """The controller confirms the effect and what is claimed of it; of a verified one, what was claimed since.

    Raises NotAllowed and Overtaken.
    """
    outcome = _held(outcome)
    _refuse_others(outcome, by, seen, now)
    check_claims(outcome, by=by, now=now)
    if outcome.verification == Verification.ASKED:
        _append(outcome, Verification.CONFIRMED, by=by, now=now)
        series.refresh_outcome(outcome, outcome.initiative, now=now)


@transaction.atomic
def send_back(outcome: Outcome, reason: str, *, by: Employee, seen: str, now: dt.datetime) -> None:
    """The controller asks the owner for something. Raises NotAllowed, Overtaken, and Refused without a reason."""
    outcome = _held(outcome)
    _refuse_others(outcome, by, seen, now)
    if not reason.strip():
        raise Refused(Missing("reason", _("Write what is missing or wrong. One sentence is enough.")))
    _append(outcome, Verification.RETURNED, by=by, now=now, reason=reason.strip())
    series.refresh_outcome(outcome, outcome.initiative, now=now)


def follow_values(outcome: Outcome, initiative: Initiative, *, now: dt.datetime) -> None:
    """Keeps the controller's word with the values, after they have changed: what is asked about is still shown, and
    what is verified is what was looked at.

    No query unless there is such a word. The initiative is held by the caller.
    """
    is_shown, stands = outcome.grade >= SHOWN_GRADE, outcome.verification
    if stands == Verification.CONFIRMED and _has_moved(outcome, initiative):
        _append(outcome, Verification.LAPSED, by=None, now=now)
        series.refresh_outcome(outcome, initiative, now=now)
        is_shown, stands = outcome.grade >= SHOWN_GRADE, Verification.LAPSED
    if stands in (Verification.ASKED, Verification.RETURNED) and not is_shown:
        _append(outcome, Verification.LAPSED, by=None, now=now)
    if stands == Verification.LAPSED and is_shown and initiative.ending == Ending.CONFIRMED:
        _append(outcome, Verification.ASKED, by=None, now=now)


def _has_moved(outcome: Outcome, initiative: Initiative) -> bool:
    verified = outcome.verification_steps.filter(kind=Verification.CONFIRMED).order_by("-number").first()
    return verified is not None and verified.figures != _figures(outcome, initiative)


def _append(outcome: Outcome, kind: Verification, *, by: Employee | None, now: dt.datetime, reason: str = "") -> None:
    """Adds a step and writes where it stands. Of two at once the unique number lets one through.

    What is claimed is checked only as long as what it is claimed of is verified.
    """
    initiative = outcome.initiative
    last = outcome.verification_steps.aggregate(last=Max("number"))["last"] or 0
    VerificationStep.objects.create(
        outcome=outcome,
        number=last + 1,
        kind=kind,
        by=by,
        at=now,
        reason=reason,
        figures=_figures(outcome, initiative),
    )
    if kind != Verification.CONFIRMED:
        outcome.claims.exclude(checked_at=None).update(checked_by=None, checked_at=None)
    outcome.verification, outcome.verification_at = kind, now
    outcome.save(update_fields=["verification", "verification_at"])
    events.record(EVENTS[kind], initiative, at=now, subject=outcome.uuid, by=by, reason=reason)


def _figures(outcome: Outcome, initiative: Initiative) -> dict[str, Any]:
    """The values up to the review date, by their fingerprint, and what they say now."""
    until = outcome.review_on or dt.date.max
    values = [each for each in series.values_of(outcome) if each.observed_on <= until]
    written = " ".join(f"{each.value.normalize():f}" for each in values)  # in the order of time
    said = figures(series.compare(outcome, initiative.change_on, until=outcome.review_on))
    return said | {"values": hashlib.sha256(written.encode()).hexdigest()}


def _held(outcome: Outcome) -> Outcome:
    """As it is now, with its initiative held until this is done."""
    Initiative.objects.select_for_update().get(pk=outcome.initiative_id)  # first, as whoever enters a value
    return Outcome.objects.select_related("indicator", "initiative__unit", "initiative__owner").get(pk=outcome.pk)


def _refuse_others(outcome: Outcome, by: Employee, seen: str, now: dt.datetime) -> None:
    if not verifies(by, outcome.initiative, on=timezone.localdate(now)):
        raise NotAllowed(_("A controller verifies this, who neither drives it nor decides about it."))
    if outcome.initiative.ending != Ending.CONFIRMED or not waits(outcome) or seen_by_controller(outcome) != seen:
        raise Overtaken


def waits(outcome: Outcome) -> bool:
    """Whether a controller is asked to look: at the effect, or at what has been claimed of it since it was verified."""
    if outcome.verification == Verification.CONFIRMED:
        return any(claim.checked_at is None for claim in outcome.claims.all())
    return outcome.verification == Verification.ASKED
