"""Claiming what a result is worth, the controller's check of it, and telling apart claims on the same effect.

The amount itself is never written here: it follows from the values.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from initiatives import events
from initiatives.actions.refusals import Missing, NotAllowed, Overtaken, Refused
from initiatives.evidence import Comparison
from initiatives.models import Claim, Event, Initiative, Outcome, Overlap
from initiatives.outcomes import series
from initiatives.outcomes.claims import is_too_large, overlaps_of, revalue, worth
from initiatives.outcomes.shares import refresh_at_once
from initiatives.permissions import drives, verifies
from initiatives.workflow import State
from kommun.models import Employee

CLAIMABLE: Final = frozenset({State.UNDERWAY, State.PAUSED, State.MEASURING, State.CONCLUDED})
MOST_MONTHS: Final = 12
LARGEST_FACTOR: Final = Decimal("1e12")


@dataclass(frozen=True)
class Terms:
    """What somebody claims. `from_on` None is the first month that can count; `months` None is as long as it can.

    `volume` is how many it happens to in a month (in all, when it is not recurring), `unit_value` what one step of the
    indicator is worth to each, in hours, kronor or `unit_of_measure`.
    """

    kind: Claim.Kind
    volume: Decimal
    unit_value: Decimal
    basis: str
    is_recurring: bool
    is_hard: bool = False
    unit_of_measure: str = ""
    from_on: dt.date | None = None
    months: int | None = None


@dataclass(frozen=True)
class Shares:
    """How much each of two claims counts, 0 to 1."""

    first: Decimal
    other: Decimal


def first_month(change_on: dt.date) -> dt.date:
    """The first whole month after the change."""
    return change_on if change_on.day == 1 else months_after(change_on, 1)


def may_claim(initiative: Initiative) -> bool:
    """Whether there is a change whose effect can be worth something."""
    return initiative.state in CLAIMABLE and initiative.change_on is not None


@transaction.atomic
def make_claim(outcome: Outcome, terms: Terms, *, by: Employee, now: dt.datetime) -> Claim:
    """Claims that the outcome's shift is worth something. Raises NotAllowed, and Refused with what is wrong."""
    initiative = _held(outcome.initiative_id)
    _refuse_others(initiative, by, now)
    if not may_claim(initiative):
        raise Refused(Missing("", _("The effect can be counted when the change is in place.")))
    if not outcome.is_primary:
        raise Refused(Missing("", _("The effect is counted from the outcome that decides.")))
    assert initiative.unit_id is not None, "what is underway has a unit"
    claim = Claim(outcome=outcome, indicator_id=outcome.indicator_id, unit_id=initiative.unit_id, created_by=by)
    _write(claim, terms, initiative)
    _record("claim.make", initiative, claim, terms, by, now)
    return claim


@transaction.atomic
def change_claim(claim: Claim, terms: Terms, *, by: Employee, seen: str, now: dt.datetime) -> Claim:
    """Claims something else instead; what a controller has checked is then unchecked. `seen` is `seen_of` it.

    Raises NotAllowed, Refused with what is wrong, and Overtaken.
    """
    initiative = _held(claim.outcome.initiative_id)
    found = _found(claim)
    _refuse_others(initiative, by, now)
    if seen_of(found) != seen:
        raise Overtaken
    if _terms_of(found) == _complete(terms, initiative):
        return found
    found.checked_by = found.checked_at = None
    _write(found, terms, initiative)
    _record("claim.change", initiative, found, terms, by, now)
    refresh_at_once([claim, found])
    return found


@transaction.atomic
def remove_claim(claim: Claim, *, by: Employee, seen: str, now: dt.datetime) -> None:
    """The claim is no longer made; what it was told apart from counts by itself. Raises NotAllowed and Overtaken."""
    initiative = _held(claim.outcome.initiative_id)
    found = _found(claim)
    _refuse_others(initiative, by, now)
    if seen_of(found) != seen:
        raise Overtaken
    _record("claim.remove", initiative, found, _terms_of(found), by, now)
    found.delete()
    refresh_at_once([claim])


def seen_of(*claims: Claim) -> str:
    """Names what somebody saw of the claims."""
    return " ".join(sorted(f"{claim.pk}:{claim.updated_at.isoformat()}" for claim in claims))


