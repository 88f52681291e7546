"""Every rule at its edges: the day before, the day, how often, to whom, and what happened in between."""

import datetime as dt
from typing import Any

import pytest

from initiatives import events
from initiatives.actions.attempt import Given
from initiatives.actions.steps import take_step
from initiatives.evidence import VALUES_NEEDED
from initiatives.models import Initiative, Nudge, NudgeSetting, Outcome, Waiver
from initiatives.nudges.rules import RULE, RULES, Rule
from initiatives.nudges.writing import note_acts
from initiatives.workflow import Verb
from kommun.models import ClosedDay, Employee
from tests.builders import an_initiative, an_outcome, moment
from tests.reasons import Scene, a_scene
from tests.speaking import SPEAKS, WEDNESDAY, first_day, person, september, spoken, the_reason
from tests.telling import ONE_DAY, collect, in_letters, only, times, told, write

pytestmark = pytest.mark.django_db
# Beside the rule itself, what else such rows are a reason for on the first day.
BESIDE: dict[str, set[tuple[str, str]]] = {
    "silence_owner": {("silence_decider", "Johan")},
    "silence_decider": {("silence_owner", "Amina")},
}
ASKS = [rule for rule in RULES if not rule.is_news]
by_name = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)


@pytest.fixture
def scene() -> Scene:
    return a_scene()


# --- When, how often, to whom ---------------------------------------------------------------------------------------
@by_name
def test_speaks_on_its_days_and_on_no_other(rule: Rule, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The day before each, on each, and a fortnight after the last one."""
    only(monkeypatch, rule.name)
    the_reason(rule, scene)
    expected = spoken(rule)
    for day in sorted({day for _, _, day in expected}):
        for looked in (day - ONE_DAY, day, day):
            write(looked)
            assert times() == [each for each in expected if each[2] <= looked]
    last = expected[-1][2] + dt.timedelta(days=14)
    write(min(last, dt.date(2026, 9, 30)) if rule.name == "value_due" else last)  # each month is asked about
    assert times() == expected


@by_name
def test_goes_to_the_one_who_can_act_and_to_nobody_else(rule: Rule, scene: Scene) -> None:
    the_reason(rule, scene)
    write(first_day(rule))
    assert told() == {(rule.name.value, person(rule))} | BESIDE.get(rule.name, set())


@pytest.mark.parametrize("rule", [rule for rule in RULES if SPEAKS[rule.name][1]], ids=lambda rule: rule.name)
def test_the_next_level_is_told_beside_the_first(rule: Rule, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, rule.name)
    the_reason(rule, scene)
    write(september(SPEAKS[rule.name][1][0]))
    assert {(nudge.level, nudge.to.given_name) for nudge in Nudge.objects.all()} == {(0, "Johan"), (1, "Karin")}


# --- Holidays -------------------------------------------------------------------------------------------------------
def working(*days: str) -> list[dt.date]:
    return [dt.date.fromisoformat(day) for day in days]


# By hand: the working days after the reason. Of Christmas 2026 the 24th, 25th, 26th and 31st are off, and the 1st and
# 6th of January; of Easter 2026 the 3rd and 6th of April; one day is kept closed.
CHRISTMAS = dt.date(2026, 12, 21), working(
    "2026-12-22", "2026-12-23", "2026-12-29", "2026-12-30", "2027-01-04", "2027-01-05", "2027-01-07", "2027-01-08",
    "2027-01-11", "2027-01-12", "2027-01-13", "2027-01-14", "2027-01-15", "2027-01-18", "2027-01-19",
)  # fmt: skip
EASTER = dt.date(2026, 4, 1), working(
    "2026-04-02", "2026-04-07", "2026-04-08", "2026-04-09", "2026-04-10", "2026-04-13", "2026-04-14", "2026-04-15",
    "2026-04-16", "2026-04-17", "2026-04-20", "2026-04-21", "2026-04-22", "2026-04-23", "2026-04-24",
)  # fmt: skip
AFTER = {  # how many working days after the reason
    "decision_waiting": [3, 6, 9],
    "waiver_asked": [0, 3, 6],
    "obstacle_open": [0, 5, 10, 15],
    "promise_due": [0, 5, 10],
    "handover_offered": [0, 3, 6],
    "verification_waiting": [5, 10, 15],
    "verification_returned": [0, 5, 10],
    "returned": [0, 5, 10],
}


@pytest.mark.parametrize("name", AFTER)
@pytest.mark.parametrize(("day", "after"), [CHRISTMAS, EASTER], ids=["christmas", "easter"])
def test_days_off_do_not_count_where_somebody_waits(
    name: str, day: dt.date, after: list[dt.date], scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, name)
    ClosedDay.objects.create(on=dt.date(2026, 12, 28), name="Klämdag")
    the_reason(RULE[name], scene, day)
    expected = [[day, *after][count] for count in AFTER[name]]
    for come in expected:
        write(come - ONE_DAY)
        write(come)
    assert [nudge.occasion for nudge in Nudge.objects.filter(level=0).order_by("number")] == expected


def test_the_other_rules_count_all_days() -> None:
    assert {rule.name.value for rule in RULES if rule.counts_workdays} == set(AFTER)


def test_a_reason_late_in_the_evening_counts_from_its_own_day(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """In summer 23:30 here is 21:30 in UTC; half past midnight is still the day before there."""
    only(monkeypatch, "decision_waiting")
    for minutes in (-30, 30):
        at = moment(WEDNESDAY, 0) + dt.timedelta(minutes=minutes)
        Initiative.objects.filter(pk=the_reason(RULE["decision_waiting"], scene).pk).update(submitted_at=at)
    write(september(4))
    assert times() == [(0, 0, september(4))]
    write(september(7))
    assert times() == [(0, 0, september(4)), (0, 0, september(7))]


# --- Missed hours, days, weeks, months ------------------------------------------------------------------------------
@by_name
def test_a_missed_hour_or_day_makes_nothing_lost(rule: Rule, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, rule.name)
    the_reason(rule, scene)
    write(first_day(rule) + ONE_DAY, 23)
    assert [(level, number) for level, number, _ in times()] == [(0, 0)]


@by_name
def test_after_a_missed_month_the_latest_is_told_once(
    rule: Rule, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One row for each level that is told, and one thing in the letter; news of a month ago are no news."""
    only(monkeypatch, rule.name)
    the_reason(rule, scene)
    last = spoken(rule)[-1][2] + ONE_DAY
    day = dt.date(2026, 9, 28) if rule.name == "value_due" else last + dt.timedelta(days=28)
    write(day)
    levels = {level: number for level, number, _ in spoken(rule)}
    is_over = rule.is_news or rule.name in ("declined", "target_near")
    assert [(level, number) for level, number, _ in times()] == ([] if is_over else sorted(levels.items()))
    write(day)
    write(day + ONE_DAY)
    assert Nudge.objects.count() == (0 if is_over else len(levels))


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.forgotten_after], ids=lambda rule: rule.name)
def test_news_can_be_told_for_a_time_and_no_longer(rule: Rule, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, rule.name)
    the_reason(rule, scene)
    days = 60 if rule.name == "take_over" else 14
    assert write(WEDNESDAY + dt.timedelta(days=days + 1)) == 0
    assert write(WEDNESDAY + dt.timedelta(days=days)) == 1


