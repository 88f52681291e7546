"""What administrators do with a client: each a plain form, sent once."""

import uuid as uuids
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from kommun.clients import acts
from kommun.clients.assertions import token_endpoint
from kommun.clients.refusals import Refused
from kommun.models import ApiClient
from kommun.pages.clients.forms import EndForm, KeysForm, SecretForm, TermsForm
from kommun.pages.clients.showing import administrator, crumbs, find, show


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new_client(request: HttpRequest) -> HttpResponse:
    """Asks about a new client, and shows its first secret."""
    person, now = administrator(request), timezone.now()
    today = timezone.localdate(now)
    if request.method != "POST":
        form = TermsForm(client=None, today=today)
        form.initial["uuid"] = uuids.uuid4()
        return _ask(request, form, None)
    form = TermsForm(request.POST, client=None, today=today)
    if form.is_valid():
        key = form.cleaned_data["uuid"] or uuids.uuid4()
        if ApiClient.objects.filter(uuid=key).exists():
            messages.info(request, _("It was added already. If its secret was lost, make a new one here."))
            return redirect("client", key)
        try:
            named = form.cleaned_data["client_id"]
            row, secret = acts.create(form.terms(), by=person, now=now, client_id=named, uuid=key)
        except Refused as refused:
            _show_on(form, refused)
        else:
            return _show_secret(request, row, secret)
    return _ask(request, form, None, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@require_http_methods(["GET", "HEAD", "POST"])
def change_client(request: HttpRequest, key: uuids.UUID) -> HttpResponse:
    person, now, row = administrator(request), timezone.now(), find(key)
    today = timezone.localdate(now)
    if request.method != "POST":
        return _ask(request, TermsForm(client=row, today=today), row)
    form = TermsForm(request.POST, client=row, today=today)
    if form.is_valid():
        try:
            acts.bind(row, form.terms(), by=person, now=now, seen=form.cleaned_data["seen"])
        except Refused as refused:
            form = TermsForm(_seen_again(request, row), client=row, today=today)
            _show_on(form, refused)
        else:
            messages.success(request, _("Saved. It holds from the next call on."))
            return redirect("client", key)
    return _ask(request, form, row, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@never_cache
@require_POST
def add_secret(request: HttpRequest, key: uuids.UUID) -> HttpResponse:
    person, row, form = administrator(request), find(key), SecretForm(request.POST)
    if form.is_valid():
        try:
            ends_at, seen = form.former_ends_at(), form.cleaned_data["seen"]
            secret = acts.add_secret(row, by=person, now=timezone.now(), former_ends_at=ends_at, seen=seen)
        except Refused as refused:
            _show_on(form, refused)
        else:
            return _show_secret(request, row, secret)
    return show(request, row, status=HTTPStatus.UNPROCESSABLE_ENTITY, secret_form=form)


@require_POST
def end_secret(request: HttpRequest, key: uuids.UUID, secret: uuids.UUID) -> HttpResponse:
    person, row = administrator(request), find(key)
    found = get_object_or_404(row.secrets, uuid=secret)
    try:
        ended = acts.end_secret(found, by=person, now=timezone.now())
    except Refused as refused:
        messages.warning(request, refused.message)
        return redirect("client", key)
    if ended:
        said = _("The secret is ended. Tokens that were given for it work for five minutes at most.")
        messages.success(request, said)
    else:
        messages.info(request, _("It had ended already."))
    return redirect("client", key)


@require_POST
def set_keys(request: HttpRequest, key: uuids.UUID) -> HttpResponse:
    person, row, form = administrator(request), find(key), KeysForm(request.POST)
    if _done(form, lambda: acts.set_keys(row, form.cleaned_data["keys"], by=person, now=timezone.now())):
        messages.success(request, _("The keys are saved."))
        return redirect("client", key)
    form.data = {}  # what was pasted may be a private key: it is not sent back
    return show(request, row, status=HTTPStatus.UNPROCESSABLE_ENTITY, keys_form=form)


@require_POST
def end_client(request: HttpRequest, key: uuids.UUID) -> HttpResponse:
    person, row, form = administrator(request), find(key), EndForm(request.POST)
    if _done(form, lambda: acts.end(row, by=person, now=timezone.now())):
        messages.success(request, _("The client is ended. Every call from it is refused from now on."))
        return redirect("client", key)
    return show(request, row, status=HTTPStatus.UNPROCESSABLE_ENTITY, end_form=form)


def _done(form: forms.Form, act: Callable[[], object]) -> bool:
    """Whether the form was right and the act was not refused; if it was, the form says why."""
    if not form.is_valid():
        return False
    try:
        act()
    except Refused as refused:
        _show_on(form, refused)
        return False
    return True


def _show_on(form: forms.Form, refused: Refused) -> None:
    form.full_clean()
    form.add_error(refused.field if refused.field in form.fields else None, refused.message)


def _seen_again(request: HttpRequest, row: ApiClient) -> dict[str, Any]:
    """What was written, to be judged against what has been done by now."""
    latest = row.acts.order_by("-pk").values_list("pk", flat=True).first()
    said = {name: request.POST.getlist(name) for name in request.POST}
    return {name: values if name == "scopes" else values[-1] for name, values in said.items()} | {"seen": latest}


def _ask(request: HttpRequest, form: TermsForm, row: ApiClient | None, *, status: int = HTTPStatus.OK) -> HttpResponse:
    last = _("Change") if row else _("New client")
    context = {"form": form, "client": row, "crumbs": crumbs(row, last)}
    return render(request, "kommun/clients/terms.html", context, status=status)


def _show_secret(request: HttpRequest, row: ApiClient, secret: str) -> HttpResponse:
    """The only time that anybody sees it. Not a redirect, since it is kept nowhere to be shown from."""
    context = {"client": row, "secret": secret, "token_url": token_endpoint(), "crumbs": crumbs(row, _("New secret"))}
    return render(request, "kommun/clients/secret.html", context)
