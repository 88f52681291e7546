"""Every change that a machine can see through the API is told by the database, in the transaction that makes it.

`path` holds whom a change concerns: the unit in which it lay and those above, and 0 for whoever is bound to no unit.
What moves is gone (removed) only for those above its old place and not its new, and new only for those above its new.

Two transactions that do not see each other's rows could each leave to the other what neither tells. Therefore
- whoever writes rows below an initiative holds the initiative (as the roll-up asks too), or else the outcome itself,
  for which an initiative waits that comes into sight, goes out of it or moves;
- whoever changes what many show (a unit, a goal, an indicator) waits for those who tell, and they for it: one lock.
"""

from typing import Final

from django.db import migrations

REFERENCING: Final = {
    "INSERT": "NEW TABLE AS come",
    "UPDATE": "OLD TABLE AS gone NEW TABLE AS come",
    "DELETE": "OLD TABLE AS gone",
}
ALL: Final = ("INSERT", "UPDATE", "DELETE")
LOCK: Final = 0x544F4C44  # of those who tell

FUNCTIONS: Final = f"""
CREATE FUNCTION machines_see(state text) RETURNS boolean LANGUAGE sql IMMUTABLE
RETURN state NOT IN ('draft', 'declined', 'withdrawn');

CREATE FUNCTION parts_less(these bigint[], those bigint[]) RETURNS bigint[] LANGUAGE sql IMMUTABLE
RETURN ARRAY(SELECT unnest(these) EXCEPT SELECT unnest(those));

CREATE FUNCTION parts_common(these bigint[], those bigint[]) RETURNS bigint[] LANGUAGE sql IMMUTABLE
RETURN ARRAY(SELECT unnest(these) INTERSECT SELECT unnest(those));

CREATE FUNCTION wait_for_those_who_tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock({LOCK});
    IF TG_LEVEL = 'ROW' THEN RETURN NEW; END IF;
    RETURN NULL;
END $$;
"""
# Before a row is held: somebody who tells may be about to refer to it. A path alone is no key, so it can wait so long.
WAITING: Final = """
CREATE TRIGGER wait_for_those_who_tell BEFORE UPDATE OF code, name, kind, parent_id, ended_on ON kommun_unit
FOR EACH STATEMENT EXECUTE FUNCTION wait_for_those_who_tell();
CREATE TRIGGER wait_for_those_who_tell_of_a_path BEFORE UPDATE OF path ON kommun_unit
FOR EACH ROW WHEN (OLD.path <> NEW.path) EXECUTE FUNCTION wait_for_those_who_tell();
CREATE TRIGGER wait_for_those_who_tell BEFORE UPDATE ON initiatives_goal
FOR EACH STATEMENT EXECUTE FUNCTION wait_for_those_who_tell();
CREATE TRIGGER wait_for_those_who_tell BEFORE UPDATE ON initiatives_indicator
FOR EACH STATEMENT EXECUTE FUNCTION wait_for_those_who_tell();
"""
LET_IN: Final = f"PERFORM pg_advisory_xact_lock_shared({LOCK});"
HOLD: Final = "PERFORM FROM initiatives_initiative WHERE id = ANY (ARRAY({of})) ORDER BY id FOR NO KEY UPDATE;"


def each(name: str, columns: str, table: str, where: str) -> str:
    """The rows of `table` that belong to each row before. So these are looked up for those, and never those for these.

    Else it would hang on statistics, which know nothing yet of what is loaded in one transaction.
    """
    return f"JOIN LATERAL (SELECT {columns} FROM {table} WHERE {where} OFFSET 0) {name} ON true"


def place(unit: str) -> str:
    """The unit with its `path`, and whoever is bound to none."""
    return each("place", "path || 0::bigint AS path", "kommun_unit", f"id = {unit}")


def seen(initiative: str) -> str:
    """The initiative, if machines see it, with its place."""
    row = each(
        "initiative",
        "uuid, unit_id",
        "initiatives_initiative initiative",
        f"initiative.id = {initiative} AND machines_see(initiative.state)",
    )
    return f"{row} {place('initiative.unit_id')}"


def tell(rows: str) -> str:
    """Each once in a transaction. What is told again concerns all whom it did, and comes after what was told since."""
    return f"""
    INSERT INTO initiatives_change AS told (uuid, kind, subject, initiative, path)
    SELECT gen_random_uuid(), said.* FROM ({rows}) said (kind, subject, initiative, path) WHERE said.path <> '{{}}'
    ON CONFLICT (xact, subject, kind) DO UPDATE SET id = excluded.id, path = CASE
        WHEN told.path @> excluded.path THEN told.path
        ELSE ARRAY(SELECT DISTINCT unnest(told.path || excluded.path)) END;"""


