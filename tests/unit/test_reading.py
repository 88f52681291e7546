"""A series read out of what people paste and upload: every way to write a period and a number, and every refusal."""

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from initiatives.cadence import Cadence, Span, span_of
from initiatives.pages.components.chart import period_label
from initiatives.reading import (
    Unreadable,
    read_amount,
    read_period,
)
from kommun.numbers import is_per_cent, number, quantity

NBSP, NARROW, THIN = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}", "\N{THIN SPACE}"
OCTOBER = Span(dt.date(2026, 10, 1), dt.date(2026, 10, 31))
DAY = Span(dt.date(2026, 10, 14), dt.date(2026, 10, 14))
QUARTER = Span(dt.date(2026, 7, 1), dt.date(2026, 9, 30))
WEEK = Span(dt.date(2026, 10, 12), dt.date(2026, 10, 18))
YEAR = Span(dt.date(2026, 1, 1), dt.date(2026, 12, 31))


# --- Periods ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("written", "span"),
    [
        *((text, DAY) for text in (
            "2026-10-14", "2026/10/14", "2026.10.14", "20261014", "2026-10-14 00:00", "2026-10-14T00:00:00Z",
            "2026-10-14 00:00:00", "14 okt 2026", "14 okt. 2026", "14 oktober 2026", "14 Oktober 2026",
            "den 14 oktober 2026", "14:e oktober 2026", "14-okt-2026", "14 October 2026", "October 14, 2026",
            "Oct 14 2026", "14th October 2026", "14/10 2026", "14/10/2026", "10/14/2026", "14.10.2026", "14-10-2026",
            f"14{NBSP}okt{NBSP}2026", " 14  okt 2026 ",
        )),
        ("3/4 2026", Span(dt.date(2026, 4, 3), dt.date(2026, 4, 3))),
        ("04/04/2026", Span(dt.date(2026, 4, 4), dt.date(2026, 4, 4))),
        ("29 feb 2024", Span(dt.date(2024, 2, 29), dt.date(2024, 2, 29))),
        *((text, OCTOBER) for text in (
            "2026-10", "2026/10", "202610", "2026M10", "2026-M10", "10/2026", "okt 2026", "okt. 2026", "oktober 2026",
            "Oktober, 2026", "October 2026", "Oct 2026", "2026 okt", "2026 oktober", "okt-2026", "okt-26",
        )),
        *((text, QUARTER) for text in (
            "2026 kv 3", "kv 3 2026", "kv3 2026", "KV 3, 2026", "2026kv3", "kvartal 3 2026", "Q3 2026", "2026Q3",
            "2026-Q3", "2026K3", "quarter 3 2026",
        )),
        *((text, WEEK) for text in (
            "v. 42 2026", "v 42 2026", "v42 2026", "vecka 42 2026", "2026v42", "2026 v 42", "2026W42", "2026-W42",
            "week 42 2026", "wk 42 2026", "v.42, 2026",
        )),
        ("2026", YEAR),
        *((f"{name} 2026", span_of(dt.date(2026, month, 1), "monthly")) for month, names in enumerate((
            ("jan", "januari", "January"), ("feb", "februari", "February"), ("mar", "mars", "March"),
            ("apr", "april", "April"), ("maj", "May"), ("jun", "juni", "June"), ("jul", "juli", "July"),
            ("aug", "augusti", "August"), ("sep", "sept", "september"), ("okt", "oktober", "October", "Oct"),
            ("nov", "november"), ("dec", "december"),
        ), start=1) for name in names),
    ],
)  # fmt: skip
def test_a_period_is_read_as_people_write_it(written: str, span: Span) -> None:
    assert read_period(written) == span


@pytest.mark.parametrize("cell", [Decimal("2026.0"), Decimal(2026)])
def test_a_year_may_be_a_number_in_a_workbook(cell: Decimal) -> None:
    assert read_period(cell) == YEAR
    assert read_period(dt.date(2026, 10, 14)) == DAY


@pytest.mark.parametrize("written", ["03/04/2026", "3/4/2026", "03.04.2026", "03-04-2026", "12/11/2026"])
def test_a_date_that_can_be_two_is_refused_with_a_way_to_write_it(written: str) -> None:
    with pytest.raises(Unreadable, match=r"kan vara två olika dagar. Skriv så här: 2026-(04-03|11-12)"):
        read_period(written)


@pytest.mark.parametrize(
    "written",
    ["2026-02-30", "31 april 2026", "v. 53 2025", "2026-13", "14 hej 2026", "13/14/2026", "vecka 2026", "0/1 2026"],
)
def test_a_day_that_does_not_exist_is_refused(written: str) -> None:
    with pytest.raises(Unreadable, match="Det finns ingen sådan dag eller period"):
        read_period(written)


@pytest.mark.parametrize(
    "written", ["oktober", "14 okt", "26-10-14", "14/10-26", "okt 26", "igår", "Summa", "2026.1", "20261", "46309", "-"]
)
def test_what_is_no_period_is_refused(written: str) -> None:
    with pytest.raises(Unreadable, match="är ingen period"):
        read_period(written)


@given(st.dates(dt.date(1970, 1, 5), dt.date(2099, 1, 1)), st.sampled_from([*Cadence, "day", "year"]))
def test_a_period_as_this_product_writes_it_is_read_back(day: dt.date, kind: str) -> None:
    span = Span(day, day)
    if kind == "year":
        span = Span(dt.date(day.year, 1, 1), dt.date(day.year, 12, 31))
    elif kind != "day":
        span = span_of(day, kind)
    for language in ("sv", "en"):
        with translation.override(language):
            assert read_period(period_label(*span)) == span


