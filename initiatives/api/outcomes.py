"""/outcomes: what should become better, and what the values say of it, with how it was found out."""

from typing import ClassVar, Final

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    Case,
    CharField,
    DateField,
    DateTimeField,
    DecimalField,
    F,
    Func,
    OuterRef,
    Q,
    SmallIntegerField,
    UUIDField,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils import timezone

from initiatives import evidence
from initiatives.api import components, orders, paging, parameters
from initiatives.api.authentication import INITIATIVES_READ
from initiatives.api.initiatives import GRADE
from initiatives.api.listings import UPDATED, Filter, Listing, Single, query_of, samples_of
from initiatives.api.media import CSV, JSON
from initiatives.api.operations import Operation, fields_of
from initiatives.api.plans import IsAnyOf, Unseen
from initiatives.api.shapes import Field, Shape, Way, filled
from initiatives.api.units import WITHIN, within
from initiatives.api.views import Rows
from initiatives.cadence import Cadence
from initiatives.models import Initiative, Measurement, Outcome, Verification
from initiatives.workflow import Ending
from kommun.models import ApiClient

VERDICTS: Final = [verdict.value for verdict in evidence.Verdict]
STATUSES: Final = [status.value for status in evidence.ResultStatus]
WARNINGS: Final = [warning.value for warning in evidence.Warning]
HOLDS: Final = [hold.value for hold in evidence.Hold]
SOURCES: Final = Measurement.Source.values
_METHOD: Final = Case(  # above 60 values on a side the exact count gives way, see initiatives.evidence
    When(p_value=None, then=Value(None)),
    When(Q(n_before__gt=60) | Q(n_after__gt=60), then=Value("rank_sum_normal_approximation")),
    default=Value("exact_rank_sum"),
    output_field=CharField(),
)
_SOURCES: Final = ArraySubquery(
    Measurement.objects.filter(outcome=OuterRef("pk")).order_by("source").values("source").distinct()
)
_IS_VERIFIED: Final = Q(verification=Verification.CONFIRMED)
_VERIFIED_BY: Final = Case(When(_IS_VERIFIED, then=Value("controller")), default=Value(None), output_field=CharField())
_VERIFIED_AT: Final = Case(
    When(_IS_VERIFIED, then=F("verification_at")), default=Value(None), output_field=DateTimeField()
)
_HELD_UNTIL: Final = Case(
    When(hold=evidence.Hold.HELD.value, then=F("latest_on")), default=Value(None), output_field=DateField()
)


class OverlapFactor(Func):
    """The mean share that counts of the months of an outcome's confirmed claims, as the metrics sum them."""

    output_field = DecimalField(max_digits=9, decimal_places=4)
    template = """(
        SELECT round(avg(coalesce(claim.counted_shares[span.number], 1)), 4) FROM initiatives_claim claim,
            generate_series(claim.from_on::timestamp, claim.to_on::timestamp, interval '1 month')
            WITH ORDINALITY AS span(month, number)
        WHERE claim.outcome_id = %(expressions)s AND claim.kind IN ('hours', 'money')
            AND claim.amount IS NOT NULL AND claim.checked_at IS NOT NULL
            AND (NOT claim.is_recurring OR claim.stopped_on IS NULL
                OR span.month < date_trunc('month', claim.stopped_on::timestamp))
    )"""

    def __init__(self) -> None:
        super().__init__(
            Case(When(is_primary=True, initiative__ending=Ending.CONFIRMED, then=F("pk")), default=Value(None))
        )


