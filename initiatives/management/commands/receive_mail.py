"""Takes answers to letters: one that a mail server pipes in, or with --imap all that wait in the mailbox."""

import logging
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from initiatives.actions.emptying import empty
from initiatives.actions.receiving import receive
from initiatives.reading.mail import MOST_BYTES
from kommun.mailbox import FAULTS, Mailbox

TRY_AGAIN = 75  # EX_TEMPFAIL of sysexits.h: the mail server keeps the letter, and comes again with it
log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Receives one letter on standard input, as a mail server pipes it; with --imap those in the mailbox."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--imap", action="store_true", help="empties the mailbox of IMAP_URL instead")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["imap"]:
            self._empty()
        else:
            self._receive()

    def _receive(self) -> None:
        """A fault of ours is no reason to return somebody's letter to them."""
        raw = sys.stdin.buffer.read(MOST_BYTES)
        while sys.stdin.buffer.read(MOST_BYTES):
            pass  # the mail server is not to find a closed door
        try:
            done = receive(raw, now=timezone.now())
        except Exception as fault:
            log.exception("A letter could not be received.")
            raise CommandError("It could not be received now. Try again later.", returncode=TRY_AGAIN) from fault
        self.stdout.write(f"{done.result}: {done.reason}" if done.reason else done.result)

    def _empty(self) -> None:
        if not settings.IMAP_URL:
            raise CommandError("Set IMAP_URL: the address of the mailbox of answers. See .env.example.")
        try:
            with Mailbox(settings.IMAP_URL) as mailbox:
                done = empty(mailbox, now=timezone.now())
        except FAULTS as fault:
            raise CommandError(f"The mailbox does not answer: {fault}", returncode=TRY_AGAIN) from fault
        self.stdout.write(", ".join(f"{what} {count}" for what, count in sorted(done.items())) or "no letters")
