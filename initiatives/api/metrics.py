"""/metrics: the outcome metrics, each figure with its count. Small groups are named but their figures withheld."""

from typing import Any, ClassVar, Final

from django.conf import settings
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from initiatives.api import components, paging, parameters, tables
from initiatives.api.authentication import METRICS_READ
from initiatives.api.components import Component, Schema
from initiatives.api.initiatives import GRADE, STATES
from initiatives.api.media import CSV, JSON, PARQUET
from initiatives.api.operations import Operation
from initiatives.api.paging import Page
from initiatives.api.problems import Invalid, Violation
from initiatives.api.tables import File, Table
from initiatives.api.units import WITHIN
from initiatives.api.views import ApiView
from initiatives.models.initiative import Kind
from initiatives.outcomes.metrics import (
    GRADES,
    Dimension,
    Effects,
    Group,
    PeriodLength,
    Question,
    Scope,
    Share,
    metrics,
)
from initiatives.workflow import Ending

KOLADA: Final = "kolada"
_COUNT: Final = components.integer("How many.", 3)


def _share(description: str) -> Schema:
    return components.obj(
        description,
        {
            "value": components.number("0 to 1; null of nothing.", 0.75, nullable=True),
            "numerator": components.integer("How many of them.", 3),
            "denominator": components.integer("Of how many.", 4),
        },
        nullable=True,
    )


def _effects(unit: str) -> Schema:
    return components.obj(
        f"What came of it in {unit}, in the months that are over; null where withheld.",
        {
            "claimed": components.number("All that is claimed.", 128),
            "confirmed": components.number("Of what ended as confirmed and a controller has checked.", 96),
            "counted": components.number(
                "Of the confirmed, each effect once: what several claim is divided among them.", 80
            ),
        },
        nullable=True,
    )


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
        "goalCode": components.text("The goal, when grouped by it; null also for none.", "KF-3", nullable=True),
        "goalName": components.text("The goal in words.", "Enkel kontakt", nullable=True),
        "ending": components.choice(
            "The ending, when grouped by it; empty for what has not ended and for outcomes that did not decide.",
            [*Ending.values, ""],
            nullable=True,
        ),
        "evidenceGrade": components.integer("The evidence grade, when grouped by it.", 3, nullable=True),
        "leastEvidenceGrade": components.integer("Only what has at least this grade is in the figures.", 0),
        "isWithheld": components.boolean(
            "Nothing is shown: too few work there, or those of another place could be found out by subtracting.",
            example=False,
        ),
        "withheldYears": components.array(
            "Calendar years of which nothing may be shown here, and which the figures leave out.",
            components.text("A year.", "2024"),
        ),
        "initiativeCount": components.integer(
            "How many initiatives, or of what is told by indicator, how many that it decides.", 3, nullable=True
        ),
        "outcomeCount": components.integer("How many outcomes.", 3, nullable=True),
        "states": components.array(
            "How many in each state: outcomes where an indicator is told or asked for, else initiatives.",
            components.obj("", {"state": components.choice("A state.", STATES), "count": _COUNT}),
        ),
        "endings": components.array(
            "How many initiatives with each ending.",
            components.obj("", {"ending": components.choice("An ending.", Ending.values), "count": _COUNT}),
        ),
        "notMeasuredCount": components.integer(
            "How many of those not proven could not be measured at all.", 0, nullable=True
        ),
        "evidenceGrades": components.array(
            "How many with each evidence grade, of the same as the states. What has no outcome is of grade 0.",
            components.obj("", {"evidenceGrade": GRADE, "count": _COUNT}),
        ),
        "measuredShare": _share("Of those that have ended, those that could be measured."),
        "confirmedShare": _share("Of the measured, those with a confirmed effect."),
        "verifiedShare": _share("Of the confirmed, those that a controller has verified."),
        "heldShare": _share("Of the verified, those whose effect was still there after half a year or more."),
        "valueCount": components.integer("How many measured values.", 72, nullable=True),
        "meanValue": components.number("Their mean; null where indicators are mixed.", 19.5, nullable=True),
        "shiftCount": components.integer("How many outcomes have been compared before and after.", 3, nullable=True),
        "meanShift": components.number(
            "Mean of their shifts, after minus before; null where indicators are mixed.", -11, nullable=True
        ),
        "hours": _effects("hours"),
        "kronor": _effects("kronor"),
    },
)
GROUP: Final = components.whole("MetricsGroup", _GROUP_SCHEMA)
_KOLADA_VALUE: Final = components.obj(
    "A value as Kolada gives it.",
    {
        "gender": components.choice("T: all together. Nothing is told by gender.", ["T"]),
        "count": components.integer("How many measured values it is the mean of.", 72),
        "status": components.text("Empty, or Missing where there is no value.", ""),
        "value": components.number("The mean of the measured values.", 19.5, nullable=True),
    },
)
_KOLADA_SCHEMA: Final = components.obj(
    "An indicator in one year, in the shape of Kolada's data.",
    {
        "kpi": components.text("The key figure's id in Kolada; where it has none, the indicator's own.", "N07923"),
        "municipality": components.text("The municipality's code.", "2999"),
        "period": components.integer("The year.", 2026),
        "values": components.array("One value.", _KOLADA_VALUE),
    },
)
KOLADA_ROW: Final = components.whole("KoladaRow", _KOLADA_SCHEMA)


