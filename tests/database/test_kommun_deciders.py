"""Who decides for a unit on a day: each case of the rule, by the function in the database and its faces."""

import datetime as dt
from decimal import Decimal
from typing import NamedTuple

import pytest
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef
from pytest_django import DjangoAssertNumQueries as Counted

from initiatives.models import CoDriver, Initiative
from kommun.deciders import Decider, DeciderId, decider_for, may_decide
from kommun.models import Absence, Assignment, Employee, Role, Unit
from kommun.organisation import place, set_setting
from tests.builders import LONG_AGO, TODAY, a_manager, a_person, a_unit, an_initiative, assign

pytestmark = pytest.mark.django_db
YESTERDAY, TOMORROW = TODAY - dt.timedelta(days=1), TODAY + dt.timedelta(days=1)


class House(NamedTuple):
    root: Unit
    division: Unit
    unit: Unit
    director: Employee
    head: Employee
    manager: Employee


@pytest.fixture
def house() -> House:
    root = a_unit("Kommunen")
    division = a_unit("Förvaltningen", root)
    unit = a_unit("Enheten", division)
    return House(root, division, unit, a_manager(root, "Disa"), a_manager(division, "Hugo"), a_manager(unit, "Maja"))


def deputy(unit: Unit) -> Employee:
    return assign(a_person("Dag"), Role.DEPUTY, unit)


def away(person: Employee, first: dt.date = TODAY, last: dt.date | None = TODAY) -> None:
    Absence.objects.create(employee=person, from_on=first, to_on=last)


def asked(unit: Unit, *drivers: Employee, cost: int | None = None, on: dt.date = TODAY) -> Employee | None:
    amount = None if cost is None else Decimal(cost)
    decider = decider_for(unit, on=on, cost=amount, drivers=[person.pk for person in drivers])
    return decider.employee if decider else None


def test_the_manager_of_the_unit_decides(house: House) -> None:
    assert decider_for(house.unit, on=TODAY) == Decider(house.manager, house.unit, Role.MANAGER)


def test_the_deputy_decides_when_the_manager_is_away(house: House) -> None:
    substitute = deputy(house.unit)
    away(house.manager)
    assert decider_for(house.unit, on=TODAY) == Decider(substitute, house.unit, Role.DEPUTY)


def test_the_manager_comes_before_a_deputy_who_has_been_there_longer(house: House) -> None:
    Assignment.objects.filter(employee=house.manager).update(from_on=YESTERDAY)
    deputy(house.unit)
    assert asked(house.unit) == house.manager


def test_the_deputy_decides_where_there_is_no_manager(house: House) -> None:
    substitute = deputy(house.unit)
    Assignment.objects.filter(employee=house.manager).delete()
    assert asked(house.unit) == substitute


def test_an_absence_counts_from_its_first_day_to_its_last(house: House) -> None:
    substitute = deputy(house.unit)
    away(house.manager, TODAY, TOMORROW)
    days = [TODAY + dt.timedelta(days=n) for n in (-1, 0, 1, 2)]
    assert [asked(house.unit, on=day) for day in days] == [house.manager, substitute, substitute, house.manager]


def test_an_absence_without_end_lasts(house: House) -> None:
    away(house.manager, TODAY, None)
    assert asked(house.unit, on=TODAY + dt.timedelta(days=400)) == house.head


def test_the_next_level_decides_when_manager_and_deputy_are_away(house: House) -> None:
    away(house.manager)
    away(deputy(house.unit))
    assert decider_for(house.unit, on=TODAY) == Decider(house.head, house.division, Role.MANAGER)


def test_a_vacant_unit_is_decided_for_by_the_next_level(house: House) -> None:
    assert asked(a_unit("Ny enhet", house.division)) == house.head


def test_two_vacant_levels_in_a_row_reach_the_root(house: House) -> None:
    Assignment.objects.filter(unit__in=[house.unit, house.division]).delete()
    assert asked(house.unit) == house.director


def test_a_manager_who_has_left_decides_no_more(house: House) -> None:
    house.manager.ended_on = YESTERDAY
    house.manager.save()
    assert (asked(house.unit, on=YESTERDAY), asked(house.unit)) == (house.manager, house.head)


def test_an_assignment_counts_from_its_first_day_to_its_last(house: House) -> None:
    Assignment.objects.filter(employee=house.manager).update(from_on=TODAY, to_on=TOMORROW)
    days = [TODAY + dt.timedelta(days=n) for n in (-1, 0, 1, 2)]
    assert [asked(house.unit, on=day) for day in days] == [house.head, house.manager, house.manager, house.head]


def test_a_manager_who_is_the_owner_passes_it_to_the_next_level(house: House) -> None:
    assert asked(house.unit, house.manager) == house.head


