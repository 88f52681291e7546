"""/outcomes/{id}/measurements: the values behind an outcome, and new ones sent by other systems."""

import re
from collections import Counter
from http import HTTPStatus
from typing import Any, ClassVar, Final

from django.db import transaction
from django.db.models import DateField, Exists, OuterRef, UUIDField
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from rest_framework.request import Request

from initiatives.actions.locking import held
from initiatives.actions.measuring import Answer, Entry, record_values
from initiatives.api import components, conditions, entries, orders, paging, parameters
from initiatives.api.authentication import INITIATIVES_READ, MEASUREMENTS_WRITE
from initiatives.api.components import Component
from initiatives.api.conditions import if_match
from initiatives.api.entries import Batch
from initiatives.api.listings import UPDATED, Filter, Listing, query_of, read_path, samples_of
from initiatives.api.media import CSV, JSON, PARQUET
from initiatives.api.operations import Operation
from initiatives.api.orders import Key, Order
from initiatives.api.outcomes import OUTCOME_ID, SOURCES, OneOutcome, OutcomeView
from initiatives.api.parameters import Parameter, read_day
from initiatives.api.plans import Given
from initiatives.api.problems import NothingStored, Violation
from initiatives.api.repetition import IDEMPOTENCY_KEY, REPLAYED, STATUSES, once
from initiatives.api.shapes import Field, Shape, filled
from initiatives.api.views import Rows
from initiatives.models import Correction, Measurement, Outcome
from kommun.models import ApiClient

RESULTS: Final = ("created", "unchanged", "corrected", "refused")
MEASUREMENT: Final = Shape(
    "Measurement",
    "A value that was observed.",
    [
        Field("id", "uuid", components.uuid("Its identifier.")),
        Field("series", "series", components.text("The series; empty for the one that the verdict uses.", "")),
        Field("periodStart", "period_start", components.day("First day of the period.", "2026-03-01")),
        Field("observedOn", "observed_on", components.day("Last day of the period.")),
        Field("value", "value", components.number("The value; null says that there is none.", 19.5, nullable=True)),
        Field("channel", "source", components.choice("How it came here.", SOURCES)),
        Field(
            "source",
            filled("source_reference"),
            components.text("Where the sender has it from.", "Ärendesystemet", nullable=True),
        ),
        Field(
            "isCorrected",
            Exists(Correction.objects.filter(measurement=OuterRef("pk"))),
            components.boolean("Whether it was another value before.", example=False),
        ),
        Field("createdAt", "created_at", components.moment("When it was stored.")),
        Field("updatedAt", "updated_at", components.moment("When it last changed. Never runs backwards.")),
    ],
)
FILTERS: Final = (
    Filter(
        parameters.day("observedFrom", "Only observed on this day or later."),
        lambda rows, day: rows.filter(observed_on__gte=day),
        DateField(),
    ),
    Filter(
        parameters.day("observedTo", "Only observed on this day or earlier."),
        lambda rows, day: rows.filter(observed_on__lte=day),
        DateField(),
    ),
    Filter(
        parameters.text("series", "Only of this series beside the default one.", "helgfria-veckor", longest=64),
        lambda rows, series: rows.filter(series=series),
    ),
    *UPDATED,
)
BY_DATE: Final = Order(
    "date",
    (orders.text("series", "series"), Key("day", "observed_on", DateField(), read_day)),
    identifier="",  # a series has one value a day
)
RESULT: Final = components.whole(
    "MeasurementResult",
    components.obj(
        "What became of one value.",
        {
            "index": components.integer("Its place in the list that was sent, from 0.", 0),
            "observedOn": components.day("Its date, if it could be read.", nullable=True),
            "series": components.text("Its series.", ""),
            "result": components.choice("What became of it.", [*RESULTS]),
            "reason": {**components.text("Why it was refused.", nullable=True), "example": None},
        },
    ),
)
SUMMARY: Final = components.whole(
    "MeasurementSummary",
    components.obj(
        "How many values became what.",
        {result: components.integer(f"How many were {result}.", int(result == "created")) for result in RESULTS},
    ),
)
RESULT_LIST: Final = Component(
    "MeasurementResults",
    components.obj(
        "What became of each value, in the order sent.",
        {"results": components.array("One per value.", RESULT.ref), "summary": SUMMARY.ref},
    ),
    {"results": [RESULT.example], "summary": SUMMARY.example},
    (RESULT, SUMMARY),
)
PREFER: Final = Parameter(
    "Prefer",
    "With `handling=strict` either all values are stored or none; the default is `handling=lenient` (RFC 7240). "
    "Other preferences are ignored.",
    {"type": "string"},
    str,
    "handling=strict",
)
APPLIED: Final = {
    "Preference-Applied": {
        "description": "How the values were handled.",
        "schema": {"type": "string", "enum": ["handling=lenient", "handling=strict"]},
        "example": "handling=lenient",
    }
}
_HANDLING: Final = re.compile(r'\s*handling\s*=\s*"?(\w+)"?\s*(;.*)?', re.IGNORECASE | re.ASCII)


