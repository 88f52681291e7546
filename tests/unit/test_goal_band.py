"""The goal band: the way from baseline to target, in place and in words."""

from decimal import Decimal

import pytest

from initiatives.evidence import ResultStatus
from initiatives.pages.components.goal_band import GoalBand, goal_band

NBSP = "\N{NO-BREAK SPACE}"


def band(baseline: str, now: str, target: str, status: str = "") -> GoalBand:
    drawn = goal_band(baseline=Decimal(baseline), now=Decimal(now), target=Decimal(target), unit="dagar", status=status)
    assert drawn is not None
    return drawn


def test_it_is_said_in_words() -> None:
    assert band("41.5", "26", "22").said == (
        f"Utgångsläge 41,5{NBSP}dagar. Nu 26{NBSP}dagar. Mål 22{NBSP}dagar. 79 procent av vägen till målet."
    )


@pytest.mark.parametrize(
    ("baseline", "now", "target", "place", "words"),
    [
        ("20", "20", "10", "2.50%", "0 procent av vägen till målet."),
        ("20", "15", "10", "48.25%", "50 procent av vägen till målet."),
        ("10", "15", "20", "48.25%", "50 procent av vägen till målet."),  # higher is better
        ("20", "10", "10", "94.00%", "100 procent av vägen till målet."),
        ("20", "5", "10", "94.00%", "150 procent av vägen till målet."),  # beyond the flag stays at the flag
        ("20", "24", "10", "2.50%", "Längre från målet än utgångsläget."),
        ("10", "10", "10", "94.00%", "100 procent av vägen till målet."),
        ("10", "12", "10", "2.50%", "0 procent av vägen till målet."),
    ],
)
def test_now_stands_where_it_should(baseline: str, now: str, target: str, place: str, words: str) -> None:
    drawn = band(baseline, now, target)
    assert (drawn.now_x, drawn.said.rpartition(f"{NBSP}dagar. ")[2]) == (place, words)


def test_the_figure_never_sticks_out() -> None:
    assert [band("20", now, "10").now_anchor for now in ("20", "15", "10")] == ["start", "middle", "end"]


@pytest.mark.parametrize(
    ("status", "tone"),
    [
        (ResultStatus.TARGET_MET, "natt"),
        (ResultStatus.OFF_TRACK, "avviker"),
        (ResultStatus.ON_TRACK, "pavag"),
        (ResultStatus.TOO_EARLY, ""),
        ("", ""),
    ],
)
def test_the_tone_follows_the_result_status(status: str, tone: str) -> None:
    assert band("20", "15", "10", status).tone == tone


def test_without_a_target_there_is_no_band() -> None:
    assert goal_band(baseline=Decimal(1), now=Decimal(1), target=None, unit="") is None


def test_before_the_first_value_it_is_empty_and_says_so() -> None:
    empty = goal_band(baseline=Decimal(14), now=None, target=Decimal(5), unit="minuter")
    assert empty is not None
    assert (empty.tone, empty.now_x) == ("tom", "")
    assert empty.said == f"Inget värde efter ändringen än. Utgångsläge 14{NBSP}minuter. Mål 5{NBSP}minuter."


def test_without_a_baseline_it_says_so() -> None:
    empty = goal_band(baseline=None, now=Decimal(4), target=Decimal(5), unit="")
    assert empty is not None
    assert empty.start == "Utgångsläge saknas än"
