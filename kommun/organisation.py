"""The tree of units and its levers: the one writer of both. It knows nobody who works there."""

import dataclasses
import datetime as dt
from decimal import Decimal
from typing import Any, Literal, cast, overload

from django.db import connection, transaction

from kommun.models import Unit, UnitPlacement, UnitSetting
from kommun.swedish import sort_key

REBUILD_PATHS = """
WITH RECURSIVE tree(id, path) AS (
    SELECT unit.id, coalesce(above.path, '{}') || unit.id
    FROM kommun_unit unit LEFT JOIN kommun_unit above ON above.id = unit.parent_id
    WHERE unit.id = ANY(%s)
  UNION ALL
    SELECT unit.id, tree.path || unit.id FROM kommun_unit unit JOIN tree ON unit.parent_id = tree.id
)
UPDATE kommun_unit unit SET path = tree.path FROM tree WHERE unit.id = tree.id AND unit.path <> tree.path
"""


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
    with transaction.atomic():
        hold_the_tree()
        _refuse_loop(unit, parent)
        _follow_in_history(unit, parent, on)
        Unit.objects.filter(pk=unit.pk).update(parent=parent)
        rebuild_paths([unit.pk])
    unit.refresh_from_db(fields=["parent", "path"])
    return unit


def hold_the_tree() -> None:
    """Until the transaction ends nobody else moves units: two moves at once could close a loop that neither sees."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE kommun_unitplacement IN SHARE ROW EXCLUSIVE MODE")


def rebuild_paths(tops: list[int]) -> None:
    """Let the paths of the units `tops` and of all below follow the parents, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(REBUILD_PATHS, [tops])


def _refuse_loop(unit: Unit, parent: Unit | None) -> None:
    if parent is not None and Unit.objects.filter(pk=parent.pk, path__contains=[unit.pk]).exists():
        raise PlacementRefused(f"{unit.code} cannot stand under {parent.code}, which stands under {unit.code}.")


def _follow_in_history(unit: Unit, parent: Unit | None, on: dt.date) -> None:
    latest = UnitPlacement.objects.filter(unit=unit).order_by("from_on").last()
    if latest is not None and on < latest.from_on:
        raise PlacementRefused(f"{unit.code} was moved on {latest.from_on}; it cannot move before that.")
    if latest is not None and latest.parent == parent and latest.to_on is None:
        return
    if latest is not None and latest.from_on == on:
        UnitPlacement.objects.filter(pk=latest.pk).update(parent=parent, to_on=None)
        return
    if latest is not None and (latest.to_on is None or latest.to_on >= on):
        UnitPlacement.objects.filter(pk=latest.pk).update(to_on=on - dt.timedelta(days=1))
    UnitPlacement.objects.create(unit=unit, parent=parent, from_on=on)


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
