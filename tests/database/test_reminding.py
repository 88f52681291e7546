"""How reminders are set: who may, what is refused and why, and that each change is a row more."""

import datetime as dt
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from initiatives.actions.refusals import NotAllowed, Overtaken, Refused
from initiatives.actions.reminding import answer_retirement, set_policy, set_rule, set_text
from initiatives.models import MAY_BE_HELD_OUT, MAY_ESCALATE, NudgePolicy, NudgeSetting, NudgeText, Retirement, RuleName
from initiatives.models.nudge_rules import FIGURES
from initiatives.nudges.policy import policy
from kommun.models import Assignment, Employee, Role, Unit
from tests.builders import NOW, TODAY, a_manager, a_person, a_unit, assign
from tests.faults.parts import until

pytestmark = pytest.mark.django_db


@pytest.fixture
def root() -> Unit:
    return a_unit("Åsmåla kommun")


@pytest.fixture
def unit(root: Unit) -> Unit:
    return a_unit("Bygglovsenheten", root)


@pytest.fixture
def ali(root: Unit) -> Employee:
    return assign(a_person("Ali", "Rahimi"), Role.ADMINISTRATOR, root)


@pytest.fixture
def eva(unit: Unit) -> Employee:
    return assign(a_person("Eva", "Ek"), Role.ADMINISTRATOR, unit)


def rows() -> list[tuple[Any, ...]]:
    return list(NudgeSetting.objects.order_by("id").values_list("unit__name", *FIGURES))


def refusals(action: Any, *args: Any, **given: Any) -> dict[str, str]:
    with pytest.raises(Refused) as refused:
        action(*args, now=NOW, **given)
    return {missing.field: missing.message for missing in refused.value.missing}


def test_each_change_is_a_row_with_all_the_figures_of_its_level(ali: Employee, unit: Unit) -> None:
    set_rule("value_due", by=ali, now=NOW, first_after=2, holdout_share=Decimal("0.3"))
    set_rule("value_due", unit=unit, by=ali, now=NOW, is_on=False)
    set_rule("value_due", by=ali, now=NOW, first_after=None, at_most=4)
    share = Decimal("0.30")
    assert rows() == [
        (None, None, 2, None, None, None, "", share),
        ("Bygglovsenheten", False, None, None, None, None, "", None),
        (None, None, None, None, 4, None, "", share),
    ]
    assert NudgeSetting.objects.filter(by=ali, at=NOW).count() == 3


def test_what_says_nothing_new_is_no_row(ali: Employee) -> None:
    set_rule("value_due", by=ali, now=NOW, first_after=None, escalate_to="")
    set_rule("value_due", by=ali, now=NOW, at_most=4)
    set_rule("value_due", by=ali, now=NOW, at_most=4)
    assert len(rows()) == 1
    set_text("value_due", "sv", by=ali, now=NOW)
    set_text("value_due", "sv", by=ali, now=NOW, subject="Hej ")
    set_text("value_due", "sv", by=ali, now=NOW, subject="Hej")
    assert NudgeText.objects.count() == 1


@pytest.mark.parametrize("who", ["stranger", "manager", "controller", "former", "former administrator", "below"])
def test_others_set_nothing(who: str, root: Unit, unit: Unit) -> None:
    person = a_manager(root) if who == "manager" else a_person()
    if who == "controller":
        assign(person, Role.CONTROLLER, root)
    if who == "below":
        assign(person, Role.ADMINISTRATOR, unit)
    if who == "former":
        assign(person, Role.ADMINISTRATOR, root)
        Employee.objects.filter(pk=person.pk).update(ended_on=TODAY - dt.timedelta(days=1))
        person.refresh_from_db()
    if who == "former administrator":
        assign(person, Role.ADMINISTRATOR, root)
        Assignment.objects.filter(employee=person).update(to_on=TODAY - dt.timedelta(days=1))
    retirement = Retirement.objects.create(rule="value_due", proposed_at=NOW)
    actions: list[Callable[[], None]] = [
        lambda: set_rule("value_due", by=person, now=NOW, at_most=4),
        lambda: set_rule("value_due", unit=root, by=person, now=NOW, at_most=4),
        lambda: set_text("value_due", "sv", by=person, now=NOW, subject="Hej"),
        lambda: set_policy(by=person, now=NOW, letters_per_week=5),
        lambda: answer_retirement(retirement, is_retired=True, by=person, now=NOW),
    ]
    for action in actions:
        with pytest.raises(NotAllowed):
            action()
    assert (rows(), NudgeText.objects.count(), NudgePolicy.objects.count()) == ([], 0, 0)


