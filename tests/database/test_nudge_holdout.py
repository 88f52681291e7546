"""Who is left without a reminder, to see what reminders do: by a draw that nobody can guess, never where it hurts."""

import datetime as dt
import uuid
from decimal import Decimal
from math import sqrt

import pytest
from django.db import IntegrityError, connection, transaction

from initiatives.models import MAY_BE_HELD_OUT, Initiative, Nudge, NudgePolicy, NudgeSetting, Outcome, RuleName
from initiatives.nudges import draw
from initiatives.nudges.policy import policy
from initiatives.nudges.rules import RULE, RULES, Rule
from initiatives.nudges.writing import note_acts
from kommun.models import Letter
from tests.builders import a_person, a_unit, an_indicator, moment
from tests.reasons import REASONS, Scene, a_scene
from tests.telling import ONE_DAY, collect, only, turn, write

pytestmark = pytest.mark.django_db
MONDAY = dt.date(2026, 9, 7)
HALF = Decimal("0.50")
STEPS = (1, 2)


def hold_out(share: Decimal | str = HALF, *rules: str, key: str = "") -> None:
    policy()
    NudgePolicy.objects.update(hold_out_is_on=True, **({"key": key} if key else {}))
    for rule in rules:
        NudgeSetting.objects.create(rule=rule, holdout_share=share)


def many(count: int) -> None:
    """Initiatives that lack a value since Monday, half of them a step further than the others."""
    unit, indicator = a_unit(), an_indicator()
    owner = a_person(unit=unit)
    given = {"title": "Kortare köer", "owner": owner, "unit": unit, "state": "measuring", "change_on": MONDAY}
    rows = Initiative.objects.bulk_create(Initiative(**given, steps_taken=STEPS[number % 2]) for number in range(count))
    Outcome.objects.bulk_create(
        Outcome(initiative=row, indicator=indicator, target=22, target_on=MONDAY + dt.timedelta(days=500),
                review_on=MONDAY + dt.timedelta(days=500), baseline_ready_on=MONDAY, next_due_on=MONDAY)
        for row in rows
    )  # fmt: skip


def held_out() -> set[tuple[uuid.UUID, int]]:
    return set(Nudge.objects.filter(is_held_out=True).values_list("initiative__uuid", "step"))


def drawn(share: Decimal, rule: str = "value_due") -> set[tuple[uuid.UUID, int]]:
    """By the arithmetic in Python."""
    key, found = policy().key, Initiative.objects.values_list("uuid", "steps_taken")
    return {(key_, step) for key_, step in found if draw.draw(key, rule, str(key_), step) < share * draw.SCALE}


@pytest.mark.parametrize("share", ["0.10", "0.33"])
def test_the_draw_is_the_same_in_the_database_and_here_and_holds_out_the_share(
    share: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, "value_due")
    hold_out(share, "value_due", key="1f" * 32)
    many(1500)
    assert write(MONDAY) == 1500
    assert held_out() == drawn(Decimal(share))
    spread = 4 * sqrt(1500 * float(share) * (1 - float(share)))
    assert abs(len(held_out()) - 1500 * float(share)) < spread


def test_both_make_the_same_number_of_any_words() -> None:
    with connection.cursor() as cursor:
        for number in range(200):
            key, initiative, rule = f"{number:064x}", uuid.uuid4(), RuleName.values[number % len(RuleName.values)]
            secret = bytes.fromhex(key)
            sql = "SELECT " + draw.SQL.format(initiative="%s::uuid", step="%s")
            cursor.execute(sql, [secret, secret, rule, initiative, number])
            assert cursor.fetchone()[0] == draw.draw(key, rule, str(initiative), number) < draw.SCALE


def test_the_draw_hangs_on_the_key_the_rule_the_initiative_and_the_step() -> None:
    one, other = str(uuid.UUID(int=1)), str(uuid.UUID(int=2))
    draws = {
        draw.draw("aa" * 32, "value_due", one, 1),
        draw.draw("ab" * 32, "value_due", one, 1),
        draw.draw("aa" * 32, "no_progress", one, 1),
        draw.draw("aa" * 32, "value_due", other, 1),
        draw.draw("aa" * 32, "value_due", one, 2),
    }
    assert len(draws) == 5


