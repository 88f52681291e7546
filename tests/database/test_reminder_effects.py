"""What each reminder does is counted per initiative and step; the estimate is unbiased, and its interval honest."""

import datetime as dt
import random
import statistics
import uuid
from collections.abc import Iterable
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from initiatives.models import Nudge, NudgePolicy, NudgeSetting
from initiatives.nudges.draw import SCALE, draw
from initiatives.nudges.writing import write_nudges
from initiatives.outcomes.reminders import ReminderEffect, effects
from kommun.models import Employee
from tests.builders import NOW, a_person, a_unit, an_initiative

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def amina() -> Employee:
    return a_person()


def occasion(to: Employee, initiative: int, /, *, ago: dt.timedelta = 30 * DAY, **columns: Any) -> Nudge:
    """A nudge of the initiative with that key, made `ago` before NOW; `after` is when somebody acted on it."""
    after = columns.pop("after", None)
    created_at = NOW - ago
    given: dict[str, Any] = {"rule": "value_due", "step": 3, "occasion": created_at.date(), "since_at": created_at}
    given |= columns
    subject = given.pop("subject", uuid.uuid4())
    acted_at = None if after is None else created_at + after
    return Nudge(to=to, initiative_id=initiative, subject=subject, created_at=created_at, acted_at=acted_at, **given)


def counted(*nudges: Nudge | Iterable[Nudge], **given: Any) -> list[ReminderEffect]:
    rows = [row for each in nudges for row in ([each] if isinstance(each, Nudge) else each)]
    Nudge.objects.bulk_create(rows, batch_size=2000)
    return effects(now=NOW, **given)


def compared(found: list[ReminderEffect]) -> tuple[int, int, int, int]:
    (one,) = found
    return one.acted_nudged, one.nudged, one.acted_held_out, one.held_out


def between(to: Employee, *rows: Nudge) -> list[Nudge]:
    """`rows`, and somebody left without before and after all of them."""
    return [
        occasion(to, 9_000_001, ago=40 * DAY, is_held_out=True),
        *rows,
        occasion(to, 9_000_002, ago=8 * DAY, is_held_out=True),
    ]


def test_who_acted_within_a_week_is_counted_and_the_week_ends_after_seven_days(amina: Employee) -> None:
    rows = [occasion(amina, 10, after=HOUR), occasion(amina, 11, after=7 * DAY - HOUR)]
    rows += [occasion(amina, 12, after=7 * DAY), occasion(amina, 13), occasion(amina, 14, is_held_out=True, after=DAY)]
    assert counted(between(amina, *rows)) == [ReminderEffect("value_due", 4, 2, 4, 2, 3, 1)]


def test_an_initiative_in_a_step_is_one_occasion_and_its_first_nudge_is_the_one(amina: Employee) -> None:
    again = [occasion(amina, 10, ago=(30 - day) * DAY, number=day, after=HOUR if day else None) for day in (0, 7, 14)]
    assert compared(counted(between(amina, *again))) == (0, 1, 0, 2)
    assert compared(counted(occasion(amina, 10, ago=20 * DAY, step=4, after=HOUR))) == (1, 2, 0, 2)


def test_each_rule_is_counted_by_itself_in_the_order_of_the_rules(amina: Employee) -> None:
    found = counted(
        occasion(amina, 10, rule="draft_resting"), occasion(amina, 10), occasion(amina, 10, rule="returned")
    )
    assert [(each.rule, each.told, each.difference) for each in found] == [
        ("returned", 1, None), ("value_due", 1, None), ("draft_resting", 1, None),
    ]  # fmt: skip


def test_only_occasions_whose_week_has_passed_count(amina: Employee) -> None:
    young = [occasion(amina, 10, ago=7 * DAY - HOUR, after=HOUR), occasion(amina, 11, ago=7 * DAY, after=HOUR)]
    (found,) = counted(young)
    assert (found.told, found.acted_told) == (1, 1)


def test_what_began_before_the_window_is_left_out_though_it_was_told_again_within(amina: Employee) -> None:
    old = occasion(amina, 10, ago=366 * DAY)
    again = occasion(amina, 10, ago=300 * DAY, number=1)
    (found,) = counted(old, again, occasion(amina, 11, ago=365 * DAY))
    assert found.told == 1
    (ever,) = effects(now=NOW, window=None)
    assert ever.told == 2


def test_who_has_a_right_to_a_reminder_is_compared_with_nobody(amina: Employee) -> None:
    (found,) = counted(occasion(amina, 10, rule="decision_waiting", after=HOUR))
    assert (found.told, found.acted_told, found.nudged, found.difference) == (1, 1, 0, None)


def test_times_in_which_nobody_was_left_without_are_not_compared(amina: Employee) -> None:
    """The draw is on from day 200 to 170 ago and from 40 to 8 ago: what is told outside counts as told alone."""
    held_out = [occasion(amina, 20 + ago, ago=ago * DAY, is_held_out=True) for ago in (200, 171, 40, 8)]
    told = [occasion(amina, 1000 + ago, ago=ago * DAY, after=HOUR) for ago in (250, 190, 120, 30, 7)]
    found = counted(held_out, told)
    assert [each.told for each in found] == [5]
    assert compared(found) == (2, 2, 0, 4)


