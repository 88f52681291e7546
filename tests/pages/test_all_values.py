"""All values on one page, with where they come from and what they were; and one of them corrected or explained."""

import datetime as dt
import re

import pytest
from django.test import Client
from django.utils import timezone

from initiatives.actions.measuring import Entry, enter_value, record_values
from initiatives.models import Correction, Measurement, Outcome, Transition
from initiatives.outcomes import series
from initiatives.workflow import State
from kommun.models import Employee, Unit
from tests.builders import a_manager, a_person, a_unit, an_indicator, an_initiative, an_outcome, values
from tests.pages.markup import faults
from tests.pages.test_steps import as_person

pytestmark = pytest.mark.django_db
LAST = dt.date(2026, 9, 30)


@pytest.fixture
def unit() -> Unit:
    return a_unit()


@pytest.fixture
def owner(unit: Unit) -> Employee:
    return a_person(unit=unit)


@pytest.fixture
def outcome(owner: Employee, unit: Unit) -> Outcome:
    outcome = an_initiative(owner, unit, State.UNDERWAY).outcomes.get()
    values(outcome, [26, 25, 24], until=LAST)
    return outcome


def address(outcome: Outcome, row: Measurement | None = None, last: str = "") -> str:
    start = f"/initiativ/{outcome.initiative.uuid}/varden/"
    return f"{start}{row.uuid}/{last}" if row else start


def newest(outcome: Outcome) -> Measurement:
    return outcome.measurements.latest("observed_on")


def text(client: Client, address: str) -> str:
    html = client.get(address).content.decode()
    assert faults(html) == []
    return " ".join(re.sub("<[^>]*>", " ", html).replace("\N{NO-BREAK SPACE}", " ").split())


# --- The list ---------------------------------------------------------------------------------------------------------
def test_the_newest_value_comes_first_and_says_where_it_comes_from(owner: Employee, outcome: Outcome) -> None:
    entry = Entry(LAST + dt.timedelta(days=1), None, source_reference="Ärendelistan")
    record_values(outcome, [entry], source=Measurement.Source.PERSON, now=timezone.now(), by=owner)
    shown = as_person(owner).get(address(outcome)).context["rows"]
    assert [(row.period, row.measurement.value, row.sources) for row in shown[:2]] == [
        ("1 okt 2026", None, ["Amina Lindqvist", "Ärendelistan"]),
        ("30 sep 2026", 24, ["Inskrivet av en person"]),
    ]


def test_a_correction_shows_with_the_old_value_who_and_why(owner: Employee, outcome: Outcome) -> None:
    enter_value(outcome, Entry(LAST, None), by=owner, now=timezone.now(), reason="Fel kolumn")
    said = text(as_person(a_person("Sara", "Berg")), address(outcome))
    assert "inget värde" in said
    assert re.search(r"24 → inget värde, Amina Lindqvist, \d+ \w+ \d{4} Fel kolumn", said)


def test_everybody_reads_and_only_drivers_are_led_to_change(owner: Employee, outcome: Outcome, unit: Unit) -> None:
    row = newest(outcome)
    for person, may in ((owner, True), (a_person("Sara", "Berg"), False), (a_manager(unit), False)):
        html = as_person(person).get(address(outcome)).content.decode()
        assert (address(outcome, row) in html) is may
        assert as_person(person).get(address(outcome, row)).status_code == (200 if may else 403)


def test_a_draft_is_found_by_its_owner_alone(owner: Employee, unit: Unit) -> None:
    outcome = an_initiative(owner, unit).outcomes.get()
    codes = [as_person(each).get(address(outcome)).status_code for each in (owner, a_person("Sara", "Berg"))]
    assert codes == [200, 404]


def test_a_long_series_is_read_in_pages_and_none_is_lost(owner: Employee, unit: Unit) -> None:
    outcome = an_initiative(owner, unit, State.UNDERWAY).outcomes.get()
    values(outcome, range(1, 251), until=LAST, days=1)
    client, seen, here = as_person(owner), [], address(outcome)
    pages = [here]
    while here:
        answer = client.get(here)
        seen += [row.measurement.value for row in answer.context["rows"]]
        here = answer.context["pager"].next_url and address(outcome) + answer.context["pager"].next_url
        pages += [here] if here else []
    back = client.get(pages[-1]).context["pager"].previous_url
    again = [row.measurement.value for row in client.get(address(outcome) + back).context["rows"]]
    assert (seen, len(pages), again) == (list(range(250, 0, -1)), 3, list(range(150, 50, -1)))
    assert client.get(address(outcome) + "?fore=nonsens").status_code == 200


