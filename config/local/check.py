"""`make check`: everything that can be said about the code without running it. All of it is said before it fails."""

import os
import subprocess
import sys
import time
from pathlib import Path

from config.local.environment import base_environment

PRODUCTION = {
    "DEMO": "false",
    "SECRET_KEY": "a-key-of-fifty-signs-and-more-that-is-used-for-this-check-alone-0123456789",
    "DATABASE_URL": "postgres://framsteg:secret@database.example.org/framsteg",
    "REDIS_URL": "redis://redis.example.org:6379/0",
    "EMAIL_URL": "smtp://mail.example.org:25",
    "BASE_URL": "https://framsteg.example.org",
}
DJANGO = ("python", "manage.py")

PROGRAMS = Path(sys.executable).parent  # of the virtual environment


def checks() -> list[tuple[str, tuple[str, ...]]]:
    templates = [str(path) for app in ("kommun", "initiatives") for path in sorted(Path(app).rglob("*.html"))]
    return [
        ("style", ("ruff", "check", "--quiet", ".")),
        ("format", ("ruff", "format", "--check", "--quiet", ".")),
        ("templates", ("djade", "--check", "--target-version", "5.2", *templates)),
        ("types", ("mypy", ".")),
        ("layers", ("lint-imports", "--no-cache")),
        ("migrations", (*DJANGO, "makemigrations", "--check", "--dry-run")),
        ("words", ("python", "-m", "config.catalogues", "check")),
        ("settings", (*DJANGO, "check", "--deploy", "--fail-level", "WARNING")),
    ]


def main() -> int:
    env = base_environment() | PRODUCTION
    failed = [name for name, argv in checks() if not _passes(name, argv, env)]
    if failed:
        print(f"These checks failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _passes(name: str, argv: tuple[str, ...], env: dict[str, str]) -> bool:
    began = time.monotonic()
    done = subprocess.run([PROGRAMS / argv[0], *argv[1:]], env=env, capture_output=True, text=True, check=False)
    print(f"  {name}: {'good' if done.returncode == 0 else 'NOT GOOD'} ({time.monotonic() - began:.1f} s)", flush=True)
    if done.returncode:
        print(done.stdout + done.stderr, flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    os.chdir(Path(__file__).resolve().parent.parent.parent)
    sys.exit(main())
