"""/units: the organisation, as far as the client's own part of it reaches."""

from typing import Any, ClassVar, Final

from django.db.models import Case, CharField, F, Func, IntegerField, Subquery, Value, When

from initiatives.api import components, orders, paging, parameters
from initiatives.api.authentication import INITIATIVES_READ, METRICS_READ
from initiatives.api.listings import Filter, Listing, Single, query_of, samples_of
from initiatives.api.media import CSV, JSON
from initiatives.api.operations import Operation, fields_of
from initiatives.api.orders import Order
from initiatives.api.plans import Unseen
from initiatives.api.shapes import Field, Shape, Way, in_a_path
from initiatives.api.views import Rows
from kommun.models import ApiClient, Unit

_DEPTH: Final = Func(F("path"), function="cardinality", output_field=IntegerField())
UNIT: Final = Shape(
    "Unit",
    "A unit of the organisation, in today's tree.",
    [
        Field("code", "code", components.text("The master data's own identifier.", "BYGG-1")),
        Field("name", "name", components.text("Its name.", "Bygglovsenheten")),
        Field("kind", "kind", components.choice("What kind of unit it is.", [*reversed(Unit.Kind.values)])),
        Field(
            "parentCode",
            "seen_parent",
            components.text("The unit above; null at the top of what you may see.", "BYGG", nullable=True),
        ),
        Field("level", _DEPTH, components.integer("How deep in the tree it is; the municipality is 1.", 3)),
        Field(
            "endedOn",
            "ended_on",
            components.day("Its last day; null while it is open.", "2027-12-31", nullable=True),
        ),
    ],
    ways=[
        Way("self", "self", ("/units/", in_a_path("code")), "This unit.", "/units/BYGG-1"),
        Way(
            "initiatives",
            "related",
            ("/initiatives?unit=", in_a_path("code")),
            "What is tried in it and below it.",
            "/initiatives?unit=BYGG-1",
        ),
        Way(
            "metrics",
            "related",
            ("/metrics?unit=", in_a_path("code")),
            "What it came to.",
            "/metrics?unit=BYGG-1",
        ),
    ],
)
IN_SWEDISH: Final = Order("name", (orders.text("place", "sort_key"), orders.text("code", "code")), identifier="")
WITHIN: Final = parameters.text("unit", "Code of a unit: this one and everything below it.", "BYGG", longest=64)


def within(path: str, code: str) -> dict[str, Any]:
    """The condition that the unit with `code` is in the array of ancestors `path`. An unknown code finds nothing."""
    return {f"{path}__contains": [Subquery(Unit.objects.filter(code=code).values("pk"))]}


def units_for(client: ApiClient) -> Rows:
    """Today's tree below the client's own unit, whose parent is not told."""
    if client.unit_id is None:
        return Unit.objects.annotate(seen_parent=F("parent__code"))
    parent = Case(When(pk=client.unit_id, then=Value(None)), default=F("parent__code"), output_field=CharField())
    return Unit.objects.annotate(seen_parent=parent).filter(path__contains=[client.unit_id])


FILTERS: Final = (
    Filter(WITHIN, lambda rows, code: rows.filter(**within("path", code)), given=Unseen),
    Filter(
        parameters.choice("kind", "Only units of this kind.", Unit.Kind.values),
        lambda rows, kind: rows.filter(kind=kind),
    ),
)


class Units(Listing):
    shape = UNIT
    plural = "units"
    filters = FILTERS
    orders = (IN_SWEDISH,)
    operations: ClassVar = {
        "GET": Operation(
            id="listUnits",
            tag="Organisation",
            summary="List units",
            description="The organisation tree, in Swedish alphabetical order. A client that is bound to a unit sees "
            "that unit and those below it.",
            scopes=(METRICS_READ, INITIATIVES_READ),
            query=query_of(UNIT, FILTERS, (IN_SWEDISH,)),
            formats=(JSON, CSV),
            samples=samples_of(UNIT),
            answer=paging.listing("UnitPage", "units", "The units of this page.", UNIT.component),
        )
    }

    @classmethod
    def visible(cls, client: ApiClient) -> Rows:
        return units_for(client)


class OneUnit(Single):
    shape = UNIT
    identifier = "code"
    operations: ClassVar = {
        "GET": Operation(
            id="getUnit",
            tag="Organisation",
            summary="Read a unit",
            description="One unit by its code.",
            scopes=(METRICS_READ, INITIATIVES_READ),
            path=(parameters.text("code", "The unit's code.", "BYGG-1", longest=64),),
            query=(fields_of(UNIT.names),),
            answer=UNIT.component,
        )
    }

    @classmethod
    def visible(cls, client: ApiClient) -> Rows:
        return units_for(client)
