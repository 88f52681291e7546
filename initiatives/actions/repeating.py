"""A request that is sent again under the key of an earlier one is answered as that was, and not done again."""

import datetime as dt
from collections.abc import Mapping
from typing import Final

from django.db import connection

from initiatives.models import KeptAnswer
from kommun.models import ApiClient

KEPT_FOR: Final = dt.timedelta(hours=24)


class UnderWay(Exception):
    """The earlier request is being done at this moment."""


class OtherRequest(Exception):
    """The key was used for a request that was not the same."""


def answer_of(client: ApiClient, key: str, fingerprint: str, *, now: dt.datetime) -> KeptAnswer | None:
    """What the client's request with this key was answered; None when it has to be done.

    Then the key is held until the transaction ends: call this inside the one in which the request is done, and `keep`
    its answer there. So work and answer are kept both or neither, and of two at once one does the work. Raises
    UnderWay and OtherRequest. Two queries, the second of which sees what was done before the key was free.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, %s))", [key, client.pk])
        if not cursor.fetchone()[0]:
            raise UnderWay
    kept = KeptAnswer.objects.filter(client=client, key=key, at__gt=now - KEPT_FOR).first()
    if kept is not None and kept.fingerprint != fingerprint:
        raise OtherRequest
    return kept


def keep(
    client: ApiClient,
    key: str,
    fingerprint: str,
    *,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    now: dt.datetime,
) -> None:
    """Keeps the answer for a day, in place of one that is older. One query."""
    answer = KeptAnswer(
        client=client, key=key, fingerprint=fingerprint, status=status, headers=dict(headers), body=body, at=now
    )
    KeptAnswer.objects.bulk_create(
        [answer],
        update_conflicts=True,
        unique_fields=["client", "key"],
        update_fields=["fingerprint", "status", "headers", "body", "at"],
    )


def forget_answers(*, now: dt.datetime) -> int:
    """Removes what has been kept for a day. One DELETE; how many."""
    return KeptAnswer.objects.filter(at__lte=now - KEPT_FOR).delete()[0]
