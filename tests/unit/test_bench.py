"""What `make bench` prints can be read."""

from tests.bench.comparison import verdict_time
from tests.bench.drawing import chart_time
from tests.bench.figures import table
from tests.bench.sending import shown


def test_times_stand_beside_their_ratio_to_the_first() -> None:
    assert table("Answers", {"bare": 0.001, "a page": 0.0125}) == (
        "Answers\n  bare        1.00 ms      1.0 ×\n  a page     12.50 ms     12.5 ×"
    )


def test_a_verdict_takes_some_time() -> None:
    assert verdict_time(12, runs=1) > 0


def test_a_chart_takes_some_time() -> None:
    assert chart_time(24, runs=1) > 0


def test_letters_a_second_stand_beside_their_ratio_to_the_first() -> None:
    assert shown({"bare": 2000.0, "the sender": 1500.0}, size=9000).splitlines()[2:] == [
        f"  {'bare':<34}   2,000 a second   1.00 ×",
        f"  {'the sender':<34}   1,500 a second   0.75 ×",
    ]
