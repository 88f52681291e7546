"""The command lines of web, worker and beat: one table, used by `make run`, the image and docker-compose.yml alike."""

import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Final

from django.core.exceptions import ImproperlyConfigured
from environs import EnvError

WEB: Final = "web"
WORKER: Final = "worker"
BEAT: Final = "beat"
# In each of the two web processes. One is the quickest, but a reader of a long export who stalls holds a thread, and
# the others must then be answered all the same; how many such readers there may be is bounded (initiatives/api/tables).
WEB_THREADS: Final = 4


def command(process: str, env: Mapping[str, str] = os.environ) -> list[str]:
    """The arguments that start `process` in `env`, without the interpreter. Raises KeyError for an unknown one."""
    commands: dict[str, Sequence[str]] = {
        WEB: (
            "granian",
            "--interface=wsgi",
            "--workers=2",
            f"--blocking-threads={WEB_THREADS}",
            "--no-ws",
            "--respawn-failed-workers",
            f"--host={env.get('HOST') or '127.0.0.1'}",
            f"--port={env.get('PORT') or '8000'}",
            "config.web:application",
        ),
        WORKER: ("celery", "--app=config.celery:app", "--quiet", "worker", "--loglevel=INFO", "--concurrency=2"),
        BEAT: (
            "celery",
            "--app=config.celery:app",
            "--quiet",
            "beat",
            "--loglevel=INFO",
            f"--schedule={env.get('VAR_DIR') or 'var'}/celerybeat-schedule",
            "--pidfile=",
        ),
    }
    return list(commands[process])


def main(process: str) -> None:
    """`python -m config.processes web` becomes that process, unless the settings lack something."""
    try:
        importlib.import_module("config.settings")
    except (ImproperlyConfigured, EnvError) as reason:
        sys.exit(str(reason))
    os.execv(sys.executable, [sys.executable, "-m", *command(process)])


if __name__ == "__main__":
    if sys.argv[1:] not in ([WEB], [WORKER], [BEAT]):
        sys.exit(f"Say which process: {WEB}, {WORKER} or {BEAT}.")
    main(sys.argv[1])