# --- Numbers ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("26", "26"), ("26,5", "26.5"), ("26.5", "26.5"), ("-3", "-3"), ("−3,5", "-3.5"), ("–3", "-3"), ("- 3", "-3"),
        ("+3", "3"), ("0,041", "0.041"), ("0.041", "0.041"), ("1 041,5", "1041.5"), (f"1{NBSP}041,5", "1041.5"),
        (f"1{NARROW}041{NARROW}500", "1041500"), (f"12{THIN}041", "12041"), ("1.041,5", "1041.5"),
        ("1,041.5", "1041.5"), ("1.041.500", "1041500"), ("1,041,500", "1041500"), ("1041,5", "1041.5"),
        ("12345.678", "12345.678"), ("1'041.5", "1041.5"), ("26,5 dagar", "26.5"), ("26,5dagar", "26.5"),
        ("26 dag", "26"), ("26 dag.", "26"), ("26 st", "26"), ("26:-", "26"), ("26,333333333", "26.333333"),
        ("26,0000005", "26"), ("-0", "0"), ("007", "7"), ("1,041", "1.041"),
    ],
)  # fmt: skip
def test_a_number_is_read_as_people_write_it(written: str, value: str) -> None:
    assert read_amount(written, "dagar") == Decimal(value)


def test_nought_has_no_minus() -> None:
    assert str(read_amount("-0")) == "0.000000"


@pytest.mark.parametrize(
    ("written", "unit"),
    [("58 %", "%"), ("58%", "procent"), (f"58{NBSP}%", "andel, %"), ("58 kr", "kronor"), ("58 kronor", "kr"),
     ("58 kr/m2", "kr/m2"), ("58 MINUTER", "min")],
)  # fmt: skip
def test_the_unit_may_follow_the_number(written: str, unit: str) -> None:
    assert read_amount(written, unit) == 58


@pytest.mark.parametrize(
    ("written", "unit"),
    [("3 mkr", "kr"), ("3 tkr", "kronor"), ("58 %", "dagar"), ("3 h", "minuter"), ("3 och 4", "dagar"), ("5-", "dagar"),
     ("5–7", "dagar"), ("3 dagar", ""), ("2026-10-14", "dagar"), ("1e5", "dagar")],
)  # fmt: skip
def test_another_unit_is_refused(written: str, unit: str) -> None:
    with pytest.raises(Unreadable, match="har en annan enhet"):
        read_amount(written, unit)


@pytest.mark.parametrize("written", ["1.041", "12.345", "-999.000"])
def test_a_number_that_can_be_two_is_refused(written: str) -> None:
    with pytest.raises(Unreadable, match="kan läsas på två sätt"):
        read_amount(written)


def test_a_comma_can_be_two_things_in_english_only() -> None:
    with translation.override("en"), pytest.raises(Unreadable, match=r"Write 1041 or 1\.0410"):
        read_amount("1,041")
    with translation.override("sv"), pytest.raises(Unreadable, match="Skriv 1041 eller 1,041"):
        read_amount("1.041")


@pytest.mark.parametrize("written", ["många", "<5", "ca 5", "(5)", "1,2,3", "1 04,5", "26,", ",5", "1.2.3"])
def test_what_is_no_number_is_refused(written: str) -> None:
    with pytest.raises(Unreadable, match="är inget tal"):
        read_amount(written, "dagar")


@pytest.mark.parametrize("written", ["#DIV/0!", "#N/A", "#SAKNAS!", "#VÄRDEFEL!", "#NAMN?", "Err:502"])
def test_an_error_in_a_formula_is_neither_a_number_nor_a_period_nor_nothing(written: str) -> None:
    for read_cell in (read_amount, read_period):
        with pytest.raises(Unreadable, match=f"”{re.escape(written)}” är ett fel i en formel. Rätta formeln"):
            read_cell(written)


def test_a_formula_as_it_is_written_has_no_result() -> None:
    with pytest.raises(Unreadable, match="har en formel utan resultat"):
        read_amount("=SUM(A1:A3)")


@pytest.mark.parametrize("read_cell", [read_amount, read_period])
def test_a_sentence_repeats_no_more_of_a_cell_than_can_be_read(read_cell: Callable[[str], object]) -> None:
    with pytest.raises(Unreadable) as refused:
        read_cell("x" * 1_000_000)
    assert str(refused.value).startswith(f"”{'x' * 60}…” är ing")
    assert len(str(refused.value)) < 150


@pytest.mark.parametrize(
    ("unit", "wanted"),
    [
        ("%", True),
        ("andel, %", True),
        ("Procent", True),
        ("procentenheter", True),
        ("per cent", True),
        ("dagar", False),
    ],
)
def test_per_cent_is_known_in_sign_and_words(unit: str, wanted: bool) -> None:
    assert is_per_cent(unit) == wanted


@pytest.mark.parametrize("written", ["–", "-", "Saknas", "inget värde", "n/a", "missing", "Uppgift saknas", ".."])
def test_a_word_says_that_there_is_no_value(written: str) -> None:
    assert read_amount(written) is None


def test_a_number_from_a_workbook_is_kept_at_six_decimals() -> None:
    assert read_amount(Decimal("0.30000000000000004")) == Decimal("0.3")
    assert read_amount(Decimal("1E+300")) == Decimal("1E+300")


AMOUNTS = st.decimals(Decimal("-1e11"), Decimal("1e11"), places=6)


@given(AMOUNTS, st.sampled_from(["dagar", "%", "kr", ""]))
def test_a_number_as_this_product_writes_it_is_read_back_or_asked_about(value: Decimal, unit: str) -> None:
    with translation.override("sv"):
        assert read_amount(quantity(number(value), unit), unit) == value
