"""A reply address names its letter, and only we can make one."""

import uuid
from collections.abc import Callable

import pytest
from pytest_django import Settings

from kommun.replying import letter_uuid_of, reply_address

LETTER = uuid.UUID("0b0dd1c1-6f3c-4b8e-9e0a-6d9a4b1f2c3d")


@pytest.fixture(autouse=True)
def _taking_answers(settings: Settings) -> None:
    settings.REPLY_ADDRESS = "svar@kommun.example"
    settings.SECRET_KEY = "today's"


def test_an_address_names_its_letter_and_fits_in_what_mail_allows() -> None:
    address = reply_address(LETTER)
    name, domain = address.split("@")
    assert (name[:38], len(name), domain) == (f"svar+{LETTER.hex}.", 54, "kommun.example")
    assert letter_uuid_of(address) == LETTER


@pytest.mark.parametrize("change", [str.upper, lambda address: f" {address} ", str.title])
def test_it_is_known_however_servers_write_it(change: Callable[[str], str]) -> None:
    assert letter_uuid_of(change(reply_address(LETTER))) == LETTER


def test_the_seal_of_one_letter_opens_no_other() -> None:
    seal = reply_address(LETTER).split(".")[1].split("@")[0]
    assert letter_uuid_of(f"svar+{uuid.uuid4().hex}.{seal}@kommun.example") is None


@pytest.mark.parametrize(
    "address",
    [
        "",
        "@",
        "svar@kommun.example",
        f"svar+{LETTER.hex}@kommun.example",
        f"svar+{LETTER.hex}.@kommun.example",
        f"svar+{LETTER.hex}.0123456789abcdef@kommun.example",
        f"svar+{LETTER.hex}.åäö3456789abcdef@kommun.example",
        "svar+" + "a" * 5000,
    ],
)
def test_what_we_have_not_made_names_no_letter(address: str) -> None:
    assert letter_uuid_of(address) is None


def test_another_name_or_domain_is_not_ours() -> None:
    address = reply_address(LETTER)
    assert letter_uuid_of(address.replace("svar+", "info+")) is None
    assert letter_uuid_of(address.replace("kommun.example", "kommun.example.org")) is None


def test_an_address_sealed_with_a_former_key_still_works(settings: Settings) -> None:
    address = reply_address(LETTER)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "tomorrow's", ["today's"]
    assert letter_uuid_of(address) == LETTER
    assert reply_address(LETTER) != address
    settings.SECRET_KEY_FALLBACKS = []
    assert letter_uuid_of(address) is None


def test_where_no_answers_are_taken_there_is_no_address(settings: Settings) -> None:
    address = reply_address(LETTER)
    settings.REPLY_ADDRESS = ""
    assert reply_address(LETTER) == ""
    assert letter_uuid_of(address) is None
