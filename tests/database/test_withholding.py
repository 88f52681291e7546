"""What may be shown is reckoned from who worked where at the end of each month, and follows what changes."""

import datetime as dt
import threading
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from initiatives import clock
from initiatives.models import Initiative, Showing, ShowingBasis
from initiatives.outcomes import rollup, withholding
from kommun.models import Employee, Employment, Unit
from kommun.organisation import place
from tests.builders import LONG_AGO, NOW, TODAY, a_person, a_unit, an_initiative, moment, values

pytestmark = pytest.mark.django_db
A_DAY = dt.timedelta(days=1)


def staffed(name: str, people: int, parent: Unit | None = None, *, figures: bool = True, **employment: Any) -> Unit:
    """A unit with so many people, and one initiative of this year if it has `figures`."""
    unit = a_unit(name, parent)
    for _ in range(people):
        Employment.objects.create(**{"employee": a_person(), "unit": unit, "from_on": LONG_AGO} | employment)
    if figures:
        begun(unit)
    return unit


def begun(unit: Unit, on: dt.date = TODAY, state: str = "underway", **more: Any) -> Initiative:
    return an_initiative(a_person(), unit, state, submitted_at=moment(on), **more)


def seen(year: int = TODAY.year, today: dt.date = TODAY) -> dict[str, tuple[bool, bool, int]]:
    """Name → whether its own and its whole are shown, and the people in it."""
    withholding.refresh(today=today)
    rows = Showing.objects.filter(year=year).values_list("unit__name", "own_is_shown", "whole_is_shown", "people")
    return {name: (own, whole, people) for name, own, whole, people in rows}


def test_figures_about_five_or_more_are_shown_and_others_have_no_row() -> None:
    staffed("Fem", 5)
    staffed("Fyra", 4)
    assert seen() == {"Fem": (True, True, 5)}


def test_a_small_unit_takes_the_smallest_beside_it_along() -> None:
    root = staffed("Alla", 10)
    for name, people in (("Liten", 3), ("Mellan", 7), ("Stor", 9)):
        staffed(name, people, root)
    assert seen() == {"Alla": (True, True, 29), "Stor": (True, True, 9)}


def test_who_works_there_is_counted_at_the_end_of_each_month_and_the_fewest_count() -> None:
    unit = staffed("Enheten", 4)
    fifth = Employment.objects.create(employee=a_person(), unit=unit, from_on=dt.date(2026, 3, 31))
    begun(unit, dt.date(2026, 3, 1))
    assert seen() == {"Enheten": (True, True, 5)}
    Employment.objects.filter(pk=fifth.pk).update(from_on=dt.date(2026, 4, 1))
    assert seen() == {}
    Employment.objects.filter(pk=fifth.pk).update(from_on=LONG_AGO, to_on=dt.date(2026, 10, 30))
    assert seen() == {}
    Employment.objects.filter(pk=fifth.pk).update(to_on=dt.date(2026, 10, 31))
    assert seen() == {}  # not in November
    Employment.objects.filter(pk=fifth.pk).update(to_on=TODAY)
    assert seen() == {"Enheten": (True, True, 5)}  # the running month ends today
    Employee.objects.filter(pk=fifth.employee_id).update(ended_on=TODAY - A_DAY)
    assert seen() == {}


def test_whoever_comes_tomorrow_is_not_counted_today() -> None:
    unit = staffed("Enheten", 4)
    Employment.objects.create(employee=a_person(), unit=unit, from_on=TODAY + A_DAY)
    assert seen() == {}
    assert seen(today=TODAY + A_DAY) == {"Enheten": (True, True, 5)}


def test_months_before_the_first_figure_do_not_count_and_those_with_figures_do() -> None:
    unit = staffed("Ny", 5, from_on=dt.date(2026, 6, 1))
    assert seen() == {"Ny": (True, True, 5)}
    values(unit.initiatives.get().outcomes.get(), [1], until=dt.date(2026, 5, 20))
    assert seen() == {}


