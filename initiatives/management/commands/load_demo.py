"""Loads the demo municipality once. A database that holds units already is left alone."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone, translation

from initiatives.demo.load import load_demo
from kommun.models import Unit


class Command(BaseCommand):
    help = "Load the demo municipality, if there is no municipality yet."

    def handle(self, *args: Any, **options: Any) -> None:
        if Unit.objects.exists():
            self.stdout.write("There is a municipality already. Nothing was loaded.")
            return
        with translation.override("sv"):
            load_demo(today=timezone.localdate(), tell=self.stdout.write)
