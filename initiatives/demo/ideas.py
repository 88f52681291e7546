"""What people try in such a municipality, and what it is about in figures. The texts in `ideas.csv` are invented."""

import csv
from pathlib import Path
from typing import NamedTuple


class Idea(NamedTuple):
    """`level` is the usual value before, `noise` its spread, `target` what is wished for."""

    field: str  # the field of work, as in `tree`
    title: str
    benefit: str
    plan: str
    first_step: str
    indicator: str
    unit_of_measure: str
    direction: str
    kind: str
    level: float
    noise: float
    target: float
    lesson: str


def read_ideas() -> list[Idea]:
    with (Path(__file__).parent / "ideas.csv").open(encoding="utf-8", newline="") as file:
        return [_idea(row) for row in csv.DictReader(file)]


def _idea(row: dict[str, str]) -> Idea:
    numbers = {name: float(row[name]) for name in ("level", "noise", "target")}
    return Idea(**{**row, **numbers})  # type: ignore[arg-type]  # the file's columns are the fields
