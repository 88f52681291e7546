"""Which figures of which units and years may be shown: reckoned from who worked where, and kept in rows.

It is done anew on a new day, and when employments, the tree or the years with figures have changed; a cheap checksum
tells. What it decides by is in `initiatives.evidence.withholding`; here are the rows that it is decided about.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, Final

from django.db import connection, transaction

from initiatives.evidence import Figures, Place, shown
from initiatives.models import ShowingBasis
from initiatives.workflow import PRIVATE_STATES, QUIET_STATES

ONE_AT_A_TIME: Final = 0x534857  # the key of the advisory lock
MONTHS: Final = 12
LOOKS_BACK: Final = 25  # years; a value may be dated in any, and what is older than this is withheld
_UNSEEN: Final = PRIVATE_STATES | QUIET_STATES


@transaction.atomic
def refresh(*, today: dt.date, always: bool = False) -> int:
    """Decides anew what may be shown, when there is reason to or `always`; how many rows that changed.

    Two statements when there is no reason. Two who do it at once wait for each other, and write the same.
    """
    _one_at_a_time()
    checksum = _checksum(today)
    if not always and ShowingBasis.objects.filter(on=today, checksum=checksum).exists():
        return 0
    changed = _write(_decide(today))
    ShowingBasis.objects.update_or_create(pk=1, defaults={"on": today, "checksum": checksum})
    return changed


def _one_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])


def _checksum(today: dt.date) -> str:
    with connection.cursor() as cursor:
        cursor.execute(_CHECKSUM, {"today": today})
        return str(cursor.fetchone()[0])


@dataclass
class _Unit:
    """Months are numbered from the first of all. Figures lie from `first` to the later of `last` and `staffed`."""

    key: int
    parent: int | None
    people: list[int]
    covers: set[int] = field(default_factory=set)  # years in which it has a figure that every reader sees
    first: int | None = None  # month of the first figure
    last: int = -1  # month of the latest
    staffed: int = -1  # the last month in which anybody works there

    def begin(self, month: int) -> None:
        self.first = month if self.first is None else min(month, self.first)


def _decide(today: dt.date) -> list[tuple[int, int, bool, bool, int]]:
    """Unit, year, whether its own and its whole are shown, and the people in it, for each that shows anything."""
    with connection.cursor() as cursor:
        cursor.execute(_YEARS_WITH_FIGURES, {"today": today})
        figures = cursor.fetchall()
        begin = min((row[1] for row in figures), default=today.year)
        cursor.execute("SELECT id, parent_id FROM kommun_unit ORDER BY id")
        months = (today.year - begin) * MONTHS + today.month
        units = {key: _Unit(key, parent, [0] * months) for key, parent in cursor.fetchall()}
        cursor.execute(_COMINGS_AND_GOINGS, {"today": today, "begin": begin})
        for key, month, change in cursor.fetchall():
            units[key].people[max(month, 0)] += change
        _tell_figures(units, figures, begin)
        cursor.execute(_FIRST_DRIVEN, {"today": today})
        for key, day in cursor.fetchall():
            units[key].begin(max((day.year - begin) * MONTHS + day.month - 1, 0))
    return [row for year in range(begin, today.year + 1) for row in _decide_year(units.values(), year, begin, months)]


def _tell_figures(units: dict[int, _Unit], figures: Sequence[tuple[Any, ...]], begin: int) -> None:
    for unit in units.values():
        unit.people = [*accumulate(unit.people)]
        unit.staffed = max((month for month, number in enumerate(unit.people) if number), default=-1)
    for key, year, *months, covers in figures:  # in the order of years
        unit = units[key]
        first, last = ((month.year - begin) * MONTHS + month.month - 1 for month in months)
        unit.begin(first)
        unit.last = last
        if covers:
            unit.covers.add(year)


def _decide_year(
    units: Iterable[_Unit], year: int, begin: int, months: int
) -> Iterator[tuple[int, int, bool, bool, int]]:
    start = (year - begin) * MONTHS
    span = range(start, min(start + MONTHS, months))
    for key, answer in shown(_place(unit, year, span) for unit in units).items():
        if answer.own or answer.whole:
            yield key, year, answer.own, answer.whole, answer.people


def _place(unit: _Unit, year: int, span: range) -> Place:
    people = [unit.people[month] for month in span]
    if unit.first is None or unit.first >= span.stop:
        return Place(unit.key, unit.parent, people, [number > 0 for number in people], Figures.NONE)
    counts = [unit.first <= month <= max(unit.last, unit.staffed) for month in span]
    return Place(unit.key, unit.parent, people, counts, Figures.NOW if year in unit.covers else Figures.EARLIER)


def _write(rows: list[tuple[int, int, bool, bool, int]]) -> int:
    columns = [list(column) for column in zip(*rows, strict=True)] if rows else [[], [], [], [], []]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, columns)
        changed: int = cursor.fetchone()[0]
        return changed


def _listed(states: Iterable[str]) -> str:
    return ", ".join(f"'{state}'" for state in sorted(states))


# Whoever works somewhere works there mainly or beside; only the main employment counts, so each person is in one place.
_WHO_WORKS: Final = """
    SELECT held.employee_id, held.unit_id, held.from_on, least(held.to_on, person.ended_on) AS to_on
    FROM kommun_employment held JOIN kommun_employee person ON person.id = held.employee_id
    WHERE held.is_main AND held.from_on <= %(today)s AND held.from_on <= coalesce(person.ended_on, held.from_on)
