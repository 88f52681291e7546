"""The measures of the soil by unit and period, each with what it is reckoned from, its target, and whether it is shown.

A measure of a unit is of its whole subtree. It is withheld where the subtree's figures of that year are (see the
decision on withholding), and where fewer than five work there on the period's last day.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import islice, product
from typing import Final

from django.db.models import Q

from initiatives.evidence import FEWEST_PEOPLE
from initiatives.models import Showing, SoilTarget
from initiatives.soil import facts
from initiatives.soil.facts import Asked, Key, Period
from initiatives.soil.measures import DEFINITION, Definition, Fact, Kind
from kommun.models import Unit


class Length(StrEnum):
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


MONTHS: Final = {Length.MONTH: 1, Length.QUARTER: 3, Length.YEAR: 12}
GOES_BACK: Final = 25  # years


@dataclass(frozen=True)
class Reading:
    """One measure of one unit and period. When `is_withheld`, what it is reckoned from and comes to is None.

    `value` is None also when there is nothing to divide by. `count` is how many it rests on: of a share or a ratio the
    denominator, of a median how many it is taken of. `target` is in the same measure, set for `target_unit` or above.
    """

    unit: str
    unit_name: str
    period: Period
    definition: Definition
    is_withheld: bool
    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    count: int | None
    target: Decimal | None
    target_unit: Unit | None


def periods(length: Length, first: dt.date, last: dt.date, *, today: dt.date) -> list[Period]:
    """Those that hold any day from `first` to `last`, in order; none when it is before.

    None that has not begun `today`, and none of a year more than GOES_BACK before this one.
    """
    months = MONTHS[length]
    first = max(first, dt.date(today.year - GOES_BACK, 1, 1))
    number = (first.year * 12 + first.month - 1) // months
    found = []
    while (start := _month(number * months)) <= min(last, today):
        number += 1
        found.append(Period(start, _month(number * months) - dt.timedelta(days=1)))
    return found


def _month(number: int) -> dt.date:
    return dt.date(number // 12, number % 12 + 1, 1)


def soil(
    *,
    part: Unit | None,
    spans: Sequence[Period],
    measures: Sequence[str],
    today: dt.date,
    limit: int,
    offset: int,
) -> tuple[int, list[Reading]]:
    """How many readings there are, and those from `offset`: by unit in Swedish order, period and measure.

    Of every unit in `part` that had not ended before the first of `spans`, none of which is to come. Ten statements at
    most, whatever is asked for.
    """
    each = len(spans) * len(measures)
    if not each:
        return 0, []
    units = (Unit.objects.all() if part is None else Unit.objects.within(part)).open_on(spans[0].first)
    begin, skipped = divmod(offset, each)
    shown = list(units[begin : (offset + limit - 1) // each + 1])
    rows = list(islice(product(shown, spans, measures), skipped, skipped + limit))
    total = units.count() * each
    return total, list(_readings(rows, today)) if rows else []


def _readings(rows: Sequence[tuple[Unit, Period, str]], today: dt.date) -> Iterable[Reading]:
    units = {unit.pk: unit for unit, _period, _measure in rows}
    spans = sorted({period for _unit, period, _measure in rows}, key=lambda period: period.first)
    figures = _Figures.of(
        Asked(list(units), spans, today), [DEFINITION[measure] for measure in {row[2] for row in rows}]
    )
    seen = _seen(units, spans)
    targets = _targets(units.values(), spans, {measure for _unit, _period, measure in rows}, today)
    for unit, period, measure in rows:
        definition = DEFINITION[measure]
        employees = figures.counts.get((unit.pk, period.first, Fact.EMPLOYEES), 0)
        is_withheld = employees < FEWEST_PEOPLE or (unit.pk, period.first.year) not in seen
        told = (None, None, None, None) if is_withheld else figures.told(unit.pk, period, definition)
        target, where = targets.get((unit.pk, period.first, measure), (None, None))
        yield Reading(unit.code, unit.name, period, definition, is_withheld, *told, target, where)


@dataclass(frozen=True)
class _Figures:
    counts: dict[Key, int]
    medians: dict[Key, Decimal]
    sums: dict[Key, Decimal]

    @classmethod
    def of(cls, asked: Asked, definitions: Iterable[Definition]) -> "_Figures":
        kinds = {each.kind for each in definitions}
        return cls(
            facts.counts(asked),  # who works there always decides whether anything is shown
            facts.medians(asked) if Kind.MEDIAN in kinds else {},
            facts.sums(asked) if Kind.SUM in kinds else {},
        )

    def told(
        self, unit: int, period: Period, definition: Definition
    ) -> tuple[Decimal | None, Decimal | None, Decimal | None, int | None]:
        """Value, numerator, denominator and count."""
        if definition.kind == Kind.SUM:
            amount = self.sums.get((unit, period.first, definition.measure.value), Decimal(0))
            return amount, amount, None, None
        number = self.counts.get((unit, period.first, definition.of or ""), 0)
        if definition.kind == Kind.MEDIAN:
            return self.medians.get((unit, period.first, definition.of or "")), None, None, number
        whole = self.counts.get((unit, period.first, definition.by or ""), 0)
        value = round(Decimal(number * definition.scale) / whole, 4) if whole else None
        return value, Decimal(number), Decimal(whole), whole


def _seen(units: Iterable[int], spans: Sequence[Period]) -> set[tuple[int, int]]:
    """The units and years whose whole subtree is shown."""
    years = {period.first.year for period in spans}
    rows = Showing.objects.filter(unit__in=list(units), year__in=years, whole_is_shown=True).order_by()
    return set(rows.values_list("unit_id", "year"))


def _targets(
    units: Iterable[Unit], spans: Sequence[Period], measures: Iterable[str], today: dt.date
) -> dict[tuple[int, dt.date, str], tuple[Decimal, Unit]]:
    """What holds on the last day of each period, or today: a unit's own, or else the nearest above it."""
    listed = list(units)
    places = {key for unit in listed for key in unit.path}
    held = Q(to_on=None) | Q(to_on__gte=spans[0].last)
    rows = SoilTarget.objects.filter(held, unit__in=places, measure__in=list(measures), from_on__lte=spans[-1].last)
    found: dict[tuple[int, str], list[SoilTarget]] = {}
    for row in rows.select_related("unit").order_by():
        found.setdefault((row.unit_id, row.measure), []).append(row)
    answers = {}
    for unit, period, measure in product(listed, spans, measures):
        day = min(period.last, today)
        above = reversed(unit.path) if DEFINITION[measure].is_inherited else [unit.pk]
        holding = (row for key in above for row in found.get((key, measure), ()) if _holds(row, day))
        if nearest := next(holding, None):
            answers[unit.pk, period.first, measure] = (nearest.value, nearest.unit)
    return answers


def _holds(row: SoilTarget, day: dt.date) -> bool:
    return row.from_on <= day and (row.to_on is None or row.to_on >= day)
