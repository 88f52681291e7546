"""The text of the summaries: how cells of the roll-up are summed by place, and what folding and moving add to them."""

from collections.abc import Iterable
from typing import Final

from initiatives.migrations._facts import FIGURES, KEY, SCALARS, SUMS, ZEROS

ONE_AT_A_TIME: Final = 0x524F4C  # the key of the advisory lock of those who fold, mend and move
SEEN: Final = "'proposed', 'returned', 'underway', 'paused', 'measuring', 'concluded'"  # by every reader
DIMENSIONS: Final = ("month", "indicator_id", "goal_id", "kind", "ending", "grade")
PLACE: Final = ("place", "is_own", "grain", *DIMENSIONS)
# A grain, whether it holds counts only, and what of the dimensions it keeps; of a year its first day is the month.
GRAINS: Final = (
    (1, True, ("kind", "grade")),
    (2, True, ("month", "kind", "grade")),
    (3, False, ("month",)),
    (4, False, ("month", "kind")),
    (5, False, ("month", "ending")),
    (6, False, ("month", "grade")),
    (7, False, ("month", "goal_id")),
    (8, False, ("month", "indicator_id")),
    (9, False, ("month", "indicator_id", "grade")),
    (10, False, ("year",)),
    (11, False, ("year", "kind")),
    (12, False, ("year", "ending")),
    (13, False, ("year", "grade")),
    (14, False, ("year", "goal_id")),
    (15, False, ("year", "indicator_id")),
    (16, False, ("year", "indicator_id", "grade")),
)
# Of a unit's own there are those only that gather much in little: what else is asked of one unit is in its cells.
OWN: Final = (1, 2, 3, 6, 10, 11, 12, 13, 14, 15)
FUNCTIONS: Final = """
-- Where an initiative stands: the place of its count in an array of counts.
CREATE FUNCTION initiatives_standing(state text, ending text, grade int) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN CASE
    WHEN state <> 'concluded' THEN array_position(ARRAY['proposed', 'returned', 'underway', 'paused', 'measuring'], state) + 1
    WHEN ending = 'confirmed' THEN CASE WHEN grade < 4 THEN 7 WHEN grade = 4 THEN 8 ELSE 9 END
    WHEN ending = 'not_proven' THEN CASE WHEN grade < 2 THEN 11 ELSE 10 END
    WHEN ending = 'no_effect' THEN 12
    WHEN ending = 'worse' THEN 13
    ELSE CASE WHEN grade < 2 THEN 15 ELSE 14 END
END;

-- The counts of so many that are alike: in all, by standing and by grade (-1 is no outcome). None is no array.
CREATE FUNCTION initiatives_counts(number int, state text, ending text, grade int) RETURNS int[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    counts int[] := array_fill(0, ARRAY[22]);
BEGIN
    IF number = 0 THEN RETURN NULL; END IF;
    counts[1] := number;
    counts[initiatives_standing(state, ending, grade)] := number;
    counts[17 + grade] := number;
    RETURN counts;
END $$;
"""
EVERYWHERE: Final = 0
NO_OUTCOME: Final = -1
MEASURED: Final = ("measurements", "value_sum")  # of most cells all that there is
_TOGETHER: Final = (MEASURED, tuple(name for name in SCALARS if name not in MEASURED))
COUNTS: Final = ("initiatives", "outcomes")  # as arrays: in all, by standing, by grade
SLOTS: Final = (
    "true",
    *(f"cell.standing = {slot}" for slot in range(2, 16)),
    *(f"cell.grade = {grade}" for grade in range(NO_OUTCOME, 6)),
)
# Of each dimension its expression, and what stands for it where a grain does not keep it.
_CELL: Final = {
    "month": ("cell.month", "NULL::date"),
    "indicator_id": ("cell.indicator_id", "NULL::bigint"),
    "goal_id": ("cell.goal_id", "NULL::bigint"),
    "kind": ("cell.kind", "NULL::text"),
    "ending": ("CASE WHEN cell.is_primary THEN cell.ending ELSE '' END", "NULL::text"),
    "grade": ("cell.grade", "NULL::int"),
}
_YEAR: Final = "date_trunc('year', cell.month::timestamp)::date"


def listed(names: Iterable[str], form: str = "{}", by: str = ", ") -> str:
    return by.join(form.format(name) for name in names)


