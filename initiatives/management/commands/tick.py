"""Turns the clock once by hand, now or as if it were another moment."""

import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from initiatives import clock


class Command(BaseCommand):
    help = "Turns the clock once: silence, resuming, nudges and the letters of the day."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--at", help="the moment, such as 2026-11-23T07:30; local time if it names no zone")

    def handle(self, *args: Any, **options: Any) -> None:
        done = clock.turn(_moment(options["at"]) if options["at"] else timezone.now())
        if not done.is_mine:
            raise CommandError("Another turn is under way. Try again in a moment.")
        self.stdout.write(
            f"Deciders changed {done.deciders}, started by silence {done.silence}, resumed {done.resumed}, "
            f"nudges {done.nudges}, letters {done.letters}."
        )


def _moment(text: str) -> dt.datetime:
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None:
        raise CommandError(f"“{text}” is not a moment. Write it as 2026-11-23T07:30.")
    return moment if moment.tzinfo else timezone.make_aware(moment)