def test_a_secondary_outcome_has_a_page_of_its_own(owner: Employee, outcome: Outcome) -> None:
    second = an_outcome(outcome.initiative, is_primary=False, indicator=an_indicator("Nöjda sökande", "%", "up"))
    values(second, [70], until=LAST)
    shown = as_person(owner).get(f"{address(outcome)}?outcome={second.uuid}")
    assert [row.measurement.value for row in shown.context["rows"]] == [70]
    assert [tab.is_current for tab in shown.context["tabs"]] == [False, True]
    assert f"/varde/?outcome={second.uuid}" in shown.content.decode()


# --- One value --------------------------------------------------------------------------------------------------------
def test_a_value_is_corrected_with_a_reason_and_not_without(owner: Employee, outcome: Outcome) -> None:
    client, row = as_person(owner), newest(outcome)
    refused = client.post(address(outcome, row), {"value": "23,5"})
    assert (refused.status_code, refused.context["form"].errors.keys()) == (422, {"reason"})
    assert faults(refused.content.decode()) == []
    saved = client.post(address(outcome, row), {"value": "23,5", "reason": "Fel kolumn"})
    row.refresh_from_db()
    assert (saved["location"], row.value, row.period_start) == (address(outcome), 23.5, LAST)
    assert [(each.old_value, each.reason, each.by) for each in Correction.objects.all()] == [(24, "Fel kolumn", owner)]


def test_that_there_is_no_value_can_be_said_afterwards(owner: Employee, outcome: Outcome) -> None:
    row = newest(outcome)
    as_person(owner).post(address(outcome, row), {"value": "24", "reason": "Systemet låg nere", "skip": "1"})
    row.refresh_from_db()
    assert row.value is None


def test_a_draft_asks_for_no_reason(owner: Employee, unit: Unit) -> None:
    outcome = an_initiative(owner, unit).outcomes.get()
    [row] = values(outcome, [26], until=LAST)
    as_person(owner).post(address(outcome, row), {"value": "25"})
    row.refresh_from_db()
    assert (row.value, Correction.objects.count()) == (25, 0)


def test_a_cause_is_written_on_the_value_and_shows(owner: Employee, outcome: Outcome) -> None:
    client, row = as_person(owner), newest(outcome)
    saved = client.post(address(outcome, row, "orsak/"), {"cause": "Två var sjuka"})
    assert saved["location"] == address(outcome)
    assert "Två var sjuka" in text(client, address(outcome))
    said = text(client, f"/initiativ/{outcome.initiative.uuid}/")
    assert said.count("Två var sjuka") == 3  # below the chart, in its table, and in the activity


def test_a_too_long_cause_is_refused_and_kept_on_the_page(owner: Employee, outcome: Outcome) -> None:
    answer = as_person(owner).post(address(outcome, newest(outcome), "orsak/"), {"cause": "x" * 301})
    assert (answer.status_code, answer.context["cause_form"].errors.keys()) == (422, {"cause"})
    assert "x" * 301 in answer.content.decode()
    assert faults(answer.content.decode()) == []


def test_a_value_of_another_initiative_is_not_found_here(owner: Employee, outcome: Outcome, unit: Unit) -> None:
    other = an_initiative(owner, unit, State.UNDERWAY).outcomes.get()
    [row] = values(other, [26], until=LAST)
    for last in ("", "orsak/"):
        assert as_person(owner).post(address(outcome, row, last), {"value": "1", "cause": "x"}).status_code == 404


def test_those_who_do_not_drive_it_write_nothing(owner: Employee, outcome: Outcome, unit: Unit) -> None:
    row, strangers = newest(outcome), (a_person("Sara", "Berg"), a_manager(unit), a_manager(a_unit("Gatan")))
    for person in strangers:
        for last in ("", "orsak/"):
            answer = as_person(person).post(address(outcome, row, last), {"value": "1", "reason": "x", "cause": "x"})
            assert answer.status_code == 403
    row.refresh_from_db()
    assert (row.value, row.cause) == (24, "")


