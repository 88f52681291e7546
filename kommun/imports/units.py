"""The organisation tree from a file. Good rows go in; who is missing is ended, never deleted."""

import dataclasses
import datetime as dt
from collections.abc import Iterable
from pathlib import Path

from django.db import transaction
from django.db.models import Q

from kommun import organisation
from kommun.imports import sundsvall
from kommun.imports.reading import Row, keys_in, read
from kommun.imports.report import ImportStopped, Refusal, Report, stop_if_many_would_end
from kommun.models import Assignment, Source, Unit, UnitPlacement
from kommun.swedish import sort_key

COLUMNS = ("unit_code", "unit_name", "parent_code")
KINDS = {
    **{kind.value: kind for kind in Unit.Kind},
    "kommun": Unit.Kind.MUNICIPALITY,
    "förvaltning": Unit.Kind.DEPARTMENT,
    "verksamhet": Unit.Kind.DIVISION,
    "avdelning": Unit.Kind.DIVISION,
    "enhet": Unit.Kind.UNIT,
    "": Unit.Kind.UNIT,
}
LONGEST_CODE, LONGEST_NAME = 64, 200


@dataclasses.dataclass(frozen=True)
class UnitRow:
    number: int
    code: str
    name: str
    parent: str
    kind: str


def import_organisation(
    path: Path, *, today: dt.date, dry_run: bool = False, allow_ending_many: bool = False
) -> Report:
    """Raises ImportStopped, with nothing stored, when the file as a whole cannot be used."""
    rows = read(path, columns=COLUMNS, flatten=sundsvall.unit_rows)
    with transaction.atomic():
        organisation.hold_the_tree()
        stored = {unit.code: unit for unit in Unit.objects.all()}
        seen = keys_in(rows, "unit_code")
        accepted, refusals = judge(rows, stored, {code for code in stored if not _ends(stored[code], seen, today)})
        if not accepted:
            raise ImportStopped("\n".join([*map(str, refusals), "No row could be used. Nothing was changed."]))
        missing = [unit for unit in stored.values() if _is_current(unit, today) and _ends(unit, seen, today)]
        current = sum(_is_current(unit, today) for unit in stored.values() if unit.source == Source.IMPORT)
        stop_if_many_would_end("units", len(missing), current, allowed=allow_ending_many)
        counts = _store(accepted, stored, today) | {"ended": _end(missing, today), "refused": len(refusals)}
        transaction.set_rollback(dry_run)
    return Report("Units", counts, refusals)


def _is_current(unit: Unit, today: dt.date) -> bool:
    return unit.ended_on is None or unit.ended_on >= today


def _ends(unit: Unit, seen: set[str], today: dt.date) -> bool:
    """Whether the unit is, after this file, no longer part of the organisation."""
    return not _is_current(unit, today) or (unit.source == Source.IMPORT and unit.code not in seen)


# --- Judging: no row is written that would make the tree untrue -----------------------------------------------------
def judge(rows: Iterable[Row], stored: dict[str, Unit], lasting: set[str]) -> tuple[dict[str, UnitRow], list[Refusal]]:
    """The rows that may go in, by code, and why the others may not. `lasting`: the stored units that will remain."""
    accepted: dict[str, UnitRow] = {}
    refusals: list[Refusal] = []
    for row in rows:
        reason = _fault(row)
        code = row.values.get("unit_code", "")
        if not reason and code in accepted:
            reason = f"unit {code} is already in row {accepted[code].number}"
        if reason:
            refusals.append(Refusal(row.number, reason))
            continue
        values = row.values
        kind = KINDS[values.get("kind", "").lower()]
        accepted[code] = UnitRow(row.number, code, values["unit_name"], values["parent_code"], kind)
    _refuse_unplaceable(accepted, stored, lasting, refusals)
    return accepted, refusals


