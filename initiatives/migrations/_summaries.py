"""The text of the summaries: how cells of the roll-up are summed by place, and what folding and moving add to them."""

from collections.abc import Iterable
from typing import Final

from initiatives.migrations._facts import FIGURES, KEY, SCALARS, SUMS, ZEROS

ONE_AT_A_TIME: Final = 0x524F4C  # the key of the advisory lock of those who fold, mend and move
SEEN: Final = "'proposed', 'returned', 'underway', 'paused', 'measuring', 'concluded'"  # by every reader
DIMENSIONS: Final = ("month", "indicator_id", "goal_id", "kind", "ending", "grade")
PLACE: Final = ("place", "is_whole", "grain", *DIMENSIONS)
# A grain, whether it holds counts only, and what of the dimensions it keeps.
GRAINS: Final = (
    (1, True, ("kind", "grade")),
    (2, True, ("month", "kind", "grade")),
    (3, False, ("month",)),
    (4, False, ("month", "kind")),
    (5, False, ("month", "ending")),
    (6, False, ("month", "grade")),
    (7, False, ("month", "goal_id")),
    (8, False, ("month", "indicator_id")),
)
STANDING: Final = """CASE
    WHEN state <> 'concluded' THEN array_position(ARRAY['proposed', 'returned', 'underway', 'paused', 'measuring'], state) + 1
    WHEN ending = 'confirmed' THEN CASE WHEN grade < 4 THEN 7 WHEN grade = 4 THEN 8 ELSE 9 END
    WHEN ending = 'not_proven' THEN CASE WHEN grade < 2 THEN 11 ELSE 10 END
    WHEN ending = 'no_effect' THEN 12
    WHEN ending = 'worse' THEN 13
    ELSE CASE WHEN grade < 2 THEN 15 ELSE 14 END
END"""
NO_OUTCOME: Final = -1
COUNTS: Final = ("initiatives", "outcomes")  # as arrays: in all, by standing, by grade
SLOTS: Final = (
    "true",
    *(f"cell.standing = {slot}" for slot in range(2, 16)),
    *(f"cell.grade = {grade}" for grade in range(NO_OUTCOME, 6)),
)
_CELL: Final = {
    "month": "cell.month",
    "indicator_id": "cell.indicator_id",
    "goal_id": "cell.goal_id",
    "kind": "cell.kind",
    "ending": "CASE WHEN cell.is_primary THEN cell.ending ELSE '' END",
    "grade": "cell.grade",
}
_GRAINS: Final = ", ".join(
    f"({number}, {is_count}, {', '.join(str(name in kept) for name in DIMENSIONS)})"
    for number, is_count, kept in GRAINS
).lower()


def listed(names: Iterable[str], form: str = "{}", by: str = ", ") -> str:
    return by.join(form.format(name) for name in names)


def own(cells: str) -> str:
    """The figures of cells by unit and grain, as the unit's own: the counts, and in rows of their own all the rest."""
    of_cell = ", ".join(f"CASE WHEN grain.{name} THEN {column} END" for name, column in _CELL.items())
    group = ", ".join(str(number) for number in range(1, len(DIMENSIONS) + 3))
    by_slot = ", ".join(
        f"ARRAY[{listed(SLOTS, f'coalesce(sum(cell.{figure}) FILTER (WHERE {{}}), 0)::int')}]" for figure in COUNTS
    )
    return f"""
WITH cell AS (
    SELECT unit_id, month, indicator_id, goal_id, is_primary, kind, ending, {STANDING} AS standing,
        CASE WHEN indicator_id IS NULL THEN {NO_OUTCOME} ELSE grade END AS grade, {listed(FIGURES)}
    FROM ({cells}) seen WHERE state IN ({SEEN})
),
grain (number, is_count, {listed(DIMENSIONS)}) AS (VALUES {_GRAINS})
SELECT cell.unit_id, grain.number, {of_cell}, {by_slot}, {listed("0" for _ in SCALARS)}
FROM cell CROSS JOIN grain WHERE cell.initiatives <> 0 OR cell.outcomes <> 0 GROUP BY {group}
UNION ALL
SELECT cell.unit_id, grain.number, {of_cell}, NULL, NULL, {listed(SCALARS, "sum(cell.{})")}
FROM cell JOIN grain ON NOT grain.is_count
WHERE ({listed(SCALARS, "cell.{}")}) <> ({listed("0" for _ in SCALARS)}) GROUP BY {group}"""


