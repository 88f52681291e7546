"""Tables and files that people paste and upload: which rows are read as a series, and what is said of the others."""

import datetime as dt
import io
import time
import zipfile
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from initiatives.cadence import Span, span_of
from initiatives.pages.components.chart import period_label
from initiatives.reading import (
    MOST_BYTES,
    ReadSeries,
    Unreadable,
    cells_of_text,
    read_series,
    table_of_file,
    text_of,
)
from kommun.numbers import number
from tests.unit.test_reading import AMOUNTS, DAY, OCTOBER, QUARTER, WEEK, YEAR
from tests.unit.workbooks import DATED, ods, of_sheet, of_sheets, unreckoned, xlsx


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


@pytest.mark.parametrize(
    ("heading", "rows"),
    [
        ("År;Månad;Värde", ["2026;aug;26,5", "2026;september;1041,5"]),
        ("År;Månad;Värde", ["2026;8;26,5", "2026;09;1041,5"]),
        ("Månad;Värde;År", ["aug.;26,5;2026", "Sep;1041,5;2026"]),
        ("Enhet;År;Kvartal;Månad;Dagar", ["A;2026;3;8;26,5", "A;2026;3;9;1041,5"]),
        ("År;Månad;Värde", ["2026;2026-08;26,5", "2026;2026-09;1041,5"]),
        ("År;Period;Antal", ["2026;aug;26,5", "2026;sep;1041,5"]),
        ("", ["2026;aug;26,5", "2026;sep;1041,5"]),
        ("", ["aug;2026;26,5", "sep;2026;1041,5"]),
    ],
)
def test_a_year_in_a_column_of_its_own_is_joined_with_its_months(heading: str, rows: list[str]) -> None:
    found = of("\n".join(filter(None, [heading, *rows])))
    assert ([(last, value) for _row, last, value in read(found)], found.unread) == (TWO, [])


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("År;Vecka;Värde\n2026;42;5", WEEK),
        ("År;Vecka;Värde\n2026;v. 42;5", WEEK),
        ("Year,Week,Value\n2026,w42,5", WEEK),
        ("År;Kvartal;Värde\n2026;3;5", QUARTER),
        ("År;Kvartal;Värde\n2026;kv 3;5", QUARTER),
        ("2026;Q3;5", QUARTER),
        ("År;Månad;Datum;Antal\n2026;10;2026-10-14;5", DAY),
        ("År;Månad;Tid\n2026;10;5", OCTOBER),
        ("År;Värde\n2026;5", YEAR),
    ],
)
def test_a_year_is_joined_with_weeks_and_quarters_and_with_nothing_that_is_whole(text: str, span: Span) -> None:
    found = of(text, cadence="quarterly")
    assert ([(each.span, each.value) for each in found.values], found.unread) == ([(span, 5)], [])


def test_a_year_and_a_month_of_a_workbook_are_joined_and_both_named() -> None:
    found = read_series([["År", "Månad", "Värde"], [Decimal("2026.0"), Decimal("10.0"), Decimal(5)]])
    assert ([each.span for each in found.values], found.period_heading) == ([OCTOBER], "År + Månad")


def test_a_year_without_its_month_or_a_month_without_its_year_is_no_period() -> None:
    found = of("År;Månad;Värde\n2026;jan;1\n;feb;2\n2026;;3\n2026;13;4\n2026;Summa;10\nx;5;5")
    assert read(found) == [(2, "2026-01-31", 1)]
    assert [each.reason.split(".")[0] for each in found.unread] == [
        "Det finns inget år på raden",
        "Det finns ingen period på raden",
        "Det finns ingen sådan dag eller period: ”2026-13”",
        "Det finns ingen sådan dag eller period: ”2026 Summa”",
        "”x” är inget år",
    ]


def test_a_day_apart_from_its_year_is_not_read_as_the_month() -> None:
    with pytest.raises(Unreadable, match="Skriv hela datumet i en"):
        of("År;Månad;Dag;Värde\n2026;10;14;5\n2026;10;15;6")


def test_rows_below_a_second_heading_are_refused_when_it_has_other_columns() -> None:
    found = of("Månad;Värde\njan 2026;26\n\nMånad;Antal\nfeb 2026;300\nmar 2026;310")
    assert read(found) == [(2, "2026-01-31", 26)]
    assert [(each.row, each.text, each.reason) for each in found.unread] == [
        (number, text, "En annan rubrik står på rad 4. Läs in tabellen under den för sig.")
        for number, text in ((4, "Månad\tAntal"), (5, "feb 2026\t300"), (6, "mar 2026\t310"))
    ]


