"""A municipality with very many initiatives, made by the database itself, so that what it costs can be measured.

    fill(Size(initiatives=100_000, values=2_400_000))

Triggers stand aside and indexes are made afterwards, or the making would take an hour. It is the same every time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib import import_module
from typing import Any

from django.db import connection, transaction

FILLED = (
    "initiatives_initiative", "initiatives_outcome", "initiatives_measurement", "initiatives_claim",
    "initiatives_rollup",
)  # fmt: skip


@dataclass(frozen=True)
class Size:
    """How much there is. Units stand in divisions of 25 below one municipality; eight people work in each.

    Nine initiatives of ten have an outcome, which share the values evenly, a month apart until a year after they were
    sent; one of ten claims hours. They were sent over five years, until November 2026.
    """

    initiatives: int = 100_000
    values: int = 0
    units: int = 300
    indicators: int = 50
    goals: int = 20


def fill(size: Size) -> None:
    """Adds so much to the database, and makes the figures over all that is in it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
        cursor.execute("SET LOCAL work_mem = '256MB'")
        cursor.execute("SELECT setseed(0.5)")
        for statement in ORGANISATION:
            cursor.execute(statement, asdict(size))
        with _without_indexes(cursor):
            for statement in INITIATIVES:
                cursor.execute(statement, asdict(size))
            count(cursor)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def count(cursor: Any) -> None:
    """Makes roll-up and summaries anew, of all rows there are."""
    cursor.execute("SET LOCAL enable_sort = off")  # a sort by many words takes longer than hashing them
    cursor.execute("TRUNCATE initiatives_rollup, initiatives_summary")
    cursor.execute("ANALYZE initiatives_initiative, initiatives_outcome, initiatives_measurement, initiatives_claim")
    cursor.execute(import_module("initiatives.migrations._facts").FILL)
    cursor.execute("SELECT initiatives_mend_summaries()")


@contextmanager
def _without_indexes(cursor: Any) -> Iterator[None]:
    """Takes the indexes that are no constraints away, and makes them again."""
    cursor.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY (%s) AND indexname NOT IN "
        "(SELECT conname FROM pg_constraint) AND indexdef NOT LIKE 'CREATE UNIQUE%%'",
        [list(FILLED)],
    )
    indexes = cursor.fetchall()
    for name, _definition in indexes:
        cursor.execute(f'DROP INDEX "{name}"')
    yield
    for _name, definition in indexes:
        cursor.execute(definition)


ORGANISATION = (
    """
WITH root AS (
    INSERT INTO kommun_unit (code, name, sort_key, kind, path, source)
    VALUES ('M', 'Kommunen', 'kommunen', 'municipality', '{}', 'hand') RETURNING id
)
INSERT INTO kommun_unit (code, name, sort_key, kind, path, source, parent_id)
    SELECT 'M-' || n, 'Verksamhet ' || n, 'verksamhet ' || n, 'division', '{}', 'hand', root.id
    FROM root, generate_series(1, (%(units)s + 24) / 25) AS n
""",
    """
INSERT INTO kommun_unit (code, name, sort_key, kind, path, source, parent_id)
    SELECT 'M-' || (n - 1) / 25 + 1 || '-' || n, 'Enhet ' || n, 'enhet ' || n, 'unit', '{}', 'hand', above.id
    FROM generate_series(1, %(units)s) AS n JOIN kommun_unit above ON above.code = 'M-' || (n - 1) / 25 + 1
""",
    """
WITH RECURSIVE tree(id, path) AS (
    SELECT id, ARRAY[id] FROM kommun_unit WHERE code = 'M'
    UNION ALL SELECT unit.id, tree.path || unit.id FROM kommun_unit unit JOIN tree ON unit.parent_id = tree.id
)
UPDATE kommun_unit unit SET path = tree.path FROM tree WHERE unit.id = tree.id
""",
    """
INSERT INTO kommun_unitplacement (unit_id, parent_id, from_on)
    SELECT id, parent_id, date '2020-01-01' FROM kommun_unit WHERE code = 'M' OR code LIKE 'M-%%'
""",
    """
INSERT INTO kommun_employee (password, employee_id, uuid, login, email, given_name, family_name, sort_key,
        is_protected, is_superuser, language, theme, source, channel, calendar_version)
    SELECT '!', 'M' || n, gen_random_uuid(), 'm' || n, 'm' || n || '@example.org', 'Amina', 'Lindqvist', '',
        false, false, 'sv', 'auto', 'hand', '', 0
    FROM generate_series(0, %(units)s * 8 - 1) AS n
""",
    """
INSERT INTO kommun_employment (employee_id, unit_id, title, is_main, from_on)
    SELECT employee.id, unit.id, '', true, date '2020-01-01'
    FROM generate_series(0, %(units)s * 8 - 1) AS n
    JOIN kommun_employee employee ON employee.employee_id = 'M' || n
    JOIN kommun_unit unit ON unit.code = 'M-' || n / 8 / 25 + 1 || '-' || n / 8 + 1
""",
    """
INSERT INTO initiatives_goal (code, name) SELECT 'M-' || n, 'Mål ' || n FROM generate_series(1, %(goals)s) AS n
""",
    """
INSERT INTO initiatives_indicator (uuid, name, unit_of_measure, direction, kind, kolada_id)
    SELECT gen_random_uuid(), 'Mått ' || n, 'dagar', 'down',
        (ARRAY['time', 'money', 'quality', 'workforce', 'work_environment', 'climate', 'residents'])[n %% 7 + 1],
        CASE n %% 5 WHEN 0 THEN 'N' || lpad(n::text, 5, '0') ELSE '' END
    FROM generate_series(1, %(indicators)s) AS n
""",
)

