"""Employees from a file: who they are, where they work, which units they manage. Who is missing is ended, not deleted.

Of a person with protected identity only the identifier and the unit go any further than this file. Whatever looks like
a personal identity number is refused where it stands.
"""

import dataclasses
import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from kommun.imports import sundsvall
from kommun.imports.employee_statements import Person, store
from kommun.imports.reading import Row, as_bool, keys_in, read
from kommun.imports.report import ImportStopped, Refusal, Report
from kommun.models import Employee, Source, Unit

COLUMNS = ("employee_id", "given_name", "family_name", "unit_code", "protected")
LONGEST = {"employee_id": 64, "given_name": 100, "family_name": 100, "email": 254, "login": 150, "title": 200}
EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\".]+")
IDENTITY_NUMBER = re.compile(r"(?:18|19|20)?(\d{2})(\d{2})(\d{2})[-+]?(\d{4})")
NO_END = 9999  # the year that personnel systems write for "until further notice"


@dataclasses.dataclass(frozen=True)
class Employed:
    """One row of the file."""

    number: int
    person: Person
    unit_code: str
    title: str
    is_main: bool
    is_manager: bool
    start_on: dt.date | None
    end_on: dt.date | None

    def has_ended(self, today: dt.date) -> bool:
        return self.end_on is not None and self.end_on < today


@dataclasses.dataclass
class Judged:
    """What may go in, by employee id, and what may not. Of the `partly` refused nothing stored is ended."""

    accepted: dict[str, list[Employed]]
    seen: set[str]
    partly: set[str]
    refusals: list[Refusal]


def import_employees(path: Path, *, today: dt.date, dry_run: bool = False, allow_ending_many: bool = False) -> Report:
    """Raises ImportStopped, with nothing stored, when the file as a whole cannot be used."""
    rows = read(path, columns=COLUMNS, flatten=sundsvall.employee_rows)
    units = dict(Unit.objects.open_on(today).values_list("code", "pk"))
    judged = judge(rows, units, today=today, logins=_logins_by_hand())
    if not judged.accepted:
        raise ImportStopped("\n".join([*map(str, judged.refusals), "No row could be used. Nothing was changed."]))
    counts = store(
        [(rows[0].person, _last_day(rows)) for rows in judged.accepted.values()],
        [
            (
                row.person.employee_id,
                units[row.unit_code],
                row.title,
                row is rows[0],
                row.is_manager,
                row.start_on,
                row.end_on,
            )
            for rows in judged.accepted.values()
            for row in rows
        ],
        seen=judged.seen,
        partly=judged.partly,
        today=today,
        dry_run=dry_run,
        allow_ending_many=allow_ending_many,
    )
    return Report("Employees", counts | {"refused": len(judged.refusals)}, judged.refusals)


def _last_day(rows: list[Employed]) -> dt.date | None:
    ends = [row.end_on for row in rows]
    return None if None in ends else max(end for end in ends if end)


def _logins_by_hand() -> dict[str, str]:
    """Login → employee id, of those whom no import may take the login from."""
    by_hand = Employee.objects.filter(source=Source.HAND, login__isnull=False)
    return {str(login): employee_id for login, employee_id in by_hand.values_list("login", "employee_id")}


# --- Judging --------------------------------------------------------------------------------------------------------
def judge(rows: Iterable[Row], units: Mapping[str, int], *, today: dt.date, logins: Mapping[str, str]) -> Judged:
    """`units`: the codes that exist. `logins`: those that somebody has already, with whose they are."""
    rows = list(rows)
    seen = {key for key in keys_in(rows, "employee_id") if not is_identity_number(key)}
    judged = Judged(defaultdict(list), seen, set(), [])
    taken = dict(logins)
    for row in rows:
        employee_id = row.values.get("employee_id", "")
        try:
            employed = _understood(row, units)
            _refuse_contradiction(employed, judged.accepted.get(employee_id, []), taken)
        except ValueError as fault:
            judged.partly.add(employee_id)
            judged.refusals.append(Refusal(row.number, str(fault)))
            continue
        if employed.person.login:
            taken[employed.person.login] = employee_id
        judged.accepted[employee_id].append(employed)
    judged.accepted = {key: _in_order(found, today) for key, found in judged.accepted.items()}
    return judged


