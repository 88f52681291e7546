"""What a client may be told of: what its scopes let it read, within its part of the organisation. As SQL, over many.

It says the same as the API's resources do when they are read.
"""

from typing import Any, Final

from initiatives.models.change import EVERYWHERE

MANAGE: Final = "webhooks:manage"
READS_INITIATIVES: Final = ("initiatives:read",)
READS_THE_REST: Final = ("metrics:read", "initiatives:read")  # units and indicators

IS_IN_USE: Final = """
client.ended_at IS NULL AND string_to_array(client.allowed_scopes, ' ') @> ARRAY[%(manage)s]::text[]
"""
# Its path says whom a change concerns: units, and EVERYWHERE for clients that are bound to none (see Change).
MAY_SEE: Final = f"""
string_to_array(client.allowed_scopes, ' ') && (
    CASE WHEN split_part(change.kind, '.', 1) IN ('initiative', 'outcome')
        THEN %(reads_initiatives)s ELSE %(reads_the_rest)s END
)::text[]
AND change.path @> ARRAY[coalesce(client.unit_id, {EVERYWHERE})]
"""
PARAMETERS: Final[dict[str, Any]] = {
    "manage": MANAGE,
    "reads_initiatives": list(READS_INITIATIVES),
    "reads_the_rest": list(READS_THE_REST),
}
