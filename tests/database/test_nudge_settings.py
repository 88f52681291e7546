"""What an administrator has set holds for the municipality, or for a unit and all below it, from the next turn on."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from initiatives.models import EscalateTo, Initiative, Nudge, NudgeSetting, NudgeText, RuleName
from initiatives.nudges.configuration import configured, figures_of
from initiatives.nudges.rules import RULE, RULES
from kommun.models import Employee, Letter, Unit
from tests.builders import a_person, a_unit
from tests.reasons import REASONS, Scene, a_scene
from tests.telling import ONE_DAY, collect, only, times, told, turn, write

pytestmark = pytest.mark.django_db
MONDAY = dt.date(2026, 9, 7)


@pytest.fixture
def scene() -> Scene:
    return a_scene()


def reason(scene: Scene, name: str, day: dt.date = MONDAY) -> Initiative:
    initiative = REASONS[RuleName(name)](scene, day)
    initiative.refresh_from_db()
    return initiative


def set_to(rule: str, unit: Unit | None = None, **figures: Any) -> None:
    NudgeSetting.objects.create(rule=rule, unit=unit, **figures)


def days_told(first: int, last: int) -> list[int]:
    """Looks each day from `first` to `last` days after Monday: on which ones something was written."""
    return [number for number in range(first, last + 1) if write(MONDAY + number * ONE_DAY)]


# --- Each figure ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        ({}, [0, 7, 14]),
        ({"first_after": 2}, [2, 9, 16]),
        ({"first_after": -3}, [-3, 4, 11]),
        ({"first_after": -14, "repeat": 14}, [-14, 0, 14]),
        ({"repeat": 1}, [0, 1, 2]),
        ({"repeat": 3}, [0, 3, 6]),
        ({"at_most": 1}, [0]),
        ({"at_most": 5}, [0, 7, 14, 21, 28]),
        ({"is_on": False}, []),
        ({"is_on": True, "first_after": 0}, [0, 7, 14]),
    ],
)
def test_a_figure_that_was_set_holds_and_the_others_are_as_in_the_table(
    figures: dict[str, Any], expected: list[int], scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, "conclude_due")
    set_to("conclude_due", **figures)
    reason(scene, "conclude_due")
    assert days_told(-15, 30) == expected


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        # Sent on Monday the 7th; working days are the 8th to 11th, 14th to 18th and so on.
        ({}, [(0, 3), (0, 8), (0, 11), (1, 8), (1, 11), (1, 16)]),
        ({"escalate_after": 4}, [(0, 3), (0, 8), (0, 11), (1, 4), (1, 9), (1, 14)]),
        ({"escalate_to": "nobody"}, [(0, 3), (0, 8), (0, 11)]),
        ({"first_after": 1, "repeat": 1, "at_most": 2}, [(0, 1), (0, 2), (1, 8), (1, 9)]),
        ({"first_after": 0}, [(0, 0), (0, 3), (0, 8), (1, 8), (1, 11), (1, 16)]),
    ],
)
def test_the_days_before_the_next_level_can_be_set(
    figures: dict[str, Any], expected: list[tuple[int, int]], scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, "decision_waiting")
    set_to("decision_waiting", **figures)
    reason(scene, "decision_waiting")
    days_told(-1, 20)
    assert sorted((level, (day - MONDAY).days) for level, _, day in times()) == sorted(expected)


def test_a_promise_climbs_only_where_nobody_has_turned_that_off(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "promise_due")
    reason(scene, "promise_due")
    set_to("promise_due", escalate_to=EscalateTo.NOBODY)
    day = MONDAY + 14 * ONE_DAY  # the tenth working day
    write(day)
    assert told(Nudge.objects.filter(level=1)) == set()
    set_to("promise_due", escalate_to=EscalateTo.NEXT_LEVEL)
    write(day - ONE_DAY)
    assert told(Nudge.objects.filter(level=1)) == set()
    write(day)
    assert told(Nudge.objects.filter(level=1)) == {("promise_due", "Karin")}


@pytest.mark.parametrize("rule", [rule for rule in RULES if not rule.can_escalate], ids=lambda rule: rule.name)
def test_what_has_no_words_for_the_next_level_never_climbs(rule: Any) -> None:
    set_to(rule.name, escalate_to=EscalateTo.NEXT_LEVEL, escalate_after=1)
    assert figures_of(rule).escalate_to == EscalateTo.NOBODY


@pytest.mark.parametrize("name", ["value_due", "handover_offered"])
def test_such_a_setting_stops_no_letters(name: str, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, name)
    set_to(name, escalate_to=EscalateTo.NEXT_LEVEL, escalate_after=1)
    reason(scene, name)
    turn(MONDAY + 2 * ONE_DAY)
    assert (collect(MONDAY + 2 * ONE_DAY), Nudge.objects.count()) == (1, 1)


# --- Municipality, unit, below it -----------------------------------------------------------------------------------
def test_the_nearest_unit_has_the_last_word_figure_by_figure() -> None:
    root = a_unit("Kommunen")
    area = a_unit("Samhällsbyggnad", parent=root)
    unit = a_unit(parent=area)
    beside = a_unit("Skolan", parent=root)
    rule = RULE["conclude_due"]
    set_to("conclude_due", first_after=1, repeat=2)
    set_to("conclude_due", area, repeat=3, at_most=9)
    set_to("conclude_due", unit, at_most=4)

    def said(where: Unit | None) -> tuple[int, int, int]:
        figures = figures_of(rule, where)
        return figures.first_after, figures.repeat, figures.at_most

    assert [said(where) for where in (None, root, beside, area, unit)] == [
        (1, 2, 3),
        (1, 2, 3),
        (1, 2, 3),
        (1, 3, 9),
        (1, 3, 4),
    ]
    set_to("conclude_due", area, first_after=5)  # a new row says all that the area says; the rest is inherited again
    assert [said(where) for where in (beside, area, unit)] == [(1, 2, 3), (5, 2, 3), (5, 2, 4)]
    set_to("conclude_due", first_after=0, repeat=6)
    assert [said(where) for where in (beside, area, unit)] == [(0, 6, 3), (5, 6, 3), (5, 6, 4)]


def test_a_unit_that_says_the_same_as_the_municipality_is_no_variant(django_assert_num_queries: Any) -> None:
    unit = a_unit(parent=a_unit("Kommunen"))
    with django_assert_num_queries(1):
        assert len(configured(RULES)["conclude_due"].variants) == 1
    set_to("conclude_due", unit, repeat=RULE["conclude_due"].repeat)
    with django_assert_num_queries(2):
        assert len(configured(RULES)["conclude_due"].variants) == 1
    set_to("conclude_due", unit, repeat=3)
    found = configured(RULES)
    assert [len(found[rule.name].variants) for rule in RULES if rule.name == "conclude_due"] == [2]
    assert {rule.name: len(found[rule.name].variants) for rule in RULES if rule.name != "conclude_due"} == {
        rule.name: 1 for rule in RULES if rule.name != "conclude_due"
    }


def test_each_unit_is_told_by_its_own_figures(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The municipality's are off; a unit has turned it on; one below it comes later; a draft has no unit at all."""
    only(monkeypatch, "draft_resting")
    below = a_unit("Mottagningen", parent=scene.unit)
    assert scene.unit.parent is not None
    beside = a_unit("Skolan", parent=scene.unit.parent)
    set_to("draft_resting", is_on=False)
    set_to("draft_resting", scene.unit, is_on=True, first_after=1)
    set_to("draft_resting", below, first_after=2)
    here = {unit: reason(scene, "draft_resting") for unit in (scene.unit, below, beside, None)}
    with_triggers_aside(here)
    found = {}
    for number in range(4):
        turn(MONDAY + number * ONE_DAY)
        found[number] = set(Nudge.objects.values_list("initiative__unit", flat=True))
    assert found == {0: set(), 1: {scene.unit.pk}, 2: {scene.unit.pk, below.pk}, 3: {scene.unit.pk, below.pk}}


