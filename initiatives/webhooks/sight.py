"""What a client may be told of: what its scopes let it read, within its part of the organisation. As SQL, over many.

It says the same as the API's resources do when they are read.
"""

from typing import Any, Final

from initiatives.workflow import PRIVATE_STATES, QUIET_STATES

MANAGE: Final = "webhooks:manage"
READS_INITIATIVES: Final = ("initiatives:read",)
READS_THE_REST: Final = ("metrics:read", "initiatives:read")  # units and indicators
SEEN_BY_NONE: Final = sorted(state.value for state in PRIVATE_STATES | QUIET_STATES)

IS_IN_USE: Final = """
client.ended_at IS NULL AND string_to_array(client.allowed_scopes, ' ') @> ARRAY[%(manage)s]::text[]
"""
# An indicator lies in no unit: it is seen by those who see an outcome that uses it.
MAY_SEE: Final = """
string_to_array(client.allowed_scopes, ' ') && (
    CASE WHEN split_part(change.kind, '.', 1) IN ('initiative', 'outcome')
        THEN %(reads_initiatives)s ELSE %(reads_the_rest)s END
)::text[]
AND CASE
    WHEN split_part(change.kind, '.', 1) <> 'indicator'
        THEN client.unit_id IS NULL OR change.path @> ARRAY[client.unit_id]
    ELSE EXISTS (
        SELECT FROM initiatives_indicator AS indicator
        JOIN initiatives_outcome AS outcome ON outcome.indicator_id = indicator.id
        JOIN initiatives_initiative AS initiative ON initiative.id = outcome.initiative_id
        LEFT JOIN kommun_unit AS unit ON unit.id = initiative.unit_id
        WHERE indicator.uuid::text = change.subject AND initiative.state <> ALL (%(seen_by_none)s)
            AND (client.unit_id IS NULL OR unit.path @> ARRAY[client.unit_id])
    )
END
"""
PARAMETERS: Final[dict[str, Any]] = {
    "manage": MANAGE,
    "reads_initiatives": list(READS_INITIATIVES),
    "reads_the_rest": list(READS_THE_REST),
    "seen_by_none": SEEN_BY_NONE,
}
