"""The list of clients, and one of them with all there is to know about it. Never a secret."""

import datetime as dt
import json
import uuid
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, cast

from django.core.exceptions import PermissionDenied
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kommun.clients.acts import all_scopes
from kommun.components import Crumb
from kommun.models import ApiCall, ApiClient, ClientSecret, Employee
from kommun.pages.clients.forms import EndForm, KeysForm, SecretForm
from kommun.pages.clients.words import told

LATEST_CALLS: Final = 50
LATEST_ACTS: Final = 100
PLACES: Final = 2


@dataclass(frozen=True)
class Secret:
    row: ClientSecret
    has_expired: bool


@require_safe
def clients(request: HttpRequest) -> HttpResponse:
    """Those that may call first, by name."""
    administrator(request)
    rows = list(ApiClient.objects.select_related("unit", "pace").order_by("name", "client_id"))
    context = {
        "going": [row for row in rows if row.ended_at is None],
        "ended": [row for row in rows if row.ended_at is not None],
    }
    return render(request, "kommun/clients/list.html", context)


@require_safe
def client(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    administrator(request)
    return show(request, find(key))


def administrator(request: HttpRequest) -> Employee:
    """Who asks. Raises PermissionDenied for everybody but administrators of the whole municipality."""
    person = cast(Employee, request.user)
    if not (person.is_active and person.is_staff):
        raise PermissionDenied
    return person


def find(key: uuid.UUID) -> ApiClient:
    """With its unit and who is responsible. Raises Http404."""
    found: ApiClient = get_object_or_404(ApiClient.objects.select_related("unit", "responsible", "pace"), uuid=key)
    return found


def crumbs(row: ApiClient | None = None, last: str = "") -> list[Crumb]:
    """The way to the page of a client, or to the page below it that is called `last`."""
    way = [Crumb(_("Clients"), reverse("clients"))]
    if row is not None:
        way.append(Crumb(str(row), reverse("client", args=[row.uuid]) if last else ""))
    return [*way, Crumb(last)] if last else way


def show(request: HttpRequest, row: ApiClient, *, status: int = HTTPStatus.OK, **forms: BaseForm) -> HttpResponse:
    """The page of one client; `forms` are those that were refused: secret_form, keys_form or end_form."""
    now = timezone.now()
    acts = list(row.acts.select_related("by").order_by("-pk")[:LATEST_ACTS])
    secrets = list(row.secrets.filter(ended_at=None).order_by("created_at", "pk"))
    keys = row.jwks.get("keys", [])
    wrong = next(iter(forms.values()), None)
    context: dict[str, Any] = {
        "client": row,
        "crumbs": crumbs(row),
        "scopes": [(name, _(does)) for name, does in all_scopes().items() if name in row.allowed_scopes.split()],
        "secrets": [Secret(each, _is_past(each.expires_at, now)) for each in secrets],
        "may_add": len([each for each in secrets if not _is_past(each.expires_at, now)]) < PLACES,
        "keys": keys,
        "calls": ApiCall.objects.filter(client=row.pk).order_by("-pk")[:LATEST_CALLS],
        "acts": told(acts),
        "secret_form": SecretForm(initial={"seen": acts[0].pk if acts else None}),
        "keys_form": KeysForm(initial={"keys": _as_text(row.jwks) if keys else ""}),
        "end_form": EndForm(),
        "wrong": wrong,
    }
    return render(request, "kommun/clients/client.html", context | forms, status=status)


def _is_past(moment: dt.datetime | None, now: dt.datetime) -> bool:
    return moment is not None and moment <= now


def _as_text(jwks: object) -> str:
    return json.dumps(jwks, indent=2)
