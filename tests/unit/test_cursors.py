"""A cursor is read as it was given, and nothing else is taken for one."""

import datetime as dt
from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initiatives.events.cursor import Cursor, NoCursor
from kommun.models import ApiClient

CHANGE, OTHER = UUID(int=1), UUID(int=2)
numbers = st.integers(-(2**62), 2**62)
TODAY = dt.date(2026, 11, 23)


def a_client(unit: int | None = None) -> ApiClient:
    return ApiClient(unit_id=unit)


@given(xact=numbers, id=numbers)
def test_any_cursor_is_read_as_it_was_given(xact: int, id: int) -> None:
    cursor = Cursor.after(xact, id, CHANGE, client=a_client())
    assert Cursor.read(str(cursor)) == cursor


def test_it_stands_after_one_change_for_a_client_as_it_was_bound() -> None:
    cursor = Cursor.after(1, 2, CHANGE, client=a_client(7))
    assert cursor.stands_after(CHANGE, client=a_client(7))
    assert not cursor.stands_after(OTHER, client=a_client(7))
    assert not cursor.stands_after(None, client=a_client(7))
    assert not cursor.stands_after(CHANGE, client=a_client(8))
    assert not cursor.stands_after(CHANGE, client=a_client())
    assert not cursor.is_before_all(client=a_client(7), since=TODAY)


def test_one_before_all_changes_grows_old() -> None:
    cursor = Cursor.before_all(client=a_client(7), today=TODAY)
    assert cursor.is_before_all(client=a_client(7), since=TODAY)
    assert not cursor.is_before_all(client=a_client(), since=TODAY)
    assert not cursor.is_before_all(client=a_client(7), since=TODAY + dt.timedelta(days=1))
    assert (cursor.xact, cursor.id) < (-(2**62), -(2**62))


@pytest.mark.parametrize("nonsense", ["", "0", "åäö", "AAAA", "a" * 34, "a" * 33, "=" * 34, "x" * 5000])
def test_nonsense_is_no_cursor(nonsense: str) -> None:
    with pytest.raises(NoCursor):
        Cursor.read(nonsense)


@given(text=st.text())
def test_no_text_is_a_cursor_by_chance(text: str) -> None:
    with pytest.raises(NoCursor):
        Cursor.read(text)


def test_a_cursor_with_any_letter_changed_is_none() -> None:
    text = str(Cursor.after(1, 2, CHANGE, client=a_client()))
    whole = bytearray(urlsafe_b64decode(text + "=="))
    for place in range(len(whole)):
        changed = whole.copy()
        changed[place] ^= 1
        with pytest.raises(NoCursor):
            Cursor.read(urlsafe_b64encode(changed).rstrip(b"=").decode())
    for other in (text + "=", text + "==", text + " ", " " + text, text[:-1], text + "A"):
        with pytest.raises(NoCursor):
            Cursor.read(other)
