"""What is due is written once, to the one who can act, on whatever day the clock comes to look."""

import datetime as dt
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from initiatives.models import Initiative, Nudge, Outcome, Transition
from initiatives.nudges.policy import policy
from initiatives.nudges.rules import RULES
from initiatives.nudges.writing import note_acts, readdress, write_nudges
from initiatives.workflow import STEP, Verb
from kommun.models import ClosedDay, Employee, Unit
from tests.builders import a_manager, a_person, a_unit, an_initiative, an_outcome, moment

MONDAY = dt.date(2026, 11, 2)
WRITING = len(RULES) + 3  # one statement for each rule; the closed days, the settings and the policy before
pytestmark = pytest.mark.django_db


@pytest.fixture
def unit() -> Unit:
    return a_unit()


@pytest.fixture
def owner(unit: Unit) -> Employee:
    return a_person(unit=unit)


@pytest.fixture
def decider(unit: Unit) -> Employee:
    return a_manager(unit)


def write(day: dt.date) -> int:
    return write_nudges(now=moment(day), today=day)


def occasions(days: Iterable[dt.date]) -> list[dt.date]:
    """What is written when the clock looks on each of `days`."""
    for day in days:
        write(day)
    return list(Nudge.objects.order_by("occasion").values_list("occasion", flat=True))


def each_day(first: dt.date, count: int) -> list[dt.date]:
    return [first + dt.timedelta(days=number) for number in range(count)]


def proposed(owner: Employee, decider: Employee | None, on: dt.date = MONDAY) -> Initiative:
    return an_initiative(
        owner, owner.employments.get().unit, "proposed", decider=decider, submitted_at=moment(on, 15), target=None
    )


def measuring(owner: Employee, decider: Employee | None = None, **outcome: Any) -> Initiative:
    initiative = an_initiative(owner, owner.employments.get().unit, "measuring", decider=decider, target=None)
    an_outcome(initiative, **outcome)
    return initiative


def took(initiative: Initiative, verb: Verb, on: dt.date, by: Employee | None = None) -> Transition:
    """The step as a row, and the initiative where it leads."""
    step = STEP[verb]
    initiative.steps_taken += 1
    initiative.state = step.target
    initiative.state_since_at = moment(on, 15) + dt.timedelta(minutes=initiative.steps_taken)
    initiative.save()
    return Transition.objects.create(
        initiative=initiative,
        number=initiative.steps_taken,
        verb=verb,
        from_state=next(iter(step.sources)),
        to_state=step.target,
        by=by,
        at=initiative.state_since_at,
    )


def told() -> list[tuple[str, str]]:
    return [(nudge.rule, nudge.to.given_name) for nudge in Nudge.objects.select_related("to").order_by("rule")]


class TestDecisionWaiting:
    def test_is_told_after_three_working_days_and_every_third_three_times(
        self, owner: Employee, decider: Employee
    ) -> None:
        proposed(owner, decider)
        assert occasions(each_day(MONDAY, 30)) == [dt.date(2026, 11, 5), dt.date(2026, 11, 10), dt.date(2026, 11, 13)]
        assert {nudge.to for nudge in Nudge.objects.all()} == {decider}

    def test_easter_does_not_count(self, owner: Employee, decider: Employee) -> None:
        """Wednesday before Easter 2026; Good Friday is 3 April and Easter Monday the 6th."""
        proposed(owner, decider, on=dt.date(2026, 4, 1))
        assert occasions(each_day(dt.date(2026, 4, 1), 9)) == [dt.date(2026, 4, 8)]

    def test_a_day_that_the_municipality_keeps_closed_does_not_count(self, owner: Employee, decider: Employee) -> None:
        ClosedDay.objects.create(on=dt.date(2026, 11, 4), name="Kommunens dag")
        proposed(owner, decider)
        assert occasions(each_day(MONDAY, 6)) == [dt.date(2026, 11, 6)]

    def test_what_was_sent_on_a_saturday_counts_from_the_working_day_after(
        self, owner: Employee, decider: Employee
    ) -> None:
        proposed(owner, decider, on=dt.date(2026, 10, 31))
        assert occasions(each_day(dt.date(2026, 10, 31), 6)) == [dt.date(2026, 11, 4)]

    def test_after_a_missed_week_the_latest_occasion_is_told_once(self, owner: Employee, decider: Employee) -> None:
        proposed(owner, decider)
        assert occasions([dt.date(2026, 11, 12), dt.date(2026, 11, 12)]) == [dt.date(2026, 11, 10)]

    def test_a_year_without_a_clock_makes_one_which_is_due_today(self, owner: Employee, decider: Employee) -> None:
        proposed(owner, decider)
        assert occasions([dt.date(2027, 11, 12)]) == [dt.date(2027, 11, 12)]

    def test_an_answered_question_starts_the_days_anew(self, owner: Employee, decider: Employee) -> None:
        initiative = proposed(owner, decider)
        write(dt.date(2026, 11, 5))
        took(initiative, Verb.RETURN, dt.date(2026, 11, 5), by=decider)
        took(initiative, Verb.RESUBMIT, dt.date(2026, 11, 9), by=owner)
        Initiative.objects.update(submitted_at=moment(dt.date(2026, 11, 9)))
        waiting = Nudge.objects.filter(rule="decision_waiting").order_by("occasion")
        for day in each_day(dt.date(2026, 11, 9), 4):
            write(day)
        assert [(nudge.step, nudge.occasion.day) for nudge in waiting] == [(1, 5), (3, 12)]

    def test_a_decider_who_has_left_is_not_told(self, owner: Employee, decider: Employee) -> None:
        decider.ended_on = MONDAY
        decider.save()
        proposed(owner, decider)
        assert write(dt.date(2026, 11, 5)) == 0

    def test_what_nobody_can_decide_stops_nothing(self, owner: Employee, decider: Employee) -> None:
        proposed(owner, None)
        proposed(owner, decider)
        assert write(dt.date(2026, 11, 5)) == 1


