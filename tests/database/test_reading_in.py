"""Many values read in by a person: what each does to those there, and what is refused so that none counts twice."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from initiatives.actions.measuring import entry_for_period, record_values
from initiatives.actions.reading_in import plan, read_in
from initiatives.actions.refusals import NotAllowed, Refused
from initiatives.cadence import Cadence, Span, span_of
from initiatives.models import Correction, Event, Measurement, Outcome
from initiatives.outcomes import series
from initiatives.reading import ReadValue, read_period
from initiatives.workflow import State
from kommun.models import Employee, Unit
from tests.builders import NOW, TODAY, a_manager, a_person, a_unit, an_initiative, values

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit() -> Unit:
    return a_unit()


@pytest.fixture
def owner(unit: Unit) -> Employee:
    return a_person(unit=unit)


@pytest.fixture
def outcome(owner: Employee, unit: Unit) -> Outcome:
    return an_initiative(owner, unit, State.UNDERWAY).outcomes.get()


def table(*rows: tuple[str, float | None]) -> list[ReadValue]:
    return [
        ReadValue(number, read_period(period), None if value is None else Decimal(str(value)))
        for number, (period, value) in enumerate(rows, start=1)
    ]


def results(outcome: Outcome, rows: Sequence[ReadValue]) -> list[tuple[str, Decimal | None]]:
    return [(each.outcome, each.old) for each in plan(outcome, rows, today=TODAY)]


def stored(outcome: Outcome) -> list[tuple[str, str, Decimal | None]]:
    return [
        (first.isoformat(), last.isoformat(), value)
        for first, last, value in outcome.measurements.order_by("observed_on").values_list(
            "period_start", "observed_on", "value"
        )
    ]


def test_the_plan_stores_nothing_and_comes_true(outcome: Outcome, owner: Employee) -> None:
    read_in(outcome, table(("jan 2026", 26), ("feb 2026", 25), ("mar 2026", None)), by=owner, now=NOW)
    again = table(("jan 2026", 26), ("feb 2026", 24), ("mar 2026", 27), ("apr 2026", 23), ("dec 2026", 1))
    wanted = [("unchanged", 26), ("corrected", 25), ("corrected", None), ("created", None), ("refused", None)]
    assert results(outcome, again) == wanted
    assert [value for _first, _last, value in stored(outcome)] == [26, 25, None]
    done = read_in(outcome, again, by=owner, now=NOW, reason="Fel kolumn", source_reference="tider.xlsx")
    assert [(each.outcome, each.old) for each in done] == wanted
    assert [value for _first, _last, value in stored(outcome)] == [26, 24, 27, 23]
    assert list(outcome.measurements.order_by("observed_on").values_list("source_reference", flat=True)) == [
        "", "tider.xlsx", "tider.xlsx", "tider.xlsx",
    ]  # fmt: skip
    corrections = Correction.objects.order_by("measurement__observed_on")
    assert list(corrections.values_list("old_value", "new_value", "reason", "by")) == [
        (25, 24, "Fel kolumn", owner.pk), (None, 27, "Fel kolumn", owner.pk),
    ]  # fmt: skip


def test_the_same_table_twice_changes_nothing(outcome: Outcome, owner: Employee) -> None:
    rows = table(("2025", 30), ("kv 1 2026", 26), ("v. 30 2026", 25), ("2026-08-03", 24), ("nov 2026", 20))
    for wanted in ("created", "unchanged"):
        assert {each.outcome for each in read_in(outcome, rows, by=owner, now=NOW)} == {wanted}
    assert Event.objects.filter(kind="measurements.recorded").count() == 1
    assert stored(outcome)[-1] == ("2026-11-01", "2026-11-23", 20)  # a period that is not over is dated today


@pytest.mark.parametrize("day", ["2026-09-01", "2026-09-14", "2026-09-30"])
def test_a_value_corrects_the_one_of_its_period_wherever_that_stands(
    outcome: Outcome, owner: Employee, day: str
) -> None:
    values(outcome, [26], until=dt.date.fromisoformat(day))
    read_in(outcome, table(("sep 2026", 24)), by=owner, now=NOW, reason="Fel")
    assert stored(outcome) == [(day, day, 24)]


def test_a_value_entered_in_one_field_is_the_same_as_one_read_in(outcome: Outcome, owner: Employee) -> None:
    entry = entry_for_period(outcome, TODAY, Decimal(20), today=TODAY)
    record_values(outcome, [entry], source=Measurement.Source.PERSON, now=NOW, by=owner)
    assert results(outcome, table(("nov 2026", 20))) == [("unchanged", 20)]
    later = TODAY + dt.timedelta(days=30)
    assert [each.outcome for each in plan(outcome, table(("nov 2026", 20)), today=later)] == ["unchanged"]


@pytest.mark.parametrize(
    ("there", "new"),
    [
        (("okt 2026",), "2026-10-14"),  # a day of a month that has its value
        (("okt 2026",), "v. 42 2026"),
        (("okt 2026",), "2026"),
        (("v. 40 2026",), "okt 2026"),  # a week across its end
        (("v. 41 2026", "v. 42 2026"), "okt 2026"),  # weeks of it
        (("okt 2026",), "kv 4 2026"),  # longer than it is measured in
        (("2026-10-14",), "2026"),
        (("2026",), "okt 2026"),
    ],
)
def test_what_would_be_counted_twice_is_refused(
    outcome: Outcome, owner: Employee, there: tuple[str, ...], new: str
) -> None:
    read_in(outcome, table(*((period, 26) for period in there)), by=owner, now=NOW)
    before = stored(outcome)
    [refused] = read_in(outcome, table((new, 1)), by=owner, now=NOW)
    assert (refused.outcome, refused.reason) == (
        "refused", "Det finns redan ett värde för en period som överlappar den här.",
    )  # fmt: skip
    assert stored(outcome) == before


def test_of_rows_that_overlap_the_shorter_stays_wherever_it_stands(outcome: Outcome, owner: Employee) -> None:
    rows = table(("2026", 51), ("jan 2026", 26), ("feb 2026", 25), ("v. 9 2026", 3), ("jan 2026", 27), ("2025", 30))
    done = read_in(outcome, rows, by=owner, now=NOW)
    assert [(each.outcome, each.reason) for each in done] == [
        ("refused", "Perioden överlappar den på rad 2."),
        ("created", ""),
        ("refused", "Perioden överlappar den på rad 4."),
        ("created", ""),
        ("refused", "Samma period står på rad 2."),
        ("created", ""),
    ]
    assert [value for _first, _last, value in stored(outcome)] == [30, 26, 3]


def test_what_changes_something_needs_a_reason_and_then_nothing_is_half_done(outcome: Outcome, owner: Employee) -> None:
    read_in(outcome, table(("jan 2026", 26)), by=owner, now=NOW)
    with pytest.raises(Refused) as refused:
        read_in(outcome, table(("jan 2026", 24), ("feb 2026", 25)), by=owner, now=NOW)
    assert [each.field for each in refused.value.missing] == ["reason"]
    assert [value for _first, _last, value in stored(outcome)] == [26]


def test_a_draft_is_mended_without_a_reason(owner: Employee, unit: Unit) -> None:
    outcome = an_initiative(owner, unit).outcomes.get()
    for value in (26, 24):
        read_in(outcome, table(("jan 2026", value)), by=owner, now=NOW)
    assert ([value for _first, _last, value in stored(outcome)], Correction.objects.count()) == ([24], 0)


def test_what_joins_a_frozen_baseline_says_so_needs_a_reason_and_is_kept(owner: Employee, unit: Unit) -> None:
    outcome = an_initiative(owner, unit, "measuring", change_on=dt.date(2026, 6, 1)).outcomes.get()
    series.freeze_baseline(outcome, dt.date(2026, 6, 1))
    rows = table(("maj 2026", 26), ("juli 2026", 20), ("maj 2023", 30))
    assert [(each.joins_baseline, each.needs_reason) for each in plan(outcome, rows, today=TODAY)] == [
        (True, True), (False, False), (False, False),
    ]  # fmt: skip
    with pytest.raises(Refused, match="Skriv varför"):
        read_in(outcome, rows, by=owner, now=NOW)
    read_in(outcome, rows, by=owner, now=NOW, reason="Låg i en annan pärm")
    assert [(row.old_value, row.new_value) for row in Correction.objects.all()] == [(None, 26)]


def test_only_those_who_drive_it_read_values_in(outcome: Outcome, owner: Employee, unit: Unit) -> None:
    former = a_person("Eva", "Ask", ended_on=TODAY - dt.timedelta(days=1))
    outcome.initiative.co_driver_rows.create(employee=former, invited_by=owner)
    for person in (a_person("Sara", "Berg"), a_manager(unit), a_manager(a_unit("Gatan")), former):
        with pytest.raises(NotAllowed):
            read_in(outcome, table(("jan 2026", 26)), by=person, now=NOW)
    assert stored(outcome) == []


@pytest.mark.parametrize("state", [State.DECLINED, State.WITHDRAWN])
def test_what_is_not_going_on_takes_no_values(owner: Employee, unit: Unit, state: State) -> None:
    outcome = an_initiative(owner, unit, state).outcomes.get()
    assert results(outcome, table(("jan 2026", 26))) == [("refused", None)]
    read_in(outcome, table(("jan 2026", 26)), by=owner, now=NOW)
    assert stored(outcome) == []


def test_ten_thousand_values_take_as_many_queries_as_one(outcome: Outcome, owner: Employee) -> None:
    counts = []
    for number in (1, 10_000):
        rows = table(*((f"{TODAY - dt.timedelta(days=index)}", index + number) for index in range(number)))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            read_in(outcome, rows, by=owner, now=NOW, reason="Fel")
        counts.append(len(queries))
    assert counts[1] - counts[0] <= 3  # the second corrects the value of the first, and has enough for a grade


PERIODS = st.builds(
    lambda day, kind: span_of(day, kind) if kind != "day" else read_period(day),
    st.dates(dt.date(2026, 1, 1), dt.date(2026, 6, 30)),
    st.sampled_from([*Cadence, "day"]),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(PERIODS, max_size=8), min_size=1, max_size=3))
def test_whatever_is_read_in_no_day_is_counted_twice(owner: Employee, unit: Unit, tables: list[list[Span]]) -> None:
    outcome = an_initiative(owner, unit, State.UNDERWAY).outcomes.get()
    for spans in tables:
        rows = [ReadValue(number, span, Decimal(number)) for number, span in enumerate(spans, start=1)]
        planned = [each.outcome for each in plan(outcome, rows, today=TODAY)]
        done = read_in(outcome, rows, by=owner, now=NOW, reason="Fel")
        assert [each.outcome for each in done] == planned
        days = stored(outcome)
        assert all(earlier[1] < later[0] for earlier, later in pairwise(days))
        again = plan(outcome, [each.read for each in done if not each.reason], today=TODAY)
        assert {each.outcome for each in again} <= {"unchanged"}
