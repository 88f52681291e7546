"""What it costs to find what is due among very many initiatives and to write it once, beside the same in bare SQL.

And to collect it into letters. `measure()` fills the throwaway database by itself.
"""

import datetime as dt
import os
import time
from collections.abc import Callable

from django.db import connection, transaction
from django.utils import timezone

from initiatives.models import Nudge
from initiatives.nudges import writing
from initiatives.nudges.collecting import collect_letters
from initiatives.nudges.configuration import configured
from initiatives.nudges.rules import RULE, RULES
from kommun.models import Letter
from kommun.workdays import Workdays
from tests.bench.figures import table

INITIATIVES = int(os.environ.get("BENCH_INITIATIVES") or 1_000_000)
PEOPLE = 20_000
DUE = 0.191  # of the initiatives lack a value
TOLD = 100_000  # nudges that are collected into letters
TODAY = dt.date(2026, 11, 24)  # a Tuesday
NOW = dt.datetime.combine(TODAY, dt.time(9), tzinfo=timezone.get_default_timezone())

# Triggers stand aside while rows are made, or the making would take an hour.
FILL = """
SET session_replication_role = replica;
INSERT INTO kommun_unit (code, name, sort_key, kind, path, source)
    SELECT 'B' || n, 'Enhet ' || n, 'enhet', 'unit', '{}', 'hand' FROM generate_series(1, 500) AS n;
UPDATE kommun_unit SET path = ARRAY[id] WHERE code LIKE 'B%%';
INSERT INTO kommun_employee (password, employee_id, uuid, login, email, given_name, family_name, sort_key,
        is_protected, is_superuser, language, theme, source, channel, calendar_version)
    SELECT '!', 'B' || n, gen_random_uuid(), 'b' || n, 'b' || n || '@example.org', 'Amina', 'Lindqvist', '',
        false, false, 'sv', 'auto', 'hand', '', 0
    FROM generate_series(1, %(people)s) AS n;
INSERT INTO initiatives_indicator (uuid, name, unit_of_measure, direction, kind, kolada_id)
    VALUES (gen_random_uuid(), 'Dagar i bänken', 'dagar', 'down', 'time', '');
WITH people AS (SELECT id, row_number() OVER () - 1 AS n FROM kommun_employee WHERE employee_id LIKE 'B%%'),
    units AS (SELECT id, row_number() OVER () - 1 AS n FROM kommun_unit WHERE code LIKE 'B%%')
INSERT INTO initiatives_initiative (uuid, unit_id, owner_id, kind, title, benefit, plan, first_step, state, steps_taken,
        ending, lesson, change_on, concluded_at, state_since_at, updated_at)
    SELECT gen_random_uuid(), units.id, people.id, 'time', 'Initiativ ' || row.n, '', '', '', row.state, 3,
        CASE row.state WHEN 'concluded' THEN 'no_effect' ELSE '' END,
        CASE row.state WHEN 'concluded' THEN 'Lärdom' ELSE '' END,
        date '2026-05-01', CASE row.state WHEN 'concluded' THEN timestamptz '2026-06-01' END,
        timestamptz '2026-11-15', timestamptz '2026-11-20'
    FROM (SELECT n, CASE WHEN n < %(due)s THEN 'measuring' ELSE 'concluded' END AS state
          FROM generate_series(0, %(count)s - 1) AS n) AS row
    JOIN people ON people.n = row.n %% %(people)s JOIN units ON units.n = row.n %% 500;
INSERT INTO initiatives_outcome (uuid, initiative_id, indicator_id, is_primary, cadence, target, review_was_extended,
        is_second_look, next_due_on, value_count, n_before, n_after, verdict, verdict_is_final, warnings, result_status,
        grade, verification, hold, latest_value)
    SELECT gen_random_uuid(), id, (SELECT max(id) FROM initiatives_indicator), true, 'monthly', 22, false, false,
        CASE state WHEN 'measuring' THEN date '2026-11-01' END, 8, 6, 2, '', false, '[]', '', 0, '', '', 26
    FROM initiatives_initiative WHERE title LIKE 'Initiativ %%';
SET session_replication_role = DEFAULT;
"""
BARE = """
INSERT INTO initiatives_nudge
    (uuid, rule, initiative_id, subject, step, since_at, level, number, occasion, to_id, created_at, is_held_out)
SELECT gen_random_uuid(), 'value_due', initiative.id, initiative.uuid, initiative.steps_taken,
    outcome.next_due_on::timestamp AT TIME ZONE 'Europe/Stockholm', 0, 2, date '2026-11-15', initiative.owner_id,
    now(), false
FROM initiatives_initiative AS initiative
JOIN initiatives_outcome AS outcome ON outcome.initiative_id = initiative.id
JOIN kommun_employee AS person ON person.id = initiative.owner_id
WHERE initiative.state IN ('underway', 'measuring') AND outcome.next_due_on <= date '2026-11-24'
    AND NOT EXISTS (
        SELECT FROM initiatives_nudge AS told
        WHERE told.initiative_id = initiative.id AND told.rule = 'value_due' AND told.subject = initiative.uuid
            AND told.since_at = outcome.next_due_on::timestamp AT TIME ZONE 'Europe/Stockholm' AND told.number >= 2)
ON CONFLICT DO NOTHING
"""


