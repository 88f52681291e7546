"""Whether a confirmed effect holds: checks at set months, answered by values, told in the grade and asked for once."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from initiatives.actions.attempt import Given
from initiatives.actions.clockwork import answer_checks
from initiatives.actions.measuring import Entry, record_values
from initiatives.actions.steps import take_step
from initiatives.actions.verifying import seen_by_controller, verify
from initiatives.cadence import span_of
from initiatives.models import Grading, HoldCheck, Initiative, Measurement, Nudge, Outcome
from initiatives.nudges.writing import write_nudges
from initiatives.outcomes.holding import asking, half_life
from initiatives.workflow import State, Verb
from kommun.models import Employee, Role, Unit
from tests.builders import NOW, TODAY, a_person, a_unit, an_initiative, assign, moment, values

pytestmark = pytest.mark.django_db
BEFORE, AFTER = [40, 42, 41, 39, 43], [20, 22, 21, 19, 23]


@pytest.fixture
def unit() -> Unit:
    return a_unit()


@pytest.fixture
def owner(unit: Unit) -> Employee:
    return a_person(unit=unit)


@pytest.fixture
def confirmed(owner: Employee, unit: Unit) -> Initiative:
    """Concluded today as confirmed: 40 days before became 21."""
    return conclude(measuring(owner, unit), owner)


def measuring(owner: Employee, unit: Unit) -> Initiative:
    change_on = TODAY - dt.timedelta(days=60)
    initiative = an_initiative(owner, unit, State.MEASURING, change_on=change_on)
    outcome = initiative.outcomes.get()
    Outcome.objects.filter(pk=outcome.pk).update(
        review_on=TODAY, baseline_from_on=dt.date(2020, 1, 1), baseline_to_on=change_on - dt.timedelta(days=1)
    )
    outcome = initiative.outcomes.get()
    values(outcome, BEFORE, until=change_on - dt.timedelta(days=3))
    values(outcome, AFTER, until=TODAY - dt.timedelta(days=3))
    return initiative


def conclude(initiative: Initiative, owner: Employee, now: dt.datetime = NOW) -> Initiative:
    initiative.refresh_from_db()
    given = Given(lesson="Ring dem.")
    take_step(initiative, Verb.CONCLUDE, by=owner, seen=initiative.seen, now=now, given=given)
    return initiative


def later(initiative: Initiative, numbers: list[float], *, until: dt.date) -> Outcome:
    """Values since the ending, one a week, entered on the day of the last."""
    outcome = initiative.outcomes.get()
    days = [until - dt.timedelta(days=7 * (len(numbers) - 1 - index)) for index in range(len(numbers))]
    entries = [Entry(day, Decimal(str(number))) for day, number in zip(days, numbers, strict=True)]
    record_values(outcome, entries, source=Measurement.Source.PERSON, now=moment(until), by=initiative.owner)
    outcome.refresh_from_db()
    return outcome


def results(initiative: Initiative) -> list[tuple[int, str]]:
    checks = HoldCheck.objects.filter(outcome__initiative=initiative).order_by("step", "months")
    return list(checks.values_list("months", "result"))


def verified(initiative: Initiative) -> None:
    assert initiative.unit is not None
    outcome = initiative.outcomes.get()
    controller = assign(a_person("Karin"), Role.CONTROLLER, initiative.unit)
    verify(outcome, by=controller, seen=seen_by_controller(outcome), now=NOW)


def grades(initiative: Initiative) -> list[int]:
    return list(Grading.objects.filter(outcome__initiative=initiative).order_by("id").values_list("grade", flat=True))


def in_months(months: int) -> dt.date:
    """The 23rd of a later month, as today is; the checks come on those days."""
    year, month = divmod(TODAY.year * 12 + TODAY.month - 1 + months, 12)
    return dt.date(year, month + 1, TODAY.day)


def test_a_confirmed_effect_is_checked_after_1_3_6_and_12_months(confirmed: Initiative) -> None:
    checks = HoldCheck.objects.filter(outcome__initiative=confirmed)
    assert list(checks.values_list("months", "due_on")) == [(count, in_months(count)) for count in (1, 3, 6, 12)]


def test_a_check_comes_on_the_last_day_of_a_month_that_is_shorter(owner: Employee, unit: Unit) -> None:
    initiative = measuring(owner, unit)
    conclude(initiative, owner, moment(dt.date(2026, 12, 31)))
    checks = HoldCheck.objects.filter(outcome__initiative=initiative)
    assert list(checks.values_list("due_on", flat=True)) == [
        dt.date(2027, 1, 31), dt.date(2027, 3, 31), dt.date(2027, 6, 30), dt.date(2027, 12, 31),
    ]  # fmt: skip


def test_only_a_confirmed_ending_is_checked(owner: Employee, unit: Unit) -> None:
    initiative = measuring(owner, unit)
    Measurement.objects.filter(outcome__initiative=initiative, observed_on__gte=initiative.change_on).update(value=41)
    conclude(initiative, owner)
    assert (initiative.ending, results(initiative)) == ("no_effect", [])


def test_a_value_before_the_check_is_due_does_not_answer_it(confirmed: Initiative) -> None:
    outcome = later(confirmed, [20], until=in_months(1) - dt.timedelta(days=1))
    assert (outcome.hold, results(confirmed)[0]) == ("held", (1, ""))


def test_a_value_of_the_day_it_ended_is_not_one_since(confirmed: Initiative) -> None:
    assert later(confirmed, [41], until=TODAY).hold == ""
    assert later(confirmed, [20], until=TODAY + dt.timedelta(days=1)).hold == "held"


def test_a_value_answers_the_check_that_has_come(confirmed: Initiative) -> None:
    outcome = later(confirmed, [20], until=in_months(1))
    assert (outcome.hold, results(confirmed)) == ("held", [(1, "held"), (3, ""), (6, ""), (12, "")])
    check = HoldCheck.objects.get(outcome=outcome, months=1)
    assert (check.checked_at, check.figures["verdict"]) == (moment(in_months(1)), "improved")


def test_a_check_needs_a_value_from_after_the_one_before(confirmed: Initiative) -> None:
    later(confirmed, [20], until=in_months(1))
    outcome = confirmed.outcomes.get()
    [row] = outcome.measurements.filter(observed_on=in_months(1))
    entry = Entry(row.observed_on, Decimal(19))
    record_values(outcome, [entry], source=Measurement.Source.PERSON, now=moment(in_months(3)), by=confirmed.owner)
    assert results(confirmed)[:2] == [(1, "held"), (3, "")]


def test_a_check_that_nobody_answered_is_passed_by(confirmed: Initiative) -> None:
    later(confirmed, [20], until=in_months(6))
    assert results(confirmed) == [(1, ""), (3, ""), (6, "held"), (12, "")]


def test_the_grade_is_five_when_it_is_verified_and_held_half_a_year(confirmed: Initiative) -> None:
    verified(confirmed)
    assert [later(confirmed, [20], until=in_months(count)).grade for count in (1, 3, 6, 12)] == [4, 4, 5, 5]
    assert grades(confirmed) == [1, 2, 3, 4, 5]


def test_half_a_year_that_held_lifts_nothing_that_is_not_verified(confirmed: Initiative) -> None:
    assert later(confirmed, [20], until=in_months(6)).grade == 3


def test_what_fades_falls_to_measured_and_keeps_its_ending(confirmed: Initiative) -> None:
    verified(confirmed)
    later(confirmed, [20, 21, 20, 22, 20], until=in_months(6))
    outcome = later(confirmed, [41, 40, 43, 42, 41, 40, 44], until=in_months(8))
    confirmed.refresh_from_db()
    assert (outcome.hold, outcome.faded_on, outcome.grade) == ("faded", in_months(8) - dt.timedelta(days=7), 2)
    assert (confirmed.ending, outcome.verdict) == ("confirmed", "improved")
    assert grades(confirmed) == [1, 2, 3, 4, 5, 2]
    assert results(confirmed)[2] == (6, "held")  # what a check said then stays


def test_the_day_on_which_it_faded_stays_while_it_is_faded(confirmed: Initiative) -> None:
    later(confirmed, [41, 40, 43, 42, 41], until=in_months(1))
    outcome = later(confirmed, [44], until=in_months(2))
    assert (outcome.hold, outcome.faded_on) == ("faded", in_months(1) - dt.timedelta(days=14))


def test_the_day_on_which_it_faded_is_the_same_however_the_values_came(confirmed: Initiative) -> None:
    """The fourth of five is the first from which on the median is past the midpoint."""
    until, numbers = in_months(1), [20, 41, 40, 43, 42]
    with transaction.atomic():
        at_once = later(confirmed, list(numbers), until=until).faded_on
        transaction.set_rollback(True)
    for count in range(1, 6):
        one_by_one = later(confirmed, [numbers[count - 1]], until=until - dt.timedelta(days=7 * (5 - count))).faded_on
    assert (one_by_one, at_once) == (until - dt.timedelta(days=7), until - dt.timedelta(days=7))


def test_a_check_needs_a_value_from_about_its_own_day(confirmed: Initiative) -> None:
    """Measured once a month: a value three months old says nothing of half a year."""
    later(confirmed, [20], until=in_months(3) + dt.timedelta(days=2))
    outcome = confirmed.outcomes.get()
    [row] = outcome.measurements.filter(observed_on=in_months(3) + dt.timedelta(days=2))
    entry = Entry(row.observed_on, Decimal(19))
    record_values(outcome, [entry], source=Measurement.Source.PERSON, now=moment(in_months(6)), by=confirmed.owner)
    assert results(confirmed)[2] == (6, "")
    later(confirmed, [20], until=in_months(6))
    assert results(confirmed)[2] == (6, "held")


def test_the_clock_answers_a_check_whose_value_was_there_before_it_came(confirmed: Initiative) -> None:
    later(confirmed, [20], until=in_months(1) - dt.timedelta(days=2))
    assert (
        answer_checks(now=moment(in_months(1) - dt.timedelta(days=1)), today=in_months(1) - dt.timedelta(days=1)) == 0
    )
    assert answer_checks(now=moment(in_months(1)), today=in_months(1)) == 1
    assert (results(confirmed)[0], asked(in_months(1))) == ((1, "held"), [])
    assert answer_checks(now=moment(in_months(1)), today=in_months(1)) == 0


def test_the_clock_tries_no_check_whose_latest_value_is_from_before_the_check_before(confirmed: Initiative) -> None:
    Outcome.objects.update(cadence="quarterly")  # so that the value is of about the day of both checks
    later(confirmed, [20], until=in_months(1))
    assert results(confirmed)[:2] == [(1, "held"), (3, "")]
    assert answer_checks(now=moment(in_months(3)), today=in_months(3)) == 0


def test_the_clock_tries_no_check_before_there_is_a_value_since_the_ending(confirmed: Initiative) -> None:
    Outcome.objects.update(cadence="quarterly")
    assert answer_checks(now=moment(in_months(1)), today=in_months(1)) == 0


def test_checks_that_wait_for_a_value_cost_a_turn_nothing(owner: Employee, unit: Unit) -> None:
    costs = []
    for count in (0, 1, 30):
        for _initiative in range(count):
            conclude(measuring(owner, unit), owner)
        with CaptureQueriesContext(connection) as queries:
            assert answer_checks(now=moment(in_months(1)), today=in_months(1)) == 0
        costs.append(len(queries))
    assert costs == [1, 1, 1]


def test_what_comes_back_has_not_faded(confirmed: Initiative) -> None:
    later(confirmed, [41, 40, 43, 42, 41], until=in_months(1))
    outcome = later(confirmed, [20] * 9, until=in_months(6))
    assert (outcome.hold, outcome.faded_on, outcome.grade) == ("held", None, 3)


def test_a_correction_can_take_the_grade_away_but_not_the_verdict(confirmed: Initiative) -> None:
    outcome = confirmed.outcomes.get()
    change_on = confirmed.change_on
    assert change_on is not None
    days = outcome.measurements.filter(observed_on__gte=change_on).values_list("observed_on", flat=True)
    entries = [Entry(day, Decimal(41)) for day in days]
    record_values(outcome, entries, source=Measurement.Source.PERSON, now=NOW, by=confirmed.owner, reason="Fel kolumn")
    outcome.refresh_from_db()
    assert (outcome.verdict, outcome.verdict_is_final, outcome.grade) == ("improved", True, 2)
    assert grades(confirmed) == [1, 2, 3, 2]


def test_a_correction_takes_away_what_a_check_said(confirmed: Initiative) -> None:
    verified(confirmed)
    days = [in_months(6) - dt.timedelta(days=7 * week) for week in range(4, -1, -1)]
    assert later(confirmed, [20] * 5, until=days[-1]).grade == 5
    entries = [Entry(day, Decimal(number)) for day, number in zip(days, [20, 41, 25, 41, 25], strict=True)]
    record_values(
        confirmed.outcomes.get(),
        entries,
        source=Measurement.Source.PERSON,
        now=moment(in_months(7)),
        by=confirmed.owner,
    )
    outcome = confirmed.outcomes.get()
    assert (outcome.hold, results(confirmed)[2], outcome.grade) == ("too_early", (6, "too_early"), 4)
    assert grades(confirmed)[-2:] == [5, 4]


def test_a_check_is_not_answered_otherwise_by_values_from_after_it(confirmed: Initiative) -> None:
    later(confirmed, [20] * 5, until=in_months(6))
    later(confirmed, [41] * 6, until=in_months(9))
    assert results(confirmed)[2] == (6, "held")


def test_a_correction_never_lifts_what_the_final_verdict_did_not_show(owner: Employee, unit: Unit) -> None:
    initiative = measuring(owner, unit)
    after = Measurement.objects.filter(outcome__initiative=initiative, observed_on__gte=initiative.change_on)
    after.update(value=41)
    conclude(initiative, owner)
    outcome = initiative.outcomes.get()
    entries = [Entry(day, Decimal(20)) for day in after.values_list("observed_on", flat=True)]
    record_values(outcome, entries, source=Measurement.Source.PERSON, now=NOW, by=owner, reason="Fel kolumn")
    outcome.refresh_from_db()
    assert (outcome.verdict, outcome.grade) == ("may_be_chance", 2)


def test_a_reopened_initiative_is_checked_anew_after_its_second_ending(confirmed: Initiative) -> None:
    later(confirmed, [20], until=in_months(1) - dt.timedelta(days=1))
    reopened_on = TODAY + dt.timedelta(days=29)
    given = Given(reason="Vi ville mäta mer.", review_on=reopened_on + dt.timedelta(days=10))
    confirmed.refresh_from_db()
    take_step(confirmed, Verb.REOPEN, by=confirmed.owner, seen=confirmed.seen, now=moment(reopened_on), given=given)
    outcome = confirmed.outcomes.get()
    assert (results(confirmed), outcome.hold, outcome.grade) == ([], "", 2)
    conclude(confirmed, confirmed.owner, moment(reopened_on + dt.timedelta(days=10)))
    assert [result for _months, result in results(confirmed)] == ["", "", "", ""]


def test_drafts_leave_no_history_of_grades(owner: Employee, unit: Unit) -> None:
    draft = an_initiative(owner, unit)
    values(draft.outcomes.get(), BEFORE, until=TODAY)
    assert (draft.outcomes.get().grade, grades(draft)) == (1, [])


# --- Who is asked ---------------------------------------------------------------------------------------------------
def asked(day: dt.date) -> list[tuple[str, dt.date, int]]:
    found: list[Any] = list(asking(day).order_by("pk"))
    return [(each.title, each.since, each.months) for each in found]


def test_the_owner_is_asked_when_a_check_has_come_and_until_it_is_answered(confirmed: Initiative) -> None:
    title = confirmed.title
    assert asked(in_months(1) - dt.timedelta(days=1)) == []
    assert asked(in_months(1)) == asked(in_months(2)) == [(title, in_months(1), 1)]
    later(confirmed, [20], until=in_months(2))
    assert asked(in_months(2)) == []


def test_a_missed_check_is_not_asked_about_when_the_next_has_come(confirmed: Initiative) -> None:
    assert asked(in_months(3)) == [(confirmed.title, in_months(3), 3)]
    later(confirmed, [20], until=in_months(3))
    assert asked(in_months(5)) == []


def test_who_says_that_there_is_no_value_is_asked_again_in_the_next_period(confirmed: Initiative) -> None:
    outcome, day = confirmed.outcomes.get(), in_months(1)  # measured by the month
    record_values(outcome, [Entry(day, None)], source=Measurement.Source.PERSON, now=moment(day), by=confirmed.owner)
    first_of_next = span_of(day, outcome.cadence).last + dt.timedelta(days=1)
    assert asked(first_of_next - dt.timedelta(days=1)) == []
    assert [months for _rule, _day, months in asked(first_of_next)] == [1]


def test_what_was_reopened_is_not_asked_about(confirmed: Initiative) -> None:
    Initiative.objects.filter(pk=confirmed.pk).update(steps_taken=99)
    assert asked(in_months(12)) == []


def test_a_check_becomes_a_nudge_three_times_at_most(confirmed: Initiative) -> None:
    for days in (0, 3, 7, 14, 21, 40):
        day = in_months(1) + dt.timedelta(days=days)
        write_nudges(now=moment(day), today=day)
    told = Nudge.objects.filter(rule="hold_check_due").order_by("occasion").values_list("occasion", "to_id")
    first = in_months(1)
    assert list(told) == [(first + dt.timedelta(days=days), confirmed.owner_id) for days in (0, 7, 14)]


# --- How long effects last ------------------------------------------------------------------------------------------
def test_the_half_life_of_a_unit_is_that_of_its_subtree(confirmed: Initiative, unit: Unit) -> None:
    elsewhere, below = a_unit(), a_unit(parent=unit)
    assert half_life(unit, today=TODAY) is None
    outcome = later(confirmed, [41, 40, 43, 42, 41], until=in_months(1))
    assert outcome.hold == "faded"
    assert (half_life(unit, today=TODAY), half_life(elsewhere, today=TODAY), half_life(below, today=TODAY)) == (
        16, None, None,
    )  # fmt: skip
