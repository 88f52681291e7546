"""Hem: what waits for the person, the most important done on the spot, and how their own initiatives are doing."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_safe

from initiatives.forms.units import own_units
from initiatives.models import Handover, Initiative, Obstacle, Outcome, Promise, Verification
from initiatives.models.initiative import InitiativeQuerySet
from initiatives.outcomes.holding import asking
from initiatives.pages.asked import obstacles_of, promises_of, units_answered_for
from initiatives.pages.components.panels import Link, NextStep
from initiatives.pages.next_step import hold_to_check, next_step, value_due
from initiatives.pages.rows import row, with_what_rows_show
from initiatives.pages.tasks import Ahead, Asked, Coming, Task, Todo, ahead, todo
from initiatives.pages.visit import Visit, visit
from initiatives.permissions import to_verify
from initiatives.workflow import ACTIVE_STATES, Actor, Ending, State
from kommun.components import EmptyState, Tab
from kommun.models import Unit

ACTIVE: Final = ""
DRAFTS: Final = "utkast"
ENDED: Final = "avslutade"
SHOWN: Final = {  # by the word in the address
    ACTIVE: ACTIVE_STATES,
    DRAFTS: frozenset({State.DRAFT}),
    ENDED: frozenset({State.CONCLUDED, State.DECLINED, State.WITHDRAWN}),
}
MOST_ROWS: Final = 100
DATES_SHOWN: Final = 4


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    visitor = visit(request)
    shown = request.GET.get("visa", ACTIVE)
    shown = shown if shown in SHOWN else ACTIVE
    mine = Initiative.objects.visible_to(visitor.person, on=visitor.today).driven_by(visitor.person)
    in_hand = _rows(mine, ACTIVE_STATES | SHOWN[DRAFTS])
    listed = _rows(mine, SHOWN[shown]) if shown == ENDED else [each for each in in_hand if each.state in SHOWN[shown]]
    ended = mine.filter(state__in=SHOWN[ENDED]).count()
    things = todo(in_hand, _asked(visitor), today=visitor.today)
    offers = Handover.objects.filter(to=visitor.person, answered_at=None).select_related("initiative", "offered_by")
    context = {
        "offers": offers,
        "waiting": _waiting(sum(each.task != Task.DRAFT for each in things) + len(offers)),
        "step": _step(things, visitor),
        "tabs": _tabs(shown, in_hand, ended),
        "rows": [row(each, today=visitor.today) for each in listed],
        "empty": _empty(shown),
        "ahead": [(each, _said(each)) for each in ahead(in_hand, today=visitor.today, at_most=DATES_SHOWN)],
        "lesson": _lesson(visitor),
    }
    return render(request, "initiatives/home.html", context)


def _rows(mine: InitiativeQuerySet, states: frozenset[State]) -> list[Initiative]:
    return list(with_what_rows_show(mine.filter(state__in=states))[:MOST_ROWS])


def _asked(visitor: Visit) -> Asked:
    units = units_answered_for(visitor)
    return Asked(
        to_decide=_to_decide(visitor),
        to_verify=_to_verify(visitor),
        sent_back=_sent_back(visitor),
        obstacles=obstacles_of(visitor, units),
        promises=promises_of(visitor, units, due_by=visitor.today),
        to_check=_to_check(visitor),
    )


def _to_verify(visitor: Visit) -> list[Outcome]:
    """Nothing for those who are no controller."""
    waiting = to_verify(visitor.person, on=visitor.today).select_related("initiative")
    return list(waiting.defer("initiative__search").order_by("verification_at", "id")[:MOST_ROWS])


def _sent_back(visitor: Visit) -> list[Outcome]:
    """What a controller has sent back to those who drive it."""
    mine = Initiative.objects.visible_to(visitor.person, on=visitor.today).driven_by(visitor.person)
    found = Outcome.objects.filter(is_primary=True, verification=Verification.RETURNED, initiative__in=mine.order_by())
    return list(found.select_related("initiative").defer("initiative__search").order_by("verification_at", "id"))


def _to_decide(visitor: Visit) -> list[Initiative]:
    """The oldest first; whether they still may, the step itself asks anew."""
    waiting = Initiative.objects.visible_to(visitor.person, on=visitor.today).awaiting(visitor.person)
    return list(waiting.select_related("owner").defer("search").order_by("submitted_at", "id")[:MOST_ROWS])


def _to_check(visitor: Visit) -> list[Initiative]:
    """Whether what was confirmed is still there; asked of whoever drove it."""
    mine = Initiative.objects.visible_to(visitor.person, on=visitor.today).driven_by(visitor.person)
    return list(with_what_rows_show(asking(visitor.today).filter(pk__in=mine.order_by().values("pk")))[:MOST_ROWS])


def _waiting(count: int) -> str:
    """The situation in one sentence. A draft may rest; it waits for nobody."""
    if not count:
        return _("Nothing is waiting for you.")
    return ngettext("One thing is waiting for you.", "%(count)d things are waiting for you.", count) % {"count": count}


def _step(things: list[Todo], visitor: Visit) -> NextStep:
    """The one most important thing."""
    if not things:
        return NextStep(
            _("What would you like to make better?"),
            _("Four questions make a draft. You decide when to send it."),
            _("about two minutes"),
            link=Link("/initiativ/nytt/", _("New initiative")),
        )
    first = things[0]
    about = Link(first.initiative.get_absolute_url(), first.initiative.title)
    said = ASKED.get(first.task)
    return replace(said(first) if said else _of_their_own(first, visitor), about=about)


def _of_their_own(thing: Todo, visitor: Visit) -> NextStep:
    """What an owner is asked for is what the initiative's page asks for, but that it leads back here."""
    ask = hold_to_check if thing.task == Task.HOLD else value_due
    asked = ask(thing.initiative, thing.outcome, visitor, back_to="/") if thing.outcome else None
    step = asked or next_step(thing.initiative, thing.outcome, frozenset({Actor.OWNER}), visitor)
    assert step is not None, "something is to be done about it"
    return step


