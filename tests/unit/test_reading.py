"""A series read out of what people paste and upload: every way to write a period and a number, and every refusal."""

import datetime as dt
import io
import zipfile
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from initiatives.cadence import Cadence, Span, span_of
from initiatives.pages.components.chart import period_label
from initiatives.reading import (
    MOST_BYTES,
    ReadSeries,
    Unreadable,
    cells_of_file,
    cells_of_text,
    read_amount,
    read_period,
    read_series,
)
from kommun.numbers import number, quantity
from tests.unit.workbooks import DATED, ods, of_sheet, xlsx

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


@pytest.mark.parametrize("written", ["många", "<5", "ca 5", "(5)", "1,2,3", "1 04,5", "26,", ",5", "1.2.3", "#DIV/0!"])
def test_what_is_no_number_is_refused(written: str) -> None:
    with pytest.raises(Unreadable, match="är inget tal"):
        read_amount(written, "dagar")


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


# --- Tables -----------------------------------------------------------------------------------------------------------
def of(text: str, **options: Any) -> ReadSeries:
    return read_series(cells_of_text(text), **options)


def read(series: ReadSeries) -> list[tuple[int, str, Decimal | None]]:
    return [(each.row, each.span.last.isoformat(), each.value) for each in series.values]


TWO = [("2026-08-31", Decimal("26.5")), ("2026-09-30", Decimal("1041.5"))]


@pytest.mark.parametrize(
    "text",
    [
        "aug 2026\t26,5\nsep 2026\t1 041,5",
        "Månad\tVärde\naug 2026\t26,5\nsep 2026\t1 041,5\n",
        "Månad;Värde\r\naug 2026;26,5\r\nsep 2026;1 041,5\r\n",
        'Month,Value\n2026-08,26.5\n2026-09,"1,041.5"',
        "\ufeffVärde;Månad\n26,5;2026-08\n1.041,5;2026-09",
        "2026-08 26,5\n2026-09 1041,5",
        "Tid\n\nUttaget av Amina\nMånad\tAntal\tDagar till beslut\naug 2026\t3\t26,5\nsep 2026\t4\t1041,5",
        "Period\tMål\tUtfall\n2026-08\t22\t26,5\n2026-09\t22\t1041,5",
        "Sammanställning;;\n2026-08;26,5;två var sjuka\n2026-09;1041,5;",
        "2026-08\t26,5\t3 personer var sjuka\n2026-09\t1041,5\t",
        "aug-26\t26,5\nsep-26\t1041,5",
    ],
)
def test_the_columns_are_found_with_and_without_a_heading(text: str) -> None:
    found = of(text, name="Dagar till beslut", unit="dagar")
    assert ([(last, value) for _row, last, value in read(found)], found.unread) == (TWO, [])


def test_good_rows_are_never_lost_for_the_bad_ones() -> None:
    found = of(
        "Uttag\nMånad\tVärde\n2026-01\t26\n03/04/2026\t26\n2026-02\t\n2026-03\tmånga\n\n2026-04\tsaknas\nSumma\t52\n"
        "\t5\n2026-05\t1.041\n2026-06\t24\t9"
    )
    assert read(found) == [(3, "2026-01-31", 26), (8, "2026-04-30", None)]
    assert [(each.row, each.text) for each in found.unread] == [
        (4, "03/04/2026\t26"),
        (5, "2026-02"),
        (6, "2026-03\tmånga"),
        (9, "Summa\t52"),
        (10, "\t5"),
        (11, "2026-05\t1.041"),
        (12, "2026-06\t24\t9"),
    ]
    assert [each.reason.split(".")[0] for each in found.unread] == [
        "”03/04/2026” kan vara två olika dagar",
        "Det finns inget värde i raden",
        "”många” är inget tal",
        "”Summa” är ingen period",
        "Det finns ingen period i raden",
        "”1",
        "Raden har fler kolumner än rubriken",
    ]
    assert (found.heading, found.period_heading, found.value_heading) == ("Månad\tVärde", "Månad", "Värde")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "inget i den att läsa"),
        (" \n\t\n", "inget i den att läsa"),
        ("Hej\nhopp", "Inga perioder"),
        ("Månad\tKommentar\n2026-01\tsjuka", "Inga värden"),
        ("2026-01\t26\t27", "flera kolumner"),
        ("2026-01,26,5\n2026-02,27,5", "flera kolumner"),
        ("Period\tMål\tBudget\n2026-08\t22\t26,5", "flera kolumner"),
        ("2026-01\t1\n" * 10_001, "för många rader"),
        ("x\n" * 20_000, "för många rader"),
    ],
)
def test_what_cannot_be_read_at_all_says_so(text: str, sentence: str) -> None:
    with pytest.raises(Unreadable, match=sentence):
        of(text)


