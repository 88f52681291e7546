"""What administrators of the whole municipality do with the systems that call the API. Each act leaves a row.

A command may do it too, and is then nobody: `by` is None.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from oauth2_provider.models import AccessToken
from oauth2_provider.scopes import get_scopes_backend

from kommun.clients.keys import UnfitKey, judged
from kommun.clients.proving import HINT, checksum, new_secret
from kommun.clients.refusals import Refused
from kommun.models import ApiClient, ClientAct, ClientSecret, Employee, Unit

MOST_A_MINUTE: Final = 100_000
LONGEST_NAME: Final = 100
PLACES: Final = (1, 2)


@dataclass(frozen=True)
class Terms:
    """What a client is called, how far it reaches, how fast it may go, and who answers for it."""

    name: str
    unit: Unit | None  # it sees what lies within; None: the whole municipality
    scopes: Sequence[str]
    responsible: Employee | None
    requests_per_minute: int


def all_scopes() -> Mapping[str, str]:
    """Every scope that there is, and what it lets a client do."""
    scopes: Mapping[str, str] = get_scopes_backend().get_all_scopes()
    return scopes


def create(
    terms: Terms, *, by: Employee | None, now: dt.datetime, client_id: str = "", uuid: UUID | None = None
) -> tuple[ApiClient, str]:
    """A client and its first secret, which is kept nowhere. It gets names of its own where none are given.

    Raises PermissionDenied for who does not administer the whole municipality, and Refused.
    """
    _administers(by)
    given = {name: value for name, value in (("client_id", client_id), ("uuid", uuid)) if value}
    client = ApiClient(
        client_type=ApiClient.CLIENT_CONFIDENTIAL,
        authorization_grant_type=ApiClient.GRANT_CLIENT_CREDENTIALS,
        hash_client_secret=False,
        **given,
        **_columns(terms, now),
    )
    with transaction.atomic():
        _insert(client)
        secret = _give_secret(client, now, place=1)
        _note(client, ClientAct.Kind.CREATE, by, now, _in_words(client))
    return client, secret


def bind(client: ApiClient, terms: Terms, *, by: Employee | None, now: dt.datetime, seen: int | None = None) -> None:
    """Changes what differs from `terms`; it holds from the next call on, also for tokens already given.

    `seen` is the act (its key) that was the latest when the person looked. Raises PermissionDenied, and Refused also
    when somebody was before them.
    """
    _administers(by)
    with transaction.atomic():
        held = _hold(client)
        _refuse_late(held, seen)
        before = _in_words(held)
        for name, value in _columns(terms, now, kept=held).items():
            setattr(held, name, value)
        after = _in_words(held)
        changed = {name: [before[name], after[name]] for name in after if after[name] != before[name]}
        if changed:
            held.save()
            _note(held, ClientAct.Kind.BIND, by, now, changed)


def add_secret(
    client: ApiClient,
    *,
    by: Employee | None,
    now: dt.datetime,
    former_ends_at: dt.datetime | None = None,
    seen: int | None = None,
) -> str:
    """A second secret, which is kept nowhere, while the first goes on working: until `former_ends_at` if that is given.

    `seen` as in `bind`. Raises PermissionDenied, and Refused when there are two already.
    """
    _administers(by)
    if former_ends_at is not None and former_ends_at <= now:
        raise Refused(_("Choose a day that is still to come."), field="former_ends_on")
    with transaction.atomic():
        held = _hold(client)
        _refuse_late(held, seen)
        held.secrets.filter(ended_at=None, expires_at__lte=now).update(ended_at=now)
        former = list(held.secrets.filter(ended_at=None))
        free = [place for place in PLACES if place not in {each.place for each in former}]
        if not free:
            raise Refused(_("There are two secrets already. End one of them first."))
        if former_ends_at is not None:
            held.secrets.filter(ended_at=None).update(expires_at=former_ends_at)
        secret = _give_secret(held, now, place=free[0])
        ends = former_ends_at.isoformat() if former and former_ends_at else ""
        _note(held, ClientAct.Kind.ADD_SECRET, by, now, {"hint": secret[-HINT:], "former_ends_at": ends})
    return secret


def end_secret(secret: ClientSecret, *, by: Employee | None, now: dt.datetime) -> bool:
    """It proves nothing any more. False when it had ended before. Raises PermissionDenied and Refused."""
    _administers(by)
    with transaction.atomic():
        held = _hold(secret.client)
        if not held.secrets.filter(pk=secret.pk, ended_at=None).update(ended_at=now):
            return False
        _note(held, ClientAct.Kind.END_SECRET, by, now, {"hint": secret.hint})
    return True


def set_keys(client: ApiClient, text: str, *, by: Employee | None, now: dt.datetime) -> None:
    """Replaces its public keys by those of the JWK set `text`; an empty text leaves it without any.

    Raises PermissionDenied, and Refused when one of them is not taken.
    """
    _administers(by)
    try:
        jwks = judged(text) if text.strip() else {}
    except UnfitKey as unfit:
        raise Refused(str(unfit), field="keys") from unfit
    with transaction.atomic():
        held = _hold(client)
        if held.jwks == jwks:
            return
        held.jwks = jwks
        held.save(update_fields=["jwks", "updated"])
        _note(held, ClientAct.Kind.SET_KEYS, by, now, {"kids": [jwk.get("kid", "") for jwk in jwks.get("keys", [])]})


def end(client: ApiClient, *, by: Employee | None, now: dt.datetime) -> None:
    """It is refused from its next call on, and for ever; its secrets, keys and tokens are dead.

    Raises PermissionDenied, and Refused when it had ended before.
    """
    _administers(by)
    with transaction.atomic():
        held = _hold(client)
        held.ended_at = now
        held.save(update_fields=["ended_at", "updated"])
        held.secrets.filter(ended_at=None).update(ended_at=now)
        AccessToken.objects.filter(application=held).delete()
        _note(held, ClientAct.Kind.END, by, now, {})


def _administers(by: Employee | None) -> None:
    if by is not None and not (by.is_active and by.is_staff):
        raise PermissionDenied


def _insert(client: ApiClient) -> None:
    try:
        with transaction.atomic():
            client.save(force_insert=True)
    except IntegrityError as taken:
        raise Refused(_("There is, or was, another client of that id."), field="client_id") from taken


def _hold(client: ApiClient) -> ApiClient:
    """The row as it is now; others wait until this is done."""
    held: ApiClient = ApiClient.objects.select_for_update(of=("self",)).get(pk=client.pk)
    if held.ended_at is not None:
        raise Refused(_("This client has ended. Add a new one instead."))
    return held


def _refuse_late(client: ApiClient, seen: int | None) -> None:
    latest = client.acts.order_by("-pk").values_list("pk", flat=True).first()
    if seen is not None and seen != latest:
        raise Refused(_("Somebody else has changed it since you looked. Check what it says now, and save again."))


def _give_secret(client: ApiClient, now: dt.datetime, *, place: int) -> str:
    secret = new_secret()
    kept = {"checksum": checksum(secret), "hint": secret[-HINT:], "created_at": now}
    ClientSecret.objects.create(client=client, place=place, **kept)
    return secret


def _note(client: ApiClient, kind: str, by: Employee | None, now: dt.datetime, data: Mapping[str, Any]) -> None:
    ClientAct.objects.create(client=client, kind=kind, by=by, at=now, data=dict(data))


def _columns(terms: Terms, now: dt.datetime, *, kept: ApiClient | None = None) -> dict[str, Any]:
    """What is stored of the terms. What was there before may stay, also where it could not be chosen now."""
    today = timezone.localdate(now)
    checks: list[tuple[bool, str, Callable[[], str]]] = [
        (0 < len(terms.name.strip()) <= LONGEST_NAME, "name", lambda: _("Write what the system is called.")),
        (bool(terms.scopes) and {*terms.scopes} <= all_scopes().keys(), "scopes", lambda: _("Choose what it may do.")),
        (_may_be_bound_to(terms.unit, kept, today), "unit", lambda: _("That unit has ended. Choose another one.")),
        (_may_answer(terms.responsible, kept, today), "responsible", lambda: _("Choose somebody who works here.")),
        (
            1 <= terms.requests_per_minute <= MOST_A_MINUTE,
            "requests_per_minute",
            lambda: _("Write a number from 1 to %(most)s.") % {"most": MOST_A_MINUTE},
        ),
    ]
    for holds, field, message in checks:
        if not holds:
            raise Refused(message(), field=field)
    return {
        "name": terms.name.strip(),
        "unit": terms.unit,
        "allowed_scopes": " ".join(scope for scope in all_scopes() if scope in terms.scopes),
        "responsible": terms.responsible,
        "requests_per_minute": terms.requests_per_minute,
    }


def _may_be_bound_to(unit: Unit | None, kept: ApiClient | None, today: dt.date) -> bool:
    is_kept = kept is not None and unit is not None and kept.unit_id == unit.pk
    return unit is None or is_kept or unit.ended_on is None or unit.ended_on >= today


def _may_answer(person: Employee | None, kept: ApiClient | None, today: dt.date) -> bool:
    """Letters go to them, and their name is shown."""
    is_kept = kept is not None and person is not None and kept.responsible_id == person.pk
    return person is None or is_kept or (person.is_employed(today) and not person.is_protected)


def _in_words(client: ApiClient) -> dict[str, Any]:
    """What an act keeps of the terms, so that it can be read when the rows they name are gone."""
    return {
        "name": client.name,
        "unit": client.unit.code if client.unit else "",
        "scopes": client.allowed_scopes,
        "responsible": client.responsible.employee_id if client.responsible else "",
        "requests_per_minute": client.requests_per_minute,
    }
