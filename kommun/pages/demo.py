"""Pages of a demo: being somebody with one click, and the letters that were sent. Elsewhere they do not exist."""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from kommun.demo import demo_persons, filed_letter, filed_letters

P = ParamSpec("P")


View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def demo_only(view: View[P]) -> View[P]:
    """Open to everybody in a demo; no such page elsewhere."""

    @wraps(view)
    def in_a_demo(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not settings.DEMO:
            raise Http404
        return view(request, *args, **kwargs)

    return login_not_required(in_a_demo)


@demo_only
@require_POST
def sign_in_as(request: HttpRequest, person: uuid.UUID) -> HttpResponse:
    chosen = get_object_or_404(demo_persons(), employee__uuid=person)
    login(request, chosen.employee, backend="kommun.sign_in.EmployeeBackend")
    wanted = request.POST.get("next", "")
    return redirect(wanted if url_has_allowed_host_and_scheme(wanted, request.get_host()) else "/")


@demo_only
@require_safe
def mail(request: HttpRequest) -> HttpResponse:
    return render(request, "kommun/demo_mail.html", {"letters": filed_letters()})


@demo_only
@require_safe
def one_letter(request: HttpRequest, name: uuid.UUID) -> HttpResponse:
    letter = filed_letter(str(name))
    if letter is None:
        raise Http404
    return render(request, "kommun/demo_letter.html", {"letter": letter})
