"""How a person wants to be written to: when, how often, where, and about what."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from initiatives.actions.refusals import Refused
from initiatives.actions.wishes import accept_again, decline, wish_for_letters
from initiatives.forms.refused import show
from initiatives.forms.reminders import LettersForm
from initiatives.models import NudgePolicy
from initiatives.nudges.budget import at_most, left, letters_this_week
from initiatives.pages.answering import status_of
from initiatives.pages.reminder_kinds import Kinds, kinds
from initiatives.pages.visit import Visit, visit
from kommun.channels import channels
from kommun.models import Employee


@require_http_methods(["GET", "HEAD", "POST"])
def reminder_settings(request: HttpRequest) -> HttpResponse:
    visitor = visit(request)
    policy = NudgePolicy.objects.first() or NudgePolicy()
    declined = set(visitor.person.opt_outs.values_list("rule", flat=True))
    groups = kinds()
    form = LettersForm(
        request.POST if request.method == "POST" else None,
        person=visitor.person,
        today=visitor.today,
        usual=(settings.LETTER_HOUR, policy.letters_per_week),
        channels=channels(),
        kinds=[*groups.reminders, *groups.news],
        declined=declined,
    )
    status = 422 if form.is_bound else 200
    if request.method == "POST" and form.is_valid():
        try:
            _save(visitor, form, declined)
        except Refused as refused:
            status = status_of(refused)
            show(refused, form)
        else:
            messages.success(request, _("Saved."))
            return redirect("reminder-settings")
    return _show(request, visitor, form, policy, groups, status=status)


@transaction.atomic
def _save(visitor: Visit, form: LettersForm, declined: set[str]) -> None:
    """Every kind that has changed, one by one; there are few."""
    wish_for_letters(by=visitor.person, now=visitor.now, **form.wishes())
    wanted = set(form.cleaned_data["kinds"])
    for rule, _label in form.offered:
        if rule in wanted and rule in declined:
            accept_again(rule, by=visitor.person, now=visitor.now)
        elif rule not in wanted and rule not in declined:
            decline(rule, by=visitor.person, now=visitor.now)


def _show(
    request: HttpRequest, visitor: Visit, form: LettersForm, policy: NudgePolicy, groups: Kinds, *, status: int
) -> HttpResponse:
    person = Employee.objects.get(pk=visitor.person.pk)  # as it is, not as a refused form has left it
    had = letters_this_week([person.pk], visitor.today)[person.pk]
    boxes: dict[str, Any] = {str(box.data["value"]): box for box in form["kinds"]}
    context = {
        "form": form,
        "had": had,
        "at_most": at_most(person, policy),
        "left": left(person, had, policy),
        "duties": [label for _rule, label in groups.duties],
        "reminders": [boxes[rule] for rule, _label in groups.reminders],
        "news": [boxes[rule] for rule, _label in groups.news],
    }
    return render(request, "initiatives/reminder_settings.html", context, status=status)
