"""Writes thousands of values in as many statements as one: each column is sent as one array."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.db import connection

from initiatives.actions.measuring.entries import Answer
from initiatives.models import Measurement, Outcome
from kommun.models import ApiClient, Employee

_CREATE: Final = """
INSERT INTO initiatives_measurement
    (uuid, outcome_id, series, period_start, observed_on, value, source, source_reference, cause, by_id, client_id)
SELECT gen_random_uuid(), %(outcome)s, series, period_start, observed_on, value, %(source)s, source_reference, '',
    %(by)s, %(client)s
FROM unnest(%(series)s::text[], %(period_start)s::date[], %(observed_on)s::date[], %(value)s::numeric[],
    %(source_reference)s::text[]) AS sent (series, period_start, observed_on, value, source_reference)
"""
# An empty reason: nobody has seen the old value, so it is not kept.
_CORRECT: Final = """
WITH sent AS MATERIALIZED (
    SELECT * FROM unnest(%(id)s::bigint[], %(period_start)s::date[], %(value)s::numeric[], %(source_reference)s::text[],
        %(old)s::numeric[], %(reason)s::text[]) AS sent (id, period_start, value, source_reference, old, reason)
), corrected AS (
    UPDATE initiatives_measurement AS measurement
    SET period_start = sent.period_start, value = sent.value, source = %(source)s,
        source_reference = sent.source_reference, by_id = %(by)s, client_id = %(client)s
    FROM sent WHERE measurement.id = sent.id
)
INSERT INTO initiatives_correction (measurement_id, old_value, new_value, reason, by_id, client_id, at)
SELECT id, old, value, reason, %(by)s, %(client)s, %(now)s FROM sent WHERE reason <> ''
"""
_ADD_LATE: Final = """
INSERT INTO initiatives_correction (measurement_id, old_value, new_value, reason, by_id, client_id, at)
SELECT measurement.id, NULL, measurement.value, sent.reason, %(by)s, %(client)s, %(now)s
FROM unnest(%(observed_on)s::date[], %(reason)s::text[]) AS sent (observed_on, reason)
JOIN initiatives_measurement AS measurement USING (observed_on)
WHERE measurement.outcome_id = %(outcome)s AND measurement.series = ''
"""


@dataclass(frozen=True)
class Pen:
    """Who writes, of which outcome, from where and when."""

    outcome: Outcome
    source: Measurement.Source
    by: Employee | None
    client: ApiClient | None
    now: dt.datetime

    def create(self, answers: Sequence[Answer]) -> None:
        """The values that are new. One statement, or none."""
        self._run(_CREATE, answers, {**_columns(answers), "series": _texts(each.entry.series for each in answers)})

    def correct(self, answers: Sequence[Answer], reasons: Sequence[str]) -> None:
        """The values that replace others, and those others with the reasons, in order. One statement, or none."""
        old = [each.old for each in answers if each.old is not None]
        columns = {
            "id": _array(str(each.id) for each in old),
            "old": _numbers(each.value for each in old),
            "reason": _texts(reasons),
        }
        self._run(_CORRECT, answers, _columns(answers) | columns)

    def add_late(self, answers: Sequence[Answer], reasons: Sequence[str]) -> None:
        """Writes down that these new values came after the baseline was frozen. One statement, or none."""
        self._run(_ADD_LATE, answers, _columns(answers) | {"reason": _texts(reasons)})

    def _run(self, statement: str, answers: Sequence[Answer], columns: dict[str, Any]) -> None:
        if not answers:
            return
        shared: dict[str, Any] = {
            "outcome": self.outcome.pk,
            "source": self.source,
            "by": self.by and self.by.pk,
            "client": self.client and self.client.pk,
            "now": self.now,
        }
        with connection.cursor() as cursor:
            cursor.execute(statement, shared | columns)


def _columns(answers: Sequence[Answer]) -> dict[str, str]:
    return {
        "period_start": _array(each.period_start.isoformat() if each.period_start else "NULL" for each in answers),
        "observed_on": _array(each.entry.observed_on.isoformat() for each in answers),
        "value": _numbers(each.entry.value for each in answers),
        "source_reference": _texts(each.entry.source_reference for each in answers),
    }


# PostgreSQL's own way of writing arrays: one text is sent, where a list would be gone through for each element's type.
def _array(elements: Iterable[str]) -> str:
    return "{" + ",".join(elements) + "}"


def _numbers(numbers: Iterable[Decimal | None]) -> str:
    return _array("NULL" if number is None else str(number) for number in numbers)


def _texts(texts: Iterable[str]) -> str:
    return _array('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' if text else '""' for text in texts)
