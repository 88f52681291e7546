"""A call by a client: who makes it and whether it may, in one statement; and its line in the audit log, in another.

Between the two, what the call changes carries its trace (`Change.trace`), and so do the messages that tell of it.
Both are written without waiting for the disk: a crash of the whole database server may lose the latest fraction of a
second of pace and log, and nothing else.
"""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from kommun import tracing
from kommun.models import ApiClient
from kommun.statements import rows

LONGEST_PATH: Final = 300  # of what the log keeps
MOST_REFUSED: Final = 100  # tokens in a minute that are written down: anybody can make them up
_MINUTE: Final = 60.0  # seconds


@dataclass(frozen=True)
class Call:
    """A call that is let in, or refused for its pace alone.

    `version` names the state of everything that `Change` tells of: while it is the same, so are the lists.
    """

    client: ApiClient
    scopes: frozenset[str]  # in the token, and still allowed to the client
    allowance: float  # calls left
    is_refused: bool
    version: str

    @property
    def seconds_to_wait(self) -> int:
        """Until there is a call again."""
        return max(1, math.ceil((1 - self.allowance) * _MINUTE / self.client.requests_per_minute))

    @property
    def limit_headers(self) -> dict[str, str]:
        """RateLimit header fields for HTTP (IETF draft): calls left, and seconds until all of them are back."""
        limit = self.client.requests_per_minute
        full = math.ceil((limit - self.allowance) * _MINUTE / limit)
        return {
            "RateLimit-Policy": f'"client";q={limit};w={int(_MINUTE)}',
            "RateLimit": f'"client";r={max(0, int(self.allowance))};t={full}',
        }


def call_by_token(token: str) -> Call | None:
    """The call that an opaque token of our own server makes; None for one that is unknown, expired or taken back."""
    return _call(_BY_TOKEN, {"checksum": hashlib.sha256(token.encode()).hexdigest()})


def call_by_client(client_id: str, scopes: str) -> Call | None:
    """The call of the client that a verified access token of another server names; None when there is none."""
    return _call(_BY_CLIENT, {"client_id": client_id, "scopes": scopes})


def _call(statement: str, given: Mapping[str, Any]) -> Call | None:
    given = {**given, "trace": tracing.current.get().id}
    for pk, key, unit, allowed, limit, name, asked, allowance, is_refused, tip, above, *_rest in rows(statement, given):
        client = ApiClient(
            pk=pk, uuid=key, unit_id=unit, allowed_scopes=allowed, requests_per_minute=limit,
            client_id=name,
        )  # fmt: skip
        scopes = frozenset(asked.split()) & frozenset(allowed.split())
        return Call(client, scopes, allowance, is_refused, f"{tip}.{above}")
    return None


def note(
    *, client: ApiClient | None, method: str, path: str, status: int, milliseconds: int, trace: str, address: str | None
) -> None:
    """Adds the call to the audit log. Of what no client made it keeps MOST_REFUSED a minute."""
    rows(
        _NOTE_REFUSED if client is None else _NOTE,
        {
            "client": None if client is None else client.pk,
            "method": method[:8],
            "path": path[:LONGEST_PATH].replace("\0", ""),
            "status": status,
            "milliseconds": milliseconds,
            "trace": trace,
            "address": address,
        },
    )


# The pace is a bucket that fills by requests_per_minute each minute, and that every call takes one from.
# What readers have seen is named by the last change that all transactions below have been decided about, and the ones
# that are seen above it: together they tell the whole of it, whatever commits out of order. By their UUIDs, since a
# restored backup gives the numbers that came after it again.
_CALL: Final = """
WITH known AS ({known}),
pace AS (
    INSERT INTO kommun_clientpace AS pace (client_id, allowance, counted_at, was_refused)
    SELECT id, requests_per_minute - 1, clock_timestamp(), false FROM known
    ON CONFLICT (client_id) DO UPDATE SET (allowance, was_refused, counted_at) = (
        SELECT filled.calls - (filled.calls >= 1)::int, filled.calls < 1, EXCLUDED.counted_at
        FROM (
            SELECT least(known.requests_per_minute, pace.allowance + known.requests_per_minute / 60.0
                * greatest(0, extract(epoch FROM EXCLUDED.counted_at - pace.counted_at))) AS calls
            FROM known
        ) filled
    )
    RETURNING allowance, was_refused
)
SELECT known.id, known.uuid, known.unit_id, known.allowed_scopes, known.requests_per_minute, known.client_id,
    known.scope, pace.allowance, pace.was_refused,
    (SELECT change.uuid FROM initiatives_change change WHERE change.xact < settled.xmin
        ORDER BY change.xact DESC, change.id DESC LIMIT 1),
    (SELECT md5(string_agg(change.uuid::text, ' ' ORDER BY change.id)) FROM initiatives_change change
        WHERE change.xact >= settled.xmin),
    set_config('synchronous_commit', 'off', true), set_config('framsteg.trace', %(trace)s, false)
FROM known CROSS JOIN pace
CROSS JOIN (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS xmin) settled
"""
_COLUMNS: Final = (
    "client.id, client.uuid, client.unit_id, client.allowed_scopes, client.requests_per_minute, client.client_id"
)
_LIVING: Final = "(client.ended_at IS NULL OR client.ended_at > clock_timestamp())"
_BY_TOKEN: Final = _CALL.format(
    known=f"""
    SELECT {_COLUMNS}, token.scope
    FROM oauth2_provider_accesstoken token JOIN kommun_apiclient client ON client.id = token.application_id
    WHERE token.token_checksum = %(checksum)s AND token.expires > clock_timestamp() AND {_LIVING}"""
)
_BY_CLIENT: Final = _CALL.format(
    known=f"""
    SELECT {_COLUMNS}, %(scopes)s::text AS scope
    FROM kommun_apiclient client WHERE client.client_id = %(client_id)s::text AND {_LIVING}"""
)
_NOTED: Final = """
INSERT INTO kommun_apicall (client_id, method, path, status, milliseconds, trace, address)
SELECT %(client)s::bigint, %(method)s, %(path)s, %(status)s::smallint, %(milliseconds)s::int, %(trace)s,
    %(address)s::inet
{on_condition}RETURNING set_config('synchronous_commit', 'off', true), set_config('framsteg.trace', '', false)
"""
_NOTE: Final = _NOTED.format(on_condition="")
_NOTE_REFUSED: Final = _NOTED.format(
    on_condition=f"""WHERE NOT EXISTS (
    SELECT FROM (
        SELECT at FROM kommun_apicall WHERE client_id IS NULL ORDER BY client_id, id DESC
        OFFSET {MOST_REFUSED - 1} LIMIT 1
    ) before WHERE before.at > clock_timestamp() - interval '1 minute'
)
"""
)
