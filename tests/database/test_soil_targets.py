"""Targets for the soil are set by whoever answers for the unit, hold for a time, and stay to be read."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from initiatives.actions.refusals import NotAllowed, Refused
from initiatives.actions.targeting import set_target
from initiatives.models import SoilMeasure, SoilTarget
from kommun.models import Employee, Role, Unit
from tests.builders import NOW, TODAY, a_manager, a_person, a_unit, assign

pytestmark = pytest.mark.django_db
A_DAY = dt.timedelta(days=1)
HALF = Decimal("0.5")


def held(unit: Unit) -> list[tuple[str, Decimal, dt.date, dt.date | None]]:
    rows = SoilTarget.objects.filter(unit=unit).order_by("measure", "from_on")
    return [*rows.values_list("measure", "value", "from_on", "to_on")]


def aim(unit: Unit, value: Decimal | None = HALF, measure: str = "confirmed", **more: Any) -> None:
    given: dict[str, Any] = {"by": a_manager(unit), "now": NOW} | more
    set_target(unit, measure, value, **given)


def test_manager_sets_a_target_until_further_notice_and_says_who_and_when() -> None:
    unit = a_unit()
    manager = a_manager(unit)
    target = set_target(unit, SoilMeasure.CONFIRMED, HALF, by=manager, now=NOW)
    assert target is not None
    assert (target.set_by, target.set_at) == (manager, NOW)
    assert held(unit) == [("confirmed", HALF, TODAY, None)]


def test_manager_above_and_deputy_set_it_too() -> None:
    above = a_unit()
    unit = a_unit(parent=above)
    aim(unit, by=a_manager(above))
    aim(unit, Decimal(1), by=assign(a_person(), Role.DEPUTY, unit))
    assert held(unit) == [("confirmed", 1, TODAY, None)]


def somebody_else(unit: Unit) -> Employee:
    return a_person(unit=unit)


def manager_of_another(unit: Unit) -> Employee:
    return a_manager(a_unit("En annan"))


def manager_below(unit: Unit) -> Employee:
    return a_manager(a_unit("Under", parent=unit))


def former_manager(unit: Unit) -> Employee:
    person = a_manager(unit)
    person.ended_on = TODAY - A_DAY
    person.save()
    return person


def viewer(unit: Unit) -> Employee:
    return assign(a_person(), Role.VIEWER, unit)


@pytest.mark.parametrize("who", [somebody_else, manager_of_another, manager_below, former_manager, viewer])
def test_nobody_else_sets_it(who: Any) -> None:
    unit = a_unit()
    with pytest.raises(NotAllowed, match="Den som svarar för enheten"):
        aim(unit, by=who(unit))
    assert held(unit) == []


def test_new_target_ends_the_one_before_it_which_stays() -> None:
    unit = a_unit()
    aim(unit)
    aim(unit, Decimal("0.6"), from_on=TODAY + 10 * A_DAY, to_on=TODAY + 20 * A_DAY)
    assert held(unit) == [
        ("confirmed", HALF, TODAY, TODAY + 9 * A_DAY),
        ("confirmed", Decimal("0.6"), TODAY + 10 * A_DAY, TODAY + 20 * A_DAY),
    ]


def test_target_that_is_set_again_the_same_day_is_the_last_one() -> None:
    unit = a_unit()
    aim(unit)
    aim(unit, Decimal("0.7"))
    assert held(unit) == [("confirmed", Decimal("0.7"), TODAY, None)]


def test_nothing_ends_the_target_there_is() -> None:
    unit = a_unit()
    aim(unit, from_on=TODAY - 10 * A_DAY)
    aim(unit, None)
    assert held(unit) == [("confirmed", HALF, TODAY - 10 * A_DAY, TODAY - A_DAY)]


def test_other_measures_and_other_units_are_left_alone() -> None:
    above = a_unit()
    unit = a_unit(parent=above)
    aim(above)
    aim(unit)
    aim(unit, Decimal(100), measure="hours", from_on=TODAY + A_DAY)
    aim(unit, None, from_on=TODAY + A_DAY)
    assert held(above) == [("confirmed", HALF, TODAY, None)]
    assert held(unit) == [("confirmed", HALF, TODAY, TODAY), ("hours", 100, TODAY + A_DAY, None)]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"value": Decimal("-0.1")}, "value"),
        ({"value": Decimal("NaN")}, "value"),
        ({"value": Decimal("0.00001")}, "value"),
        ({"value": Decimal("1.01")}, "value"),
        ({"value": Decimal("1e12"), "measure": "money"}, "value"),
        ({"measure": "happiness"}, "measure"),
        ({"to_on": TODAY - A_DAY}, "to_on"),
        ({"from_on": TODAY - A_DAY}, "from_on"),
    ],
)
def test_refuses_what_makes_no_sense_and_says_where(given: dict[str, Any], field: str) -> None:
    unit = a_unit()
    aim(unit, from_on=TODAY)
    with pytest.raises(Refused) as refusal:
        aim(unit, **given)
    assert [missing.field for missing in refusal.value.missing] == [field]
    assert held(unit) == [("confirmed", HALF, TODAY, None)]


def test_measure_that_is_no_share_may_be_more_than_one() -> None:
    unit = a_unit()
    aim(unit, Decimal("12.5"), measure="started_per_hundred")
    assert held(unit) == [("started_per_hundred", Decimal("12.5"), TODAY, None)]