def test_rows_above_the_heading_are_told_unless_they_are_titles() -> None:
    found = of("Uttag\t2026-11-23\njan 2026\t26\nMånad\tAntal\nfeb 2026\t300")
    assert read(found) == [(4, "2026-02-28", 300)]
    assert [(each.row, each.reason, each.is_of_table) for each in found.unread] == [
        (2, "Raden står ovanför rubriken.", False),
    ]  # fmt: skip
    below = "\n".join(["jan 2026;26"] * 20)
    assert [each.row for each in of(f"{below}\nMånad;Antal\nfeb 2026;300").unread] == [21, 22]


def test_the_same_heading_may_stand_again() -> None:
    found = of("Månad;Värde\njan 2026;26\nMånad;Värde\nfeb 2026;25")
    assert ([row for row, _last, _value in read(found)], [each.row for each in found.unread]) == ([2, 4], [3])


def test_a_value_may_stand_beyond_the_heading_without_a_fall() -> None:
    found = of("Månad;Kommentar\njan 2026;sjuka;5")
    assert ([each.reason for each in found.unread], found.value_heading) == (
        ["Raden har fler kolumner än rubriken."],
        "",
    )


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
        "Det finns inget värde på raden",
        "”många” är inget tal",
        "”Summa” är ingen period",
        "Det finns ingen period på raden",
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


@pytest.mark.parametrize(
    "text",
    [
        'jan 2025;"rad ett\nrad två";5',
        'jan 2025\t"rad ett\nrad två"\t5',
        'Period;"Antal\nsvar";Värde\njan 2025;9;5',
        'Månad;"Värde\n(dagar)";Kommentar\r\njan 2025;5;"ett\r\n\r\ntvå; tre"',
        '"Kommentar, \nfri";Period;Utfall\n"en ""bra"" månad\ntrots allt";jan 2025;5',
    ],
)
def test_a_line_break_within_quotation_marks_is_part_of_its_cell(text: str) -> None:
    found = of(text, name="Värde (dagar)")
    assert [(each.span.last.isoformat(), each.value) for each in found.values] == [("2025-01-31", 5)]
    assert found.unread == []


def test_rows_keep_the_numbers_that_the_spreadsheet_shows_for_them() -> None:
    found = of('Månad;Värde;Kommentar\njan 2026;26;"ett\ntvå"\nfeb 2026;x;"tre\nfyra"\n\nmar 2026;24;')
    assert [row for row, _last, _value in read(found)] == [2, 5]
    assert [(each.row, each.text) for each in found.unread] == [(3, "feb 2026\tx\ttre fyra")]


@pytest.mark.parametrize(
    "text",
    [
        'jan 2026;26;"sjuka\nfeb 2026;25;x\nmar 2026;24;y',
        'jan 2026;26;"sjuka\nfeb 2026;25;friska"\nmar 2026;24;y',
        'jan 2026;26;rör 5"\nfeb 2026;25;x\nmar 2026;24;rör 7"',
        'jan 2026;26;"Hej" sa han\nfeb 2026;25;x\nmar 2026;24;"',
    ],
)
def test_a_quotation_mark_without_its_pair_swallows_no_row(text: str) -> None:
    assert [(row, value) for row, _last, value in read(of(text))] == [(1, 26), (2, 25), (3, 24)]


CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8).map(lambda text: " ".join(text.split()))


@given(st.lists(st.tuples(CELLS, CELLS.filter(bool)), min_size=1, max_size=8))
def test_rows_that_were_not_read_are_the_same_when_they_are_pasted_again(rows: list[tuple[str, str]]) -> None:
    pasted = "\n".join(["Månad\tKommentar\tVärde", *(text_of(["jan 2026", *row]) for row in rows)])
    assert cells_of_text(pasted)[1:] == [["jan 2026", *row] for row in rows]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("x;" * 1_000_000, "Inga perioder"),
        ("jan 2026," * 220_000, "Inga värden"),
        ("x " * 1_000_000, "Inga perioder"),
        ("1" * 2_000_000, "Inga perioder"),
        ('"\n' * 9_000 + '"' * 2_000_000, "Inga perioder"),
        ('"x\n' * 700_000, "för många rader"),
    ],
    ids=["semicolons", "periods", "blanks", "digits", "marks", "lines"],
)
def test_a_line_of_two_megabytes_is_soon_refused(text: str, sentence: str) -> None:
    began = time.process_time()
    with pytest.raises(Unreadable, match=sentence):
        of(text)
    assert time.process_time() - began < 0.5  # it is a tenth of that


def test_a_row_that_is_too_wide_is_refused_alone() -> None:
    found = of(f"jan 2026;26\nfeb 2026;25{';' * 600}\nmar 2026;24;{'x;' * 600}")
    assert [row for row, _last, _value in read(found)] == [1, 2]
    assert [(each.row, each.reason) for each in found.unread] == [
        (3, "Raden har för många kolumner. Högst 500 läses."),
    ]  # fmt: skip


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
    return read(read_series(table_of_file(data).rows, unit="dagar"))


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


