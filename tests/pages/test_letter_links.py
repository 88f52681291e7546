"""The button of a letter leads to the very field, on a page behind sign-in; to open it changes nothing."""

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client

from initiatives.models import Initiative, Transition
from initiatives.nudges.rules import RULE
from kommun.models import Employee
from tests.builders import NOW, TODAY, a_manager, a_person, a_unit, an_initiative, an_outcome
from tests.pages.test_steps import as_person

pytestmark = pytest.mark.django_db
LONG_AGO = dt.date(2026, 1, 1)


def reason_for(rule: str) -> tuple[Initiative, Employee]:
    """An initiative that gives the rule a reason, and who is told."""
    unit = a_unit()
    owner, decider = a_person(unit=unit), a_manager(unit)
    if rule == "decision_waiting":
        return an_initiative(owner, unit, "proposed", decider=decider), decider
    if rule == "returned":
        return asked(an_initiative(owner, unit, "returned"), decider), owner
    initiative = an_initiative(owner, unit, "measuring", target=None)
    an_outcome(initiative, next_due_on=LONG_AGO if rule == "value_due" else None, review_on=TODAY)
    return initiative, owner


def asked(initiative: Initiative, decider: Employee) -> Initiative:
    initiative.transitions.create(
        number=2, verb="return", from_state="proposed", to_state="returned", by=decider, at=NOW, reason="Vem gör det?"
    )
    return initiative


def rows() -> list[Any]:
    return [list(model.objects.order_by("pk").values_list()) for model in (Initiative, Transition)]


@pytest.mark.parametrize("rule", ["decision_waiting", "returned", "value_due", "conclude_due"])
def test_the_button_leads_to_the_field_and_opening_it_changes_nothing(rule: str) -> None:
    initiative, person = reason_for(rule)
    path, _, field = RULE[rule].leads_to.format(uuid=initiative.uuid).partition("#")
    before = rows()
    answer = as_person(person).get(path)
    assert answer.status_code == 200
    assert len(re.findall(f'id="{field}"', answer.content.decode())) == 1
    assert rows() == before


@pytest.mark.parametrize("rule", sorted(RULE))
def test_the_button_leads_to_a_page_behind_sign_in(rule: str) -> None:
    initiative, _ = reason_for("decision_waiting")
    path, _, _ = RULE[rule].leads_to.format(uuid=initiative.uuid).partition("#")
    answer = Client().get(path)
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/logga-in/")
