"""Kolada's figures in the series: complete, exact, traceable, and never over what somebody else has measured."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from initiatives.actions.measuring import Entry, record_values
from initiatives.actions.pulling import Pulled, pull
from initiatives.kolada import Client
from initiatives.models import Correction, Event, Measurement, Outcome
from initiatives.tasks import pull_kolada
from initiatives.workflow import State
from kommun.models import Employee
from tests.builders import NOW, a_person, a_unit, an_indicator, an_initiative, an_outcome
from tests.kolada_stand_in import FastTime, StandIn, a_stand_in, recorded, row

pytestmark = pytest.mark.django_db
ARBOGA = "1984"
PERSON, API, KOLADA = Measurement.Source.PERSON, Measurement.Source.API, Measurement.Source.KOLADA


@pytest.fixture
def kolada() -> Iterator[StandIn]:
    with a_stand_in(recorded("arboga.json") + recorded("stockholm.json")) as stand_in:
        yield stand_in


@pytest.fixture
def owner() -> Employee:
    return a_person()


def fed(owner: Employee, kpi: str = "N03702", state: State = State.UNDERWAY, **columns: Any) -> Outcome:
    """An outcome that is measured by the key figure."""
    initiative = an_initiative(owner, a_unit(), state, target=None, **columns)
    return an_outcome(initiative, indicator=an_indicator(kolada_id=kpi))


def pulled(kolada: StandIn, municipality: str = ARBOGA, now: dt.datetime = NOW) -> list[Pulled]:
    time = FastTime()
    with Client(kolada.url, clock=time.clock, sleep=time.sleep) as client:
        return pull(client=client, municipality=municipality, now=now)


def counted(kolada: StandIn, municipality: str = ARBOGA) -> dict[str, dict[str, int]]:
    return {each.kpi: dict(each.counts) for each in pulled(kolada, municipality)}


def stored(outcome: Outcome) -> dict[int, Decimal | None]:
    return {each.observed_on.year: each.value for each in outcome.measurements.all()}


def other(outcome: Outcome, first: dt.date, last: dt.date, value: int | None, source: Measurement.Source) -> None:
    entry = Entry(last, None if value is None else Decimal(value), period_start=first)
    record_values(outcome, [entry], source=source, now=NOW)


def test_the_years_of_the_municipality_go_into_the_series(kolada: StandIn, owner: Employee) -> None:
    outcome = fed(owner)
    assert counted(kolada) == {"N03702": {"created": 12}}
    rows = outcome.measurements.order_by("observed_on").values_list(
        "period_start", "observed_on", "value", "source", "source_reference", "series", "by", "client"
    )
    assert rows[0] == (
        *(dt.date(2012, 1, 1), dt.date(2012, 12, 31), Decimal("268.853441")),
        *("kolada", "Kolada, N03702 (1984)", "", None, None),
    )
    outcome.refresh_from_db()
    assert (len(rows), outcome.latest_value) == (12, Decimal("334.166548"))
    assert kolada.asked == [
        "/v3/data/kpi/N03702/municipality/1984/year/" + ",".join(str(year) for year in range(2001, 2026))
    ]


def test_a_second_pull_changes_nothing(kolada: StandIn, owner: Employee) -> None:
    fed(owner)
    pulled(kolada)
    before = list(Measurement.objects.order_by("pk").values())
    assert counted(kolada) == {"N03702": {"unchanged": 12}}
    assert list(Measurement.objects.order_by("pk").values()) == before
    assert (Correction.objects.count(), Event.objects.count()) == (0, 1)


def test_a_figure_with_more_than_six_decimals_is_said_to_be_processed(kolada: StandIn, owner: Employee) -> None:
    outcome = fed(owner, "N00945")
    pulled(kolada, "0180")
    said = dict(outcome.measurements.values_list("observed_on__year", "source_reference"))
    assert stored(outcome)[2001] == Decimal("31.909007")
    assert (said[2001], said[2015]) == ("bearbetade värden från Kolada, N00945 (0180)", "Kolada, N00945 (0180)")


@pytest.mark.parametrize(
    ("given", "kept"), [(0.0000025, "0.000002"), (0.0000035, "0.000004"), (-0.0000025, "-0.000002"), (7, "7")]
)
def test_rounding_is_half_to_even(owner: Employee, given: float, kept: str) -> None:
    outcome = fed(owner)
    with a_stand_in([row("N03702", ARBOGA, 2025, given)]) as kolada:
        pulled(kolada)
    assert stored(outcome) == {2025: Decimal(kept)}


@pytest.mark.parametrize("large", [1e12, -1e12, 1e30, 1e300])
def test_a_figure_too_large_to_keep_is_refused_alone(owner: Employee, large: float) -> None:
    outcome = fed(owner)
    with a_stand_in([row("N03702", ARBOGA, 2024, large), row("N03702", ARBOGA, 2025, 5)]) as kolada:
        assert counted(kolada) == {"N03702": {"created": 1, "refused": 1}}
    assert stored(outcome) == {2025: 5}


def test_a_year_that_has_not_ended_has_no_figure(owner: Employee) -> None:
    outcome = fed(owner)
    with a_stand_in([row("N03702", ARBOGA, year, year) for year in (2025, 2026, 2027)]) as kolada:
        pulled(kolada)
        assert stored(outcome) == {2025: 2025}
        new_year = dt.datetime(2026, 12, 31, 23, 20, tzinfo=dt.UTC)  # 2027 has begun in Stockholm
        pulled(kolada, now=new_year - dt.timedelta(hours=1))
        assert stored(outcome) == {2025: 2025}
        pulled(kolada, now=new_year)
        assert stored(outcome) == {2025: 2025, 2026: 2026}


def test_what_kolada_does_not_say_is_no_entry(owner: Employee) -> None:
    outcome = fed(owner)
    rows = [row("N03702", ARBOGA, 2024, None), row("N03702", ARBOGA, 2025, 3, status="Missing")]
    with a_stand_in(rows) as kolada:
        assert counted(kolada) == {"N03702": {}}
    assert stored(outcome) == {}


def test_a_changed_figure_is_a_correction_with_the_old_one_kept(kolada: StandIn, owner: Employee) -> None:
    outcome = fed(owner)
    pulled(kolada)
    kolada.rows = [row("N03702", ARBOGA, 2012, 269.5)]
    assert counted(kolada) == {"N03702": {"corrected": 1}}
    assert list(Correction.objects.values_list("old_value", "new_value", "reason", "by", "client", "at")) == [
        (Decimal("268.853441"), Decimal("269.5"), "Kolada har publicerat ett nytt värde", None, None, NOW)
    ]
    assert (stored(outcome)[2012], len(stored(outcome))) == (Decimal("269.5"), 12)


@pytest.mark.parametrize("source", [PERSON, API])
@pytest.mark.parametrize("value", [1, None])
def test_what_others_say_of_a_year_stands(
    kolada: StandIn, owner: Employee, source: Measurement.Source, value: int | None
) -> None:
    outcome = fed(owner)
    other(outcome, dt.date(2012, 1, 1), dt.date(2012, 12, 31), value, source)
    assert counted(kolada) == {"N03702": {"created": 11, "left out": 1}}
    assert stored(outcome)[2012] == value


def test_a_person_who_corrects_a_figure_of_kolada_has_the_last_word(kolada: StandIn, owner: Employee) -> None:
    outcome = fed(owner)
    pulled(kolada)
    other(outcome, dt.date(2012, 1, 1), dt.date(2012, 12, 31), 1, PERSON)
    assert counted(kolada) == {"N03702": {"unchanged": 11, "left out": 1}}
    assert stored(outcome)[2012] == 1


@pytest.mark.parametrize("first", [dt.date(2026, 10, 1), dt.date(2026, 10, 31), dt.date(2025, 11, 1)])
def test_what_is_measured_by_other_periods_gets_no_years_among_them(
    kolada: StandIn, owner: Employee, first: dt.date
) -> None:
    outcome = fed(owner)
    other(outcome, first, dt.date(2026, 10, 31), 5, PERSON)
    assert counted(kolada) == {"N03702": {"left out": 12}}
    assert stored(outcome) == {2026: 5}


def test_other_series_than_the_one_of_the_verdict_do_not_matter(kolada: StandIn, owner: Employee) -> None:
    outcome = fed(owner)
    entry = Entry(dt.date(2012, 12, 31), Decimal(1), series="k")
    record_values(outcome, [entry], source=PERSON, now=NOW)
    assert counted(kolada) == {"N03702": {"created": 12}}


@pytest.mark.parametrize(
    ("state", "columns", "count"),
    [
        (State.DRAFT, {}, 0),
        (State.PROPOSED, {}, 12),
        (State.RETURNED, {}, 12),
        (State.DECLINED, {}, 0),
        (State.WITHDRAWN, {}, 0),
        (State.UNDERWAY, {}, 12),
        (State.PAUSED, {}, 12),
        (State.MEASURING, {}, 12),
        (State.CONCLUDED, {}, 12),
        (State.CONCLUDED, {"ending": "no_effect"}, 0),
    ],
)
def test_only_what_takes_values_is_fed(
    kolada: StandIn, owner: Employee, state: State, columns: dict[str, str], count: int
) -> None:
    outcome = fed(owner, state=state, **columns)
    pulled(kolada)
    assert (outcome.measurements.count(), len(kolada.asked)) == (count, min(count, 1))


def test_an_indicator_without_a_key_figure_is_not_asked_for(kolada: StandIn, owner: Employee) -> None:
    an_initiative(owner, a_unit(), State.UNDERWAY)
    assert (pulled(kolada), kolada.asked) == ([], [])


def test_a_key_figure_is_asked_for_once_however_many_are_measured_by_it(kolada: StandIn, owner: Employee) -> None:
    first = fed(owner)
    second = an_outcome(an_initiative(owner, a_unit(), State.UNDERWAY, target=None), indicator=first.indicator)
    assert counted(kolada) == {"N03702": {"created": 24}}
    assert (stored(first), len(kolada.asked)) == (stored(second), 1)


def test_at_most_twenty_five_key_figures_stand_in_a_question(kolada: StandIn, owner: Employee) -> None:
    for number in range(51):
        fed(owner, f"U{number:05}")
    assert len(pulled(kolada)) == 51
    assert [len(kpis) for kpis in kolada.key_figures_asked] == [25, 25, 1]
    assert [kpi for kpis in kolada.key_figures_asked for kpi in kpis] == [f"U{number:05}" for number in range(51)]


def test_an_unknown_key_figure_does_not_keep_the_others_from_their_values(kolada: StandIn, owner: Employee) -> None:
    for kpi in ("N00001", "N03702", "N03703", "N99999"):
        fed(owner, kpi)
    kolada.unknown = {"N00001", "N99999"}
    done = {each.kpi: each.fault or dict(each.counts) for each in pulled(kolada)}
    assert done == {
        "N00001": "Kolada answered 404.",
        "N03702": {"created": 12},
        "N03703": {"created": 12},
        "N99999": "Kolada answered 404.",
    }


def test_an_answer_that_cannot_be_read_costs_only_its_own_key_figure(kolada: StandIn, owner: Employee) -> None:
    for kpi in ("N03702", "N03703", "U00200"):
        fed(owner, kpi)
    kolada.rows += [row("U00200", ARBOGA, 2020, "n/a")]
    assert [bool(each.fault) for each in pulled(kolada)] == [False, False, True]


def queries(kolada: StandIn, *years: int) -> int:
    kolada.rows += [row("N03702", ARBOGA, year, year) for year in years]
    with CaptureQueriesContext(connection) as captured:
        pulled(kolada)
    return len(captured)


def test_the_number_of_queries_grows_with_the_outcomes_and_not_with_the_values(owner: Employee) -> None:
    fed(owner)
    with a_stand_in([]) as kolada:
        queries(kolada, *range(2001, 2011))  # enough for a grade, which is kept once
        assert (queries(kolada, 2011), queries(kolada, *range(2012, 2025)), queries(kolada)) == (17, 17, 11)
        fed(owner, "N03703")
        assert queries(kolada) == 11 + 9


def test_the_command_says_what_became_of_each(kolada: StandIn, owner: Employee, settings: Settings) -> None:
    settings.KOLADA_URL, settings.KOLADA_MUNICIPALITY = kolada.url, ARBOGA
    said = StringIO()
    call_command("pull_kolada", stdout=said)
    fed(owner)
    fed(owner, "U00200")
    call_command("pull_kolada", stdout=said)
    assert said.getvalue().splitlines() == [
        "No outcome is measured by a key figure of Kolada's.",
        "N03702: created 12",
        "U00200: no values",
    ]


def test_the_command_ends_with_2_when_some_had_no_answer(kolada: StandIn, owner: Employee, settings: Settings) -> None:
    settings.KOLADA_URL, settings.KOLADA_MUNICIPALITY = kolada.url, ARBOGA
    kolada.unknown = {"N00001"}
    fed(owner, "N00001")
    fed(owner)
    said = StringIO()
    with pytest.raises(CommandError, match=r"^Key figures without an answer: 1\. The rest went in\.$") as ended:
        call_command("pull_kolada", stdout=said)
    assert said.getvalue().splitlines() == ["N00001: Kolada answered 404.", "N03702: created 12"]
    assert ended.value.returncode == 2


def test_where_no_municipality_is_set_nothing_is_asked(kolada: StandIn, owner: Employee, settings: Settings) -> None:
    settings.KOLADA_URL, settings.KOLADA_MUNICIPALITY = kolada.url, ""
    fed(owner)
    pull_kolada()
    with pytest.raises(CommandError, match="Set KOLADA_MUNICIPALITY"):
        call_command("pull_kolada")
    assert kolada.asked == []


def test_the_nightly_task_stores_what_there_is(kolada: StandIn, owner: Employee, settings: Settings) -> None:
    settings.KOLADA_URL, settings.KOLADA_MUNICIPALITY = kolada.url, ARBOGA
    outcome = fed(owner)
    pull_kolada()
    assert len(stored(outcome)) == 12
