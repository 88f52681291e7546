"""Reads from Kolada by hand what is otherwise read each night, and says what became of each key figure.

The exit status is 0 when all were answered, and 2 when some were not (so that whoever watches is told).
"""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from initiatives.actions.pulling import Pulled, pull
from initiatives.kolada import Client

SOME_FAILED = 2


class Command(BaseCommand):
    help = "Reads the municipality's yearly figures from Kolada. Harmless at any time."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.KOLADA_MUNICIPALITY:
            raise CommandError("Set KOLADA_MUNICIPALITY: four digits that say whose figures to read. See .env.example.")
        with Client(settings.KOLADA_URL) as client:
            done = pull(client=client, municipality=settings.KOLADA_MUNICIPALITY, now=timezone.now())
        for each in done:
            self.stdout.write(f"{each.kpi}: {_said(each)}")
        if failed := sum(bool(each.fault) for each in done):
            raise CommandError(f"Key figures without an answer: {failed}. The rest went in.", returncode=SOME_FAILED)
        if not done:
            self.stdout.write("No outcome is measured by a key figure of Kolada's.")


def _said(pulled: Pulled) -> str:
    counts = ", ".join(f"{what} {count}" for what, count in sorted(pulled.counts.items()))
    return pulled.fault or counts or "no values"
