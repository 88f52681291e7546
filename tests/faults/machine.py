"""`make run` as a process of its own, on data of its own, with everything it has started in sight."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from config.local import places
from tests.faults.parts import until

ADDRESS = re.compile(r"^Framsteg answers on (\S+)$", re.MULTILINE)
# What the tests themselves run with, and what would point `make run` elsewhere.
NOT_OURS = {
    "DATABASE_URL",
    "REDIS_URL",
    "EMAIL_URL",
    "SECRET_KEY",
    "BASE_URL",
    "ALLOWED_HOSTS",
    "DEMO",
    "STATIC_DIR",
    "MAKELEVEL",
}


def a_free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


class Machine:
    """A clone's `make run`. It can be started, stopped and killed again and again; the data stays."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.var = folder / "Östra kommunen"  # a path as people have them
        self.port = a_free_port()
        self.environment = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
        self.environment |= {"VAR_DIR": str(self.var), "PORT": str(self.port)} | environment
        self.said = folder / "said"
        self.process: subprocess.Popen[bytes] | None = None
        self.pids: set[int] = set()

    @property
    def is_up(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self, *argv: str) -> str:
        """Until it says its address, or nothing if it is up already. What it has said by then."""
        if not self.is_up:
            with self.said.open("wb") as said:
                self.process = subprocess.Popen(
                    argv or self.argv("run"), env=self.environment, stdout=said, stderr=said, cwd=places.BASE_DIR
                )
            until(lambda: ADDRESS.search(self.output) or not self.is_up, seconds=400)
            assert self.is_up, self.output
            self.pids = tree(self.pid)
        return self.output

    def stop(self) -> int:
        assert self.process
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(120)

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()

    def run(self, name: str, **environment: str) -> tuple[int, str]:
        """Another process beside it: how it ended, and what it said."""
        env = self.environment | environment
        done = subprocess.run(self.argv(name), env=env, capture_output=True, text=True, check=False, timeout=120)
        return done.returncode, done.stdout + done.stderr

    def argv(self, name: str) -> list[str]:
        return [sys.executable, "-m", f"config.local.{name}"]

    @property
    def pid(self) -> int:
        assert self.process
        return self.process.pid

    @property
    def output(self) -> str:
        return self.said.read_text("utf-8")

    @property
    def outside(self) -> Path:
        """Where PostgreSQL's data lies when root runs this."""
        with pointed_at(self.var):
            return places.outside()

    @property
    def databases(self) -> Path:
        return self.outside if places.is_root() else self.var / "postgres"

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        home = self.outside / "run-socket" if places.is_root() else self.var / "run/pg-run"
        with psycopg.connect(host=str(home), user="postgres", dbname="framsteg", autocommit=True) as connection:
            done = connection.execute(statement)
            return done.fetchall() if done.description else []


@contextmanager
def pointed_at(var: Path) -> Iterator[None]:
    before = os.environ.get("VAR_DIR")
    os.environ["VAR_DIR"] = str(var)
    try:
        yield
    finally:
        if before is None:
            del os.environ["VAR_DIR"]
        else:
            os.environ["VAR_DIR"] = before


def tree(pid: int) -> set[int]:
    """The process and all that it has started, and they."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return {pid}.union(*(tree(int(child)) for child in children))


def alive(pids: set[int]) -> set[int]:
    return {pid for pid in pids if _state(pid) not in {"", "Z"}}


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
    except OSError:
        return ""