_GROUPS: Final = paging.listing("MetricsPage", "metrics", "The groups of this page.", GROUP)
_ROWS: Final = paging.listing("KoladaPage", "values", "The rows of this page.", KOLADA_ROW)
LIST: Final = Component(
    "Metrics",
    {
        "type": "object",
        "description": "Groups, or with shape=kolada rows as in Kolada.",
        "properties": {"_meta": paging.META.ref, "_links": paging.LINKS.ref},
        "required": ["_meta", "_links"],
        "anyOf": [_GROUPS.ref, _ROWS.ref],
    },
    _GROUPS.example,
    (_GROUPS, _ROWS),
)
TABLE: Final = Table.of_objects(GROUP)
KOLADA_TABLE: Final = Table.of_objects(KOLADA_ROW)
ALL: Final = 2**31 - 1
PARAMETERS: Final = (
    parameters.many(
        parameters.choice(
            "groupBy", "What to group by; may be given several times. Without it, one group.", Dimension.values
        )
    ),
    parameters.choice("period", "How long the periods are.", PeriodLength.values, default=PeriodLength.MONTH.value),
    parameters.day("from", "The periods from the one that holds this day."),
    parameters.day("to", "The periods up to the one that holds this day."),
    WITHIN,
    parameters.identifier("indicator", "Only outcomes with this indicator."),
    parameters.many(parameters.choice("kind", "Only of these kinds.", Kind.values)),
    parameters.text("goal", "Only those that serve the goal with this code.", "KF-3", longest=32),
    parameters.many(parameters.choice("ending", "Only what was decided with these endings.", Ending.values)),
    parameters.integer("evidenceGrade", "Only what has at least this evidence grade.", least=0, most=5, default=0),
    parameters.choice(
        "shape",
        "kolada: rows as Kolada gives them, by indicator and year, without groupBy. What is withheld has no row.",
        ["groups", KOLADA],
        default="groups",
    ),
    *paging.PARAMETERS,
)


class Metrics(ApiView):
    operations: ClassVar = {
        "GET": Operation(
            id="getMetrics",
            tag="Metrics",
            summary="Read the outcome metrics",
            description="Counts by state, ending and evidence grade; shares with what they are shares of; how many "
            "values and shifts there are and their means; and effects in hours and kronor, after overlaps have been "
            "counted once. Grouped by any of unit, period, indicator, kind, goal, ending and evidence grade. A unit's "
            "group holds its own initiatives, not those of units below it; `unit` without such a grouping is the unit "
            "with all below it. An initiative belongs to the period in which it was submitted, a value to the period "
            "of its date, a shift to the period of its outcome's latest value, an effect to the months in which it "
            "comes. An ending counts for the indicator that decided it. Means are of all values: medians and latest "
            "values are read from /outcomes, since they cannot be added up.\n\nNo figure is about fewer than five "
            "people, nor can one be found out by subtracting others: where it is needed a calendar year of a place is "
            "withheld, with all months in it, and sums leave it out and say so. So are a unit's first figures of a "
            "year, with all that holds them, until it has been judged: a minute or so.",
            scopes=(METRICS_READ,),
            query=PARAMETERS,
            answer=LIST,
            formats=(JSON, CSV, PARQUET),
            samples=tables.csv_of(TABLE),
        )
    }

    def get(self, request: Request) -> HttpResponseBase:
        page, is_kolada = Page(self.given["page"], self.given["limit"]), self.given["shape"] == KOLADA
        question = self._kolada_question() if is_kolada else self._question()
        if self.media is not JSON:
            return self._table(question, page, is_kolada=is_kolada)
        total, shown = self._shown(question, page, is_kolada=is_kolada)
        shown = shown if page.has_rows(total) else []
        envelope = page.envelope(request, self.root, count=len(shown), total=total)
        return self.answer({"values" if is_kolada else "metrics": shown} | envelope)

    def _table(self, question: Question, page: Page, *, is_kolada: bool) -> HttpResponseBase:
        """All groups, or a page of them when the caller asks for a page."""
        if not tables.is_part(self.request):
            page = Page(1, ALL)
        table = KOLADA_TABLE if is_kolada else TABLE
        rows = map(table.flat, self._shown(question, page, is_kolada=is_kolada)[1])
        return self.whole(tables.encode(self.media, table, rows, File("metrics", self.root, self.now)))

    def _shown(self, question: Question, page: Page, *, is_kolada: bool) -> tuple[int, list[dict[str, Any]]]:
        total, groups = metrics(question, today=self.today, limit=page.limit, offset=max(page.offset, 0))
        return total, [kolada_row(group) if is_kolada else show(group, question) for group in groups]

    def _question(self, **instead: Any) -> Question:
        given = self.given
        return Question(
            **{
                "by": frozenset(Dimension(each) for each in given["groupBy"] or []),
                "period": PeriodLength(given["period"]),
                "scope": Scope(given["unit"], self.client.unit_id),
                "indicator": given["indicator"],
                "kinds": given["kind"] and sorted(set(given["kind"])),
                "goal": given["goal"],
                "endings": given["ending"] and sorted(set(given["ending"])),
                "least_grade": given["evidenceGrade"],
                "first": given["from"],
                "last": given["to"],
            }
            | instead
        )

    def _kolada_question(self) -> Question:
        """Raises Invalid when groups are asked for in another way."""
        if self.given["groupBy"]:
            raise Invalid([Violation("groupBy", "is not asked for with shape=kolada: it is by indicator and year")])
        by = frozenset({Dimension.INDICATOR, Dimension.PERIOD})
        return self._question(by=by, period=PeriodLength.YEAR, tells_withheld=False)


