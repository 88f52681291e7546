"""What people write in a field: numbers in two languages, and days with a slip of the finger in the year."""

import datetime as dt
from decimal import Decimal

import pytest
from django.forms import ValidationError
from django.utils import timezone, translation

from initiatives.forms.fields import Day, Number


def read(text: str, language: str) -> Decimal | None:
    with translation.override(language):
        number: Decimal | None = Number(max_digits=18, decimal_places=6).clean(text)
        return number


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("4,5", "4.5"),
        ("4.5", "4.5"),
        ("1 041,5", "1041.5"),
        ("1\N{NO-BREAK SPACE}041", "1041"),
        ("1,041.5", "1041.5"),
        ("1,041,000", "1041000"),
        ("\N{MINUS SIGN}3,25", "-3.25"),
    ],
)
def test_a_number_is_the_same_in_both_languages(text: str, number: str, language: str) -> None:
    assert read(text, language) == Decimal(number)


def test_a_number_that_could_be_two_is_asked_about_in_english_alone() -> None:
    assert read("1,041", "sv") == Decimal("1.041")
    with pytest.raises(ValidationError, match=r"1041 \w+ 1\.041"):
        read("1,041", "en")


@pytest.mark.parametrize("text", ["många", "1.041,5", "1,2,3", "NaN", "1e999"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        read(text, "sv")


@pytest.mark.parametrize("day", ["0001-01-01", "1969-12-31", "9999-12-31", "2026-02-30", "14/10"])
def test_a_day_that_nobody_can_mean_is_refused(day: str) -> None:
    with pytest.raises(ValidationError):
        Day().clean(day)
    assert Day().clean((timezone.localdate() + dt.timedelta(days=7000)).isoformat())
