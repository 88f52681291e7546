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
PASSWORD = "granen susar vid sjön"
FIELDS = {  # where the cursor stands; a decision is on top of its page, and has three answers to choose among
    "decision_waiting": [],
    "returned": ["reason"],
    "value_due": ["value"],
    "conclude_due": ["lesson"],
}


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
    before = rows()
    answer = as_person(person).get(RULE[rule].leads_to.format(uuid=initiative.uuid))
    assert answer.status_code == 200
    assert re.findall(r'<(?:input|textarea)[^>]* name="(\w+)"[^>]* autofocus', answer.content.decode()) == FIELDS[rule]
    assert rows() == before


def test_the_way_by_sign_in_ends_in_the_same_place() -> None:
    initiative, person = reason_for("value_due")
    person.set_password(PASSWORD)
    person.save()
    client, path = Client(), RULE["value_due"].leads_to.format(uuid=initiative.uuid)
    door = client.get(path)["Location"]
    answer = client.post(door, {"username": person.login, "password": PASSWORD, "next": path})
    assert answer["Location"] == path


@pytest.mark.parametrize("rule", sorted(RULE))
def test_the_button_leads_to_a_page_behind_sign_in(rule: str) -> None:
    initiative, _ = reason_for("decision_waiting")
    answer = Client().get(RULE[rule].leads_to.format(uuid=initiative.uuid))
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/logga-in/")
