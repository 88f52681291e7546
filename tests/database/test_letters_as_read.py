"""What somebody who opens a letter finds in it, beside the reminder itself."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from initiatives.models import Nudge, Outcome, RuleName
from initiatives.nudges.collecting import collect_letters
from initiatives.nudges.writing import write_nudges
from kommun.models import Employee, Letter
from tests.builders import NOW, TODAY
from tests.reasons import REASONS, TOLD_TO, a_scene

pytestmark = pytest.mark.django_db
A_NUMBER = "You can also simply answer this letter: a number becomes a value, words become a line on the page."
A_LINE = "You can also simply answer this letter: what you write becomes a line on the page."


@pytest.fixture(autouse=True)
def _letters_can_be_answered(settings: Any) -> None:
    settings.REPLY_ADDRESS = "svar@example.org"


def letter_of(rule: RuleName, days: int) -> Letter:
    """The letter about a reason since so many days, with nothing else in it."""
    scene = a_scene()
    REASONS[rule](scene, TODAY - dt.timedelta(days=days))
    Outcome.objects.update(latest_value=Decimal("26.5"), target=22)
    Employee.objects.update(language="en")
    write_nudges(now=NOW, today=TODAY)
    Nudge.objects.exclude(rule=rule).delete()
    collect_letters(now=NOW)
    return Letter.objects.get(employee=getattr(scene, TOLD_TO.get(rule, "owner")))


@pytest.mark.parametrize(
    ("rule", "days", "offered"),
    [
        (RuleName.VALUE_DUE, 0, A_NUMBER),
        (RuleName.NO_PROGRESS, 30, A_LINE),
        (RuleName.COMMENT_WRITTEN, 0, A_LINE),
        (RuleName.DECISION_WAITING, 7, ""),  # a yes by mail would decide nothing
        (RuleName.PROMISE_DUE, 0, ""),
        (RuleName.APPROVED, 0, ""),
    ],
)
def test_an_answer_by_mail_is_offered_where_it_does_what_the_letter_asks_for(
    rule: RuleName, days: int, offered: str
) -> None:
    letter = letter_of(rule, days)
    said = [line for line in letter.text.splitlines() if line.startswith("You can also")]
    assert said == [offered] * bool(offered)
    assert (A_NUMBER in letter.html, A_LINE in letter.html) == (offered == A_NUMBER, offered == A_LINE)


@pytest.mark.parametrize("rule", [RuleName.TARGET_NEAR, RuleName.TARGET_PASSED])
def test_a_target_date_is_told_with_where_it_is_now(rule: RuleName) -> None:
    days = {RuleName.TARGET_NEAR: -10, RuleName.TARGET_PASSED: 3}[rule]
    now = "It is now at 26.5\N{NO-BREAK SPACE}dagar, and the target is 22."
    assert now in letter_of(rule, days).text
