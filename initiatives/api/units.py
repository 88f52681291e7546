"""/units: the organisation, as far as the client's own part of it reaches."""

from typing import Any, ClassVar, Final

from django.db.models import Case, CharField, F, Func, IntegerField, Subquery, Value, When

from initiatives.api import components, paging, parameters
from initiatives.api.authentication import INITIATIVES_READ, METRICS_READ
from initiatives.api.operations import Operation
from initiatives.api.shapes import Field, Shape
from initiatives.api.views import Filter, Listing, Rows, Single, query_of
from kommun.models import ApiClient, Unit

_DEPTH: Final = Func(F("path"), function="cardinality", output_field=IntegerField())
UNIT: Final = Shape(
    "Unit",
    "A unit of the organisation, in today's tree.",
    "/units",
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
)
WITHIN: Final = parameters.text("unit", "Code of a unit: this one and everything below it.", "BYGG", longest=64)


def within(path: str, code: str) -> dict[str, Any]:
    """The condition that the unit with `code` is in the array of ancestors `path`. An unknown code finds nothing."""
    return {f"{path}__contains": [Subquery(Unit.objects.filter(code=code).values("pk"))]}


def units_for(client: ApiClient) -> Rows:
    """Today's tree below the client's own unit, whose parent is not told."""
    parent = Case(When(pk=client.unit_id or 0, then=Value(None)), default=F("parent__code"), output_field=CharField())
    rows = Unit.objects.annotate(seen_parent=parent)
    return rows.filter(path__contains=[client.unit_id]) if client.unit_id else rows


FILTERS: Final = (
    Filter(WITHIN, lambda rows, code: rows.filter(**within("path", code))),
    Filter(
        parameters.choice("kind", "Only units of this kind.", Unit.Kind.values),
        lambda rows, kind: rows.filter(kind=kind),
    ),
)


class Units(Listing):
    shape = UNIT
    plural = "units"
    filters = FILTERS
    operations: ClassVar = {
        "GET": Operation(
            id="listUnits",
            tag="Organisation",
            summary="List units",
            description="The organisation tree, in Swedish alphabetical order. A client that is bound to a unit sees "
            "that unit and those below it.",
            scopes=(METRICS_READ, INITIATIVES_READ),
            query=query_of(*FILTERS),
            answer=paging.listing("UnitPage", "units", "The units of this page.", UNIT.component),
        )
    }

    def visible(self) -> Rows:
        return units_for(self.client)

    def order(self) -> tuple[str, ...]:
        return ("sort_key", "code")


class OneUnit(Single):
    shape = UNIT
    operations: ClassVar = {
        "GET": Operation(
            id="getUnit",
            tag="Organisation",
            summary="Read a unit",
            description="One unit by its code.",
            scopes=(METRICS_READ, INITIATIVES_READ),
            path=(parameters.text("code", "The unit's code.", "BYGG-1", longest=64),),
            answer=UNIT.component,
        )
    }

    def find(self, identifier: Any) -> Rows:
        return units_for(self.client).filter(code=identifier)
