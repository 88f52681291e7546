"""Prints whom one may be with one click on the sign-in page of a demo."""

from typing import Any

from django.core.management.base import BaseCommand

from kommun.demo import demo_persons


class Command(BaseCommand):
    help = "Lists the persons that a demo offers on its sign-in page; nobody unless DEMO is on."

    def handle(self, *args: Any, **options: Any) -> None:
        for person in demo_persons():
            self.stdout.write(f"  {person.employee.display_name:<20} {person.says}")
