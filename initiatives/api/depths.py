"""How a page deep in a long list is found without reading what comes before it, and its length without counting.

How many there are of each month, in any part of the organisation, is known (`initiatives.outcomes.counting`). So the
month of a page is looked up, and only what comes before it in that month is passed by. In a small part of the
organisation the rows are fetched unit by unit, in a large one by the order of all; both by an index.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from django.db.models import BigIntegerField, BooleanField, DateTimeField, ExpressionWrapper, F, Q, QuerySet
from django.db.models.expressions import RawSQL

from initiatives.api.orders import Order
from initiatives.api.plans import IsAnyOf, text_of
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
        if not self.has_unit:
            return _OWN
        return f"({_MEETING if self.is_bound else _ASKED})"

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


# As `plans.Unseen` has them: one plan serves all.
_OWN: Final = "(SELECT %(own_unit)s::bigint)"
_CODE: Final = "(SELECT %(unit)s::text)"
_OFFSET: Final = "(SELECT %(offset)s::bigint)"
_ASKED: Final = f"SELECT asked.id FROM kommun_unit asked WHERE asked.code = {_CODE}"
# The unit that is asked for, or the client's own when that lies within it; nothing when they do not meet.
_MEETING: Final = f"""
    SELECT CASE WHEN asked.path @> ARRAY[own.id] THEN asked.id WHEN own.path @> ARRAY[asked.id] THEN own.id END
    FROM kommun_unit asked CROSS JOIN kommun_unit own
    WHERE asked.code = {_CODE} AND own.id = {_OWN}"""


def month_by_month(
    counting: Counting, order: Order, rows: "QuerySet[Any, Any]", unit_column: str, limit: int
) -> Counted:
    """CTEs that lead to `chosen` (pk), the rows of a page, and to `months`, whose numbers add up to the total.

    `rows` are sorted, and come from every unit; here they are held to those of the place.
    """
    months = counting.by_month()
    way = "DESC" if order.is_descending else "ASC"
    rows = rows.filter(_from_start(order))
    if counting.is_everywhere:
        chosen = _CHOSEN.format(far=text_of(rows.values_list("pk")), limit=limit)
    else:
        of_part = rows.filter(**{unit_column: RawSQL("part.id", [])})
        near = text_of(of_part.values_list("pk", f"key_{order.keys[0].name}"))
        unit = ExpressionWrapper(F(f"{unit_column}_id") + 0, BigIntegerField())  # no index of units: by the order
        far = text_of(rows.filter(_IS_WIDE, IsAnyOf(unit, _PARTS)).values_list("pk"))
        given = {"place": counting.place, "way": way, "limit": limit, "few_units": FEW_UNITS, "few_rows": FEW_ROWS}
        chosen = _CHOSEN_NEAR_OR_FAR.format(near=near, far=far, **given)
    return Counted(_MONTHS.format(months=months.sql, way=way) + chosen, months.given)


def _from_start(order: Order) -> Q:
    """In the month of the page or beyond it."""
    name = f"key_{order.keys[0].name}"
    if order.is_descending:
        edge = RawSQL(_EDGE.format("start.month + interval '1 month'"), [], DateTimeField())
        return Q(**{f"{name}__lt": edge})
    return Q(**{f"{name}__gte": RawSQL(_EDGE.format("start.month::timestamp"), [], DateTimeField())})


_PARTS: Final = RawSQL("ARRAY(SELECT part.id FROM part)", [])
_IS_WIDE: Final = RawSQL("(SELECT NOT choice.by_unit FROM choice)", [], BooleanField())
TOTAL: Final = "SELECT coalesce(sum(months.number), 0)::bigint FROM months"
_EDGE: Final = f"(SELECT ({{}}) AT TIME ZONE '{_ZONE}' FROM start)"
_MONTHS: Final = f"""
months AS ({{months}}),
running AS (
    SELECT months.month, months.number, sum(months.number) OVER (ORDER BY months.month {{way}}) AS upto FROM months
),
start AS (
    SELECT running.month, ({_OFFSET} - running.upto + running.number)::bigint AS rest
    FROM running WHERE running.upto > {_OFFSET} ORDER BY running.upto LIMIT 1
),"""
_CUT: Final = "LIMIT {limit} OFFSET (SELECT start.rest FROM start)"
_CHOSEN: Final = f"chosen (pk) AS MATERIALIZED ({{far}} {_CUT})"
# Each unit gives as many rows as the page may need of it.
_CHOSEN_NEAR_OR_FAR: Final = f"""
part AS MATERIALIZED (SELECT unit.id FROM kommun_unit unit WHERE unit.path @> ARRAY[{{place}}]),
choice AS MATERIALIZED (
    SELECT (SELECT count(*) FROM part) <= {{few_units}}
        OR (SELECT sum(months.number) FROM months) < {{few_rows}} AS by_unit
),
near AS MATERIALIZED (
    SELECT first_of.pk FROM part CROSS JOIN LATERAL (
        {{near}} LIMIT {{limit}} + (SELECT start.rest FROM start)
    ) first_of (pk, begun)
    WHERE (SELECT choice.by_unit FROM choice)
    ORDER BY first_of.begun {{way}}, first_of.pk {{way}} {_CUT}
),
chosen (pk) AS MATERIALIZED (SELECT near.pk FROM near UNION ALL ({{far}} {_CUT}))"""
