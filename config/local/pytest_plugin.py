"""Gives the tests a PostgreSQL of their own, when DATABASE_URL names none, and a Redis address that nobody answers on.

Loaded before pytest-django reads the settings. The workers of xdist inherit what the first process has set; each has a
PostgreSQL of its own, since what is told in order waits for every transaction of the server, in any of its databases.
"""

import os

import pytest
from django.core.management import call_command

from config import catalogues
from config.local import places
from config.local.environment import base_environment
from config.local.postgres import Postgres

_started: list[Postgres] = []

if "FRAMSTEG_TESTS" not in os.environ:
    os.environ["FRAMSTEG_TESTS"] = "given" if os.environ.get("DATABASE_URL") else "own"
    catalogues.compile_all()  # before anything is translated
    if not os.environ.get("DATABASE_URL"):
        _started.append(Postgres("test", is_throwaway=True))
        _started[0].start()
        os.environ["DATABASE_URL"] = _started[0].url
    os.environ["REDIS_URL"] = f"redis+socket://{places.var_dir()}/nobody-answers-here"
    os.environ.update({name: value for name, value in base_environment().items() if name not in os.environ})
elif os.environ["FRAMSTEG_TESTS"] == "own" and "PYTEST_XDIST_WORKER" in os.environ:
    _started.append(Postgres(f"test-{os.environ['PYTEST_XDIST_WORKER']}", is_throwaway=True))
    _started[0].start()
    os.environ["DATABASE_URL"] = _started[0].url


def pytest_unconfigure(config: pytest.Config) -> None:
    for server in _started:
        server.stop()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Pages find their style sheets by the manifest of collected files, so they are collected, once for all workers."""
    if "PYTEST_XDIST_WORKER" not in os.environ and _static_files_have_changed():
        call_command("collectstatic", verbosity=0, interactive=False)


def _static_files_have_changed() -> bool:
    manifest = places.var_dir() / "static" / "staticfiles.json"
    files = (path for app in ("kommun", "initiatives") for path in (places.BASE_DIR / app / "static").rglob("*"))
    return not manifest.exists() or any(path.stat().st_mtime > manifest.stat().st_mtime for path in files)
