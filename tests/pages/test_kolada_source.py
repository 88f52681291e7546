"""Figures from Kolada say so where they are shown; what has been processed is never passed off as Kolada's own."""

import pytest

from initiatives.actions.pulling import pull
from initiatives.kolada import Client
from initiatives.workflow import State
from tests.builders import NOW, a_person, a_unit, an_indicator, an_initiative, an_outcome
from tests.kolada_stand_in import FastTime, Row, a_stand_in, row
from tests.pages.test_steps import as_person

pytestmark = pytest.mark.django_db


def page_with(*rows: Row) -> str:
    owner = a_person()
    initiative = an_initiative(owner, a_unit(), State.UNDERWAY, target=None)
    an_outcome(initiative, indicator=an_indicator(kolada_id="N03702"))
    time = FastTime()
    with a_stand_in(list(rows)) as kolada, Client(kolada.url, clock=time.clock, sleep=time.sleep) as client:
        pull(client=client, municipality="1984", now=NOW)
    return as_person(owner).get(initiative.get_absolute_url()).content.decode()


def test_the_page_names_kolada_as_the_source_of_unprocessed_figures() -> None:
    page = page_with(row("N03702", "1984", 2024, 302.832399), row("N03702", "1984", 2025, 334.166548))
    assert page.count("Källa: Kolada, N03702 (1984)<") == 1
    assert page.count("<td>Kolada, N03702 (1984)</td>") == 2  # in the table of all values


def test_a_rounded_figure_is_not_said_to_be_koladas_own() -> None:
    page = page_with(row("N03702", "1984", 2025, 31.32959689))
    assert "Källa: Kolada" not in page
    assert page.count("Källa: bearbetade värden från Kolada, N03702 (1984)<") == 1
    assert page.count("<td>bearbetade värden från Kolada, N03702 (1984)</td>") == 1
