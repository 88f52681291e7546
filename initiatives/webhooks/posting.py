"""One POST to a receiver, bounded in where it goes, how long it takes and how much is read. It knows no rows.

Plain http.client, so that nothing follows redirects, asks a proxy of the environment or looks the name up again behind
our back. The deadline is kept below HTTP, by the socket: an answer that drips in byte by byte ends with it too.
"""

import http.client
import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import certifi

from initiatives.webhooks.addresses import Network, NotAllowed, Place, Target

MOST_BYTES: Final = 64 * 1024  # of an answer that are read, so that the connection can be used again
MOST_PLACES: Final = 3  # addresses of one name that are tried

# The same for a name that nobody knows and one that leads inside, else whoever tries names draws a map of our network.
OFF_LIMITS: Final = "The address is not one that messages may go to."
NO_CONNECTION: Final = "No connection could be made."
UNTRUSTED: Final = "The certificate or the encryption was not accepted."
TOO_SLOW: Final = "There was no answer in time."
BROKEN_OFF: Final = "The connection was broken off."
NOT_HTTP: Final = "The answer was not HTTP."


@dataclass(frozen=True)
class Answer:
    """`status` is None when there was none; `error` says why, in words that tell nothing about our network."""

    status: int | None
    error: str = ""
    retry_after: str = ""


class Line:
    """A way to one receiver that is kept open from one message to the next. For one thread at a time."""

    def __init__(self, target: Target, network: Network) -> None:
        self.target = target
        self.network = network
        self._connection: _Connection | None = None

    def post(self, headers: Mapping[str, str], body: bytes) -> Answer:
        """Never raises OSError. A kept connection that turns out to be closed is opened anew, once."""
        deadline = time.monotonic() + self.network.total_seconds
        was_kept = self._connection is not None
        answer = self._attempt(headers, body, deadline)
        if was_kept and answer.status is None and answer.error == BROKEN_OFF:
            answer = self._attempt(headers, body, deadline)
        return answer

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _attempt(self, headers: Mapping[str, str], body: bytes, deadline: float) -> Answer:
        try:
            if self._connection is None:
                self._connection = _Connection(self.target, self.network, deadline)
            self._connection.extend(deadline)
            self._connection.request("POST", self.target.path, body, dict(headers) | {"Host": self.target.authority})
            response = self._connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            return Answer(None, _words(error))
        except BaseException:
            self.close()
            raise
        self._finish(response)
        return Answer(response.status, retry_after=response.headers.get("Retry-After", ""))

    def _finish(self, response: http.client.HTTPResponse) -> None:
        """The answer has been given. What becomes of its body only decides whether the connection is kept."""
        with suppress(OSError, http.client.HTTPException):
            response.read(MOST_BYTES)
            if response.isclosed() and not response.will_close:
                return
        self.close()


class _Connection(http.client.HTTPConnection):
    """To the very address that has been judged, with the name of the URL in TLS and in the header Host."""

    auto_open = 0

    def __init__(self, target: Target, network: Network, deadline: float) -> None:
        super().__init__(target.host, target.port)
        try:
            places = network.places(target)
        except (OSError, UnicodeError):  # off limits or not known
            raise NotAllowed from None
        plain = _open(places[:MOST_PLACES], network, deadline)
        self.sock = self._bounded = _secured(plain, target, network) if target.is_secure else plain

    def extend(self, deadline: float) -> None:
        self._bounded.deadline = deadline


class _NoConnection(OSError):
    pass


class _OutOfTime(TimeoutError):
    pass


class _Bounded:
    """A socket whose every wait ends at the deadline at the latest."""

    deadline: float = 0.0
    at_most: float = 0.0  # seconds of a single wait

    def recv_into(self, *args: Any, **more: Any) -> int:
        self._bound()
        return super().recv_into(*args, **more)  # type: ignore[misc, no-any-return]  # the socket beside it has it

    def sendall(self, *args: Any, **more: Any) -> None:
        self._bound()
        super().sendall(*args, **more)  # type: ignore[misc]  # the same

    def _bound(self) -> None:
        self.settimeout(_left(self.deadline, self.at_most))  # type: ignore[attr-defined]  # the same


class _Plain(_Bounded, socket.socket):
    pass


class _Secure(_Bounded, ssl.SSLSocket):
    pass


@lru_cache(maxsize=4)
def _trust(ca_file: str) -> ssl.SSLContext:
    """Certificates are judged by the well-known authorities, and by one of our own if `ca_file` names it."""
    context = ssl.create_default_context(cafile=certifi.where())
    if ca_file:
        context.load_verify_locations(ca_file)
    context.sslsocket_class = _Secure
    return context


def _left(deadline: float, at_most: float) -> float:
    """Seconds, never 0, which would mean that the socket does not wait. Raises TimeoutError."""
    left = min(at_most, deadline - time.monotonic())
    if left <= 0:
        raise _OutOfTime
    return left


def _open(places: list[Place], network: Network, deadline: float) -> "_Plain":
    for family, place in places:
        sock = _Plain(family, socket.SOCK_STREAM)
        sock.deadline, sock.at_most = deadline, network.read_seconds
        try:
            sock.settimeout(_left(deadline, network.connect_seconds))
            sock.connect(place)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except _OutOfTime:
            sock.close()
            raise
        except OSError:
            sock.close()
        else:
            return sock
    raise _NoConnection


def _secured(plain: "_Plain", target: Target, network: Network) -> "_Secure":
    deadline = plain.deadline
    try:
        plain.settimeout(_left(deadline, network.connect_seconds))
        sock: Any = _trust(network.ca_file).wrap_socket(plain, server_hostname=target.host)
    except BaseException:
        plain.close()
        raise
    sock.deadline, sock.at_most = deadline, network.read_seconds
    return sock  # type: ignore[no-any-return]  # of the class that `_trust` has set


def _words(error: Exception) -> str:
    if isinstance(error, NotAllowed):
        return OFF_LIMITS
    if isinstance(error, _NoConnection):
        return NO_CONNECTION
    if isinstance(error, TimeoutError):
        return TOO_SLOW
    if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return UNTRUSTED
    if isinstance(error, http.client.RemoteDisconnected | ConnectionError | BrokenPipeError):
        return BROKEN_OFF
    return NOT_HTTP if isinstance(error, http.client.HTTPException) else BROKEN_OFF
