"""How much of each confirmed claim counts in the municipality as a whole, kept on the claim, month by month.

So sums over any part of the organisation and any time count an effect once: what is pushed out counts nowhere. This
is the one writer. Triggers note whose shares are due; the clock reckons them, and an action that gave the reason does
so at once where nobody else is at work on the same claims.
"""

from collections.abc import Sequence
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Q

from initiatives import evidence
from initiatives.models import Claim, Initiative, SharesDue
from initiatives.outcomes.claims import ON_ONE_INDICATOR, last_month_of, settled_among

ONE_AT_A_TIME: Final = 0x534852  # the key of the advisory lock
_STEP: Final = Decimal("1e-8")
_GROUP = tuple[int, str, str]  # indicator, kind, unit of measure


def refresh() -> int:
    """Reckons the shares that are due, each group of claims in a transaction of its own; how many claims changed."""
    due = SharesDue.objects.order_by("indicator", "kind", "unit_of_measure").distinct()
    groups = list(due.values_list("indicator_id", "kind", "unit_of_measure"))
    return sum(_refresh(group) for group in groups)


@transaction.atomic
def _refresh(group: _GROUP) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
    noted = _due(group)
    _hold(group, can_wait=True)
    return _write(group, noted)


@transaction.atomic
def refresh_at_once(claims: Sequence[Claim]) -> None:
    """Reckons the shares of `claims` and of what overlaps them, if it need wait for nobody; else the clock will."""
    for group in sorted({(each.indicator_id, each.kind, each.unit_of_measure) for each in claims}):
        noted = _due(group)
        if noted and _is_free() and _hold(group, can_wait=False):
            _write(group, noted)


def _due(group: _GROUP) -> list[int]:
    indicator, kind, unit = group
    due = SharesDue.objects.filter(indicator=indicator, kind=kind, unit_of_measure=unit)
    return list(due.values_list("pk", flat=True))


def _is_free() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
        return bool(cursor.fetchone()[0])


def _hold(group: _GROUP, *, can_wait: bool) -> bool:
    """Holds the initiatives of all that may change, in order, as everybody does before changing what is below them."""
    claims = _claims(group).filter(Q(checked_at__isnull=False) | Q(counted_shares__isnull=False))
    wanted = Initiative.objects.filter(outcomes__claims__in=claims).order_by("pk").values_list("pk", flat=True)
    keys = set(wanted)
    rows = Initiative.objects.filter(pk__in=keys).order_by("pk")
    held = rows.select_for_update(no_key=True, skip_locked=not can_wait)
    return set(held.values_list("pk", flat=True)) == keys


def _claims(group: _GROUP) -> Any:
    indicator, kind, unit = group
    return Claim.objects.filter(indicator=indicator, kind=kind, unit_of_measure=unit)


def _write(group: _GROUP, noted: list[int]) -> int:
    shares = _shares(group)
    moved = []
    for claim in _claims(group).filter(Q(pk__in=shares) | Q(counted_shares__isnull=False)).order_by("pk"):
        found = shares.get(claim.pk)
        if claim.counted_shares != found:
            claim.counted_shares = found
            moved.append(claim)
    Claim.objects.bulk_update(moved, ["counted_shares"])
    SharesDue.objects.filter(pk__in=noted).delete()
    return len(moved)


def _shares(group: _GROUP) -> dict[int, list[Decimal]]:
    """Of the claims of which not everything counts: how much of each month does."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL, group)
        claims = [
            evidence.Claimed(key, path, from_on, to_on, evidence.Effect(*[Fraction(amount)] * 3))
            for key, path, from_on, to_on, amount in cursor.fetchall()
        ]
    by_month = evidence.counted_by_month(claims, settled_among([each.key for each in claims]))
    found = {each.key: [_rounded(share) for _month, share in sorted(by_month[each.key].items())] for each in claims}
    return {key: shares for key, shares in found.items() if any(share != 1 for share in shares)}


def _rounded(share: Fraction) -> Decimal:
    """Down, so that shares together are never more than the whole."""
    return (Decimal(share.numerator) / Decimal(share.denominator)).quantize(_STEP, ROUND_DOWN)


_CONFIRMED: Final = "initiative.ending = 'confirmed' AND outcome.is_primary AND claim.checked_at IS NOT NULL"
# What is confirmed of a group, and overlaps something else that is. OFFSET 0: by the index, claim by claim.
_SQL: Final = f"""
WITH mine AS MATERIALIZED (
    SELECT claim.*, unit.path, {last_month_of("claim")} AS last_on
    FROM initiatives_claim claim
    JOIN initiatives_outcome outcome ON outcome.id = claim.outcome_id
    JOIN initiatives_initiative initiative ON initiative.id = outcome.initiative_id
    JOIN kommun_unit unit ON unit.id = claim.unit_id
    WHERE claim.indicator_id = %s AND claim.kind = %s AND claim.unit_of_measure = %s AND claim.amount IS NOT NULL
        AND {_CONFIRMED}
)
SELECT mine.id, mine.path, mine.from_on, mine.last_on, mine.amount FROM mine
WHERE mine.last_on >= mine.from_on AND EXISTS (
    SELECT FROM initiatives_claim other
    JOIN kommun_unit other_unit ON other_unit.id = other.unit_id
    WHERE {ON_ONE_INDICATOR} AND (other_unit.path @> ARRAY[mine.unit_id] OR mine.path @> ARRAY[other.unit_id])
    OFFSET 0
)
ORDER BY mine.id
"""
