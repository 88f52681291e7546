"""/soil: how well initiatives grow in each part of the organisation, with targets. Small parts are withheld."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, ClassVar, Final

from django.http.response import HttpResponseBase
from rest_framework.request import Request

from initiatives.api import components, paging, parameters, tables
from initiatives.api.authentication import METRICS_READ
from initiatives.api.media import CSV, JSON
from initiatives.api.operations import Operation
from initiatives.api.paging import Page
from initiatives.api.tables import File, Table
from initiatives.api.units import WITHIN
from initiatives.api.views import ApiView
from initiatives.models import SoilMeasure
from initiatives.soil.measures import DEFINITIONS, Direction
from initiatives.soil.reading import GOES_BACK, Length, Reading, periods, soil
from kommun.models import Unit

_EACH: Final = "\n".join(f"- `{each.measure.value}`: {each.en} / {each.sv}" for each in DEFINITIONS)
_READING_SCHEMA: Final = components.obj(
    "One measure of one unit, with everything below it, in one period. Where isWithheld is true, value, numerator, "
    "denominator and count are null.",
    {
        "unitCode": components.text("The unit.", "BYGG"),
        "unitName": components.text("Its name.", "Samhällsbyggnadsförvaltningen"),
        "periodStart": components.day("First day of the period.", "2026-01-01"),
        "periodEnd": components.day("Its last day; what is to come of it is not counted yet.", "2026-12-31"),
        "measure": components.text(
            f"What is measured.\n\n{_EACH}", SoilMeasure.CONFIRMED.value, enum=SoilMeasure.values
        ),
        "unitOfMeasure": components.choice(
            "The unit of the value and of the target. A share is 0 to 1.",
            list(dict.fromkeys(["share", *(each.unit_of_measure for each in DEFINITIONS)])),
        ),
        "direction": components.choice("Which way is better.", [*Direction]),
        "isWithheld": components.boolean(
            "Fewer than five people are behind it, or another part's figures could be found out by subtracting.",
            example=False,
        ),
        "value": components.number("What it comes to; null too where there is nothing to count.", 0.6, nullable=True),
        "numerator": components.number("What is divided; of a sum, the sum. A median has none.", 12, nullable=True),
        "denominator": components.number("What it is divided by; a median and a sum have none.", 20, nullable=True),
        "count": components.integer(
            "How many it rests on: what a share or a ratio is divided by, or what a median is taken of.",
            20,
            nullable=True,
        ),
        "target": components.number("What is aimed at on the period's last day, or today.", 0.5, nullable=True),
        "targetUnitCode": components.text(
            "The unit that the target was set for: this one, or the nearest above it that has one. Sums are not "
            "inherited. Null too where that unit lies outside the client's own part.",
            "BYGG",
            nullable=True,
        ),
    },
)
READING: Final = components.whole("SoilReading", _READING_SCHEMA)
TABLE: Final = Table.of_objects(READING)
ALL: Final = 2**31 - 1
LIST: Final = paging.listing("SoilPage", "readings", "The readings of this page.", READING)
PARAMETERS: Final = (
    WITHIN,
    parameters.choice("period", "How long the periods are.", list(Length), default=Length.YEAR.value),
    parameters.day(
        "from",
        "The periods from the one that holds this day. By default that of the first day of the year of `to`. Figures "
        f"go back {GOES_BACK} years.",
    ),
    parameters.day("to", "The periods up to the one that holds this day. By default today's; one to come is not told."),
    parameters.many(
        parameters.choice("measure", "Only these measures; may be given several times.", SoilMeasure.values)
    ),
    *paging.PARAMETERS,
)


class Soil(ApiView):
    operations: ClassVar = {
        "GET": Operation(
            id="getSoil",
            tag="Metrics",
            summary="Read the soil that initiatives grow in",
            description="Measures of the culture by unit, period and measure, in that order; units in Swedish "
            "alphabetical order. A unit's figures are those of its whole subtree, in today's tree. An initiative "
            "belongs to the unit where it lies, an employee to the unit of the main employment on the period's last "
            "day. Parts of the organisation with fewer than five employees, and those by which they could be found "
            f"out, are withheld and marked. No measure is of persons.\n\n{_EACH}",
            scopes=(METRICS_READ,),
            query=PARAMETERS,
            answer=LIST,
            formats=(JSON, CSV),
            samples=tables.csv_of(TABLE),
        )
    }

    def get(self, request: Request) -> HttpResponseBase:
        page = Page(self.given["page"], self.given["limit"])
        if self.media != JSON:
            return self._table(page)
        total, found = self._readings(page)
        shown = [self._show(reading) for reading in found] if page.has_rows(total) else []
        return self.answer({"readings": shown} | page.envelope(request, self.root, count=len(shown), total=total))

    def _table(self, page: Page) -> HttpResponseBase:
        """All readings, or a page of them when the caller asks for a page."""
        total, found = self._readings(page if tables.is_part(self.request) else Page(1, ALL))
        rows = (TABLE.flat(self._show(reading)) for reading in found if page.has_rows(total))
        return self.whole(tables.encode(self.media, TABLE, rows, File("soil", self.root, self.now)))

    def _show(self, reading: Reading) -> dict[str, Any]:
        return show(reading, within=self.client.unit_id)

    def _readings(self, page: Page) -> tuple[int, Sequence[Reading]]:
        code, own = self.given["unit"], self.client.unit  # a statement more, when it is bound
        part = own if code is None else Unit.objects.filter(code=code).first()
        if code is not None and (part is None or (own is not None and own.pk not in part.path)):
            return 0, []
        last: dt.date = self.given["to"] or self.today
        first = self.given["from"] or last.replace(month=1, day=1)
        return soil(
            part=part,
            spans=periods(Length(self.given["period"]), first, last, today=self.today),
            measures=_in_order(self.given["measure"]),
            today=self.today,
            limit=page.limit,
            offset=max(page.offset, 0),
        )


def _in_order(asked: Sequence[str] | None) -> list[str]:
    """Those that are asked for, each once, in the order of the table; all when none is named."""
    return [measure for measure in SoilMeasure.values if not asked or measure in asked]


def show(reading: Reading, *, within: int | None) -> dict[str, Any]:
    """`within` is the key of the unit that the client is bound to; what lies outside it is not named."""
    target = reading.target_unit
    return {
        "unitCode": reading.unit,
        "unitName": reading.unit_name,
        "periodStart": reading.period.first,
        "periodEnd": reading.period.last,
        "measure": reading.definition.measure.value,
        "unitOfMeasure": reading.definition.unit_of_measure,
        "direction": reading.definition.direction,
        "isWithheld": reading.is_withheld,
        "value": reading.value,
        "numerator": reading.numerator,
        "denominator": reading.denominator,
        "count": reading.count,
        "target": reading.target,
        "targetUnitCode": target.code if target and (within is None or within in target.path) else None,
    }
