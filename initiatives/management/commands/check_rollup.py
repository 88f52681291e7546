"""Compares the roll-up of figures with a full recount, and mends it if asked to."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from initiatives.models.rollup import CELL
from initiatives.outcomes import rollup


class Command(BaseCommand):
    help = "Compares the figures of the roll-up with a full recount. Fails when they differ."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--mend", action="store_true", help="add what is lacking; everybody can go on working")

    def handle(self, *args: Any, **options: Any) -> None:
        found = rollup.differences()
        for cell in found:
            self.stdout.write(_line(cell))
        if not found:
            self.stdout.write("The roll-up is what a full recount gives.")
        elif options["mend"]:
            self.stdout.write(f"Mended: {rollup.mend()} cells.")
        else:
            raise CommandError(f"The roll-up differs from a full recount in {len(found)} cells. Mend it with --mend.")


def _line(cell: dict[str, Any]) -> str:
    """Which cell, and what it lacks: `unit 7, 2026-11-01, …: initiatives -1`."""
    told = {name: value for name, value in cell.items() if name.removesuffix("_id") in CELL}
    lacks = {name: value for name, value in cell.items() if name not in told and value}
    return f"{_listed(told)} lacks {_listed(lacks)}"


def _listed(named: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in named.items())
