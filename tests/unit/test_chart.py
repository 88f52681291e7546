"""The chart of values: what is counted, where lines end, and that every number can be read in words."""

import datetime as dt
from decimal import Decimal
from itertools import pairwise

import pytest
from django.utils import translation

from initiatives.cadence import next_span, span_of
from initiatives.evidence import Value
from initiatives.pages.components.chart import Chart, Part, Series, draw, period_label

NBSP = "\N{NO-BREAK SPACE}"


def months(*numbers: str, first: dt.date = dt.date(2025, 1, 1), cadence: str = "monthly") -> list[Value]:
    values, span = [], span_of(first, cadence)
    for each in numbers:
        values.append(Value(span.first, span.last, Decimal(each)))
        span = next_span(span.last, cadence)
    return values


def drawn(series: Series) -> Chart:
    chart = draw(series, id="d")
    assert chart is not None
    return chart


def test_nothing_is_drawn_of_nothing() -> None:
    assert draw(Series("Väntetid", "dagar", []), id="d") is None


def test_values_are_before_after_or_not_counted() -> None:
    chart = drawn(Series("Väntetid", "dagar", months("4", "5", "6", "7"), change_on=dt.date(2025, 3, 10)))
    assert [mark.kind for mark in chart.marks] == [Part.BEFORE, Part.BEFORE, Part.OUTSIDE, Part.AFTER]
    assert [row.part for row in chart.rows] == ["Före ändringen", "Före ändringen", "Räknas inte", "Efter ändringen"]


def test_values_outside_the_frozen_window_and_after_the_review_are_not_counted() -> None:
    series = Series(
        "Väntetid",
        "dagar",
        months("4", "5", "6", "7"),
        change_on=dt.date(2025, 3, 1),
        baseline_from=dt.date(2025, 2, 1),
        until=dt.date(2025, 3, 31),
    )
    assert [mark.kind for mark in drawn(series).marks] == [Part.OUTSIDE, Part.BEFORE, Part.AFTER, Part.OUTSIDE]


def test_the_curve_does_not_run_on_over_the_change() -> None:
    chart = drawn(Series("Väntetid", "dagar", months("4", "5", "6", "7"), change_on=dt.date(2025, 3, 1)))
    curve = [line.css for line in chart.lines if line.css.startswith("c-linje")]
    assert curve == ["c-linje c-linje--fore", "c-linje c-linje--bro", "c-linje c-linje--efter"]


def test_the_median_is_whole_up_to_the_change_and_dotted_after_it() -> None:
    series = Series(
        "Väntetid", "dagar", months("4", "5", "6", "7"), dt.date(2025, 3, 2), baseline_median=Decimal("4.5")
    )
    lines = {line.css: (line.x1, line.x2) for line in drawn(series).lines}
    turn = "50.00%"
    assert (lines["c-median"], lines["c-median c-median--vidare"], lines["c-andring"]) == (
        ("0.00%", turn),
        (turn, "100.00%"),
        (turn, turn),
    )


def test_a_change_later_than_every_value_is_inside_the_drawing() -> None:
    chart = drawn(Series("Väntetid", "dagar", months("4", "5"), change_on=dt.date(2025, 6, 1)))
    (change,) = [line for line in chart.lines if line.css == "c-andring"]
    assert 99 < float(change.x1.rstrip("%")) < 100
    assert chart.change is not None
    assert (chart.change.anchor, chart.change.text, chart.change_on) == ("end", "Ändringen", "1 jun 2025")


def test_everything_is_said_in_words() -> None:
    series = Series("Väntetid", "dagar", months("41.5", "40"), baseline_median=Decimal("40.75"), target=Decimal(22))
    chart = drawn(series)
    assert chart.title == "Väntetid, dagar"
    assert chart.description == (
        f"Linjediagram med 2 värden, jan 2025 till feb 2025. Medianen före ändringen är 40,8{NBSP}dagar. "
        f"Senaste värdet är 40{NBSP}dagar. Målet är 22{NBSP}dagar. Alla värden finns i tabellen efter diagrammet."
    )
    assert [label.text for label in chart.side] == ["Före 40,8", "Mål 22"]
    assert [key.text for key in chart.legend] == [
        "Före ändringen",
        f"Median före: 40,8{NBSP}dagar",
        f"Mål: 22{NBSP}dagar",
    ]


def test_the_table_has_every_value_exactly_and_its_note() -> None:
    series = Series("Andel", "%", months("41.123456", "40"), notes={dt.date(2025, 1, 31): "Rättat"})
    assert [(row.period, row.value, row.note) for row in drawn(series).rows] == [
        ("jan 2025", f"41,123456{NBSP}%", "Rättat"),
        ("feb 2025", f"40{NBSP}%", ""),
    ]