def show(group: Group, question: Question) -> dict[str, Any]:
    return {
        "unitCode": group.unit_code,
        "unitName": group.unit_name,
        "periodStart": group.period_start,
        "periodEnd": group.period_end,
        "indicatorId": group.indicator,
        "indicatorName": group.indicator_name,
        "unitOfMeasure": group.unit_of_measure,
        "kind": group.kind,
        "goalCode": group.goal_code,
        "goalName": group.goal_name,
        "ending": group.ending,
        "evidenceGrade": group.grade,
        "leastEvidenceGrade": question.least_grade,
        "isWithheld": group.is_withheld,
        "withheldYears": [str(year) for year in group.withheld_years],
    } | _figures(group)


def _figures(group: Group) -> dict[str, Any]:
    figures = group.figures
    if figures is None:
        return _NOTHING
    return {
        "initiativeCount": figures.initiatives,
        "outcomeCount": figures.outcomes,
        "states": [{"state": state, "count": figures.states[state]} for state in figures.states],
        "endings": [{"ending": ending, "count": figures.endings[ending]} for ending in figures.endings],
        "notMeasuredCount": figures.not_measured,
        "evidenceGrades": [
            {"evidenceGrade": grade, "count": count} for grade, count in zip(GRADES, figures.grades, strict=True)
        ],
        "measuredShare": _as_share(figures.measured),
        "confirmedShare": _as_share(figures.confirmed),
        "verifiedShare": _as_share(figures.verified),
        "heldShare": _as_share(figures.held),
        "valueCount": figures.values,
        "meanValue": figures.mean_value,
        "shiftCount": figures.shifts,
        "meanShift": figures.mean_shift,
        "hours": _as_effects(figures.hours),
        "kronor": _as_effects(figures.money),
    }


_NOTHING: Final = dict.fromkeys(
    ("initiativeCount", "outcomeCount", "notMeasuredCount", "measuredShare", "confirmedShare", "verifiedShare",
     "heldShare", "valueCount", "meanValue", "shiftCount", "meanShift", "hours", "kronor"),
) | {"states": [], "endings": [], "evidenceGrades": []}  # fmt: skip


def _as_share(share: Share) -> dict[str, Any]:
    return {"value": share.value, "numerator": share.numerator, "denominator": share.denominator}


def _as_effects(effects: Effects) -> dict[str, Any]:
    return {"claimed": effects.claimed, "confirmed": effects.confirmed, "counted": effects.counted}


def kolada_row(group: Group) -> dict[str, Any]:
    """Of a group by indicator and year that is not withheld."""
    assert group.figures, "what is withheld has no row"
    assert group.period_start, "it is by year"
    value = {
        "gender": "T",
        "count": group.figures.values,
        "status": "" if group.figures.values else "Missing",
        "value": group.figures.mean_value,
    }
    return {
        "kpi": group.kolada_id or str(group.indicator),
        "municipality": settings.MUNICIPALITY_CODE,
        "period": group.period_start.year,
        "values": [value],
    }