def measure() -> None:
    empty()  # of what a run that was broken off has left
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(FILL, {"count": INITIATIVES, "due": round(INITIATIVES * DUE), "people": PEOPLE})
    connection.set_autocommit(True)
    vacuum()
    print(f"\n{INITIATIVES:,} initiatives were made in {time.perf_counter() - began:.0f} s", flush=True)
    print(table("\nReminders: finding and writing what is due, each once", of_writing()), flush=True)
    print(table("\nThe same when all has been told: finding that nothing is due", of_finding_none()), flush=True)
    collect()
    empty()


def empty() -> None:
    """The next run loads the demo anew."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE kommun_unit, kommun_employee, initiatives_indicator, initiatives_nudge CASCADE")


def of_writing() -> dict[str, float]:
    """Each writes all that is due into an empty table, and is undone; in turn, twice, and the better counts."""
    times: dict[str, float] = {}
    for _ in range(2):
        for name, write in {"bare SQL": bare, "the rule": the_rule, "all rules": all_rules}.items():
            times[name] = min(times.get(name, 1e9), undone(write))
    return times


def of_finding_none() -> dict[str, float]:
    the_rule()
    vacuum()
    return {
        name: undone(find) for name, find in {"bare SQL": bare, "the rule": the_rule, "all rules": all_rules}.items()
    }


def bare() -> int:
    with connection.cursor() as cursor:
        cursor.execute(BARE)
        return int(cursor.rowcount)


def the_rule() -> int:
    rule, set_as = RULE["value_due"], configured(RULES)["value_due"]
    listed = writing._calendar(rule, set_as, TODAY, Workdays.load(TODAY, TODAY))
    return writing._write(rule, set_as, listed, None, NOW, TODAY)


def all_rules() -> int:
    return writing.write_nudges(now=NOW, today=TODAY)


def undone(what: Callable[[], int]) -> float:
    with transaction.atomic():
        began = time.perf_counter()
        count = what()
        took = time.perf_counter() - began
        transaction.set_rollback(True)
    print(f"  {what.__name__}: {count:,} rows", flush=True)
    return took


def collect() -> None:
    """The nudges of `TOLD` initiatives become letters to their owners."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE initiatives_nudge CASCADE")
    the_rule()
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM initiatives_nudge WHERE id IN (SELECT id FROM initiatives_nudge ORDER BY id OFFSET %s)", [TOLD]
        )
    vacuum()
    began = time.perf_counter()
    letters, processor = collect_letters(now=NOW), time.process_time()
    took, told = time.perf_counter() - began, Nudge.objects.exclude(letter=None).count()
    assert letters == Letter.objects.filter(kind=Letter.Kind.COLLECTED, on=TODAY).count(), "a letter was lost"
    print(
        f"\n{told:,} reminders were collected into {letters:,} letters in {took:.0f} s: "
        f"{letters / took:,.0f} letters a second ({processor:.0f} s of processor time in all)",
        flush=True,
    )


def vacuum() -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE initiatives_nudge, initiatives_initiative, initiatives_outcome, kommun_employee")