class TestValueDue:
    DUE = dt.date(2026, 10, 1)

    @pytest.mark.parametrize(
        ("cadence", "told"),
        [
            ("weekly", [(10, 5), (10, 12), (10, 19), (10, 26), (11, 2)]),
            ("monthly", [(10, 1), (10, 8), (10, 15), (11, 1)]),
            ("quarterly", [(10, 1), (10, 8), (10, 15)]),
        ],
    )
    def test_each_period_is_asked_about_weekly_and_at_most_three_times(
        self, owner: Employee, cadence: str, told: list[tuple[int, int]]
    ) -> None:
        measuring(owner, next_due_on=dt.date(2026, *told[0]), cadence=cadence)
        days = each_day(self.DUE - dt.timedelta(days=3), 40)
        assert [(day.month, day.day) for day in occasions(days)] == told

    def test_is_told_the_day_after_a_missed_day(self, owner: Employee) -> None:
        measuring(owner, next_due_on=self.DUE)
        assert occasions([self.DUE + dt.timedelta(days=1)]) == [self.DUE]

    def test_after_a_missed_fortnight_the_latest_occasion_is_told_once(self, owner: Employee) -> None:
        measuring(owner, next_due_on=self.DUE)
        assert occasions([self.DUE + dt.timedelta(days=17)]) == [self.DUE + dt.timedelta(days=14)]

    def test_each_period_is_a_reason_of_its_own(self, owner: Employee) -> None:
        measuring(owner, next_due_on=self.DUE)
        write(self.DUE)
        Outcome.objects.update(next_due_on=dt.date(2026, 11, 1))
        assert occasions([dt.date(2026, 11, 1)]) == [self.DUE, dt.date(2026, 11, 1)]

    def test_two_outcomes_that_are_due_on_one_day_are_one_nudge(self, owner: Employee) -> None:
        initiative = measuring(owner, next_due_on=self.DUE)
        an_outcome(initiative, is_primary=False, next_due_on=self.DUE)
        assert occasions([self.DUE]) == [self.DUE]

    def test_what_is_paused_is_left_in_peace(self, owner: Employee) -> None:
        initiative = an_initiative(owner, owner.employments.get().unit, "paused", target=None)
        an_outcome(initiative, next_due_on=self.DUE)
        assert write(self.DUE) == 0

    def test_the_decider_is_told_when_the_owner_has_left(self, owner: Employee, decider: Employee) -> None:
        owner.ended_on = self.DUE - dt.timedelta(days=1)
        owner.save()
        measuring(owner, decider, next_due_on=self.DUE)
        write(self.DUE)
        assert told() == [("value_due", "Johan")]

    def test_the_owner_is_told_on_their_last_day(self, owner: Employee, decider: Employee) -> None:
        owner.ended_on = self.DUE
        owner.save()
        measuring(owner, decider, next_due_on=self.DUE)
        write(self.DUE)
        assert told() == [("value_due", "Amina")]

    def test_an_absurd_date_is_no_reason(self, owner: Employee) -> None:
        measuring(owner, next_due_on=dt.date(206, 10, 1))
        assert write(self.DUE) == 0


def test_concluding_is_asked_for_when_the_review_date_has_come_and_three_times_at_most(owner: Employee) -> None:
    day = dt.date(2026, 9, 30)
    initiative = measuring(owner, review_on=day)
    an_outcome(initiative, is_primary=False, review_on=day - dt.timedelta(days=20))
    days = each_day(day - dt.timedelta(days=3), 40)
    assert occasions(days) == [day, day + dt.timedelta(days=7), day + dt.timedelta(days=14)]
    assert set(told()) == {("conclude_due", "Amina")}


