"""Stories on real values: key figure N03702 of five municipalities, from Kolada, unprocessed (kolada.csv)."""

import csv
import datetime as dt
import random
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Final

from initiatives.actions.measuring import Entry, record_values
from initiatives.cadence import Span
from initiatives.demo.ideas import Idea
from initiatives.demo.stories import Plot, Story
from initiatives.models import Measurement
from kommun.models import Employee, Unit

KEY_FIGURE: Final = "N03702"


def read_kolada() -> dict[str, list[dict[str, str]]]:
    """The rows of the file by municipality."""
    rows: dict[str, list[dict[str, str]]] = {}
    with (Path(__file__).parent / "kolada.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            rows.setdefault(row["municipality"], []).append(row)
    return rows


class KoladaStory(Story):
    """Its baseline is another municipality's years; the test is underway."""

    def __init__(
        self,
        idea: Idea,
        owner: Employee,
        unit: Unit,
        plot: Plot,
        chance: random.Random,
        today: dt.date,
        rows: list[dict[str, str]],
    ):
        name = rows[0]["municipality"]
        super().__init__(idea._replace(plan=idea.plan.format(name=name)), owner, unit, plot, chance, today)
        self.rows = rows

    def _measure(self, spans: list[Span], numbers: Iterable[float], now: dt.datetime) -> None:
        entries = [
            Entry(
                dt.date(int(row["year"]), 12, 31),
                Decimal(row["value"]),
                period_start=dt.date(int(row["year"]), 1, 1),
                source_reference=f"Kolada {row['kpi']}, {row['municipality']} ({row['municipality_id']})",
            )
            for row in self.rows
        ]
        record_values(self.outcome, entries, source=Measurement.Source.KOLADA, now=now)
        self.outcome.indicator.kolada_id = KEY_FIGURE
        self.outcome.indicator.save(update_fields=["kolada_id"])
