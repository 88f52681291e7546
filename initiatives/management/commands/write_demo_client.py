"""Gives the demo a machine that may call the API, and writes its credentials where only its reader finds them."""

import json
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.core.management.base import BaseCommand, CommandError
from django.utils.crypto import get_random_string

from initiatives.api.authentication import SCOPES
from kommun.models import ApiClient

CLIENT_ID = "demo"


class Command(BaseCommand):
    help = "Writes VAR_DIR/demo-client.json for the demo's API client. Run again, it keeps the secret."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("There is a demo client only in demo mode; set DEMO=true.")
        path = settings.VAR_DIR / "demo-client.json"
        secret = _known_secret(path) or _new_secret()
        _write(path, secret)
        self.stdout.write(f"API client: {path}")


def _known_secret(path: Path) -> str:
    """The secret in the file, if it is still the client's."""
    client = ApiClient.objects.filter(client_id=CLIENT_ID).first()
    try:
        secret = str(json.loads(path.read_text())["clientSecret"])
    except (OSError, ValueError, KeyError):
        return ""
    return secret if client and check_password(secret, client.client_secret) else ""


def _new_secret() -> str:
    secret = get_random_string(48)
    client = ApiClient.objects.filter(client_id=CLIENT_ID).first() or ApiClient(client_id=CLIENT_ID)
    client.name = "Demo"
    client.client_type = ApiClient.CLIENT_CONFIDENTIAL
    client.authorization_grant_type = ApiClient.GRANT_CLIENT_CREDENTIALS
    client.allowed_scopes = " ".join(SCOPES)
    client.client_secret = secret  # hashed as it is saved
    client.save()
    return secret


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
