"""The keys of the municipality's own authorisation server, as it publishes them now.

They are kept in the process. An unknown kid asks the server anew, but seldom, so that made-up ones cost nobody
anything; and while the server is away, what it said last still holds for a day.
"""

import datetime as dt
import functools
import json
import logging
import queue
import socket
import threading
from contextlib import suppress
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from kommun.clients.keys import PublicKey, fit, keys_of

log = logging.getLogger(__name__)
FRESH_FOR: Final = dt.timedelta(minutes=10)
PAUSE: Final = dt.timedelta(seconds=30)  # at least, between two times that the server is asked
KEPT_FOR: Final = dt.timedelta(days=1)  # while the server is away
TIMEOUTS: Final = (2.0, 2.0)  # seconds to connect, and between two parts of the answer
PATIENCE: Final = 3.0  # seconds for it all
MOST_BYTES: Final = 262_144
MOST_KEYS: Final = 50


class KeysAreAway(Exception):
    """The server does not answer, and nothing that it has said still holds: the token cannot be judged now."""


class IssuerKeys:
    """What the server at `url` publishes. Threads may share it; one asks the server, the others do not wait for it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._asking = threading.Lock()
        self._keys: tuple[PublicKey, ...] = ()
        self._answered_at: dt.datetime | None = None
        self._asked_at: dt.datetime | None = None

    def find(self, *, kid: str, algorithm: str, now: dt.datetime) -> PublicKey | None:
        """The key that fits, if the server has it. Raises KeysAreAway."""
        if not self._is_younger(self._answered_at, FRESH_FOR, now):
            self._ask(now)
        key = self._fitting(kid, algorithm, now)
        if key is None:  # it may have come since
            self._ask(now)
            key = self._fitting(kid, algorithm, now)
        return key

    def _fitting(self, kid: str, algorithm: str, now: dt.datetime) -> PublicKey | None:
        if not self._is_younger(self._answered_at, KEPT_FOR, now):
            raise KeysAreAway
        return fit(self._keys, kid=kid, algorithm=algorithm)

    def _ask(self, now: dt.datetime) -> None:
        """At most once in a PAUSE. Nobody waits for one who is asking, unless there is nothing to go by."""
        with_keys = self._answered_at is not None
        if not self._asking.acquire(blocking=not with_keys):
            return
        try:
            if self._is_younger(self._asked_at, PAUSE, now):
                return
            self._asked_at = now
            self._keys, self._answered_at = published(self._url), now
        except (requests.RequestException, ValueError, RecursionError) as fault:
            log.warning("The authorisation server's keys could not be read: %s", type(fault).__name__)
        finally:
            self._asking.release()

    @staticmethod
    def _is_younger(moment: dt.datetime | None, age: dt.timedelta, now: dt.datetime) -> bool:
        return moment is not None and now - moment < age


@functools.lru_cache(maxsize=4)
def keys_at(url: str) -> IssuerKeys:
    """The same one for the same address, as long as the process lives."""
    return IssuerKeys(url)


def published(url: str) -> tuple[PublicKey, ...]:
    """Asks once, follows no redirect, reads no more than it should and waits no longer than PATIENCE in all.

    Raises RequestException, and ValueError when the answer is no set with at least one key that we take.
    """
    answers: queue.SimpleQueue[bytes | Exception] = queue.SimpleQueue()
    # Nothing bounds the look-up of a name, so another thread does it all. It too ends: see _Cut.
    threading.Thread(target=_fetch, args=(url, answers), daemon=True).start()
    try:
        answer = answers.get(timeout=PATIENCE)
    except queue.Empty:
        raise ValueError("too slow") from None
    if isinstance(answer, Exception):
        raise answer
    keys = keys_of(json.loads(answer), most=MOST_KEYS)
    if not keys:
        raise ValueError("no key that we take")
    return keys


def _fetch(url: str, answers: "queue.SimpleQueue[bytes | Exception]") -> None:
    try:
        answers.put(_read(url))
    except Exception as fault:  # noqa: BLE001  # the thread that waits raises it
        answers.put(fault)


def _read(url: str) -> bytes:
    headers = {"Accept": "application/jwk-set+json, application/json", "User-Agent": "Framsteg"}
    with requests.Session() as session:
        session.trust_env = False  # no proxy and no password of the environment
        for scheme in ("http://", "https://"):
            session.mount(scheme, _Adapter())
        with session.get(url, headers=headers, timeout=TIMEOUTS, stream=True, allow_redirects=False) as response:
            if response.status_code != requests.codes.ok:
                raise ValueError(response.status_code)
            body = bytearray()
            for part in response.iter_content(8192):
                body += part
                if len(body) > MOST_BYTES:
                    raise ValueError("too much")
            return bytes(body)


class _Cut:
    """A connection that ends PATIENCE after it was made, whatever comes in by then: headers that drip in, too."""

    sock: socket.socket

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]  # the connection beside it has it
        timer = threading.Timer(PATIENCE, _cut, [self.sock])
        timer.daemon = True
        timer.start()


def _cut(sock: socket.socket) -> None:
    with suppress(OSError):  # it is closed already
        socket.socket.shutdown(sock, socket.SHUT_RDWR)  # that of TLS would talk first


class _Http(_Cut, HTTPConnection):
    pass


class _Https(_Cut, HTTPSConnection):
    pass


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        super().init_poolmanager(*args, **more)
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
