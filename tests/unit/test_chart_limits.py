"""The drawing of limits and signals: how far they are drawn, in which shapes, and in which words."""

import datetime as dt
import re
from decimal import Decimal
from fractions import Fraction

import pytest

from initiatives.evidence import Direction, Signal, Value, Variation, split
from initiatives.outcomes.early_warning import EarlyWarning, Level, Mark, early_warning
from initiatives.pages.components.chart import Chart, Series, draw
from tests.unit.test_chart import NBSP, months

CHANGE = dt.date(2025, 7, 1)  # the middle of the year
LEVEL = Level(dt.date(2025, 1, 1), Fraction(40), Fraction(30), Fraction(50), frozen_on=CHANGE)
BETTER, WORSE = (Mark(Signal.OUTSIDE, way) for way in (Variation.IMPROVEMENT, Variation.CONCERN))
YEAR = months("40", "42", "38", "41", "39", "40", "28", "40", "55", "40", "40", "40")
MARKS = {dt.date(2025, 7, 31): BETTER, dt.date(2025, 9, 30): WORSE}
HALF = f"{181 / 365:.2%}"


def chart(
    warning: EarlyWarning, values: list[Value] = YEAR, *, change_on: dt.date | None = CHANGE,
    ended_on: dt.date | None = None, causes: dict[dt.date, str] | None = None, is_backed: bool = True,
) -> Chart:  # fmt: skip
    series = Series(
        "Väntetid", "dagar", values, change_on, target=Decimal(22), warning=warning, ended_on=ended_on,
        causes=causes or {}, is_backed=is_backed,
    )  # fmt: skip
    found = draw(series, id="d")
    assert found is not None
    return found


def lines(drawn: Chart, *names: str) -> list[tuple[str, str, str]]:
    return [(line.css, line.x1, line.x2) for line in drawn.lines if line.css.split()[0] in names]


# --- Levels ---------------------------------------------------------------------------------------------------------
def test_frozen_limits_are_drawn_on_broken_from_the_change() -> None:
    assert lines(chart(EarlyWarning([LEVEL])), "c-medel", "c-grans") == [
        ("c-medel", "0.00%", HALF), ("c-medel c-medel--vidare", HALF, "100.00%"),
        ("c-grans", "0.00%", HALF), ("c-grans c-grans--vidare", HALF, "100.00%"),
        ("c-grans", "0.00%", HALF), ("c-grans c-grans--vidare", HALF, "100.00%"),
    ]  # fmt: skip


def test_normal_variation_is_shaded_only_where_it_was_measured() -> None:
    (band,) = chart(EarlyWarning([LEVEL])).bands
    assert (band.x, band.width) == ("0.00%", HALF)


def test_a_new_level_begins_where_the_old_one_ends() -> None:
    old = Level(dt.date(2025, 1, 1), Fraction(40), Fraction(30), Fraction(50))
    new = Level(CHANGE, Fraction(30), Fraction(25), Fraction(35))
    drawn = chart(EarlyWarning([old, new]))
    assert lines(drawn, "c-medel") == [("c-medel", "0.00%", HALF), ("c-medel", HALF, "100.00%")]
    assert [(band.x, band.width) for band in drawn.bands] == [("0.00%", HALF), (HALF, f"{184 / 365:.2%}")]
    assert [label.text for label in drawn.side] == ["Övre gräns 35", "Medel 30", "Nedre gräns 25", "Mål 22"]


def test_limits_beyond_every_value_are_inside_the_drawing() -> None:
    drawn = chart(EarlyWarning([Level(dt.date(2025, 1, 1), Fraction(40), Fraction(-90), Fraction(170))]))
    assert [tick.text for tick in drawn.scale] == ["−100", "0", "100", "200"]
    heights = {line.css: float(line.y1) for line in drawn.lines}
    assert heights["c-grans"] == pytest.approx(26 + 30 / 300 * 264, abs=0.1)  # the upper one is drawn last


def test_without_limits_there_is_a_mean_alone() -> None:
    drawn = chart(EarlyWarning([Level(dt.date(2025, 1, 1), Fraction(40), frozen_on=CHANGE)]))
    assert (drawn.bands, lines(drawn, "c-grans")) == ([], [])
    assert [label.text for label in drawn.side] == ["Medel 40", "Mål 22"]


# --- Signals --------------------------------------------------------------------------------------------------------
def test_signals_have_shapes_of_their_own() -> None:
    drawn = chart(EarlyWarning([LEVEL], MARKS))
    assert [mark.kind for mark in drawn.marks[6:9]] == ["improvement", "efter", "concern"]
    assert len({mark.d for mark in drawn.marks}) == 4  # before, after and the two


