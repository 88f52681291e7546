"""/initiatives: what is being tried and what became of it. Never a draft, never who."""

from typing import ClassVar, Final

from django.db.models import (
    BooleanField,
    Case,
    CharField,
    F,
    FilteredRelation,
    OuterRef,
    Q,
    SmallIntegerField,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils import timezone

from initiatives.api import components, orders, paging, parameters
from initiatives.api.authentication import INITIATIVES_READ
from initiatives.api.listings import UPDATED, Filter, Listing, Single, query_of, samples_of
from initiatives.api.media import CSV, JSON
from initiatives.api.operations import Operation, fields_of
from initiatives.api.plans import IsAnyOf, Unseen
from initiatives.api.shapes import Field, Shape, Way, filled, in_a_path
from initiatives.api.units import WITHIN, within
from initiatives.api.views import Rows
from initiatives.evidence import Verdict
from initiatives.models import Initiative, Kind
from initiatives.workflow import PHASE_OF, PRIVATE_STATES, QUIET_STATES, Ending, Phase, State
from kommun.models import ApiClient

STATES: Final = [state.value for state in State if state not in PRIVATE_STATES | QUIET_STATES]  # those machines see
GRADE: Final = components.integer("How far the effect is proven, 0-5.", 3, minimum=0, maximum=5)


_WAS_MEASURED: Final = Case(
    When(ending="", then=Value(None)),
    When(deciding__verdict__in=["", Verdict.TOO_FEW.value], then=Value(False)),
    When(deciding__verdict=None, then=Value(False)),
    default=Value(True),
    output_field=BooleanField(),
)


_PHASE: Final = Case(
    *(When(state=state.value, then=Value(phase.value)) for state, phase in PHASE_OF.items()), output_field=CharField()
)
_BEGUN: Final = Coalesce("submitted_at", "created_at")

INITIATIVE: Final = Shape(
    "Initiative",
    "A change that somebody in the organisation drives. The owner is never told.",
    [
        Field("id", "uuid", components.uuid("Its identifier.")),
        Field("title", "title", components.text("What it is called.", "Kortare handläggning av enkla bygglov")),
        Field("benefit", "benefit", components.text("What gets better, and for whom.", "Invånaren får svar fortare.")),
        Field("plan", "plan", components.text("What is done.", "Vi granskar ansökan samma dag den kommer in.")),
        Field("kind", filled("kind"), components.choice("What gets better.", Kind.values, nullable=True)),
        Field("state", "state", components.choice("Where it stands.", STATES)),
        Field("phase", _PHASE, components.choice("The phase that people see.", Phase.values)),
        Field("ending", filled("ending"), components.choice("How it ended.", Ending.values, nullable=True)),
        Field(
            "wasMeasured",
            _WAS_MEASURED,
            components.boolean(
                "Whether the values were enough for a verdict; null until it has ended.", example=True, nullable=True
            ),
        ),
        Field(
            "lesson",
            filled("lesson"),
            components.text("What was learned; every ending has it.", "Börja i liten skala.", nullable=True),
        ),
        Field("unitCode", "unit__code", components.text("The unit's code.", "BYGG-1")),
        Field("unitName", "unit__name", components.text("The unit's name.", "Bygglovsenheten")),
        Field("goalCode", "goal__code", components.text("The goal it serves.", "KF-3", nullable=True)),
        Field("goalName", "goal__name", components.text("The goal in words.", "Enkel kontakt", nullable=True)),
        Field(
            "originId",
            "seen_origin",
            components.uuid("The initiative it was modelled on, if you may see it.", nullable=True),
        ),
        Field("cost", "cost", components.number("Estimated cost in kronor; null when unknown.", 0, nullable=True)),
        Field("evidenceGrade", "deciding__grade", {**GRADE, "type": ["integer", "null"]}),
        Field("begunAt", _BEGUN, components.moment("When it was last submitted, else registered.")),
        Field("submittedAt", "submitted_at", components.moment("When it was last submitted.", nullable=True)),
        Field("changeOn", "change_on", components.day("The day the change was in place.", nullable=True)),
        Field("concludedAt", "concluded_at", components.moment("When it ended.", nullable=True)),
        Field("stateSinceAt", "state_since_at", components.moment("When it came to its state.")),
        Field("createdAt", "created_at", components.moment("When it was registered.")),
        Field("updatedAt", "updated_at", components.moment("When it last changed. Never runs backwards.")),
    ],
    ways=[
        Way("self", "self", ("/initiatives/", F("uuid")), "This initiative.", f"/initiatives/{components.UUID}"),
        Way("unit", "related", ("/units/", in_a_path("unit__code")), "The unit it belongs to.", "/units/BYGG-1"),
        Way(
            "outcomes",
            "related",
            ("/outcomes?initiative=", F("uuid")),
            "What it shall make better.",
            f"/outcomes?initiative={components.UUID}",
        ),
    ],
)
ORDERS: Final = (
    *orders.both_ways("begunAt", orders.moment("begun", _BEGUN)),
    *orders.both_ways("updatedAt", orders.moment("updated", "updated_at")),
)
FILTERS: Final = (
    Filter(
        parameters.many(parameters.choice("state", "Only in these states.", STATES)),
        lambda rows, states: rows.filter(IsAnyOf("state", states)),
    ),
    Filter(
        parameters.many(parameters.choice("ending", "Only with these endings.", Ending.values)),
        lambda rows, endings: rows.filter(IsAnyOf("ending", endings)),
    ),
    Filter(WITHIN, lambda rows, code: rows.filter(**within("unit__path", code)), given=Unseen),
    Filter(
        parameters.text("goal", "Only those that serve the goal with this code.", "KF-3", longest=32),
        lambda rows, code: rows.filter(goal__code=code),
    ),
    Filter(
        parameters.many(parameters.choice("kind", "Only of these kinds.", Kind.values)),
        lambda rows, kinds: rows.filter(IsAnyOf("kind", kinds)),
    ),
    Filter(
        parameters.many(parameters.integer("evidenceGrade", "Only with these evidence grades.", least=0, most=5)),
        lambda rows, grades: rows.filter(IsAnyOf("deciding__grade", grades)),
        SmallIntegerField(),
    ),
    *UPDATED,
    Filter(
        parameters.text("q", "Words to search for in Swedish, in any form or spelt much like them.", "bygglov"),
        lambda rows, words: rows.searching(words),
    ),
)


class InitiativeView:
    @classmethod
    def visible(cls, client: ApiClient) -> Rows:
        seen = Initiative.objects.visible_to(client, on=timezone.localdate())
        return seen.annotate(
            deciding=FilteredRelation("outcomes", condition=Q(outcomes__is_primary=True)),
            seen_origin=Subquery(seen.filter(pk=OuterRef("origin_id")).order_by().values("uuid")),
        )


class Initiatives(InitiativeView, Listing):
    shape = INITIATIVE
    plural = "initiatives"
    filters = FILTERS
    orders = ORDERS
    counted = "initiatives"
    operations: ClassVar = {
        "GET": Operation(
            id="listInitiatives",
            tag="Initiatives",
            summary="List initiatives",
            description="Everything that has been sent for decision and not taken back or declined. Drafts are never "
            "shown, owners never named. A reader who comes back asks for what has changed with `updatedFrom`, or "
            "follows `/events`.",
            scopes=(INITIATIVES_READ,),
            query=query_of(INITIATIVE, FILTERS, ORDERS),
            formats=(JSON, CSV),
            samples=samples_of(INITIATIVE),
            answer=paging.listing(
                "InitiativePage", "initiatives", "The initiatives of this page.", INITIATIVE.component
            ),
        )
    }


class OneInitiative(InitiativeView, Single):
    shape = INITIATIVE
    operations: ClassVar = {
        "GET": Operation(
            id="getInitiative",
            tag="Initiatives",
            summary="Read an initiative",
            description="One initiative by its identifier.",
            scopes=(INITIATIVES_READ,),
            path=(parameters.identifier("id", "The initiative's identifier."),),
            query=(fields_of(INITIATIVE.names),),
            answer=INITIATIVE.component,
        )
    }