# --- What has happened in between -----------------------------------------------------------------------------------
ENDED: dict[str, dict[str, Any]] = {
    "paused": {"state": "paused", "resume_on": dt.date(2027, 1, 1)},
    "returned": {"state": "returned", "state_since_at": moment(dt.date(2026, 9, 2), 16)},
    "declined": {"state": "declined"},
    "withdrawn": {"state": "withdrawn"},
    "stopped": {
        "state": "concluded", "ending": "stopped", "lesson": "Det räckte inte.", "concluded_at": moment(WEDNESDAY, 16)
    },
}  # fmt: skip
# What still holds of the rules that ask for something, when an initiative has come there. The rest is over.
STILL_HOLDS: dict[str, set[str]] = {
    "paused": {"waiver_asked", "obstacle_open", "promise_due", "handover_offered"},
    "returned": {"waiver_asked", "obstacle_open", "promise_due", "handover_offered", "baseline_missing"},
    "declined": {"handover_offered"},
    "withdrawn": {"handover_offered"},
    "stopped": set(),
}
# These begin with an initiative that has ended; no step but the reopening follows, and it takes their rows away.
OF_WHAT_HAS_ENDED = {"verification_waiting", "verification_returned", "hold_check_due", "take_over"}


THERE = [
    (rule, where)
    for rule in ASKS
    for where in ENDED
    if rule.name not in OF_WHAT_HAS_ENDED
    and (rule.name, where) not in {("returned", "returned"), ("declined", "declined")}
]


