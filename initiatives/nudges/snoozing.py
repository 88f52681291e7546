"""What was put off is told anew on its day, if the reason still holds."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from django.db import transaction
from django.db.models import Exists, Max, OuterRef

from initiatives.models import Nudge, Snooze
from initiatives.nudges.calendar import LOOK_BACK
from initiatives.nudges.rules import RULE
from kommun.models import Absence

BATCH: Final = 1000


@transaction.atomic
def end_snoozes(*, now: dt.datetime, today: dt.date) -> int:
    """Ends those whose day has come, and writes a nudge for each reason that still holds. How many were written.

    Somebody who is away has peace until they are back. What has not been told at all yet needs no second row.
    """
    away = Absence.objects.on(today).filter(employee=OuterRef("employee"))
    come = Snooze.objects.filter(~Exists(away), ended_at=None, until_on__lte=today)
    snoozes = list(come.select_for_update(skip_locked=True)[:BATCH])
    again = [nudge for rule, rows in _by_rule(snoozes).items() for nudge in _again(rule, rows, now, today)]
    Snooze.objects.filter(pk__in=[snooze.pk for snooze in snoozes]).update(ended_at=now)
    written: list[Nudge] = Nudge.objects.bulk_create(again, ignore_conflicts=True)
    return len(written)


def _by_rule(snoozes: Sequence[Snooze]) -> dict[str, list[Snooze]]:
    found: dict[str, list[Snooze]] = defaultdict(list)
    for snooze in snoozes:
        found[snooze.rule].append(snooze)
    return found


def _again(name: str, snoozes: Sequence[Snooze], now: dt.datetime, today: dt.date) -> list[Nudge]:
    """The next time of each reason, to the same person. Two queries for all of a rule."""
    due = RULE[name].due(today, today - LOOK_BACK).filter(pk__in=[snooze.initiative_id for snooze in snoozes])
    reasons = {
        (pk, subject): (since, step) for pk, subject, since, step in due.values_list("pk", "subject", "since", "step")
    }
    told = _latest(name, snoozes)
    nudges = []
    for snooze in snoozes:
        key = snooze.initiative_id, snooze.subject
        since, step = reasons.get(key, (None, 0))
        number, is_untold = told.get((*key, since, snooze.level), (-1, False))
        if since is not None and not is_untold:
            nudges.append(_nudge(snooze, since, step, number + 1, now))
    return nudges


def _nudge(snooze: Snooze, since: dt.datetime, step: int, number: int, now: dt.datetime) -> Nudge:
    return Nudge(
        rule=snooze.rule,
        initiative_id=snooze.initiative_id,
        subject=snooze.subject,
        step=step,
        since_at=since,
        level=snooze.level,
        number=number,
        occasion=snooze.until_on,
        to_id=snooze.employee_id,
        created_at=now,
    )


def _latest(name: str, snoozes: Sequence[Snooze]) -> dict[tuple[object, ...], tuple[int, bool]]:
    """By initiative, subject, since and level: the number told last, and whether any has not been told yet."""
    own = Nudge.objects.filter(
        rule=name, initiative__in=[snooze.initiative_id for snooze in snoozes], is_held_out=False
    )
    rows = own.order_by().values_list("initiative_id", "subject", "since_at", "level")
    waiting = set(rows.filter(letter=None))
    return {
        key: (number, key in waiting)
        for *columns, number in rows.annotate(number=Max("number"))
        if (key := tuple(columns))
    }
