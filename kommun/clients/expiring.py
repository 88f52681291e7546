"""What nobody can use any more is taken away: tokens that have expired, assertions that could not be used again, and
lines of the audit log that have been kept for as long as the installation says.
"""

import datetime as dt

from django.conf import settings
from django.db import connection

# Django's own delete() would fetch the rows first, to look for what hangs on them. Nothing does.
STATEMENTS = (
    "DELETE FROM oauth2_provider_accesstoken WHERE expires < %s",
    "DELETE FROM kommun_usedassertion WHERE expires_at < %s",
)
CALLS = "DELETE FROM kommun_apicall WHERE at < %s"


def take_away_expired(*, now: dt.datetime) -> int:
    """How many went. Three statements, however many there are."""
    kept_from = now - dt.timedelta(days=settings.API_LOG_DAYS)
    given = [*((statement, now) for statement in STATEMENTS), (CALLS, kept_from)]
    with connection.cursor() as cursor:
        return sum(cursor.execute(statement, [moment]).rowcount for statement, moment in given)