@transaction.atomic
def check_claims(outcome: Outcome, *, by: Employee, now: dt.datetime, seen: str | None = None) -> int:
    """The controller has looked at volume and value of everything claimed; how many were not checked before.

    `seen` is `seen_of` the claims, or None when the caller has made sure that they are those that were looked at.
    Raises NotAllowed and Overtaken.
    """
    initiative = _held(outcome.initiative_id)
    if not verifies(by, initiative, on=timezone.localdate(now)):
        raise NotAllowed(_("A controller of the unit, who neither drives it nor decides about it, checks this."))
    claims = list(outcome.claims.all())
    if seen is not None and seen_of(*claims) != seen:
        raise Overtaken
    unchecked = [claim for claim in claims if claim.checked_at is None]
    outcome.claims.filter(checked_at=None).update(checked_by=by, checked_at=now)
    for claim in unchecked:
        events.record("claim.check", initiative, at=now, subject=claim.uuid, by=by)
    refresh_at_once(unchecked)
    return len(unchecked)


@transaction.atomic
def settle_overlap(
    first: Claim,
    other: Claim,
    *,
    answer: Overlap.Answer,
    reason: str,
    by: Employee,
    now: dt.datetime,
    shares: Shares | None = None,
) -> Overlap:
    """Tells two claims on the same effect apart: each has its share, or `other` is included in `first`.

    An earlier answer is replaced. Raises NotAllowed for others than those who drive either and the controller, and
    Refused when they do not overlap, when a share is no share, and without a reason.
    """
    held = [_held(pk) for pk in sorted({first.outcome.initiative_id, other.outcome.initiative_id})]
    today = timezone.localdate(now)
    if not any(may_settle(by, initiative, on=today) for initiative in held):
        raise NotAllowed(_("Those who drive either initiative, or a controller, tell the two apart."))
    first, other = _found(first), _found(other)
    by_controller = any(verifies(by, initiative, on=today) for initiative in held)
    if not by_controller:
        _refuse_to_undo_a_controller(first.outcome, other.outcome)
    _refuse_what_cannot_be_settled(first, other, answer, shares, reason)
    told = shares if answer == Overlap.Answer.SPLIT and shares else Shares(Decimal(1), Decimal(0))
    Overlap.objects.filter(first__in=[first, other], other__in=[first, other]).delete()
    overlap = Overlap.objects.create(
        first=first,
        other=other,
        answer=answer,
        first_share=told.first,
        other_share=told.other,
        reason=reason.strip(),
        by=by,
        at=now,
    )
    for claim, with_claim, share in ((first, other, told.first), (other, first, told.other)):
        events.record(
            "overlap.settle",
            claim.outcome.initiative,
            at=now,
            subject=claim.uuid,
            by=by,
            answer=str(answer),
            with_claim=str(with_claim.uuid),
            with_outcome=str(with_claim.outcome.uuid),
            by_controller=by_controller,
            share=format(share, "f"),
            reason=overlap.reason,
        )
    refresh_at_once([first])
    return overlap


def _refuse_to_undo_a_controller(outcome: Outcome, other: Outcome) -> None:
    """What a controller has told apart is told apart anew by a controller only, also when it was claimed anew."""
    told = Event.objects.filter(kind="overlap.settle", initiative=outcome.initiative_id, data__by_controller=True)
    if told.filter(data__with_outcome=str(other.uuid)).exists():
        raise NotAllowed(_("A controller has told the two apart. Only a controller can change that."))


def may_settle(person: Employee, initiative: Initiative, *, on: dt.date) -> bool:
    return drives(person, initiative, on=on) or verifies(person, initiative, on=on)


def _write(claim: Claim, terms: Terms, initiative: Initiative) -> None:
    """Saves the claim with what it is worth by the values. Raises Refused."""
    complete = _complete(terms, initiative)
    outcome = Outcome.objects.select_related("indicator", "initiative").get(pk=claim.outcome_id)
    now_shown = series.as_they_are([outcome]).get(outcome.pk)
    if missing := _missing(claim, complete, initiative, now_shown):
        raise Refused(*missing)
    for name, value in vars(complete).items():
        setattr(claim, name, value)
    claim.save()
    revalue(outcome, now_shown)
    claim.refresh_from_db()


def _complete(terms: Terms, initiative: Initiative) -> Terms:
    """With what was left open filled in, and without what the kind has no use for."""
    assert initiative.change_on is not None, "what is claimed of had a change"
    return Terms(
        Claim.Kind(terms.kind),
        terms.volume,
        terms.unit_value,
        terms.basis.strip(),
        terms.is_recurring,
        terms.is_hard,
        terms.unit_of_measure.strip() if terms.kind == Claim.Kind.OTHER else "",
        terms.from_on.replace(day=1) if terms.from_on else first_month(initiative.change_on),
        1 if not terms.is_recurring else MOST_MONTHS if terms.months is None else terms.months,
    )


def _terms_of(claim: Claim) -> Terms:
    return Terms(
        Claim.Kind(claim.kind),
        claim.volume,
        claim.unit_value,
        claim.basis,
        claim.is_recurring,
        claim.is_hard,
        claim.unit_of_measure,
        claim.from_on,
        claim.months,
    )


