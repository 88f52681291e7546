"""The demo's reminders of the past: the same on any day, all told, and one rule that helps beside one that may not."""

import datetime as dt
import random

import pytest

from initiatives.demo.reminders import remind
from initiatives.evidence import Helps, helps
from initiatives.models import Nudge, Transition
from initiatives.nudges.policy import policy
from initiatives.outcomes.reminders import effects
from kommun.models import Letter
from tests.builders import NOW, TODAY, a_person, a_unit, an_initiative

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("days_later", [0, 3])
def test_one_rule_is_seen_to_help_and_one_is_not(days_later: int) -> None:
    amina, unit = a_person(), a_unit()
    for number in range(150):
        initiative = an_initiative(amina, unit, target=None)
        Transition.objects.bulk_create(
            Transition(
                initiative=initiative,
                number=step,
                verb="submit",
                from_state="draft",
                to_state="proposed",
                by=amina,
                at=NOW - dt.timedelta(days=30 + number - step),
            )
            for step in (1, 2, 3)
        )
    later = dt.timedelta(days=days_later)
    assert remind(random.Random(1863), today=TODAY + later) == Nudge.objects.count() == 450
    found = {each.rule: each.difference for each in effects(now=NOW + later)}
    verdicts = {rule: helps(difference) for rule, difference in found.items() if difference}
    assert verdicts == {"value_due": Helps.SHOWN, "draft_resting": Helps.NOT_SHOWN, "no_progress": Helps.NOT_SHOWN}
    assert policy().hold_out_is_on
    assert not Nudge.objects.filter(letter=None, is_held_out=False).exists()
    assert not Nudge.objects.filter(acted_at=None).exists()
    assert not Letter.objects.filter(sent_at=None).exists()
