"""What effects come to in a part of the organisation: confirmed and in all, before overlaps are counted once and after.

A month counts when it is over. Sums are made in the database; only claims that overlap are looked at one by one.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from django.db import connection
from django.db.models import Exists, OuterRef

from initiatives import evidence
from initiatives.models import Claim
from initiatives.outcomes.claims import ON_ONE_INDICATOR, last_month_of, settled_among
from initiatives.outcomes.metrics import FEWEST_EMPLOYEES
from kommun.models import Employee, Employment, Unit


@dataclass(frozen=True)
class Total:
    """What all claims of one kind come to by now, in hours, kronor or `unit_of_measure`.

    Confirmed is what ended as confirmed and whose claim a controller has checked; only that is effect, hard and soft
    together. `measured` is everything whose values are enough for an interval, good or bad, counted in the same way.
    """

    kind: Claim.Kind
    unit_of_measure: str
    confirmed: evidence.Effect
    hard: evidence.Effect  # of the confirmed
    soft: evidence.Effect
    before: evidence.Effect  # confirmed, every claim in full
    measured: evidence.Effect
    measured_before: evidence.Effect
    claims: int  # confirmed
    measured_claims: int


def is_withheld(unit: Unit, *, today: dt.date) -> bool:
    """Whether so few work in `unit` and below it that its figures would be about persons. One query."""
    employed = Employee.objects.employed_on(today).filter(
        Exists(Employment.objects.on(today).filter(employee=OuterRef("pk"), unit__path__contains=[unit.pk]))
    )
    return len(employed.values_list("pk", flat=True)[:FEWEST_EMPLOYEES]) < FEWEST_EMPLOYEES


@dataclass(frozen=True)
class _Row:
    """Claims that overlap nothing, summed; or a single one that may, with what tells how much of it counts."""

    kind: str
    unit_of_measure: str
    is_hard: bool
    is_confirmed: bool
    claims: int
    effect: evidence.Effect  # of all its months
    indicator: int | None
    claimed: evidence.Claimed | None


def totals(*, within: Unit | None = None, today: dt.date) -> list[Total]:
    """The totals by kind and unit of measure, of `within` and what lies below it; None is the whole municipality.

    Claims outside it neither count nor push anything out. Two queries.
    """
    rows = _rows(within, today)
    settled = settled_among([row.claimed.key for row in rows if row.claimed])
    by_kind: dict[tuple[str, str], list[_Row]] = defaultdict(list)
    for row in rows:
        by_kind[row.kind, row.unit_of_measure].append(row)
    order = Claim.Kind.values
    kinds = sorted(by_kind, key=lambda key: (order.index(key[0]), key[1]))
    return [_total(Claim.Kind(kind), unit, by_kind[kind, unit], settled) for kind, unit in kinds]


def _total(kind: Claim.Kind, unit_of_measure: str, rows: list[_Row], settled: list[evidence.Settled]) -> Total:
    confirmed = [row for row in rows if row.is_confirmed]
    counts = _after(confirmed, settled)
    return Total(
        kind,
        unit_of_measure,
        confirmed=evidence.total(effect for _row, effect in counts),
        hard=evidence.total(effect for row, effect in counts if row.is_hard),
        soft=evidence.total(effect for row, effect in counts if not row.is_hard),
        before=evidence.total(row.effect for row in confirmed),
        measured=evidence.total(effect for _row, effect in _after(rows, settled)),
        measured_before=evidence.total(row.effect for row in rows),
        claims=sum(row.claims for row in confirmed),
        measured_claims=sum(row.claims for row in rows),
    )


def _after(rows: Iterable[_Row], settled: Sequence[evidence.Settled]) -> list[tuple[_Row, evidence.Effect]]:
    """Each row with what of it counts among these rows, when every overlap is counted once."""
    found = []
    by_indicator: dict[int | None, list[tuple[_Row, evidence.Claimed]]] = defaultdict(list)
    for row in rows:
        if row.claimed is None:
            found.append((row, row.effect))
        else:
            by_indicator[row.indicator].append((row, row.claimed))
    for group in by_indicator.values():
        months = evidence.counted([claimed for _row, claimed in group], settled)
        found += [(row, claimed.effect * months[claimed.key]) for row, claimed in group]
    return found


def _rows(within: Unit | None, today: dt.date) -> list[_Row]:
    part = "" if within is None else "AND unit.path @> ARRAY[%s::bigint]"
    others = "" if within is None else "AND other_unit.path @> ARRAY[%s::bigint]"
    given = [] if within is None else [within.pk]
    with connection.cursor() as cursor:
        cursor.execute(_SQL.format(part=part, others=others), [today, *given, *given])
        return [_row(row) for row in cursor.fetchall()]


def _row(row: tuple[Any, ...]) -> _Row:
    kind, unit_of_measure, is_hard, is_confirmed, claims, *ends = row[:8]
    effect = evidence.Effect(*(Fraction(end) for end in ends))
    indicator, key, path, from_on, to_on = row[8:]
    if key is None:
        return _Row(kind, unit_of_measure, is_hard, is_confirmed, claims, effect, None, None)
    claimed = evidence.Claimed(key, path, from_on, to_on, effect)
    whole = effect * claimed.months
    return _Row(kind, unit_of_measure, is_hard, is_confirmed, claims, whole, indicator, claimed)


# `mine` has the columns of a claim, so that it meets others by the same condition. The amount of a single claim is a
# month's; of several together, that of all their months. OFFSET 0: others are looked for claim by claim, by the index.
_SQL: Final = f"""
WITH mine AS (
    SELECT claim.id, claim.indicator_id, claim.kind, claim.unit_of_measure, claim.unit_id, claim.is_hard,
        claim.from_on, months.to_on, claim.amount, claim.amount_low, claim.amount_high, unit.path,
        initiative.ending = 'confirmed' AND outcome.is_primary AND claim.checked_at IS NOT NULL AS is_confirmed,
        (extract(year FROM months.to_on) - extract(year FROM claim.from_on)) * 12
            + extract(month FROM months.to_on) - extract(month FROM claim.from_on) + 1 AS months
    FROM initiatives_claim claim
    CROSS JOIN LATERAL (
        SELECT least({last_month_of("claim")}, (date_trunc('month', %s::timestamp) - interval '1 day')::date) AS to_on
    ) months
    JOIN initiatives_outcome outcome ON outcome.id = claim.outcome_id
    JOIN initiatives_initiative initiative ON initiative.id = outcome.initiative_id
    JOIN kommun_unit unit ON unit.id = claim.unit_id {{part}}
    WHERE claim.amount IS NOT NULL AND months.to_on >= claim.from_on
),
marked AS (
    SELECT mine.*, EXISTS (
        SELECT FROM initiatives_claim other
        JOIN kommun_unit other_unit ON other_unit.id = other.unit_id {{others}}
        WHERE {ON_ONE_INDICATOR}
            AND (other_unit.path @> ARRAY[mine.unit_id] OR mine.path @> ARRAY[other.unit_id])
        OFFSET 0
    ) AS is_shared
    FROM mine
)
SELECT kind, unit_of_measure, is_hard, is_confirmed, count(*),
    sum(amount * times),
    sum(amount * times) - sqrt(sum(((amount - amount_low) * times) ^ 2)),
    sum(amount * times) + sqrt(sum(((amount_high - amount) * times) ^ 2)),
    CASE WHEN is_shared THEN indicator_id END, CASE WHEN is_shared THEN id END, CASE WHEN is_shared THEN path END,
    CASE WHEN is_shared THEN from_on END, CASE WHEN is_shared THEN to_on END
FROM (SELECT marked.*, CASE WHEN is_shared THEN 1 ELSE months END AS times FROM marked) summed
GROUP BY 1, 2, 3, 4, 9, 10, 11, 12, 13
"""
