"""The API through the production server, two workers and four connections, beside the views it is compared with.

Each is measured in turns with a calibrator, so that what else the machine does weighs on both. The growth is that of
the same question over 10,000, 100,000 and 1,000,000 initiatives. `python -m tests.bench.serving` measures this alone.
"""

import contextlib
import datetime as dt
import hashlib
import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import django
import psycopg
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from config.local.environment import base_environment
from config.local.postgres import Postgres
from config.processes import WEB, command
from tests.bench import masses

SIZES: Final = {10_000: 0, 100_000: 2_400_000, 1_000_000: 0}  # initiatives, and measured values
MAIN: Final = 100_000
CONNECTIONS: Final = 4
ROUNDS: Final = 5
SECONDS: Final = 1.0  # of each measurement
VALUES: Final = 10_000  # in a bulk write
TOKEN: Final = "bench"
SCOPES: Final = "metrics:read initiatives:read measurements:write"


@dataclass(frozen=True)
class Subject:
    """A question, as the bytes of a request."""

    name: str
    request: bytes


@dataclass(frozen=True)
class Speed:
    """Requests a second: the median, and as ratios to the calibrator of the same turn."""

    rate: float
    ratios: tuple[float, ...]

    @property
    def ratio(self) -> float:
        return statistics.median(self.ratios)


