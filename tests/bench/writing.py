"""What 10,000 values in one request cost, beside the bare insert of the same rows. Needs the demo."""

import datetime as dt
import gc
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
from kommun.models import ApiClient
from tests.bench.answers import a_token
from tests.bench.figures import table

VALUES: Final = 10_000
ROUNDS: Final = 9
TABLE: Final = "initiatives_measurement"
COLUMNS: Final = (
    "uuid, outcome_id, series, period_start, observed_on, value, source, source_reference, cause, client_id"
)
COPY: Final = f"COPY {{table}} ({COLUMNS}) FROM STDIN"
UNNEST: Final = f"""
    INSERT INTO {{table}} ({COLUMNS})
    SELECT uuid, %s, '', day, day, value, 'api', '', '', %s
    FROM unnest(%s::uuid[], %s::date[], %s::numeric[]) AS sent(uuid, day, value)
"""
# What a correction comes down to: the new value over the old one, and the old one kept.
CORRECT: Final = """
    WITH sent AS (SELECT * FROM unnest(%s::date[], %s::numeric[]) AS sent(observed_on, value)), corrected AS (
        UPDATE initiatives_measurement AS measurement SET value = sent.value FROM sent
        WHERE outcome_id = %s AND series = '' AND measurement.observed_on = sent.observed_on
        RETURNING measurement.id, sent.value
    )
    INSERT INTO initiatives_correction (measurement_id, old_value, new_value, reason, client_id, at)
    SELECT id, value - 1, value, 'A new value was sent', %s, now() FROM corrected
"""
Rows = Sequence[tuple[dt.date, Decimal]]


def measure() -> None:
    """Everything is rolled back, and its deferred constraints are checked within the time, as at a commit."""
    with transaction.atomic(), override_settings(ALLOWED_HOSTS=["*"]):
        bench = Bench(_outcome(), a_token())
        gc.freeze()  # as the web server does when it has loaded
        times = _medians({**bench.bare(), **bench.posts()})
        transaction.set_rollback(True)
    gc.unfreeze()
    print(table(f"\n{VALUES:,} values of one outcome, by Django's test client, with PostgreSQL", times), flush=True)


def _outcome() -> Outcome:
    """One that is measured, with half of the values before its change: the verdict has as much to do as can be."""
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


class Bench:
    """The same rows in every way, by the client that owns the token."""

    def __init__(self, outcome: Outcome, token: str) -> None:
        self.outcome, self.rows = outcome, _rows()
        self.corrected = [(day, value + 1) for day, value in self.rows]
        self.machine = Client(headers={"authorization": f"Bearer {token}"})
        self.client = ApiClient.objects.latest("pk").pk

    def bare(self) -> dict[str, Callable[[], float]]:
        """What it comes down to; the last is into a table that has the indexes and nothing that watches it."""
        like = f"CREATE TABLE bare (LIKE {TABLE} INCLUDING ALL)"
        return {
            "COPY": lambda: _timed(lambda: self._copy(TABLE)),
            "INSERT of unnested arrays": lambda: _timed(lambda: self._insert(TABLE)),
            "the same, no triggers or foreign keys": lambda: _timed(
                lambda: self._insert("bare"), before=lambda: _run(like)
            ),
            "UPDATE, and INSERT of what was there": lambda: _timed(self._correct, before=self._store),
        }

    def posts(self) -> dict[str, Callable[[], float]]:
        sent, others = _body(self.rows), _body(self.corrected)
        half = [(day if number % 2 else dt.date(2999, 1, 1), value) for number, (day, value) in enumerate(self.rows)]
        with_bad = _body(half)
        return {
            "POST, all created": lambda: _timed(lambda: self._post(sent)),
            "POST, half of them refused": lambda: _timed(lambda: self._post(with_bad)),
            "POST, all unchanged": lambda: _timed(lambda: self._post(sent), before=self._store),
            "POST, all corrected": lambda: _timed(lambda: self._post(others), before=self._store),
        }

    def _post(self, body: bytes) -> None:
        address = f"/api/v1/outcomes/{self.outcome.uuid}/measurements"
        response = self.machine.post(address, body, "application/json")
        assert response.status_code == 200, response.content

    def _store(self) -> None:
        self._insert(TABLE)
        _run("SET CONSTRAINTS ALL IMMEDIATE")

    def _copy(self, to: str) -> None:
        with connection.cursor() as cursor, cursor.copy(COPY.format(table=to)) as copy:
            for day, value in self.rows:
                copy.write_row((uuid4(), self.outcome.pk, "", day, day, value, "api", "", "", self.client))

    def _insert(self, to: str) -> None:
        days, values = zip(*self.rows, strict=True)
        identifiers = [uuid4() for _ in days]
        _run(UNNEST.format(table=to), [self.outcome.pk, self.client, identifiers, list(days), list(values)])

    def _correct(self) -> None:
        days, values = zip(*self.corrected, strict=True)
        _run(CORRECT, [list(days), list(values), self.outcome.pk, self.client])


def _body(rows: Rows) -> bytes:
    return orjson.dumps(
        {"measurements": [{"observedOn": day, "value": orjson.Fragment(str(value))} for day, value in rows]}
    )


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
