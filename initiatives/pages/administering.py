"""Regler för påminnelser: all rules with what each does, what is proposed to be retired, and what holds for all."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from initiatives.actions.refusals import Refused
from initiatives.actions.reminding import answer_retirement, set_policy
from initiatives.forms.refused import show
from initiatives.forms.reminding import PolicyForm
from initiatives.models import Retirement, RuleName
from initiatives.nudges.configuration import configured
from initiatives.nudges.policy import policy
from initiatives.nudges.rules import RULES, Rule
from initiatives.outcomes.reminders import effects
from initiatives.pages.answering import status_of
from initiatives.pages.reminder_words import difference_of, difference_words, effect_words, figures_words
from initiatives.pages.visit import Visit, visit
from kommun.components import Crumb
from kommun.models import Role, Unit
from kommun.roles import administers, held


@dataclass(frozen=True)
class RuleRow:
    """One rule: how it goes and what it does, in sentences."""

    name: str
    url: str
    goes: Sequence[str]
    does: Sequence[str]


@dataclass(frozen=True)
class Proposal:
    retirement: Retirement
    name: str
    does: Sequence[str]


@require_http_methods(["GET", "HEAD", "POST"])
def reminder_rules(request: HttpRequest) -> HttpResponse:
    """All rules, for the municipality or the unit that `?enhet=` names. A POST sets what holds for all of them."""
    visitor = visit(request)
    unit = unit_asked(request, visitor)
    if request.method != "POST":
        return _show(request, visitor, unit)
    form = PolicyForm(request.POST, policy=policy())
    status = int(HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        if form.is_valid():
            set_policy(by=visitor.person, now=visitor.now, **form.cleaned_data)
            messages.success(request, _("Saved."))
            return redirect("reminder-rules")
    except Refused as refused:
        status = status_of(refused)
        show(refused, form)
    return _show(request, visitor, unit, form=form, status=status)


@require_POST
def answer_proposal(request: HttpRequest, uuid: uuid.UUID) -> HttpResponse:
    """A reminder that does not help is turned off, or kept."""
    visitor = visit(request)
    retirement = get_object_or_404(Retirement, uuid=uuid)
    is_retired = request.POST.get("answer") == "retire"
    try:
        answer_retirement(retirement, is_retired=is_retired, by=visitor.person, now=visitor.now)
    except Refused as refused:
        status_of(refused)  # what is not theirs is refused
        messages.info(request, str(refused))
        return redirect("reminder-rules")
    messages.success(request, _("It is turned off.") if is_retired else _("It is kept."))
    return redirect("reminder-rules")


def unit_asked(request: HttpRequest, visitor: Visit) -> Unit | None:
    """The unit that is asked about and that the visitor administers; None is the whole municipality.

    Without `?enhet=` an administrator of a unit gets that one. Raises PermissionDenied and Http404.
    """
    code, unit = request.GET.get("enhet", ""), None
    if code:
        unit = get_object_or_404(Unit.objects.open_on(visitor.today), code=code)
    if administers(visitor.person, unit, on=visitor.today):
        return unit
    own = None if unit else held(visitor.person, Role.ADMINISTRATOR, on=visitor.today).select_related("unit").first()
    if own is None:
        raise PermissionDenied(_("This page is for administrators."))
    return own.unit


def address(name: str, unit: Unit | None, *args: str) -> str:
    """Of a page about reminders, for the same unit."""
    return reverse(name, args=args) + (f"?enhet={unit.code}" if unit else "")


def crumbs_to(unit: Unit | None, last: str = "") -> list[Crumb]:
    """The way to the page of a rule, which is called `last`; or to the rules of a unit."""
    places = [Crumb(_("Rules for reminders"), reverse("reminder-rules"))]
    if unit:
        places.append(Crumb(unit.name, address("reminder-rules", unit) if last else ""))
    return [*places, *([Crumb(last)] if last else [])]


def _show(
    request: HttpRequest,
    visitor: Visit,
    unit: Unit | None,
    *,
    form: PolicyForm | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    found = policy()
    rows = _rows(unit, visitor, holds_out=found.hold_out_is_on)
    context = {
        "unit": unit,
        "crumbs": crumbs_to(unit) if unit else [],
        "asked": [row for rule, row in rows if not rule.is_news],
        "news": [row for rule, row in rows if rule.is_news],
        "proposals": [] if unit else _proposals(),
        "form": None if unit else form or PolicyForm(policy=found),
    }
    return render(request, "initiatives/reminder_rules.html", context, status=status)


def _rows(unit: Unit | None, visitor: Visit, *, holds_out: bool) -> list[tuple[Rule, RuleRow]]:
    does = {effect.rule: effect for effect in effects(now=visitor.now)}
    figures = configured(RULES)
    return [
        (
            rule,
            RuleRow(
                str(rule.name.label),
                address("reminder-rule", unit, rule.name),
                figures_words(rule, figures[rule.name].for_unit(unit.pk if unit else None), holds_out=holds_out),
                effect_words(does.get(rule.name)),
            ),
        )
        for rule in RULES
    ]


def _proposals() -> list[Proposal]:
    waiting = Retirement.objects.filter(answered_at=None)
    return [
        Proposal(each, str(RuleName(each.rule).label), difference_words(difference_of(each.figures)))
        for each in waiting
    ]
