"""The charts and the comparison against what R and its packages that define the methods say of the same values."""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from initiatives.evidence import Direction, RunChart, Value, compare, i_chart, run_chart, xmr
from initiatives.evidence.ranks import kendall

FIGURES = Path(__file__).parents[1] / "data" / "evidence"
CHARTS = json.loads((FIGURES / "charts.json").read_text())
COMPARISONS = json.loads((FIGURES / "comparisons.json").read_text())


def near(expected: list[float | None]) -> list[Any]:
    """R computes with floats, so nearly the same is the same."""
    return [None if number is None else pytest.approx(number, rel=1e-9, abs=1e-9) for number in expected]


def day(place: int) -> dt.date:
    return dt.date(2026, 1, 5) + dt.timedelta(weeks=place)


def decimal(number: str | None) -> Decimal | None:
    return None if number is None else Decimal(number)


def series(case: dict[str, Any]) -> list[tuple[dt.date, Decimal | None]]:
    return [(day(place), decimal(number)) for place, number in enumerate(case["values"])]


@pytest.mark.parametrize("case", CHARTS)
def test_xmr_is_as_in_the_package(case: dict[str, Any]) -> None:
    asked, expected = case["xmr"], case["xmr"]
    chart = xmr(
        series(case),
        better=asked["better"] and Direction(asked["better"]),
        phases=[day(place) for place in asked["phases"]],
        fix_after=asked["fix_after"],
        screen=asked["screen"],
        target=decimal(asked["target"]),
    )
    limits = {point.phase: point.limits[:3] for point in chart.points}
    assert [_floats(each) for each in limits.values()] == [near(each) for each in expected["limits"]]
    assert [point.signal for point in chart.points] == expected["signals"]
    assert [point.variation for point in chart.points] == expected["variations"]
    assert chart.assurance == expected["assurance"]


@pytest.mark.parametrize("case", CHARTS)
def test_run_chart_and_i_chart_are_as_in_the_package(case: dict[str, Any]) -> None:
    asked: dict[str, Any] = {
        "freeze": None if case["freeze"] is None else day(case["freeze"]),
        "parts": [day(place) for place in case["parts"]],
        "exclude": [day(place) for place in case["exclude"]],
        "centre": decimal(case["centre"]),
    }
    _check(run_chart(series(case), **asked), case["run"])
    _check(i_chart(series(case), **asked, screen=case["screen"]), case["i"])


def _check(chart: RunChart, expected: dict[str, Any]) -> None:
    found = []
    for part in chart.parts:
        runs = part.runs
        counts = [runs.observed, runs.useful, runs.longest, runs.longest_most, runs.crossings, runs.crossings_fewest]
        found.append([*_floats([part.centre, part.lower, part.upper]), *counts])
    assert found == [near(each) for each in expected["parts"]]
    assert [part.runs.signal for part in chart.parts] == expected["signals"]
    assert [place for place, point in enumerate(chart.points) if point.is_outside] == expected["outside"]


@pytest.mark.parametrize("case", COMPARISONS)
def test_the_comparison_is_as_in_r(case: dict[str, Any]) -> None:
    old, new = _spots(case["before"], 0), _spots(case["after"], 100)
    found = compare(old, new, better=Direction.UP)
    trend = kendall([int(100 * value.value) for value in old])[1]
    assert _floats([found.p, found.shift, trend]) == near([case["p"], case["shift"], case["kendall"]])
    if found.is_exact:
        assert _floats([found.low, found.high]) == near([case["low"], case["high"]])


def _spots(numbers: list[str], first: int) -> list[Value]:
    return [Value(day(first + place), day(first + place), Decimal(number)) for place, number in enumerate(numbers)]


def _floats(numbers: Any) -> list[float | None]:
    return [None if number is None else float(number) for number in numbers]