def sums(cells: str, targets: str) -> str:
    """What cells come to at the places that their units are counted in: of each target its places, and the sign.

    The counts, and in rows of their own all the rest. Units that are counted in the same places are summed first. Each
    grain is a query of its own: grouping by few columns is several times as fast as by all of them.
    """
    by_slot = ", ".join(
        f"ARRAY[{listed(SLOTS, f'coalesce(sum(cell.sign * cell.{figure}) FILTER (WHERE {{}}), 0)::int')}]"
        for figure in COUNTS
    )
    counts = f"{by_slot}, {listed('0' for _ in SCALARS)}"
    parts = [_of_grain(grain, counts, COUNTS) for grain in GRAINS]
    parts += [_of_grain(grain, _summed(figures), figures) for grain in GRAINS if not grain[1] for figures in _TOGETHER]
    return f"""
SELECT place.id, is_own, grain, {listed(DIMENSIONS)}, {listed(FIGURES)} FROM (
    WITH cell AS MATERIALIZED (
        SELECT target.places, target.is_own, target.sign, month, indicator_id, goal_id, is_primary, kind, ending,
            initiatives_standing(state, ending, grade) AS standing,
            CASE WHEN indicator_id IS NULL THEN {NO_OUTCOME} ELSE grade END AS grade, {listed(FIGURES)}
        FROM ({cells}) seen JOIN ({targets}) target (unit_id, places, is_own, sign) USING (unit_id)
        WHERE state IN ({SEEN})
    )
    {listed(parts, by=" UNION ALL ")}
) summed (places, is_own, grain, {listed((*DIMENSIONS, *FIGURES))}), unnest(places) AS place(id)"""


def _of_grain(grain: tuple[int, bool, tuple[str, ...]], figures: str, any_of: Iterable[str]) -> str:
    """The figures of cells that have any of some figures, by target and what the grain keeps."""
    number, _is_count, kept = grain
    columns = [_CELL[name][name not in kept] for name in DIMENSIONS]
    if "year" in kept:
        columns[0] = _YEAR
    group = [str(place) for place, column in enumerate(columns, 4) if not column.startswith("NULL")]
    given = " OR ".join(f"cell.{name} <> 0" for name in any_of)
    own = "" if number in OWN else " AND NOT cell.is_own"
    return f"""
    SELECT cell.places, cell.is_own, {number}, {", ".join(columns)}, {figures} FROM cell
    WHERE ({given}){own} GROUP BY 1, 2, {", ".join(group)}"""


def _summed(figures: Iterable[str]) -> str:
    """The sums of some figures; the others are nothing."""
    named = tuple(figures)
    scalars = ", ".join(f"sum(cell.sign * cell.{name})" if name in named else "0" for name in SCALARS)
    return f"NULL::int[], NULL::int[], {scalars}"


def gathered(rows: str) -> str:
    """The sums of rows by what they are figures of. What comes to nothing is left out."""
    counts = ", ".join(
        f"CASE WHEN count({figure}) > 0 THEN {by_place(f'coalesce(sum({figure}[{{}}]), 0)::int')} END"
        for figure in COUNTS
    )
    return f"""
SELECT * FROM (
    SELECT {listed(PLACE)}, {counts}, {listed(SCALARS, "sum({})")}
    FROM ({rows}) rows ({listed((*PLACE, *FIGURES))}) GROUP BY {listed(PLACE)}
) sums ({listed((*PLACE, *FIGURES))}) WHERE NOT ({is_nothing("sums")})"""


def by_place(form: str) -> str:
    """An array of counts, each in the given form, which is given its place in the array."""
    return f"ARRAY[{listed((str(place) for place in range(1, len(SLOTS) + 1)), form)}]"


def is_nothing(row: str) -> str:
    counts = listed(COUNTS, f"coalesce(0 = ALL ({row}.{{}}), true)", " AND ")
    return f"{counts} AND ({listed(SCALARS, row + '.{}')}) = ({listed('0' for _ in SCALARS)})"


def put(sums: str) -> str:
    """Adds sums to the summaries that they belong to; the ids, and which of them have come to nothing."""
    counts = ", ".join(
        f"{figure} = CASE WHEN excluded.{figure} IS NULL THEN kept.{figure} WHEN kept.{figure} IS NULL "
        f"THEN excluded.{figure} ELSE {by_place(f'kept.{figure}[{{0}}] + excluded.{figure}[{{0}}]')} END"
        for figure in COUNTS
    )
    return f"""
INSERT INTO initiatives_summary AS kept ({listed((*PLACE, *FIGURES))}) {sums}
ON CONFLICT (grain, place, is_own, indicator_id, goal_id, kind, ending, grade, month)
DO UPDATE SET {counts}, {listed(SCALARS, "{0} = kept.{0} + excluded.{0}")}
RETURNING id, {is_nothing("kept")} AS is_nothing"""