"""
# Since when somebody who works there drives something, wherever it lies: how many do is a figure of where they work.
_FIRST_DRIVEN: Final = f"""
    SELECT work.unit_id, min(greatest(coalesce(driven.submitted_at, driven.created_at)::date, work.from_on))
    FROM ({_WHO_WORKS}) work
    JOIN (
        SELECT owner_id AS employee_id, submitted_at, created_at FROM initiatives_initiative WHERE state <> 'draft'
        UNION ALL
        SELECT beside.employee_id, initiative.submitted_at, initiative.created_at
        FROM initiatives_codriver beside
        JOIN initiatives_initiative initiative ON initiative.id = beside.initiative_id AND initiative.state <> 'draft'
    ) driven ON driven.employee_id = work.employee_id
    WHERE coalesce(driven.submitted_at, driven.created_at)::date <= coalesce(work.to_on, %(today)s)
    GROUP BY 1
"""
# A few looks into the index of cells for each unit and year, however many cells there are. What is no draft is to be
# protected; only what every reader sees may hide something else.
_YEARS_WITH_FIGURES: Final = f"""
    SELECT unit.id, year.number, first.month, last.month, EXISTS (
        SELECT FROM initiatives_rollup
        WHERE unit_id = unit.id AND month BETWEEN year.first_on AND year.last_on AND state NOT IN ({_listed(_UNSEEN)})
    )
    FROM kommun_unit unit
    CROSS JOIN (
        SELECT number, make_date(number, 1, 1) AS first_on, least(make_date(number, 12, 31), %(today)s::date) AS last_on
        FROM (
            SELECT extract(year FROM min(month))::int AS begin FROM kommun_unit unit
            CROSS JOIN LATERAL (SELECT min(month) AS month FROM initiatives_rollup WHERE unit_id = unit.id) first
        ) earliest
        CROSS JOIN (SELECT extract(year FROM %(today)s::date)::int AS now) this
        CROSS JOIN generate_series(greatest(earliest.begin, this.now - {LOOKS_BACK}), this.now) AS number
    ) year
    CROSS JOIN LATERAL (
        SELECT min(month) AS month FROM initiatives_rollup
        WHERE unit_id = unit.id AND month BETWEEN year.first_on AND year.last_on
            AND state NOT IN ({_listed(PRIVATE_STATES)})
    ) first
    CROSS JOIN LATERAL (
        SELECT max(month) AS month FROM initiatives_rollup
        WHERE unit_id = unit.id AND month BETWEEN year.first_on AND year.last_on
            AND state NOT IN ({_listed(PRIVATE_STATES)})
    ) last
    WHERE first.month IS NOT NULL
    ORDER BY year.number, unit.id
"""
_CHECKSUM: Final = f"""
    SELECT concat_ws(' ',
        (SELECT sum(hashtextextended(work::text, 0)) FROM ({_WHO_WORKS}) work),
        (SELECT sum(hashtextextended(concat_ws(' ', id, parent_id), 0)) FROM kommun_unit),
        (SELECT sum(hashtextextended(years::text, 0)) FROM ({_YEARS_WITH_FIGURES}) years)
    )
"""
# The end of a month is its last day, or today in the running one. Who works at the end of the months from the first
# through the last comes in the first and goes in the month after the last.
_COMINGS_AND_GOINGS: Final = f"""
    WITH work AS (
        SELECT unit_id, from_on, CASE WHEN to_on < %(today)s THEN to_on + 1 END AS gone_on FROM ({_WHO_WORKS}) work
    ),
    change AS (
        SELECT unit_id, from_on AS on_day, 1 AS people FROM work
        UNION ALL
        SELECT unit_id, gone_on, -1 FROM work WHERE gone_on IS NOT NULL
    )
    SELECT unit_id, (extract(year FROM on_day)::int - %(begin)s) * 12 + extract(month FROM on_day)::int - 1, sum(people)
    FROM change GROUP BY 1, 2
"""
_WRITE: Final = """
WITH decided AS (
    SELECT * FROM unnest(%s::bigint[], %s::smallint[], %s::boolean[], %s::boolean[], %s::int[])
        AS rows(unit_id, year, own_is_shown, whole_is_shown, people)
),
gone AS (
    DELETE FROM initiatives_showing kept
    WHERE NOT EXISTS (SELECT FROM decided WHERE decided.unit_id = kept.unit_id AND decided.year = kept.year)
    RETURNING 1
),
written AS (
    INSERT INTO initiatives_showing AS kept (unit_id, year, own_is_shown, whole_is_shown, people)
    SELECT * FROM decided
    ON CONFLICT (unit_id, year) DO UPDATE SET own_is_shown = excluded.own_is_shown,
        whole_is_shown = excluded.whole_is_shown, people = excluded.people
    WHERE (kept.own_is_shown, kept.whole_is_shown, kept.people)
        IS DISTINCT FROM (excluded.own_is_shown, excluded.whole_is_shown, excluded.people)
    RETURNING 1
)
SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM written)
"""