EXPLAINED: dict[str, list[list[object]]] = {
    "Läs mig": [["Uttag ur Ärendesystemet"], ["Uttaget den", "2026-11-23"], ["Kontakt", "Amina"]],
    "Tomt": [],
    "Ledtider": [["Månad", "Värde"], ["aug 2026", 26.5]],
    "Mål": [["Månad", "Värde"], ["aug 2026", 20]],
}


def test_a_sheet_that_explains_the_others_is_passed_by_and_the_one_that_is_read_is_named() -> None:
    table = table_of_file(of_sheets(EXPLAINED))
    assert (table.sheet, read(read_series(table.rows))) == ("Ledtider", [(2, "2026-08-31", Decimal("26.5"))])


@pytest.mark.parametrize(
    ("sheets", "chosen"),
    [
        ({"A": [["jan 2026", 1]]}, ""),
        ({"A": [], "B": [["jan 2026", 1]]}, ""),
        ({"A": [["jan 2026", 1]], "B": [["jan 2026", 2]]}, "A"),
        ({"A": [["Hej"]], "B": [["jan 2026", "många"]]}, "B"),
        ({"A": [["Hej"]], "B": [["Hopp"]]}, "A"),
        ({"A": [["2026-11-23"]], "B": [["År", "Månad", "Värde"], [2026, 3, 5]]}, "B"),
    ],
)
def test_a_sheet_is_named_when_there_are_others(sheets: dict[str, list[list[object]]], chosen: str) -> None:
    assert table_of_file(of_sheets(sheets)).sheet == chosen


def _row(*cells: str) -> str:
    return f"<row>{''.join(cells)}</row>"


PERIOD = '<c t="inlineStr"><is><t>jan 2026</t></is></c>'


@pytest.mark.parametrize(
    ("cell", "text", "reason"),
    [
        ('<c t="e"><v>#N/A</v></c>', "#N/A", "”#N/A” är ett fel i en formel"),
        ('<c r="B1" s="0" t="e"><f>1/0</f><v>#DIV/0!</v></c>', "#DIV/0!", "”#DIV/0!” är ett fel i en formel"),
        ("<c><f>SUM(C1:C3)</f></c>", "=SUM(C1:C3)", "Cellen har en formel utan resultat"),
        ("<c r='B1' t='n'><f>IF(C1&lt;2,1,2)</f><v/></c>", "=IF(C1<2,1,2)", "Cellen har en formel utan resultat"),
        ('<c><f t="shared" si="0"/><v></v></c>', "=?", "Cellen har en formel utan resultat"),
        ('<c t="str"><f>IF(C1=0,"","x")</f><v></v></c>', "", "Det finns inget värde på raden"),
        ("<c/>", "", "Det finns inget värde på raden"),
    ],
    ids=["n/a", "div", "formula", "number", "shared", "text", "empty"],
)
def test_a_cell_with_an_error_is_not_an_empty_one(cell: str, text: str, reason: str) -> None:
    good = _row(PERIOD.replace("jan", "feb"), "<c><f>20+6</f><v>26</v></c>")
    found = read_series(table_of_file(of_sheet(_row(PERIOD, cell) + good)).rows)
    assert [(each.text, each.reason.split(".")[0]) for each in found.unread] == [
        (f"jan 2026\t{text}".rstrip("\t"), reason),
    ]  # fmt: skip
    assert read(found) == [(2, "2026-02-28", 26)]


def test_a_nought_that_stands_in_for_a_result_is_none() -> None:
    """A program that does not reckon itself writes 0, and asks whoever opens the file to reckon."""
    sheet = _row(PERIOD, "<c><f>20+6</f><v>0</v></c>") + _row(PERIOD.replace("jan", "feb"), "<c><v>0</v></c>")
    found = read_series(table_of_file(unreckoned(of_sheet(sheet))).rows)
    assert ([each.text for each in found.unread], read(found)) == (["jan 2026\t=20+6"], [(2, "2026-02-28", 0)])
    assert read(read_series(table_of_file(of_sheet(sheet)).rows)) == [(1, "2026-01-31", 0), (2, "2026-02-28", 0)]


def test_an_error_in_an_opendocument_file_is_told_too() -> None:
    found = read_series(table_of_file(ods([["jan 2026", "#DIV/0!"], ["feb 2026", 26]])).rows)
    assert [each.reason for each in found.unread] == ["”#DIV/0!” är ett fel i en formel. Rätta formeln i kalkylbladet."]


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