# Sums are made by hashing: sorting by nine columns, some of them words, takes ten times as long. Compiling so many
# expressions takes longer than to evaluate them for the changes of a minute.
SAME: Final = " AND ".join(f"cell.{name} IS NOT DISTINCT FROM changed.{name}" for name in KEY)
CHANGES: Final = "SELECT * FROM taken WHERE is_change"
CELLS: Final = "SELECT * FROM initiatives_rollup WHERE NOT is_change"
MOVED: Final = "SELECT * FROM initiatives_rollup WHERE NOT is_change AND unit_id IN (SELECT unit_id FROM moves)"
_LESS: Final = [f"CASE WHEN {figure} IS NOT NULL THEN {by_place(f'-{figure}[{{}}]')} END" for figure in COUNTS]
LESS: Final = f"SELECT {listed(PLACE)}, {listed(_LESS)}, {listed(SCALARS, '-{}')} FROM initiatives_summary"
# Each unit is counted as its own, below each unit above it, and everywhere.
TREE: Final = f"""
SELECT id, ARRAY[id], true, 1 FROM kommun_unit
UNION ALL SELECT id, array_append(array_remove(path, id), {EVERYWHERE}::bigint), false, 1 FROM kommun_unit"""
# A cell that has changed is taken away with its changes, and their sum is put back unless it is nothing.
FOLD: Final = f"""
CREATE FUNCTION initiatives_fold() RETURNS bigint LANGUAGE plpgsql SET enable_sort = off SET jit = off AS $$
DECLARE
    changes bigint;
    nothing bigint[];
BEGIN
    IF NOT pg_try_advisory_xact_lock({ONE_AT_A_TIME}) THEN RETURN 0; END IF;
    WITH changed AS (
        SELECT DISTINCT {listed(KEY)} FROM initiatives_rollup WHERE is_change
    ),
    taken AS (
        DELETE FROM initiatives_rollup cell USING changed
        WHERE cell.unit_id = changed.unit_id AND cell.month = changed.month AND {SAME} RETURNING cell.*
    ),
    kept AS (
        INSERT INTO initiatives_rollup ({listed((*KEY, *FIGURES))}, is_change)
        SELECT {listed(KEY)}, {SUMS}, false FROM taken GROUP BY {listed(KEY)} HAVING ({SUMS}) <> ({ZEROS})
    ),
    put AS ({put(gathered(sums(CHANGES, TREE)))})
    SELECT (SELECT count(*) FROM taken WHERE is_change), (SELECT array_agg(id) FROM put WHERE is_nothing)
    INTO changes, nothing;
    DELETE FROM initiatives_summary WHERE id = ANY (nothing);
    RETURN changes;
END $$;
"""
# What the summaries lack of what the folded cells give (or, below zero, have too much of).
LACK: Final = f"CREATE VIEW initiatives_summary_lack AS {gathered(f'{sums(CELLS, TREE)} UNION ALL {LESS}')};"
MEND: Final = f"""
CREATE FUNCTION initiatives_mend_summaries() RETURNS bigint LANGUAGE plpgsql SET enable_sort = off SET jit = off AS $$
DECLARE
    mended bigint;
    nothing bigint[];
BEGIN
    PERFORM pg_advisory_xact_lock({ONE_AT_A_TIME});
    WITH put AS ({put("SELECT * FROM initiatives_summary_lack")})
    SELECT count(*), array_agg(id) FILTER (WHERE is_nothing) FROM put INTO mended, nothing;
    DELETE FROM initiatives_summary WHERE id = ANY (nothing);
    RETURN mended;
END $$;
"""
# What moved units hold goes with them: away from what they no longer stand below, to what they stand below now. Whoever
# folds meanwhile is waited for, so that what it adds by the former tree moves as well; nobody folds until this is done.
MOVE: Final = f"""
CREATE FUNCTION move_summaries_with_units() RETURNS trigger LANGUAGE plpgsql SET enable_sort = off SET jit = off AS $$
DECLARE
    nothing bigint[];
BEGIN
    IF NOT EXISTS (SELECT FROM gone JOIN come USING (id) WHERE gone.path <> come.path) THEN RETURN NULL; END IF;
    PERFORM pg_advisory_xact_lock({ONE_AT_A_TIME});
    WITH moves (unit_id, places, is_own, sign) AS (
        SELECT come.id, ARRAY(SELECT unnest(gone.path) EXCEPT SELECT unnest(come.path)), false, -1
        FROM gone JOIN come USING (id) WHERE gone.path <> come.path
        UNION ALL
        SELECT come.id, ARRAY(SELECT unnest(come.path) EXCEPT SELECT unnest(gone.path || come.id)), false, 1
        FROM gone JOIN come USING (id) WHERE gone.path <> come.path
    ),
    put AS ({put(gathered(sums(MOVED, "SELECT * FROM moves")))})
    SELECT array_agg(id) FROM put WHERE is_nothing INTO nothing;
    DELETE FROM initiatives_summary WHERE id = ANY (nothing);
    RETURN NULL;
END $$;
CREATE TRIGGER summaries_move_with_units AFTER UPDATE ON kommun_unit REFERENCING OLD TABLE AS gone NEW TABLE AS come
FOR EACH STATEMENT EXECUTE FUNCTION move_summaries_with_units();
"""
SUMMARIES: Final = FUNCTIONS + FOLD + LACK + MEND + MOVE
UNDO: Final = """
DROP TRIGGER summaries_move_with_units ON kommun_unit;
DROP FUNCTION move_summaries_with_units(), initiatives_mend_summaries(), initiatives_fold();
DROP VIEW initiatives_summary_lack;
DROP FUNCTION initiatives_counts(int, text, text, int), initiatives_standing(text, text, int);
"""