def both(operation: str, columns: str) -> str:
    """The rows that went and those that came."""
    rows = {"INSERT": ["come"], "UPDATE": ["gone", "come"], "DELETE": ["gone"]}[operation]
    return " UNION ALL ".join(f"SELECT '{each}' AS side, {columns} FROM {each}" for each in rows)


# --- Initiatives --------------------------------------------------------------------------------------------------
def of_initiatives(operation: str) -> str:
    rows = f"SELECT * FROM ({both(operation, 'id, uuid, unit_id, origin_id, state')}) rows WHERE machines_see(state)"
    moved = f"""
        SELECT id, uuid, max(unit_id) FILTER (WHERE side = 'gone') AS old_unit,
            max(unit_id) FILTER (WHERE side = 'come') AS new_unit, max(origin_id) FILTER (WHERE side = 'come') AS origin
        FROM ({rows}) rows GROUP BY id, uuid
        HAVING max(unit_id) FILTER (WHERE side = 'gone') IS DISTINCT FROM max(unit_id) FILTER (WHERE side = 'come')
            OR max(origin_id) FILTER (WHERE side = 'gone') IS DISTINCT FROM max(origin_id) FILTER (WHERE side = 'come')
    """
    shifted = f"""
        SELECT moved.id, moved.uuid, parts_less(before, after) AS lost, parts_less(after, before) AS gained,
            CASE WHEN old_unit <> new_unit THEN after ELSE parts_less(after, before) END AS shown
        FROM ({moved}) moved
        LEFT JOIN kommun_unit here ON here.id = moved.old_unit LEFT JOIN kommun_unit there ON there.id = moved.new_unit,
        LATERAL (
            SELECT CASE WHEN here.id IS NULL THEN '{{}}' ELSE here.path || 0::bigint END AS before,
                CASE WHEN there.id IS NULL THEN '{{}}' ELSE there.path || 0::bigint END AS after
        ) paths
    """
    changed = f"""
        SELECT 'initiative.changed', come.uuid, come.uuid, place.path
        FROM come {place("come.unit_id")} WHERE machines_see(come.state)"""
    return f"""
    IF NOT EXISTS ({rows}) THEN RETURN NULL; END IF;
    {LET_IN}
    {"" if operation == "DELETE" else tell(changed)}
    IF NOT EXISTS ({moved}) THEN RETURN NULL; END IF;
    PERFORM FROM initiatives_initiative WHERE id = ANY (ARRAY(SELECT origin FROM ({moved}) moved))
    ORDER BY id FOR SHARE;
    PERFORM FROM initiatives_outcome WHERE initiative_id = ANY (ARRAY(SELECT id FROM ({moved}) moved))
    ORDER BY id FOR NO KEY UPDATE;
    {tell(f"SELECT 'initiative.removed', uuid, uuid, lost FROM ({shifted}) shifted")}
    {tell(consequences(shifted, "shown"))}
    {tell(indicators(shifted))}"""


def consequences(shifted: str, shown: str) -> str:
    """What else shows that `shifted` initiatives (id, lost, gained) have come or gone: outcomes, later initiatives."""
    outcomes = each("outcome", "uuid", "initiatives_outcome", "initiative_id = shifted.id")
    later = each("later", "uuid, unit_id", "initiatives_initiative", "origin_id = shifted.id AND machines_see(state)")
    return f"""
        SELECT kind, outcome.uuid, shifted.uuid, path FROM ({shifted}) shifted {outcomes},
        LATERAL (VALUES ('outcome.removed', lost), ('outcome.changed', {shown})) told (kind, path)
        UNION ALL
        SELECT 'initiative.changed', later.uuid, later.uuid, parts_common(place.path, lost || gained)
        FROM ({shifted}) shifted {later} {place("later.unit_id")}"""


def indicators(shifted: str) -> str:
    """Who sees no outcome of an indicator does not see it. Each is told once, to all whom any of its outcomes concern."""
    return f"""
        SELECT 'indicator.changed', indicator.uuid, NULL::uuid, array_agg(DISTINCT part)
        FROM (
            SELECT DISTINCT outcome.indicator_id, shifted.lost || shifted.gained AS path
            FROM ({shifted}) shifted {each("outcome", "indicator_id", "initiatives_outcome", "initiative_id = shifted.id")}
        ) used JOIN initiatives_indicator indicator ON indicator.id = used.indicator_id, unnest(used.path) part
        GROUP BY indicator.uuid"""


