"""Employees into the tables: copied to temporary tables, then one statement for each thing that can happen to a row.

It writes history: what held until yesterday is closed, what holds from today is a new row. Reads no file.
"""

import dataclasses
import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction

from kommun.imports.report import stop_if_many_would_end
from kommun.swedish import sort_key


@dataclasses.dataclass(frozen=True)
class Person:
    """What is stored of somebody; of the protected, nothing that tells who it is."""

    employee_id: str
    given_name: str = ""
    family_name: str = ""
    email: str = ""
    login: str | None = None
    is_protected: bool = False

    @property
    def sort_key(self) -> str:
        return sort_key(f"{self.family_name}, {self.given_name}") if self.family_name else ""


TABLES = """
DROP TABLE IF EXISTS pg_temp.person, pg_temp.employed, pg_temp.seen;
CREATE TEMPORARY TABLE person (
    employee_id varchar PRIMARY KEY, login varchar, email varchar, given_name varchar, family_name varchar,
    sort_key varchar COLLATE "C", is_protected boolean, ended_on date, is_whole boolean
) ON COMMIT DROP;
CREATE TEMPORARY TABLE employed (
    employee_id varchar, unit_id bigint, title varchar, is_main boolean, is_manager boolean, start_on date, end_on date,
    PRIMARY KEY (employee_id, unit_id)
) ON COMMIT DROP;
CREATE TEMPORARY TABLE seen (employee_id varchar PRIMARY KEY) ON COMMIT DROP;
"""

# Those whom an import once brought, who are still employed and whom the file does not name.
MISSING = """
    source = 'import' AND (ended_on IS NULL OR ended_on >= %(today)s)
    AND NOT EXISTS (SELECT FROM seen WHERE seen.employee_id = kommun_employee.employee_id)
"""
COUNT_MISSING = f"""
SELECT count(*) FILTER (WHERE {MISSING}), count(*) FROM kommun_employee
WHERE source = 'import' AND (ended_on IS NULL OR ended_on >= %(today)s)
"""
END_MISSING = f"UPDATE kommun_employee SET ended_on = %(yesterday)s WHERE {MISSING}"

# A login may pass from one to another in the same file, and from those who have left to those who come.
RELEASE_LOGINS = """
UPDATE kommun_employee holder SET login = NULL FROM person
WHERE holder.login = person.login AND holder.employee_id <> person.employee_id AND holder.source = 'import'
"""
UPSERT = """
INSERT INTO kommun_employee AS stored (
    employee_id, uuid, password, login, email, given_name, family_name, sort_key, is_protected, is_superuser, ended_on,
    language, theme, source
)
SELECT employee_id, gen_random_uuid(), '!' || gen_random_uuid(), login, email, given_name, family_name, sort_key,
    is_protected, false, ended_on, 'sv', 'auto', 'import'
FROM person
ON CONFLICT (employee_id) DO UPDATE SET
    login = excluded.login, email = excluded.email, given_name = excluded.given_name,
    family_name = excluded.family_name, sort_key = excluded.sort_key, is_protected = excluded.is_protected,
    ended_on = excluded.ended_on, source = excluded.source
WHERE (stored.login, stored.email, stored.given_name, stored.family_name, stored.sort_key, stored.is_protected,
    stored.ended_on, stored.source)
IS DISTINCT FROM (excluded.login, excluded.email, excluded.given_name, excluded.family_name, excluded.sort_key,
    excluded.is_protected, excluded.ended_on, excluded.source)
RETURNING id, xmax = 0
"""

# Somebody whose identity becomes protected leaves no name behind in letters either.
BLANK_LETTERS = """
UPDATE kommun_letter SET address = '', subject = '', text = '', html = '',
    failed_at = CASE WHEN sent_at IS NULL THEN coalesce(failed_at, now()) END
FROM kommun_employee
WHERE kommun_employee.id = kommun_letter.employee_id AND kommun_employee.is_protected AND kommun_letter.address <> ''
"""

