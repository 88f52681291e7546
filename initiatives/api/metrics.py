"""/metrics: the outcome metrics, each figure with its count. Small groups are named but their figures withheld."""

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from django.http.response import HttpResponseBase
from rest_framework.request import Request

from initiatives.api import components, paging, parameters, tables
from initiatives.api.authentication import METRICS_READ
from initiatives.api.initiatives import GRADE, STATES
from initiatives.api.media import CSV, JSON, PARQUET
from initiatives.api.operations import Operation
from initiatives.api.paging import Page
from initiatives.api.tables import Answer, File, Table
from initiatives.api.units import WITHIN
from initiatives.api.views import ApiView
from initiatives.models.initiative import Kind
from initiatives.outcomes.metrics import GRADES, Dimension, Group, PeriodLength, Question, metrics
from initiatives.workflow import Ending, State
from kommun.models import Unit

_COUNT: Final = components.integer("How many initiatives.", 3)
_GROUP_SCHEMA: Final = components.obj(
    "The figures of one group. Where isWithheld is true, every figure is null or empty.",
    {
        "unitCode": components.text("The unit, when grouped by it.", "BYGG-1", nullable=True),
        "unitName": components.text("Its name.", "Bygglovsenheten", nullable=True),
        "periodStart": components.day("First day, when grouped by period.", "2026-03-01", nullable=True),
        "periodEnd": components.day("Last day.", "2026-03-31", nullable=True),
        "indicatorId": components.uuid("The indicator, when grouped by it.", nullable=True),
        "indicatorName": components.text("Its name.", "Handläggningstid för bygglov", nullable=True),
        "unitOfMeasure": components.text("The unit of its values.", "dagar", nullable=True),
        "kind": components.choice("What gets better, when grouped by it.", [*Kind.values, ""], nullable=True),
        "ending": components.choice(
            "The ending, when grouped by it; empty for what has not ended and for outcomes that did not decide.",
            [*Ending.values, ""],
            nullable=True,
        ),
        "evidenceGrade": components.integer("The evidence grade, when grouped by it.", 3, nullable=True),
        "isWithheld": components.boolean("Fewer than five work there, so nothing is shown.", example=False),
        "initiativeCount": components.integer("How many initiatives.", 3, nullable=True),
        "states": components.array(
            "How many in each state.",
            components.obj("", {"state": components.choice("A state.", STATES), "count": _COUNT}),
        ),
        "endings": components.array(
            "How many with each ending.",
            components.obj("", {"ending": components.choice("An ending.", Ending.values), "count": _COUNT}),
        ),
        "notMeasuredCount": components.integer(
            "How many of those not proven could not be measured at all.", 0, nullable=True
        ),
        "evidenceGrades": components.array(
            "How many with each evidence grade.", components.obj("", {"evidenceGrade": GRADE, "count": _COUNT})
        ),
        "valueCount": components.integer("How many measured values.", 72, nullable=True),
        "latestValue": components.number("The latest value; null where indicators are mixed.", 19.5, nullable=True),
        "latestOn": components.day("Its date.", nullable=True),
        "shift": components.number("Median shift, after minus before; null where mixed.", -11, nullable=True),
        "shiftCount": components.integer("How many outcomes it is the median of.", 3, nullable=True),
    },
)
GROUP: Final = components.whole("MetricsGroup", _GROUP_SCHEMA)
TABLE: Final = Table.of_objects(GROUP)
ALL: Final = 2**31 - 1
LIST: Final = paging.listing("MetricsPage", "metrics", "The groups of this page.", GROUP)
PARAMETERS: Final = (
    parameters.many(
        parameters.choice(
            "groupBy", "What to group by; may be given several times. Without it, one group.", Dimension.values
        )
    ),
    parameters.choice("period", "How long the periods are.", PeriodLength.values, default=PeriodLength.MONTH.value),
    WITHIN,
    parameters.identifier("indicator", "Only outcomes with this indicator."),
    parameters.integer("evidenceGrade", "Only outcomes of at least this evidence grade.", least=0, most=5, default=0),
    *paging.PARAMETERS,
)


