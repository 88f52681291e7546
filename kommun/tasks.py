"""What beat asks the workers to do for the organisation. The queue carries nothing: all there is to know is in rows."""

from celery import shared_task
from django.utils import timezone

from kommun.letters import send_waiting
from kommun.sign_in import answer_password_requests


@shared_task
def send_letters() -> None:
    """One batch. What is left, and what is missed, goes with the next tick."""
    answer_password_requests(now=timezone.now())
    send_waiting(now=timezone.now())