# --- The offer --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("value", "is_offered"), [("60", True), ("26", False)])
def test_a_value_outside_normal_variation_gets_an_offer_to_say_why(
    owner: Employee, unit: Unit, value: str, is_offered: bool
) -> None:
    outcome = an_initiative(owner, unit, State.UNDERWAY).outcomes.get()
    values(outcome, [26, 25, 27, 26, 24, 26, 27, 25, 26, 27, 25, 26], until=dt.date(2026, 8, 31), days=30)
    client = as_person(owner)
    answer = client.post(
        f"/initiativ/{outcome.initiative.uuid}/varde/",
        {"value": value, "observed_on": "2026-09-10"},
        follow=True,
    )
    link = f"{address(outcome, newest(outcome))}#orsak"
    assert (link in answer.content.decode()) is is_offered


# --- The locked baseline ----------------------------------------------------------------------------------------------
@pytest.fixture
def followed_up(owner: Employee, unit: Unit) -> Outcome:
    initiative = an_initiative(owner, unit, State.MEASURING, change_on=dt.date(2026, 6, 1))
    outcome = initiative.outcomes.get()
    values(outcome, [30, 31, 29, 30, 32, 26, 25, 27, 26, 24], until=dt.date(2026, 5, 31))
    series.freeze_baseline(outcome, dt.date(2026, 6, 1))
    series.refresh_outcome(outcome, initiative, now=timezone.now())
    return outcome


def test_the_beginning_of_the_baseline_is_moved_with_a_reason_that_shows(owner: Employee, followed_up: Outcome) -> None:
    client, here = as_person(owner), address(followed_up)
    assert "Värdena från 1 juni 2024 till 31 maj 2026" in text(client, here)
    refused = client.post(f"{here}utgangslage/", {"from_on": "2026-05-30"})
    assert (refused.status_code, refused.context["baseline_form"].errors.keys()) == (422, {"from_on", "reason"})
    assert faults(refused.content.decode()) == []
    saved = client.post(f"{here}utgangslage/", {"from_on": "2026-04-01", "reason": "Nytt system i april"})
    followed_up.refresh_from_db()
    assert (saved["location"], followed_up.baseline_from_on) == (here, dt.date(2026, 4, 1))
    told = "det börjar den 1 april 2026 och inte den 1 juni 2024. Skäl: Nytt system i april"
    page = f"/initiativ/{followed_up.initiative.uuid}/"
    assert all(told in text(client, each) for each in (here, page))
    assert "ändrade utgångslägets början till 1 april 2026" in text(client, page)


def test_a_value_corrected_in_the_locked_baseline_shows_beside_the_verdict(
    owner: Employee, followed_up: Outcome
) -> None:
    Transition.objects.create(
        initiative=followed_up.initiative, number=2, verb="implement", from_state="underway", to_state="measuring",
        by=owner, at=timezone.now(),
    )  # fmt: skip
    row = followed_up.measurements.latest("observed_on")
    as_person(owner).post(address(followed_up, row), {"value": "23", "reason": "Fel kolumn"})
    told = "Utgångsläget är ändrat efteråt: 1 värde är rättat eller tillagt."
    said = text(as_person(owner), f"/initiativ/{followed_up.initiative.uuid}/")
    assert (told in said, "Rättat" in said) == (True, True)


def test_only_those_who_drive_it_find_and_use_the_form(owner: Employee, followed_up: Outcome, unit: Unit) -> None:
    link = f"{address(followed_up)}utgangslage/"
    for person, may in ((owner, True), (a_person("Sara", "Berg"), False), (a_manager(unit), False)):
        assert (link in as_person(person).get(address(followed_up)).content.decode()) is may
        answer = as_person(person).post(link, {"from_on": "2026-04-01", "reason": "x"})
        assert answer.status_code == (302 if may else 403)


def test_a_final_verdict_has_no_form(owner: Employee, followed_up: Outcome) -> None:
    Outcome.objects.filter(pk=followed_up.pk).update(verdict_is_final=True)
    link = f"{address(followed_up)}utgangslage/"
    assert link not in as_person(owner).get(address(followed_up)).content.decode()
    assert as_person(owner).post(link, {"from_on": "2026-04-01", "reason": "x"}).status_code == 422
