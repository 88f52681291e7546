"""The text of the facts that the roll-up sums, and of the triggers that add them (see 0009, which this replaces).

A fact is a row joined to the rows above it. So a statement that changes rows of one table changes the figures by the
facts of the rows that came, less the facts of the rows that went, with the other tables as they are. One text gives
both those and the view `initiatives_fact`, which is the recount.
"""

from typing import Final

KEY: Final = ("unit_id", "month", "indicator_id", "goal_id", "is_primary", "kind", "state", "ending", "grade")
SCALARS: Final = (
    "measurements", "shifts", "value_sum", "shift_sum",
    "hours", "hours_confirmed", "hours_counted", "money", "money_confirmed", "money_counted",
)  # fmt: skip
FIGURES: Final = ("initiatives", "outcomes", *SCALARS)

COLUMNS: Final = ", ".join((*KEY, *FIGURES))
SUMS: Final = ", ".join(f"sum({figure})" for figure in FIGURES)
ZEROS: Final = ", ".join("0" for _ in FIGURES)

# What of a row counts, by the letter of its table. A change of anything else changes no figure.
COUNTED: Final = {
    "i": "SELECT id, unit_id, goal_id, kind, state, ending, "
    "date_trunc('month', coalesce(submitted_at, created_at) AT TIME ZONE 'Europe/Stockholm')::date AS month "
    "FROM {rows} WHERE unit_id IS NOT NULL",
    "o": "SELECT id, initiative_id, indicator_id, is_primary, grade, shift, "
    "date_trunc('month', latest_on::timestamp)::date AS month FROM {rows}",
    "m": "SELECT outcome_id, date_trunc('month', observed_on::timestamp)::date AS month, value "
    "FROM {rows} WHERE value IS NOT NULL",
    "c": "SELECT outcome_id, span.month::date AS month, (checked_at IS NOT NULL)::int AS is_checked, "
    "CASE kind WHEN 'hours' THEN amount ELSE 0 END AS hours, CASE kind WHEN 'money' THEN amount ELSE 0 END AS money, "
    "coalesce(counted_shares[span.number], 1) AS share "
    "FROM {rows}, generate_series(from_on::timestamp, to_on::timestamp, interval '1 month') "
    "WITH ORDINALITY AS span(month, number) WHERE kind IN ('hours', 'money') AND amount IS NOT NULL "
    "AND (NOT is_recurring OR stopped_on IS NULL OR span.month < date_trunc('month', stopped_on::timestamp))",
}
TABLES: Final = {
    "i": "initiatives_initiative",
    "o": "initiatives_outcome",
    "m": "initiatives_measurement",
    "c": "initiatives_claim",
}
JOINS: Final = {
    "i": "{i} i",
    "io": "{i} i JOIN {o} o ON o.initiative_id = i.id",
    "iom": "{i} i JOIN {o} o ON o.initiative_id = i.id JOIN {m} m ON m.outcome_id = o.id",
    "ioc": "{i} i JOIN {o} o ON o.initiative_id = i.id JOIN {c} c ON c.outcome_id = o.id",
}
NO_OUTCOME: Final = "NULL::bigint, i.goal_id, true, i.kind, i.state, i.ending, 0"
OF_OUTCOME: Final = "o.indicator_id, i.goal_id, o.is_primary, i.kind, i.state, i.ending, o.grade"
CONFIRMED: Final = "c.is_checked * (o.is_primary AND i.ending = 'confirmed')::int"
# Tables, month, the rest of the cell, and what is counted in it. Every initiative is counted without an outcome first;
# its primary outcome moves it to a cell of its own, so that each line hangs on the rows that it joins and on no others.
# What counts of an amount is rounded here, so that sums of it are the same in whatever order they are made.
FACTS: Final = (
    ("i", "i.month", NO_OUTCOME, {"initiatives": "1"}),
    ("io", "i.month", NO_OUTCOME, {"initiatives": "-o.is_primary::int"}),
    ("io", "i.month", OF_OUTCOME, {"initiatives": "o.is_primary::int", "outcomes": "1"}),
    (
        "io",
        "coalesce(o.month, i.month)",
        OF_OUTCOME,
        {"shifts": "(o.shift IS NOT NULL)::int", "shift_sum": "coalesce(o.shift, 0)"},
    ),
    ("iom", "m.month", OF_OUTCOME, {"measurements": "1", "value_sum": "m.value"}),
    (
        "ioc",
        "c.month",
        OF_OUTCOME,
        {
            "hours": "c.hours",
            "hours_confirmed": f"{CONFIRMED} * c.hours",
            "hours_counted": f"{CONFIRMED} * round(c.hours * c.share, 6)",
            "money": "c.money",
            "money_confirmed": f"{CONFIRMED} * c.money",
            "money_counted": f"{CONFIRMED} * round(c.money * c.share, 6)",
        },
    ),
)


