"""Values: entered, sent in bulk, corrected with their history kept, and refused with a reason."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from initiatives.actions.measuring import Entry, enter_value, entry_for_period, record_values
from initiatives.actions.refusals import NotAllowed, Refused
from initiatives.models import Correction, Event, Measurement, Outcome
from initiatives.outcomes import series
from initiatives.workflow import State
from kommun.models import Employee
from tests.builders import NOW, TODAY, a_manager, a_person, a_unit, an_initiative, values

pytestmark = pytest.mark.django_db
API = Measurement.Source.API


def day(back: int) -> dt.date:
    return TODAY - dt.timedelta(days=back)


@pytest.fixture
def owner() -> Employee:
    return a_person()


@pytest.fixture
def outcome(owner: Employee) -> Outcome:
    return an_initiative(owner, a_unit(), State.UNDERWAY).outcomes.get()


def send(outcome: Outcome, *entries: Entry, strict: bool = False) -> list[str]:
    return [each.outcome for each in record_values(outcome, entries, source=API, now=NOW, strict=strict)]


def stored(outcome: Outcome) -> dict[int, Decimal | None]:
    return {(TODAY - row.observed_on).days: row.value for row in outcome.measurements.all()}


def test_the_same_values_twice_change_nothing(outcome: Outcome) -> None:
    entries = [Entry(day(2), Decimal("26.5")), Entry(day(1), Decimal(25))]
    assert send(outcome, *entries) == ["created", "created"]
    assert send(outcome, *entries) == ["unchanged", "unchanged"]
    assert Event.objects.filter(kind="measurements.recorded").count() == 1


def test_one_bad_value_never_loses_the_good_ones(outcome: Outcome) -> None:
    entries = [
        Entry(day(3), Decimal(26)),
        Entry(day(-1), Decimal(26)),
        Entry(day(2), Decimal("NaN")),
        Entry(day(1), Decimal("1e12")),
        Entry(day(3), Decimal(27)),
        Entry(day(4), Decimal("0.0000001")),
        Entry(day(5), Decimal(1), period_start=day(4)),
        Entry(dt.date(1969, 12, 31), Decimal(1)),
    ]
    assert send(outcome, *entries) == ["created"] + ["refused"] * 7
    assert stored(outcome) == {3: 26}


def test_no_period_is_counted_twice(outcome: Outcome) -> None:
    first, last = dt.date(2026, 3, 1), dt.date(2026, 3, 31)
    assert send(outcome, Entry(last, Decimal(1), period_start=first)) == ["created"]
    entries = [
        Entry(dt.date(2026, 3, 15), Decimal(2)),  # a day of it
        Entry(dt.date(2026, 9, 30), Decimal(2), period_start=dt.date(2026, 1, 1)),  # all around it
        Entry(dt.date(2026, 2, 28), Decimal(3), period_start=dt.date(2026, 2, 1)),
        Entry(dt.date(2026, 3, 1), Decimal(3), period_start=dt.date(2026, 2, 28)),
        Entry(dt.date(2026, 4, 30), Decimal(4), period_start=dt.date(2026, 4, 1)),
        Entry(dt.date(2026, 4, 10), Decimal(4), series="kvinnor"),
        Entry(dt.date(2026, 5, 1), Decimal(4), period_start=dt.date(2026, 4, 30)),  # of one that came with it
    ]
    refused, created = "refused", "created"
    assert send(outcome, *entries) == [refused, refused, created, refused, created, created, refused]
    assert send(outcome, Entry(last, Decimal(9), period_start=dt.date(2026, 3, 2))) == ["corrected"]


def test_a_period_without_a_value_makes_room(outcome: Outcome) -> None:
    year = Entry(dt.date(2025, 12, 31), None, period_start=dt.date(2025, 1, 1))
    assert send(outcome, year, Entry(dt.date(2025, 10, 31), Decimal(7), period_start=dt.date(2025, 10, 1))) == [
        "created", "created",
    ]  # fmt: skip
    assert send(outcome, Entry(dt.date(2025, 12, 31), Decimal(80))) == ["refused"]  # the room is taken since
    assert send(outcome, year) == ["unchanged"]


def test_what_overlaps_already_can_be_sent_again_and_corrected(outcome: Outcome) -> None:
    first, last = dt.date(2026, 3, 1), dt.date(2026, 3, 31)
    for start, end in ((first, last), (dt.date(2026, 3, 10), dt.date(2026, 3, 20))):
        Measurement.objects.create(outcome=outcome, period_start=start, observed_on=end, value=5, source=API)
    assert send(outcome, Entry(last, Decimal(5), period_start=first)) == ["unchanged"]
    assert send(outcome, Entry(last, Decimal(6))) == ["corrected"]


def by_hand(outcome: Outcome, owner: Employee, on: dt.date, value: int) -> str:
    """What becomes of a value entered on the page for the period that the day lies in."""
    entry = entry_for_period(outcome, on, Decimal(value), today=TODAY)
    try:
        return enter_value(outcome, entry, by=owner, now=NOW, reason="Mätt på nytt").outcome
    except Refused as refused:
        return str(refused)


def test_a_value_never_lands_on_a_period_it_is_not_of(outcome: Outcome, owner: Employee) -> None:
    october, overlaps = dt.date(2026, 10, 15), "Det finns redan ett värde för en period som överlappar den här."
    assert by_hand(outcome, owner, october, 100) == "created"
    Outcome.objects.filter(pk=outcome.pk).update(cadence="weekly")
    outcome.refresh_from_db()
    assert by_hand(outcome, owner, dt.date(2026, 10, 30), 7) == overlaps  # a week of it
    assert by_hand(outcome, owner, dt.date(2026, 11, 5), 7) == "created"
    assert by_hand(outcome, owner, dt.date(2026, 11, 12), 8) == "created"
    Outcome.objects.filter(pk=outcome.pk).update(cadence="monthly")
    outcome.refresh_from_db()
    assert by_hand(outcome, owner, dt.date(2026, 11, 20), 200) == overlaps
    assert by_hand(outcome, owner, october, 101) == "corrected"


def test_a_month_is_not_written_over_the_year_that_ends_with_it(outcome: Outcome, owner: Employee) -> None:
    send(outcome, Entry(dt.date(2025, 12, 31), Decimal(900), period_start=dt.date(2025, 1, 1)))
    assert "överlappar" in by_hand(outcome, owner, dt.date(2025, 12, 3), 80)
    assert [row.value for row in outcome.measurements.all()] == [900]


def test_a_value_in_the_middle_of_a_period_is_corrected_when_it_is_over(outcome: Outcome, owner: Employee) -> None:
    assert by_hand(outcome, owner, TODAY, 5) == "created"
    entry = entry_for_period(outcome, TODAY, Decimal(6), today=TODAY + dt.timedelta(days=30))
    assert (entry.period_start, entry.observed_on) == (TODAY.replace(day=1), TODAY)


def test_koladas_year_makes_room_for_what_others_measure_within_it(outcome: Outcome, owner: Employee) -> None:
    years = [
        Entry(dt.date(year, 12, 31), Decimal(year), period_start=dt.date(year, 1, 1)) for year in (2023, 2024, 2025)
    ]
    record_values(outcome, years, source=Measurement.Source.KOLADA, now=NOW)
    assert by_hand(outcome, owner, dt.date(2025, 10, 3), 7) == "created"
    assert by_hand(outcome, owner, dt.date(2024, 12, 3), 8) == "corrected"
    rows = outcome.measurements.order_by("observed_on").values_list("period_start", "observed_on", "value")
    assert [(first.month, last.year, value) for first, last, value in rows] == [
        (1, 2023, 2023), (12, 2024, 8), (10, 2025, 7), (1, 2025, None),
    ]  # fmt: skip
    corrections = Correction.objects.order_by("id").values_list("old_value", "new_value", "reason")
    assert list(corrections) == [(2025, None, "Ger plats åt värden för kortare perioder"), (2024, 8, "Mätt på nytt")]


def test_a_period_begins_in_1970_at_the_earliest(outcome: Outcome) -> None:
    assert send(outcome, Entry(day(1), Decimal(1), period_start=dt.date(1969, 12, 31))) == ["refused"]


def test_strict_stores_all_or_nothing(outcome: Outcome) -> None:
    entries = [Entry(day(3), Decimal(26)), Entry(day(-1), Decimal(26))]
    assert send(outcome, *entries, strict=True) == ["refused", "refused"]
    assert stored(outcome) == {}
    assert send(outcome, entries[0], strict=True) == ["created"]


def test_a_correction_keeps_the_old_value(outcome: Outcome, owner: Employee) -> None:
    send(outcome, Entry(day(1), Decimal(26)))
    enter_value(outcome, Entry(day(1), Decimal(24)), by=owner, now=NOW, reason="Fel kolumn")
    assert list(Correction.objects.values_list("old_value", "new_value", "reason", "by")) == [
        (26, 24, "Fel kolumn", owner.pk)
    ]
    assert stored(outcome) == {1: 24}


def test_a_person_corrects_with_a_reason_or_not_at_all(outcome: Outcome, owner: Employee) -> None:
    enter_value(outcome, Entry(day(1), Decimal(26)), by=owner, now=NOW)
    with pytest.raises(Refused) as refused:
        enter_value(outcome, Entry(day(1), Decimal(24)), by=owner, now=NOW)
    assert [each.field for each in refused.value.missing] == ["reason"]
    assert stored(outcome) == {1: 26}


@pytest.mark.django_db(transaction=True)
def test_of_two_who_enter_a_value_at_once_the_later_is_asked_why(outcome: Outcome, owner: Employee) -> None:
    def enter(value: int) -> str:
        try:
            return enter_value(outcome, Entry(day(1), Decimal(value)), by=owner, now=NOW).outcome
        except Refused as refused:
            return refused.missing[0].field
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(enter, (5, 7))) == ["created", "reason"]
    assert Correction.objects.count() == 0


def test_in_a_draft_values_change_without_a_history(owner: Employee) -> None:
    outcome = an_initiative(owner, a_unit()).outcomes.get()
    for value in (26, 24):
        enter_value(outcome, Entry(day(1), Decimal(value)), by=owner, now=NOW)
    assert (stored(outcome), Correction.objects.count()) == ({1: 24}, 0)


def test_no_value_for_a_period_is_stored_and_not_counted(outcome: Outcome, owner: Employee) -> None:
    enter_value(outcome, Entry(day(1), None), by=owner, now=NOW)
    outcome.refresh_from_db()
    assert (stored(outcome), outcome.value_count, outcome.next_due_on) == ({1: None}, 0, dt.date(2027, 1, 1))


def test_only_those_who_drive_it_enter_values(outcome: Outcome) -> None:
    for person in (a_person("Sara", "Berg"), a_manager(outcome.initiative.unit or a_unit())):
        with pytest.raises(NotAllowed):
            enter_value(outcome, Entry(day(1), Decimal(1)), by=person, now=NOW)


@pytest.mark.parametrize("state", [State.DECLINED, State.WITHDRAWN])
def test_what_is_not_going_on_takes_no_values(owner: Employee, state: State) -> None:
    outcome = an_initiative(owner, a_unit(), state).outcomes.get()
    assert send(outcome, Entry(day(1), Decimal(1))) == ["refused"]


def test_another_series_lives_beside_the_one_that_decides(outcome: Outcome) -> None:
    assert send(outcome, Entry(day(1), Decimal(26)), Entry(day(1), Decimal(3), series="kvinnor")) == ["created"] * 2
    outcome.refresh_from_db()
    assert (outcome.value_count, outcome.latest_value) == (1, 26)


def test_a_thousand_values_take_as_many_queries_as_one(outcome: Outcome) -> None:
    counts = []
    for number in (1, 1000):
        entries = [Entry(day(index), Decimal(index + number)) for index in range(number)]
        with CaptureQueriesContext(
            connection,
        ) as queries:
            record_values(outcome, entries, source=API, now=NOW)
        counts.append(len(queries))
    assert counts[1] - counts[0] <= 2  # the second corrects one value of the first, and has enough values for a grade


# --- A baseline that was frozen, and a verdict that is final --------------------------------------------------------
def implemented(owner: Employee) -> Outcome:
    initiative = an_initiative(owner, a_unit(), "measuring", change_on=TODAY - dt.timedelta(days=30))
    outcome = initiative.outcomes.get()
    series.freeze_baseline(outcome, TODAY - dt.timedelta(days=30))
    values(outcome, [9, 8, 9, 10, 9], until=TODAY - dt.timedelta(days=40))
    return outcome


def test_a_value_added_to_a_frozen_baseline_needs_a_reason_and_shows(owner: Employee) -> None:
    outcome, late = implemented(owner), Entry(TODAY - dt.timedelta(days=35), Decimal(1))
    with pytest.raises(Refused, match="utgångsläge"):
        enter_value(outcome, late, by=owner, now=NOW)
    enter_value(outcome, late, by=owner, now=NOW, reason="Låg i en annan pärm")
    correction = Correction.objects.get()
    assert (correction.old_value, correction.new_value, correction.reason) == (None, 1, "Låg i en annan pärm")
    enter_value(outcome, Entry(TODAY, Decimal(5)), by=owner, now=NOW)
    assert Correction.objects.count() == 1


def test_a_value_from_a_machine_that_joins_a_frozen_baseline_shows_too(owner: Employee) -> None:
    outcome = implemented(owner)
    record_values(outcome, [Entry(TODAY - dt.timedelta(days=35), Decimal(1))], source=API, now=NOW)
    assert [(row.old_value, row.new_value) for row in Correction.objects.all()] == [(None, 1)]


def test_a_final_verdict_stays_whatever_is_entered_afterwards(owner: Employee) -> None:
    outcome = implemented(owner)
    values(outcome, [9, 9, 8, 10, 9], until=TODAY, days=5)
    series.settle(outcome, series.compare(outcome, outcome.initiative.change_on, until=TODAY))
    kept = ("verdict", "n_before", "n_after", "p_value", "shift", "grade")
    before = [getattr(outcome, name) for name in kept]
    for days in range(21, 29):
        record_values(outcome, [Entry(TODAY - dt.timedelta(days=days), Decimal(1))], source=API, now=NOW)
    outcome.refresh_from_db()
    assert [getattr(outcome, name) for name in kept] == before
    assert (outcome.verdict, outcome.grade, outcome.value_count) == ("may_be_chance", 2, 18)
