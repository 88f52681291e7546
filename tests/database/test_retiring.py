"""Reminders that do not help are proposed to be retired: once, and again only when their occasions have doubled."""

import datetime as dt
import uuid
from typing import Any

import pytest
from django.utils import timezone

from initiatives.actions.reminding import answer_retirement
from initiatives.models import Nudge, NudgeSetting, Retirement
from initiatives.nudges.policy import policy
from initiatives.nudges.retiring import retire
from kommun.models import Employee, Role
from tests.builders import NOW, a_person, a_unit, assign

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def ali() -> Employee:
    return assign(a_person("Ali", "Rahimi"), Role.ADMINISTRATOR, a_unit("Åsmåla kommun"))


@pytest.fixture(autouse=True)
def _after_a_hundred() -> None:
    """So many occasions on each side are a chance."""
    policy()
    set_to(retire_after=100)


def set_to(**columns: Any) -> None:
    type(policy()).objects.update(**columns)


def told(per_side: int, *, acted: int, acted_held_out: int, rule: str = "value_due", days_ago: int = 100) -> None:
    """So many occasions on each side, taking turns; the first and the last are left without."""
    to = a_person()
    pairs = [(number, side) for number in range(per_side) for side in (True, False)]
    pairs = [*pairs[:-2], (per_side - 1, False), (per_side - 1, True)]
    Nudge.objects.bulk_create(
        Nudge(
            rule=rule,
            to=to,
            initiative_id=to.pk * 100_000 + place,
            subject=uuid.uuid4(),
            step=1,
            since_at=NOW,
            occasion=NOW.date(),
            created_at=(at := NOW - days_ago * DAY + dt.timedelta(minutes=place)),
            is_held_out=is_held_out,
            acted_at=at + DAY if number < (acted_held_out if is_held_out else acted) else None,
        )
        for place, (number, is_held_out) in enumerate(pairs)
    )


def proposed() -> list[tuple[str, bool | None]]:
    return list(Retirement.objects.order_by("id").values_list("rule", "is_retired"))


def test_a_reminder_without_effect_is_proposed_with_its_figures() -> None:
    told(100, acted=3, acted_held_out=3)
    told(100, acted=60, acted_held_out=20, rule="draft_resting")  # helps
    told(100, acted=50, acted_held_out=50, rule="no_progress")  # ten in a hundred may still be there
    told(99, acted=0, acted_held_out=0, rule="target_passed")  # has not had its chance
    assert retire(now=NOW) == 1
    (found,) = Retirement.objects.all()
    assert (found.rule, found.proposed_at, found.answered_at, found.is_retired) == ("value_due", NOW, None, None)
    assert {name: found.figures[name] for name in ("nudged", "acted_nudged", "held_out", "acted_held_out")} == {
        "nudged": 100, "acted_nudged": 3, "held_out": 100, "acted_held_out": 3,
    }  # fmt: skip
    assert NudgeSetting.objects.count() == 0


def test_it_is_proposed_once() -> None:
    told(100, acted=0, acted_held_out=0)
    assert [retire(now=NOW + days * DAY) for days in range(3)] == [1, 0, 0]
    assert proposed() == [("value_due", None)]


def test_after_keep_it_is_proposed_again_when_the_occasions_have_doubled(ali: Employee) -> None:
    told(100, acted=0, acted_held_out=0)
    retire(now=NOW)
    answer_retirement(Retirement.objects.get(), is_retired=False, by=ali, now=NOW)
    told(99, acted=0, acted_held_out=0, days_ago=90)
    assert retire(now=NOW + DAY) == 0
    told(1, acted=0, acted_held_out=0, days_ago=95)
    assert retire(now=NOW + 2 * DAY) == 1
    assert proposed() == [("value_due", False), ("value_due", None)]


def test_what_is_retired_and_turned_on_again_is_left_until_the_occasions_have_doubled(ali: Employee) -> None:
    told(100, acted=0, acted_held_out=0)
    retire(now=NOW)
    answer_retirement(Retirement.objects.get(), is_retired=True, by=ali, now=NOW)
    told(100, acted=0, acted_held_out=0, days_ago=90)
    assert retire(now=NOW + DAY) == 0  # it is off
    NudgeSetting.objects.change("value_due", None, by=ali, at=NOW, is_on=True)
    assert retire(now=NOW + 2 * DAY) == 1


def test_what_is_off_is_not_proposed() -> None:
    told(100, acted=0, acted_held_out=0)
    NudgeSetting.objects.create(rule="value_due", is_on=False)
    assert retire(now=NOW) == 0


def test_where_nobody_is_asked_it_is_turned_off_at_once_by_the_clock() -> None:
    set_to(retiring_asks_first=False)
    NudgeSetting.objects.create(rule="value_due", at_most=5, at=NOW - 200 * DAY)
    told(100, acted=0, acted_held_out=0)
    assert retire(now=NOW) == 1
    (found,) = Retirement.objects.all()
    assert (found.is_retired, found.answered_at, found.answered_by) == (True, NOW, None)
    row = NudgeSetting.objects.latest("id")
    assert (row.is_on, row.at_most, row.by, row.unit, row.at) == (False, 5, None, None, NOW)
    assert retire(now=NOW + DAY) == 0


def test_nothing_is_retired_where_it_is_never_to_be() -> None:
    set_to(retire_after=None)
    told(100, acted=0, acted_held_out=0)
    assert retire(now=NOW) == 0


def test_it_looks_once_a_day_of_the_municipality_and_costs_one_query_otherwise(django_assert_num_queries: Any) -> None:
    local = timezone.localtime(NOW).replace(hour=0, minute=0)
    assert retire(now=local) == 0
    told(100, acted=0, acted_held_out=0)
    with django_assert_num_queries(3):  # one, within a savepoint
        assert retire(now=local + dt.timedelta(hours=23, minutes=59)) == 0
    assert retire(now=local + DAY) == 1


def test_a_look_that_fails_is_taken_again() -> None:
    told(100, acted=0, acted_held_out=0)
    Retirement.objects.create(rule="value_due", proposed_at=NOW, figures={}, answered_at=NOW, is_retired=False)
    with pytest.raises(KeyError):
        retire(now=NOW)
    Retirement.objects.all().delete()
    assert retire(now=NOW) == 1
