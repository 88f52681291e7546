"""A series at a glance: a curve in two parts, the target and the change, and words for those who do not see it."""

import datetime as dt
from decimal import Decimal

from initiatives.pages.components.sparkline import BOTTOM, TOP, sparkline
from tests.unit.test_chart import months

YEAR = months("40", "42", "38", "30", "28", "25")
CHANGE = dt.date(2025, 4, 1)


def test_a_single_value_has_no_shape() -> None:
    assert sparkline(months("4"), label="Väntetid") is None


def test_the_curve_is_in_one_piece_with_two_looks() -> None:
    line = sparkline(list(reversed(YEAR)), change_on=CHANGE, target=Decimal(22), label="Från 40 till 25 dagar")
    assert line is not None
    assert line.said == "Från 40 till 25 dagar"
    assert (line.before.count("L"), line.after.count("L")) == (3, 2)
    assert line.before.split("L")[-1] == line.after.removeprefix("M").split("L")[0]  # they meet
    assert line.after.endswith(f"{line.last_x.rstrip('%')} {line.last_y}")
    assert line.change_x == f"{90 / 181:.2%}"


def test_the_target_is_inside_the_drawing() -> None:
    for target in ("-50", "22", "300"):
        line = sparkline(YEAR, target=Decimal(target), label="Väntetid")
        assert line is not None
        assert TOP <= float(line.target_y) <= BOTTOM


def test_without_a_change_all_is_from_before() -> None:
    line = sparkline(YEAR, label="Väntetid")
    assert line is not None
    assert (line.after, line.change_x, line.target_y) == ("", "", "")


def test_a_change_before_the_first_value_leaves_only_what_came_after() -> None:
    line = sparkline(YEAR, change_on=dt.date(2025, 1, 1), label="Väntetid")
    assert line is not None
    assert (line.before, line.after.count("L"), line.change_x) == ("", 5, "")
