"""What a person has asked of the reminders holds in every letter: not this kind, later, at that hour, so many."""

import datetime as dt
from typing import Any

import pytest

from initiatives.actions import wishes
from initiatives.models import Initiative, Nudge, NudgePolicy, NudgeSetting, OptOut, Outcome, Snooze
from initiatives.nudges import snoozing
from initiatives.nudges.policy import policy
from initiatives.nudges.rules import RULE, RULES, Rule
from kommun.models import Absence, ClosedDay, Employee, Letter, QuietDays
from tests.builders import a_manager, a_nudge, a_person, moment
from tests.reasons import REASONS, Scene, a_scene
from tests.telling import ONE_DAY, collect, in_letters, only, times, told, turn, write

pytestmark = pytest.mark.django_db
MONDAY = dt.date(2026, 9, 7)
TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (MONDAY + number * ONE_DAY for number in range(1, 5))
WEEK = 7 * ONE_DAY


@pytest.fixture
def scene() -> Scene:
    return a_scene()


def reason(scene: Scene, name: str, day: dt.date = MONDAY) -> Initiative:
    initiative = REASONS[RULE[name].name](scene, day)
    initiative.refresh_from_db()
    return initiative


def day_of(day: dt.date, clock: str = "09:00") -> int:
    """The clock's turn of that day, letters and all: how many letters."""
    turn(day)
    return collect(day, clock)


def put_off(nudge: Nudge, until: dt.date, today: dt.date) -> Snooze:
    return wishes.snooze(nudge, until, by=nudge.to, now=moment(today, 10))


def wish(person: Employee, **columns: Any) -> None:
    Employee.objects.filter(pk=person.pk).update(**columns)


# --- Not this kind --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("rule", [rule for rule in RULES if not rule.is_duty], ids=lambda rule: rule.name)
def test_what_somebody_has_declined_is_neither_written_nor_told(
    rule: Rule, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, rule.name)
    reason(scene, rule.name)
    day = (
        MONDAY
        + max(0, rule.first_after) * ONE_DAY
        + (2 * ONE_DAY if rule.counts_workdays and rule.first_after else 0 * ONE_DAY)
    )
    assert write(day) == 1
    wishes.decline(rule.name.value, by=Nudge.objects.get().to, now=moment(day))
    assert collect(day) == 0
    Nudge.objects.all().delete()
    assert write(day) == 0
    wishes.accept_again(rule.name.value, by=Employee.objects.get(pk=OptOut.objects.get().employee_id), now=moment(day))
    assert write(day) == 1


def test_who_has_declined_is_one_person(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "value_due", "conclude_due")
    reason(scene, "value_due")
    reason(scene, "conclude_due")
    OptOut.objects.create(employee=scene.owner, rule="conclude_due")
    OptOut.objects.create(employee=scene.manager, rule="value_due")
    write(MONDAY)
    assert told() == {("value_due", "Amina")}


