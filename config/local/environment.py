"""What the settings need to know on one machine, when nobody has said anything else."""

import os
import secrets
from pathlib import Path

from config.local import places


def base_environment() -> dict[str, str]:
    """The environment of every child: what was given, and defaults for the rest. Servers' addresses are added later."""
    port = os.environ.get("PORT") or "8000"
    defaults = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": _secret_key(),
        "VAR_DIR": str(places.var_dir()),
        "PORT": port,
        "BASE_URL": f"http://localhost:{port}",
        "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
        "DEMO": "true",
        "PYTHONUNBUFFERED": "1",
    }
    return {**os.environ, **{name: os.environ.get(name) or value for name, value in defaults.items()}}


def _secret_key() -> str:
    """Made once, and kept where only its owner reads it."""
    file: Path = places.var_dir() / "secret_key"
    if not file.exists():
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
            new.write(secrets.token_urlsafe(48))
    return file.read_text().strip()
