"""Colours that stand on one another are readable, in light and in dark; computed from the tokens themselves."""

import re
from pathlib import Path

import pytest

TOKENS = (Path(__file__).parents[2] / "kommun/static/css/tokens.css").read_text("utf-8")
TEXT, SHAPE = 4.5, 3.0
TINTED = ("sjo", "gran", "hjortron", "lingon", "ljung")
PAIRS = [
    *((text, under, TEXT) for text in ("granit", "skiffer") for under in ("dimma", "yta", "sank")),
    *((colour, f"{colour}-ton", TEXT) for colour in TINTED),
    *((colour, under, TEXT) for colour in ("sjo", "sjo-djup", "gran", "lingon") for under in ("dimma", "yta")),
    *((text, f"{colour}-ton", TEXT) for text in ("granit", "skiffer") for colour in TINTED),
    ("pa-sjo", "sjo", TEXT),
    ("pa-sjo", "sjo-djup", TEXT),
    ("yta", "granit", TEXT),  # the chosen tab
    ("pa-raps", "raps", TEXT),
    ("granit", "raps-ton", TEXT),
    ("sjo-djup", "sjo-ton", TEXT),
    ("pa-nasta", "nasta", TEXT),
    ("pa-nasta-svag", "nasta", TEXT),
    ("raps", "nasta", TEXT),
    ("kontroll", "yta", SHAPE),
    ("kontroll", "dimma", SHAPE),
    ("fokus", "yta", SHAPE),
    ("fokus", "dimma", SHAPE),
    ("sjo", "sank", SHAPE),  # the filled part of the goal band on its track
    ("gran", "sank", SHAPE),
    ("lingon", "sank", SHAPE),
]


def colours() -> dict[str, tuple[str, str]]:
    both: dict[str, tuple[str, str]] = {}
    for name, light, dark in re.findall(r"--([\w-]+):light-dark\((#\w+),(#\w+)\)", TOKENS):
        both[name] = (light, dark)
    for name, same in re.findall(r"--([\w-]+):(#\w{6});", TOKENS):
        both[name] = (same, same)
    return both


def luminance(colour: str) -> float:
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in shares]
    return sum(weight * each for weight, each in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def ratio(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_the_ratio_is_the_one_of_wcag() -> None:
    assert (round(ratio("#000000", "#FFFFFF"), 2), round(ratio("#767676", "#FFFFFF"), 2)) == (21.0, 4.54)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("over", "under", "least"), PAIRS)
def test_pair_is_readable(over: str, under: str, least: float, scheme: int) -> None:
    known = colours()
    assert ratio(known[over][scheme], known[under][scheme]) >= least
