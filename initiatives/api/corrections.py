"""/outcomes/{id}/corrections: what values were before, and why they were changed."""

from typing import ClassVar, Final

from django.db.models import DateField, DateTimeField, UUIDField

from initiatives.api import components, orders, paging, parameters
from initiatives.api.authentication import INITIATIVES_READ
from initiatives.api.listings import Filter, Listing, query_of, samples_of
from initiatives.api.media import CSV, JSON
from initiatives.api.operations import Operation
from initiatives.api.orders import Key, Order
from initiatives.api.outcomes import OUTCOME_ID, OutcomeView
from initiatives.api.parameters import read_day
from initiatives.api.plans import Given
from initiatives.api.shapes import Field, Shape
from initiatives.api.views import Rows
from initiatives.models import Correction
from kommun.models import ApiClient

CORRECTION: Final = Shape(
    "Correction",
    "That a value was changed, or added to the baseline after it was frozen.",
    [
        Field("measurementId", "measurement__uuid", components.uuid("The value.")),
        Field("series", "measurement__series", components.text("Its series; empty for the default one.", "")),
        Field("observedOn", "measurement__observed_on", components.day("The last day of its period.")),
        Field(
            "oldValue",
            "old_value",
            components.number("What it was; null when there was none, or it was added.", 21.5, nullable=True),
        ),
        Field("newValue", "new_value", components.number("What it became; null for none.", 19.5, nullable=True)),
        Field("reason", "reason", components.text("Why.", "Dubbletter borttagna")),
        Field("correctedAt", "at", components.moment("When.")),
    ],
)
FILTERS: Final = (
    Filter(
        parameters.identifier("measurement", "Only of this value."),
        lambda rows, identifier: rows.filter(measurement__uuid=identifier),
        UUIDField(),
    ),
    Filter(
        parameters.moment("correctedFrom", "Only what was changed at this moment or later."),
        lambda rows, moment: rows.filter(at__gte=moment),
        DateTimeField(),
    ),
    Filter(
        parameters.moment("correctedTo", "Only what was changed before this moment."),
        lambda rows, moment: rows.filter(at__lt=moment),
        DateTimeField(),
    ),
)
BY_TIME: Final = Order(
    "correctedAt",
    (
        orders.moment("at", "at"),
        orders.text("series", "measurement__series"),
        Key("day", "measurement__observed_on", DateField(), read_day),
    ),
    identifier="",  # one request changes a value once
)


class Corrections(OutcomeView, Listing):
    shape = CORRECTION
    plural = "corrections"
    filters = FILTERS
    orders = (BY_TIME,)
    operations: ClassVar = {
        "GET": Operation(
            id="listCorrections",
            tag="Outcomes",
            summary="List corrections of values",
            description="What the values of an outcome were before, and why they were changed, the oldest change "
            "first. Values of a draft leave no history.",
            scopes=(INITIATIVES_READ,),
            path=(OUTCOME_ID,),
            query=query_of(CORRECTION, FILTERS, (BY_TIME,)),
            formats=(JSON, CSV),
            samples=samples_of(CORRECTION),
            answer=paging.listing(
                "CorrectionPage", "corrections", "The corrections of this page.", CORRECTION.component
            ),
        )
    }

    @classmethod
    def parent(cls, client: ApiClient) -> Rows:
        return super().visible(client).filter(uuid=Given("id", UUIDField()))

    @classmethod
    def visible(cls, client: ApiClient) -> Rows:
        return Correction.objects.filter(measurement__outcome__in=cls.parent(client).order_by())
