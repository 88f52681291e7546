"""What became true in a part of the organisation: endings, grades, how long effects last, and the latest by name."""

import datetime as dt
from typing import Any

import pytest

from initiatives.models import Initiative
from initiatives.pages.overview_results import result_section
from initiatives.workflow import State
from kommun.models import Unit
from tests.builders import NOW, TODAY, a_person, a_unit, an_initiative, values

pytestmark = pytest.mark.django_db


@pytest.fixture
def root() -> Unit:
    return a_unit("Kommunen")


@pytest.fixture
def unit(root: Unit) -> Unit:
    return a_unit("Bygglov", root)


def ended(unit: Unit, ending: str, *, grade: int = 3, days_ago: int = 200, **outcome: Any) -> Initiative:
    concluded_at = NOW - dt.timedelta(days=days_ago)
    initiative = an_initiative(a_person(), unit, State.CONCLUDED, ending=ending, concluded_at=concluded_at)
    initiative.outcomes.update(grade=grade, **outcome)
    return initiative


def test_endings_are_counted_and_what_was_not_measured_apart(unit: Unit, root: Unit) -> None:
    ended(unit, "confirmed")
    ended(unit, "not_proven", grade=2)
    ended(unit, "not_proven", grade=1)
    ended(a_unit("Gator", root), "stopped", grade=0)
    section = result_section(unit, today=TODAY)
    assert section.heading == "1 av 3 avslutade har visat effekt"
    assert [(each.label, each.value) for each in section.endings] == [
        ("Effekten bekräftad", "1"), ("Effekten inte visad", "1"), ("Inte mätt", "1"),
    ]  # fmt: skip
    assert result_section(root, today=TODAY).heading == "1 av 4 avslutade har visat effekt"
    assert result_section(None, today=TODAY).heading == "1 av 4 avslutade har visat effekt"


def test_grades_are_counted_the_highest_first(unit: Unit) -> None:
    for grade in (5, 3, 3, 0):
        ended(unit, "confirmed", grade=grade)
    assert [(each.label, each.value) for each in result_section(unit, today=TODAY).grades] == [
        ("Grad 5", "1"), ("Grad 3", "2"), ("Grad 0", "1"),
    ]  # fmt: skip


def test_the_latest_results_are_named_with_before_and_after(unit: Unit) -> None:
    initiative = ended(unit, "confirmed", baseline_median=40, follow_up_median=21, hold="held")
    values(initiative.outcomes.get(), [40, 41, 21, 20], until=TODAY)
    initiative.outcomes.update(baseline_median=40, follow_up_median=21, hold="held", grade=3)
    ended(unit, "confirmed", days_ago=100, grade=2)  # which has faded or been corrected away since
    for number in range(7):
        ended(unit, "confirmed", days_ago=300 + number)
    section = result_section(unit, today=TODAY)
    assert len(section.results) == 6
    first = section.results[0]
    assert first.change.endswith(": från 40\N{NO-BREAK SPACE}dagar till 21\N{NO-BREAK SPACE}dagar")
    assert first.line is not None
    assert (first.unit, str(first.tag.text)) == ("Bygglov", "Effekten bekräftad")


def test_it_is_told_when_half_of_the_effects_have_faded(unit: Unit) -> None:
    day = (NOW - dt.timedelta(days=200)).date()
    ended(unit, "confirmed", latest_on=day + dt.timedelta(days=190))
    assert "finns kvar" in result_section(unit, today=TODAY).lasting
    ended(unit, "confirmed", hold="faded", faded_on=day + dt.timedelta(days=91))
    assert "inom 3 månader" in result_section(unit, today=TODAY).lasting


def test_a_unit_where_nothing_has_ended_says_so(unit: Unit) -> None:
    section = result_section(unit, today=TODAY)
    assert (section.heading, section.endings, section.grades, section.results) == ("Inget är avslutat än", [], [], [])


@pytest.mark.parametrize("count", [1, 30])
def test_it_takes_the_same_queries_however_much_there_is(
    unit: Unit, count: int, django_assert_num_queries: Any
) -> None:
    for _number in range(count):
        ended(unit, "confirmed")
    with django_assert_num_queries(5):
        result_section(unit, today=TODAY)