def up_the_tree(owned: str) -> str:
    """The same at every place that they belong to: the unit itself, it and all above it as a whole, everywhere."""
    return f"""
SELECT place.id, place.is_whole, own.grain, {listed(DIMENSIONS, "own.{}")}, 1, {listed(FIGURES, "own.{}")}
FROM ({owned}) own (unit_id, grain, {listed((*DIMENSIONS, *FIGURES))})
JOIN kommun_unit unit ON unit.id = own.unit_id
CROSS JOIN LATERAL (
    SELECT own.unit_id, false UNION ALL SELECT above.id, true FROM unnest(unit.path) above(id) UNION ALL SELECT 0, true
) AS place(id, is_whole)"""


def gathered(rows: str) -> str:
    """The sums of signed rows by what they are figures of. What comes to nothing is left out."""
    counts = ", ".join(
        f"CASE WHEN count({figure}) > 0 THEN {by_place(f'coalesce(sum(sign * {figure}[{{}}]), 0)::int')} END"
        for figure in COUNTS
    )
    return f"""
SELECT * FROM (
    SELECT {listed(PLACE)}, {counts}, {listed(SCALARS, "sum(sign * {})")}
    FROM ({rows}) rows ({listed(PLACE)}, sign, {listed(FIGURES)}) GROUP BY {listed(PLACE)}
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
ON CONFLICT (grain, is_whole, place, indicator_id, goal_id, kind, ending, grade, month)
DO UPDATE SET {counts}, {listed(SCALARS, "{0} = kept.{0} + excluded.{0}")}
RETURNING id, {is_nothing("kept")} AS is_nothing"""


SAME: Final = " AND ".join(f"cell.{name} IS NOT DISTINCT FROM changed.{name}" for name in KEY)
CHANGES: Final = "SELECT * FROM taken WHERE is_change"
CELLS: Final = "SELECT * FROM initiatives_rollup WHERE NOT is_change"
KEPT: Final = f"SELECT {listed(PLACE)}, -1, {listed(FIGURES)} FROM initiatives_summary"
# A cell that has changed is taken away with its changes, and their sum is put back unless it is nothing.
FOLD: Final = f"""
CREATE FUNCTION initiatives_fold() RETURNS bigint LANGUAGE plpgsql AS $$
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
    put AS ({put(gathered(up_the_tree(own(CHANGES))))})
    SELECT (SELECT count(*) FROM taken WHERE is_change), (SELECT array_agg(id) FROM put WHERE is_nothing)
    INTO changes, nothing;
    DELETE FROM initiatives_summary WHERE id = ANY (nothing);
    RETURN changes;
END $$;
"""
# What the summaries lack of what the folded cells give (or, below zero, have too much of).
LACK: Final = f"CREATE VIEW initiatives_summary_lack AS {gathered(f'{up_the_tree(own(CELLS))} UNION ALL {KEPT}')};"
MEND: Final = f"""
CREATE FUNCTION initiatives_mend_summaries() RETURNS bigint LANGUAGE plpgsql AS $$
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
CREATE FUNCTION move_summaries_with_units() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    nothing bigint[];
BEGIN
    IF NOT EXISTS (SELECT FROM gone JOIN come USING (id) WHERE gone.path <> come.path) THEN RETURN NULL; END IF;
    PERFORM pg_advisory_xact_lock({ONE_AT_A_TIME});
    WITH moves (unit_id, place, sign) AS (
        SELECT come.id, above.id, -1 FROM gone JOIN come USING (id), unnest(gone.path) above(id)
        WHERE above.id <> ALL (come.path)
        UNION ALL
        SELECT come.id, above.id, 1 FROM gone JOIN come USING (id), unnest(come.path) above(id)
        WHERE above.id <> ALL (gone.path)
    ),
    moved AS (
        SELECT moves.place, true, own.grain, {listed(DIMENSIONS, "own.{}")}, moves.sign, {listed(FIGURES, "own.{}")}
        FROM moves JOIN initiatives_summary own ON own.place = moves.unit_id AND NOT own.is_whole
            AND own.grain BETWEEN 1 AND {len(GRAINS)}
    ),
    put AS ({put(gathered("SELECT * FROM moved"))})
    SELECT array_agg(id) FROM put WHERE is_nothing INTO nothing;
    DELETE FROM initiatives_summary WHERE id = ANY (nothing);
    RETURN NULL;
END $$;
CREATE TRIGGER summaries_move_with_units AFTER UPDATE ON kommun_unit REFERENCING OLD TABLE AS gone NEW TABLE AS come
FOR EACH STATEMENT EXECUTE FUNCTION move_summaries_with_units();
"""
UNDO: Final = """
DROP TRIGGER summaries_move_with_units ON kommun_unit;
DROP FUNCTION move_summaries_with_units(), initiatives_mend_summaries(), initiatives_fold();
DROP VIEW initiatives_summary_lack;
"""