# --- Later ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("until", [TUESDAY, MONDAY + WEEK, dt.date(2026, 10, 28)], ids=["a day", "a week", "a date"])
def test_what_was_put_off_is_told_anew_on_its_day_and_not_before(
    until: dt.date, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once, however many times of it have come meanwhile."""
    only(monkeypatch, "conclude_due")
    reason(scene, "conclude_due")
    assert day_of(MONDAY) == 1
    put_off(Nudge.objects.get(), until, MONDAY)
    assert [day_of(day) for day in (MONDAY, until - ONE_DAY)] == [0, 0]
    assert Nudge.objects.count() == 1
    assert [day_of(until), day_of(until + ONE_DAY)] == [1, 0]
    assert times() == [(0, 0, MONDAY), (0, 1, until)]


def test_what_was_put_off_counts_as_one_of_the_times(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "conclude_due")
    reason(scene, "conclude_due")
    day_of(MONDAY)
    put_off(Nudge.objects.get(), THURSDAY, MONDAY)
    for number in range(60):
        turn(MONDAY + number * ONE_DAY)
    assert times() == [(0, 0, MONDAY), (0, 1, THURSDAY), (0, 2, MONDAY + 2 * WEEK)]


def test_a_reason_that_is_gone_by_then_is_not_told(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "value_due")
    reason(scene, "value_due")
    day_of(MONDAY)
    put_off(Nudge.objects.get(), WEDNESDAY, MONDAY)
    Outcome.objects.update(next_due_on=None)
    assert (day_of(WEDNESDAY), Nudge.objects.count(), Snooze.objects.filter(ended_at=None).count()) == (0, 1, 0)


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("conclude_due", {"review_on": WEDNESDAY + 30 * ONE_DAY}),
        ("baseline_missing", {"baseline_ready_on": WEDNESDAY + 30 * ONE_DAY}),
        ("target_passed", {"target_on": WEDNESDAY + 30 * ONE_DAY}),
        ("target_near", {"target_on": WEDNESDAY + 50 * ONE_DAY}),
    ],
)
def test_a_day_that_was_moved_is_not_told_before_it_comes(
    name: str, columns: dict[str, Any], scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What counts from another day by then is another reason, and has its own time."""
    only(monkeypatch, name)
    reason(scene, name, MONDAY - RULE[name].first_after * ONE_DAY)
    assert day_of(MONDAY) == 1
    put_off(Nudge.objects.get(), WEDNESDAY, MONDAY)
    Outcome.objects.update(**columns)
    assert (day_of(WEDNESDAY), Nudge.objects.count()) == (0, 1)


def test_a_new_period_is_asked_about_when_the_old_one_was_put_off_beyond_it(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not on its first day, and once."""
    only(monkeypatch, "value_due")
    reason(scene, "value_due", dt.date(2026, 9, 28))
    day_of(dt.date(2026, 9, 28))
    put_off(Nudge.objects.get(), dt.date(2026, 10, 6), dt.date(2026, 9, 28))
    assert [day_of(dt.date(2026, 10, day)) for day in (1, 5, 6, 7)] == [0, 0, 1, 0]
    assert times() == [(0, 0, dt.date(2026, 9, 28)), (0, 0, dt.date(2026, 10, 1))]


def test_what_was_put_off_twice_ends_on_the_later_day(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "conclude_due")
    reason(scene, "conclude_due")
    day_of(MONDAY)
    put_off(Nudge.objects.get(), TUESDAY, MONDAY)
    put_off(Nudge.objects.get(), THURSDAY, MONDAY)
    assert [day_of(day) for day in (TUESDAY, WEDNESDAY, THURSDAY, FRIDAY)] == [0, 0, 1, 0]
    put_off(Nudge.objects.latest("number"), FRIDAY, THURSDAY)
    assert day_of(FRIDAY) == 1
    assert [number for _, number, _ in times()] == [0, 1, 2]


def test_somebody_away_on_the_day_gets_it_on_return(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "conclude_due")
    reason(scene, "conclude_due")
    day_of(MONDAY)
    put_off(Nudge.objects.get(), TUESDAY, MONDAY)
    Absence.objects.create(employee=scene.owner, from_on=TUESDAY, to_on=THURSDAY)
    assert [day_of(day) for day in (TUESDAY, THURSDAY)] == [0, 0]
    assert Nudge.objects.count() == 1  # peace in the app too
    assert day_of(FRIDAY) == 1
    assert times() == [(0, 0, MONDAY), (0, 1, FRIDAY)]


def test_beside_what_was_put_off_nothing_is_written_that_came_meanwhile(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Put off until the 20th day, away until the 24th; the second and third time came on the 11th and the 22nd."""
    only(monkeypatch, "conclude_due")
    NudgeSetting.objects.create(rule="conclude_due", repeat=11)
    reason(scene, "conclude_due")
    day_of(MONDAY)
    put_off(Nudge.objects.get(), MONDAY + 20 * ONE_DAY, MONDAY)
    Absence.objects.create(employee=scene.owner, from_on=MONDAY + 19 * ONE_DAY, to_on=MONDAY + 23 * ONE_DAY)
    for number in (11, 20, 22, 24, 30):
        turn(MONDAY + number * ONE_DAY)
    assert times() == [(0, 0, MONDAY), (0, 1, MONDAY + 24 * ONE_DAY)]


def test_what_is_waited_for_goes_to_the_deputy_when_somebody_who_put_it_off_is_away_on_the_day(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, "obstacle_open")
    reason(scene, "obstacle_open")
    deputy = a_person("Sara", unit=scene.unit)
    scene.unit.assignments.create(employee=deputy, role="deputy", from_on=dt.date(2020, 1, 1))
    day_of(MONDAY)
    put_off(Nudge.objects.get(), WEDNESDAY, MONDAY)
    Absence.objects.create(employee=scene.manager, from_on=WEDNESDAY, to_on=FRIDAY)
    assert [day_of(TUESDAY), day_of(WEDNESDAY)] == [0, 1]
    assert Nudge.objects.get(number=1).to == deputy


def test_a_kind_that_is_no_more_stops_nothing(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of it may lie about after an upgrade."""
    only(monkeypatch, "conclude_due")
    initiative = reason(scene, "conclude_due")
    given = {"rule": "of_old", "initiative": initiative, "subject": initiative.uuid, "since_at": moment(MONDAY)}
    Nudge.objects.create(**given, to=scene.owner, step=1, occasion=MONDAY, created_at=moment(MONDAY))
    Snooze.objects.create(**given, employee=scene.owner, until_on=MONDAY)
    assert day_of(MONDAY) == 1
    assert in_letters() == {("conclude_due", "Amina")}


def test_what_was_put_off_to_a_day_off_comes_on_the_next_working_day(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, "conclude_due")
    reason(scene, "conclude_due")
    day_of(MONDAY)
    put_off(Nudge.objects.get(), FRIDAY + ONE_DAY, MONDAY)
    assert [day_of(FRIDAY + number * ONE_DAY) for number in range(4)] == [0, 0, 0, 1]


def test_what_was_never_told_needs_no_second_row(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put off in the app, before the letter."""
    only(monkeypatch, "conclude_due")
    reason(scene, "conclude_due")
    turn(MONDAY)
    put_off(Nudge.objects.get(), TUESDAY, MONDAY)
    assert [collect(MONDAY), day_of(TUESDAY)] == [0, 1]
    assert times() == [(0, 0, MONDAY)]


def test_what_waited_too_long_to_be_told_is_written_anew(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ninety days later the row that nobody was told of would be told no more: 5 December 2026 is a Saturday."""
    only(monkeypatch, "conclude_due")
    NudgeSetting.objects.create(rule="conclude_due", at_most=1)
    reason(scene, "conclude_due", dt.date(2026, 9, 6))
    turn(dt.date(2026, 9, 6))
    put_off(Nudge.objects.get(), dt.date(2026, 12, 5), dt.date(2026, 9, 6))
    assert [day_of(dt.date(2026, 12, day)) for day in (5, 6, 7)] == [0, 0, 1]


def test_only_who_put_it_off_is_left_in_peace_and_only_of_that(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "conclude_due", "value_due")
    reason(scene, "conclude_due")
    other = reason(scene, "conclude_due")
    day_of(MONDAY)
    put_off(Nudge.objects.exclude(initiative=other).get(), MONDAY + 20 * ONE_DAY, MONDAY)
    turn(MONDAY + WEEK)
    assert set(Nudge.objects.filter(number=1).values_list("initiative", flat=True)) == {other.pk}


def test_it_goes_to_the_new_owner_when_the_initiative_was_handed_over(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, "conclude_due")
    reason(scene, "conclude_due")
    day_of(MONDAY)
    put_off(Nudge.objects.get(), WEDNESDAY, MONDAY)
    Initiative.objects.update(owner=a_person("Li", unit=scene.unit))
    assert day_of(WEDNESDAY) == 1
    assert in_letters() == {("conclude_due", "Amina"), ("conclude_due", "Li")}
    assert Nudge.objects.get(number=1).to.given_name == "Li"


def test_a_decision_put_off_by_the_deputy_comes_back_to_the_manager_who_is_here(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, "decision_waiting")
    NudgeSetting.objects.create(rule="decision_waiting", escalate_to="nobody", at_most=1, first_after=0)
    reason(scene, "decision_waiting")
    deputy = a_person("Sara", unit=scene.unit)
    scene.unit.assignments.create(employee=deputy, role="deputy", from_on=dt.date(2020, 1, 1))
    Absence.objects.create(employee=scene.manager, from_on=MONDAY, to_on=MONDAY)
    day_of(MONDAY)
    put_off(Nudge.objects.get(), THURSDAY, MONDAY)
    assert [day_of(day) for day in (TUESDAY, WEDNESDAY, THURSDAY)] == [
        1,
        0,
        0,
    ]  # what the deputy wished is the deputy's
    assert [(nudge.number, nudge.to.given_name) for nudge in Nudge.objects.order_by("number")] == [
        (0, "Sara"),
        (1, "Johan"),
    ]


def test_the_next_level_puts_off_its_own_and_stays_the_next_level(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, "decision_waiting")
    NudgeSetting.objects.create(rule="decision_waiting", first_after=20, escalate_after=1, at_most=1)
    reason(scene, "decision_waiting")
    day_of(TUESDAY)
    put_off(Nudge.objects.get(), THURSDAY, TUESDAY)
    assert [day_of(day) for day in (WEDNESDAY, THURSDAY)] == [0, 1]
    assert [(n.level, n.number, n.to) for n in Nudge.objects.order_by("number")] == [
        (1, 0, scene.director),
        (1, 1, scene.director),
    ]


@pytest.mark.parametrize("how", ["declined", "off", "off for the unit"])
def test_what_was_put_off_and_then_turned_off_is_not_told(
    how: str, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, "conclude_due")
    reason(scene, "conclude_due")
    day_of(MONDAY)
    put_off(Nudge.objects.get(), TUESDAY, MONDAY)
    if how == "declined":
        wishes.decline("conclude_due", by=scene.owner, now=moment(MONDAY))
    else:
        unit = scene.unit if how == "off for the unit" else None
        NudgeSetting.objects.create(rule="conclude_due", unit=unit, is_on=False)
    assert (day_of(TUESDAY), Nudge.objects.count()) == (0, 1)
    assert not Snooze.objects.filter(ended_at=None).exists()


def test_all_that_end_on_a_day_are_ended_in_one_turn(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "conclude_due")
    monkeypatch.setattr(snoozing, "BATCH", 2)
    for _ in range(5):
        reason(scene, "conclude_due")
    day_of(MONDAY)
    for nudge in Nudge.objects.all():
        put_off(nudge, TUESDAY, MONDAY)
    assert turn(TUESDAY) == 5


def test_ending_takes_as_many_queries_for_many_as_for_one(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    """The batch and the end of it, with savepoints; reasons, what was told, settings; what is written."""
    only(monkeypatch, "conclude_due")
    for count in (1, 20):
        for _ in range(count):
            reason(scene, "conclude_due")
        day = MONDAY + count * ONE_DAY
        write(day)
        Letter.objects.all().delete()
        for nudge in Nudge.objects.filter(letter=None):
            Snooze.objects.get_or_create(
                employee=nudge.to, rule=nudge.rule, initiative=nudge.initiative, subject=nudge.subject,
                since_at=nudge.since_at, until_on=day, ended_at=None,
            )  # fmt: skip
        with django_assert_max_num_queries(12):
            snoozing.end_snoozes(now=moment(day), today=day)


# --- When letters come ----------------------------------------------------------------------------------------------
def something(person: Employee, scene: Scene, rule: str = "conclude_due") -> Nudge:
    return a_nudge(reason(scene, rule), rule, person, MONDAY, created_at=moment(MONDAY, 5))


@pytest.mark.parametrize(
    ("hour", "before", "at"),
    [
        (dt.time(6), "05:59", "06:00"),
        (None, "07:29", "07:30"),
        (dt.time(12, 30), "12:29", "12:30"),
        (dt.time(18), "17:59", "18:00"),
        (dt.time(19, 30), "17:59", "18:00"),  # later than anybody can choose
        (dt.time(20, 30), "17:59", "18:00"),  # after the last letters have gone
        (dt.time(23, 59), "17:59", "18:00"),
    ],
)
def test_the_letter_comes_at_the_hour_of_the_person(
    hour: dt.time | None, before: str, at: str, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, "conclude_due")
    something(scene.owner, scene)
    wish(scene.owner, letter_hour=hour)
    assert [collect(MONDAY, before), collect(MONDAY, at)] == [0, 1]


def test_also_where_the_municipality_has_set_an_hour_after_the_last(
    scene: Scene, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, "conclude_due")
    settings.LETTER_HOUR = dt.time(21)
    something(scene.owner, scene)
    assert [collect(MONDAY, "17:59"), collect(MONDAY, "18:00")] == [0, 1]


def test_each_at_their_own_hour(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "conclude_due", "decision_waiting")
    something(scene.owner, scene)
    something(scene.manager, scene, "decision_waiting")
    wish(scene.owner, letter_hour=dt.time(10))
    assert [collect(MONDAY, clock) for clock in ("07:30", "10:00", "19:00")] == [1, 1, 0]


@pytest.mark.parametrize("late", ["20:00", "23:00", "23:59"])
def test_nobody_is_written_to_in_the_evening_and_the_next_working_day_has_it(
    late: str, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, "conclude_due")
    reason(scene, "conclude_due", FRIDAY)
    turn(FRIDAY, 23)
    assert collect(FRIDAY, late) == 0
    assert [collect(FRIDAY + number * ONE_DAY) for number in (1, 2, 3)] == [0, 0, 1]
    assert (times(), Letter.objects.get().on) == ([(0, 0, FRIDAY)], FRIDAY + 3 * ONE_DAY)


def test_until_eight_in_the_evening_a_late_clock_makes_it_good(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "conclude_due")
    something(scene.owner, scene)
    assert collect(MONDAY, "19:59") == 1


@pytest.mark.parametrize(
    "day",
    [dt.date(2026, 3, 30), dt.date(2026, 10, 26), dt.date(2027, 3, 29)],
    ids=["summer time", "winter time", "summer time on Easter Day"],
)
def test_the_working_day_after_a_change_of_the_hour_has_its_letter_at_half_past_seven(
    day: dt.date, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reason of the Sunday on which the clocks change. 29 March 2027 is Easter Monday, so it waits for Tuesday."""
    only(monkeypatch, "conclude_due")
    sunday = day - ONE_DAY
    reason(scene, "conclude_due", sunday)
    assert [write(sunday - ONE_DAY), write(sunday, 3)] == [0, 1]
    is_off = day == dt.date(2027, 3, 29)
    first = day + ONE_DAY if is_off else day
    assert [collect(day, "12:00") if is_off else 0, collect(first, "07:29"), collect(first, "07:30")] == [0, 0, 1]


# --- How many a week ------------------------------------------------------------------------------------------------
def each_morning(scene: Scene, days: list[dt.date], rule: str = "conclude_due") -> list[int]:
    """Something new every day: how many letters go."""
    gone = []
    for day in days:
        reason(scene, rule, day)
        gone.append(day_of(day))
    return gone


def week(monday: dt.date) -> list[dt.date]:
    return [monday + number * ONE_DAY for number in range(5)]


@pytest.mark.parametrize(
    ("own", "municipal", "gone"),
    [
        (None, 3, [1, 1, 1, 0, 0, 1]),
        (1, 3, [1, 0, 0, 0, 0, 1]),
        (5, 3, [1, 1, 1, 1, 1, 1]),
        (None, 2, [1, 1, 0, 0, 0, 1]),
    ],
)
def test_what_the_week_has_no_room_for_waits_for_monday(
    own: int | None, municipal: int, gone: list[int], scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, "conclude_due")
    policy()
    NudgePolicy.objects.update(letters_per_week=municipal)
    wish(scene.owner, letters_per_week=own)
    assert each_morning(scene, [*week(MONDAY), MONDAY + WEEK]) == gone
    assert not Nudge.objects.filter(letter=None).exists()  # Monday's letter has all that waited


def test_a_week_is_the_calendars_also_over_new_year(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """28 December 2026 to 3 January 2027 is week 53; 4 to 8 January week 1, with Epiphany on the Wednesday."""
    only(monkeypatch, "conclude_due")
    days = [dt.date(2026, 12, day) for day in (28, 29, 30)] + [dt.date(2027, 1, day) for day in (4, 5, 7, 8)]
    assert each_morning(scene, days) == [1, 1, 1, 1, 1, 1, 0]


def test_a_letter_that_was_given_up_counts_for_nothing(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "conclude_due")
    each_morning(scene, [MONDAY, TUESDAY, WEDNESDAY])
    Letter.objects.filter(on=MONDAY).update(failed_at=moment(MONDAY))
    assert each_morning(scene, [THURSDAY, FRIDAY]) == [1, 0]


def test_what_is_waited_for_goes_all_the_same_and_alone(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "conclude_due", "obstacle_open")
    each_morning(scene, [MONDAY, TUESDAY, WEDNESDAY])
    initiative = reason(scene, "obstacle_open", THURSDAY)
    a_manager(scene.unit, "Eva")
    initiative.obstacles.update(owner=scene.owner)
    owned = reason(scene, "conclude_due", THURSDAY)
    a_nudge(initiative, "obstacle_open", scene.owner, THURSDAY, created_at=moment(THURSDAY, 5))
    a_nudge(owned, "conclude_due", scene.owner, THURSDAY, created_at=moment(THURSDAY, 5))
    assert collect(THURSDAY) == 1
    letter = Letter.objects.get(on=THURSDAY, employee=scene.owner)
    assert [nudge.rule for nudge in letter.nudges.all()] == ["obstacle_open"]
    assert set(Nudge.objects.filter(to=scene.owner, letter=None).values_list("rule", flat=True)) == {"conclude_due"}


def test_a_pause_holds_back_all_but_what_is_waited_for_until_its_day(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, "conclude_due", "obstacle_open")
    initiative = reason(scene, "obstacle_open")
    a_nudge(initiative, "obstacle_open", scene.owner, MONDAY, created_at=moment(MONDAY, 5))
    something(scene.owner, scene)
    wish(scene.owner, letters_paused_until=THURSDAY)
    assert [collect(day) for day in (MONDAY, TUESDAY, WEDNESDAY, THURSDAY)] == [1, 0, 0, 1]
    assert [[n.rule for n in letter.nudges.all()] for letter in Letter.objects.order_by("on")] == [
        ["obstacle_open"],
        ["conclude_due"],
    ]


# --- Days on which nobody is written to -----------------------------------------------------------------------------
@pytest.mark.parametrize("rule", ["conclude_due", "decision_waiting"])
def test_on_quiet_and_closed_days_nobody_is_written_to_and_the_days_run_on(
    rule: str, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, rule)
    reason(scene, rule)
    QuietDays.objects.create(from_on=MONDAY, to_on=THURSDAY, name="Sportlov")
    ClosedDay.objects.create(on=FRIDAY, name="Klämdag")
    first = {"conclude_due": MONDAY, "decision_waiting": THURSDAY}[rule]
    assert [day_of(MONDAY + number * ONE_DAY) for number in range(8)] == [0] * 7 + [1]
    assert times()[0] == (0, 0, first)