# Everything a person held ends with the employment, whoever laid it.
CLOSE_FORMER = """
WITH begun_after AS (
    DELETE FROM {table} held USING kommun_employee person
    WHERE person.id = held.employee_id AND person.ended_on < %(today)s AND held.from_on > person.ended_on
    RETURNING held.employee_id
), closed AS (
    UPDATE {table} held SET to_on = person.ended_on FROM kommun_employee person
    WHERE person.id = held.employee_id AND person.ended_on < %(today)s AND held.from_on <= person.ended_on
        AND (held.to_on IS NULL OR held.to_on > person.ended_on)
    RETURNING held.employee_id
)
SELECT employee_id FROM begun_after UNION SELECT employee_id FROM closed
"""

CURRENT = "(held.to_on IS NULL OR held.to_on >= %(today)s)"
# An employment is another one when the unit is another, or when it turns from main to second: history keeps both.
SAME_EMPLOYMENT = """
    employed.employee_id = whose.employee_id AND employed.unit_id = held.unit_id
    AND employed.is_main = held.is_main
"""
CLOSE_OTHERS = """
WITH gone AS (
    SELECT held.id FROM {table} held
    JOIN kommun_employee whose ON whose.id = held.employee_id
    JOIN person ON person.employee_id = whose.employee_id AND person.is_whole
    WHERE {current} AND {ours} AND NOT EXISTS (SELECT FROM employed WHERE {same})
), never_was AS (
    DELETE FROM {table} held USING gone WHERE gone.id = held.id AND held.from_on >= %(today)s RETURNING held.employee_id
), closed AS (
    UPDATE {table} held SET to_on = %(yesterday)s FROM gone WHERE gone.id = held.id AND held.from_on < %(today)s
    RETURNING held.employee_id
)
SELECT employee_id FROM never_was UNION SELECT employee_id FROM closed
"""
ALTER_EMPLOYMENTS = f"""
UPDATE kommun_employment held
SET title = employed.title,
    to_on = CASE WHEN employed.end_on IS NOT NULL THEN greatest(employed.end_on, held.from_on) END
FROM employed, kommun_employee whose
WHERE whose.id = held.employee_id AND {SAME_EMPLOYMENT} AND {CURRENT}
    AND (held.title, held.to_on) IS DISTINCT FROM
        (employed.title, CASE WHEN employed.end_on IS NOT NULL THEN greatest(employed.end_on, held.from_on) END)
RETURNING held.employee_id
"""
OPEN_EMPLOYMENTS = f"""
INSERT INTO kommun_employment (employee_id, unit_id, title, is_main, from_on, to_on)
SELECT opened.id, opened.unit_id, opened.title, opened.is_main, opened.from_on, opened.end_on FROM (
    SELECT whose.id, employed.*, CASE
        WHEN EXISTS (SELECT FROM kommun_employment earlier WHERE earlier.employee_id = whose.id)
            THEN greatest(employed.start_on, %(today)s)
        ELSE coalesce(employed.start_on, least(%(today)s, employed.end_on))
    END AS from_on
    FROM employed JOIN kommun_employee whose ON whose.employee_id = employed.employee_id
    JOIN person ON person.employee_id = employed.employee_id
    WHERE (person.is_whole OR NOT EXISTS (SELECT FROM kommun_employment any_ WHERE any_.employee_id = whose.id))
    AND NOT EXISTS (
        SELECT FROM kommun_employment held WHERE held.employee_id = whose.id AND {SAME_EMPLOYMENT} AND {CURRENT}
    )
) opened
WHERE opened.end_on IS NULL OR opened.end_on >= opened.from_on
RETURNING employee_id
"""