def _fault(row: Row) -> str:
    if row.broken:
        return row.broken
    code, name = row.values["unit_code"], row.values["unit_name"]
    if not code or not name:
        return "it has no unit_name" if code else "it has no unit_code"
    if len(code) > LONGEST_CODE or len(name) > LONGEST_NAME:
        return "its unit_code or unit_name is too long"
    kind = row.values.get("kind", "")
    return "" if kind.lower() in KINDS else f"its kind is none of {', '.join(name for name in KINDS if name)}"


def _refuse_unplaceable(
    accepted: dict[str, UnitRow], stored: dict[str, Unit], lasting: set[str], refusals: list[Refusal]
) -> None:
    """Refuses unknown parents and loops until none is left: a refused row may be the parent of others."""
    code_of = {unit.pk: code for code, unit in stored.items()}
    standing = {code: code_of.get(unit.parent_id, "") if unit.parent_id else "" for code, unit in stored.items()}
    while True:
        parents = standing | {code: row.parent for code, row in accepted.items()}
        known = lasting | accepted.keys()
        reasons = {code: reason for code, row in accepted.items() if (reason := _misplacement(row, parents, known))}
        if not reasons:
            return
        refusals.extend(Refusal(accepted.pop(code).number, reason) for code, reason in reasons.items())


def _misplacement(row: UnitRow, parents: dict[str, str], known: set[str]) -> str:
    if not row.parent:
        return ""
    if row.parent not in known:
        return f"parent {row.parent} is not known"
    return f"unit {row.code} would stand under itself" if _loops(row.code, parents) else ""


def _loops(code: str, parents: dict[str, str]) -> bool:
    """Whether the way up from `code` comes back to it. A loop further up is the fault of those that close it."""
    passed = {code}
    above = parents[code]
    while above and above not in passed:
        passed.add(above)
        above = parents.get(above, "")
    return above == code


# --- Storing, in a constant number of statements --------------------------------------------------------------------
def _store(accepted: dict[str, UnitRow], stored: dict[str, Unit], today: dt.date) -> dict[str, int]:
    new = [Unit(**_columns(row)) for code, row in accepted.items() if code not in stored]
    units = stored | {unit.code: unit for unit in Unit.objects.bulk_create(new)}
    altered = [units[code] for code, row in accepted.items() if code in stored and _alter(units[code], row)]
    Unit.objects.bulk_update(altered, ["name", "sort_key", "kind", "source", "ended_on"], batch_size=1000)
    parents = {units[code].pk: units[row.parent].pk if row.parent else None for code, row in accepted.items()}
    moved = organisation.place_many(parents, on=today)
    changed = {unit.pk for unit in altered} | moved
    changed -= {unit.pk for unit in new}
    return {"new": len(new), "changed": len(changed), "unchanged": len(accepted) - len(new) - len(changed)}


def _columns(row: UnitRow) -> dict[str, str]:
    return {
        "code": row.code,
        "name": row.name,
        "sort_key": sort_key(row.name),
        "kind": row.kind,
        "source": Source.IMPORT,
    }


def _alter(unit: Unit, row: UnitRow) -> bool:
    """Lets `unit` be as the row says, and current again if it had ended. Whether that made a difference."""
    wanted = {**_columns(row), "ended_on": None}
    if all(getattr(unit, name) == value for name, value in wanted.items()):
        return False
    for name, value in wanted.items():
        setattr(unit, name, value)
    return True


def _end(missing: list[Unit], today: dt.date) -> int:
    """Yesterday was the last day of these units and of every assignment for them."""
    last = today - dt.timedelta(days=1)
    ids = [unit.pk for unit in missing]
    for model in (UnitPlacement, Assignment):
        lasting = model.objects.filter(Q(to_on=None) | Q(to_on__gt=last), unit__in=ids)
        lasting.filter(from_on__gt=last).delete()
        lasting.update(to_on=last)
    return Unit.objects.filter(pk__in=ids).update(ended_on=last)
