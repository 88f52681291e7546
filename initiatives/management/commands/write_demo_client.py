"""Gives the demo a machine that may call the API, and writes its credentials where only its reader finds them."""

import datetime as dt
import json
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from initiatives.api.authentication import SCOPES
from kommun.clients.acts import Terms, add_secret, create, end_secret
from kommun.clients.proving import fitting, good
from kommun.models import ApiClient

CLIENT_ID = "demo"


class Command(BaseCommand):
    help = "Writes VAR_DIR/demo-client.json for the demo's API client. Run again, it keeps the secret."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("There is a demo client only in demo mode; set DEMO=true.")
        path, now = settings.VAR_DIR / "demo-client.json", timezone.now()
        client = ApiClient.objects.filter(client_id=CLIENT_ID).first()
        if client is not None and client.ended_at is not None:
            self.stdout.write("API client: somebody has ended it, so there is none.")
            return
        _write(path, _known_secret(path, client, now) or _new_secret(client, now))
        self.stdout.write(f"API client: {path}")


def _known_secret(path: Path, client: ApiClient | None, now: dt.datetime) -> str:
    """The secret in the file, if it is still the client's."""
    try:
        secret = str(json.loads(path.read_text())["clientSecret"])
    except (OSError, ValueError, KeyError):
        return ""
    return secret if client and fitting(secret, client=client, now=now) else ""


def _new_secret(client: ApiClient | None, now: dt.datetime) -> str:
    """Of a new client, or in the place of what the client had."""
    if client is None:
        terms = Terms("Demo", unit=None, scopes=[*SCOPES], responsible=None, requests_per_minute=600)
        return create(terms, by=None, now=now, client_id=CLIENT_ID)[1]
    for former in good(client, now=now):
        end_secret(former, by=None, now=now)
    return add_secret(client, by=None, now=now)


def _write(path: Path, secret: str) -> None:
    content = {
        "clientId": CLIENT_ID,
        "clientSecret": secret,
        "tokenUrl": f"{settings.BASE_URL}/oauth/token",
        "apiUrl": f"{settings.BASE_URL}/api/v1",
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(content, file, indent=2)
