"""How a page answers when an action has said no."""

from http import HTTPStatus

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from initiatives.actions.refusals import NotAllowed, Overtaken, Refused
from initiatives.models import Initiative


def status_of(refused: Refused) -> int:
    """409 when somebody was first, 422 for what is to be put right. Raises PermissionDenied for what is not theirs."""
    if isinstance(refused, NotAllowed):
        raise PermissionDenied(str(refused)) from refused
    return HTTPStatus.CONFLICT if isinstance(refused, Overtaken) else HTTPStatus.UNPROCESSABLE_ENTITY


def back_to(request: HttpRequest, initiative: Initiative) -> str:
    """Where somebody who has answered goes: to the inbox if they answered there, else to the initiative."""
    return reverse("decisions") if request.POST.get("back") == "decisions" else initiative.get_absolute_url()


def overtaken(request: HttpRequest, initiative: Initiative, form: forms.BaseForm) -> HttpResponse:
    """The initiative has moved on, so the form fits no longer; what was written in it is shown, to be kept."""
    texts = [
        field for field in form.visible_fields() if isinstance(field.field.widget, forms.TextInput | forms.Textarea)
    ]
    written = [(field.label, field.value()) for field in texts if field.value()]
    context = {"initiative": initiative, "written": written}
    return render(request, "initiatives/overtaken.html", context, status=HTTPStatus.CONFLICT)
