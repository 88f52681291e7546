"""1,200 employees in a tree of 60 units: who works where, who answers for what, who is away or leaves, and when.

All of it is known before the year begins, in plain Python beside the rows, so that a reckoning can ask it anything.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Final

from initiatives.models import DUTIES, OptOut, RuleName
from kommun.models import (
    Absence,
    Assignment,
    ClosedDay,
    Employee,
    Employment,
    QuietDays,
    Role,
    Unit,
    UnitPlacement,
    UnitSetting,
)
from tests.year.days import CLOSED, FIRST, LAST, ONE_DAY, QUIET

EMPLOYEES: Final = 1200
DEPARTMENTS, DIVISIONS, UNITS = 5, 14, 40  # and the municipality itself
LONG_AGO: Final = dt.date(2020, 1, 1)
MANDATE: Final = Decimal(20_000)  # kronor, in every unit
HOURS: Final = (None, None, None, dt.time(6), dt.time(9, 30), dt.time(12), dt.time(17, 30))
Period = tuple[dt.date, dt.date | None]


@dataclass
class Held:
    """A role for a unit, from one day to another."""

    id: int
    person: int
    unit: int
    role: str
    from_on: dt.date
    to_on: dt.date | None

    def on(self, day: dt.date) -> bool:
        return self.from_on <= day and (self.to_on is None or day <= self.to_on)


@dataclass
class Municipality:
    people: dict[int, Employee]
    units: dict[int, Unit]
    absences: dict[int, list[Period]]
    declined: dict[int, set[str]]
    held: dict[int, list[Held]] = field(default_factory=lambda: defaultdict(list))  # by unit

    def is_employed(self, person: int, day: dt.date) -> bool:
        ended_on = self.people[person].ended_on
        return ended_on is None or day <= ended_on

    def is_here(self, person: int, day: dt.date) -> bool:
        away = any(first <= day and (last is None or day <= last) for first, last in self.absences.get(person, ()))
        return self.is_employed(person, day) and not away

    def decider(self, unit: int, day: dt.date, cost: Decimal | None, drivers: Iterable[int]) -> int | None:
        """The nearest level that is not driven by its own and covers the cost; last the administrator."""
        drivers = set(drivers)
        path = self.units[unit].path
        for level in reversed(path):
            if cost is not None and level != path[0] and cost > MANDATE:
                continue
            holding = [each for each in self.held[level] if each.on(day) and self.is_employed(each.person, day)]
            if any(each.role == Role.MANAGER and each.person in drivers for each in holding):
                continue
            acting = [
                each for each in holding if each.role in (Role.MANAGER, Role.DEPUTY) and self.is_here(each.person, day)
            ]
            acting.sort(key=lambda each: (each.role == Role.DEPUTY, each.from_on, each.id))
            if acting and acting[0].person not in drivers:
                return acting[0].person
        return self._administrator(path, day, drivers)

    def _administrator(self, path: list[int], day: dt.date, drivers: set[int]) -> int | None:
        for level in reversed(path):
            for each in self.held[level]:
                is_here = each.on(day) and self.is_here(each.person, day)
                if each.role == Role.ADMINISTRATOR and is_here and each.person not in drivers:
                    return each.person
        return None

    def answers(self, unit: int, day: dt.date, person: int) -> bool:
        """Whether the person is manager or deputy of the unit or of one above it."""
        return self.is_employed(person, day) and any(
            each.person == person and each.on(day) and each.role in (Role.MANAGER, Role.DEPUTY)
            for level in self.units[unit].path
            for each in self.held[level]
        )

    def above(self, unit: int, day: dt.date, person: int) -> int | None:
        """The unit above the nearest one that the person answers for; at the top, the top."""
        path, roles = self.units[unit].path, (Role.MANAGER, Role.DEPUTY, Role.ADMINISTRATOR)
        for place in range(len(path) - 1, -1, -1):
            if any(each.person == person and each.on(day) and each.role in roles for each in self.held[path[place]]):
                return path[max(0, place - 1)]
        return None

    def controller(self, unit: int, day: dt.date, barred: set[int]) -> int | None:
        """The nearest who is here and has had no part in it, and answers for the unit in no other way."""
        answering = {
            each.person
            for each in self.held[unit]
            if each.on(day) and each.role in (Role.MANAGER, Role.DEPUTY)
        }  # fmt: skip
        for level in reversed(self.units[unit].path):
            holding = [each for each in self.held[level] if each.on(day) and each.role == Role.CONTROLLER]
            for each in sorted(holding, key=lambda each: each.id):
                if self.is_here(each.person, day) and each.person not in barred | answering:
                    return each.person
        return None


def build(chance: Random) -> Municipality:
    units = _units(chance)
    leaves = units[-UNITS:]
    people = _people(chance)
    for on in CLOSED:
        ClosedDay.objects.create(on=on, name="Stängt")
    QuietDays.objects.create(from_on=QUIET[0], to_on=QUIET[1], name="Semesterveckorna")
    homes = {person.pk: chance.choice(leaves) for person in people}
    Employment.objects.bulk_create(
        Employment(employee=person, unit=homes[person.pk], from_on=LONG_AGO) for person in people
    )
    found = Municipality(
        people={person.pk: person for person in people},
        units={unit.pk: unit for unit in units},
        absences=_absences(people, chance),
        declined=_declined(people, chance),
    )
    for row in _assignments(units, people, chance):
        found.held[row.unit_id].append(
            Held(row.pk, row.employee_id, row.unit_id, row.role, row.from_on, row.to_on)
        )  # fmt: skip
    return found


def _units(chance: Random) -> list[Unit]:
    """The municipality, its departments, their divisions and the units of those, in this order."""
    kinds = [(1, "Kommunen"), (DEPARTMENTS, "Förvaltning"), (DIVISIONS, "Avdelning"), (UNITS, "Enhet")]
    made: list[list[Unit]] = []
    for count, name in kinds:
        above = made[-1] if made else [None]
        level = [
            Unit(code=f"{name}{n}", name=f"{name} {n}", sort_key=f"{name} {n}", parent=above[n % len(above)])
            for n in range(count)
        ]
        Unit.objects.bulk_create(level)
        for unit in level:
            unit.path = [*(unit.parent.path if unit.parent else []), unit.pk]
        Unit.objects.bulk_update(level, ["path"])
        made.append(level)
    units = [unit for level in made for unit in level]
    UnitPlacement.objects.bulk_create(
        UnitPlacement(unit=unit, parent=unit.parent, from_on=LONG_AGO) for unit in units
    )  # fmt: skip
    levers = {"decision_days": 10, "silence_means_go": True, "own_mandate": True, "mandate_amount": MANDATE}
    UnitSetting.objects.create(unit=units[0], from_on=LONG_AGO, **levers)
    for unit in chance.sample(made[2], 7):  # here silence means nothing
        UnitSetting.objects.create(unit=unit, from_on=LONG_AGO, silence_means_go=False)
    return units


def _people(chance: Random) -> list[Employee]:
    """Some leave during the year, some want their letters at another hour or seldom, some cannot be written to."""
    people = [
        Employee(
            employee_id=f"P{number}",
            login=f"p{number}",
            email="" if chance.random() < 0.01 else f"p{number}@example.org",
            given_name=f"Namn{number}",
            family_name=f"Efternamn{number}",
            password="!",
            language="en" if chance.random() < 0.1 else "sv",
            ended_on=_some_day(chance) if chance.random() < 0.08 else None,
            letter_hour=chance.choice(HOURS),
            letters_per_week=chance.choice((None, None, None, 1, 2, 5)),
            letters_paused_until=_some_day(chance) if chance.random() < 0.02 else None,
        )
        for number in range(EMPLOYEES)
    ]
    for person in people[-5:]:
        person.is_protected, person.email, person.given_name, person.family_name = True, "", "", ""
    return Employee.objects.bulk_create(people)


def _absences(people: list[Employee], chance: Random) -> dict[int, list[Period]]:
    """Summer, sick days, and some on parental leave for months, or until further notice."""
    found: dict[int, list[Period]] = {}
    for person in people:
        summer = dt.date(2026, 6, 22) + ONE_DAY * 7 * chance.randrange(6)
        wanted: list[Period] = [(summer, summer + ONE_DAY * (7 * chance.randrange(2, 6) - 1))]
        for _ in range(chance.randrange(3)):
            sick = _some_day(chance)
            wanted.append((sick, sick + ONE_DAY * chance.randrange(1, 9)))
        if chance.random() < 0.06:
            begins = _some_day(chance)
            wanted.insert(0, (begins, begins + ONE_DAY * chance.randrange(60, 240)))
        if chance.random() < 0.01:
            wanted.insert(0, (_some_day(chance), None))
        found[person.pk] = _apart(wanted)
    Absence.objects.bulk_create(
        Absence(employee_id=person, from_on=first, to_on=last) for person, away in found.items() for first, last in away
    )
    return found


def _apart(wanted: list[Period]) -> list[Period]:
    """Those of the periods that overlap none before them."""
    kept: list[Period] = []
    for first, last in wanted:
        if all((last or dt.date.max) < other or first > (until or dt.date.max) for other, until in kept):
            kept.append((first, last))
    return kept


def _declined(people: list[Employee], chance: Random) -> dict[int, set[str]]:
    choices = [rule.value for rule in RuleName if rule not in DUTIES]
    found = {person.pk: set(chance.sample(choices, 2)) for person in people if chance.random() < 0.15}
    OptOut.objects.bulk_create(
        OptOut(employee_id=person, rule=rule, created_at=dt.datetime(2025, 1, 1, tzinfo=dt.UTC))
        for person, rules in found.items()
        for rule in rules
    )
    return found


def _assignments(units: list[Unit], people: list[Employee], chance: Random) -> list[Assignment]:
    """A manager for each unit, a deputy for most; every fourth manager gives way to another, some after a gap."""
    choosable = iter(chance.sample([person for person in people if not person.is_protected], 200))
    rows = [Assignment(employee=next(choosable), unit=units[0], role=Role.ADMINISTRATOR, from_on=LONG_AGO)]
    for number, unit in enumerate(units):
        until = _some_day(chance) if number % 4 == 3 else None
        rows.append(
            Assignment(employee=next(choosable), unit=unit, role=Role.MANAGER, from_on=LONG_AGO, to_on=until)
        )  # fmt: skip
        if until:
            begins = until + ONE_DAY * chance.choice((1, 1, 15))
            rows.append(Assignment(employee=next(choosable), unit=unit, role=Role.MANAGER, from_on=begins))
        if chance.random() < 0.7:
            rows.append(Assignment(employee=next(choosable), unit=unit, role=Role.DEPUTY, from_on=LONG_AGO))
        if number <= DEPARTMENTS:
            rows.append(Assignment(employee=next(choosable), unit=unit, role=Role.CONTROLLER, from_on=LONG_AGO))
    return Assignment.objects.bulk_create(rows)


def _some_day(chance: Random) -> dt.date:
    return FIRST + ONE_DAY * chance.randrange((LAST - FIRST).days)