class Measurements(OutcomeView, Listing):
    shape = MEASUREMENT
    plural = "measurements"
    filters = FILTERS
    orders = (BY_DATE,)
    operations: ClassVar = {
        "GET": Operation(
            id="listMeasurements",
            tag="Outcomes",
            summary="List measured values",
            description="The values of an outcome, by series and date.",
            scopes=(INITIATIVES_READ,),
            path=(OUTCOME_ID,),
            query=query_of(MEASUREMENT, FILTERS, (BY_DATE,)),
            formats=(JSON, CSV, PARQUET),
            samples=samples_of(MEASUREMENT),
            answer=paging.listing("MeasurementPage", "measurements", "The values of this page.", MEASUREMENT.component),
        ),
        "POST": Operation(
            id="sendMeasurements",
            tag="Outcomes",
            summary="Send measured values",
            description="Stores 1 to 10,000 values in one transaction. Idempotent by outcome, series and date: the "
            "same value again is unchanged, a different one is a correction that keeps the old value in the history. "
            "A period (periodStart to observedOn, or one day) may not overlap that of another value of the series; a "
            "value is corrected by its own observedOn. The verdict uses the default series, the empty text. Why a "
            "value is corrected can be told in reason, and is listed with what it was before under corrections. "
            "Answers are in the language of the header Accept-Language (sv or en).",
            scopes=(MEASUREMENTS_WRITE,),
            path=(OUTCOME_ID,),
            headers=(PREFER, IDEMPOTENCY_KEY, if_match("the outcome (`GET /outcomes/{id}`, whole)")),
            body=entries.BATCH,
            answer=RESULT_LIST,
            answer_headers=APPLIED | REPLAYED,
            problems=(HTTPStatus.PRECONDITION_FAILED, *STATUSES),
        ),
    }

    @classmethod
    def parent(cls, client: ApiClient) -> Rows:
        return super().visible(client).filter(uuid=Given("id", UUIDField()))

    @classmethod
    def visible(cls, client: ApiClient) -> Rows:
        return Measurement.objects.filter(outcome__in=cls.parent(client).order_by())

    @once
    def post(self, request: Request, **path: str) -> HttpResponse:
        handling = _handling(request.headers.get("Prefer", ""))
        outcome = self._find(path["id"])
        results = self._record(outcome, entries.read_batch(request.data), is_strict=handling == "strict")
        if handling == "strict" and any(result["result"] == "refused" for result in results):
            raise NothingStored(_violations(results))
        counts = Counter(result["result"] for result in results)
        response = self.answer({"results": results, "summary": {result: counts[result] for result in RESULTS}})
        response["Preference-Applied"] = f"handling={handling}"
        return response

    def _find(self, identifier: str) -> Outcome:
        seen = super().visible(self.client).select_related("initiative", "indicator")
        found: Outcome = get_object_or_404(seen, uuid=read_path(OUTCOME_ID, identifier))
        return found

    def _record(self, outcome: Outcome, batch: Batch, *, is_strict: bool) -> list[dict[str, Any]]:
        """What became of each. Values that cannot be read are refused here, the others by the action."""
        read, faults = _read(batch.values)
        if is_strict and faults:
            return [_refused(index, batch.values[index], faults[index]) for index in sorted(faults)]
        store = self._store_if_unchanged if conditions.is_given(self.request) else self._store
        answers = iter(store(outcome, read, batch.reason, is_strict=is_strict))
        return [
            _refused(index, raw, faults[index]) if index in faults else _result(index, next(answers))
            for index, raw in enumerate(batch.values)
        ]

    @transaction.atomic
    def _store_if_unchanged(self, outcome: Outcome, *given: Any, is_strict: bool) -> list[Answer]:
        held(outcome.initiative)
        conditions.require_match(self, OneOutcome, outcome.uuid)
        return self._store(outcome, *given, is_strict=is_strict)

    def _store(self, outcome: Outcome, read: list[Entry], reason: str, *, is_strict: bool) -> list[Answer]:
        return record_values(
            outcome,
            read,
            source=Measurement.Source.API,
            now=self.now,
            client=self.client,
            strict=is_strict,
            reason=reason,
        )


def _handling(prefer: str) -> str:
    """strict or lenient: the first of the header's preferences that says either."""
    told = (_HANDLING.fullmatch(each) for each in prefer.split(","))
    wishes = [found[1].lower() for found in told if found is not None]
    return next((each for each in wishes if each in ("strict", "lenient")), "lenient")


def _read(raw: list[Any]) -> tuple[list[Entry], dict[int, str]]:
    """The values that can be read, in order, and by place why the others cannot."""
    read: list[Entry] = []
    faults: dict[int, str] = {}
    for index, each in enumerate(raw):
        try:
            read.append(entries.read_entry(each))
        except entries.Unreadable as error:
            faults[index] = str(error)
    return read, faults


def _refused(index: int, raw: Any, reason: str) -> dict[str, Any]:
    day, series = entries.what_it_is_of(raw)
    return {"index": index, "observedOn": day, "series": series, "result": "refused", "reason": reason}


def _result(index: int, answer: Answer) -> dict[str, Any]:
    entry = answer.entry
    return {
        "index": index,
        "observedOn": entry.observed_on,
        "series": entry.series,
        "result": answer.outcome,
        "reason": answer.reason or None,
    }


def _violations(results: list[dict[str, Any]]) -> list[Violation]:
    refused = [result for result in results if result["result"] == "refused"]
    return [Violation(f"measurements[{result['index']}]", str(result["reason"])) for result in refused]