# --- Outcomes, and what lies below them ---------------------------------------------------------------------------
def of_outcomes(operation: str) -> str:
    columns = "id, uuid, initiative_id, indicator_id, is_primary, grade, verdict"
    rows = both(operation, columns)
    shown = f"outcome.uuid, initiative.uuid, place.path FROM {{rows}} outcome {seen('outcome.initiative_id')}"
    changed = f"SELECT 'outcome.changed', {shown.format(rows='come')}"
    removed = f"SELECT 'outcome.removed', {shown.format(rows='gone')}"
    differ = {
        what: f"(SELECT {what} FROM come EXCEPT SELECT {what} FROM gone) UNION ALL "
        f"(SELECT {what} FROM gone EXCEPT SELECT {what} FROM come)"
        if operation == "UPDATE"
        else f"SELECT {what} FROM ({rows}) rows"
        for what in ("id, initiative_id, indicator_id", "id, initiative_id, is_primary, grade, verdict")
    }
    used, deciding = differ.values()
    decided = f"""
        SELECT DISTINCT 'initiative.changed', initiative.uuid::text, initiative.uuid, place.path
        FROM ({deciding}) outcome {seen("outcome.initiative_id")} WHERE outcome.is_primary"""
    using = f"""
        SELECT 'indicator.changed', indicator.uuid, NULL::uuid, array_agg(DISTINCT part)
        FROM (
            SELECT DISTINCT outcome.indicator_id, place.path
            FROM ({used}) outcome {seen("outcome.initiative_id")}
        ) used JOIN initiatives_indicator indicator ON indicator.id = used.indicator_id, unnest(used.path) part
        GROUP BY indicator.uuid"""
    return f"""
    {"" if operation == "UPDATE" else HOLD.format(of=f"SELECT initiative_id FROM ({rows}) rows")}
    {LET_IN}
    {tell(removed) if operation == "DELETE" else tell(changed)}
    {tell(decided)}
    {tell(using)}"""


def below_outcomes(of: str) -> str:
    """`of` selects the outcomes whose values, or what else is below them, have changed."""
    outcomes = f"initiatives_outcome outcome WHERE outcome.id = ANY (ARRAY({of}))"
    holding = f"SELECT initiative_id FROM {outcomes}"
    changed = f"""
        SELECT 'outcome.changed', outcome.uuid, initiative.uuid, place.path
        FROM (SELECT uuid, initiative_id FROM {outcomes}) outcome {seen("outcome.initiative_id")}"""
    return f"""
    {HOLD.format(of=holding)}
    {LET_IN}
    {tell(changed)}"""


def of_values(operation: str) -> str:
    return below_outcomes(f"SELECT DISTINCT outcome_id FROM ({both(operation, 'outcome_id')}) rows")


def of_corrections(operation: str) -> str:
    corrected = f"SELECT DISTINCT measurement_id AS id FROM ({both(operation, 'measurement_id')}) rows"
    return below_outcomes(
        f"SELECT DISTINCT outcome_id FROM initiatives_measurement WHERE id = ANY (ARRAY({corrected}))"
    )


def of_overlaps(operation: str) -> str:
    claims = f"SELECT unnest(ARRAY[first_id, other_id]) FROM ({both(operation, 'first_id, other_id')}) rows"
    return below_outcomes(f"SELECT outcome_id FROM initiatives_claim WHERE id IN ({claims})")


# --- What many initiatives show -----------------------------------------------------------------------------------
def of_goals(operation: str) -> str:
    renamed = "SELECT id, code, name FROM come EXCEPT SELECT id, code, name FROM gone"
    changed = f"""
        SELECT 'initiative.changed', initiative.uuid, initiative.uuid, unit.path || 0::bigint
        FROM ({renamed}) goal JOIN initiatives_initiative initiative ON initiative.goal_id = goal.id
        JOIN kommun_unit unit ON unit.id = initiative.unit_id WHERE machines_see(initiative.state)"""
    return tell(changed)


def of_indicators(operation: str) -> str:
    shown = "id, uuid, name, unit_of_measure, direction"
    using = """JOIN initiatives_outcome outcome ON outcome.indicator_id = indicator.id
        JOIN initiatives_initiative initiative ON initiative.id = outcome.initiative_id
        JOIN kommun_unit unit ON unit.id = initiative.unit_id"""
    changed = f"""
        SELECT 'indicator.changed', used.uuid, NULL::uuid, array_agg(DISTINCT part)
        FROM (
            SELECT DISTINCT indicator.uuid, unit.path FROM come indicator {using} WHERE machines_see(initiative.state)
        ) used, unnest(used.path || 0::bigint) part GROUP BY used.uuid"""
    outcomes = f"""
        SELECT 'outcome.changed', outcome.uuid, initiative.uuid, unit.path || 0::bigint
        FROM (SELECT {shown} FROM come EXCEPT SELECT {shown} FROM gone) indicator {using}
        WHERE machines_see(initiative.state)"""
    return tell(changed) + tell(outcomes)