INITIATIVES = (
    """
CREATE TEMPORARY TABLE making ON COMMIT DROP AS
SELECT nextval('initiatives_initiative_id_seq') AS id, *,
    CASE WHEN state <> 'concluded' THEN '' ELSE (ARRAY['confirmed', 'confirmed', 'confirmed', 'confirmed', 'not_proven',
        'not_proven', 'no_effect', 'worse', 'stopped', 'stopped'])[1 + floor(chance * 10)] END AS ending
FROM (
    SELECT *, CASE
        WHEN fate < 0.04 THEN 'draft' WHEN fate < 0.06 THEN 'declined'
        WHEN fate < 0.6 AND sent_at < timestamptz '2026-04-01' THEN 'concluded'
        WHEN fate < 0.8 AND sent_at < timestamptz '2026-09-01' THEN 'measuring'
        WHEN fate < 0.85 THEN 'paused' WHEN fate < 0.9 THEN 'proposed' WHEN fate < 0.91 THEN 'returned'
        ELSE 'underway' END AS state
    FROM (
        SELECT n, random() AS fate, random() AS chance, floor(random() * %(units)s)::int AS unit,
            floor(random() * %(indicators)s)::int AS indicator, floor(random() * %(goals)s)::int AS goal,
            timestamptz '2021-12-01 09:00+01' + random() * interval '1815 days' AS sent_at
        FROM generate_series(0, %(initiatives)s - 1) AS n
    ) AS thrown
) AS stated
""",
    """
WITH units AS (SELECT unit.id, owner.id AS owner_id, row_number() OVER (ORDER BY unit.id) - 1 AS n
        FROM kommun_unit unit
        CROSS JOIN LATERAL (SELECT min(employee_id) FROM kommun_employment WHERE unit_id = unit.id) AS owner(id)
        WHERE code LIKE 'M-%%-%%'),
    measures AS (
        SELECT kind, row_number() OVER (ORDER BY id) - 1 AS n FROM initiatives_indicator WHERE name LIKE 'Mått %%'
    ),
    goals AS (SELECT id, row_number() OVER (ORDER BY id) - 1 AS n FROM initiatives_goal WHERE code LIKE 'M-%%')
INSERT INTO initiatives_initiative (id, uuid, unit_id, owner_id, goal_id, kind, title, benefit, plan, first_step, state,
        steps_taken, ending, lesson, submitted_at, decide_by_on, change_on, resume_on, concluded_at, state_since_at,
        created_at, updated_at)
    SELECT making.id, gen_random_uuid(), units.id, units.owner_id, goals.id, measures.kind,
        'Kortare handläggning ' || making.n, 'Invånaren får svar fortare.', 'Vi granskar samma dag.', 'Prova', state, 3,
        ending, CASE ending WHEN '' THEN '' ELSE 'Börja i liten skala.' END, sent_at,
        CASE state WHEN 'proposed' THEN date '2026-12-15' END,
        CASE WHEN state IN ('measuring', 'concluded') THEN (sent_at + interval '60 days')::date END,
        CASE state WHEN 'paused' THEN date '2027-01-15' END,
        CASE state WHEN 'concluded' THEN sent_at + interval '210 days' END, sent_at, sent_at - interval '1 day',
        sent_at + chance * (timestamptz '2026-11-23 09:00+01' - sent_at)
    FROM making JOIN units ON units.n = unit JOIN measures ON measures.n = indicator LEFT JOIN goals ON goals.n = goal
""",
    """
WITH measures AS (
    SELECT id, row_number() OVER (ORDER BY id) - 1 AS n FROM initiatives_indicator WHERE name LIKE 'Mått %%'
)
INSERT INTO initiatives_outcome (uuid, initiative_id, indicator_id, is_primary, cadence, target, review_was_extended,
        is_second_look, value_count, n_before, n_after, verdict, verdict_is_final, warnings, result_status,
        grade, verification, hold, shift, latest_on, review_on)
    SELECT gen_random_uuid(), making.id, measures.id, true, 'monthly', 22, false, false, 0, 12, 12, '', ending <> '',
        '[]', '', graded.grade, CASE WHEN graded.grade > 3 THEN 'confirmed' ELSE '' END, '',
        CASE WHEN graded.grade > 1 THEN round(-10 * random()::numeric, 2) END,
        least(sent_at + interval '12 months', '2026-11-23')::date, (sent_at + interval '200 days')::date
    FROM making JOIN measures ON measures.n = indicator CROSS JOIN LATERAL (
        SELECT CASE WHEN ending = 'confirmed' THEN 3 + floor(fate * 5)::int WHEN ending IN ('no_effect', 'worse') THEN 2
            WHEN ending <> '' OR state = 'measuring' THEN 1 + making.n %% 2 ELSE making.n %% 2 END AS grade
    ) AS graded
    WHERE making.n %% 10 <> 0
""",
    """
WITH measured AS (
    SELECT outcome.id, making.sent_at, row_number() OVER (ORDER BY outcome.id) AS n, count(*) OVER () AS among
    FROM initiatives_outcome outcome JOIN making ON making.id = outcome.initiative_id
)
INSERT INTO initiatives_measurement (uuid, outcome_id, series, period_start, observed_on, value, source,
        source_reference, cause)
    SELECT gen_random_uuid(), id, '', day::date, day::date, round((20 + 15 * random())::numeric, 1), 'api', '', ''
    FROM measured CROSS JOIN LATERAL (
        SELECT least(sent_at + interval '1 year', '2026-11-20') - interval '1 month' * number AS day
        FROM generate_series(0, %(values)s / among - 1 + (measured.n <= %(values)s %% among)::int) AS number
    ) AS days
""",
    """
INSERT INTO initiatives_claim (uuid, outcome_id, indicator_id, unit_id, kind, unit_of_measure, volume, unit_value,
        basis, is_recurring, is_hard, from_on, months, amount, amount_low, amount_high, checked_by_id,
        checked_at, created_by_id)
    SELECT gen_random_uuid(), outcome.id, outcome.indicator_id, initiative.unit_id, 'hours', '', 30, 0.5,
        'Diariet', true, false, date_trunc('month', initiative.change_on + 31)::date, 12, worth.hours,
        worth.hours * 0.8, worth.hours * 1.2, CASE WHEN outcome.grade > 2 THEN initiative.owner_id END,
        CASE WHEN outcome.grade > 2 THEN initiative.concluded_at END, initiative.owner_id
    FROM making JOIN initiatives_initiative initiative USING (id)
    JOIN initiatives_outcome outcome ON outcome.initiative_id = initiative.id
    CROSS JOIN LATERAL (SELECT round((5 + 40 * making.fate)::numeric, 1) AS hours) AS worth
    WHERE making.n %% 10 = 1 AND initiative.change_on IS NOT NULL
""",
)
