"""Beslut: what waits for this decision-maker, the oldest first, each decided on where it stands."""

import uuid
from dataclasses import dataclass

from django.contrib import messages
from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import PermissionDenied
from django.db.models import F, OuterRef, Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from initiatives.actions.agreeing import approve
from initiatives.actions.promising import Promised
from initiatives.actions.refusals import Refused
from initiatives.actions.steps import take_step
from initiatives.forms.obstacles import ObstacleAnswerForm
from initiatives.forms.refused import show
from initiatives.forms.steps import PromiseForm, StepForm
from initiatives.models import CoDriver, Initiative, Outcome, Transition, Waiver
from initiatives.models.initiative import InitiativeQuerySet
from initiatives.outcomes.answering_time import ANSWERS, LOOKS_BACK, own_answering_time
from initiatives.pages.answering import status_of
from initiatives.pages.asked import obstacles_of, promises_of, units_answered_for
from initiatives.pages.obstacle_words import ObstacleRow
from initiatives.pages.obstacle_words import said_of as obstacle_said
from initiatives.pages.promise_words import PromiseRow
from initiatives.pages.promise_words import said_of as promise_said
from initiatives.pages.promising import promised
from initiatives.pages.step_words import done
from initiatives.pages.visit import Visit, visit
from initiatives.permissions import decides
from initiatives.workflow import STEP, State, Verb
from kommun.deciders import DeciderId
from kommun.models import Employee
from kommun.workdays import Workdays

DECISIONS = {"yes": Verb.APPROVE, "question": Verb.RETURN, "no": Verb.DECLINE}
LONG_WAIT = 5  # working days; from then on the tag warns
MOST = 50


@dataclass
class Card:
    """One initiative to decide on, with the form as the person left it if it was refused."""

    initiative: Initiative
    outcome: Outcome | None
    waited: int  # full working days
    forms: dict[str, StepForm]
    promise: PromiseForm
    came_on: str = ""  # from whom it has come on to this person, who has not answered
    opened: str = ""  # which answer was tried, so that its fields are open

    @property
    def is_overdue(self) -> bool:
        return self.waited >= LONG_WAIT

    @property
    def errors(self) -> list[str]:
        forms = [self.forms[self.opened], self.promise] if self.opened else []
        return [str(error) for form in forms for errors in form.errors.values() for error in errors]


@require_safe
def decisions(request: HttpRequest) -> HttpResponse:
    return _show(request, visit(request))


@require_http_methods(["GET", "HEAD", "POST"])
def decide(request: HttpRequest, uuid: uuid.UUID) -> HttpResponse:
    """The inbox with this one on top, and its answers: yes, a question, or not now.

    Whoever may decide comes here, also a deputy beside the manager who is asked. What was written stays on the card if
    it is refused.
    """
    visitor = visit(request)
    initiative = get_object_or_404(_with_what_cards_show(visitor), uuid=uuid)
    if request.method == "POST":
        return _answer(request, visitor, initiative)
    if initiative.state != State.PROPOSED:
        messages.info(request, _("This does not wait for a decision any longer."))
        return redirect(initiative)
    if not decides(visitor.person, initiative, on=visitor.today):
        raise PermissionDenied(_("You cannot do this. It is for somebody else to do."))
    return _show(request, visitor, first=initiative)


def _answer(request: HttpRequest, visitor: Visit, initiative: Initiative) -> HttpResponse:
    answer = request.POST.get("answer", "")
    if answer not in DECISIONS:
        raise Http404
    form = StepForm(request.POST, step=STEP[DECISIONS[answer]], auto_id=f"{initiative.uuid}-{answer}-%s")
    promise = PromiseForm(request.POST, auto_id=f"{initiative.uuid}-%s")
    if form.is_valid() and promise.is_valid():
        try:
            _decide(visitor, initiative, form, promise)
        except Refused as refused:
            status = status_of(refused)
            show(refused, form)
            return _show(request, visitor, first=initiative, tried=(answer, form, promise), status=status)
        messages.success(request, done(form.step.verb))
        return redirect("decisions")
    return _show(request, visitor, first=initiative, tried=(answer, form, promise), status=422)


def _decide(visitor: Visit, initiative: Initiative, form: StepForm, promise: PromiseForm) -> None:
    seen = form.cleaned_data["seen"]
    if form.step.verb == Verb.APPROVE:
        greeting = form.given().reason
        promises = _promised(promise)
        approve(initiative, by=visitor.person, seen=seen, now=visitor.now, greeting=greeting, promises=promises)
    else:
        take_step(initiative, form.step.verb, by=visitor.person, seen=seen, now=visitor.now, given=form.given())


def _promised(form: PromiseForm) -> list[Promised]:
    is_given = form.cleaned_data["promise"] or form.cleaned_data["promise_due_on"] is not None
    return [promised(form)] if is_given else []


