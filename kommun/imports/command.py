"""What the two import commands have in common: their options, their summary and how they end.

The exit status is 0 when every row went in, 2 when the good rows went in and some were refused (so that whoever watches
the nightly job is told), and 1 when nothing was stored.
"""

from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from kommun.imports.report import ImportStopped, Report

SOME_REFUSED = 2


class ImportCommand(BaseCommand):
    importer: ClassVar[Callable[..., Report]]

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="Say what would happen and store nothing.")
        parser.add_argument(
            "--allow-ending-many", action="store_true", help="Even if more than a fifth would be ended."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = self.importer(
                options["file"],
                today=timezone.localdate(),
                dry_run=options["dry_run"],
                allow_ending_many=options["allow_ending_many"],
            )
        except ImportStopped as stopped:
            raise CommandError(str(stopped)) from stopped
        self.stdout.write(str(report))
        stored = "Dry run: nothing was stored." if options["dry_run"] else "The rest went in."
        if report.refusals:
            raise CommandError(f"Rows refused: {len(report.refusals)}. {stored}", returncode=SOME_REFUSED)
        if options["dry_run"]:
            self.stdout.write(stored)
