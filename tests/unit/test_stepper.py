"""The five phases and the one tag that says where an initiative stands."""

import pytest

from initiatives.evidence import ResultStatus
from initiatives.pages.components.status import OF_ENDING, OF_RESULT, OF_STATE, status_tag
from initiatives.pages.components.stepper import stepper
from initiatives.workflow import Ending, Phase, State


def test_phases_before_are_done_and_after_are_left() -> None:
    steps = stepper(Phase.TEST, notes={Phase.TEST: "pågår"})
    assert [(mark.css, mark.note) for mark in steps.marks] == [
        ("klar", ""), ("klar", ""), ("nu", "pågår"), ("kvar", ""), ("kvar", ""),
    ]  # fmt: skip
    assert steps.short == "Steg 3 av 5: Testa"
    assert [mark.said for mark in steps.marks] == ["klart", "klart", "här är du nu", "återstår", "återstår"]


def test_when_it_is_over_the_last_phase_is_done_too() -> None:
    assert {mark.css for mark in stepper(Phase.SPREAD, is_over=True).marks} == {"klar"}


def test_every_state_ending_and_result_has_a_tag() -> None:
    assert set(OF_STATE) == set(State) - {State.CONCLUDED}
    assert set(OF_ENDING) == set(Ending)
    assert set(OF_RESULT) == set(ResultStatus)


@pytest.mark.parametrize(
    ("state", "ending", "result", "text"),
    [
        ("proposed", "", "", "Väntar på beslut"),
        ("measuring", "", "on_track", "På väg mot målet"),
        ("measuring", "", "", "Följs upp"),
        ("underway", "", "off_track", "Testas"),
        ("concluded", "confirmed", "target_met", "Effekten bekräftad"),
    ],
)
def test_the_ending_goes_before_the_result_and_the_result_before_the_state(
    state: str, ending: str, result: str, text: str
) -> None:
    assert str(status_tag(state, ending=ending, result=result).text) == text


@pytest.mark.parametrize(
    ("ending", "verdict", "hold", "text"),
    [
        ("not_proven", "too_few", "", "Inte mätt"),
        ("not_proven", "may_be_chance", "", "Effekten inte visad"),
        ("stopped", "too_few", "", "Avbrutet med lärdom"),
        ("confirmed", "improved", "held", "Effekten bekräftad"),
        ("confirmed", "improved", "faded", "Bekräftad, men har klingat av"),
    ],
)
def test_what_was_not_measured_and_what_has_faded_is_told(ending: str, verdict: str, hold: str, text: str) -> None:
    assert str(status_tag("concluded", ending=ending, verdict=verdict, hold=hold).text) == text
