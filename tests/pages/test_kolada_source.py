"""Figures from Kolada say so where they are shown; what has been processed is never passed off as Kolada's own."""

import pytest

from initiatives.actions.pulling import pull
from initiatives.kolada import Client
from initiatives.workflow import State
from tests.builders import NOW, a_person, a_unit, an_indicator, an_initiative, an_outcome
from tests.kolada_stand_in import FastTime, Row, a_stand_in, row
from tests.pages.markup import text_of
from tests.pages.test_steps import as_person

pytestmark = pytest.mark.django_db


def page_with(*rows: Row) -> str:
    owner = a_person()
    initiative = an_initiative(owner, a_unit(), State.UNDERWAY, target=None)
    an_outcome(initiative, indicator=an_indicator(kolada_id="N03702"))
    time = FastTime()
    with a_stand_in(list(rows)) as kolada, Client(kolada.url, clock=time.clock, sleep=time.sleep) as client:
        pull(client=client, municipality="1984", now=NOW)
    return text_of(as_person(owner).get(f"/initiativ/{initiative.uuid}/").content.decode())