def test_signals_are_said_in_the_table_and_counted_in_the_description() -> None:
    drawn = chart(EarlyWarning([LEVEL], MARKS))
    assert [row.signal for row in drawn.rows[5:10]] == [
        "", "Utanför normal variation, åt rätt håll", "", "Utanför normal variation, åt fel håll", "",
    ]  # fmt: skip
    assert (
        f"Medelvärdet före ändringen är 40{NBSP}dagar. Normal variation är mellan 30 och 50{NBSP}dagar."
        in drawn.description
    )
    assert "2 värden är markerade som signaler." in drawn.description
    assert "Inget värde är markerat som signal." in chart(EarlyWarning([LEVEL])).description


def test_the_legend_calls_signals_more_than_chance_only_when_the_verdict_does_not_say_otherwise() -> None:
    words = [[key.text for key in chart(EarlyWarning([LEVEL], MARKS), is_backed=sure).legend] for sure in (True, False)]
    assert words[0] == [
        "Före ändringen",
        "Efter ändringen",
        "Signal åt rätt håll: mer än slump",
        "Signal åt fel håll: mer än slump",
        f"Medelvärde före: 40{NBSP}dagar",
        f"Gränser för normal variation: 30 till 50{NBSP}dagar",
        f"Mål: 22{NBSP}dagar",
    ]
    assert words[1][2:4] == ["Signal åt rätt håll", "Signal åt fel håll"]


def test_in_a_long_series_only_signals_are_marked() -> None:
    days = [dt.date(2024, 1, 1) + dt.timedelta(days=number) for number in range(300)]
    values = [Value(day, day, Decimal(60 if number == 290 else 40 + number % 3)) for number, day in enumerate(days)]
    change = days[150]
    warning = early_warning(split(values, change), change_on=change, better=Direction.DOWN)
    assert warning is not None
    drawn = chart(warning, values, change_on=change)
    assert (drawn.marks, [path.kind for path in drawn.dots]) == ([], ["concern"])
    assert [path.d.count("M") for path in drawn.dots] == [len(warning.marks)]
    assert re.fullmatch(r"(M[\d.]+ [\d.]+h0)+", drawn.dots[0].d)
    assert [key.dot for key in drawn.legend if key.kind == "concern"] == [True]


# --- After the ending, and causes -----------------------------------------------------------------------------------
def test_values_after_the_ending_are_told_apart() -> None:
    drawn = chart(EarlyWarning([LEVEL]), ended_on=dt.date(2025, 10, 31))
    assert [row.part for row in drawn.rows[8:]] == ["Efter ändringen"] * 2 + ["Efter avslutet"] * 2
    assert [mark.kind for mark in drawn.marks[8:]] == ["efter"] * 2 + ["senare"] * 2
    assert "Efter avslutet" in [key.text for key in drawn.legend]


def test_causes_are_numbered_at_their_values_and_written_below() -> None:
    causes = {dt.date(2025, 9, 30): "Byte av ärendesystem", dt.date(2025, 2, 28): "Sportlov"}
    drawn = chart(EarlyWarning([LEVEL]), causes=causes)
    assert drawn.causes == ["feb 2025: Sportlov", "sep 2025: Byte av ärendesystem"]
    assert [(each.text, each.x) for each in drawn.numbers] == [("1", drawn.marks[1].x), ("2", drawn.marks[8].x)]
    assert [row.note for row in drawn.rows if row.note] == ["Sportlov", "Byte av ärendesystem"]


def test_a_number_stands_on_the_side_where_the_curve_is_not() -> None:
    drawn = chart(EarlyWarning([LEVEL]), causes={dt.date(2025, 7, 31): "Dal", dt.date(2025, 9, 30): "Topp"})
    dips = [float(each.y) > float(drawn.marks[index].y) for each, index in zip(drawn.numbers, (6, 8), strict=True)]
    assert dips == [True, False]


@pytest.mark.parametrize(("note", "said"), [("", "Flytt"), ("Rättat", "Flytt; Rättat")])
def test_a_cause_comes_before_other_notes(note: str, said: str) -> None:
    day = dt.date(2025, 9, 30)
    series = Series("Väntetid", "dagar", YEAR, CHANGE, causes={day: "Flytt"}, notes={day: note} if note else {})
    found = draw(series, id="d")
    assert found is not None
    assert [row.note for row in found.rows if row.note] == [said]
