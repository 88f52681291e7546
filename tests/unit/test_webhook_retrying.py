"""A message that does not arrive is tried for three days, ever more seldom, and then no more."""

import datetime as dt
import itertools
import random

import pytest

from initiatives.webhooks.retrying import next_try, rest_asked_for
from tests.builders import NOW

MINUTE, HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)


class Even(random.Random):
    """No chance: every pause is as it is written."""

    def uniform(self, a: float, b: float) -> float:
        return (a + b) / 2


def test_pauses_grow_and_the_last_try_comes_after_three_days_exactly() -> None:
    tries, again = [NOW], next_try(1, NOW, NOW, rest=None, chance=Even())
    while again is not None:
        tries.append(again)
        again = next_try(len(tries), NOW, again, rest=None, chance=Even())
    pauses = [after - before for before, after in itertools.pairwise(tries)]
    hours = [2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 20 * HOUR]
    assert pauses == [MINUTE, 5 * MINUTE, 30 * MINUTE, *hours, 24 * MINUTE]
    assert tries[-1] - NOW == dt.timedelta(days=3)


def test_what_failed_together_does_not_come_back_together() -> None:
    chance = random.Random(4711)
    again = {next_try(2, NOW, NOW, rest=None, chance=chance) for _ in range(100)}
    assert len(again) == 100
    assert all(each and 4 * MINUTE <= each - NOW <= 6 * MINUTE for each in again)


def test_a_rest_that_was_asked_for_is_kept_if_it_is_longer_but_not_beyond_the_three_days() -> None:
    def paused(rest: dt.timedelta, now: dt.datetime = NOW) -> dt.timedelta:
        again = next_try(1, NOW, now, rest=rest, chance=Even())
        assert again is not None
        return again - now

    assert [paused(10 * HOUR), paused(dt.timedelta(seconds=1))] == [10 * HOUR, MINUTE]
    assert paused(24 * HOUR, NOW + 71 * HOUR) == HOUR


@pytest.mark.parametrize(
    ("status", "said", "rest"),
    [
        (429, "120", 2 * MINUTE),
        (503, "120", 2 * MINUTE),
        (503, "Mon, 23 Nov 2026 10:00:00 GMT", HOUR),
        (503, "Mon, 23 Nov 2026 08:00:00 GMT", dt.timedelta()),
        (503, "99999999999999999999", 24 * HOUR),
        (503, "Fri, 31 Dec 2999 00:00:00 GMT", 24 * HOUR),
        (503, "Fri, 31 Dec 2999 00:00:00 -0000", 24 * HOUR),
        (503, "Mon, 23 Nov 99999999999999999999 10:00:00 GMT", None),
        (503, "Mon, 23 Nov 2026 10:00:00 +99999999999999999999", None),
        (503, "soon", None),
        (503, "-5", None),
        (503, "", None),
        (500, "120", None),
        (None, "120", None),
    ],
)
def test_retry_after_counts_where_the_receiver_asks_for_a_rest(
    status: int | None, said: str, rest: dt.timedelta | None
) -> None:
    assert rest_asked_for(status, said, NOW) == rest