def with_triggers_aside(here: dict[Unit | None, Initiative]) -> None:
    """Moves each to its unit, as if it had not been touched."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for unit, initiative in here.items():
            Initiative.objects.filter(pk=initiative.pk).update(unit=unit)
        cursor.execute("SET session_replication_role = DEFAULT")


def test_the_share_of_a_unit_is_its_own(scene: Scene) -> None:
    set_to("value_due", scene.unit, holdout_share=Decimal("0.50"))
    assert figures_of(RULE["value_due"]).holdout_share == Decimal("0.20")
    assert figures_of(RULE["value_due"], scene.unit).holdout_share == Decimal("0.50")
    set_to("value_due", scene.unit, holdout_share=Decimal(0))
    assert figures_of(RULE["value_due"], scene.unit).holdout_share == 0


# --- Changed in the middle ------------------------------------------------------------------------------------------
CHANGES: list[dict[str, Any]] = [
    {"first_after": 0},
    {"first_after": -14},
    {"first_after": 5},
    {"repeat": 1},
    {"repeat": 30},
    {"at_most": 1},
    {"at_most": 20},
    {"repeat": 1, "at_most": 20},
    {"first_after": -14, "repeat": 1, "at_most": 20},
    {"is_on": False},
]


@pytest.mark.parametrize("change", CHANGES, ids=str)
@pytest.mark.parametrize("day", [7, 10])
def test_a_change_in_the_middle_tells_nothing_twice_and_floods_nobody(
    day: int, change: dict[str, Any], scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No second one on the day of the change, never two on a day, each number once, and in order."""
    only(monkeypatch, "conclude_due")
    reason(scene, "conclude_due")
    for number in range(day + 1):
        write(MONDAY + number * ONE_DAY)
    before = list(Nudge.objects.values_list("pk", flat=True))
    told_today = Nudge.objects.filter(occasion=MONDAY + day * ONE_DAY).exists()
    set_to("conclude_due", **change)
    assert write(MONDAY + day * ONE_DAY) <= (0 if told_today else 1)
    for number in range(day + 1, day + 22):
        assert write(MONDAY + number * ONE_DAY) <= 1
    rows = list(Nudge.objects.order_by("number").values_list("number", "occasion"))
    assert len({number for number, _ in rows}) == len(rows)
    assert [occasion for _, occasion in rows] == sorted({occasion for _, occasion in rows})
    at_most = change.get("at_most", 3) if change.get("is_on", True) else len(before)
    assert len(rows) <= max(at_most, len(before))