def test_an_administrator_of_a_unit_sets_it_there_and_below(eva: Employee, unit: Unit, root: Unit) -> None:
    below, beside = a_unit("Karta", unit), a_unit("Gata", root)
    for place in (unit, below):
        set_rule("value_due", unit=place, by=eva, now=NOW, at_most=2)
        set_text("value_due", "sv", unit=place, by=eva, now=NOW, subject="Hej")
    elsewhere: list[Unit | None] = [beside, root, None]
    for other in elsewhere:
        with pytest.raises(NotAllowed):
            set_rule("value_due", unit=other, by=eva, now=NOW, at_most=2)
        with pytest.raises(NotAllowed):
            set_text("value_due", "sv", unit=other, by=eva, now=NOW, subject="Hej")
    assert [row[0] for row in rows()] == ["Bygglovsenheten", "Karta"]


@pytest.mark.parametrize(
    ("rule", "name", "right", "wrong"),
    [
        ("value_due", "first_after", (0, 6), (-1, 7)),
        ("decision_waiting", "first_after", (0, 5), (-1, 6)),
        ("no_progress", "first_after", (0, 365), (-1, 366)),
        ("target_near", "first_after", (-60, 0), (-61, 1)),
        ("value_due", "repeat", (1, 365), (0, 366)),
        ("value_due", "at_most", (1, 20), (0, 21)),
        ("decision_waiting", "escalate_after", (1, 365), (0, 366)),
        ("decision_waiting", "escalate_to", ("nobody", "next_level"), ("mayor",)),
        (
            "value_due",
            "holdout_share",
            (Decimal(0), Decimal("0.10"), Decimal("0.50")),
            ("0.09", "0.51", "-0.1", "0.01"),
        ),
        ("returned", "holdout_share", (Decimal(0),), ("0.20",)),
        ("decision_waiting", "is_on", (True,), (False,)),
        ("promise_due", "is_on", (True, False), ()),
    ],
)
def test_figures_are_refused_at_their_edges_and_the_database_agrees(
    ali: Employee, rule: str, name: str, right: tuple[Any, ...], wrong: tuple[Any, ...]
) -> None:
    for value in (*right, None):
        figures: dict[str, Any] = {name: "" if value is None and name == "escalate_to" else value}
        set_rule(rule, by=ali, now=NOW, **figures)
    before = len(rows())
    for value in wrong:
        figure = Decimal(value) if name == "holdout_share" else value
        assert list(refusals(set_rule, rule, by=ali, **{name: figure})) == [name]
    assert len(rows()) == before


def test_all_that_is_wrong_is_told_at_once(ali: Employee) -> None:
    assert refusals(set_rule, "value_due", by=ali, repeat=0, at_most=21, is_on=False) == {
        "repeat": "Skriv ett tal från 1 till 365.", "at_most": "Skriv ett tal från 1 till 20.",
    }  # fmt: skip


@pytest.mark.parametrize("rule", RuleName)
def test_only_what_somebody_waits_for_goes_to_the_next_level(ali: Employee, rule: RuleName) -> None:
    given: dict[str, Any] = {"by": ali, "escalate_after": 5, "escalate_to": "next_level"}
    if rule in MAY_ESCALATE:
        set_rule(rule, now=NOW, **given)
    else:
        assert list(refusals(set_rule, rule, **given)) == ["escalate_after", "escalate_to"]
    assert len(rows()) == (rule in MAY_ESCALATE)
    assert set(MAY_ESCALATE) == {"decision_waiting", "obstacle_open", "promise_due"}


@pytest.mark.parametrize("rule", RuleName)
def test_nobody_is_left_without_what_they_have_a_right_to(ali: Employee, rule: RuleName) -> None:
    if rule in MAY_BE_HELD_OUT:
        set_rule(rule, by=ali, now=NOW, holdout_share=Decimal("0.20"))
    else:
        assert list(refusals(set_rule, rule, by=ali, holdout_share=Decimal("0.20"))) == ["holdout_share"]


def test_a_figure_that_there_is_not_is_a_fault_of_the_programme(ali: Employee) -> None:
    with pytest.raises(KeyError):
        set_rule("value_due", by=ali, now=NOW, colour=1)
    with pytest.raises(KeyError):
        set_policy(by=ali, now=NOW, key="")


def test_whoever_was_second_is_told(ali: Employee) -> None:
    set_rule("value_due", by=ali, now=NOW, seen=0, at_most=4)
    with pytest.raises(Overtaken):
        set_rule("value_due", by=ali, now=NOW, seen=0, at_most=5)
    set_rule("value_due", by=ali, now=NOW, seen=NudgeSetting.objects.get().pk, at_most=5)
    set_text("value_due", "sv", by=ali, now=NOW, seen=0, subject="Hej")
    with pytest.raises(Overtaken):
        set_text("value_due", "sv", by=ali, now=NOW, seen=0, subject="Hallå")
    assert (len(rows()), NudgeText.objects.count()) == (2, 1)


