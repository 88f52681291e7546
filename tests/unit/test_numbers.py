"""Numbers as people read them in each language."""

from decimal import Decimal
from fractions import Fraction

import pytest
from django.utils import translation

from kommun.numbers import number, quantity, readable, rounded


@pytest.mark.parametrize(
    ("value", "swedish", "english"),
    [
        (Decimal("41.500000"), "41,5", "41.5"),
        (Decimal("1041.5"), "1\N{NO-BREAK SPACE}041,5", "1,041.5"),
        (Decimal("-3.25"), "\N{MINUS SIGN}3,25", "\N{MINUS SIGN}3.25"),
        (Decimal("1E+3"), "1\N{NO-BREAK SPACE}000", "1,000"),
        (Decimal("0.000000"), "0", "0"),
        (Decimal("0.000001"), "0,000001", "0.000001"),
        (7, "7", "7"),
    ],
)
def test_number_is_exact(value: Decimal, swedish: str, english: str) -> None:
    with translation.override("sv"):
        assert number(value) == swedish
    with translation.override("en"):
        assert number(value) == english


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(100, 3), "33,3"),
        (Fraction(1, 3), "0,333"),
        (Decimal("4.20"), "4,2"),
        (Decimal("999.96"), "1\N{NO-BREAK SPACE}000"),
        (Decimal("123456.7"), "123\N{NO-BREAK SPACE}457"),
        (Decimal("2.345"), "2,35"),
        (Decimal("-0.0004"), "\N{MINUS SIGN}0,0004"),
        (0, "0"),
    ],
)
def test_rounded_keeps_three_digits_or_the_whole_part(value: Decimal | Fraction, text: str) -> None:
    with translation.override("sv"):
        assert rounded(value) == text


def test_rounded_keeps_what_tells_it_from_what_it_is_read_beside() -> None:
    with translation.override("sv"):
        assert [rounded(each, width=Fraction(18, 100)) for each in (Fraction(99864, 1000), 100)] == ["99,86", "100"]
        assert rounded(Fraction(10036, 1000), width=Fraction(72, 1000)) == "10,036"
        assert rounded(Fraction(512, 10), width=Fraction(176, 10)) == "51,2"


def test_readable_leaves_alone_what_people_write() -> None:
    with translation.override("sv"):
        written: list[Decimal | Fraction] = [
            Decimal("99.95"), Fraction(9995, 100), Decimal("1041.5"), Decimal("12.3456"),
        ]  # fmt: skip
        assert [readable(each) for each in written] == ["99,95", "99,95", "1\N{NO-BREAK SPACE}041,5", "12,3"]


def test_a_unit_never_stands_alone_on_the_next_line() -> None:
    assert quantity("41,5", "dagar") == "41,5\N{NO-BREAK SPACE}dagar"
    assert quantity("3", "") == "3"