def test_unit_that_all_have_left_is_shown_for_the_years_when_they_were_there() -> None:
    unit = staffed("Nedlagd", 6, to_on=dt.date(2025, 12, 31), figures=False)
    begun(unit, dt.date(2024, 5, 1))
    begun(unit, dt.date(2025, 5, 1))
    shown = (True, True, 6)
    assert [seen(year) for year in (2023, 2024, 2025, 2026)] == [{}, {"Nedlagd": shown}, {"Nedlagd": shown}, {}]


def test_a_person_counts_once_where_the_main_employment_is() -> None:
    root = staffed("Alla", 0, figures=False)
    main, beside = staffed("Huvud", 5, root), staffed("Bredvid", 4, root)
    worker = Employment.objects.filter(unit=main)[0].employee
    Employment.objects.create(employee=worker, unit=beside, from_on=LONG_AGO, is_main=False)
    assert seen() == {"Alla": (False, True, 9)}


def test_draft_needs_no_protection_and_what_was_declined_hides_nothing_else() -> None:
    root = staffed("Alla", 9, figures=False)
    staffed("Liten", 2, root)
    for name, people, state in (("Utkast", 5, "draft"), ("Avböjd", 6, "declined"), ("Synlig", 7, "proposed")):
        begun(staffed(name, people, root, figures=False), state=state)
    assert seen() == {
        "Alla": (True, True, 29), "Utkast": (True, True, 5), "Avböjd": (True, True, 6),
    }  # fmt: skip


def test_what_was_begun_last_year_is_protected_this_year() -> None:
    root = staffed("Alla", 9)
    begun(staffed("Liten", 2, root, figures=False), dt.date(2025, 5, 1))
    staffed("Stor", 7, root)
    assert seen()["Alla"] == (True, True, 18)
    assert "Stor" not in seen()


def test_small_unit_whose_people_drive_something_elsewhere_is_protected() -> None:
    root = staffed("Alla", 9)
    small = staffed("Liten", 2, root, figures=False)
    staffed("Stor", 7, root)
    assert seen()["Stor"] == (True, True, 7)
    driver = Employment.objects.filter(unit=small)[0].employee
    elsewhere = begun(root)
    elsewhere.co_driver_rows.create(employee=driver, invited_by=elsewhere.owner)
    withholding.refresh(today=TODAY, always=True)
    assert seen() == {"Alla": (True, True, 18)}


def test_nothing_is_done_twice_the_same_day_until_something_changes() -> None:
    unit = staffed("Enheten", 5)
    assert withholding.refresh(today=TODAY) == 1
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert withholding.refresh(today=TODAY) == 0
    assert len([query for query in queries if "SAVEPOINT" not in query["sql"]]) == 3
    Showing.objects.all().delete()
    assert withholding.refresh(today=TODAY) == 0  # it looks at what it is reckoned from, not at what came of it
    assert withholding.refresh(today=TODAY, always=True) == 1
    Employment.objects.filter(unit=unit)[0].delete()
    assert withholding.refresh(today=TODAY) == 1
    assert not Showing.objects.exists()


def test_moved_unit_is_counted_where_it_stands_now() -> None:
    first, second = staffed("Första", 5), staffed("Andra", 5)
    below = staffed("Under", 6, first)
    assert seen()["Första"] == (True, True, 11)
    place(below, second, on=TODAY)
    assert (seen()["Första"], seen()["Andra"]) == ((True, True, 5), (True, True, 11))


def test_the_clock_does_it_and_so_does_the_command() -> None:
    staffed("Enheten", 5)
    assert clock.turn(NOW).shown == 1
    out = StringIO()
    Showing.objects.all().delete()
    call_command("refresh_showing", stdout=out)
    assert out.getvalue() == "Changed: 1 rows.\n"


