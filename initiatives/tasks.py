"""What beat asks the workers to do. Nothing else puts a task in the queue, and none carries anything in it."""

from celery import shared_task
from django.utils import timezone

from initiatives import clock


@shared_task
def turn_the_clock() -> None:
    """One turn, every minute. Idempotent, and harmless when turns overlap."""
    clock.turn(timezone.now())
