"""How a page deep in a long list is found without reading what comes before it, and its length without counting.

How many there are of each month, in any part of the organisation, is known (`initiatives.outcomes.counting`). So the
month of a page is looked up, and only what comes before it in that month is passed by. In a small part of the
organisation the rows are fetched unit by unit, in a large one by the order of all; both by an index.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from django.db.models import BooleanField, DateTimeField, Q, QuerySet
from django.db.models.expressions import RawSQL

from initiatives.api.orders import Order
from initiatives.api.plans import text_of
from initiatives.models.summary import EVERYWHERE
from initiatives.outcomes.counting import Asked, Counted, by_month, in_all

ASKED_AS: Final = {"state": "states", "ending": "endings", "kind": "kinds", "evidenceGrade": "grades"}
UNIT: Final = "unit"
COUNTABLE: Final = frozenset({*ASKED_AS, UNIT})
ORDER: Final = "begunAt"  # whose months are counted
_ZONE: Final = "Europe/Stockholm"  # of the months, as the roll-up has them
FEW_UNITS, FEW_ROWS = 40, 5_000
_SOMEWHERE: Final = -1  # stands for the place until the statement says where


@dataclass(frozen=True)
class Counting:
    """What of a list is counted, and where: filters by name, and whether the client is bound and a unit asked for."""

    what: Literal["initiatives", "outcomes"]
    filters: tuple[tuple[str, tuple[Any, ...]], ...]
    is_bound: bool
    has_unit: bool

    @property
    def is_everywhere(self) -> bool:
        return not (self.is_bound or self.has_unit)

    def in_all(self) -> Counted:
        return self._at_its_place(in_all(self._asked, place=self._place))

    def by_month(self) -> Counted:
        return self._at_its_place(by_month(self._asked, place=self._place))

    @property
    def place(self) -> str:
        """In SQL: the unit that everything lies in, null when there is none such."""
        own, asked = "%(own_unit)s::bigint", "SELECT asked.id FROM kommun_unit asked WHERE asked.code = %(unit)s::text"
        if not self.has_unit:
            return own
        return f"({_MEETING})" if self.is_bound else f"({asked})"

    @property
    def _place(self) -> int:
        return EVERYWHERE if self.is_everywhere else _SOMEWHERE

    @property
    def _asked(self) -> Asked:
        of: Mapping[str, Any] = {ASKED_AS[name]: values for name, values in self.filters}
        return Asked(what=self.what, **of)

    def _at_its_place(self, counted: Counted) -> Counted:
        if self.is_everywhere:
            return counted
        given = {name: value for name, value in counted.given.items() if name != "counted_place"}
        return Counted(counted.sql.replace("%(counted_place)s", self.place), given)


# The unit that is asked for, or the client's own when that lies within it; nothing when they do not meet.
_MEETING: Final = """
    SELECT CASE WHEN asked.path @> ARRAY[own.id] THEN asked.id WHEN own.path @> ARRAY[asked.id] THEN own.id END
    FROM kommun_unit asked CROSS JOIN kommun_unit own
    WHERE asked.code = %(unit)s::text AND own.id = %(own_unit)s::bigint"""


def month_by_month(
    counting: Counting,
    order: Order,
    rows: "QuerySet[Any, Any]",
    by_unit: "QuerySet[Any, Any]",
    columns: Sequence[str],
    there: str,
) -> Counted:
    """A page of the sorted `rows`: the statement's head, and what to select from.

    `by_unit` are the same rows without any condition on their unit, but that it is `part.id`.
    """
    months = counting.by_month()
    way = "DESC" if order.is_descending else "ASC"
    begun = _from_start(order)
    page = rows.filter(begun).values_list(*columns)
    cut = "LIMIT %(limit)s::bigint OFFSET (SELECT start.rest FROM start)"
    if counting.is_everywhere:
        near, found = "", f"{text_of(page)} {cut}"
    else:
        by = text_of(by_unit.filter(begun).values_list("pk", f"key_{order.keys[0].name}"))
        near = _NEAR.format(place=counting.place, rows=by, way=way, cut=cut, few_units=FEW_UNITS, few_rows=FEW_ROWS)
        chosen = rows.filter(pk__in=RawSQL("SELECT near.pk FROM near", [])).values_list(*columns)
        wide = page.filter(RawSQL("(SELECT NOT choice.by_unit FROM choice)", [], BooleanField()))
        found = f"({text_of(chosen)}) UNION ALL ({text_of(wide)} {cut})"
    head = _HEAD.format(months=months.sql, way=way, near=near)
    return Counted(f"{head} {PAGE.format(total=_TOTAL, there=there, page=found)}", months.given)


def _from_start(order: Order) -> Q:
    """In the month of the page or beyond it."""
    name = f"key_{order.keys[0].name}"
    if order.is_descending:
        edge = RawSQL(_EDGE.format("start.month + interval '1 month'"), [], DateTimeField())
        return Q(**{f"{name}__lt": edge})
    return Q(**{f"{name}__gte": RawSQL(_EDGE.format("start.month::timestamp"), [], DateTimeField())})


PAGE: Final = "SELECT ({total}), {there}, page.* FROM (VALUES (1)) one LEFT JOIN ({page}) page ON true"
_TOTAL: Final = "SELECT coalesce(sum(months.number), 0)::bigint FROM months"
_EDGE: Final = f"(SELECT ({{}}) AT TIME ZONE '{_ZONE}' FROM start)"
_HEAD: Final = """
WITH months AS ({months}),
running AS (
    SELECT months.month, months.number, sum(months.number) OVER (ORDER BY months.month {way}) AS upto FROM months
),
start AS (
    SELECT running.month, (%(offset)s::bigint - running.upto + running.number)::bigint AS rest
    FROM running WHERE running.upto > %(offset)s::bigint ORDER BY running.upto LIMIT 1
){near}"""
# Each unit gives as many rows as the page may need of it.
_NEAR: Final = """,
part AS MATERIALIZED (SELECT unit.id FROM kommun_unit unit WHERE unit.path @> ARRAY[{place}]),
choice AS MATERIALIZED (
    SELECT (SELECT count(*) FROM part) <= {few_units}
        OR (SELECT sum(months.number) FROM months) < {few_rows} AS by_unit
),
near AS MATERIALIZED (
    SELECT first_of.pk FROM part CROSS JOIN LATERAL (
        {rows} LIMIT %(limit)s::bigint + (SELECT start.rest FROM start)
    ) first_of (pk, begun)
    WHERE (SELECT choice.by_unit FROM choice)
    ORDER BY first_of.begun {way}, first_of.pk {way} {cut}
)"""
