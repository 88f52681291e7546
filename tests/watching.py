"""What each client sees of the API, all of it, so that what it was told can be held against what became different."""

import json
from collections.abc import Iterable
from typing import Any

from initiatives.api.indicators import Indicators
from initiatives.api.initiatives import Initiatives
from initiatives.api.measurements import Measurements
from initiatives.api.outcomes import Outcomes
from initiatives.api.plans import text_of
from initiatives.api.shapes import ROOT
from initiatives.api.units import Units
from initiatives.models import Change, Measurement
from kommun.models import ApiClient, Unit
from kommun.statements import rows as rows_of

Seen = dict[tuple[str, str], Any]  # (kind of resource, identifier) → the object as the API shows it
LISTS: list[tuple[str, Any, str]] = [
    ("initiative", Initiatives, "id"),
    ("outcome", Outcomes, "id"),
    ("indicator", Indicators, "id"),
    ("unit", Units, "code"),
]


def a_client(unit: Unit | None = None, **columns: Any) -> ApiClient:
    made: ApiClient = ApiClient.objects.create(
        name="A mirror",
        client_type=ApiClient.CLIENT_CONFIDENTIAL,
        authorization_grant_type=ApiClient.GRANT_CLIENT_CREDENTIALS,
        unit=unit,
        hash_client_secret=False,
        **columns,
    )
    return made


def rows(view: Any, client: ApiClient) -> Any:
    """The rows that the list shows to `client`."""
    return view.visible(client)


def objects(view: Any, found: Any, root: str) -> list[Any]:
    """The rows as the API shows them, whatever the paging."""
    sql = text_of(found.values_list(view.shape.json()))
    return [json.loads(text) for (text,) in rows_of(sql, {ROOT: root})]


def seen_by(client: ApiClient, root: str = "") -> Seen:
    """Everything; an outcome together with its values. `root` is the API's address, for the links."""
    found: Seen = {}
    for resource, view, key in LISTS:
        found |= {(resource, each[key]): each for each in objects(view, rows(view, client), root)}
    for pk, uuid in rows(Outcomes, client).values_list("pk", "uuid"):
        if outcome := found.get(("outcome", str(uuid))):  # else it has come since
            outcome["values"] = objects(Measurements, Measurement.objects.filter(outcome=pk), root)
    return found


def told_to(client: ApiClient) -> set[tuple[str, str]]:
    """(kind of change, identifier)."""
    return set(Change.objects.told_to(client).values_list("kind", "subject"))


def differences(before: Seen, after: Seen) -> set[tuple[str, str]]:
    """What must be told to one who saw `before` and sees `after`. An indicator is never removed: it is not found."""
    gone = {
        (f"{resource}.{'changed' if resource == 'indicator' else 'removed'}", key)
        for resource, key in before.keys() - after.keys()
    }
    return gone | {
        (f"{resource}.changed", key) for (resource, key), each in after.items() if before.get((resource, key)) != each
    }


def subjects(told: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    return {(kind.partition(".")[0], key) for kind, key in told}
