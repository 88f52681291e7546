"""What is in the way: raised on the initiative's page, answered there or on a page that a letter leads to."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from initiatives.actions import obstacles
from initiatives.actions.refusals import Refused
from initiatives.forms import refused as refusal
from initiatives.forms.obstacles import HandOnForm, ObstacleAnswerForm, ObstacleForm
from initiatives.models import Initiative, Obstacle
from initiatives.pages.answering import back_to, status_of
from initiatives.pages.attempting import attempt
from initiatives.pages.fetching import fetch
from initiatives.pages.obstacle_words import obstacle_rows
from initiatives.pages.visit import Visit, visit
from initiatives.workflow import ACTIVE_STATES
from kommun.models import Employee


@require_POST
def raise_obstacle(request: HttpRequest, uuid: uuid.UUID) -> HttpResponse:
    visitor = visit(request)
    found, form = fetch(visitor, uuid), ObstacleForm(request.POST, auto_id="hinder-%s")

    def tell() -> None:
        obstacles.raise_obstacle(found, form.cleaned_data["text"], by=visitor.person, now=visitor.now)

    return attempt(
        request, visitor, found, _("It is written down. Below you see whom it waits for."), tell, obstacle=form
    )


@require_http_methods(["GET", "HEAD", "POST"])
def obstacle(request: HttpRequest, uuid: uuid.UUID) -> HttpResponse:
    """One obstacle, with the cursor in the answer for whoever may give one. POST answers it."""
    visitor = visit(request)
    row = _fetch(visitor, uuid)
    if request.method != "POST":
        return _show(request, visitor, row)
    is_removed, form = _is_removed(request), ObstacleAnswerForm(request.POST, auto_id=f"{row.uuid}-%s")
    if not form.is_valid():
        return _show(request, visitor, row, form=form, status=422)
    try:
        answer = form.cleaned_data["answer"]
        obstacles.close_obstacle(row, is_removed=is_removed, answer=answer, by=visitor.person, now=visitor.now)
    except Refused as refused:
        return _refused(request, visitor, uuid, refused, form=form)
    messages.success(request, _("Your answer is sent."))
    return redirect(back_to(request, row.initiative))


@require_POST
def hand_on(request: HttpRequest, uuid: uuid.UUID) -> HttpResponse:
    """Whoever was asked asks somebody else with the mandate."""
    visitor = visit(request)
    row = _fetch(visitor, uuid)
    form = HandOnForm(request.POST, people=_receivers(row, visitor))
    if not form.is_valid():
        return _show(request, visitor, row, hand_on_form=form, status=422)
    to = get_object_or_404(Employee, uuid=form.cleaned_data["person"])
    try:
        obstacles.hand_obstacle_on(row, to=to, by=visitor.person, now=visitor.now)
    except Refused as refused:
        return _refused(request, visitor, uuid, refused, hand_on_form=form)
    messages.success(request, _("%(name)s is asked.") % {"name": to.display_name})
    return redirect(row.initiative)


def _fetch(visitor: Visit, public_id: uuid.UUID) -> Obstacle:
    """Raises Http404 for one of an initiative that the visitor may not see."""
    seen = Initiative.objects.visible_to(visitor.person, on=visitor.today).order_by()
    rows = Obstacle.objects.filter(initiative__in=seen)
    return get_object_or_404(
        rows.select_related(
            "initiative__unit", "initiative__owner", "raised_by", "owner", "closed_by"
        ).prefetch_related("initiative__co_driver_rows"),
        uuid=public_id,
    )


def _show(
    request: HttpRequest,
    visitor: Visit,
    row: Obstacle,
    *,
    form: ObstacleAnswerForm | None = None,
    hand_on_form: HandOnForm | None = None,
    status: int = 200,
) -> HttpResponse:
    shown = obstacle_rows(row.initiative, [row], visitor)[0]
    answer_form = (form or shown.form) if shown.form else None
    if answer_form is not None:
        answer_form.fields["answer"].widget.attrs["autofocus"] = True
    context = {
        "row": shown,
        "initiative": row.initiative,
        "form": answer_form,
        "hand_on_form": hand_on_form or _hand_on_form(row, visitor),
    }
    return render(request, "initiatives/obstacle.html", context, status=status)


def _refused(
    request: HttpRequest, visitor: Visit, public_id: uuid.UUID, refused: Refused, **forms: Any
) -> HttpResponse:
    """The page as it is now, which may have the form no longer; so the sentence stands on top as well."""
    status = status_of(refused)
    for form in forms.values():
        refusal.show(refused, form)
    messages.error(request, str(refused))
    return _show(request, visitor, _fetch(visitor, public_id), status=status, **forms)


def _hand_on_form(row: Obstacle, visitor: Visit) -> HandOnForm | None:
    """For whoever may hand it on, where there is anybody to hand it on to."""
    found = row.initiative
    if row.closed_at is not None or found.state not in ACTIVE_STATES:
        return None
    if not obstacles.may_hand_on(found, row, by=visitor.person, on=visitor.today):
        return None
    people = _receivers(row, visitor)
    return HandOnForm(people=people) if people else None


def _receivers(row: Obstacle, visitor: Visit) -> list[tuple[uuid.UUID, str]]:
    """The nearest first, each once, with what they answer for."""
    initiative = row.initiative
    if initiative.unit is None:
        return []
    path = initiative.unit.path
    roles = obstacles.receivers(initiative, on=visitor.today).exclude(employee=row.owner_id)
    nearest = sorted(roles.select_related("employee", "unit"), key=lambda each: -path.index(each.unit_id))
    names: dict[uuid.UUID, str] = {}
    for each in nearest:
        names.setdefault(each.employee.uuid, f"{each.employee.display_name}, {each.unit.name}")
    return list(names.items())


def _is_removed(request: HttpRequest) -> bool:
    """Raises Http404 for what is neither: an answer is given once, so none is guessed."""
    answer = request.POST.get("is_removed")
    if answer not in ("yes", "no"):
        raise Http404
    return answer == "yes"
