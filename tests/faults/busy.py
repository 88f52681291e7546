"""A process that works at random on whatever initiatives there are: `python -m tests.faults.busy work|stuck|fold SEED`.

`work` does its share and ends. `stuck` stops in the middle of a transaction, and `fold` between folding and its commit;
both say so and wait to be killed.
"""

import datetime as dt
import random
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Final

import django

django.setup()

from django.db import IntegrityError, transaction  # noqa: E402

from initiatives.actions import drafting, steps  # noqa: E402
from initiatives.actions.attempt import Given  # noqa: E402
from initiatives.actions.measuring import Entry, record_values  # noqa: E402
from initiatives.actions.refusals import NotAllowed, Overtaken, Refused  # noqa: E402
from initiatives.models import Claim, Initiative, Measurement, Outcome  # noqa: E402
from initiatives.outcomes import rollup  # noqa: E402
from initiatives.workflow import State, Verb  # noqa: E402
from kommun.models import Unit  # noqa: E402
from tests.builders import NOW, READY, TODAY, a_claim  # noqa: E402

OPERATIONS: Final = 400
chance = random.Random(sys.argv[2])


def an_outcome() -> Outcome:
    found = list(Outcome.objects.select_related("initiative__unit", "initiative__owner", "indicator"))
    return chance.choice(found)


def a_held_outcome() -> Outcome:
    """As every action does: the initiative first, so that two never wait for each other."""
    outcome = an_outcome()
    Initiative.objects.select_for_update().get(pk=outcome.initiative_id)
    return outcome


def record() -> None:
    days = [chance.randrange(400) for _ in range(chance.randrange(1, 9))]
    entries = [Entry(TODAY - dt.timedelta(days=each), chance.choice([None, Decimal(each)])) for each in days]
    record_values(an_outcome(), entries, source=Measurement.Source.API, now=NOW)


def drop_values() -> None:
    Measurement.objects.filter(outcome=a_held_outcome(), observed_on__month=chance.randrange(1, 13)).delete()


def grade() -> None:
    outcome = a_held_outcome()
    Outcome.objects.filter(pk=outcome.pk).update(grade=chance.randrange(6), shift=chance.choice([None, 1]))


def take_step() -> None:
    found = an_outcome().initiative
    verb = {State.UNDERWAY: Verb.PAUSE, State.PAUSED: Verb.RESUME, State.MEASURING: Verb.STOP}.get(State(found.state))
    given = Given(reason="Därför.", lesson="Börja smått.", review_on=TODAY + dt.timedelta(days=9), resume_on=LATER)
    steps.take_step(found, verb or Verb.REOPEN, by=found.owner, seen=found.seen, now=NOW, given=given)


def begin() -> None:
    owner, unit = an_outcome().initiative.owner, chance.choice(list(Unit.objects.all()))
    drafting.create_draft(by=owner, now=NOW, title="Kortare kö", unit=unit, **READY)


def throw_away() -> None:
    draft = Initiative.objects.filter(state=State.DRAFT).order_by("?").first()
    if draft is not None:
        drafting.delete_draft(draft, by=draft.owner, seen=draft.seen, now=NOW)


def claim() -> None:
    a_claim(
        a_held_outcome(),
        kind=chance.choice(["hours", "money"]),
        amount=chance.randrange(100),
        months=chance.randrange(1, 13),
    )


def answer_claim() -> None:
    outcome, is_checked = a_held_outcome(), chance.random() < 0.5
    Claim.objects.filter(outcome=outcome).update(
        stopped_on=chance.choice([None, LATER]),
        checked_by=outcome.initiative.owner if is_checked else None,
        checked_at=NOW if is_checked else None,
    )


def drop_claims() -> None:
    Claim.objects.filter(outcome=a_held_outcome()).delete()


LATER: Final = TODAY + dt.timedelta(days=40)
ACTS: Final[list[Callable[[], object]]] = [
    record, record, drop_values, grade, take_step, begin, throw_away, claim, answer_claim, drop_claims, rollup.fold,
]  # fmt: skip


def work(operations: int) -> None:
    for _each in range(operations):
        with suppress(Refused, NotAllowed, Overtaken, IntegrityError), transaction.atomic():
            chance.choice(ACTS)()


def fold_something() -> None:
    while not rollup.fold():  # the other one was in the middle of it
        time.sleep(0.01)


def be_stuck(*acts: Callable[[], object]) -> None:
    with transaction.atomic():
        for act in acts:
            act()
        print("in the middle", flush=True)
        time.sleep(600)


if __name__ == "__main__":
    if sys.argv[1] == "work":
        work(OPERATIONS)
    elif sys.argv[1] == "stuck":
        work(OPERATIONS // 2)
        be_stuck(record, grade, begin)
    else:
        be_stuck(fold_something)
