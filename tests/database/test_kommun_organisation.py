"""The tree and its levers: where units stand and stood, what holds for them, and who answers for what."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from pytest_django import DjangoAssertNumQueries as Counted

from kommun.models import ClosedDay, QuietDays, Role, Unit, UnitPlacement, UnitSetting
from kommun.organisation import Levers, PlacementRefused, add_unit, levers, place, set_setting, setting
from kommun.roles import has_role, units_of
from kommun.workdays import Workdays
from tests.builders import LONG_AGO, TODAY, a_person, a_unit, assign

pytestmark = pytest.mark.django_db
YESTERDAY = TODAY - dt.timedelta(days=1)


@pytest.fixture
def branch() -> list[Unit]:
    """Municipality, department, division, unit: each under the one before."""
    units = [a_unit("Kommunen")]
    for name in ("Förvaltningen", "Verksamheten", "Enheten"):
        units.append(a_unit(name, units[-1]))
    return units


def test_a_new_unit_stands_under_its_parent() -> None:
    root = add_unit("1", "Kommunen", parent=None, on=TODAY)
    child = add_unit("2", "Ängens förskola", parent=root, on=TODAY)
    assert (root.path, child.path) == ([root.pk], [root.pk, child.pk])
    assert UnitPlacement.objects.values_list("unit__code", "parent__code", "from_on", "to_on").get(unit=child) == (
        "2",
        "1",
        TODAY,
        None,
    )


def test_a_move_takes_the_subtree_along_and_keeps_where_it_stood(branch: list[Unit]) -> None:
    root, department, division, unit = branch
    other = a_unit("Andra förvaltningen", root)
    place(division, other, on=TODAY)
    unit.refresh_from_db()
    assert (division.parent, division.path) == (other, [root.pk, other.pk, division.pk])
    assert unit.path == [root.pk, other.pk, division.pk, unit.pk]
    placed = UnitPlacement.objects.filter(unit=division).order_by("from_on")
    assert [(row.parent, row.from_on, row.to_on) for row in placed] == [
        (department, LONG_AGO, YESTERDAY),
        (other, TODAY, None),
    ]


def test_a_second_move_on_the_same_day_replaces_the_first(branch: list[Unit]) -> None:
    root, _, division, _ = branch
    for parent in (a_unit("Andra", root), root):
        place(division, parent, on=TODAY)
    assert list(UnitPlacement.objects.filter(unit=division, from_on=TODAY).values_list("parent", flat=True)) == [
        root.pk
    ]


def test_staying_where_one_stands_writes_nothing(branch: list[Unit]) -> None:
    place(branch[2], branch[1], on=TODAY)
    assert UnitPlacement.objects.filter(unit=branch[2]).count() == 1


@pytest.mark.parametrize("below", [0, 1, 2, 3])
def test_a_unit_is_not_placed_under_itself_or_below_itself(branch: list[Unit], below: int) -> None:
    with pytest.raises(PlacementRefused, match="cannot stand under itself"):
        place(branch[0], branch[below], on=TODAY)
    assert Unit.objects.get(pk=branch[0].pk).parent is None


def test_history_of_the_tree_is_not_rewritten(branch: list[Unit]) -> None:
    place(branch[2], branch[0], on=TODAY)
    with pytest.raises(PlacementRefused, match="before"):
        place(branch[2], branch[1], on=YESTERDAY)


def test_a_unit_has_one_parent_at_a_time_in_the_database_too(branch: list[Unit]) -> None:
    with pytest.raises(IntegrityError, match="unit_has_one_parent_at_a_time"), transaction.atomic():
        UnitPlacement.objects.create(unit=branch[2], parent=branch[0], from_on=TODAY)


def test_defaults_hold_where_nothing_is_set(branch: list[Unit]) -> None:
    assert levers(branch[3], on=TODAY) == Levers(10, False, False, Decimal(0))


def test_each_lever_comes_from_the_nearest_unit_that_sets_it(branch: list[Unit]) -> None:
    set_setting(branch[0], on=LONG_AGO, decision_days=8, silence_means_go=True, mandate_amount=Decimal(500))
    set_setting(branch[2], on=LONG_AGO, silence_means_go=False, mandate_amount=Decimal(0))
    set_setting(branch[3], on=LONG_AGO, own_mandate=True)
    assert levers(branch[3], on=TODAY) == Levers(8, False, True, Decimal(0))
    assert setting(branch[1], "mandate_amount", on=TODAY) == Decimal(500)


def test_a_changed_lever_can_be_judged_afterwards(branch: list[Unit]) -> None:
    set_setting(branch[0], on=LONG_AGO, decision_days=8, own_mandate=True)
    set_setting(branch[0], on=TODAY, decision_days=5)
    days = [setting(branch[3], "decision_days", on=day) for day in (YESTERDAY, TODAY)]
    assert (days, setting(branch[3], "own_mandate", on=TODAY)) == ([8, 5], True)


def test_a_lever_changed_twice_in_a_day_is_one_row_and_none_inherits_again(branch: list[Unit]) -> None:
    set_setting(branch[0], on=TODAY, decision_days=8)
    set_setting(branch[0], on=TODAY, decision_days=None)
    assert (UnitSetting.objects.count(), setting(branch[0], "decision_days", on=TODAY)) == (1, 10)


def test_an_unknown_lever_and_a_change_in_the_past_are_refused(branch: list[Unit]) -> None:
    with pytest.raises(ValueError, match="No such lever: speed"):
        set_setting(branch[0], on=TODAY, speed=1)
    set_setting(branch[0], on=TODAY, decision_days=8)
    with pytest.raises(ValueError, match="before that"):
        set_setting(branch[0], on=YESTERDAY, decision_days=9)


@pytest.mark.parametrize("height", [0, 3])
def test_levers_cost_one_query_at_any_height(
    branch: list[Unit], height: int, django_assert_num_queries: Counted
) -> None:
    with django_assert_num_queries(1):
        levers(branch[height], on=TODAY)


def test_a_role_covers_the_subtree_and_nothing_else(branch: list[Unit]) -> None:
    person = assign(a_person(), Role.CONTROLLER, branch[1])
    assert [has_role(person, unit, Role.CONTROLLER, on=TODAY) for unit in branch] == [False, True, True, True]
    assert set(units_of(person, Role.CONTROLLER, on=TODAY)) == set(branch[1:])
    assert not has_role(person, branch[1], Role.MANAGER, Role.VIEWER, on=TODAY)
    assert not units_of(person, Role.MANAGER, on=TODAY).exists()


def test_a_role_counts_on_its_days_and_while_the_person_is_employed(branch: list[Unit]) -> None:
    person = assign(a_person(), Role.VIEWER, branch[0], since=TODAY)
    assert [has_role(person, branch[0], Role.VIEWER, on=day) for day in (YESTERDAY, TODAY)] == [False, True]
    person.ended_on = YESTERDAY
    assert not has_role(person, branch[0], Role.VIEWER, on=TODAY)
    assert not units_of(person, Role.VIEWER, on=TODAY).exists()


def test_a_subtree_is_found_by_the_index_of_paths(branch: list[Unit], django_assert_num_queries: Counted) -> None:
    person = assign(a_person(), Role.VIEWER, branch[1])
    with django_assert_num_queries(1):
        assert len(units_of(person, Role.VIEWER, on=TODAY)) == 3
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "unit_path" in units_of(person, Role.VIEWER, on=TODAY).order_by().explain()
    assert "unit_path" in Unit.objects.within(branch[1]).order_by().explain()


def test_closed_days_are_loaded_with_the_working_days() -> None:
    ClosedDay.objects.create(on=dt.date(2026, 11, 24), name="Planeringsdag")
    assert Workdays.load(TODAY, dt.date(2026, 11, 30)).add(TODAY, 1) == dt.date(2026, 11, 25)


def test_quiet_days_come_in_the_same_query_and_do_not_stop_the_counting(django_assert_num_queries: Counted) -> None:
    ClosedDay.objects.create(on=dt.date(2026, 11, 24), name="Planeringsdag")
    QuietDays.objects.create(from_on=dt.date(2026, 11, 20), to_on=TODAY, name="Flytten")
    QuietDays.objects.create(from_on=dt.date(2026, 11, 25), to_on=dt.date(2026, 11, 26), name="Budgeten")
    QuietDays.objects.create(from_on=dt.date(2026, 12, 10), to_on=dt.date(2026, 12, 11), name="Senare")
    with django_assert_num_queries(1):
        workdays = Workdays.load(TODAY, dt.date(2026, 11, 30))
    days = [TODAY + dt.timedelta(days=number) for number in range(5)]
    assert [workdays.is_quiet(day) for day in days] == [True, False, True, True, False]
    assert [workdays.is_working_day(day) for day in days] == [True, False, True, True, True]
    assert workdays.between(TODAY, days[-1]) == 3
    assert Workdays.load(TODAY, TODAY) == Workdays(quiet=frozenset({TODAY}))
