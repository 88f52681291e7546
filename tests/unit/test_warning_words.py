"""The early warning in words: people read what the latest value says, and never more than the verdict does."""

import datetime as dt
from fractions import Fraction

import pytest

from initiatives.evidence import Assurance, Signal, Variation, runs_of
from initiatives.outcomes.early_warning import EarlyWarning, Level, Mark
from initiatives.pages.warning_words import is_backed, warning_words

LEVEL = Level(dt.date(2025, 1, 1), Fraction(40))
WEIGHT = "Diagrammet är en tidig varning, utslaget avgör."


def warns(signal: Signal, variation: Variation = Variation.IMPROVEMENT) -> EarlyWarning:
    return EarlyWarning([LEVEL], latest=Mark(signal, variation))


@pytest.mark.parametrize(
    ("signal", "better", "worse"),
    [
        (
            Signal.OUTSIDE,
            "Senaste värdet är bättre än normal variation",
            "Senaste värdet är sämre än normal variation",
        ),
        (
            Signal.TREND,
            "Sju värden i rad, vart och ett bättre än det förra",
            "Sju värden i rad, vart och ett sämre än det förra",
        ),
        (
            Signal.TWO_IN_THREE,
            "Två av tre värden nära gränsen, på rätt sida om medelvärdet",
            "Två av tre värden nära gränsen, på fel sida om medelvärdet",
        ),
        (
            Signal.RUN,
            "Sju värden i rad på rätt sida om medelvärdet",
            "Sju värden i rad på fel sida om medelvärdet",
        ),
    ],
)
def test_every_signal_has_its_words(signal: Signal, better: str, worse: str) -> None:
    assert warning_words(warns(signal), "improved") == [f"{better}: mer än slump.", WEIGHT]
    assert warning_words(warns(signal, Variation.CONCERN), "") == [f"{worse}: mer än slump.", WEIGHT]


def test_no_signal_is_nothing_out_of_the_ordinary() -> None:
    assert warning_words(EarlyWarning([LEVEL]), "too_few") == ["Senaste värdet: inget utöver det vanliga.", WEIGHT]


@pytest.mark.parametrize(
    ("verdict", "better", "worse"),
    [
        ("", True, True),
        ("too_few", True, True),
        ("may_be_chance", False, False),
        ("improved", True, False),
        ("probably_improved", True, False),
        ("probably_worse", False, True),
        ("worse", False, True),
    ],
)
def test_a_signal_is_not_called_more_than_chance_against_the_verdict(verdict: str, better: bool, worse: bool) -> None:
    for variation, backed in ((Variation.IMPROVEMENT, better), (Variation.CONCERN, worse)):
        warning = warns(Signal.RUN, variation)
        assert is_backed(warning, verdict) is backed
        assert ("mer än slump" in warning_words(warning, verdict)[0]) is backed


def test_the_new_level_is_seen_against_the_target() -> None:
    said = {each: warning_words(EarlyWarning([LEVEL], assurance=each), "improved")[0] for each in Assurance}
    assert {each: words.removeprefix("Senaste värdet: inget utöver det vanliga. ") for each, words in said.items()} == {
        Assurance.CONSISTENTLY_PASSES: "Som det är nu nås målet varje gång.",
        Assurance.CONSISTENTLY_FAILS: "Som det är nu nås målet inte.",
        Assurance.HIT_OR_MISS: "Som det är nu nås målet ibland.",
    }


FEW = "Gränser för normal variation kräver 12 värden från tiden före ändringen. Linjen här är medianen."


@pytest.mark.parametrize(
    ("sides", "said"),
    [
        ([1, -1, 1, -1, 1, -1], [FEW]),
        ([1] * 8, [f"8 värden i rad på samma sida om medianen: mer än slump. {FEW}", WEIGHT]),
        ([1] * 6 + [-1] * 7, [f"Värdena korsar medianen ovanligt sällan: mer än slump. {FEW}", WEIGHT]),
    ],
)
def test_a_run_chart_speaks_only_when_there_is_a_signal(sides: list[int], said: list[str]) -> None:
    assert warning_words(EarlyWarning([LEVEL], runs=runs_of(sides)), "too_few") == said


def test_nothing_is_said_of_a_plain_chart() -> None:
    assert warning_words(None, "improved") == []
