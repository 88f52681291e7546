"""Each change arrives, in order for each initiative, and twice only under one name, whatever is killed or lost."""

import os
import subprocess
import sys
import tempfile
import uuid
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import transaction

from initiatives.models import Change, Delivery
from initiatives.models.change import EVERYWHERE
from initiatives.webhooks.telling import tell
from tests.builders import NOW
from tests.faults.parts import Parts, a_sink, database_url, until
from tests.webhook_receiver import Receiver, Reply, a_client, a_receiver, a_webhook

pytestmark = pytest.mark.django_db(transaction=True)
ALLOWED = {"WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8"}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with a_receiver() as server:
        yield server


def changes(lines: int, each: int) -> list[Change]:
    """As many for each of so many initiatives, one transaction after the other."""
    keys = [uuid.uuid4() for _ in range(lines)]
    made = []
    for _ in range(each):
        with transaction.atomic():
            rows = [
                Change(kind="initiative.changed", subject=str(key), initiative=key, path=[EVERYWHERE]) for key in keys
            ]
            made += Change.objects.bulk_create(rows)
    return made


def all_have_gone(made: list[Change]) -> bool:
    return Delivery.objects.filter(change__in=made, delivered_at__isnull=False).count() == len(made)


def arrived_by_line(receiver: Receiver) -> dict[str, list[str]]:
    """Events in the order in which they came, by what they are about."""
    found: dict[str, list[str]] = defaultdict(list)
    for message in receiver.messages:
        found[message.event["subject"].removeprefix("initiatives/")].append(message.event["id"])
    return found


def test_workers_killed_at_random_lose_nothing_and_keep_the_order(receiver: Receiver) -> None:
    a_webhook(a_client(), receiver.url)
    made = changes(lines=12, each=60)
    tell(now=NOW)
    receiver.reply = lambda _message: Reply(seconds=0.002)
    command = [sys.executable, "-m", "tests.faults.mortal", "4711", NOW.isoformat(), "webhooks"]
    environment = os.environ | {"DATABASE_URL": database_url(), "DJANGO_SETTINGS_MODULE": "config.settings"} | ALLOWED
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    assert int(done.stdout) >= 10
    assert all_have_gone(made)
    place = {str(change.uuid): number for number, change in enumerate(made)}
    arrived = arrived_by_line(receiver)
    for subject, events in arrived.items():
        places = [place[event] for event in events]
        assert places == sorted(places)
        assert set(events) == {str(change.uuid) for change in made if change.subject == subject}
    assert set(receiver.ids) == set(map(str, Delivery.objects.values_list("uuid", flat=True)))
    assert len(receiver.messages) > len(made)  # some did go twice, or nothing was tested


def test_a_lost_redis_and_dead_processes_are_made_good_by_the_next(receiver: Receiver) -> None:
    with tempfile.TemporaryDirectory() as folder, a_sink() as sink:
        parts = Parts(Path(folder), sink)
        parts.environment |= ALLOWED
        try:
            a_webhook(a_client(), receiver.url)
            parts.start_redis()
            worker = parts.start_worker()
            beats = [parts.start_beat(f"beat-{number}") for number in range(2)]
            made = changes(lines=5, each=4)
            until(lambda: all_have_gone(made))
            for process in (worker, *beats):
                parts.kill(process)
            parts.empty_redis()
            made += changes(lines=5, each=4)
            parts.start_worker()
            parts.start_beat()
            until(lambda: all_have_gone(made))
            assert sorted(receiver.ids) == sorted(map(str, Delivery.objects.values_list("uuid", flat=True)))
        finally:
            parts.kill_all()
            print(parts.log())