class Caller:
    """One persistent connection to the server."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self.file = self.socket.makefile("rb")

    def ask(self, request: bytes) -> tuple[int, bytes]:
        self.socket.sendall(request)
        status = int(self.file.readline().split()[1])
        length, is_chunked = 0, False
        while (line := self.file.readline().lower()) not in (b"\r\n", b""):
            if line.startswith(b"content-length:"):
                length = int(line.split(b":")[1])
            is_chunked = is_chunked or line.startswith(b"transfer-encoding: chunked")
        return status, b"".join(self._chunks()) if is_chunked else self.file.read(length)

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.file.readline(), 16):
            yield self.file.read(size)
            self.file.readline()
        self.file.readline()


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode()


def post(path: str, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def rate(port: int, request: bytes, *, seconds: float = SECONDS) -> float:
    """Good answers a second, by four callers at once."""
    counts = [0] * CONNECTIONS
    until = time.perf_counter() + seconds

    def call(number: int) -> None:
        caller = Caller(port)
        while time.perf_counter() < until:
            status, _body = caller.ask(request)
            assert status == 200, f"{request[:120]!r} answered {status}"
            counts[number] += 1

    began = time.perf_counter()
    _at_once([lambda number=number: call(number) for number in range(CONNECTIONS)])  # type: ignore[misc]  # bound early
    return sum(counts) / (time.perf_counter() - began)


def _at_once(acts: Sequence[Callable[[], object]]) -> None:
    threads = [threading.Thread(target=act) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


CALIBRATOR: Final = Subject("calibrator", get("/bare/calibrate"))


def in_turns(port: int, subjects: Sequence[Subject], rounds: int) -> dict[str, Speed]:
    """Each subject's speed, every time right after the calibrator's. All are warmed up first."""
    for subject in (CALIBRATOR, *subjects):
        rate(port, subject.request, seconds=0.5)
    found: dict[str, list[tuple[float, float]]] = {subject.name: [] for subject in subjects}
    for _round in range(rounds):
        for subject in subjects:
            calm = rate(port, CALIBRATOR.request, seconds=SECONDS / 2)
            found[subject.name].append((rate(port, subject.request), calm))
    return {
        name: Speed(statistics.median(own for own, _calm in turns), tuple(own / calm for own, calm in turns))
        for name, turns in found.items()
    }


# --- in a process of its own for each size --------------------------------------------------------------------------
def measure_one(size: int) -> dict[str, Any]:
    """Fills the empty database that DATABASE_URL names, serves it, and measures. What it gives is JSON."""
    django.setup()
    call_command("migrate", verbosity=0)
    masses.fill(masses.Size(initiatives=size, values=SIZES[size]))
    call_command("refresh_showing", verbosity=0)
    _make_client()
    with _server() as port:
        subjects = _subjects(port)
        speeds = in_turns(port, subjects, ROUNDS if size == MAIN else 3)
        found: dict[str, Any] = {name: (speed.rate, speed.ratios) for name, speed in speeds.items()}
        if size == MAIN:
            found |= _writing(port) | _exporting(port)
    return found


def _make_client() -> None:
    """Allowed as many calls as anybody can make. The models can be had only after django.setup()."""
    client = apps.get_model("kommun", "ApiClient").objects.create(
        client_id="bench",
        client_type="confidential",
        authorization_grant_type="client-credentials",
        allowed_scopes=SCOPES,
        requests_per_minute=100_000_000,
    )
    apps.get_model("oauth2_provider", "AccessToken").objects.create(
        application=client,
        scope=SCOPES,
        token=TOKEN,
        token_checksum=hashlib.sha256(TOKEN.encode()).hexdigest(),
        expires=timezone.now() + dt.timedelta(days=1),
    )


@contextlib.contextmanager
def _server() -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    argv = [*command(WEB, os.environ | {"PORT": str(port)})[:-1], "tests.bench.served:application"]
    process = subprocess.Popen([sys.executable, "-m", *argv], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 60
        while not _answers(port):
            assert time.monotonic() < until and process.poll() is None, "the web server did not start"
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError):
        return Caller(port).ask(CALIBRATOR.request)[0] == 200
    return False


def _subjects(port: int) -> list[Subject]:
    first = "/api/v1/initiatives?limit=50"
    caller = Caller(port)
    total = json.loads(caller.ask(get(first))[1])["_meta"]["totalPages"]
    deep = max(2, total - 3)
    before = json.loads(caller.ask(get(f"{first}&page={deep - 1}"))[1])
    following = before["_links"]["next"]["href"].partition("localhost")[2]
    plain_deep = f"/bare/plain/?page={deep}"
    return [
        Subject("(a) PostgreSQL's JSON passed through", get("/bare/passed-through")),
        Subject("(b) plain REST framework, page 1", get("/bare/plain/")),
        Subject("(b) plain REST framework, deep page", get(plain_deep)),
        Subject("list, page 1", get(first)),
        Subject("list, deep page by its number", get(f"{first}&page={deep}")),
        Subject("list, deep page by its cursor", get(following)),
        Subject("list, of one unit", get(f"{first}&unit=M-3-60")),
        Subject("metrics of everything", get("/api/v1/metrics")),
        Subject("metrics of a unit", get("/api/v1/metrics?unit=M-3-60")),
        Subject("metrics by month and kind", get("/api/v1/metrics?groupBy=period&groupBy=kind&limit=50")),
    ]


def _writing(port: int) -> dict[str, Any]:
    """Values a second, in bulk writes of 10,000 to outcomes of their own; and by the bare statement below them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, uuid FROM initiatives_outcome ORDER BY id LIMIT 24")
        outcomes = cursor.fetchall()
    days = [dt.date(1990, 1, 1) + dt.timedelta(days=number) for number in range(VALUES)]
    sent = [{"observedOn": day, "value": number % 97, "series": "natt"} for number, day in enumerate(days)]
    body = json.dumps({"measurements": sent}, default=str).encode()
    ours, theirs = [], []
    for turn in range(3):
        mine, bare = outcomes[turn * 8 : turn * 8 + 4], outcomes[turn * 8 + 4 : turn * 8 + 8]
        ours.append(_values_a_second([lambda key=key: _send(port, key, body) for _pk, key in mine]))  # type: ignore[misc]  # bound early
        theirs.append(_values_a_second([lambda pk=pk: _insert(pk, days) for pk, _key in bare]))  # type: ignore[misc]  # bound early
    return {"bulk write": (statistics.median(ours), tuple(a / b for a, b in zip(ours, theirs, strict=True)))}


def _values_a_second(acts: Sequence[Callable[[], object]]) -> float:
    began = time.perf_counter()
    _at_once(acts)
    return VALUES * len(acts) / (time.perf_counter() - began)


def _send(port: int, key: Any, body: bytes) -> None:
    status, answer = Caller(port).ask(post(f"/api/v1/outcomes/{key}/measurements", body))
    assert status == 200 and json.loads(answer)["summary"]["created"] == VALUES, answer[:300]


def _insert(outcome: int, days: Sequence[dt.date]) -> None:
    """With the table's own indexes and triggers, in one transaction."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as bare:
        bare.execute(
            "INSERT INTO initiatives_measurement (uuid, outcome_id, series, period_start, observed_on, value, source, "
            "source_reference, cause) SELECT gen_random_uuid(), %s, 'natt', day, day, value, 'api', '', '' "
            "FROM unnest(%s::date[], %s::numeric[]) AS sent (day, value)",
            [outcome, list(days), [number % 97 for number in range(len(days))]],
        )


def _exporting(port: int) -> dict[str, Any]:
    """Rows a second of all initiatives as CSV, one reader, beside PostgreSQL's own COPY of as many columns."""
    ours, theirs = [], []
    for _turn in range(3):
        began = time.perf_counter()
        status, body = Caller(port).ask(get("/api/v1/initiatives?format=csv"))
        lines = body.count(b"\r\n")
        assert status == 200 and lines > MAIN / 2, f"{status}: {lines} lines"
        ours.append(lines / (time.perf_counter() - began))
        theirs.append(_copied())
    return {"CSV export, rows": (statistics.median(ours), tuple(a / b for a, b in zip(ours, theirs, strict=True)))}