def _decision(thing: Todo) -> NextStep:
    return NextStep(
        _("%(name)s is waiting for your answer") % {"name": thing.initiative.owner.display_name},
        _("A yes is enough to begin."),
        _("about two minutes"),
        link=Link(f"/beslut/{thing.initiative.uuid}/", _("Read and decide")),
    )


def _obstacle(thing: Todo) -> NextStep:
    obstacle = thing.about
    assert isinstance(obstacle, Obstacle)
    return NextStep(
        _("%(name)s needs your help") % {"name": obstacle.raised_by.display_name},
        obstacle.text,
        link=Link(f"/hinder/{obstacle.uuid}/", _("Read and answer")),
    )


def _promise(thing: Todo) -> NextStep:
    promise = thing.about
    assert isinstance(promise, Promise)
    return NextStep(
        _("Did your promise come true?"),
        promise.text,
        _("takes a minute"),
        link=Link(f"/lofte/{promise.uuid}/", _("Answer")),
    )


def _verification(thing: Todo) -> NextStep:
    return NextStep(
        _("A result waits for your review"),
        _("Look at the figures and at what is counted. Whoever drives it gets your answer."),
        link=Link(f"/granska/{thing.initiative.uuid}/", _("Look and answer")),
    )


def _controller_asks(thing: Todo) -> NextStep:
    return NextStep(
        _("The controller asks"),
        _("The answer to it, and then the controller's yes, lift the evidence grade."),
        link=Link(f"{thing.initiative.get_absolute_url()}#controller", _("Answer")),
    )


def _first_step(thing: Todo) -> NextStep:
    return NextStep(
        _("It is time for the first step"),
        thing.initiative.first_step,
        link=Link(thing.initiative.get_absolute_url(), _("Open the initiative")),
    )


ASKED: Final[dict[Task, Callable[[Todo], NextStep]]] = {
    Task.DECISION: _decision,
    Task.OBSTACLE: _obstacle,
    Task.PROMISE: _promise,
    Task.VERIFICATION: _verification,
    Task.CONTROLLER_ASKS: _controller_asks,
    Task.FIRST_STEP: _first_step,
}


def _tabs(shown: str, in_hand: list[Initiative], ended: int) -> list[Tab]:
    drafts = sum(each.state == State.DRAFT for each in in_hand)
    counted = [
        (ACTIVE, pgettext("initiatives", "Active"), len(in_hand) - drafts),
        (DRAFTS, pgettext("initiatives", "Drafts"), drafts),
        (ENDED, pgettext("initiatives", "Ended"), ended),
    ]
    return [Tab(f"/?visa={word}" if word else "/", label, count, word == shown) for word, label, count in counted]


def _empty(shown: str) -> EmptyState:
    if shown == DRAFTS:
        return EmptyState(_("No drafts"), _("A draft is seen by you alone, until you send it."))
    if shown == ENDED:
        return EmptyState(_("Nothing has ended yet"), _("Here you find what your tests came to, and the lessons."))
    return EmptyState(
        _("You have nothing under way"),
        _("Look at what others do, or begin with something of your own."),
        "lampa",
        "/initiativ/",
        _("See the initiatives of others"),
    )


def _said(date: Ahead) -> str:
    return {
        Coming.ANSWER: _("Answer promised"),
        Coming.FIRST_STEP: _("The first step"),
        Coming.VALUE: _("A new value"),
        Coming.REVIEW: _("The verdict"),
        Coming.RESUME: _("Resumes"),
    }[date.what]


def _lesson(visitor: Visit) -> Initiative | None:
    """The latest that others have shown to work: beside the person's own units if there is one, else anywhere."""
    shown = (
        Initiative.objects.visible_to(visitor.person, on=visitor.today)
        .filter(state=State.CONCLUDED, ending=Ending.CONFIRMED)
        .exclude(owner=visitor.person)
        .select_related("unit")
        .defer("search")
        .order_by("-concluded_at")
    )
    return shown.filter(unit__in=_beside(own_units(visitor.person, on=visitor.today))).first() or shown.first()


def _beside(units: list[Unit]) -> list[int]:
    parents = [unit.parent_id for unit in units if unit.parent_id]
    return list(Unit.objects.filter(parent_id__in=parents).values_list("pk", flat=True))
