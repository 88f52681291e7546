"""`make run`: everything the product is, started in order, watched, and stopped in order."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from errno import EADDRINUSE
from typing import IO, Protocol

from config.health import is_healthy
from config.local import places
from config.local.children import CannotStart, Child, dying_with_parent, stop_with_parent
from config.local.environment import base_environment
from config.local.postgres import Postgres
from config.local.redis import Redis
from config.processes import BEAT, WEB, WORKER, command

ROOT_IS_FINE = {"PYTHONWARNINGS": "ignore:You're running the worker with superuser"}  # on one's own machine it is


class Stoppable(Protocol):
    def stop(self) -> None: ...


class Told:
    """Whether a signal has told us to stop. A threading.Event may hang when it is set in the midst of its own wait."""

    def __init__(self) -> None:
        self.is_set = False

    def listen(self) -> None:
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if each != signal.SIGHUP or signal.getsignal(each) != signal.SIG_IGN:  # as nohup asks for
                signal.signal(each, self._hear)

    def wait(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while not self.is_set and time.monotonic() < until:
            time.sleep(0.05)
        return self.is_set

    def _hear(self, *_: object) -> None:
        self.is_set = True


class Supervisor:
    """Starts what is needed, and stops all of it when it is told to or when any of it ends."""

    def __init__(self) -> None:
        self.env = base_environment()
        self.port = _port(self.env["PORT"])
        self.stopping = Told()
        self.started: list[Stoppable] = []
        self.watched: list[Child] = []
        self.processes: list[Child] = []

    def run(self) -> int:
        """Until a signal comes (0) or a child ends by itself (1)."""
        self.stopping.listen()
        try:
            self._start_all()
            return self._watch()
        except CannotStart as reason:
            print(reason, file=sys.stderr)
            return 1
        finally:
            self._stop_all()

    def _start_all(self) -> None:
        _refuse_a_taken_port(self.port)
        if not self.env.get("DATABASE_URL"):
            postgres = Postgres("run")
            self._start("PostgreSQL is up", postgres, postgres.start)
            self.env["DATABASE_URL"] = postgres.url
        if not self.env.get("REDIS_URL"):
            redis = Redis()
            self._start("Redis is up", redis, redis.start)
            self.env["REDIS_URL"] = redis.url
        if not self.stopping.is_set:
            self._prepare()
        self.processes = [self._start_process(name) for name in (WEB, WORKER, BEAT) if not self.stopping.is_set]
        self._wait_for_health()  # before any other line, so that the address is not lost among those of three processes

    def _start(self, sentence: str, server: Stoppable, start: Callable[[], None]) -> None:
        if self.stopping.is_set:
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
        if done.returncode and not self.stopping.is_set:
            raise CannotStart("The preparations did not succeed; the reason stands above.")

    def _start_process(self, name: str) -> Child:
        child = Child(name, [sys.executable, "-m", *command(name, self.env)], env=ROOT_IS_FINE | self.env)
        self.started.append(child)
        self.watched.append(child)
        return child

    def _wait_for_health(self) -> None:
        until = time.monotonic() + 60
        while not self.stopping.is_set and not self._first_ended():
            if is_healthy(self.port):
                print(f"\nFramsteg answers on {self.env['BASE_URL']}\nStop it with Ctrl-C.\n", flush=True)
                return
            if time.monotonic() > until:
                raise CannotStart("The web server did not answer within a minute.")
            time.sleep(0.1)

    def _watch(self) -> int:
        while not self.stopping.wait(0.1):
            for child in self.processes:
                child.show_output()
            if ended := self._first_ended():
                print(f"{ended.name} ended by itself ({ended.process.returncode}); everything stops.", file=sys.stderr)
                return 1
        return 0

    def _first_ended(self) -> Child | None:
        return next((child for child in self.watched if child.has_ended), None)

    def _stop_all(self) -> None:
        for child in self.processes:  # all three at a time, and the servers when they are gone
            child.ask_to_stop()
        for each in reversed(self.started):
            each.stop()
        if self.started:
            print("Everything has stopped.", flush=True)


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise CannotStart(f"PORT must be a number from 1 to 65535, and is {text}.")
    return int(text)


def _refuse_a_taken_port(port: int) -> None:
    """On both addresses of localhost: a browser may try the other one first, and find somebody else's site."""
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family) as attempt:
                attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                attempt.bind((address, port))
        except PermissionError as error:
            raise CannotStart(f"Port {port} is not yours to take. Choose another: make run PORT=8000") from error
        except OSError as error:
            if error.errno == EADDRINUSE:
                other = port + 1 if port < 65535 else 8000
                raise CannotStart(f"Port {port} is taken. Choose another, such as: make run PORT={other}") from error
            if family == socket.AF_INET:
                raise CannotStart(f"Port {port} cannot be had: {error.strerror}.") from error


def hold_alone(name: str) -> IO[str]:
    """A lock that lasts as long as this process. Raises CannotStart when another holds it."""
    file = (places.var_dir() / f"{name}.lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise CannotStart(f"make {name} is at work in this clone already. Stop it first.") from error
    return file


def main() -> int:
    _never_fail_on_a_sign()
    if "MAKELEVEL" in os.environ:  # make is the parent
        stop_with_parent()
    try:
        with hold_alone("run"):
            return Supervisor().run()
    except CannotStart as reason:
        print(reason, file=sys.stderr)
        return 1


def _never_fail_on_a_sign() -> None:
    """A terminal that cannot show Å gets a question mark."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError):  # not a text file of the usual kind
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]


if __name__ == "__main__":
    sys.exit(main())
