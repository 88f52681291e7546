"""`make run`: everything the product is, started in order, watched, and stopped in order."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import IO, Protocol

from config.local import places
from config.local.children import CannotStart, Child, dying_with_parent
from config.local.environment import base_environment
from config.local.postgres import Postgres
from config.local.redis import Redis
from config.processes import BEAT, WEB, WORKER, command

ROOT_IS_FINE = {"PYTHONWARNINGS": "ignore:You're running the worker with superuser"}  # on one's own machine it is


class Stoppable(Protocol):
    def stop(self) -> None: ...


class Supervisor:
    """Starts what is needed, and stops all of it when it is told to or when any of it ends."""

    def __init__(self) -> None:
        self.env = base_environment()
        self.stopping = threading.Event()
        self.started: list[Stoppable] = []
        self.watched: list[Child] = []

    def run(self) -> int:
        """Until a signal comes (0) or a child ends by itself (1)."""
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, lambda *_: self.stopping.set())
        try:
            self._start_all()
            return self._watch()
        except CannotStart as reason:
            print(reason, file=sys.stderr)
            return 1
        finally:
            self._stop_all()

    def _start_all(self) -> None:
        _refuse_a_taken_port(int(self.env["PORT"]))
        if not self.env.get("DATABASE_URL"):
            postgres = Postgres("run")
            self._start("PostgreSQL is up", postgres, postgres.start)
            self.env["DATABASE_URL"] = postgres.url
        if not self.env.get("REDIS_URL"):
            redis = Redis()
            self._start("Redis is up", redis, redis.start)
            self.env["REDIS_URL"] = redis.url
        self._prepare()
        processes = [self._start_process(name) for name in (WEB, WORKER, BEAT) if not self.stopping.is_set()]
        try:
            self._wait_for_health()
        finally:  # after the address, so that it is not lost among the lines of three processes
            for child in processes:
                child.show_output()

    def _start(self, sentence: str, server: Stoppable, start: Callable[[], None]) -> None:
        if self.stopping.is_set():
            return
        began = time.monotonic()
        self.started.append(server)
        start()
        child = getattr(server, "child", None)
        self.watched += [child] if child else []
        print(f"  {sentence} ({time.monotonic() - began:.1f} s)", flush=True)

    def _prepare(self) -> None:
        done = subprocess.Popen(
            [sys.executable, "-m", "config.local.prepare"],
            env=self.env,
            start_new_session=True,
            preexec_fn=dying_with_parent(signal.SIGTERM),  # noqa: PLW1509  # no thread is running yet
        )
        while done.poll() is None:
            if self.stopping.wait(0.05):
                done.terminate()
        if done.returncode and not self.stopping.is_set():
            raise CannotStart("The preparations did not succeed; the reason stands above.")

    def _start_process(self, name: str) -> Child:
        child = Child(name, [sys.executable, "-m", *command(name)], env=ROOT_IS_FINE | self.env)
        self.started.append(child)
        self.watched.append(child)
        return child

    def _wait_for_health(self) -> None:
        address = self.env["BASE_URL"] if "BASE_URL" in os.environ else f"http://localhost:{self.env['PORT']}"
        until = time.monotonic() + 60
        while not self.stopping.is_set() and not self._first_ended():
            if _is_healthy(f"http://127.0.0.1:{self.env['PORT']}/health"):
                print(f"\nFramsteg answers on {address}\nStop it with Ctrl-C.\n", flush=True)
                return
            if time.monotonic() > until:
                raise CannotStart("The web server did not answer within a minute.")
            time.sleep(0.1)

    def _watch(self) -> int:
        while not self.stopping.wait(0.3):
            if ended := self._first_ended():
                print(f"{ended.name} ended by itself ({ended.process.returncode}); everything stops.", file=sys.stderr)
                return 1
        return 0

    def _first_ended(self) -> Child | None:
        return next((child for child in self.watched if child.has_ended), None)

    def _stop_all(self) -> None:
        for each in reversed(self.started):
            each.stop()
        if self.started:
            print("Everything has stopped.", flush=True)


def _refuse_a_taken_port(port: int) -> None:
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind(("127.0.0.1", port))
        except OSError as error:
            raise CannotStart(f"Port {port} is taken. Choose another, such as: make run PORT={port + 1}") from error


def _is_healthy(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def hold_alone(name: str) -> IO[str]:
    """A lock that lasts as long as this process. Raises CannotStart when another holds it."""
    file = (places.var_dir() / f"{name}.lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise CannotStart(f"make {name} is at work in this clone already.") from error
    return file


def main() -> int:
    try:
        lock = hold_alone("run")
    except CannotStart as reason:
        print(reason, file=sys.stderr)
        return 1
    with lock:
        return Supervisor().run()


if __name__ == "__main__":
    sys.exit(main())