OUTCOME: Final = Shape(
    "Outcome",
    "What an initiative shall make better: indicator, target, and the latest answer to whether it has.",
    [
        Field("id", "uuid", components.uuid("Its identifier.")),
        Field("initiativeId", "initiative__uuid", components.uuid("The initiative it belongs to.")),
        Field("unitCode", "initiative__unit__code", components.text("The unit's code.", "BYGG-1")),
        Field("indicatorId", "indicator__uuid", components.uuid("What is measured.")),
        Field("indicatorName", "indicator__name", components.text("Its name.", "Handläggningstid för bygglov")),
        Field("unitOfMeasure", "indicator__unit_of_measure", components.text("The unit of the values.", "dagar")),
        Field("direction", "indicator__direction", components.choice("Which way is better.", ["down", "up"])),
        Field("isPrimary", "is_primary", components.boolean("Whether it decides the ending.", example=True)),
        Field("target", "target", components.number("The value to reach.", 22, nullable=True)),
        Field("targetOn", "target_on", components.day("When it shall be reached.", "2026-12-31", nullable=True)),
        Field("reviewOn", "review_on", components.day("When the verdict is final.", "2026-12-31", nullable=True)),
        Field("cadence", "cadence", components.choice("How often it is measured.", Cadence.values)),
        Field("valueCount", "value_count", components.integer("How many values it has.", 24)),
        Field("latest.value", "latest_value", components.number("The latest value.", 19.5, nullable=True)),
        Field("latest.observedOn", "latest_on", components.day("Its date.", nullable=True)),
        Field("baseline.median", "baseline_median", components.number("Median before.", 31, nullable=True)),
        Field("baseline.fromOn", "baseline_from_on", components.day("First day.", "2025-01-01", nullable=True)),
        Field("baseline.toOn", "baseline_to_on", components.day("Last day.", "2025-12-31", nullable=True)),
        Field("limits.mean", "baseline_mean", components.number("Mean before the change.", 31, nullable=True)),
        Field("limits.low", "limit_low", components.number("The lower limit.", 26.5, nullable=True)),
        Field("limits.high", "limit_high", components.number("The upper limit.", 35.5, nullable=True)),
        Field("verdict.code", filled("verdict"), components.choice("What the figures say.", VERDICTS, nullable=True)),
        Field("verdict.isFinal", "verdict_is_final", components.boolean("Given at the review date.", example=True)),
        Field("verdict.isSecondLook", "is_second_look", components.boolean("Reopened once.", example=False)),
        Field("verdict.shift", "shift", components.number("After minus before, Hodges-Lehmann.", -11, nullable=True)),
        Field("verdict.shiftLow", "shift_low", components.number("Low end of its 95 %.", -14, nullable=True)),
        Field("verdict.shiftHigh", "shift_high", components.number("High end of its 95 %.", -8, nullable=True)),
        Field(
            "verdict.pValue",
            "p_value",
            {**components.number("Two-sided, exact if method says so.", 0.001, nullable=True), "format": "double"},
        ),
        Field(
            "verdict.warnings",
            "warnings",
            components.array("What makes the verdict weaker.", components.choice("A warning.", WARNINGS)),
        ),
        Field(
            "resultStatus",
            filled("result_status"),
            components.choice("Where it stands against its target.", STATUSES, nullable=True),
        ),
        Field("evidenceGrade", "grade", GRADE),
        Field(
            "provenance.method",
            _METHOD,
            components.choice(
                "How the verdict was found.", ["exact_rank_sum", "rank_sum_normal_approximation"], nullable=True
            ),
        ),
        Field("provenance.valuesBefore", "n_before", components.integer("Values before the change.", 12)),
        Field("provenance.valuesAfter", "n_after", components.integer("Values after the change.", 12)),
        Field(
            "provenance.sources",
            _SOURCES,
            components.array("Where the values came from.", components.choice("A source.", SOURCES)),
        ),
        Field(
            "provenance.verifiedByRole",
            _VERIFIED_BY,
            components.text("The role that verified it, if anybody has.", "controller", nullable=True),
        ),
        Field("provenance.verifiedAt", _VERIFIED_AT, components.moment("When it was verified.", nullable=True)),
        Field(
            "provenance.hold",
            filled("hold"),
            components.choice("Whether a confirmed effect is still there, by the values since.", HOLDS, nullable=True),
        ),
        Field("provenance.heldUntil", _HELD_UNTIL, components.day("The last day it was seen.", nullable=True)),
        Field("provenance.fadedOn", "faded_on", components.day("The day it was seen to have faded.", nullable=True)),
        Field(
            "provenance.overlapFactor",
            OverlapFactor(),
            components.number(
                "How much of what is confirmed of it counts, 0 to 1, once what several claim is divided among them; "
                "the mean of its months. Null where no effect in hours or money is confirmed.",
                0.75,
                nullable=True,
            ),
        ),
        Field("createdAt", "created_at", components.moment("When it was set.")),
        Field("updatedAt", "updated_at", components.moment("When it last changed. Never runs backwards.")),
    ],
    ways=[
        Way("self", "self", ("/outcomes/", F("uuid")), "This outcome.", f"/outcomes/{components.UUID}"),
        Way(
            "initiative",
            "up",
            ("/initiatives/", F("initiative__uuid")),
            "The initiative it belongs to.",
            f"/initiatives/{components.UUID}",
        ),
        Way(
            "indicator",
            "related",
            ("/indicators/", F("indicator__uuid")),
            "What is measured.",
            f"/indicators/{components.UUID}",
        ),
        Way(
            "measurements",
            "related",
            ("/outcomes/", F("uuid"), "/measurements"),
            "Its values.",
            f"/outcomes/{components.UUID}/measurements",
        ),
        Way(
            "corrections",
            "related",
            ("/outcomes/", F("uuid"), "/corrections"),
            "What its values were before.",
            f"/outcomes/{components.UUID}/corrections",
        ),
        Way(
            "sendMeasurements",
            "edit",
            ("/outcomes/", F("uuid"), "/measurements"),
            "Where new values are sent, with the scope measurements:write.",
            f"/outcomes/{components.UUID}/measurements",
            "POST",
        ),
    ],
    latest="The latest value of the default series.",
    baseline="The values before the change, frozen when it was made.",
    limits="Normal variation of the values before the change, as the chart draws it (XmR); null below 12 values.",
    verdict="What the figures say, after against before.",
    provenance="How it was found out.",
)
FILTERS: Final = (
    Filter(
        parameters.identifier("initiative", "Only of this initiative."),
        lambda rows, identifier: rows.filter(initiative__uuid=identifier),
        UUIDField(),
    ),
    Filter(
        parameters.identifier("indicator", "Only with this indicator."),
        lambda rows, identifier: rows.filter(indicator__uuid=identifier),
        UUIDField(),
    ),
    Filter(WITHIN, lambda rows, code: rows.filter(**within("initiative__unit__path", code)), given=Unseen),
    Filter(
        parameters.many(parameters.choice("verdict", "Only with these verdicts.", VERDICTS)),
        lambda rows, verdicts: rows.filter(IsAnyOf("verdict", verdicts)),
    ),
    Filter(
        parameters.many(parameters.integer("evidenceGrade", "Only with these evidence grades.", least=0, most=5)),
        lambda rows, grades: rows.filter(IsAnyOf("grade", grades)),
        SmallIntegerField(),
    ),
    *UPDATED,
)
OUTCOME_ID: Final = parameters.identifier("id", "The outcome's identifier.")
_BEGUN: Final = Coalesce("initiative__submitted_at", "initiative__created_at")
ORDERS: Final = (
    *orders.both_ways("begunAt", orders.moment("begun", _BEGUN)),
    *orders.both_ways("updatedAt", orders.moment("updated", "updated_at")),
)


