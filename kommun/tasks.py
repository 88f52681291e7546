"""What beat asks the workers to do for the organisation. The queue carries nothing: all there is to know is in rows."""

from celery import shared_task
from celery.signals import worker_process_init
from django.utils import timezone

from kommun.heartbeat import LETTERS, beat
from kommun.letters import send_waiting
from kommun.sign_in import answer_password_requests
from kommun.watchman import keep_watch


@worker_process_init.connect
def watch(**_: object) -> None:
    """In each process of the pool, as those fork no more. In the worker's first one a fork would cut the thread off."""
    keep_watch()


@shared_task
def send_letters() -> None:
    """All that waits, or as much as goes in less than a minute. The next tick makes good what is left or missed."""
    answer_password_requests(now=timezone.now())
    send_waiting(now=timezone.now())
    beat(LETTERS, timezone.now())
