"""Real parts for the tests of faults: Redis, Celery processes that can be killed, a mail server that can misbehave."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import redis
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.db import connection

from config.local.redis import program as redis_server
from config.processes import BEAT, WEB, WORKER

PATIENCE = 30.0  # seconds; nothing waits that long unless something is broken


def until(what: Callable[[], Any], *, seconds: float = PATIENCE) -> None:
    """Returns as soon as `what` is true. Fails with its name when it has not become so."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, f"still not so after {seconds} s: {getattr(what, '__name__', what)}"
        time.sleep(0.02)


class Sink:
    """A mail server in a thread. It keeps what it has said yes to, and can be slow or say no."""

    def __init__(self) -> None:
        self.letters: list[Message] = []
        self.seconds_each = 0.0  # how long it takes to say yes
        self.answers: dict[str, str] = {}  # to a recipient; else yes
        self.in_flight = threading.Event()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """The letter is kept before the yes, as by a mail server whose yes is lost on the way."""
        assert isinstance(envelope.content, bytes)
        self.letters.append(message_from_bytes(envelope.content))
        self.in_flight.set()
        await asyncio.sleep(self.seconds_each)
        return "250 OK"

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def times(self) -> Counter[str]:
        """How many times each address got a letter."""
        return Counter(letter["To"] for letter in self.letters)

    def ids(self, address: str) -> set[str]:
        return {letter["Message-ID"] for letter in self.letters if letter["To"] == address}


@contextmanager
def a_sink() -> Iterator[Sink]:
    sink = Sink()
    controller = Controller(sink, hostname="127.0.0.1", port=sink.port)
    controller.start()
    try:
        yield sink
    finally:
        controller.stop()


class Parts:
    """What runs beside the test, all of it on the test's own database."""

    def __init__(self, folder: Path, sink: Sink) -> None:
        self.folder = folder
        self.socket = folder / "redis.sock"
        self.environment = os.environ | {
            "DATABASE_URL": database_url(),
            "REDIS_URL": f"redis+socket://{self.socket}",
            "EMAIL_URL": sink.url,
            "VAR_DIR": str(folder),
            "CLOCK_SECONDS": "0.5",
            "LETTER_HOUR": "00:00",
            "PYTHONWARNINGS": "default",
        }
        self._running: dict[subprocess.Popen[bytes], Callable[[], object]] = {}  # each with what starts it anew

    def start_redis(self) -> subprocess.Popen[bytes]:
        process = self._start(
            redis_server(), "--port", "0", "--unixsocket", str(self.socket), "--save", "", "--dir", str(self.folder)
        )
        until(self._redis_answers)
        return process

    def start_worker(self) -> subprocess.Popen[bytes]:
        return self._start(sys.executable, "-m", "config.processes", WORKER)

    def start_beat(self, name: str = "beat") -> subprocess.Popen[bytes]:
        """With a memory of its own, in a folder called `name`."""
        (self.folder / name).mkdir(exist_ok=True)
        return self._start(sys.executable, "-m", "config.processes", BEAT, VAR_DIR=str(self.folder / name))

    def start_web(self) -> subprocess.Popen[bytes]:
        return self._start(sys.executable, "-m", "config.processes", WEB)

    def empty_redis(self) -> None:
        with self._redis() as client:
            client.flushall()

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """SIGKILL to the process and all its children: none of them gets to say anything."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        del self._running[process]

    def kill_all(self) -> None:
        for process in list(self._running):
            self.kill(process)

    def restart_the_dead(self) -> int:
        """What has ended by itself starts anew, as the containers do (`restart: unless-stopped`). How many.

        A worker ends so when Redis goes away while it holds a message: its library then finds no way to give it back.
        """
        dead = {process: start for process, start in self._running.items() if process.poll() is not None}
        for process, start in dead.items():
            del self._running[process]
            start()
        return len(dead)

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def _start(self, *command: str, **environment: str) -> subprocess.Popen[bytes]:
        env = self.environment | environment
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(command, env=env, stdout=log, stderr=log, start_new_session=True)
        self._running[process] = partial(self._start, *command, **environment)
        return process

    @contextmanager
    def _redis(self) -> Iterator[redis.Redis]:
        client = redis.Redis(unix_socket_path=str(self.socket))
        try:
            yield client
        finally:
            client.close()

    def _redis_answers(self) -> bool:
        try:
            with self._redis() as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False


def said(words: Any) -> str:
    """A header or a body as its reader sees it."""
    return words.decode() if isinstance(words, bytes) else str(make_header(decode_header(words)))


def database_url() -> str:
    """The address of the database of this test run."""
    given = connection.get_connection_params()
    person = quote(given.get("user", ""))
    if password := given.get("password"):
        person += f":{quote(password)}"
    place = {key: str(given[key]) for key in ("host", "port") if given.get(key)}
    return f"postgres://{person}@/{given['dbname']}?{urlencode(place)}"
