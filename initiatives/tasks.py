"""What beat asks the workers to do. Nothing else puts a task in the queue, and none carries anything in it."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from initiatives import clock
from initiatives.actions.pulling import pull
from initiatives.kolada import Client
from kommun.heartbeat import CLOCK, beat


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