def test_above_two_hundred_values_each_part_is_one_path() -> None:
    values = months(*("5" for _ in range(201)), first=dt.date(2020, 1, 6), cadence="weekly")
    chart = drawn(Series("Väntetid", "dagar", values, change_on=values[100].period_start))
    assert (len(chart.marks), [path.kind for path in chart.paths]) == (0, ["fore", "bro", "efter"])
    assert [path.d.count("L") for path in chart.paths] == [99, 1, 100]
    assert len(drawn(Series("Väntetid", "dagar", values[:200])).marks) == 200


@pytest.mark.parametrize("count", [1, 2, 7, 24, 60, 200])
@pytest.mark.parametrize("cadence", ["weekly", "monthly", "quarterly"])
def test_date_labels_never_meet(count: int, cadence: str) -> None:
    chart = drawn(Series("Väntetid", "dagar", months(*("5" for _ in range(count)), cadence=cadence)))
    for hidden, gap in (({"c-x--bred", "c-x--tat"}, 40), ({"c-x--tat"}, 24), (set(), 14)):
        places = [float(label.x.rstrip("%")) for label in chart.dates if label.css not in hidden]
        assert places
        assert all(b - a >= gap - 0.02 for a, b in pairwise(places))


@pytest.mark.parametrize("count", [200, 250, 500])
def test_date_labels_of_many_values_leave_no_hole(count: int) -> None:
    values = months(*("5" for _ in range(count)), first=dt.date(2015, 1, 5), cadence="weekly")
    places = [float(label.x.rstrip("%")) for label in drawn(Series("Väntetid", "dagar", values)).dates]
    gaps = [b - a for a, b in pairwise(places)]
    assert max(gaps) - min(gaps) < 0.1


def test_date_labels_are_evenly_spread() -> None:
    chart = drawn(Series("Väntetid", "dagar", months(*("5" for _ in range(24)))))
    assert [label.text for label in chart.dates] == [
        "jan 2025", "maj 2025", "sep 2025", "jan 2026", "maj 2026", "sep 2026",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("first", "last", "swedish", "english"),
    [
        (dt.date(2026, 10, 14), dt.date(2026, 10, 14), "14 okt 2026", "14 Oct 2026"),
        (dt.date(2026, 10, 12), dt.date(2026, 10, 18), "v. 42 2026", "wk 42 2026"),
        (dt.date(2024, 12, 30), dt.date(2025, 1, 5), "v. 1 2025", "wk 1 2025"),
        (dt.date(2026, 2, 1), dt.date(2026, 2, 28), "feb 2026", "Feb 2026"),
        (dt.date(2026, 7, 1), dt.date(2026, 9, 30), "kv 3 2026", "Q3 2026"),
        (dt.date(2026, 1, 1), dt.date(2026, 6, 30), "jan 2026–jun 2026", "Jan 2026–Jun 2026"),
        (dt.date(2026, 1, 1), dt.date(2026, 12, 31), "2026", "2026"),
    ],
)
def test_a_period_is_named_shortly(first: dt.date, last: dt.date, swedish: str, english: str) -> None:
    assert period_label(first, last) == swedish
    with translation.override("en"):
        assert period_label(first, last) == english


def test_long_numbers_get_a_wider_scale() -> None:
    assert not drawn(Series("Väntetid", "dagar", months("5", "9"))).has_long_scale
    assert drawn(Series("Kostnad", "kr", months("91000", "119000"))).has_long_scale


def test_very_long_numbers_are_said_in_millions_beside_the_chart() -> None:
    chart = drawn(Series("Kostnad", "kr", months("987654340000", "912000000000"), target=Decimal(900000000000)))
    assert [each.text for each in chart.scale][-1] == f"1{NBSP}000 md"
    assert chart.side[-1].text == "Mål 900 md"
    assert drawn(Series("Kostnad", "kr", months("12500000", "15000000"))).scale[0].text == "12,5 mn"
    assert drawn(Series("Kostnad", "kr", months("9000000", "8000000"))).scale[0].text == f"8{NBSP}000{NBSP}000"


def test_the_target_and_the_latest_value_are_said_as_they_were_written() -> None:
    chart = drawn(Series("Drifttid", "%", months("99.9", "99.97"), target=Decimal("99.95")))
    assert chart.side[-1].text == "Mål 99,95"
    assert f"Mål: 99,95{NBSP}%" in [each.text for each in chart.legend]
    assert f"Senaste värdet är 99,97{NBSP}%." in chart.description