def test_the_deputy_does_not_decide_what_the_manager_drives(house: House) -> None:
    deputy(house.unit)
    away(house.manager)
    assert asked(house.unit, house.manager) == house.head


def test_an_acting_deputy_who_co_drives_passes_it_to_the_next_level(house: House) -> None:
    substitute = deputy(house.unit)
    away(house.manager)
    assert asked(house.unit, a_person(), substitute) == house.head


def test_a_deputy_who_co_drives_does_not_stop_the_manager(house: House) -> None:
    assert asked(house.unit, deputy(house.unit)) == house.manager


def test_drivers_are_passed_over_on_every_level(house: House) -> None:
    assert asked(house.unit, house.manager, house.head) == house.director


def test_of_two_managers_the_one_who_has_been_longest_is_asked(house: House) -> None:
    newer = a_person("Nora")
    assign(newer, Role.MANAGER, house.unit, since=YESTERDAY)
    assert asked(house.unit) == house.manager


def test_of_two_managers_the_one_who_is_present_is_asked(house: House) -> None:
    newer = assign(a_person("Nora"), Role.MANAGER, house.unit, since=YESTERDAY)
    away(house.manager)
    assert asked(house.unit) == newer


def test_a_manager_does_not_decide_what_the_other_manager_drives(house: House) -> None:
    newer = assign(a_person("Nora"), Role.MANAGER, house.unit, since=YESTERDAY)
    assert asked(house.unit, newer) == house.head


@pytest.mark.parametrize(
    ("cost", "level"), [(None, "unit"), (0, "unit"), (1000, "unit"), (1001, "division"), (50_000, "division")]
)
def test_a_cost_climbs_to_the_first_level_that_covers_it(house: House, cost: int | None, level: str) -> None:
    set_setting(house.unit, on=LONG_AGO, mandate_amount=Decimal(1000))
    set_setting(house.division, on=LONG_AGO, mandate_amount=Decimal(50_000))
    decider = decider_for(house.unit, on=TODAY, cost=None if cost is None else Decimal(cost))
    assert decider is not None and decider.unit == getattr(house, level)


def test_a_cost_that_no_level_covers_is_decided_by_the_root(house: House) -> None:
    set_setting(house.root, on=LONG_AGO, mandate_amount=Decimal(100))
    assert asked(house.unit, cost=101) == house.director


def test_a_cost_is_covered_by_the_mandate_inherited_from_above(house: House) -> None:
    set_setting(house.root, on=LONG_AGO, mandate_amount=Decimal(100))
    assert asked(house.unit, cost=100) == house.manager


def test_without_any_mandate_every_cost_goes_to_the_root(house: House) -> None:
    assert asked(house.unit, cost=1) == house.director


def test_the_mandate_is_the_one_that_held_that_day(house: House) -> None:
    set_setting(house.root, on=LONG_AGO, mandate_amount=Decimal(100))
    set_setting(house.root, on=TODAY, mandate_amount=Decimal(0))
    assert (asked(house.unit, cost=50, on=YESTERDAY), asked(house.unit, cost=50)) == (house.manager, house.director)


def test_a_mandate_that_begins_tomorrow_covers_nothing_today(house: House) -> None:
    set_setting(house.root, on=TOMORROW, mandate_amount=Decimal(100))
    assert (asked(house.unit, cost=50), asked(house.unit, cost=50, on=TOMORROW)) == (house.director, house.manager)


def test_an_administrator_decides_what_the_root_itself_drives(house: House) -> None:
    named = assign(a_person("Alva"), Role.ADMINISTRATOR, house.root)
    assert decider_for(house.root, on=TODAY, drivers=[house.director.pk]) == Decider(
        named, house.root, Role.ADMINISTRATOR
    )


def test_the_nearest_administrator_who_is_there_and_does_not_drive_it_is_asked(house: House) -> None:
    drivers = [house.manager, house.head, house.director]
    far = assign(a_person("Alva"), Role.ADMINISTRATOR, house.root)
    near = assign(a_person("Berit"), Role.ADMINISTRATOR, house.division)
    assert asked(house.unit, *drivers) == near
    assert asked(house.unit, *drivers, near) == far
    away(near)
    assert asked(house.unit, *drivers) == far


def test_an_administrator_waits_while_any_level_can_decide(house: House) -> None:
    assign(a_person("Alva"), Role.ADMINISTRATOR, house.unit)
    assert asked(house.unit, house.manager) == house.head


def test_nobody_decides_where_nobody_is_left(house: House) -> None:
    assert decider_for(house.root, on=TODAY, drivers=[house.director.pk]) is None


