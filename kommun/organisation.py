"""The tree of units and its levers: the one writer of both. It knows nobody who works there."""

import dataclasses
import datetime as dt
from decimal import Decimal
from typing import Any, Literal, cast, overload

from django.db import connection, transaction
from django.db.models import BooleanField, F, Func, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from kommun.models import Unit, UnitPlacement, UnitSetting
from kommun.swedish import sort_key

TREE = """
WITH RECURSIVE tree(id, path) AS (
    SELECT id, ARRAY[id] FROM kommun_unit WHERE parent_id IS NULL
  UNION ALL
    SELECT unit.id, tree.path || unit.id FROM kommun_unit unit JOIN tree ON unit.parent_id = tree.id
)
"""
REBUILD_PATHS = (
    f"{TREE} UPDATE kommun_unit unit SET path = tree.path FROM tree WHERE unit.id = tree.id AND unit.path <> tree.path"
)
OUT_OF_REACH = f"{TREE} SELECT code FROM kommun_unit unit WHERE NOT EXISTS (SELECT FROM tree WHERE tree.id = unit.id)"


class PlacementRefused(ValueError):
    """A unit cannot stand there; the message says why."""


def add_unit(code: str, name: str, *, parent: Unit | None, on: dt.date, kind: str = Unit.Kind.UNIT) -> Unit:
    """A new unit that stands under `parent` (None: at the top) from the day `on`."""
    with transaction.atomic():
        unit = Unit.objects.create(code=code, name=name, sort_key=sort_key(name), kind=kind)
        return place(unit, parent, on=on)


def place(unit: Unit, parent: Unit | None, *, on: dt.date) -> Unit:
    """Let `unit` and its subtree stand under `parent` from `on`, which is today; where it stood before is kept.

    Raises PlacementRefused for a loop, and for a day before the unit's latest move.
    """
    place_many({unit.pk: parent.pk if parent else None}, on=on)
    unit.refresh_from_db(fields=["parent", "path"])
    return unit


def place_many(parents: dict[int, int | None], *, on: dt.date) -> set[int]:
    """`place` for many units at once: unit id → parent id. The ids of those that moved. Constantly many statements."""
    with transaction.atomic():
        hold_the_tree()
        latest = {
            row.unit_id: row
            for row in UnitPlacement.objects.filter(unit__in=parents)
            .order_by("unit_id", "-from_on")
            .distinct("unit_id")
        }
        moves = {pk: parent for pk, parent in parents.items() if not _stands_there(latest.get(pk), parent)}
        _follow_in_history(moves, latest, on)
        units = [Unit(pk=pk, parent_id=parent) for pk, parent in moves.items()]
        Unit.objects.bulk_update(units, ["parent"], batch_size=1000)
        rebuild_paths()
    return set(moves)


