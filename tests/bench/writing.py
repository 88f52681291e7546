"""What 10,000 values in one request cost, beside the bare insert of the same rows into the same table. Needs the demo."""

import datetime as dt
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, Final
from uuid import uuid4

import orjson
from django.db import connection, transaction
from django.test import Client, override_settings
from django.utils import timezone

from initiatives.models import Initiative, Outcome
from tests.bench.answers import a_token
from tests.bench.figures import table

VALUES: Final = 10_000
ROUNDS: Final = 5
COLUMNS: Final = "uuid, outcome_id, series, period_start, observed_on, value, source, source_reference, cause"
UNNEST: Final = f"""
    INSERT INTO {{table}} ({COLUMNS})
    SELECT uuid, %s, '', day, day, value, 'api', '', ''
    FROM unnest(%s::uuid[], %s::date[], %s::numeric[]) AS sent(uuid, day, value)
"""
COPY: Final = f"COPY {{table}} ({COLUMNS}) FROM STDIN"
TABLE: Final = "initiatives_measurement"
Rows = Sequence[tuple[dt.date, Decimal]]


def measure() -> None:
    """Everything is rolled back, and its deferred constraints are checked within the time, as at a commit."""
    with transaction.atomic(), override_settings(ALLOWED_HOSTS=["*"]):
        outcome, rows = _outcome(), _rows()
        machine = Client(headers={"authorization": f"Bearer {a_token()}"})
        times = _medians({**_bare(outcome, rows), **_posts(machine, outcome, rows)})
        transaction.set_rollback(True)
    print(table(f"\n{VALUES:,} values of one outcome, by Django's test client, with PostgreSQL", times), flush=True)


def _outcome() -> Outcome:
    """One that is measured, with half of the values before its change, so that the verdict has as much to do as can be."""
    found = Outcome.objects.filter(is_primary=True, initiative__state="measuring").order_by("pk")[0]
    middle = timezone.localdate() - dt.timedelta(days=VALUES // 2)
    Initiative.objects.filter(pk=found.initiative_id).update(change_on=middle)
    Outcome.objects.filter(pk=found.pk).update(baseline_from_on=None, baseline_to_on=None, review_on=None)
    found.measurements.all().delete()
    return found


def _rows() -> Rows:
    """A spot value a day, up to yesterday."""
    chance, today = random.Random(VALUES), timezone.localdate()
    days = (today - dt.timedelta(days=number) for number in range(VALUES, 0, -1))
    return [(day, Decimal(f"{chance.gauss(100, 15):.2f}")) for day in days]


def _bare(outcome: Outcome, rows: Rows) -> dict[str, Callable[[], float]]:
    """The insert that it comes down to; the last is into a table that has the indexes and nothing that watches it."""
    return {
        "INSERT of unnested arrays": lambda: _timed(lambda: _unnest(TABLE, outcome, rows)),
        "COPY": lambda: _timed(lambda: _copy(TABLE, outcome, rows)),
        "INSERT, no triggers or keys": lambda: _timed(
            lambda: _unnest("bare", outcome, rows),
            before=lambda: _run(f"CREATE TABLE bare (LIKE {TABLE} INCLUDING ALL)"),
        ),
    }


def _posts(machine: Client, outcome: Outcome, rows: Rows) -> dict[str, Callable[[], float]]:
    sent, others = _body(rows), _body([(day, value + 1) for day, value in rows])
    half = _body([(day if number % 2 else dt.date(2999, 1, 1), value) for number, (day, value) in enumerate(rows)])

    def post(body: bytes) -> None:
        response = machine.post(f"/api/v1/outcomes/{outcome.uuid}/measurements", body, "application/json")
        assert response.status_code == 200, response.content

    def store() -> None:
        _unnest(TABLE, outcome, rows)
        _run("SET CONSTRAINTS ALL IMMEDIATE")

    return {
        "POST, all created": lambda: _timed(lambda: post(sent)),
        "POST, all unchanged": lambda: _timed(lambda: post(sent), before=store),
        "POST, all corrected": lambda: _timed(lambda: post(others), before=store),
        "POST, half of them refused": lambda: _timed(lambda: post(half)),
    }


def _body(rows: Rows) -> bytes:
    return orjson.dumps(
        {"measurements": [{"observedOn": day, "value": orjson.Fragment(str(value))} for day, value in rows]}
    )


def _unnest(to: str, outcome: Outcome, rows: Rows) -> None:
    days, values = zip(*rows, strict=True)
    _run(UNNEST.format(table=to), [outcome.pk, [uuid4() for _ in rows], list(days), list(values)])


def _copy(to: str, outcome: Outcome, rows: Rows) -> None:
    with connection.cursor() as cursor, cursor.copy(COPY.format(table=to)) as copy:
        for day, value in rows:
            copy.write_row((uuid4(), outcome.pk, "", day, day, value, "api", "", ""))


def _run(statement: str, given: Sequence[Any] = ()) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)


def _timed(what: Callable[[], object], *, before: Callable[[], object] = lambda: None) -> float:
    with _undone():
        before()
        began = time.perf_counter()
        what()
        _run("SET CONSTRAINTS ALL IMMEDIATE")
        return time.perf_counter() - began


@contextmanager
def _undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _medians(cases: dict[str, Callable[[], float]]) -> dict[str, float]:
    """Each in turn, so that what the machine does beside is shared by all; a first round is not counted."""
    rounds = [{name: case() for name, case in cases.items()} for _ in range(ROUNDS + 1)][1:]
    return {name: sorted(each[name] for each in rounds)[ROUNDS // 2] for name in cases}
