"""What people have written about an initiative: the latest on its page, everything on the page that takes a line."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from initiatives.actions.commenting import comment as write
from initiatives.actions.refusals import Refused
from initiatives.forms.commenting import CommentForm
from initiatives.forms.refused import show
from initiatives.models import Comment, Initiative
from initiatives.pages.answering import status_of
from initiatives.pages.fetching import fetch
from initiatives.pages.visit import Visit, visit

ON_THE_INITIATIVE: Final = 5
ON_THEIR_OWN_PAGE: Final = 50


@dataclass(frozen=True)
class Comments:
    """Some of them, the oldest first. `earlier` is what the address of those before them ends with; "" for none."""

    rows: Sequence[Comment]
    earlier: str


def comments_of(initiative: Initiative, size: int, *, before: str = "") -> Comments:
    """The latest `size` of them, or those right before the comment `before`. One query; raises Http404."""
    rows = initiative.comments.select_related("by").order_by("-id")
    if before:
        rows = rows.filter(pk__lt=_key(initiative, before))
    found = list(rows[: size + 1])
    shown = found[:size][::-1]
    return Comments(shown, f"?fore={shown[0].uuid}" if len(found) > size else "")


@require_http_methods(["GET", "POST"])
def comment(request: HttpRequest, uuid: uuid.UUID) -> HttpResponse:
    """One field with the cursor in it; letters that ask how it goes lead here."""
    visitor = visit(request)
    initiative = fetch(visitor, uuid)
    if request.method == "GET":
        return _show(request, initiative, CommentForm(is_alone=True))
    form = CommentForm(request.POST, is_alone=True)
    return (
        _save(request, visitor, initiative, form) if form.is_valid() else _show(request, initiative, form, status=422)
    )


def _save(request: HttpRequest, visitor: Visit, initiative: Initiative, form: CommentForm) -> HttpResponse:
    try:
        write(initiative, form.cleaned_data["text"], by=visitor.person, now=visitor.now)
    except Refused as refused:
        status = status_of(refused)
        show(refused, form)
        return _show(request, initiative, form, status=status)
    messages.success(request, _("Your line is saved."))
    return redirect(f"{initiative.get_absolute_url()}#kommentarer")


def _show(request: HttpRequest, initiative: Initiative, form: CommentForm, *, status: int = 200) -> HttpResponse:
    comments = comments_of(initiative, ON_THEIR_OWN_PAGE, before=request.GET.get("fore", ""))
    context = {"initiative": initiative, "form": form, "comments": comments}
    return render(request, "initiatives/comment.html", context, status=status)


def _key(initiative: Initiative, public_id: str) -> int:
    try:
        return initiative.comments.get(uuid=public_id).pk
    except (Comment.DoesNotExist, ValidationError) as error:
        raise Http404 from error
