"""The button of a letter leads to the very field, on a page behind sign-in; to open it changes nothing."""

import datetime as dt
import re
import uuid
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from initiatives.models import Initiative, Nudge, RuleName, Transition
from initiatives.nudges.rules import RULE
from initiatives.nudges.writing import write_nudges
from tests.pages.test_steps import as_person
from tests.reasons import REASONS, a_scene

pytestmark = pytest.mark.django_db
PASSWORD = "granen susar vid sjön"
# Where the cursor stands on the page that the button leads to. A decision is on top of its page, and has three answers
# to choose among; the rest without a field are to be read first, or are news.
FIELDS = {
    RuleName.RETURNED: ["reason"],
    RuleName.VALUE_DUE: ["value"],
    RuleName.BASELINE_MISSING: ["value"],
    RuleName.HOLD_CHECK_DUE: ["value"],
    RuleName.CONCLUDE_DUE: ["lesson"],
    RuleName.FIRST_STEP_DUE: ["text"],
    RuleName.NO_PROGRESS: ["text"],
    RuleName.COMMENT_WRITTEN: ["text"],
    RuleName.OBSTACLE_OPEN: ["answer"],
    RuleName.PROMISE_DUE: ["note"],
}


def rows() -> list[Any]:
    return [list(model.objects.order_by("pk").values_list()) for model in (Initiative, Transition)]


def told(rule: str, today: dt.date) -> tuple[Nudge, Initiative]:
    """What the clock writes today of a reason of that rule."""
    first_after = max(0, RULE[rule].first_after)
    initiative = REASONS[RuleName(rule)](
        a_scene(), today - dt.timedelta(days=2 * first_after + 3 if first_after else 0)
    )
    write_nudges(now=timezone.now(), today=today)
    return Nudge.objects.filter(rule=rule, level=0).select_related("to").get(), initiative


@pytest.mark.parametrize("rule", sorted(RULE))
def test_the_button_leads_to_the_field_and_opening_it_changes_nothing(rule: str) -> None:
    nudge, initiative = told(rule, timezone.localdate())
    before = rows()
    path = RULE[rule].leads_to.format(uuid=initiative.uuid, subject=nudge.subject)
    answer = as_person(nudge.to).get(path)
    fields = re.findall(r'<(?:input|textarea)[^>]* name="([-\w]+)"[^>]* autofocus', answer.content.decode())
    assert (answer.status_code, fields) == (200, FIELDS.get(RuleName(rule), []))
    assert rows() == before


def test_the_way_by_sign_in_ends_in_the_same_place() -> None:
    nudge, initiative = told("value_due", timezone.localdate())
    person = nudge.to
    person.set_password(PASSWORD)
    person.save()
    client, path = Client(), RULE["value_due"].leads_to.format(uuid=initiative.uuid)
    door = client.get(path)["Location"]
    answer = client.post(door, {"username": person.login, "password": PASSWORD, "next": path})
    assert answer["Location"] == path


@pytest.mark.parametrize("rule", sorted(RULE))
def test_the_button_leads_to_a_page_behind_sign_in(rule: str) -> None:
    address = RULE[rule].leads_to.format(uuid=uuid.uuid4(), subject=uuid.uuid4())
    answer = Client().get(address)
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/logga-in/")
