"""What the claims on an outcome are worth by its values, and which claims may count the same effect.

Two claims overlap when they are of one kind, on one indicator, in at least one month that both count, and the unit of
one lies in the other's subtree.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import connection

from initiatives import evidence
from initiatives.models import Claim, Outcome, Overlap
from initiatives.outcomes.figures import decimal_of
from kommun.models import Unit

LARGEST: Final = 10**14 - 1  # an amount is kept with fourteen digits before the point


@dataclass(frozen=True)
class Side:
    """One of two claims that overlap: where it stands, and how much of it counts once that is settled."""

    claim: UUID
    initiative: UUID
    title: str
    unit_name: str
    share: Decimal | None


@dataclass(frozen=True)
class Pair:
    """Two claims that may count the same effect, in the months from that of `from_on` to that of `to_on`."""

    kind: str
    unit_of_measure: str
    indicator_name: str
    from_on: dt.date
    to_on: dt.date
    first: Side
    other: Side
    answer: str  # "" until somebody has told them apart
    reason: str

    @property
    def is_open(self) -> bool:
        return self.answer == ""


def worth(
    outcome: Outcome, volume: Decimal, unit_value: Decimal, comparison: evidence.Comparison | None = None
) -> evidence.Effect | None:
    """What the outcome's shift is worth; None while there are too few values for an interval.

    `comparison` is of the values as they are, where the kept answer is that of a final verdict.
    """
    if comparison is None:
        ends = (outcome.shift, outcome.shift_low, outcome.shift_high)
    else:
        ends = (decimal_of(comparison.shift), decimal_of(comparison.low), decimal_of(comparison.high))
    shift, low, high = ends
    if shift is None or low is None or high is None:
        return None
    better = evidence.Direction(outcome.indicator.direction)
    return evidence.effect(shift, low, high, better=better, volume=volume, unit_value=unit_value)


def revalue(outcome: Outcome, comparison: evidence.Comparison | None = None) -> None:
    """Writes what each claim is worth by the values as they are, and when it stopped. One query when none moved.

    A final verdict stays when a value is corrected; what it is worth follows the corrected value.
    An amount too large to be kept is none. What is one-time has come, and does not stop.
    """
    moved = []
    for claim in outcome.claims.all():
        columns = _columns(outcome, claim, comparison)
        if any(getattr(claim, name) != value for name, value in columns.items()):
            for name, value in columns.items():
                setattr(claim, name, value)
            moved.append(claim)
    if moved:
        Claim.objects.bulk_update(moved, ["amount", "amount_low", "amount_high", "stopped_on"])


def _columns(outcome: Outcome, claim: Claim, comparison: evidence.Comparison | None) -> dict[str, Any]:
    found = worth(outcome, claim.volume, claim.unit_value, comparison)
    kept = None if found is None or is_too_large(found) else found
    return {
        "amount": kept and decimal_of(kept.amount),
        "amount_low": kept and decimal_of(kept.low),
        "amount_high": kept and decimal_of(kept.high),
        "stopped_on": outcome.faded_on if claim.is_recurring else None,
    }


def is_too_large(effect: evidence.Effect) -> bool:
    """Whether an end of it has more digits than are kept."""
    return max(abs(effect.low), abs(effect.high)) >= LARGEST


def overlaps_of(claims: Sequence[Claim]) -> list[Pair]:
    """The pairs that any of `claims` makes, each with that claim first, settled or not. One query, by the index."""
    return _pairs("mine.id = ANY(%s)", [[claim.pk for claim in claims]]) if claims else []


def open_overlaps(*, within: Unit | None = None, limit: int = 50) -> list[Pair]:
    """The pairs that nobody has settled, both claims in `within` or below it, the oldest first. One query."""
    part, given = ("", []) if within is None else (_WITHIN, [within.pk, within.pk])
    return _pairs(f"mine.id < other.id AND settled.id IS NULL {part}", [*given, limit], "LIMIT %s")


def _pairs(condition: str, given: list[Any], limit: str = "") -> list[Pair]:
    with connection.cursor() as cursor:
        cursor.execute(_SQL.format(condition=condition, limit=limit), given)
        return [_pair(row) for row in cursor.fetchall()]


def _pair(row: tuple[Any, ...]) -> Pair:
    kind, unit_of_measure, name, from_on, to_on, *sides, answer, reason = row
    first, other = Side(*sides[:5]), Side(*sides[5:])
    return Pair(kind, unit_of_measure, name, from_on, to_on, first, other, answer, reason)


def settled_among(keys: Sequence[int]) -> list[evidence.Settled]:
    """How those of the claims with these ids were told apart that were. One query."""
    rows = Overlap.objects.filter(first__in=keys, other__in=keys)
    columns = rows.values_list("first_id", "other_id", "first_share", "other_share", "answer")
    return [
        evidence.Settled(first, other, first_share, other_share, is_included=answer == Overlap.Answer.INCLUDED)
        for first, other, first_share, other_share, answer in columns
    ]


def last_month_of(claim: str) -> str:
    """In SQL: the last day of the last month that a claim can count, before the month in which it stopped."""
    stopped = f"(date_trunc('month', {claim}.stopped_on::timestamp) - interval '1 day')::date"
    return f"least({claim}.to_on, {stopped})"


_WITHIN: Final = "AND mine_unit.path @> ARRAY[%s::bigint] AND other.path @> ARRAY[%s::bigint]"
# Written as the index claims_on_one_indicator has it, or it is not used.
ON_ONE_INDICATOR: Final = """
    other.indicator_id = mine.indicator_id AND other.kind = mine.kind
    AND daterange(other.from_on, other.to_on, '[]') && daterange(mine.from_on, mine.to_on, '[]')
    AND other.unit_of_measure = mine.unit_of_measure AND other.id <> mine.id
