"""Writing down what happened, in the transaction in which it happens. What other systems read is `Change`."""

import datetime as dt
from typing import Any
from uuid import UUID

from initiatives.models import Event, Initiative
from kommun.models import ApiClient, Employee


def record(
    kind: str,
    initiative: Initiative,
    *,
    at: dt.datetime,
    subject: UUID | None = None,
    by: Employee | None = None,
    client: ApiClient | None = None,
    **data: Any,
) -> None:
    """Adds one event, such as "initiative.approve". `subject` is what it is about, if not the initiative itself."""
    Event.objects.create(
        kind=kind, initiative=initiative, at=at, subject=subject or initiative.uuid, by=by, client=client, data=data
    )