@pytest.mark.parametrize(("rule", "where"), THERE, ids=[f"{rule.name}-{where}" for rule, where in THERE])
def test_what_has_ended_in_between_is_told_no_more(
    rule: Rule, where: str, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing more is written, and what was not told yet is in no letter."""
    only(monkeypatch, rule.name)
    initiative = the_reason(rule, scene)
    write(first_day(rule))
    Initiative.objects.filter(pk=initiative.pk).update(**ENDED[where], steps_taken=initiative.steps_taken + 1)
    last, holds = spoken(rule)[-1][2], rule.name in STILL_HOLDS[where]
    assert (write(last) > 0) == (holds and len(spoken(rule)) > 1)
    collect(first_day(rule))
    climbed = {(rule.name.value, "Karin")} if SPEAKS[rule.name][1] else set()
    assert in_letters() == ({(rule.name.value, person(rule))} | climbed if holds else set())


@pytest.mark.parametrize("name", ["verification_waiting", "verification_returned"])
def test_what_is_opened_again_waits_for_no_controller(name: str, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, name)
    initiative = the_reason(RULE[name], scene)
    write(first_day(RULE[name]))
    day = september(2)
    Initiative.objects.filter(pk=initiative.pk).update(decider=scene.manager)
    initiative.refresh_from_db()
    given = Given(reason="Vi mätte fel.", review_on=day + dt.timedelta(days=90))
    take_step(initiative, Verb.REOPEN, by=scene.owner, seen=initiative.seen, now=moment(day, 16), given=given)
    collect(first_day(RULE[name]))
    assert (write(spoken(RULE[name])[-1][2]), in_letters()) == (0, set())


def test_a_draft_that_is_deleted_is_not_spoken_of(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "draft_resting")
    draft = the_reason(RULE["draft_resting"], scene)
    write(september(9))
    draft.delete()
    assert (collect(september(9)), write(september(23)), in_letters()) == (0, 0, set())


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("value_due", {"next_due_on": dt.date(2026, 10, 1)}),  # September's is there
        ("baseline_missing", {"value_count": VALUES_NEEDED}),
        ("baseline_missing", {"baseline_ready_on": september(20)}),
        ("conclude_due", {"review_on": september(20)}),
        ("target_passed", {"result_status": "target_met"}),
        ("target_passed", {"target_on": september(60)}),
        ("target_near", {"result_status": "target_met"}),
        ("target_near", {"target_on": september(60)}),
    ],
)
def test_what_was_answered_or_moved_in_between_is_told_no_more(
    name: str, columns: dict[str, Any], scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, name)
    the_reason(RULE[name], scene)
    write(first_day(RULE[name]))
    Outcome.objects.update(**columns)
    assert (write(first_day(RULE[name]) + 7 * ONE_DAY), collect(first_day(RULE[name]))) == (0, 0)


def test_a_baseline_with_one_value_too_few_is_still_missing(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "baseline_missing")
    the_reason(RULE["baseline_missing"], scene)
    Outcome.objects.update(value_count=VALUES_NEEDED - 1)
    assert write(september(9)) == 1


def test_what_was_done_meanwhile_is_in_no_letter_about_something_else(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The target's day has passed all the same, but somebody has been there since it was written."""
    only(monkeypatch, "target_passed", "conclude_due")
    initiative = the_reason(RULE["target_passed"], scene)
    the_reason(RULE["conclude_due"], scene)
    write(september(3))
    heard(initiative, moment(september(3), 10), scene.owner)
    note_acts(now=moment(september(3), 11))
    assert collect(september(3)) == 1
    assert in_letters() == {("conclude_due", "Amina")}


def test_a_target_that_has_passed_unspoken_is_not_near(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "target_near")
    the_reason(RULE["target_near"], scene)
    write(WEDNESDAY)
    assert times() == [(0, 0, september(-12))]
    assert [collect(september(3)), collect(WEDNESDAY)] == [0, 1]


def test_an_answer_that_would_open_nothing_any_more_is_not_asked_for(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The change was made with a baseline after all; a reason about the result still waits."""
    only(monkeypatch, "waiver_asked")
    the_reason(RULE["waiver_asked"], scene)
    Initiative.objects.update(state="measuring", change_on=WEDNESDAY)
    assert write(september(7)) == 0
    Waiver.objects.update(kind="result")
    assert write(september(7)) == 1


def heard(initiative: Initiative, at: dt.datetime, by: Employee | None) -> None:
    events.record("comment.create", initiative, at=at, by=by)


def test_a_word_since_the_day_of_the_first_step_is_enough_and_one_before_is_not(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, "first_step_due")
    early, late, by_the_clock = (the_reason(RULE["first_step_due"], scene) for _ in range(3))
    heard(early, moment(WEDNESDAY, 0) - dt.timedelta(seconds=1), scene.owner)
    heard(late, moment(WEDNESDAY, 0), scene.manager)
    heard(by_the_clock, moment(WEDNESDAY, 8), None)
    write(WEDNESDAY)
    assert set(Nudge.objects.values_list("initiative", flat=True)) == {early.pk, by_the_clock.pk}


def test_no_progress_counts_from_the_last_word_and_each_silence_is_one_of_its_own(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, "no_progress")
    initiative = the_reason(RULE["no_progress"], scene)
    heard(initiative, moment(september(10)), scene.manager)
    heard(initiative, moment(september(12)), None)
    assert [write(september(day)) for day in (16, 23, 24)] == [0, 0, 1]
    heard(initiative, moment(september(25)), scene.owner)
    assert [write(september(day)) for day in (38, 39)] == [0, 1]
    assert times() == [(0, 0, september(24)), (0, 0, september(39))]


# --- Values: each period is a reason of its own ---------------------------------------------------------------------
def lacking(scene: Scene, cadence: str, next_due_on: dt.date) -> Initiative:
    initiative = an_initiative(scene.owner, scene.unit, "measuring", target=None)
    an_outcome(initiative, cadence=cadence, next_due_on=next_due_on)
    return initiative


@pytest.mark.parametrize(
    ("cadence", "due_on", "looked", "spoken"),
    [
        # The turn of the year: week 53 of 2026 is 28 December to 3 January.
        ("weekly", "2026-12-28", ["12-27", "12-28", "01-03", "01-04", "01-11"], ["12-28", "01-04", "01-11"]),
        ("monthly", "2026-12-01", ["11-30", "12-01", "12-08", "12-15", "12-31", "01-01"],
         ["12-01", "12-08", "12-15", "01-01"]),
        ("quarterly", "2026-10-01", ["10-01", "10-08", "10-15", "10-22", "12-31", "01-01"],
         ["10-01", "10-08", "10-15", "01-01"]),
        # Two periods were missed, and the clock too: the latest is asked about, once.
        ("weekly", "2026-12-14", ["12-30"], ["12-28"]),
        ("monthly", "2026-10-01", ["12-10"], ["12-08"]),
        ("quarterly", "2026-04-01", ["12-31", "01-05"], ["10-15", "01-01"]),
        # A day too much in February.
        ("weekly", "2028-02-28", ["02-27", "02-28", "02-29", "03-05", "03-06"], ["02-28", "03-06"]),
        ("monthly", "2028-02-01", ["02-29", "03-01"], ["02-15", "03-01"]),
        # A period with more days than three reminders last: no fourth.
        ("quarterly", "2026-07-01", ["07-15", "07-22", "09-30"], ["07-15"]),
    ],
)  # fmt: skip
def test_each_period_is_asked_about_from_the_day_after_it(
    cadence: str, due_on: str, looked: list[str], spoken: list[str], scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, "value_due")
    due = dt.date.fromisoformat(due_on)

    def day(text: str) -> dt.date:
        found = dt.date.fromisoformat(f"{due.year}-{text}")
        return found if found >= due - 7 * ONE_DAY else found.replace(year=due.year + 1)

    lacking(scene, cadence, due)
    for text in looked:
        write(day(text))
    assert [occasion for _, _, occasion in times()] == [day(text) for text in spoken]


def test_a_value_that_comes_between_is_asked_about_no_more(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "value_due")
    lacking(scene, "weekly", september(7))
    write(september(7))
    Outcome.objects.update(next_due_on=september(14))
    assert (collect(september(7)), write(september(13)), write(september(14))) == (0, 0, 1)


def test_a_period_is_not_asked_about_before_it_is_over_whatever_is_set(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, "value_due")
    NudgeSetting.objects.create(rule="value_due", first_after=-3)
    lacking(scene, "weekly", september(14))
    assert [write(september(day)) for day in (12, 13, 14)] == [0, 0, 1]


def test_of_two_measures_that_are_due_in_turn_each_is_asked_about(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, "value_due")
    initiative = lacking(scene, "monthly", september(1))
    an_outcome(initiative, is_primary=False, cadence="weekly", next_due_on=september(7))
    write(september(1))
    write(september(7))
    write(september(8))
    assert times() == [(0, 0, september(1)), (0, 0, september(7)), (0, 1, september(8))]
