"""What beat asks the workers to do. Nothing else puts a task in the queue, and none carries anything in it."""

import logging

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from initiatives import clock
from initiatives.actions.emptying import empty
from initiatives.actions.pulling import pull
from initiatives.kolada import Client
from initiatives.webhooks.sending import send_waiting
from initiatives.webhooks.telling import tell
from initiatives.webhooks.tidying import tidy
from kommun.heartbeat import CLOCK, beat
from kommun.mailbox import FAULTS, Mailbox

log = logging.getLogger(__name__)


@shared_task
def turn_the_clock() -> None:
    """One turn, every minute. Idempotent, and harmless when turns overlap. Only a whole turn is a sign of life."""
    if clock.turn(timezone.now()).is_mine:
        beat(CLOCK, timezone.now())


@shared_task
def pull_kolada() -> None:
    """Every night, where a municipality is set. Idempotent, and harmless when two do it at once."""
    if settings.KOLADA_MUNICIPALITY:
        with Client(settings.KOLADA_URL) as client:
            pull(client=client, municipality=settings.KOLADA_MUNICIPALITY, now=timezone.now())


@shared_task
def receive_mail() -> None:
    """Every minute, where a mailbox is set. Idempotent; what a mail server that is away keeps, the next turn takes."""
    if settings.IMAP_URL:
        try:
            with Mailbox(settings.IMAP_URL) as mailbox:
                empty(mailbox, now=timezone.now())
        except FAULTS as fault:
            log.warning("The mailbox of answers does not answer: %s", fault)


@shared_task
def send_webhooks() -> None:
    """Every minute: changes become deliveries, and those that are due go. The next tick makes good a missed one."""
    now = timezone.now()
    tell(now=now)
    send_waiting(now=now)


@shared_task
def tidy_webhooks() -> None:
    """Every night. Idempotent."""
    tidy(now=timezone.now())