def _copied() -> float:
    began, lines = time.perf_counter(), 0
    with psycopg.connect(os.environ["DATABASE_URL"]) as bare, bare.cursor() as cursor, cursor.copy(_COPY) as rows:
        for part in rows:
            lines += bytes(part).count(b"\n")
    return lines / (time.perf_counter() - began)


_COPY: Final = """
COPY (
    SELECT initiative.uuid, title, benefit, plan, initiative.kind, state, ending, lesson, unit.code, unit.name,
        goal.code, goal.name, cost, submitted_at, change_on, concluded_at, state_since_at, initiative.created_at,
        initiative.updated_at
    FROM initiatives_initiative initiative JOIN kommun_unit unit ON unit.id = initiative.unit_id
    LEFT JOIN initiatives_goal goal ON goal.id = initiative.goal_id
    WHERE NOT (state IN ('declined', 'draft', 'withdrawn'))
) TO STDOUT CSV
"""


# --- for all sizes --------------------------------------------------------------------------------------------------
def measure(sizes: Sequence[int] = tuple(SIZES)) -> None:
    database = Postgres("bench-serving", is_throwaway=True)
    database.start()
    try:
        found = {size: _apart(database, size) for size in sizes}
    finally:
        database.stop()
    if MAIN in found:
        print(table(found[MAIN]), flush=True)
    print(growth(found), flush=True)


def _apart(database: Postgres, size: int) -> dict[str, Speed]:
    name = f"bench_{size}"
    with psycopg.connect(database.url, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {name}")
    url = database.url.replace("/framsteg?", f"/{name}?")
    env = base_environment() | {"DATABASE_URL": url, "REDIS_URL": "redis://nobody-answers", "LOG_LEVEL": "ERROR"}
    argv = [sys.executable, "-W", "ignore", "-m", "tests.bench.serving", str(size)]
    ran = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[-3000:]
    return {
        name: Speed(rate, tuple(ratios)) for name, (rate, ratios) in json.loads(ran.stdout.splitlines()[-1]).items()
    }


def table(speeds: Mapping[str, Speed]) -> str:
    """Requests a second, and ratios to (a) and (b) by way of the calibrator, each with its lowest and highest turn."""
    a, b = (next(speed.ratio for name, speed in speeds.items() if name.startswith(mark)) for mark in ("(a)", "(b)"))
    width = max(map(len, speeds))
    lines = [
        f"\nThe API through the web server, {MAIN:,} initiatives, 2 workers, 4 connections",
        f"  {'':<{width}} {'a second':>9}  of (a)              of (b)",
    ]
    for name, speed in speeds.items():
        of_all = f"{_spread(speed.ratios, a)}  {_spread(speed.ratios, b)}"
        of_it = f"{_spread(speed.ratios, 1)}  of the bare statement"
        lines.append(f"  {name:<{width}} {speed.rate:>9,.0f}  {of_it if name.startswith(('bulk', 'CSV')) else of_all}")
    return "\n".join(lines)


def _spread(ratios: Sequence[float], base: float) -> str:
    low, middle, high = min(ratios) / base, statistics.median(ratios) / base, max(ratios) / base
    return f"{middle:>5.2f} ({low:.2f}-{high:.2f})".ljust(19)


def growth(found: Mapping[int, Mapping[str, Speed]]) -> str:
    """How many times as long an answer takes as with the fewest initiatives."""
    sizes = sorted(found)
    names = [name for name in found[sizes[0]] if not name.startswith("(a)")]
    width = max(map(len, names))
    head = "".join(f"{size:>12,}" for size in sizes)
    lines = [f"\nGrowth of the time for an answer with the number of initiatives\n  {'':<{width}}{head}"]
    for name in names:
        times = "".join(f"{found[sizes[0]][name].ratio / found[size][name].ratio:>10.2f} ×" for size in sizes)
        lines.append(f"  {name:<{width}}{times}")
    return "\n".join(lines)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        print(json.dumps(measure_one(int(sys.argv[1]))))
    else:
        measure()