REFERENCING: Final = {
    "INSERT": "NEW TABLE AS come",
    "UPDATE": "OLD TABLE AS gone NEW TABLE AS come",
    "DELETE": "OLD TABLE AS gone",
}


def facts(of: str = "") -> str:
    """The facts of all rows, or of the `changed` rows of one table, with the sign of each."""
    sources = {letter: f"({COUNTED[letter].format(rows=table)})" for letter, table in TABLES.items()}
    sign = f"{of}.sign * " if of else ""
    lines = []
    for tables, month, cell, counted in FACTS:
        if of in tables:
            joined = JOINS[tables].format(**sources | ({of: "changed"} if of else {}))
            figures = ", ".join(f"{sign}({counted[name]})" if name in counted else "0" for name in FIGURES)
            lines.append(f"SELECT i.unit_id, {month}, {cell}, {figures} FROM {joined}")
    return "\nUNION ALL ".join(lines)


def changed(letter: str, operation: str) -> str:
    """The rows that went and came, of those that count; none when nothing that counts was changed."""
    gone, come = (COUNTED[letter].format(rows=rows) for rows in ("gone", "come"))
    if operation == "UPDATE":
        gone, come = f"({gone} EXCEPT ALL {come})", f"({come} EXCEPT ALL {gone})"
    signed = {"INSERT": [(1, come)], "DELETE": [(-1, gone)], "UPDATE": [(-1, gone), (1, come)]}[operation]
    return " UNION ALL ".join(f"SELECT {sign} AS sign, rows.* FROM ({rows}) rows" for sign, rows in signed)


def hold(letter: str, rows: str) -> str:
    """Two who change rows of one initiative do not see each other's, so each would count with the other's as they were.

    So the later waits until the earlier is done, and the statement after this one sees what it did. Whoever changes the
    initiative itself holds it already.
    """
    if letter == "i":
        return ""
    of_outcome = "SELECT initiative_id FROM initiatives_outcome WHERE id IN (SELECT outcome_id FROM changed)"
    held = "SELECT initiative_id FROM changed" if letter == "o" else of_outcome
    return f"""
    PERFORM FROM initiatives_initiative WHERE id IN (WITH changed AS ({rows}) {held}) ORDER BY id FOR NO KEY UPDATE;
    IF NOT FOUND THEN RETURN NULL; END IF;"""


def trigger(letter: str, operation: str) -> str:
    """A connection keeps the first plan it makes, be it for one row or for thousands; looking up by index suits both."""
    name, rows = name_of(letter, operation), changed(letter, operation)
    return f"""
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN {hold(letter, rows)}
    INSERT INTO initiatives_rollup ({COLUMNS})
    WITH changed AS ({rows})
    SELECT {", ".join(KEY)}, {SUMS} FROM ({facts(letter)}) facts ({COLUMNS})
    GROUP BY {", ".join(KEY)} HAVING ({SUMS}) <> ({ZEROS});
    RETURN NULL;
END $$;
CREATE TRIGGER {name} AFTER {operation} ON {TABLES[letter]} REFERENCING {REFERENCING[operation]}
FOR EACH STATEMENT EXECUTE FUNCTION {name}();"""


def name_of(letter: str, operation: str) -> str:
    return f"roll_up_{TABLES[letter].removeprefix('initiatives_')}_{operation.lower()}"


LESS: Final = ", ".join((*KEY, *(f"-{figure}" for figure in FIGURES)))
VIEWS: Final = f"""
CREATE VIEW initiatives_fact ({COLUMNS}) AS {facts()};

-- What the roll-up lacks (or, below zero, has too much of). One statement sees facts and roll-up at the same moment.
CREATE VIEW initiatives_rollup_lack ({COLUMNS}) AS
SELECT {", ".join(KEY)}, {SUMS}
FROM (SELECT {COLUMNS} FROM initiatives_fact UNION ALL SELECT {LESS} FROM initiatives_rollup) both_of_them
GROUP BY {", ".join(KEY)} HAVING ({SUMS}) <> ({ZEROS});
"""
TRIGGERS: Final = "\n".join(
    trigger(letter, operation) for letter in TABLES for operation in ("INSERT", "UPDATE", "DELETE")
)
FILL: Final = f"""
INSERT INTO initiatives_rollup ({COLUMNS}, is_change)
SELECT {", ".join(KEY)}, {SUMS}, false FROM initiatives_fact GROUP BY {", ".join(KEY)} HAVING ({SUMS}) <> ({ZEROS});
"""
