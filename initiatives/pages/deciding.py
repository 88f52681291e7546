"""Beslut: what waits for this decision-maker, the oldest first, each decided on where it stands."""

import datetime as dt
import statistics
import uuid
from dataclasses import dataclass, field

from django.contrib import messages
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from initiatives.actions.agreeing import Promised, approve
from initiatives.actions.refusals import Refused
from initiatives.actions.steps import take_step
from initiatives.forms.refused import show
from initiatives.forms.steps import PromiseForm, StepForm
from initiatives.models import Initiative, Outcome, Promise, Transition, Waiver
from initiatives.pages.answering import status_of
from initiatives.pages.steps import done
from initiatives.pages.visit import Visit, visit
from initiatives.workflow import STEP, State, Verb
from kommun.models import Employee
from kommun.workdays import Workdays

DECISIONS = {"yes": Verb.APPROVE, "question": Verb.RETURN, "no": Verb.DECLINE}
LONG_WAIT = 5  # working days; from then on the tag warns
MOST = 50
RECENT = dt.timedelta(days=365)


@dataclass
class Card:
    """One initiative to decide on, with the form as the person left it if it was refused."""

    initiative: Initiative
    outcome: Outcome | None
    waited: int  # full working days
    forms: dict[str, StepForm]
    promise: PromiseForm
    opened: str = ""  # which answer was tried, so that its fields are open

    @property
    def is_overdue(self) -> bool:
        return self.waited >= LONG_WAIT

    @property
    def errors(self) -> list[str]:
        form = self.forms.get(self.opened)
        return [str(error) for errors in form.errors.values() for error in errors] if form else []


@dataclass
class Inbox:
    cards: list[Card]
    waivers: list[Waiver]
    more: int
    refused: dict[uuid.UUID, Card] = field(default_factory=dict)


@require_safe
def decisions(request: HttpRequest) -> HttpResponse:
    return _show(request, visit(request))


@require_POST
def decide(request: HttpRequest, uuid: uuid.UUID) -> HttpResponse:
    """Yes, a question, or not now. What was written stays on the card if it is refused."""
    visitor = visit(request)
    seen = Initiative.objects.visible_to(visitor.person, on=visitor.today).select_related("unit", "owner")
    initiative = get_object_or_404(seen, uuid=uuid)
    answer = request.POST.get("answer", "")
    if answer not in DECISIONS:
        raise Http404
    form = StepForm(request.POST, step=STEP[DECISIONS[answer]], prefix=None, auto_id=f"{uuid}-%s")
    promise = PromiseForm(request.POST, auto_id=f"{uuid}-%s")
    if form.is_valid() and promise.is_valid():
        try:
            _decide(visitor, initiative, form, promise)
        except Refused as refused:
            status = status_of(refused)
            show(refused, form)
            return _show(request, visitor, refused_card=(initiative, answer, form, promise), status=status)
        messages.success(request, done(form.step.verb))
        return redirect("decisions")
    return _show(request, visitor, refused_card=(initiative, answer, form, promise), status=422)


def _decide(visitor: Visit, initiative: Initiative, form: StepForm, promise: PromiseForm) -> None:
    seen = form.cleaned_data["seen"]
    if form.step.verb == Verb.APPROVE:
        greeting = form.given().reason
        promised = _promised(promise)
        approve(initiative, by=visitor.person, seen=seen, now=visitor.now, greeting=greeting, promises=promised)
    else:
        take_step(initiative, form.step.verb, by=visitor.person, seen=seen, now=visitor.now, given=form.given())


def _promised(form: PromiseForm) -> list[Promised]:
    text, due_on = form.cleaned_data["promise"], form.cleaned_data["promise_due_on"]
    if not text and due_on is None:
        return []
    kind = Promise.Kind(form.cleaned_data["promise_kind"] or Promise.Kind.TIME)
    return [Promised(kind, text, due_on or dt.date.min)]


def _show(
    request: HttpRequest,
    visitor: Visit,
    *,
    refused_card: tuple[Initiative, str, StepForm, PromiseForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    workdays = Workdays.load(visitor.today - RECENT, visitor.today)
    waiting = _waiting(visitor)
    cards = [_card(each, visitor, workdays) for each in waiting[:MOST]]
    for card in cards:
        if refused_card and card.initiative.pk == refused_card[0].pk:
            card.opened = refused_card[1]
            card.forms[card.opened], card.promise = refused_card[2], refused_card[3]
    if refused_card and all(card.initiative.pk != refused_card[0].pk for card in cards):
        messages.error(request, " ".join(_sentences(refused_card[2])))
    count = waiting.count() if len(cards) == MOST else len(cards)
    context = {
        "heading": _heading(count),
        "cards": cards,
        "more": count - len(cards),
        "waivers": _waivers(visitor),
        "answer_days": _own_answering_time(visitor, workdays),
        "recent": _recently(visitor.person),
    }
    return render(request, "initiatives/decisions.html", context, status=status)


def _sentences(form: StepForm) -> list[str]:
    return [str(error) for errors in form.errors.values() for error in errors]


def _heading(count: int) -> str:
    if not count:
        return _("Nothing waits for your decision")
    return ngettext(
        "%(count)d initiative waits for your decision", "%(count)d initiatives wait for your decision", count
    ) % {"count": count}


def _waiting(visitor: Visit) -> QuerySet[Initiative]:
    """What this person is asked today, by the column that the clock and every step keep; the step itself asks anew."""
    outcomes = Outcome.objects.filter(is_primary=True).select_related("indicator")
    return (
        Initiative.objects.visible_to(visitor.person, on=visitor.today)
        .filter(decider=visitor.person, state=State.PROPOSED)
        .select_related("owner", "unit")
        .prefetch_related(Prefetch("outcomes", outcomes, to_attr="primary_outcomes"))
        .order_by("submitted_at", "id")
    )


def _card(initiative: Initiative, visitor: Visit, workdays: Workdays) -> Card:
    primary: list[Outcome] = getattr(initiative, "primary_outcomes", [])
    since = initiative.submitted_at.date() if initiative.submitted_at else visitor.today
    initial = {"seen": initiative.seen}
    forms = {
        answer: StepForm(step=STEP[verb], initial=initial, auto_id=f"{initiative.uuid}-{answer}-%s")
        for answer, verb in DECISIONS.items()
    }
    promise = PromiseForm(auto_id=f"{initiative.uuid}-%s")
    return Card(initiative, primary[0] if primary else None, workdays.between(since, visitor.today), forms, promise)


def _waivers(visitor: Visit) -> list[Waiver]:
    """Reasons that wait for this person's answer. Few are open at a time, so each is asked about."""
    open_ones = Waiver.objects.filter(answered_at=None, initiative__decider=visitor.person)
    rows = open_ones.select_related("initiative__unit", "initiative__owner", "asked_by")
    return list(rows.order_by("asked_at")[:MOST])


def _own_answering_time(visitor: Visit, workdays: Workdays) -> int | None:
    """The median of this person's own answers, in working days; for their own eyes. None when there are none."""
    answers = Transition.objects.filter(by=visitor.person, verb__in=DECISIONS.values(), at__gte=visitor.now - RECENT)
    days = [
        workdays.between(sent.date(), at.date())
        for sent, at in answers.values_list("initiative__submitted_at", "at")
        if sent is not None
    ]
    return round(statistics.median(days)) if days else None


def _recently(person: Employee) -> QuerySet[Transition]:
    own = Transition.objects.filter(by=person, verb__in=DECISIONS.values()).select_related("initiative")
    return own.order_by("-at")[:5]
