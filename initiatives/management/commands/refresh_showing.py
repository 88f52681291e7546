"""Decides anew which figures may be shown, as the clock does when there is reason to."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from initiatives.outcomes import withholding


class Command(BaseCommand):
    help = "Decides anew of which units and years figures may be shown, so that none is about fewer than five people."

    def handle(self, *args: Any, **options: Any) -> None:
        changed = withholding.refresh(today=timezone.localdate(), always=True)
        self.stdout.write(f"Changed: {changed} rows.")