def _understood(row: Row, units: Mapping[str, int]) -> Employed:
    """Raises ValueError with the reason why not."""
    if row.broken:
        raise ValueError(row.broken)
    values = defaultdict(str, row.values)
    if not values["employee_id"]:
        raise ValueError("it has no employee_id")
    if any(is_identity_number(values[name]) for name in ("employee_id", "login", "email")):
        raise ValueError("it holds what looks like a personal identity number, which is never read")
    if too_long := [name for name, longest in LONGEST.items() if len(values[name]) > longest]:
        raise ValueError(f"its {', '.join(too_long)} is too long")
    if values["unit_code"] not in units:
        raise ValueError(f"unit {values['unit_code']} is not known" if values["unit_code"] else "it has no unit_code")
    start_on, end_on = _day(values, "start_on"), _day(values, "end_on")
    if start_on and end_on and end_on < start_on:
        raise ValueError("its end_on is before its start_on")
    person = _person(values)
    return Employed(
        row.number,
        person,
        values["unit_code"],
        "" if person.is_protected else values["title"],
        _yes(values, "is_main"),
        _yes(values, "is_manager"),
        start_on,
        end_on,
    )


def _person(values: Mapping[str, str]) -> Person:
    if _yes(values, "protected"):
        return Person(values["employee_id"], is_protected=True)
    if not values["family_name"]:
        raise ValueError("it has no family_name")
    if values["email"] and not EMAIL.fullmatch(values["email"]):
        raise ValueError("its email is not an address")
    return Person(
        values["employee_id"],
        values["given_name"],
        values["family_name"],
        values["email"].lower(),
        values["login"].lower() or None,
    )


def _refuse_contradiction(new: Employed, earlier: list[Employed], taken: Mapping[str, str]) -> None:
    """A person may have several employments, on a row each; everything else about the person must agree."""
    if earlier and new.person != earlier[0].person:
        raise ValueError(
            f"employee_id {new.person.employee_id} is already in row {earlier[0].number} with other particulars"
        )
    for row in earlier:
        if row.unit_code == new.unit_code and _overlap(row, new):
            raise ValueError(f"employee_id {new.person.employee_id} is already in row {row.number} with this unit")
    if new.person.login and taken.get(new.person.login, new.person.employee_id) != new.person.employee_id:
        raise ValueError("its login is somebody else's")


def _overlap(one: Employed, other: Employed) -> bool:
    starts = [row.start_on or dt.date.min for row in (one, other)]
    ends = [row.end_on or dt.date.max for row in (one, other)]
    return max(starts) <= min(ends)


def _in_order(rows: list[Employed], today: dt.date) -> list[Employed]:
    """The main employment first; one row a unit; what is over is left out unless everything is."""
    lasting = [row for row in rows if not row.has_ended(today)] or rows
    by_unit: dict[str, Employed] = {}
    for row in sorted(lasting, key=lambda row: row.start_on or dt.date.min):
        first = by_unit.get(row.unit_code)
        by_unit[row.unit_code] = row if first is None else dataclasses.replace(first, end_on=row.end_on)
    return sorted(by_unit.values(), key=lambda row: (not row.is_main, row.number))


def _yes(values: Mapping[str, str], name: str) -> bool:
    try:
        return as_bool(values.get(name, ""))
    except ValueError:
        raise ValueError(f"its {name} is neither yes nor no") from None


def _day(values: Mapping[str, str], name: str) -> dt.date | None:
    """A date as 2026-01-31 or 20260131; a time of day after it is left out."""
    text = re.split("[T ]", values[name])[0]
    if not text:
        return None
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"its {name} is not a date") from None
    return None if day.year == NO_END else day


def is_identity_number(text: str) -> bool:
    """Whether `text` has the form of a Swedish personal identity or coordination number: a date and a check digit."""
    found = IDENTITY_NUMBER.fullmatch(text.split("@")[0])
    if found is None:
        return False
    _, month, day, _ = found.groups()
    is_date = 1 <= int(month) <= 12 and (1 <= int(day) <= 31 or 61 <= int(day) <= 91)
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate("".join(found.groups()))]
    return is_date and sum(number // 10 + number % 10 for number in doubled) % 10 == 0
