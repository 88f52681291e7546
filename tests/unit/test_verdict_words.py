"""The verdict as a sentence for everyone, in Swedish and English, from the figures alone."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from initiatives.evidence import Direction, before_after
from initiatives.models import Indicator, Initiative, Outcome
from initiatives.pages.components.panels import VerdictBox
from initiatives.pages.verdict_words import difference, verdict_sentence, verdict_words
from initiatives.workflow import State

REVIEW = dt.date(2026, 12, 31)
SOMETHING_ELSE = "Annat kan ha ändrats samtidigt."


@pytest.fixture(autouse=True)
def swedish() -> Iterator[None]:
    with translation.override("sv"):
        yield


def words(
    verdict: str = "improved",
    *,
    unit: str = "dagar",
    better: str = "down",
    state: State | str = "measuring",
    **columns: Any,
) -> VerdictBox:
    """What is said of an outcome with these figures; by default 4,2 days less at p = 0.004, from 12 + 12 values."""
    initiative = Initiative(
        state=state, change_on=columns.pop("change_on", dt.date(2026, 1, 1)), ending=columns.pop("ending", "")
    )
    figures: dict[str, Any] = {"shift": "-4.2", "shift_low": "-7", "shift_high": "-1.1", "p_value": 0.004}
    figures |= {"n_before": 12, "n_after": 12, "review_on": REVIEW} | columns
    figures |= {name: Decimal(figures[name]) for name in ("shift", "shift_low", "shift_high")}
    indicator = Indicator(name="Väntetid", unit_of_measure=unit, direction=better)
    return verdict_words(initiative, Outcome(initiative=initiative, indicator=indicator, verdict=verdict, **figures))


def test_an_improvement_is_said_with_shift_and_interval_first_and_chance_after() -> None:
    assert words().text == (
        "Sedan ändringen ligger värdet ungefär 4,2\N{NO-BREAK SPACE}dagar lägre (troligen mellan 1,1 och 7). "
        "Om inget egentligen hade ändrats skulle en så stor skillnad uppstå av en slump ungefär en gång på 200."
    )


def test_the_same_is_said_in_english() -> None:
    with translation.override("en"):
        assert words().text == (
            "Since the change it is about 4.2\N{NO-BREAK SPACE}dagar lower (probably between 1.1 and 7). "
            "If nothing had really changed, so large a difference would come about by chance about once in 200."
        )


def of_plain_values(language: str, *after: float) -> str:
    """The sentence on these values a week apart, after 10, 11, 12, 13 and 14, where lower is better."""
    day, change_on = dt.date(2026, 1, 1), dt.date(2026, 1, 1) + dt.timedelta(weeks=5)
    values = [
        (day + dt.timedelta(weeks=week), Decimal(str(each))) for week, each in enumerate([12, 10, 13, 14, 11, *after])
    ]
    with translation.override(language):
        return verdict_sentence(before_after(values, change_on, better=Direction.DOWN), unit="dagar")


def test_a_comparison_of_plain_values_is_said_in_swedish_and_in_english() -> None:
    assert of_plain_values("sv", 2, 4, 1, 5, 3) == (
        "Sedan ändringen ligger värdet ungefär 9 dagar lägre (troligen mellan 6 och 12). "
        "Om inget egentligen hade ändrats skulle en så stor skillnad uppstå av en slump ungefär en gång på 100."
    )
    assert of_plain_values("en", 2, 4, 1, 5, 3) == (
        "Since the change it is about 9 dagar lower (probably between 6 and 12). "
        "If nothing had really changed, so large a difference would come about by chance about once in 100."
    )
    assert of_plain_values("sv", 14, 10, 13, 12, 11) == (
        "Allt från 3 dagar lägre till 3 dagar högre stämmer med värdena."
    )
    assert of_plain_values("sv", 2, 4) == ""


@pytest.mark.parametrize(
    ("verdict", "heading", "tone"),
    [
        ("improved", "Ja. Det är mycket osannolikt att det är slump.", "natt"),
        ("probably_improved", "Troligen. Fortsätt mäta.", "pavag"),
        ("may_be_chance", "Det kan vara slump.", ""),
        ("probably_worse", "Nej, troligen har det blivit sämre.", "obs"),
        ("worse", "Nej, det har blivit sämre.", "avviker"),
        ("too_few", "För tidigt att säga.", ""),
    ],
)
def test_the_heading_comes_from_the_verdict(verdict: str, heading: str, tone: str) -> None:
    said = words(verdict, n_after=12 if verdict != "too_few" else 2)
    assert (said.heading, said.tone) == (heading, tone)


def test_what_may_be_chance_says_how_large_an_effect_it_still_has_room_for() -> None:
    said = words("may_be_chance", shift="-1", shift_low="-4", shift_high="1", p_value=0.3)
    assert (
        said.text == "Allt från 4\N{NO-BREAK SPACE}dagar lägre till 1\N{NO-BREAK SPACE}dagar högre stämmer med värdena."
    )


def test_an_end_of_the_interval_may_be_no_difference() -> None:
    said = words("may_be_chance", shift="0", shift_low="0", shift_high="1", p_value=0.3)
    assert said.text.startswith("Allt från ingen skillnad till 1")


def test_an_interval_across_nothing_shows_its_other_side() -> None:
    assert "(troligen mellan −0,5 och 7)" in words(shift_high="0.5").text


@pytest.mark.parametrize(("better", "said"), [("down", "oftare lägre"), ("up", "oftare högre")])
def test_with_many_equal_values_it_speaks_of_how_often(better: str, said: str) -> None:
    text = words("probably_improved", better=better, shift="0", shift_low="0", shift_high="1", p_value=0.037).text
    assert text.startswith(f"Sedan ändringen är värdet {said} än förut.")


def test_more_often_worse_is_said_the_other_way() -> None:
    text = words("probably_worse", better="down", shift="0", shift_low="0", shift_high="1", p_value=0.037).text
    assert "oftare högre" in text


def test_a_difference_between_shares_is_in_percentage_points() -> None:
    assert (
        "8,8\N{NO-BREAK SPACE}procentenheter högre"
        in words(unit="%", better="up", shift="8.8", shift_low="6.2", shift_high="12.1").text
    )
    assert difference("2", "dagar") == "2\N{NO-BREAK SPACE}dagar"


def test_chance_is_never_said_rarer_than_the_number_of_values_can_show() -> None:
    assert "en gång på 100." in words(n_before=5, n_after=5, p_value=0.0001).text


@pytest.mark.parametrize(("before", "after", "more"), [(5, 4, "1 värde till"), (3, 2, "5 värden till")])
def test_too_few_says_how_many_more(before: int, after: int, more: str) -> None:
    said = words("too_few", n_before=before, n_after=after)
    assert (said.heading, said.text.startswith(more)) == ("För tidigt att säga.", True)


def test_without_a_baseline_it_does_not_ask_for_more_of_what_is_there() -> None:
    said = words("too_few", n_before=1, n_after=9)
    assert (said.heading, "saknas 4 värden" in said.text) == ("Det går inte att säga.", True)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({}, "Utslaget är preliminärt till den 31 december 2026."),
        ({"verdict_is_final": True, "state": "concluded", "ending": "confirmed"}, "Utslaget är slutligt."),
        (
            {"verdict_is_final": True, "is_second_look": True, "state": "concluded", "ending": "confirmed"},
            "Utslaget är slutligt, vid en andra uppföljning.",
        ),
    ],
)
def test_it_says_whether_it_is_preliminary_or_final(columns: dict[str, Any], said: str) -> None:
    assert words(**columns).notes == [said, SOMETHING_ELSE]


def test_that_something_else_may_have_changed_is_always_said() -> None:
    for verdict in ("improved", "probably_improved", "may_be_chance", "probably_worse", "worse"):
        assert words(verdict).notes[-1] == SOMETHING_ELSE


def test_every_warning_has_words_and_a_cap_says_why() -> None:
    warnings = ["baseline_trend", "no_level_change", "autocorrelation", "uneven_months"]
    notes = words("probably_improved", warnings=warnings).notes
    assert (len(notes), notes[5]) == (7, "Därför står det troligen, fast slump är osannolikt.")


def test_no_cap_no_reason_for_it() -> None:
    assert len(words("probably_improved", warnings=["uneven_months"]).notes) == 3
    assert len(words("probably_improved", warnings=["baseline_trend"], p_value=0.03).notes) == 3


def test_an_approximation_is_said() -> None:
    notes = [len(words(n_before=count).notes) for count in (60, 61)]
    assert notes == [2, 3]


@pytest.mark.parametrize(
    ("columns", "heading"),
    [
        ({"change_on": None, "state": "underway"}, "Ändringen är inte på plats än."),
        ({"change_on": None, "state": "concluded", "ending": "stopped"}, "Inte prövat."),
        ({"verdict": "too_few", "state": "concluded", "ending": "stopped"}, "För få värden."),
        ({"verdict": "too_few", "state": "concluded", "ending": "not_proven"}, "Inte mätt."),
    ],
)
def test_without_figures_the_heading_says_why(columns: dict[str, Any], heading: str) -> None:
    assert words(**columns).heading == heading
