"""Whatever people write, the calendar is one that another parser reads, with their words in it."""

import datetime as dt
import re
import uuid
from dataclasses import replace

import vobject
from hypothesis import given
from hypothesis import strategies as st

from initiatives.outcomes.due_dates import Due, DueDate
from initiatives.pages.calendar_feed import calendar_of
from initiatives.workflow import State
from kommun.models import Employee

AT = dt.datetime(2026, 11, 23, 9, 0, 0, 250_000, tzinfo=dt.UTC)
ON = dt.date(2026, 12, 31)
ID = uuid.UUID(int=7)
FEEDS = st.lists(
    st.tuples(
        st.sampled_from(Due),
        st.dates(dt.date(2020, 1, 1), dt.date(2099, 12, 30)),
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
    ),
    max_size=5,
)


def a_date(due: Due, on: dt.date, words: str) -> DueDate:
    months = 6 if due == Due.HOLD else None
    return DueDate(due, on, ID, ID, State.MEASURING, words, words, AT - dt.timedelta(hours=1), AT, months)


def plain(words: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", "", " ".join(words.split()))


@given(FEEDS)
def test_any_words_are_read_as_they_were_written(rows: list[tuple[Due, dt.date, str]]) -> None:
    text = calendar_of(Employee(language="sv"), [a_date(*row) for row in rows])
    read = vobject.readOne(text.decode()).contents.get("vevent", [])
    told = [(each.dtstart.value, each.summary.value.partition(": ")[2].strip()) for each in read]
    assert told == [(on, plain(words).strip()) for _due, on, words in rows]
    assert [each.dtend.value - each.dtstart.value for each in read] == [dt.timedelta(days=1)] * len(rows)


@given(FEEDS)
def test_any_words_make_lines_of_75_octets_at_most(rows: list[tuple[Due, dt.date, str]]) -> None:
    text = calendar_of(Employee(language="sv"), [a_date(*row) for row in rows])
    *lines, last = text.split(b"\r\n")
    assert last == b""
    for line in lines:
        assert len(line.decode().encode()) <= 75 and not re.search(rb"[\r\n]", line)
    assert lines.count(b"BEGIN:VEVENT") == lines.count(b"END:VEVENT") == len(rows)


def test_the_same_dates_are_the_same_bytes() -> None:
    dates = [a_date(Due.VALUE, ON, "Kö"), a_date(Due.HOLD, ON, "Kö")]
    assert calendar_of(Employee(language="sv"), dates) == calendar_of(Employee(language="sv"), list(dates))


def test_the_day_over_new_year_ends_in_the_next() -> None:
    text = calendar_of(Employee(language="sv"), [a_date(Due.REVIEW, ON, "Kö")]).decode()
    assert "DTSTART;VALUE=DATE:20261231\r\n" in text and "DTEND;VALUE=DATE:20270101\r\n" in text


def test_moments_are_in_universal_time_and_the_sequence_counts_seconds() -> None:
    stockholm = AT.astimezone(dt.timezone(dt.timedelta(hours=1)))
    date = replace(a_date(Due.REVIEW, ON, "Kö"), changed_at=stockholm)
    text = calendar_of(Employee(language="sv"), [date]).decode()
    assert "DTSTAMP:20261123T090000Z\r\n" in text and "LAST-MODIFIED:20261123T090000Z\r\n" in text
    assert "SEQUENCE:3600\r\n" in text
