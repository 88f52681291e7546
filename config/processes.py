"""The command lines of web, worker and beat: one table, used by `make run`, the image and docker-compose.yml alike."""

import os
import sys
from collections.abc import Sequence
from typing import Final

WEB: Final = "web"
WORKER: Final = "worker"
BEAT: Final = "beat"


def command(process: str) -> list[str]:
    """The arguments that start `process`, without the interpreter. Raises KeyError for an unknown one."""
    var = os.environ.get("VAR_DIR", "var")
    commands: dict[str, Sequence[str]] = {
        WEB: (
            "granian",
            "--interface=wsgi",
            "--workers=2",
            "--blocking-threads=1",
            "--no-ws",
            "--respawn-failed-workers",
            f"--host={os.environ.get('HOST', '127.0.0.1')}",
            f"--port={os.environ.get('PORT', '8000')}",
            "config.wsgi:application",
        ),
        WORKER: ("celery", "--app=config.celery:app", "--quiet", "worker", "--loglevel=INFO", "--concurrency=2"),
        BEAT: (
            "celery",
            "--app=config.celery:app",
            "--quiet",
            "beat",
            "--loglevel=INFO",
            f"--schedule={var}/celerybeat-schedule",
            "--pidfile=",
        ),
    }
    return list(commands[process])


def main() -> None:
    """`python -m config.processes web` becomes that process."""
    os.execv(sys.executable, [sys.executable, "-m", *command(sys.argv[1])])


if __name__ == "__main__":
    main()
