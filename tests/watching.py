"""What each client sees of the API, all of it, so that what it was told can be held against what became different."""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

from initiatives.api.indicators import INDICATOR, Indicators
from initiatives.api.initiatives import INITIATIVE, Initiatives
from initiatives.api.measurements import MEASUREMENT
from initiatives.api.outcomes import OUTCOME, Outcomes
from initiatives.api.units import UNIT, Units
from initiatives.models import Change, Measurement
from kommun.models import ApiClient, Unit

Seen = dict[tuple[str, str], Any]  # (kind of resource, identifier) → the object as the API shows it
LISTS: list[tuple[str, Any, Any, str]] = [
    ("initiative", Initiatives, INITIATIVE, "id"),
    ("outcome", Outcomes, OUTCOME, "id"),
    ("indicator", Indicators, INDICATOR, "id"),
    ("unit", Units, UNIT, "code"),
]


def a_client(unit: Unit | None = None, **columns: Any) -> ApiClient:
    return ApiClient.objects.create(
        name="A mirror",
        client_type=ApiClient.CLIENT_CONFIDENTIAL,
        authorization_grant_type=ApiClient.GRANT_CLIENT_CREDENTIALS,
        unit=unit,
        hash_client_secret=False,
        **columns,
    )


def visible(view: Any, client: ApiClient) -> Any:
    """The rows that the view shows to `client`."""
    each = view()
    each.request = SimpleNamespace(user=client)
    return each.visible()


def seen_by(client: ApiClient) -> Seen:
    """Everything; an outcome together with its values."""
    found: Seen = {}
    for resource, view, shape, key in LISTS:
        for each in shape.rows(visible(view, client), ""):
            found[resource, str(each[key])] = each
    for pk, uuid in visible(Outcomes, client).values_list("pk", "uuid"):
        if outcome := found.get(("outcome", str(uuid))):  # else it has come since
            outcome["values"] = list(MEASUREMENT.rows(Measurement.objects.filter(outcome=pk).order_by("id"), ""))
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
    return gone | {(f"{resource}.changed", key) for (resource, key), each in after.items() if before.get((resource, key)) != each}


def subjects(told: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    return {(kind.partition(".")[0], key) for kind, key in told}