def test_a_value_of_long_ago_makes_no_endless_table() -> None:
    outcome = staffed("Enheten", 5).initiatives.get().outcomes.get()
    for year, shown in ((1850, [2026]), (2010, [*range(2020, 2027)])):
        values(outcome, [1], until=dt.date(year, 5, 20))
        withholding.refresh(today=TODAY)
        assert [*Showing.objects.values_list("year", flat=True)] == shown
    assert ShowingBasis.objects.get().on == TODAY


def test_reckoning_takes_the_same_number_of_statements_for_one_unit_and_for_thirty() -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            withholding.refresh(today=TODAY, always=True)
        return len(queries)

    staffed("Enheten", 5)
    withholding.refresh(today=TODAY)
    once = statements()
    for number in range(30):
        staffed(f"Enhet {number}", 5)
    assert statements() == once


def shown_now() -> set[tuple[str, int]]:
    return {*Showing.objects.values_list("unit__name", "year")}


def of_a_tree() -> tuple[Unit, Unit]:
    """A small unit without figures beside a large one with them, as it was decided about them."""
    root = staffed("Alla", 0, figures=False)
    begun(staffed("Stor", 7, root, figures=False))
    small = staffed("Liten", 2, root, figures=False)
    assert seen() == {"Alla": (False, True, 9), "Stor": (True, True, 7)}
    return root, small


def test_first_figure_hides_the_wholes_that_tell_of_it_until_it_is_decided_anew() -> None:
    _root, small = of_a_tree()
    begun(small)
    assert shown_now() == {("Stor", 2026)}
    assert withholding.refresh(today=TODAY) == 2
    assert shown_now() == {("Alla", 2026)}


def test_first_figure_that_comes_and_goes_again_is_decided_about_all_the_same() -> None:
    _root, small = of_a_tree()
    initiative = begun(small)
    Initiative.objects.filter(pk=initiative.pk).update(state="withdrawn")
    rollup.fold()
    withholding.refresh(today=TODAY)
    Initiative.objects.filter(pk=initiative.pk).update(state="underway")
    assert ("Alla", 2026) not in shown_now()
    Initiative.objects.filter(pk=initiative.pk).update(state="withdrawn")
    rollup.fold()
    assert seen()["Alla"] == (False, True, 9)


def test_draft_shows_nothing_and_hides_nothing_until_it_is_one_no_more() -> None:
    _root, small = of_a_tree()
    for state in ("declined", "draft"):
        hidden = begun(small, state=state)
        assert shown_now() == {("Alla", 2026), ("Stor", 2026)}
    Initiative.objects.filter(pk=hidden.pk).update(state="underway")
    assert shown_now() == {("Stor", 2026)}


def test_further_figures_and_those_of_another_year_hide_nothing() -> None:
    _root, small = of_a_tree()
    big = Unit.objects.get(name="Stor")
    begun(big)
    assert shown_now() == {("Alla", 2026), ("Stor", 2026)}
    begun(small, dt.date(2025, 6, 1))
    assert shown_now() == {("Alla", 2026), ("Stor", 2026)}
    rollup.fold()
    begun(big)
    assert shown_now() == {("Alla", 2026), ("Stor", 2026)}
    begun(big, dt.date(2026, 2, 1))  # two may have worked there then
    assert shown_now() == set()


@pytest.mark.django_db(transaction=True)
def test_what_is_decided_meanwhile_waits_for_a_first_figure_that_is_not_committed_yet() -> None:
    _root, small = of_a_tree()
    person, changed = a_person(), []

    def decide() -> None:
        changed.append(withholding.refresh(today=TODAY, always=True))
        connection.close()

    thread = threading.Thread(target=decide)
    with transaction.atomic():
        an_initiative(person, small, "underway", submitted_at=moment(TODAY))
        thread.start()
        thread.join(0.5)
        assert changed == []
    thread.join(30)
    assert (changed, shown_now()) == ([2], {("Alla", 2026)})