def _show(
    request: HttpRequest,
    visitor: Visit,
    *,
    first: Initiative | None = None,
    tried: tuple[str, StepForm, PromiseForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The inbox, with `first` on top. `tried` is the answer that was refused there."""
    workdays = Workdays.load(visitor.today - 2 * LOOKS_BACK, visitor.today)
    waiting, units = _waiting(visitor), units_answered_for(visitor)
    rows = [*([first] if first else []), *waiting[:MOST]]
    cards = [_card(each, visitor, workdays) for each in dict.fromkeys(rows)]
    if tried:
        cards[0].opened, cards[0].forms[tried[0]], cards[0].promise = tried[0], tried[1], tried[2]
    count = waiting.count() if len(cards) >= MOST else len(cards)
    context = {
        "heading": _heading(count),
        "cards": cards,
        "more": max(0, count - len(cards)),
        "waivers": _waivers(visitor),
        "obstacles": _obstacles(visitor, units),
        "promises": _promises(visitor, units),
        "answering_time": own_answering_time(visitor.person, now=visitor.now, workdays=workdays),
        "recent": _recently(visitor.person),
    }
    return render(request, "initiatives/decisions.html", context, status=status)


def _heading(count: int) -> str:
    if not count:
        return _("Nothing waits for your decision")
    return ngettext(
        "%(count)d initiative waits for your decision", "%(count)d initiatives wait for your decision", count
    ) % {"count": count}


def _waiting(visitor: Visit) -> QuerySet[Initiative]:
    """What this person is asked today, by the column that the clock and every step keep; the step itself asks anew."""
    mine = _with_what_cards_show(visitor).awaiting(visitor.person)
    return mine.order_by("submitted_at", "id")


def _with_what_cards_show(visitor: Visit) -> InitiativeQuerySet:
    outcomes = Outcome.objects.filter(is_primary=True).select_related("indicator")
    seen = Initiative.objects.visible_to(visitor.person, on=visitor.today).select_related("owner", "unit", "decider")
    return seen.prefetch_related(Prefetch("outcomes", outcomes, to_attr="primary_outcomes"))


def _card(initiative: Initiative, visitor: Visit, workdays: Workdays) -> Card:
    primary: list[Outcome] = getattr(initiative, "primary_outcomes", [])
    since = timezone.localdate(initiative.submitted_at) if initiative.submitted_at else visitor.today
    initial = {"seen": initiative.seen}
    forms = {
        answer: StepForm(step=STEP[verb], initial=initial, auto_id=f"{initiative.uuid}-{answer}-%s")
        for answer, verb in DECISIONS.items()
    }
    promise = PromiseForm(auto_id=f"{initiative.uuid}-%s")
    waited = workdays.between(since, visitor.today)
    came_on = _came_on(initiative, visitor.person, waited)
    return Card(initiative, primary[0] if primary else None, waited, forms, promise, came_on)


def _came_on(initiative: Initiative, person: Employee, waited: int) -> str:
    """Why it stands with somebody who was not asked first; nothing where it does not."""
    if initiative.escalated_to_id != person.pk or initiative.decider_id == person.pk:
        return ""
    name = initiative.decider.display_name if initiative.decider else _("Nobody named")
    return ngettext(
        "It has come on to you: %(name)s has not answered in %(count)d working day.",
        "It has come on to you: %(name)s has not answered in %(count)d working days.",
        waited,
    ) % {"name": name, "count": waited}


def _obstacles(visitor: Visit, units: list[int]) -> list[ObstacleRow]:
    return [
        ObstacleRow(each, obstacle_said(each, visitor), True, ObstacleAnswerForm(auto_id=f"{each.uuid}-%s"))
        for each in obstacles_of(visitor, units)
    ]


def _promises(visitor: Visit, units: list[int]) -> list[PromiseRow]:
    return [
        PromiseRow(each, promise_said(each, visitor.today), may_settle=True) for each in promises_of(visitor, units)
    ]


def _waivers(visitor: Visit) -> list[Waiver]:
    """Reasons that wait for this person's answer. Few are open at a time, so each is asked about."""
    drivers = ArraySubquery(CoDriver.objects.filter(initiative=OuterRef("initiative")).values("employee_id"))
    unit, cost, owner = F("initiative__unit_id"), F("initiative__cost"), F("initiative__owner_id")
    asked = DeciderId(unit, visitor.today, cost, drivers=drivers, owner=owner)
    open_ones = Waiver.objects.filter(answered_at=None).annotate(asked=asked).filter(asked=visitor.person.pk)
    rows = open_ones.select_related("initiative__unit", "initiative__owner", "asked_by")
    return list(rows.order_by("asked_at")[:MOST])


def _recently(person: Employee) -> QuerySet[Transition]:
    own = Transition.objects.filter(by=person, verb__in=ANSWERS).select_related("initiative")
    return own.order_by("-at")[:5]