def test_only_what_was_drawn_with_the_share_of_now_is_compared(amina: Employee) -> None:
    for ago, share in ((100, "0.50"), (35, "0.20"), (20, "0.20")):
        NudgeSetting.objects.create(rule="value_due", holdout_share=share, first_after=ago, at=NOW - ago * DAY)
    early = [occasion(amina, 30, ago=36 * DAY), occasion(amina, 31, ago=36 * DAY, is_held_out=True)]
    late = [occasion(amina, 33, ago=34 * DAY, is_held_out=True), occasion(amina, 34)]
    assert compared(counted(between(amina, *early, *late))) == (0, 1, 0, 2)


def test_a_unit_with_a_share_of_its_own_is_not_compared(amina: Employee) -> None:
    root = a_unit()
    unit = a_unit(parent=root)
    below, beside = an_initiative(amina, a_unit(parent=unit)), an_initiative(amina, root)
    NudgeSetting.objects.create(rule="value_due", unit=unit, holdout_share="0.00", at=NOW - 90 * DAY)
    NudgeSetting.objects.create(rule="value_due", unit=unit, at=NOW)  # and inherits again since
    NudgeSetting.objects.create(rule="draft_resting", unit=root, holdout_share="0.00")
    rows = [occasion(amina, below.pk), occasion(amina, beside.pk)]
    found = counted(between(amina, *rows))
    assert [each.told for each in found] == [2]
    assert compared(found) == (0, 1, 0, 2)


def drawn(
    chance: random.Random, to: Employee, *, city: int, count: int, share: float, acts: tuple[float, float]
) -> Any:
    """A simulated municipality: `count` occasions over a hundred days, each drawn by the municipality's own key, and
    each acting as its side does.
    """
    key = chance.randbytes(32).hex()
    for number in range(count):
        initiative = uuid.UUID(bytes=chance.randbytes(16))
        is_held_out = draw(key, "value_due", str(initiative), 3) < share * SCALE
        does = chance.random() < acts[is_held_out]
        after = chance.uniform(0, 6.9) * DAY if does else None
        ago = (8 + 100 * (1 - number / count)) * DAY
        given: dict[str, Any] = {"subject": initiative, "is_held_out": is_held_out}
        yield occasion(to, city * 100_000 + number, ago=ago, after=after, **given)


@pytest.mark.parametrize("acts", [(0.6, 0.4), (0.3, 0.3), (0.95, 0.9)])
def test_the_estimate_is_unbiased_and_its_interval_holds_the_truth_in_95_of_100(
    amina: Employee, acts: tuple[float, float]
) -> None:
    """Four hundred municipalities of a hundred occasions each, one after another."""
    chance, cities = random.Random(1863), 400
    truth = acts[0] - acts[1]
    estimates, covered = [], 0
    for city in range(cities):
        with transaction.atomic():
            Nudge.objects.bulk_create(drawn(chance, amina, city=city, count=100, share=0.3, acts=acts))
            difference = effects(now=NOW)[0].difference
            transaction.set_rollback(True)
        assert difference is not None
        estimates.append(float(difference.estimate))
        covered += difference.low <= truth <= difference.high
    error = statistics.stdev(estimates) / cities**0.5
    assert abs(statistics.mean(estimates) - truth) < 3 * error
    assert 0.925 <= covered / cities <= 0.975


def test_a_draw_that_begins_when_people_have_changed_is_still_unbiased(amina: Employee) -> None:
    """Before the draw nearly all act by themselves; after it few do, and the reminder does nothing."""
    chance = random.Random(1863)
    before = (occasion(amina, 900_000 + number, ago=150 * DAY, after=HOUR) for number in range(3000))
    (found,) = counted(before, drawn(chance, amina, city=1, count=4000, share=0.2, acts=(0.2, 0.2)))
    assert found.difference is not None
    assert found.difference.low < 0 < found.difference.high
    assert abs(found.difference.estimate) < 0.05
    assert found.acted_told / found.told > 0.5


def test_it_is_one_statement_however_many_rules(amina: Employee, django_assert_num_queries: Any) -> None:
    for rules in (["value_due"], ["value_due", "draft_resting", "no_progress", "returned"]):
        Nudge.objects.bulk_create(occasion(amina, 10, rule=rule) for rule in rules)
        with django_assert_num_queries(1):
            effects(now=NOW)


def test_what_the_clock_writes_is_what_is_compared(amina: Employee) -> None:
    """Sixty drafts rest for a week while half may be left without; the clock writes, and a week later it counts."""
    NudgePolicy.objects.create(hold_out_is_on=True, key="07" * 32)
    NudgeSetting.objects.create(rule="draft_resting", holdout_share="0.50", at=NOW - DAY)
    unit = a_unit()
    for _draft in range(60):
        an_initiative(amina, unit, target=None)
    now = timezone.now() + 8 * DAY  # a draft rests since it was last changed, which the database says itself
    write_nudges(now=now, today=timezone.localdate(now))
    (found,) = [each for each in effects(now=now + 7 * DAY) if each.rule == "draft_resting"]
    held_out = Nudge.objects.filter(rule="draft_resting", is_held_out=True).count()
    assert 15 < held_out < 45
    assert (found.told, found.acted_told, found.held_out) == (60 - held_out, 0, held_out)
    assert effects(now=now + 6 * DAY) == []
