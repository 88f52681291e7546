"""Letters a second from the outbox to a mail server on this machine, beside a loop that only talks SMTP."""

import datetime as dt
import os
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from django.conf import settings
from django.db import connection
from django.utils import timezone

from kommun.letters import as_bytes
from kommun.models import Employee, Letter
from tests.faults.parts import database_url

LETTERS = 2000
LINE = "Ditt initiativ väntar på ett värde, och det tar en minut.\nhttps://framsteg.example.org/initiativ/\n\n"
ROW = "<p style='color:#222'>Ditt initiativ väntar på ett värde. <a href='https://framsteg.example.org/x'>Dit</a></p>\n"
WORKER = """
import datetime, sys, django
django.setup()
from kommun.letters import send_waiting
print("ready", flush=True)
print(send_waiting(now=datetime.datetime.fromisoformat(sys.stdin.readline().strip())), flush=True)
"""


def measure() -> None:
    """Needs the demo. Its outbox is emptied: the database must be one to throw away."""
    _empty_outbox()
    with _sink() as port:
        ready = [as_bytes(letter) for letter in _letters()]
        rates = {"a loop with smtplib, ready bytes": LETTERS / _bare(port, ready)}
        Letter.objects.bulk_create(_letters())
        rates["the same with one UPDATE a letter"] = LETTERS / _bare(port, ready, noting=True)
        for workers in (1, 2):
            _empty_outbox()
            Letter.objects.bulk_create(_letters())
            name = f"send_waiting, {workers} worker{'s' if workers > 1 else ''}"
            rates[name] = LETTERS / _sent_by(workers, port)
    print(shown(rates, size=len(ready[0])), flush=True)


def shown(rates: Mapping[str, float], *, size: int) -> str:
    base = next(iter(rates.values()))
    lines = [f"  {name:<34} {rate:>7,.0f} a second {rate / base:>6.2f} ×" for name, rate in rates.items()]
    return "\n".join([f"\n{LETTERS:,} letters of {size:,} bytes, with PostgreSQL, to a sink on this machine", *lines])


def _empty_outbox() -> None:
    """And forgets the nudges that its letters told of."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SET session_replication_role = replica; DELETE FROM initiatives_nudge; DELETE FROM kommun_letter"
        )
        cursor.execute("SET session_replication_role = DEFAULT")


def _letters() -> list[Letter]:
    person = Employee.objects.order_by("pk")[0]
    said = {"employee": person, "kind": "direct", "on": timezone.localdate(), "subject": "Åtgärd väntar på dig"}
    said |= {"text": LINE * 8, "html": ROW * 40, "send_after": timezone.now(), "thread": person.uuid}
    return [Letter(**said, address=f"p{number}@example.org") for number in range(LETTERS)]


def _bare(port: int, ready: Sequence[bytes], *, noting: bool = False) -> float:
    """Seconds. With `noting`, each letter's row is marked before the next: what any outbox pays that loses none."""
    keys = list(Letter.objects.order_by("pk").values_list("pk", flat=True)) if noting else []
    began = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as server, connection.cursor() as cursor:
        for number, message in enumerate(ready):
            server.sendmail(settings.SUPPORT_EMAIL, [f"p{number}@example.org"], message)
            if noting:
                cursor.execute("UPDATE kommun_letter SET sent_at = now() WHERE id = %s", [keys[number]])
    return time.perf_counter() - began


def _sent_by(workers: int, port: int) -> float:
    """Seconds, from when all of them have started until the last one has found nothing more to send."""
    given = {"DATABASE_URL": database_url(), "EMAIL_URL": f"smtp://127.0.0.1:{port}", "DEMO": "false"}
    given["DJANGO_SETTINGS_MODULE"] = "config.settings"
    command = [sys.executable, "-c", WORKER]
    started = [
        subprocess.Popen(command, env=os.environ | given, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _worker in range(workers)
    ]
    for each in started:
        assert each.stdout and each.stdout.readline() == "ready\n"
    now = (timezone.now() + dt.timedelta(minutes=1)).isoformat()
    began = time.perf_counter()
    for each in started:
        assert each.stdin
        each.stdin.write(f"{now}\n")
        each.stdin.flush()
    sent = sum(int(each.communicate()[0]) for each in started)
    seconds = time.perf_counter() - began
    assert sent == LETTERS == Letter.objects.exclude(sent_at=None).count()
    return seconds


@contextmanager
def _sink() -> Iterator[int]:
    """The port of one."""
    command = [sys.executable, "-m", "tests.bench.sink"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as sink:
        assert sink.stdout
        try:
            yield int(sink.stdout.readline())
        finally:
            sink.terminate()
            connection.close()