def of_units(operation: str) -> str:
    if operation == "DELETE":
        return tell("SELECT 'unit.removed', code, NULL::uuid, path || 0::bigint FROM gone")
    if operation == "INSERT":
        return tell("SELECT 'unit.changed', code, NULL::uuid, path || 0::bigint FROM come")
    shown = ("code", "name", "sort_key", "kind", "parent_id", "ended_on", "path")
    before = ", ".join(f"lag({each}) OVER pair AS old_{each}" for each in shown)
    columns = ", ".join(("id", *shown))
    changed = f"""
        SELECT * FROM (
            SELECT side, {columns}, {before} FROM ({both("UPDATE", columns)}) rows
            WINDOW pair AS (PARTITION BY id ORDER BY side DESC)
        ) rows WHERE side = 'come'
        AND ({", ".join(shown)}) IS DISTINCT FROM ({", ".join(f"old_{each}" for each in shown)})"""
    units = f"""
        SELECT kind, code, NULL::uuid, path FROM (
            SELECT 'unit.removed' AS kind, old_code AS code,
                CASE WHEN code = old_code THEN parts_less(old_path, path) ELSE old_path || 0::bigint END AS path
            FROM ({changed}) unit
            UNION ALL SELECT 'unit.changed', code, path || 0::bigint FROM ({changed}) unit
        ) told"""
    children = f"""
        SELECT 'unit.changed', child.code, NULL::uuid, child.path || 0::bigint
        FROM ({changed}) unit JOIN kommun_unit child ON child.parent_id = unit.id WHERE unit.code <> unit.old_code"""
    shifted = f"""
        SELECT initiative.id, initiative.uuid, parts_less(old_path, path) AS lost, parts_less(path, old_path) AS gained,
            CASE WHEN code <> old_code OR name <> old_name THEN path || 0::bigint ELSE parts_less(path, old_path) END
            AS named,
            CASE WHEN code <> old_code THEN path || 0::bigint ELSE parts_less(path, old_path) END AS coded
        FROM ({changed}) unit
        {each("initiative", "id, uuid", "initiatives_initiative", "unit_id = unit.id AND machines_see(state)")}"""
    initiatives = f"""
        SELECT told.kind, uuid, uuid, told.path FROM ({shifted}) shifted,
        LATERAL (VALUES ('initiative.removed', lost), ('initiative.changed', named)) told (kind, path)"""
    return f"""
    IF NOT EXISTS ({changed}) THEN RETURN NULL; END IF;
    {tell(units)}
    {tell(children)}
    {tell(initiatives)}
    {tell(consequences(shifted, "coded"))}
    {tell(indicators(shifted))}"""


TELLING: Final = (
    ("initiatives_initiative", ALL, of_initiatives),
    ("initiatives_outcome", ALL, of_outcomes),
    ("initiatives_measurement", ALL, of_values),
    ("initiatives_correction", ("INSERT",), of_corrections),
    ("initiatives_claim", ALL, of_values),
    ("initiatives_overlap", ALL, of_overlaps),
    ("initiatives_indicator", ("UPDATE",), of_indicators),
    ("initiatives_goal", ("UPDATE",), of_goals),
    ("kommun_unit", ALL, of_units),
)


def name_of(table: str, operation: str) -> str:
    """By their names, they come after those of the roll-up."""
    return f"tell_of_{table.partition('_')[2]}_{operation.lower()}"


def trigger(table: str, operation: str, body: str) -> str:
    """A connection keeps the first plan it makes, be it for one row or for thousands; going by an index suits both."""
    name = name_of(table, operation)
    return f"""
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
BEGIN {body}
    RETURN NULL;
END $$;
CREATE TRIGGER {name} AFTER {operation} ON {table} REFERENCING {REFERENCING[operation]}
FOR EACH STATEMENT EXECUTE FUNCTION {name}();"""


EACH: Final = [(table, operation, body) for table, operations, body in TELLING for operation in operations]
UNDO: Final = "\n".join(
    [
        *(
            f"DROP TRIGGER {name_of(table, operation)} ON {table}; DROP FUNCTION {name_of(table, operation)}();"
            for table, operation, _body in EACH
        ),
        "DROP FUNCTION wait_for_those_who_tell() CASCADE; DROP FUNCTION machines_see(text);",
        "DROP FUNCTION parts_less(bigint[], bigint[]); DROP FUNCTION parts_common(bigint[], bigint[]);",
    ]
)


class Migration(migrations.Migration):
    dependencies = [("initiatives", "0019_soil_targets")]
    operations = [
        migrations.RunSQL(
            FUNCTIONS
            + WAITING
            + "\n".join(trigger(table, operation, body(operation)) for table, operation, body in EACH),
            UNDO,
        )
    ]
