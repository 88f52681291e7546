"""Getting the initiative that a page is about. What may not be seen is not found."""

import uuid

from django.shortcuts import get_object_or_404

from initiatives.models import Initiative, Outcome
from initiatives.pages.visit import Visit


def fetch(visitor: Visit, public_id: uuid.UUID) -> Initiative:
    """The initiative with what every page of it shows. Three queries; raises Http404."""
    seen = Initiative.objects.visible_to(visitor.person, on=visitor.today)
    rows = seen.select_related("unit", "owner", "decider", "goal").prefetch_related("co_driver_rows__employee")
    return get_object_or_404(rows, uuid=public_id)


def fetch_outcome(initiative: Initiative, public_id: str = "") -> Outcome:
    """The outcome that was asked for, else the primary one; raises Http404 when there is none."""
    outcomes = initiative.outcomes.select_related("indicator")
    wanted = {"uuid": _uuid(public_id)} if public_id else {"is_primary": True}
    outcome = get_object_or_404(outcomes, **wanted)
    outcome.initiative = initiative
    return outcome


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
