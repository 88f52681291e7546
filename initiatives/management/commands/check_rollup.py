"""Compares the roll-up of figures with a full recount, its summaries with its cells, and mends them if asked to."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from initiatives.models.rollup import CELL
from initiatives.outcomes import rollup

TOLD = {*rollup.PLACE, *CELL, "unit_id"}


class Command(BaseCommand):
    help = "Compares the figures of the roll-up with a full recount. Fails when they differ."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--mend", action="store_true", help="add what is lacking; everybody can go on working")

    def handle(self, *args: Any, **options: Any) -> None:
        cells, summaries = rollup.differences(), rollup.summary_differences()
        for row in [*cells, *summaries]:
            self.stdout.write(_line(row))
        wrong = f"{len(cells)} cells and {len(summaries)} summaries"
        if not cells and not summaries:
            self.stdout.write("The roll-up is what a full recount gives.")
        elif options["mend"]:
            self.stdout.write(f"Mended: {rollup.mend()} cells and {rollup.mend_summaries()} summaries.")
        else:
            raise CommandError(f"The roll-up differs from a full recount in {wrong}. Mend it with --mend.")


def _line(row: dict[str, Any]) -> str:
    """Which cell or summary, and what it lacks: `unit_id 7, month 2026-11-01, … lacks initiatives -1`."""
    told = {name: value for name, value in row.items() if name in TOLD and value is not None}
    lacks = {name: value for name, value in row.items() if name not in TOLD and value}
    return f"{_listed(told)} lacks {_listed(lacks)}"


def _listed(named: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in named.items())