SAME_MANAGER = """
    employed.employee_id = whose.employee_id AND employed.unit_id = held.unit_id AND employed.is_manager
"""
ALTER_MANAGERS = f"""
UPDATE kommun_assignment held
SET to_on = CASE WHEN employed.end_on IS NOT NULL THEN greatest(employed.end_on, held.from_on) END
FROM employed, kommun_employee whose
WHERE whose.id = held.employee_id AND {SAME_MANAGER} AND {CURRENT} AND held.role = 'manager' AND held.source = 'import'
    AND held.to_on IS DISTINCT FROM
        CASE WHEN employed.end_on IS NOT NULL THEN greatest(employed.end_on, held.from_on) END
RETURNING held.employee_id
"""
# From today: a personnel system says since when somebody is employed, not since when that person is manager.
OPEN_MANAGERS = f"""
INSERT INTO kommun_assignment (employee_id, unit_id, role, source, from_on, to_on)
SELECT whose.id, employed.unit_id, 'manager', 'import', greatest(employed.start_on, %(today)s), employed.end_on
FROM employed JOIN kommun_employee whose ON whose.employee_id = employed.employee_id
WHERE employed.is_manager AND (employed.end_on IS NULL OR employed.end_on >= %(today)s)
    AND NOT EXISTS (
        SELECT FROM kommun_assignment held WHERE held.employee_id = whose.id AND held.unit_id = employed.unit_id
            AND held.role = 'manager' AND {CURRENT}
    )
RETURNING employee_id
"""
CLOSE_EMPLOYMENTS = CLOSE_OTHERS.format(table="kommun_employment", current=CURRENT, ours="true", same=SAME_EMPLOYMENT)
CLOSE_MANAGERS = CLOSE_OTHERS.format(
    table="kommun_assignment",
    current=CURRENT,
    ours="held.role = 'manager' AND held.source = 'import'",
    same=SAME_MANAGER,
)
# In this order: what ends makes room for what begins.
STATEMENTS = (
    CLOSE_EMPLOYMENTS,
    ALTER_EMPLOYMENTS,
    OPEN_EMPLOYMENTS,
    CLOSE_MANAGERS,
    ALTER_MANAGERS,
    OPEN_MANAGERS,
    CLOSE_FORMER.format(table="kommun_employment"),
    CLOSE_FORMER.format(table="kommun_assignment"),
)


def store(
    persons: list[tuple[Person, dt.date | None]],
    employments: list[tuple[object, ...]],
    *,
    seen: set[str],
    partly: set[str],
    today: dt.date,
    dry_run: bool,
    allow_ending_many: bool,
) -> dict[str, int]:
    """How many persons are new, changed, unchanged and ended. All or nothing; nothing on a dry run."""
    days = {"today": today, "yesterday": today - dt.timedelta(days=1)}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('kommun.imports.employees'))")
        cursor.execute(TABLES)
        _copy(cursor, "person", (_person_columns(person, last, partly) for person, last in persons))
        _copy(cursor, "employed", employments)
        _copy(cursor, "seen", ((employee_id,) for employee_id in seen))
        cursor.execute("ANALYZE person, employed, seen")
        cursor.execute(COUNT_MISSING, days)
        stop_if_many_would_end("employees", *cursor.fetchone(), allowed=allow_ending_many)
        counts = _run(cursor, days)
        transaction.set_rollback(dry_run)
    return {
        "new": counts["new"],
        "changed": counts["changed"],
        "unchanged": len(persons) - counts["new"] - counts["changed"],
        "ended": counts["ended"],
    }


def _person_columns(person: Person, last: dt.date | None, partly: set[str]) -> tuple[object, ...]:
    return (
        person.employee_id,
        person.login,
        person.email,
        person.given_name,
        person.family_name,
        person.sort_key,
        person.is_protected,
        last,
        person.employee_id not in partly,
    )


def _copy(cursor: Any, table: str, rows: Iterable[tuple[object, ...]]) -> None:
    with cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _run(cursor: Any, days: dict[str, dt.date]) -> dict[str, int]:
    """Runs every statement. A person counts as changed once, whatever changed: particulars, employment or role."""
    cursor.execute(f"{END_MISSING} RETURNING id", days)
    ended = {pk for (pk,) in cursor.fetchall()}
    cursor.execute(RELEASE_LOGINS)
    cursor.execute(UPSERT)
    upserted = cursor.fetchall()
    new = {pk for pk, is_new in upserted if is_new}
    touched = {pk for pk, _ in upserted}
    cursor.execute(BLANK_LETTERS)
    for statement in STATEMENTS:
        cursor.execute(statement, days)
        touched |= {pk for (pk,) in cursor.fetchall()}
    return {"new": len(new), "changed": len(touched - new - ended), "ended": len(ended)}