@pytest.mark.parametrize(
    ("verb", "expected"),
    [
        (Verb.SUBMIT, []),
        (Verb.APPROVE, [("approved", "Amina")]),
        (Verb.RETURN, [("returned", "Amina")]),
        (Verb.DECLINE, [("declined", "Amina")]),
        (Verb.SILENCE, [("silence_decider", "Johan"), ("silence_owner", "Amina")]),
        (Verb.START, [("own_mandate", "Johan")]),
    ],
)
def test_a_step_is_told_once_to_the_one_it_concerns(
    owner: Employee, decider: Employee, verb: Verb, expected: list[tuple[str, str]]
) -> None:
    took(proposed(owner, decider), verb, MONDAY, by=decider)
    write(MONDAY)
    write(MONDAY + dt.timedelta(days=1))
    assert told() == expected


def test_a_question_twice_in_a_day_is_told_twice(owner: Employee, decider: Employee) -> None:
    initiative = proposed(owner, decider)
    took(initiative, Verb.RETURN, MONDAY, by=decider)
    write(MONDAY)
    took(initiative, Verb.RESUBMIT, MONDAY, by=owner)
    took(initiative, Verb.RETURN, MONDAY, by=decider)
    write(MONDAY)
    assert [nudge.step for nudge in Nudge.objects.order_by("step")] == [2, 4]


def test_what_nobody_was_told_for_a_fortnight_is_no_news(owner: Employee, decider: Employee) -> None:
    took(proposed(owner, decider), Verb.APPROVE, MONDAY, by=decider)
    write(MONDAY + dt.timedelta(days=15))
    assert ("approved", "Amina") not in told()
    write(MONDAY + dt.timedelta(days=14))
    assert ("approved", "Amina") in told()


def test_a_former_employee_is_told_nothing(owner: Employee, decider: Employee) -> None:
    took(proposed(owner, decider), Verb.APPROVE, MONDAY, by=decider)
    owner.ended_on = MONDAY
    owner.save()
    assert write(MONDAY + dt.timedelta(days=1)) == 0


def test_what_is_not_told_yet_goes_to_the_one_who_can_act_now(owner: Employee, decider: Employee) -> None:
    initiative = proposed(owner, decider)
    write(dt.date(2026, 11, 5))
    deputy = a_person("Sara", "Holm")
    Initiative.objects.filter(pk=initiative.pk).update(decider=deputy)
    assert readdress(now=moment(dt.date(2026, 11, 5)), today=dt.date(2026, 11, 5)) == 1
    assert told() == [("decision_waiting", "Sara")]


def test_it_is_noted_when_the_initiative_moved_on(owner: Employee, decider: Employee) -> None:
    initiative = proposed(owner, decider)
    write(dt.date(2026, 11, 5))
    note_acts(now=moment(dt.date(2026, 11, 6)))
    assert Nudge.objects.get().acted_at is None
    step = took(initiative, Verb.APPROVE, dt.date(2026, 11, 6), by=decider)
    note_acts(now=moment(dt.date(2026, 11, 7)))
    assert Nudge.objects.get().acted_at == step.at


def test_it_is_noted_when_the_value_came(owner: Employee) -> None:
    initiative = measuring(owner, next_due_on=dt.date(2026, 10, 1))
    write(dt.date(2026, 10, 1))
    outcome = initiative.outcomes.get()
    for day, came in ((1, 1), (2, 3), (3, 5)):  # the first came before the nudge
        outcome.measurements.create(
            period_start=dt.date(2026, 9, day),
            observed_on=dt.date(2026, 9, day),
            source="person",
            created_at=moment(dt.date(2026, 10, came), 8),
        )
    note_acts(now=moment(dt.date(2026, 10, 6)))
    assert Nudge.objects.get().acted_at == moment(dt.date(2026, 10, 3), 8)


@pytest.mark.parametrize("count", [1, 30])
def test_writing_takes_as_many_queries_for_thirty_as_for_one(
    owner: Employee, decider: Employee, count: int, django_assert_num_queries: Any
) -> None:
    for _ in range(count):
        proposed(owner, decider)
        measuring(owner, next_due_on=MONDAY, review_on=MONDAY)
    policy()
    with django_assert_num_queries(WRITING):
        assert write(dt.date(2026, 11, 5)) == 3 * count


@pytest.mark.django_db(transaction=True)
def test_two_clocks_at_once_write_each_nudge_once(owner: Employee, decider: Employee) -> None:
    for _ in range(40):
        proposed(owner, decider)
        measuring(owner, next_due_on=MONDAY)
    day = dt.date(2026, 11, 5)

    def clock(_: int) -> int:
        try:
            return write(day)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        written = list(pool.map(clock, range(4)))
    assert sum(written) == Nudge.objects.count() == 80