@pytest.mark.parametrize(
    ("words", "fields"),
    [
        ({"subject": "{title} {owner} {unit} {days} {day} {period} {latest} {target}"}, []),
        ({"subject": "Hur gick det i\N{NO-BREAK SPACE}{period}?"}, []),
        ({"sentence": "x" * 500, "subject": "x" * 150, "button": "x" * 60}, []),
        ({"sentence": "x" * 501, "subject": "x" * 151, "button": "x" * 61}, ["subject", "sentence", "button"]),
        ({"subject": "{decider}"}, ["subject"]),
        ({"sentence": "{owner.password}"}, ["sentence"]),
        ({"button": "{"}, ["button"]),
        ({"subject": "Hej\nBcc: alla@example.org"}, ["subject"]),
        ({"sentence": "Ett\ttabb"}, ["sentence"]),
        ({"sentence": "Rad\N{LINE SEPARATOR}rad"}, ["sentence"]),
        ({"sentence": "Bakvänt\N{RIGHT-TO-LEFT OVERRIDE}"}, ["sentence"]),
    ],
)
def test_words_are_one_line_and_use_only_names_that_fit(
    ali: Employee, words: dict[str, Any], fields: list[str]
) -> None:
    if fields:
        assert list(refusals(set_text, "value_due", "sv", by=ali, **words)) == fields
        assert NudgeText.objects.count() == 0
    else:
        set_text("value_due", "sv", by=ali, now=NOW, **words)
        assert NudgeText.objects.filter(language="sv", unit=None, by=ali, at=NOW, **words).count() == 1


def test_a_name_that_does_not_fit_is_refused_with_those_that_do(ali: Employee) -> None:
    assert refusals(set_text, "returned", "sv", by=ali, subject="Hur gick {period}?") == {
        "subject": "{period} kan inte fyllas i. Använd bara {title}, {owner}, {unit}, {days}, {day}, {decider}."
    }


@pytest.mark.parametrize(
    ("name", "right", "wrong"), [("letters_per_week", (1, 5), (0, 6)), ("retire_after", (30, None), (0, 29, 1_000_001))]
)
def test_what_holds_for_all_is_refused_at_its_edges(
    ali: Employee, name: str, right: tuple[Any, ...], wrong: tuple[Any, ...]
) -> None:
    for value in right:
        set_policy(by=ali, now=NOW, **{name: value})
        assert getattr(policy(), name) == value
    for value in wrong:
        assert list(refusals(set_policy, by=ali, **{name: value})) == [name]


def test_what_holds_for_all_keeps_its_key_and_what_is_not_asked_about(ali: Employee) -> None:
    key = policy().key
    set_policy(by=ali, now=NOW, hold_out_is_on=True)
    set_policy(by=ali, now=NOW, retiring_asks_first=False, letters_per_week=2)
    found = NudgePolicy.objects.get()
    assert (found.key, found.hold_out_is_on, found.retiring_asks_first, found.letters_per_week, found.retire_after) == (
        key, True, False, 2, 200,
    )  # fmt: skip
    assert len(key) == 64


@pytest.mark.django_db(transaction=True)
def test_two_who_need_the_policy_at_once_get_the_same() -> None:
    """The other has made the row and not yet committed; the first waits, and takes it."""
    found: list[NudgePolicy] = []
    first = threading.Thread(target=_take_it, args=(found,))
    with transaction.atomic():
        theirs = policy()
        first.start()
        until(_somebody_waits)
    first.join(30)
    assert [each.key for each in found] == [theirs.key]


def _take_it(found: list[NudgePolicy]) -> None:
    found.append(policy())
    connection.close()


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


@pytest.mark.parametrize("is_retired", [True, False])
def test_a_proposal_is_answered_once(ali: Employee, is_retired: bool) -> None:
    set_rule("value_due", by=ali, now=NOW, at_most=4)
    retirement = Retirement.objects.create(rule="value_due", proposed_at=NOW)
    answer_retirement(retirement, is_retired=is_retired, by=ali, now=NOW)
    retirement.refresh_from_db()
    assert (retirement.is_retired, retirement.answered_by, retirement.answered_at) == (is_retired, ali, NOW)
    assert [(row[1], row[4]) for row in rows()] == [(None, 4), (False, 4)][: 1 + is_retired]
    with pytest.raises(Overtaken):
        answer_retirement(retirement, is_retired=not is_retired, by=ali, now=NOW)