def test_what_is_turned_off_and_on_again_goes_on_where_it_was(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "conclude_due")
    reason(scene, "conclude_due")
    assert days_told(0, 5) == [0]
    set_to("conclude_due", is_on=False)
    assert days_told(6, 9) == []
    set_to("conclude_due", is_on=True)
    assert days_told(10, 30) == [10, 14]
    assert [occasion for _, _, occasion in times()] == [MONDAY, MONDAY + 7 * ONE_DAY, MONDAY + 14 * ONE_DAY]


def test_an_earlier_time_never_comes_after_a_later_one(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that stood still told the third at once; figures that would let the first come now change nothing."""
    only(monkeypatch, "conclude_due")
    reason(scene, "conclude_due")
    write(MONDAY + 20 * ONE_DAY)
    set_to("conclude_due", first_after=40)
    assert [write(MONDAY + number * ONE_DAY) for number in (40, 47, 54, 61)] == [0, 0, 0, 0]
    assert times() == [(0, 2, MONDAY + 14 * ONE_DAY)]


# --- Words ----------------------------------------------------------------------------------------------------------
def own_words(unit: Unit | None = None, rule: str = "conclude_due", language: str = "en", **parts: str) -> None:
    by = Employee.objects.first() or a_person()
    NudgeText.objects.create(rule=rule, unit=unit, language=language, by=by, **parts)


def the_letter(scene: Scene, name: str = "conclude_due", language: str = "en") -> Letter:
    Employee.objects.update(language=language)
    write(MONDAY)
    assert collect(MONDAY) == 1
    return Letter.objects.get()


def test_own_words_are_said_part_by_part_and_filled_in(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "conclude_due")
    initiative = reason(scene, "conclude_due")
    own_words(subject="{owner}, sum up “{title}”", sentence="It is {day}. Time for {unit} to learn.")
    letter = the_letter(scene)
    assert letter.subject == f"Amina Lindqvist, sum up “{initiative.title}”"
    assert "It is 7 September. Time for Bygglovsenheten to learn." in letter.text
    assert letter.text.splitlines()[3].startswith("Write the lesson: ")


def test_the_words_of_the_nearest_unit_are_said(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Part by part: the unit's subject, the municipality's button, and not those of a unit beside it."""
    only(monkeypatch, "conclude_due")
    reason(scene, "conclude_due")
    assert scene.unit.parent is not None
    own_words(subject="The municipality's", button="Finish")
    own_words(scene.unit.parent, subject="The area's")
    own_words(scene.unit, subject="The unit's, at first")
    own_words(scene.unit, subject="The unit's")
    own_words(a_unit("Skolan", parent=scene.unit.parent), subject="The school's", button="Begin")
    own_words(rule="value_due", subject="Another rule's")
    letter = the_letter(scene)
    assert letter.subject == "The unit's"
    assert letter.text.splitlines()[3].startswith("Finish: ")


def test_the_other_language_keeps_its_standard_words(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "conclude_due")
    reason(scene, "conclude_due")
    own_words(language="en", subject="In English")
    assert "In English" not in the_letter(scene, language="sv").subject


@pytest.mark.parametrize("words", ["How did {period} go?", "{obstacle}", "{nothing} of the kind", "{title} {target}"])
def test_words_with_a_name_that_has_no_value_give_way_to_the_standard(
    words: str, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, "conclude_due")
    initiative = reason(scene, "conclude_due")
    own_words(subject=words)
    assert the_letter(scene).subject == f"What did you learn from “{initiative.title}”?"


TITLES = [
    "{owner} {0} {} {{title}} %(name)s %s",
    "<script>alert(1)</script> & \"citat\" 'apostrof'",
    "{% load i18n %}{{ person.password }}",
    "Rad\nett\r\nBcc: alla@example.org",
]


@pytest.mark.parametrize("title", TITLES)
@pytest.mark.parametrize("is_own", [True, False])
def test_a_title_does_no_harm_whatever_stands_in_it(
    title: str, is_own: bool, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said as written, on one line, and no mark-up of it reaches the page of the letter."""
    only(monkeypatch, "conclude_due")
    initiative = reason(scene, "conclude_due")
    Initiative.objects.filter(pk=initiative.pk).update(title=title)
    if is_own:
        own_words(subject="About {title}", sentence="<b>Now</b>: {title}", button="Open {title}")
    letter = the_letter(scene)
    in_one_line = " ".join(title.split())
    assert in_one_line in letter.text
    assert not is_own or letter.subject == f"About {in_one_line}"
    assert "\n" not in letter.subject and "\r" not in letter.subject
    assert "<script>" not in letter.html and "<b>Now" not in letter.html


def test_the_next_level_is_told_in_words_of_its_own(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "obstacle_open")
    reason(scene, "obstacle_open")
    own_words(rule="obstacle_open", subject="“{obstacle}” is yours")
    Employee.objects.update(language="en")
    day = MONDAY + 14 * ONE_DAY
    turn(day)
    collect(day)
    subjects = dict(Letter.objects.values_list("employee__given_name", "subject"))
    assert subjects["Johan"] == "“Vi saknar behörighet” is yours"
    assert subjects["Karin"] != subjects["Johan"]


def test_an_obstacle_of_two_lines_makes_a_subject_of_one(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "obstacle_open")
    initiative = reason(scene, "obstacle_open")
    initiative.obstacles.update(text="Vi saknar\nbehörighet\r\nBcc: alla@example.org")
    own_words(rule="obstacle_open", subject="{obstacle}")
    assert the_letter(scene).subject == "Vi saknar behörighet Bcc: alla@example.org"