def hold_the_tree() -> None:
    """Until the transaction ends nobody else moves units: two moves at once could close a loop that neither sees."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE kommun_unitplacement IN SHARE ROW EXCLUSIVE MODE")


def rebuild_paths() -> None:
    """Let every path follow the parents. Raises PlacementRefused for units that no root is above: a loop."""
    with connection.cursor() as cursor:
        cursor.execute(REBUILD_PATHS)
        cursor.execute(OUT_OF_REACH)
        if codes := [code for (code,) in cursor.fetchall()]:
            raise PlacementRefused(f"A unit cannot stand under itself: {', '.join(codes)}.")


def _stands_there(placed: UnitPlacement | None, parent: int | None) -> bool:
    return placed is not None and placed.to_on is None and placed.parent_id == parent


def _follow_in_history(moves: dict[int, int | None], latest: dict[int, UnitPlacement], on: dt.date) -> None:
    """Closes where the units stood until yesterday. What began today never was, so it is replaced."""
    for pk, parent in moves.items():
        if pk == parent:
            raise PlacementRefused(f"Unit {pk} cannot stand under itself.")
        if pk in latest and on < latest[pk].from_on:
            raise PlacementRefused(f"Unit {pk} was moved on {latest[pk].from_on}; it cannot move before that.")
    yesterday = on - dt.timedelta(days=1)
    standing = UnitPlacement.objects.filter(unit__in=moves)
    standing.filter(from_on=on).delete()
    standing.filter(Q(to_on=None) | Q(to_on__gte=on)).update(to_on=yesterday)
    UnitPlacement.objects.bulk_create(
        UnitPlacement(unit_id=pk, parent_id=parent, from_on=on) for pk, parent in moves.items()
    )


@dataclasses.dataclass(frozen=True)
class Levers:
    """What holds for a unit on a day. The defaults hold where no unit above has said anything."""

    decision_days: int = 10  # full working days
    silence_means_go: bool = False
    own_mandate: bool = False
    mandate_amount: Decimal = Decimal(0)  # kronor


LEVERS = tuple(field.name for field in dataclasses.fields(Levers))


def levers(unit: Unit, *, on: dt.date) -> Levers:
    """Every lever of `unit` on the day `on`, each from the nearest unit at or above it that sets it. One query."""
    rows = {row.unit_id: row for row in UnitSetting.objects.on(on).filter(unit_id__in=unit.path)}
    nearest_first = [rows[pk] for pk in reversed(unit.path) if pk in rows]
    found: dict[str, Any] = {}
    for row in nearest_first:
        found |= {name: getattr(row, name) for name in LEVERS if name not in found and getattr(row, name) is not None}
    return Levers(**found)


@overload
def setting(unit: Unit, name: Literal["decision_days"], *, on: dt.date) -> int: ...
@overload
def setting(unit: Unit, name: Literal["silence_means_go", "own_mandate"], *, on: dt.date) -> bool: ...
@overload
def setting(unit: Unit, name: Literal["mandate_amount"], *, on: dt.date) -> Decimal: ...
def setting(unit: Unit, name: str, *, on: dt.date) -> int | bool | Decimal:
    """One lever of `unit` on the day `on`, inherited from above where the unit itself is silent."""
    return cast("int | bool | Decimal", getattr(levers(unit, on=on), name))


def setting_of(unit: str, name: str, *, on: dt.date) -> Coalesce:
    """The same lever over many rows at once; `unit` is the name by which a row knows its unit."""
    path = OuterRef(f"{unit}__path")
    is_above = Func(
        F("unit_id"), path, template="(%(expressions)s))", arg_joiner=" = ANY (", output_field=BooleanField()
    )
    depth = Func(path, F("unit_id"), function="array_position", output_field=IntegerField())
    said = UnitSetting.objects.on(on).filter(is_above, **{f"{name}__isnull": False}).annotate(depth=depth)
    return Coalesce(Subquery(said.order_by("-depth").values(name)[:1]), getattr(Levers, name))


def set_setting(unit: Unit, *, on: dt.date, **values: int | bool | Decimal | None) -> UnitSetting:
    """Let `values` hold for `unit` from `on` until further notice; levers not named stay, None inherits again.

    Raises ValueError for an unknown lever, and for a day before the latest change: history is not rewritten.
    """
    if unknown := values.keys() - set(LEVERS):
        raise ValueError(f"No such lever: {', '.join(sorted(unknown))}.")
    with transaction.atomic():
        Unit.objects.select_for_update(no_key=True).get(pk=unit.pk)
        latest = UnitSetting.objects.filter(unit=unit).order_by("from_on").last()
        if latest is not None and on < latest.from_on:
            raise ValueError(f"The settings were changed on {latest.from_on}; they cannot change before that.")
        if latest is not None and latest.from_on == on:
            return _changed(latest, {**values, "to_on": None})
        kept = {name: getattr(latest, name) for name in LEVERS} if latest is not None and latest.to_on is None else {}
        if latest is not None and latest.to_on is None:
            _changed(latest, {"to_on": on - dt.timedelta(days=1)})
        return UnitSetting.objects.create(unit=unit, from_on=on, **{**kept, **values})


def _changed(row: UnitSetting, values: dict[str, Any]) -> UnitSetting:
    for name, value in values.items():
        setattr(row, name, value)
    row.save()
    return row
