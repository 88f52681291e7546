"""/indicators: what is measured. Only those that an initiative the client may see uses: a draft's own stays unknown."""

from typing import ClassVar, Final

from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from initiatives.api import components, orders, paging, parameters
from initiatives.api.authentication import INITIATIVES_READ, METRICS_READ
from initiatives.api.listings import Filter, Listing, Single, query_of, samples_of
from initiatives.api.media import CSV, JSON
from initiatives.api.operations import Operation, fields_of
from initiatives.api.shapes import Field, Shape, Way, filled
from initiatives.api.views import Rows
from initiatives.models import Indicator, Initiative, Kind, Outcome
from kommun.models import ApiClient

INDICATOR: Final = Shape(
    "Indicator",
    "What is measured: a name, a unit of measure, and which way is better.",
    [
        Field("id", "uuid", components.uuid("Its identifier.")),
        Field("name", "name", components.text("Its name.", "Handläggningstid för bygglov")),
        Field("unitOfMeasure", "unit_of_measure", components.text("The unit of the values.", "dagar")),
        Field(
            "direction",
            "direction",
            components.choice("Whether a higher (up) or a lower (down) value is better.", ["down", "up"]),
        ),
        Field("kind", "kind", components.choice("What gets better.", Kind.values)),
        Field(
            "koladaId",
            filled("kolada_id"),
            components.text("Kolada's identifier of the key figure, if it is one.", "N00945", nullable=True),
        ),
        Field("createdAt", "created_at", components.moment("When it was added.")),
        Field("updatedAt", "updated_at", components.moment("When it last changed. Never runs backwards.")),
    ],
    ways=[
        Way("self", "self", ("/indicators/", F("uuid")), "This indicator.", f"/indicators/{components.UUID}"),
        Way(
            "outcomes",
            "related",
            ("/outcomes?indicator=", F("uuid")),
            "What is judged by it.",
            f"/outcomes?indicator={components.UUID}",
        ),
    ],
)
ORDERS: Final = orders.both_ways("updatedAt", orders.moment("updated", "updated_at"))
FILTERS: Final = (
    Filter(parameters.choice("kind", "Only of this kind.", Kind.values), lambda rows, kind: rows.filter(kind=kind)),
    Filter(
        parameters.text("koladaId", "Only Kolada's key figure with this identifier.", "N00945", longest=6),
        lambda rows, kolada_id: rows.filter(kolada_id=kolada_id),
    ),
)


class IndicatorView:
    @classmethod
    def visible(cls, client: ApiClient) -> Rows:
        seen = Initiative.objects.visible_to(client, on=timezone.localdate())
        return Indicator.objects.filter(Exists(Outcome.objects.filter(indicator=OuterRef("pk"), initiative__in=seen)))


class Indicators(IndicatorView, Listing):
    shape = INDICATOR
    plural = "indicators"
    filters = FILTERS
    orders = ORDERS
    operations: ClassVar = {
        "GET": Operation(
            id="listIndicators",
            tag="Indicators",
            summary="List indicators",
            description="The measures that the initiatives you may see are judged by.",
            scopes=(METRICS_READ, INITIATIVES_READ),
            query=query_of(INDICATOR, FILTERS, ORDERS),
            formats=(JSON, CSV),
            samples=samples_of(INDICATOR),
            answer=paging.listing("IndicatorPage", "indicators", "The indicators of this page.", INDICATOR.component),
        )
    }


class OneIndicator(IndicatorView, Single):
    shape = INDICATOR
    operations: ClassVar = {
        "GET": Operation(
            id="getIndicator",
            tag="Indicators",
            summary="Read an indicator",
            description="One indicator by its identifier.",
            scopes=(METRICS_READ, INITIATIVES_READ),
            path=(parameters.identifier("id", "The indicator's identifier."),),
            query=(fields_of(INDICATOR.names),),
            answer=INDICATOR.component,
        )
    }