class OutcomeView:
    @classmethod
    def visible(cls, client: ApiClient) -> Rows:
        seen = Initiative.objects.visible_to(client, on=timezone.localdate()).order_by()
        return Outcome.objects.filter(initiative__in=seen)


class Outcomes(OutcomeView, Listing):
    shape = OUTCOME
    plural = "outcomes"
    filters = FILTERS
    orders = ORDERS
    counted = "outcomes"
    unit_column = "initiative__unit"
    operations: ClassVar = {
        "GET": Operation(
            id="listOutcomes",
            tag="Outcomes",
            summary="List outcomes",
            description="What the initiatives that you may see shall make better, with baseline, target, verdict, "
            "evidence grade and how each was found.",
            scopes=(INITIATIVES_READ,),
            query=query_of(OUTCOME, FILTERS, ORDERS),
            formats=(JSON, CSV),
            samples=samples_of(OUTCOME),
            answer=paging.listing("OutcomePage", "outcomes", "The outcomes of this page.", OUTCOME.component),
        )
    }


class OneOutcome(OutcomeView, Single):
    shape = OUTCOME
    operations: ClassVar = {
        "GET": Operation(
            id="getOutcome",
            tag="Outcomes",
            summary="Read an outcome",
            description="One outcome by its identifier.",
            scopes=(INITIATIVES_READ,),
            path=(OUTCOME_ID,),
            query=(fields_of(OUTCOME.names),),
            answer=OUTCOME.component,
        )
    }