def _missing(claim: Claim, terms: Terms, initiative: Initiative, now_shown: Comparison | None) -> list[Missing]:
    missing = []
    if not _is_a_factor(terms.volume):
        missing.append(Missing("volume", _("Write how many it happens to. Without a number there is no amount.")))
    if not _is_a_factor(terms.unit_value):
        missing.append(Missing("unit_value", _("Write what it is worth each time, as a number above zero.")))
    if not missing and _is_too_much(claim.outcome, terms, now_shown):
        missing.append(Missing("volume", _("The amount is too large. Check the numbers.")))
    if not terms.basis:
        missing.append(Missing("basis", _("Write how you know the numbers. One sentence is enough.")))
    if terms.kind == Claim.Kind.OTHER and not terms.unit_of_measure:
        missing.append(Missing("unit_of_measure", _("Write what it is counted in.")))
    if not 1 <= (terms.months or 0) <= MOST_MONTHS:
        missing.append(Missing("months", _("An effect is counted for one month at least and twelve at most.")))
    return missing + _missing_month(terms, initiative) + _missing_twin(claim, terms)


def _missing_month(terms: Terms, initiative: Initiative) -> list[Missing]:
    assert initiative.change_on is not None
    assert terms.from_on is not None
    earliest = first_month(initiative.change_on)
    if terms.from_on < earliest:
        return [Missing("from_on", _("The effect is counted from the first whole month after the change."))]
    if terms.from_on > months_after(earliest, MOST_MONTHS):
        return [Missing("from_on", _("The effect is counted from within a year after the change."))]
    return []


def _missing_twin(claim: Claim, terms: Terms) -> list[Missing]:
    twins = Claim.objects.filter(
        outcome_id=claim.outcome_id, kind=terms.kind, unit_of_measure=terms.unit_of_measure
    ).exclude(pk=claim.pk)
    return [Missing("kind", _("This kind of effect is counted already. Change that one."))] if twins.exists() else []


def _is_a_factor(number: Decimal) -> bool:
    return number.is_finite() and 0 < number < LARGEST_FACTOR and number == round(number, 6)


def _is_too_much(outcome: Outcome, terms: Terms, now_shown: Comparison | None) -> bool:
    found = worth(outcome, terms.volume, terms.unit_value, now_shown)
    return found is not None and is_too_large(found)


def _refuse_what_cannot_be_settled(
    first: Claim, other: Claim, answer: Overlap.Answer, shares: Shares | None, reason: str
) -> None:
    if other.uuid not in {pair.other.claim for pair in overlaps_of([first])}:
        raise Refused(Missing("", _("These two do not count the same effect.")))
    missing = []
    if answer == Overlap.Answer.SPLIT and not (shares and _are_shares(shares)):
        missing.append(Missing("share", _("Each share is more than nothing, and together they are at most the whole.")))
    if not reason.strip():
        missing.append(Missing("reason", _("Write why. One sentence is enough.")))
    if missing:
        raise Refused(*missing)


def _are_shares(shares: Shares) -> bool:
    each = (shares.first, shares.other)
    return all(share.is_finite() and 0 < share == round(share, 4) for share in each) and sum(each) <= 1


def _refuse_others(initiative: Initiative, by: Employee, now: dt.datetime) -> None:
    if not drives(by, initiative, on=timezone.localdate(now)):
        raise NotAllowed(_("The one who drives the initiative says what its effect is worth."))


def _record(kind: str, initiative: Initiative, claim: Claim, terms: Terms, by: Employee, now: dt.datetime) -> None:
    events.record(
        kind,
        initiative,
        at=now,
        subject=claim.uuid,
        by=by,
        claim=claim.kind,
        volume=format(terms.volume, "f"),
        unit_value=format(terms.unit_value, "f"),
        unit_of_measure=claim.unit_of_measure,
        is_recurring=claim.is_recurring,
        is_hard=claim.is_hard,
        from_on=claim.from_on.isoformat(),
        months=claim.months,
    )


def _held(initiative_id: int) -> Initiative:
    """As it is now, and until this is done."""
    return Initiative.objects.select_related("owner", "unit").select_for_update(of=("self",)).get(pk=initiative_id)


def _found(claim: Claim) -> Claim:
    """The claim as it is now. Raises Overtaken when it is no longer made."""
    found = Claim.objects.select_related("outcome__initiative").filter(pk=claim.pk).first()
    if found is None:
        raise Overtaken
    return found


def months_after(day: dt.date, months: int) -> dt.date:
    """The first day of the month so many months later."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, 1)