class Metrics(ApiView):
    operations: ClassVar = {
        "GET": Operation(
            id="getMetrics",
            tag="Metrics",
            summary="Read the outcome metrics",
            description="Counts by state, ending and evidence grade, the number of measured values, the latest value "
            "and the shift, grouped by any of unit, period, indicator, kind, ending and evidence grade. A unit's group "
            "holds its own initiatives, not those of units below it. An initiative belongs to the period in which it "
            "was submitted, a value to the period of its date, a shift to the period of its outcome's latest value. An "
            "ending counts for the indicator that decided it. Groups in parts of the organisation with fewer than five "
            "employees on the period's last day are withheld and marked.",
            scopes=(METRICS_READ,),
            query=PARAMETERS,
            answer=LIST,
            formats=(JSON, CSV, PARQUET),
            samples=tables.csv_of(TABLE),
        )
    }

    def get(self, request: Request) -> HttpResponseBase:
        page = Page(self.given["page"], self.given["limit"])
        if self.media is not JSON:
            return self._table(page)
        total, groups = self._groups(page)
        shown = [show(group) for group in groups] if page.has_rows(total) else []
        envelope = page.envelope(request, self.root, count=len(shown), total=total)
        return self.answer({"metrics": shown} | envelope)

    def _table(self, page: Page) -> Answer:
        """All groups, or a page of them when the caller asks for a page."""
        if not {"page", "limit"} & self.request.query_params.keys():
            page = Page(1, ALL)
        _total, groups = self._groups(page)
        rows = (TABLE.flat(show(group)) for group in groups)
        return tables.encode(self.media, TABLE, rows, File("metrics", self.request.build_absolute_uri(), self.now))

    def _groups(self, page: Page) -> tuple[int, list[Group]]:
        code, own = self.given["unit"], self.client.unit  # a statement more, when it is bound
        asked = None if code is None else Unit.objects.filter(code=code).first()
        if code is not None and (asked is None or (own is not None and not _meet(asked, own))):
            return 0, []
        part = max((each for each in (asked, own) if each), key=lambda unit: len(unit.path), default=None)
        return metrics(self._question(part), today=self.today, limit=page.limit, offset=max(page.offset, 0))

    def _question(self, part: Unit | None) -> Question:
        return Question(
            by=frozenset(Dimension(each) for each in self.given["groupBy"] or []),
            period=PeriodLength(self.given["period"]),
            part=part,
            indicator=self.given["indicator"],
            least_grade=self.given["evidenceGrade"],
        )


def _meet(one: Unit, other: Unit) -> bool:
    """One lies within the other."""
    return one.pk in other.path or other.pk in one.path


def show(group: Group) -> dict[str, Any]:
    return {
        "unitCode": group.unit_code,
        "unitName": group.unit_name,
        "periodStart": group.period_start,
        "periodEnd": group.period_end,
        "indicatorId": group.indicator,
        "indicatorName": group.indicator_name,
        "unitOfMeasure": group.unit_of_measure,
        "kind": group.kind,
        "ending": group.ending,
        "evidenceGrade": group.grade,
        "isWithheld": group.is_withheld,
        "initiativeCount": group.initiatives,
        "states": [each for each in _listed(group, "state", State.values, group.states) if each["state"] in STATES],
        "endings": _listed(group, "ending", Ending.values, group.endings),
        "notMeasuredCount": group.not_measured,
        "evidenceGrades": _listed(group, "evidenceGrade", GRADES, group.grades),
        "valueCount": group.values,
        "latestValue": group.latest_value,
        "latestOn": group.latest_on,
        "shift": group.shift,
        "shiftCount": group.shifts,
    }


def _listed(group: Group, name: str, values: Sequence[Any], counts: Sequence[int] | None) -> list[dict[str, Any]]:
    if group.is_withheld:
        return []
    return [{name: value, "count": count} for value, count in zip(values, counts or [0] * len(values), strict=True)]