def test_the_draw_is_the_nested_hash_and_nothing_else() -> None:
    """Fixed, so that nobody is moved from one arm to the other by a change of the code."""
    assert draw.draw("00" * 32, "value_due", "00000000-0000-0000-0000-000000000000", 1) == 42_108_789


def test_it_stands_for_all_the_times_of_a_step_and_is_drawn_anew_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "value_due")
    hold_out(HALF, "value_due", key="2e" * 32)
    many(60)
    for weeks in (0, 1, 2):
        write(MONDAY + weeks * 7 * ONE_DAY)
    first = Nudge.objects.filter(number=0, is_held_out=True).values_list("initiative")
    assert set(first) == set(Nudge.objects.filter(is_held_out=True).values_list("initiative"))
    before = drawn(HALF)
    Initiative.objects.update(steps_taken=7)
    Outcome.objects.update(next_due_on=dt.date(2026, 10, 1))
    write(dt.date(2026, 10, 1))
    assert held_out() - before == drawn(HALF)
    assert {uuid_ for uuid_, _ in drawn(HALF)} != {uuid_ for uuid_, _ in before}


def test_another_rule_draws_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "value_due", "target_passed")
    hold_out(HALF, "value_due", "target_passed")
    many(80)
    Outcome.objects.update(target_on=MONDAY - ONE_DAY)
    write(MONDAY)
    arms = [
        set(Nudge.objects.filter(rule=rule, is_held_out=True).values_list("initiative", flat=True))
        for rule in ("value_due", "target_passed")
    ]
    assert all(arms) and arms[0] != arms[1]


def test_the_share_of_the_table_holds_where_nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "value_due")
    hold_out(key="3d" * 32)
    many(400)
    write(MONDAY)
    assert held_out() == drawn(Decimal("0.20")) != set()


def test_nobody_is_held_out_until_an_administrator_has_turned_it_on(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "value_due")
    hold_out(HALF, "value_due")
    NudgePolicy.objects.update(hold_out_is_on=False)
    many(60)
    assert (write(MONDAY), held_out()) == (60, set())


def test_nobody_is_held_out_when_the_share_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "value_due")
    hold_out("0.00", "value_due")
    many(60)
    assert (write(MONDAY), held_out()) == (60, set())


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.name not in MAY_BE_HELD_OUT], ids=lambda r: r.name)
def test_nobody_is_left_without_what_is_waited_for_or_news(rule: Rule) -> None:
    name = rule.name
    assert RULE[name].holdout_share == 0
    with pytest.raises(IntegrityError, match="held_out_are_none_or_a_tenth_to_a_half"), transaction.atomic():
        NudgeSetting.objects.create(rule=name, holdout_share=HALF)


@pytest.mark.parametrize("name", [name.value for name in MAY_BE_HELD_OUT])
def test_who_is_held_out_is_told_nothing_and_it_is_noted_what_they_did(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same initiative, with a key that holds it out: a row, no letter, nothing that turns to another person."""
    only(monkeypatch, name)
    scene: Scene = a_scene()
    initiative = REASONS[RuleName(name)](scene, MONDAY)
    initiative.refresh_from_db()
    day = MONDAY + RULE[name].first_after * ONE_DAY
    key = next(
        key for key in (f"{number:064x}" for number in range(100))
        if draw.draw(key, name, str(initiative.uuid), initiative.steps_taken) < HALF * draw.SCALE
    )  # fmt: skip
    hold_out(HALF, name, key=key)
    assert turn(day) == 1
    assert [collect(day + number * ONE_DAY) for number in range(4)] == [0, 0, 0, 0]
    nudge = Nudge.objects.get()
    assert (nudge.is_held_out, nudge.to, nudge.letter, Letter.objects.count()) == (True, scene.owner, None, 0)
    note_acts(now=moment(day + ONE_DAY))
    nudge.refresh_from_db()
    assert nudge.acted_at is None


def test_a_letter_about_something_else_says_nothing_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "value_due", "conclude_due")
    scene = a_scene()
    for name in (RuleName.VALUE_DUE, RuleName.CONCLUDE_DUE):
        REASONS[name](scene, MONDAY)
    write(MONDAY)
    Nudge.objects.filter(rule="value_due").update(is_held_out=True)
    assert collect(MONDAY) == 1
    assert [nudge.rule for nudge in Letter.objects.get().nudges.all()] == ["conclude_due"]