def test_ten_thousand_rows_are_read() -> None:
    assert len(of("Datum\tVärde\n" + "2026-01-02\t1\n" * 10_000).values) == 10_000


def test_a_quotation_mark_that_is_never_closed_breaks_its_own_row_alone() -> None:
    found = of('Månad;Värde\n2026-01;26\n2026-02;"27\n2026-03;28')
    assert ([row for row, _last, _value in read(found)], [each.row for each in found.unread]) == ([2, 4], [3])


@given(st.lists(st.tuples(st.dates(dt.date(1970, 1, 5), dt.date(2099, 1, 1)), AMOUNTS), min_size=1, max_size=30))
def test_a_table_as_this_product_writes_it_is_read_back(rows: list[tuple[dt.date, Decimal]]) -> None:
    with translation.override("sv"):
        lines = [f"{period_label(*span_of(day, 'monthly'))}\t{number(value)}" for day, value in rows]
        found = of("\n".join(["Period\tVärde", *lines]))
    assert [(each.span, each.value) for each in found.values] == [(span_of(day, "monthly"), v) for day, v in rows]
    assert found.unread == []


@given(st.text(max_size=300))
def test_no_text_makes_it_fall(text: str) -> None:
    try:
        found = of(text)
    except Unreadable:
        return
    assert all(each.reason for each in found.unread)


# --- Files ------------------------------------------------------------------------------------------------------------
def of_file(data: bytes) -> list[tuple[int, str, Decimal | None]]:
    return read(read_series(cells_of_file(data), unit="dagar"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_text_file_is_read_in_the_encodings_that_spreadsheets_write(encoding: str) -> None:
    assert of_file("Månad;Värde\naugusti 2026;26,5\n".encode(encoding)) == [(2, "2026-08-31", Decimal("26.5"))]


def test_a_workbook_gives_numbers_and_days_by_their_rows() -> None:
    data = xlsx([["Uttag"], [], ["Datum", "Värde"], [(46309, DATED), 26.1], [(46310, DATED), 0.1 + 0.2], ["2026", 3]])
    assert of_file(data) == [
        (4, "2026-10-14", Decimal("26.1")),
        (5, "2026-10-15", Decimal("0.3")),
        (6, "2026-12-31", Decimal(3)),
    ]


def test_an_opendocument_file_is_read_too() -> None:
    assert of_file(ods([["Månad", "Värde"], ["okt 2026", 26.5]])) == [(2, "2026-10-31", Decimal("26.5"))]


BIG = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'


def zip_of(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "inget i den att läsa"),
        (b"x" * (MOST_BYTES + 1), "för stor"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "gamla Excelformatet"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "ingen CSV-, XLSX- eller ODS-fil"),
        (b"PK\x03\x04skr\xc3\xa4p", "trasig eller låst"),
        (xlsx([["Datum", "Värde"]])[:-40], "trasig eller låst"),
        (zip_of(hej=b"hopp"), "ingen arbetsbok"),
        (zip_of(bomb=b"\0" * 41 * 1024 * 1024), "när den packas upp"),
        (zip_of(**{f"x{index}": b"" for index in range(501)}), "när den packas upp"),
        (of_sheet(BIG), "ingen arbetsbok"),
        (of_sheet("<row><c></row>"), "ingen arbetsbok"),
        (xlsx([["Datum", "Värde"], *[[(40000, DATED), 1]] * 10_001]), "för många rader"),
    ],
    ids=["empty", "large", "xls", "png", "torn", "cut", "zip", "bomb", "parts", "sparse", "xml", "rows"],
)  # fmt: skip
def test_a_file_that_cannot_be_read_says_why(data: bytes, sentence: str) -> None:
    with pytest.raises(Unreadable, match=sentence):
        of_file(data)


def test_an_archive_that_lies_about_its_size_is_not_believed() -> None:
    data = bytearray(zip_of(bomb=b"\0" * 1_000_000))
    place = data.index(b"PK\x01\x02") + 24
    data[place : place + 4] = (10).to_bytes(4, "little")
    with pytest.raises(Unreadable):
        of_file(bytes(data))
