"""The text of the triggers that say whose shares are to be reckoned anew, and that a share is no change of a claim."""

from typing import Final

# Only what is confirmed and checked pushes anything out.
COUNTS: Final = "claim.checked_at IS NOT NULL AND claim.amount IS NOT NULL"
SHARED: Final = f"""
SELECT id, indicator_id, unit_id, kind, unit_of_measure, from_on, to_on, amount, stopped_on
FROM {{}} claim WHERE {COUNTS}"""
DUE: Final = "INSERT INTO initiatives_sharesdue (indicator_id, kind, unit_of_measure) SELECT DISTINCT "
OF_CLAIM: Final = "claim.indicator_id, claim.kind, claim.unit_of_measure FROM initiatives_claim claim"
COLUMNS: Final = (
    "id, uuid, outcome_id, indicator_id, unit_id, kind, unit_of_measure, volume, unit_value, basis, is_recurring, "
    "is_hard, from_on, months, amount, amount_low, amount_high, checked_by_id, checked_at, stopped_on, created_by_id, created_at, "
    "updated_at"
)
# What gives reason, on which table, and which claims it is about.
REASONS: Final = (
    (
        "claim_insert",
        "initiatives_claim",
        "INSERT",
        f"indicator_id, kind, unit_of_measure FROM come claim WHERE {COUNTS}",
    ),
    (
        "claim_delete",
        "initiatives_claim",
        "DELETE",
        f"indicator_id, kind, unit_of_measure FROM gone claim WHERE {COUNTS}",
    ),
    (
        "claim_update",
        "initiatives_claim",
        "UPDATE",
        "indicator_id, kind, unit_of_measure FROM (({gone} EXCEPT {come}) UNION ALL ({come} EXCEPT {gone})) changed".format(
            gone=SHARED.format("gone"), come=SHARED.format("come")
        ),
    ),
    *(
        (
            f"overlap_{operation.lower()}",
            "initiatives_overlap",
            operation,
            f"{OF_CLAIM} JOIN {rows} settled ON claim.id IN (settled.first_id, settled.other_id) WHERE {COUNTS}",
        )
        for operation, rows in (("INSERT", "come"), ("UPDATE", "come"), ("DELETE", "gone"))
    ),
    (
        "initiative_update",
        "initiatives_initiative",
        "UPDATE",
        f"claim.indicator_id, claim.kind, claim.unit_of_measure FROM gone JOIN come USING (id) "
        "JOIN initiatives_outcome outcome ON outcome.initiative_id = gone.id "
        f"JOIN initiatives_claim claim ON claim.outcome_id = outcome.id WHERE gone.ending <> come.ending AND {COUNTS}",
    ),
    (
        "outcome_update",
        "initiatives_outcome",
        "UPDATE",
        f"{OF_CLAIM} JOIN gone ON gone.id = claim.outcome_id JOIN come ON come.id = gone.id "
        f"WHERE gone.is_primary <> come.is_primary AND {COUNTS}",
    ),
    (
        "unit_update",
        "kommun_unit",
        "UPDATE",
        f"{OF_CLAIM} JOIN gone ON gone.id = claim.unit_id JOIN come ON come.id = gone.id "
        f"WHERE gone.path <> come.path AND {COUNTS}",
    ),
)
REFERENCING: Final = {
    "INSERT": "NEW TABLE AS come",
    "UPDATE": "OLD TABLE AS gone NEW TABLE AS come",
    "DELETE": "OLD TABLE AS gone",
}


def trigger(name: str, table: str, operation: str, about: str) -> str:
    return f"""
CREATE FUNCTION shares_are_due_after_{name}() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    {DUE}{about};
    RETURN NULL;
END $$;
CREATE TRIGGER shares_are_due_after_{name} AFTER {operation} ON {table} REFERENCING {REFERENCING[operation]}
FOR EACH STATEMENT EXECUTE FUNCTION shares_are_due_after_{name}();"""


def dated(more: str) -> str:
    return f"""
DROP TRIGGER updated_at_never_runs_backwards ON initiatives_claim;
CREATE TRIGGER updated_at_never_runs_backwards BEFORE INSERT OR UPDATE{more} ON initiatives_claim
FOR EACH ROW EXECUTE FUNCTION keep_updated_at_moving_forward();
"""


TRIGGERS: Final = dated(f" OF {COLUMNS}") + "\n".join(trigger(*reason) for reason in REASONS)
FILL: Final = f"{DUE}{OF_CLAIM} WHERE {COUNTS};"
UNDO: Final = dated("") + "".join(
    f"DROP TRIGGER shares_are_due_after_{name} ON {table}; DROP FUNCTION shares_are_due_after_{name}();"
    for name, table, _operation, _about in REASONS
)
