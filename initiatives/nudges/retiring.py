"""Reminders that have had their chance and do not help: proposed to an administrator, or turned off at once."""

import datetime as dt
from dataclasses import asdict
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from initiatives.evidence import is_worth_retiring
from initiatives.models import NudgePolicy, NudgeSetting, Retirement
from initiatives.nudges.configuration import figures_of
from initiatives.nudges.policy import policy
from initiatives.nudges.rules import RULE
from initiatives.outcomes.reminders import ReminderEffect, effects
from kommun.models import Heartbeat

PART: Final = "retiring"  # its heartbeat: when reminders were last looked at
ASKED_AGAIN_AFTER: Final = 2  # times as many occasions as when the answer was to keep it


@transaction.atomic
def retire(*, now: dt.datetime) -> int:
    """Looks once a day, by all occasions ever, and proposes what is to be retired. How many; one query on later turns.

    When it fails, nothing is written, and the next turn looks again.
    """
    if not _is_first_of_the_day(now):
        return 0
    rule = policy()
    if rule.retire_after is None:
        return 0
    return sum(_propose(each, rule, now) for each in effects(now=now, window=None))


def _is_first_of_the_day(now: dt.datetime) -> bool:
    """Of two clocks at once one is the first: the row is made once, and changed once a day."""
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    if Heartbeat.objects.filter(name=PART, at__gte=today).exists():
        return False
    _beat, is_new = Heartbeat.objects.get_or_create(name=PART, defaults={"at": now})
    return is_new or Heartbeat.objects.filter(name=PART, at__lt=today).update(at=now) == 1


def _propose(effect: ReminderEffect, policy: NudgePolicy, now: dt.datetime) -> bool:
    difference, occasions_each = effect.difference, policy.retire_after
    if difference is None or occasions_each is None:
        return False
    if not is_worth_retiring(difference, occasions_each=occasions_each) or not _may_be_proposed(effect):
        return False
    answer: dict[str, Any] = {} if policy.retiring_asks_first else {"answered_at": now, "is_retired": True}
    Retirement.objects.create(rule=effect.rule, proposed_at=now, figures=asdict(effect), **answer)
    if answer:
        NudgeSetting.objects.change(effect.rule, None, by=None, at=now, is_on=False)
    return True


def _may_be_proposed(effect: ReminderEffect) -> bool:
    """It is on; nobody is being asked; and since somebody answered the occasions have doubled."""
    last = Retirement.objects.filter(rule=effect.rule).order_by("-id").first()
    if effect.rule not in RULE or not figures_of(RULE[effect.rule]).is_on:
        return False
    if last is None:
        return True
    before = int(last.figures["nudged"]) + int(last.figures["held_out"])
    return last.answered_at is not None and effect.nudged + effect.held_out >= ASKED_AGAIN_AFTER * before
