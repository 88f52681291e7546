"""Beslut: what waits for this decision-maker, the oldest first, each decided on where it stands."""

import datetime as dt
import statistics
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

from initiatives.actions.agreeing import Promised, approve
from initiatives.actions.refusals import Refused
from initiatives.actions.steps import take_step
from initiatives.forms.refused import show
from initiatives.forms.steps import PromiseForm, StepForm
from initiatives.models import CoDriver, Initiative, Outcome, Promise, Transition, Waiver
from initiatives.pages.answering import status_of
from initiatives.pages.steps import done
from initiatives.pages.visit import Visit, visit
from initiatives.permissions import decides
from initiatives.workflow import STEP, State, Verb
from kommun.deciders import DeciderId
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
    first: Initiative | None = None,
    tried: tuple[str, StepForm, PromiseForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The inbox, with `first` on top. `tried` is the answer that was refused there."""
    workdays = Workdays.load(visitor.today - RECENT, visitor.today)
    waiting = _waiting(visitor)
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
        "answer_days": _own_answering_time(visitor, workdays),
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
    mine = _with_what_cards_show(visitor).filter(decider=visitor.person, state=State.PROPOSED)
    return mine.order_by("submitted_at", "id")


def _with_what_cards_show(visitor: Visit) -> QuerySet[Initiative]:
    outcomes = Outcome.objects.filter(is_primary=True).select_related("indicator")
    seen = Initiative.objects.visible_to(visitor.person, on=visitor.today).select_related("owner", "unit")
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
    return Card(initiative, primary[0] if primary else None, workdays.between(since, visitor.today), forms, promise)


def _waivers(visitor: Visit) -> list[Waiver]:
    """Reasons that wait for this person's answer. Few are open at a time, so each is asked about."""
    drivers = ArraySubquery(CoDriver.objects.filter(initiative=OuterRef("initiative")).values("employee_id"))
    unit, cost, owner = F("initiative__unit_id"), F("initiative__cost"), F("initiative__owner_id")
    asked = DeciderId(unit, visitor.today, cost, drivers=drivers, owner=owner)
    open_ones = Waiver.objects.filter(answered_at=None).annotate(asked=asked).filter(asked=visitor.person.pk)
    rows = open_ones.select_related("initiative__unit", "initiative__owner", "asked_by")
    return list(rows.order_by("asked_at")[:MOST])


def _own_answering_time(visitor: Visit, workdays: Workdays) -> int | None:
    """The median of this person's own answers, in working days; for their own eyes. None when there are none."""
    answers = Transition.objects.filter(by=visitor.person, verb__in=DECISIONS.values(), at__gte=visitor.now - RECENT)
    days = [
        workdays.between(timezone.localdate(sent), timezone.localdate(at))
        for sent, at in answers.values_list("initiative__submitted_at", "at")
        if sent is not None
    ]
    return round(statistics.median(days)) if days else None


def _recently(person: Employee) -> QuerySet[Transition]:
    own = Transition.objects.filter(by=person, verb__in=DECISIONS.values()).select_related("initiative")
    return own.order_by("-at")[:5]
