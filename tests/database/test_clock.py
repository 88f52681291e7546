"""A turn of the clock does what is due by then, once, whatever happened to the turns before it."""

import datetime as dt
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from initiatives import clock
from initiatives.actions import clockwork
from initiatives.models import Initiative, Nudge
from kommun.models import Letter
from tests.builders import NOW, TODAY, a_manager, a_person, a_unit, an_initiative, moment

pytestmark = pytest.mark.django_db
LATER = TODAY + dt.timedelta(days=1)


def waiting_until(day: dt.date, **levers: Any) -> Initiative:
    """A proposal that waits for its decision until `day`, in a unit with these levers."""
    unit = a_unit(**{"silence_means_go": True} | levers)
    owner, decider = a_person(unit=unit), a_manager(unit)
    submitted = moment(day - dt.timedelta(days=14))
    return an_initiative(owner, unit, "proposed", decider=decider, submitted_at=submitted, decide_by_on=day)


def test_silence_starts_what_has_waited_long_enough_and_tells_both() -> None:
    initiative = waiting_until(TODAY)
    assert clock.turn(moment(TODAY)).silence == 0
    done = clock.turn(moment(LATER))
    initiative.refresh_from_db()
    assert (done.silence, initiative.state) == (1, "underway")
    assert set(Nudge.objects.filter(step=2).values_list("rule", flat=True)) == {"silence_owner", "silence_decider"}
    assert done.letters == 2


def test_a_clock_that_stood_still_for_a_month_makes_it_good_in_one_turn() -> None:
    waiting_until(TODAY)
    done = clock.turn(moment(TODAY + dt.timedelta(days=30)))
    assert (done.silence, done.letters) == (1, 2)
    assert set(Nudge.objects.values_list("rule", flat=True)) == {
        "silence_owner",
        "silence_decider",
        "first_step_due",
        "baseline_missing",
    }


def test_a_second_turn_does_nothing_more() -> None:
    waiting_until(TODAY)
    clock.turn(moment(LATER))
    assert clock.turn(moment(LATER)) == clock.Turn()


def test_what_was_paused_resumes_on_its_day() -> None:
    unit = a_unit()
    initiative = an_initiative(a_person(unit=unit), unit, "paused", resume_on=LATER)
    assert [clock.turn(moment(day)).resumed for day in (TODAY, LATER)] == [0, 1]
    initiative.refresh_from_db()
    assert initiative.state == "underway"


def test_the_deputy_is_told_when_the_manager_is_away() -> None:
    initiative = waiting_until(TODAY + dt.timedelta(days=7))
    assert initiative.unit is not None and initiative.decider is not None
    deputy = a_person("Sara", "Holm")
    initiative.unit.assignments.create(employee=deputy, role="deputy", from_on=dt.date(2020, 1, 1))
    clock.turn(moment(TODAY, 6))  # before the hour: the nudge is there, the letter is not
    assert Nudge.objects.get().to == initiative.decider
    initiative.decider.absences.create(from_on=TODAY, to_on=TODAY)
    clock.turn(moment(TODAY, 8))
    assert Letter.objects.get().employee == deputy


def test_one_part_that_fails_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: Any) -> int:
        raise ZeroDivisionError

    waiting_until(TODAY + dt.timedelta(days=7))
    monkeypatch.setattr(clockwork, "apply_silence", fail)
    with pytest.raises(ExceptionGroup) as faults:
        clock.turn(moment(TODAY))
    assert [type(fault) for fault in faults.value.exceptions] == [ZeroDivisionError]
    assert Letter.objects.count() == 1


def test_a_turn_leaves_the_work_to_the_one_that_is_under_way() -> None:
    waiting_until(TODAY)
    with psycopg.connect(**connection.get_connection_params()) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [clock.TURN_IS_TAKEN])
        assert clock.turn(moment(LATER)) == clock.Turn(is_mine=False)
        with pytest.raises(CommandError, match="Another turn is under way"):
            call_command("tick")
        other.execute("SELECT pg_advisory_unlock(%s)", [clock.TURN_IS_TAKEN])
    assert clock.turn(moment(LATER)).silence == 1


def test_the_clock_can_be_turned_by_hand_to_any_moment() -> None:
    waiting_until(TODAY)
    out = StringIO()
    call_command("tick", at="2026-11-24T07:30", stdout=out)
    assert out.getvalue() == "Deciders changed 0, started by silence 1, resumed 0, nudges 2, letters 2.\n"


@pytest.mark.parametrize("at", ["tomorrow", "2026-13-01T07:30"])
def test_what_is_no_moment_is_refused(at: str) -> None:
    with pytest.raises(CommandError, match="is not a moment"):
        call_command("tick", at=at)


def test_a_value_that_nobody_enters_shows_as_missing_by_itself() -> None:
    initiative = an_initiative(a_person(), a_unit(), "measuring")
    for cadence, days in (("weekly", 7), ("monthly", 14), ("quarterly", 14)):
        due = TODAY - dt.timedelta(days=days)
        initiative.outcomes.update(cadence=cadence, next_due_on=due, result_status="on_track")
        clock.turn(NOW - dt.timedelta(days=1))
        assert initiative.outcomes.get().result_status == "on_track"
        clock.turn(NOW)
        assert initiative.outcomes.get().result_status == "measurement_missing"
