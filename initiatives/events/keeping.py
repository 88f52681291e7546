"""How long changes are kept, and what becomes of their order when a backup is restored into another cluster."""

import datetime as dt
from typing import Final

from django.db import connection, transaction

from initiatives.models import Change

KEPT: Final = dt.timedelta(days=400)
_AT_ONCE: Final = 10_000


def forget(*, now: dt.datetime) -> int:
    """Takes away the oldest changes, in their order and never the latest of all; how many. Some at a time."""
    oldest = list(Change.objects.values_list("pk", "at")[: _AT_ONCE + 1])
    before = now - KEPT
    if not oldest or oldest[0][1] >= before:
        return 0
    kept = next((place for place, (_pk, at) in enumerate(oldest) if at >= before), len(oldest) - 1)
    gone = [pk for pk, _at in oldest[:kept]]
    Change.objects.filter(pk__in=gone).delete()
    return len(gone)


@transaction.atomic
def mend_numbers() -> int:
    """Moves below 1 the transaction numbers that this cluster has not come to yet; how many changes have moved.

    They are of the cluster that a backup was made of, and nothing new would be told before this one had come as far.
    What is moved keeps its order, and webhooks their places in it. Cursors given before are refused from then on.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FAR_AHEAD)
        found = cursor.fetchone()
        if found is None:
            return 0
        given = dict(zip(("last", "shift"), found, strict=True))
        cursor.execute("UPDATE initiatives_change SET xact = xact - %(shift)s WHERE id <= %(last)s", given)
        moved: int = cursor.rowcount
        cursor.execute(
            "UPDATE initiatives_webhook SET told_xact = told_xact - %(shift)s WHERE told_id <= %(last)s", given
        )
        return moved


# Shifted by so much that none comes to where another was: each number is told once with its subject, also on the way.
_FAR_AHEAD: Final = """
SELECT max(id), max(xact) - least(min(xact), 0) + 1 FROM initiatives_change
WHERE id <= (
    SELECT max(id) FROM initiatives_change WHERE xact >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint
) HAVING count(*) > 0
"""
