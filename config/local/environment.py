"""What the settings need to know on one machine, when nobody has said anything else."""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from config.local import places


def base_environment() -> dict[str, str]:
    """The environment of every child: what was given, and defaults for the rest. Servers' addresses are added later."""
    port = os.environ.get("PORT") or "8000"
    address = os.environ.get("BASE_URL") or f"http://localhost:{port}"
    defaults = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": _secret_key(),
        "VAR_DIR": str(places.var_dir()),
        "PORT": port,
        "BASE_URL": address,
        "ALLOWED_HOSTS": f"{urlsplit(address).hostname},localhost,127.0.0.1,[::1]",
        "DEMO": "true",
        "PYTHONUNBUFFERED": "1",
    }
    return {**os.environ, **{name: os.environ.get(name) or value for name, value in defaults.items()}}


def _secret_key() -> str:
    """Made once, and kept where only its owner reads it."""
    file: Path = places.var_dir() / "secret_key"
    if not file.exists():
        unfinished = file.with_name(f"secret_key-{secrets.token_hex(4)}")
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
            new.write(secrets.token_urlsafe(48))
        with suppress(FileExistsError):  # another process was first
            os.link(unfinished, file)
        unfinished.unlink()
    return file.read_text().strip()
