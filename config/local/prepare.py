"""What has to be done before the first request: tables, static files, words and the demo. One process, warm or cold."""

import sys
import time
from collections.abc import Callable

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command, get_commands
from django.db import OperationalError
from environs import EnvError

from config import catalogues


def main() -> None:
    catalogues.compile_all()
    django.setup()
    _step("Tables are up to date", lambda: call_command("migrate", verbosity=0, interactive=False))
    _step("Static files are collected", lambda: call_command("collectstatic", verbosity=0, interactive=False))
    if settings.DEMO:
        for name in ("load_demo", "write_demo_client", "demo_persons"):
            if name in get_commands():
                call_command(name)


def _step(sentence: str, do: Callable[[], object]) -> None:
    began = time.monotonic()
    do()
    print(f"  {sentence} ({time.monotonic() - began:.1f} s)", flush=True)


if __name__ == "__main__":
    try:
        main()
    except (ImproperlyConfigured, EnvError) as reason:
        sys.exit(str(reason))
    except OperationalError as reason:
        sys.exit(f"The database does not answer: {reason}".strip())