"""
# The pairs are found first, few as they are; what they show is fetched for them alone. OFFSET 0 lets the others be
# looked for one claim at a time, by the index, so that a limit ends the search as soon as it is reached.
_SQL: Final = f"""
WITH pairs AS MATERIALIZED (
    SELECT mine.id AS mine_id, other.id AS other_id, months.from_on, months.to_on, settled.id AS settled_id
    FROM initiatives_claim mine
    JOIN kommun_unit mine_unit ON mine_unit.id = mine.unit_id
    CROSS JOIN LATERAL (
        SELECT other.*, other_unit.path FROM initiatives_claim other
        JOIN kommun_unit other_unit ON other_unit.id = other.unit_id
        WHERE {ON_ONE_INDICATOR}
            AND (other_unit.path @> ARRAY[mine.unit_id] OR mine_unit.path @> ARRAY[other.unit_id])
        OFFSET 0
    ) other
    CROSS JOIN LATERAL (
        SELECT greatest(mine.from_on, other.from_on) AS from_on,
            least({last_month_of("mine")}, {last_month_of("other")}) AS to_on
    ) months
    LEFT JOIN initiatives_overlap settled ON least(settled.first_id, settled.other_id) = least(mine.id, other.id)
        AND greatest(settled.first_id, settled.other_id) = greatest(mine.id, other.id)
    WHERE months.from_on <= months.to_on AND {{condition}}
    ORDER BY mine.id, other.id {{limit}}
)
SELECT mine.kind, mine.unit_of_measure, indicator.name, pairs.from_on, pairs.to_on,
    mine.uuid, mine_initiative.uuid, mine_initiative.title, mine_unit.name,
    CASE WHEN settled.first_id = mine.id THEN settled.first_share ELSE settled.other_share END,
    other.uuid, other_initiative.uuid, other_initiative.title, other_unit.name,
    CASE WHEN settled.first_id = mine.id THEN settled.other_share ELSE settled.first_share END,
    coalesce(settled.answer, ''), coalesce(settled.reason, '')
FROM pairs
JOIN initiatives_claim mine ON mine.id = pairs.mine_id
JOIN initiatives_outcome mine_outcome ON mine_outcome.id = mine.outcome_id
JOIN initiatives_initiative mine_initiative ON mine_initiative.id = mine_outcome.initiative_id
JOIN kommun_unit mine_unit ON mine_unit.id = mine.unit_id
JOIN initiatives_claim other ON other.id = pairs.other_id
JOIN initiatives_outcome other_outcome ON other_outcome.id = other.outcome_id
JOIN initiatives_initiative other_initiative ON other_initiative.id = other_outcome.initiative_id
JOIN kommun_unit other_unit ON other_unit.id = other.unit_id
JOIN initiatives_indicator indicator ON indicator.id = mine.indicator_id
LEFT JOIN initiatives_overlap settled ON settled.id = pairs.settled_id
ORDER BY pairs.mine_id, pairs.other_id
"""
