"""Åsmåla: its units, its 1,200 employees and who answers for what. The same every time; dates follow today."""

import datetime as dt
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from django.contrib.auth.hashers import make_password

from initiatives.demo.names import FAMILY, GIVEN
from initiatives.demo.tree import TREE
from kommun.models import Assignment, DemoPerson, Employee, Employment, Role, Unit, UnitSetting
from kommun.organisation import place
from kommun.swedish import sort_key

SINCE: Final = dt.date(2015, 1, 1)
EMPLOYEES: Final = 1200

# The persons that the sign-in page of the demo offers: key, given and family name, unit, role and what they can show.
PERSONS: Final = (
    ("amina", "Amina", "Lindqvist", "Bygglovsenheten", None, "Handläggare som driver initiativ"),
    ("johan", "Johan", "Ek", "Bygglovsenheten", Role.MANAGER, "Chef för Bygglovsenheten, beslutar"),
    ("mikael", "Mikael", "Öberg", "Gata och park", None, "Tekniker som väntar på beslut"),
    ("sanna", "Sanna", "Hedlund", "Samhällsbyggnadsförvaltningen", Role.MANAGER, "Förvaltningschef"),
    ("karin", "Karin", "Nordin", "Samhällsbyggnadsförvaltningen", Role.CONTROLLER, "Controller"),
    ("helena", "Helena", "Strand", "Åsmåla kommun", Role.MANAGER, "Kommundirektör"),
    ("birgitta", "Birgitta", "Sjölund", "Åsmåla kommun", Role.VIEWER, "Politiker i kommunstyrelsen"),
    ("ali", "Ali", "Rahimi", "Åsmåla kommun", Role.ADMINISTRATOR, "Administratör"),
)


@dataclass
class Municipality:
    root: Unit
    fields: dict[int, str] = field(default_factory=dict)  # field of work by leaf unit
    units: list[Unit] = field(default_factory=list)  # all of them, parents first
    staff: dict[int, list[Employee]] = field(default_factory=dict)  # by unit
    persons: dict[str, Employee] = field(default_factory=dict)  # the demo persons by key

    @property
    def leaves(self) -> list[Unit]:
        return [unit for unit in self.units if unit.pk in self.fields]

    def unit(self, name: str) -> Unit:
        return next(unit for unit in self.units if unit.name == name)


def build_municipality(name: str, chance: random.Random) -> Municipality:
    """Writes units, levers, people and roles. About a dozen statements a hundred units, and four for all people."""
    municipality = _build_units(name)
    _hire(municipality, chance)
    _give_roles(municipality, chance)
    UnitSetting.objects.create(
        unit=municipality.root,
        from_on=SINCE,
        decision_days=10,
        silence_means_go=True,
        own_mandate=True,
        mandate_amount=50_000,
    )
    return municipality


def _build_units(name: str) -> Municipality:
    root = _unit("1", name, Unit.Kind.MUNICIPALITY, None)
    municipality = Municipality(root, units=[root])
    for number, (department, divisions) in enumerate(TREE.items(), start=1):
        parent = _unit(f"1{number}", department, Unit.Kind.DEPARTMENT, root)
        municipality.units.append(parent)
        for index, (division, leaves) in enumerate(divisions.items(), start=1):
            middle = _unit(f"1{number}{index}", division, Unit.Kind.DIVISION, parent)
            municipality.units.append(middle)
            for last, leaf in enumerate(leaves, start=1):
                work, _, leaf_name = leaf.partition("|")
                unit = _unit(f"1{number}{index}{last}", leaf_name, Unit.Kind.UNIT, middle)
                municipality.units.append(unit)
                municipality.fields[unit.pk] = work
    return municipality


def _unit(code: str, name: str, kind: Unit.Kind, parent: Unit | None) -> Unit:
    unit = Unit.objects.create(code=code, name=name, sort_key=sort_key(name), kind=kind)
    place(unit, parent, on=SINCE)
    unit.refresh_from_db()
    return unit


def _hire(municipality: Municipality, chance: random.Random) -> None:
    employees = list(_named(municipality)) + list(_anybody(municipality, chance))
    Employee.objects.bulk_create([employee for employee, _unit in employees])
    DemoPerson.objects.bulk_create(
        DemoPerson(employee=municipality.persons[person[0]], number=number, says=person[-1])
        for number, person in enumerate(PERSONS, start=1)
    )
    Employment.objects.bulk_create(
        Employment(employee=employee, unit=unit, from_on=SINCE, title="") for employee, unit in employees
    )
    for employee, unit in employees:
        municipality.staff.setdefault(unit.pk, []).append(employee)


def _named(municipality: Municipality) -> Iterator[tuple[Employee, Unit]]:
    for key, given, family, unit_name, _role, _title in PERSONS:
        employee = _employee(f"demo-{key}", given, family, key)
        municipality.persons[key] = employee
        yield employee, municipality.unit(unit_name)


def _anybody(municipality: Municipality, chance: random.Random) -> Iterator[tuple[Employee, Unit]]:
    """A manager for each unit that lacks a named one, a deputy for each, and the rest where people work."""
    bosses = {unit_name for _key, _given, _family, unit_name, role, _title in PERSONS if role == Role.MANAGER}
    homes = [unit for unit in municipality.units if unit.name not in bosses]
    homes += municipality.units  # deputies
    rest = itertools.cycle(municipality.leaves)
    homes += list(itertools.islice(rest, EMPLOYEES - len(PERSONS) - len(homes)))
    for number, unit in enumerate(homes, start=1):
        yield _employee(f"a{number:05}", chance.choice(GIVEN), chance.choice(FAMILY), f"a{number:05}"), unit


def _employee(employee_id: str, given: str, family: str, login: str) -> Employee:
    return Employee(
        employee_id=employee_id,
        login=login,
        email=f"{login}@asmala.example",
        given_name=given,
        family_name=family,
        sort_key=sort_key(f"{family}, {given}"),
        password=make_password(None),
    )


def _give_roles(municipality: Municipality, chance: random.Random) -> None:
    named = [
        (municipality.persons[key], municipality.unit(unit_name), role)
        for key, _given, _family, unit_name, role, _title in PERSONS
        if role
    ]
    named.append((municipality.staff[municipality.root.pk][-1], municipality.root, Role.CONTROLLER))
    managed = {unit.pk for _person, unit, role in named if role == Role.MANAGER}
    roles = list(named)
    for unit in municipality.units:
        candidates = [person for person in municipality.staff[unit.pk] if person not in municipality.persons.values()]
        if unit.pk not in managed:
            roles.append((candidates.pop(0), unit, Role.MANAGER))
        roles.append((candidates.pop(0), unit, Role.DEPUTY))
    Assignment.objects.bulk_create(
        Assignment(employee=person, unit=unit, role=role, from_on=SINCE) for person, unit, role in roles
    )


def drivers_of(municipality: Municipality, unit: Unit) -> list[Employee]:
    """Those in the unit who do not answer for it: the ones whose initiatives its manager decides on."""
    return municipality.staff[unit.pk][2:]
