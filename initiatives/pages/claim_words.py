"""What a claim says, in plain words: the sum it comes from, its interval, and what else counts the same effect."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from initiatives import evidence
from initiatives.models import Claim, Outcome
from initiatives.outcomes.claims import Pair
from initiatives.pages.components.panels import Link
from initiatives.pages.verdict_words import difference
from kommun.numbers import number, quantity, rounded


@dataclass(frozen=True)
class OverlapRow:
    """What else counts the same effect, and what has been said about it. `settle` is where to tell them apart."""

    other: Link
    unit_name: str
    months: str
    standing: str
    reason: str
    is_open: bool
    settle: str = ""


@dataclass(frozen=True)
class ClaimRow:
    """One claim. `edit` is where to change it, empty for those who may not."""

    kind: str
    amount: str
    interval: str
    sum: str
    when: str
    becomes: str
    basis: str
    check: str
    is_checked: bool
    edit: str = ""
    overlaps: Sequence[OverlapRow] = field(default_factory=list)


def claim_row(claim: Claim, outcome: Outcome, overlaps: Sequence[OverlapRow], *, may_edit: bool) -> ClaimRow:
    """No queries; `claim.outcome` need not be loaded. The amount follows corrected values; a final verdict does not."""
    found = _effect_of(claim)
    edit = reverse("change-claim", args=[outcome.initiative.uuid, claim.uuid]) if may_edit else ""
    return ClaimRow(
        kind=name_of(claim.kind, claim.unit_of_measure),
        amount=_("There are too few values to tell.") if found is None else amount_words(found, claim),
        interval="" if found is None else interval_words(found),
        sum="" if found is None else sum_words(outcome, found, claim),
        when=_when(claim),
        becomes=_("A budget can be lowered") if claim.is_hard else _("Time or room is freed for something else"),
        basis=claim.basis,
        check=_check(claim),
        is_checked=claim.checked_at is not None,
        edit=edit,
        overlaps=overlaps,
    )


def _effect_of(claim: Claim) -> evidence.Effect | None:
    ends = (claim.amount, claim.amount_low, claim.amount_high)
    return None if None in ends else evidence.Effect(*(Fraction(end) for end in ends if end is not None))


def name_of(kind: str, unit_of_measure: str) -> str:
    return unit_of_measure if kind == Claim.Kind.OTHER else str(Claim.Kind(kind).label)


def unit_of(kind: str, unit_of_measure: str) -> str:
    """What amounts of the kind are counted in."""
    units = {Claim.Kind.HOURS: _("hours"), Claim.Kind.MONEY: pgettext("money", "kronor")}
    return units.get(Claim.Kind(kind), unit_of_measure)


def amount_words(effect: evidence.Effect, claim: Claim) -> str:
    """63 hours a month."""
    amount = quantity(rounded(effect.amount), unit_of(claim.kind, claim.unit_of_measure))
    return _("%(amount)s a month") % {"amount": amount} if claim.is_recurring else amount


def interval_words(effect: evidence.Effect) -> str:
    ends = {"low": rounded(effect.low), "high": rounded(effect.high)}
    return _("probably between %(low)s and %(high)s") % ends


def sum_words(outcome: Outcome, effect: evidence.Effect, claim: Claim) -> str:
    """4.2 days lower x 30 a month x 0.5 hours = 63 hours a month. `claim` need not be saved."""
    better = evidence.Direction(outcome.indicator.direction).sign
    shift = better * effect.amount / (Fraction(claim.volume) * Fraction(claim.unit_value))
    moved = difference(rounded(abs(shift)), outcome.indicator.unit_of_measure)
    way = _("%(amount)s lower") if shift < 0 else _("%(amount)s higher")
    volume = number(claim.volume)
    return _("%(shift)s × %(volume)s × %(value)s = %(amount)s") % {
        "shift": way % {"amount": moved},
        "volume": _("%(amount)s a month") % {"amount": volume} if claim.is_recurring else volume,
        "value": quantity(number(claim.unit_value), unit_of(claim.kind, claim.unit_of_measure)),
        "amount": amount_words(effect, claim),
    }


def overlap_rows(pairs: Sequence[Pair], *, may_settle: bool) -> Mapping[UUID, list[OverlapRow]]:
    """What else counts the same effect, by the claim that each pair is seen from."""
    found: dict[UUID, list[OverlapRow]] = defaultdict(list)
    for pair in pairs:
        found[pair.first.claim].append(_overlap_row(pair, may_settle=may_settle))
    return found


def _overlap_row(pair: Pair, *, may_settle: bool) -> OverlapRow:
    """The pair as it is seen from its first claim."""
    settle = reverse("settle-overlap", args=[pair.first.claim, pair.other.claim]) if may_settle else ""
    return OverlapRow(
        Link(reverse("initiative", args=[pair.other.initiative]), pair.other.title),
        pair.other.unit_name,
        _span(pair.from_on, pair.to_on),
        _standing(pair),
        pair.reason,
        pair.is_open,
        settle,
    )


def names_of(pair: Pair) -> tuple[str, str]:
    """The titles of the two initiatives, so that one cannot be taken for the other."""
    first, other = pair.first, pair.other
    if first.title != other.title:
        return first.title, other.title
    if first.unit_name != other.unit_name:
        return f"{first.title}, {first.unit_name}", f"{other.title}, {other.unit_name}"
    return f"{first.title} (1)", f"{other.title} (2)"


def percent(share: Decimal) -> str:
    return quantity(number(share * 100), "%")


def _standing(pair: Pair) -> str:
    mine, other = pair.first.share, pair.other.share
    if mine is None or other is None:
        return _("Until somebody has told them apart, the larger is counted.")
    if pair.answer == "split":
        return _("They share it: %(mine)s here and %(other)s there.") % {"mine": percent(mine), "other": percent(other)}
    return _("All of it is counted here.") if mine else _("All of it is counted there.")


def _when(claim: Claim) -> str:
    if not claim.is_recurring:
        return _("Once, in %(month)s") % {"month": date_format(claim.from_on, "F Y")}
    months = ngettext("%(count)d month", "%(count)d months", claim.months) % {"count": claim.months}
    when = f"{_span(claim.from_on, claim.to_on)}, {months}"
    if claim.stopped_on is None:
        return when
    return _("%(when)s. It has faded, and is counted until %(day)s.") % {
        "when": when,
        "day": date_format(claim.stopped_on, "j F Y"),
    }


def _span(first: dt.date, last: dt.date) -> str:
    one, other = date_format(first, "F Y"), date_format(last, "F Y")
    return one if one == other else f"{one} – {other}"


def _check(claim: Claim) -> str:
    if claim.checked_at is None:
        return _("Nobody has checked it yet")
    return _("Checked by a controller on %(day)s") % {"day": date_format(timezone.localdate(claim.checked_at), "j F Y")}


def at_least(effect: evidence.Effect, unit: str) -> str:
    """The lower bound first: at least 16.5 hours. About, when it may be nothing."""
    if effect.low > 0:
        return _("at least %(amount)s") % {"amount": quantity(rounded_down(effect.low), unit)}
    return _("about %(amount)s") % {"amount": quantity(rounded(effect.amount), unit)}


def rounded_down(value: Fraction) -> str:
    """For reading, but never more than it is: three digits, or whole ones of a number that has more."""
    whole = Decimal(value.numerator) / Decimal(value.denominator)
    places = max(0, 2 - whole.adjusted()) if whole else 0
    return number(Decimal(value.numerator * 10**places // value.denominator).scaleb(-places))