def test_a_viewer_and_a_controller_never_decide(house: House) -> None:
    for role in (Role.VIEWER, Role.CONTROLLER):
        assign(a_person(), role, house.root)
    assert asked(house.root, house.director) is None


def test_after_a_reorganisation_the_new_level_decides_and_the_past_is_kept(house: House) -> None:
    other = a_unit("Andra förvaltningen", house.root)
    other_head = a_manager(other, "Olle")
    place(house.unit, other, on=TODAY)
    drivers = [house.manager]
    assert [asked(house.unit, *drivers, on=day) for day in (YESTERDAY, TODAY)] == [house.head, other_head]


def test_a_unit_that_has_ended_is_decided_for_by_those_above(house: House) -> None:
    house.unit.placements.update(to_on=YESTERDAY)
    Assignment.objects.filter(unit=house.unit).update(to_on=YESTERDAY)
    assert asked(house.unit) == house.head


def test_manager_and_deputy_of_the_deciding_level_may_decide_and_nobody_else(house: House) -> None:
    substitute = deputy(house.unit)
    people = [house.manager, substitute, house.head, house.director, a_person()]
    assert [may_decide(person, house.unit, on=TODAY) for person in people] == [True, True, False, False, False]


def test_a_manager_registered_as_away_may_decide_all_the_same(house: House) -> None:
    deputy(house.unit)
    away(house.manager)
    assert may_decide(house.manager, house.unit, on=TODAY)


def test_no_driver_may_decide(house: House) -> None:
    substitute = deputy(house.unit)
    assert not may_decide(substitute, house.unit, on=TODAY, drivers=[substitute.pk])
    assert not may_decide(house.manager, house.unit, on=TODAY, drivers=[house.manager.pk])


def test_somebody_who_has_left_may_not_decide(house: House) -> None:
    substitute = deputy(house.unit)
    substitute.ended_on = YESTERDAY
    substitute.save()
    assert not may_decide(substitute, house.unit, on=TODAY)


def test_a_manager_may_not_decide_above_the_mandate(house: House) -> None:
    set_setting(house.root, on=LONG_AGO, mandate_amount=Decimal(100))
    at, above = Decimal(100), Decimal("100.01")
    assert [may_decide(house.manager, house.unit, on=TODAY, cost=cost) for cost in (at, above)] == [True, False]


def test_only_the_administrator_who_is_asked_may_decide(house: House) -> None:
    asked_one = assign(a_person("Alva"), Role.ADMINISTRATOR, house.root)
    other = assign(a_person("Berit"), Role.ADMINISTRATOR, house.root, since=YESTERDAY)
    people = [asked_one, other, house.director]
    may = [may_decide(person, house.root, on=TODAY, drivers=[house.director.pk]) for person in people]
    assert may == [True, False, False]


def test_many_rows_get_the_same_deciders_in_one_query(house: House, django_assert_num_queries: Counted) -> None:
    plain = an_initiative(a_person(), house.unit, cost=Decimal(0))
    own = an_initiative(house.manager, house.unit, cost=Decimal(0))
    shared = an_initiative(a_person(), house.unit, cost=Decimal(0))
    CoDriver.objects.create(initiative=shared, employee=house.manager, invited_by=shared.owner)
    dear = an_initiative(a_person(), house.unit, cost=Decimal(1))
    co_drivers = ArraySubquery(CoDriver.objects.filter(initiative=OuterRef("pk")).values("employee_id"))
    rows = Initiative.objects.annotate(
        by_co_drivers=DeciderId(F("unit_id"), TODAY, F("cost"), co_drivers),
        by_nobody=DeciderId(F("unit_id"), TODAY),
        by_owner=DeciderId(F("unit_id"), TODAY, F("cost"), co_drivers, owner=F("owner_id")),
        by_unit=DeciderId(F("unit_id"), TODAY, F("cost"), [house.manager.pk]),
    )
    manager, head, director = house.manager.pk, house.head.pk, house.director.pk
    with django_assert_num_queries(1):
        found = {row.pk: (row.by_co_drivers, row.by_nobody, row.by_unit, row.by_owner) for row in rows}
    assert found == {
        plain.pk: (manager, manager, head, manager),
        own.pk: (manager, manager, head, head),
        shared.pk: (head, manager, head, head),
        dear.pk: (director, manager, director, director),
    }


@pytest.mark.parametrize("depth", [1, 30])
def test_the_question_costs_three_queries_at_any_depth(depth: int, django_assert_num_queries: Counted) -> None:
    unit = a_unit()
    a_manager(unit)
    for _ in range(depth):
        unit = a_unit(parent=unit)
    with django_assert_num_queries(3):
        assert decider_for(unit, on=TODAY) is not None
