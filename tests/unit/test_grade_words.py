"""What would lift the evidence grade one step, in words, at every step and turn."""

import datetime as dt
from typing import Any

import pytest

from initiatives.models import Grading, HoldCheck, Indicator, Initiative, Outcome
from initiatives.pages.grade_words import changes, lift, rungs

DAY = dt.date(2027, 5, 3)


def outcome(**columns: Any) -> Outcome:
    return Outcome(indicator=Indicator(name="Väntetid", unit_of_measure="dagar", direction="down"), **columns)


@pytest.mark.parametrize(
    ("initiative", "of_outcome", "said"),
    [
        ({}, {"n_before": 3}, "2 värden till från tiden före ändringen lyfter den ett steg."),
        ({}, {"n_before": 4}, "1 värde till från tiden före ändringen lyfter den ett steg."),
        ({"change_on": DAY}, {"n_before": 3}, "hur det var då går inte att veta."),
        ({}, {"grade": 1}, "Ändringen på plats, och fem värden efter den"),
        (
            {"change_on": DAY, "state": "measuring"},
            {"grade": 1, "n_after": 3},
            "2 värden till från tiden efter ändringen",
        ),
        ({"change_on": DAY, "state": "concluded"}, {"grade": 1}, "Det avslutades med för få värden"),
        ({"state": "measuring"}, {"grade": 2, "review_on": DAY}, "Utslaget blir slutligt den 3 maj 2027."),
        ({"state": "measuring"}, {"grade": 2}, "Ett slutligt utslag"),
        ({"state": "concluded"}, {"grade": 2, "verdict_is_final": True, "verdict": "worse"}, "så graden stannar här"),
        ({"state": "concluded"}, {"grade": 2, "verdict_is_final": True, "verdict": "improved"}, "Värden har rättats"),
        ({"state": "concluded"}, {"grade": 2, "hold": "faded"}, "Effekten har klingat av."),
        ({"state": "concluded"}, {"grade": 3, "verification": "asked"}, "En controller som bekräftar resultatet"),
        ({"state": "concluded"}, {"grade": 3, "verification": "returned"}, "En controller har en fråga."),
        ({"state": "concluded"}, {"grade": 5}, "Det finns inget högre steg."),
    ],
)
def test_what_lifts_it_is_said(initiative: dict[str, Any], of_outcome: dict[str, Any], said: str) -> None:
    assert said in lift(Initiative(**initiative), outcome(**of_outcome), [])


def test_a_verified_effect_waits_for_the_first_check_that_counts() -> None:
    checks = [HoldCheck(months=months, due_on=DAY + dt.timedelta(days=months)) for months in (1, 3, 6, 12)]
    verified = outcome(grade=4)
    assert "den 9 maj 2027 eller senare" in lift(Initiative(), verified, checks)
    checks[2].result = "too_early"
    assert "den 15 maj 2027 eller senare" in lift(Initiative(), verified, checks)
    checks[3].result = "too_early"
    assert "ett halvår efter avslutet eller senare" in lift(Initiative(), verified, checks)


def graded(*grades: int) -> list[Grading]:
    moments = [dt.datetime(2027, 1, 1, 12, tzinfo=dt.UTC) + dt.timedelta(days=index) for index in range(len(grades))]
    figures = {"n_before": 8, "n_after": 9, "shift": "-4.5", "is_final": True}
    return [Grading(grade=grade, at=at, figures=figures) for grade, at in zip(grades, moments, strict=True)]


def test_a_step_is_reached_since_it_was_last_climbed() -> None:
    ladder = rungs(outcome(grade=3), graded(1, 3, 2, 3))
    assert [(rung.number, rung.is_reached, rung.since and rung.since.day) for rung in ladder] == [
        (0, True, None), (1, True, 1), (2, True, 2), (3, True, 4), (4, False, None), (5, False, None),
    ]  # fmt: skip


def test_the_history_tells_each_rise_and_fall_with_its_values_the_latest_first() -> None:
    told = changes(outcome(), graded(1, 3, 2))
    assert [each.text for each in told] == ["Sjönk från 3 till 2", "Höjdes från 1 till 3", "Höjdes från 0 till 1"]
    assert told[0].came_from == (
        "8 värden före ändringen och 9 efter, typisk skillnad −4,5\N{NO-BREAK SPACE}dagar, utslaget är slutligt"
    )
