"""What a planned number of values can show, said before anybody has measured in vain."""

import datetime as dt

import pytest

from initiatives.models import Initiative, Outcome
from initiatives.outcomes.prospect import Prospect, prospect


@pytest.mark.parametrize(
    ("before", "after", "reach"),
    [
        (4, 20, "nothing"),
        (20, 4, "nothing"),
        (5, 5, "separation"),
        (5, 6, "large_shift"),
        (11, 40, "large_shift"),
        (12, 12, "shift"),
    ],
)
def test_the_fewer_side_decides_the_reach(before: int, after: int, reach: str) -> None:
    assert Prospect(before, after).reach == reach


def test_without_a_day_to_look_nothing_is_promised() -> None:
    assert prospect(Initiative(), Outcome(), today=dt.date(2026, 11, 23)) is None
