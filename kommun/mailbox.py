"""A mailbox on a mail server, read over IMAP (RFC 3501): letters that nobody has seen, one at a time.

It knows nothing of what is in them. Whoever takes a letter says afterwards what became of it: a letter that is neither
seen nor put aside comes again.
"""

import imaplib
import ssl
from types import TracebackType
from typing import Final, Self
from urllib.parse import unquote, urlsplit

TIMEOUT: Final = 20  # seconds for each answer of the server
FAULTS: Final = (OSError, imaplib.IMAP4.error)  # the server is away, or says no


class Mailbox:
    """A folder, INBOX unless `url` names another. Use it in a with statement; any of FAULTS may come out of it."""

    def __init__(self, url: str) -> None:
        where = urlsplit(url)
        self._user, self._password = unquote(where.username or ""), unquote(where.password or "")
        self._folder = unquote(where.path.strip("/")) or "INBOX"
        self._is_secure = where.scheme == "imaps"
        self._host, self._port = where.hostname or "localhost", where.port or (993 if self._is_secure else 143)

    def __enter__(self) -> Self:
        self._server = self._connected()
        try:
            self._server.login(self._user, self._password)
            self._checked(self._server.select(f'"{self._folder}"'))
        except BaseException:
            self._server.shutdown()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._server.logout()
        except FAULTS:
            self._server.shutdown()

    def waiting(self) -> list[str]:
        """The numbers of the letters that are neither seen nor put aside, the oldest first."""
        [found] = self._checked(self._server.uid("SEARCH", "UNSEEN", "UNFLAGGED"))
        return [each.decode() for each in (found or b"").split()]

    def letter(self, number: str, *, most: int) -> bytes | None:
        """The first `most` bytes of it, without marking it as seen; None when it is gone."""
        answer = self._checked(self._server.uid("FETCH", number, f"(BODY.PEEK[]<0.{most}>)"))
        return next((part[1] for part in answer if isinstance(part, tuple)), None)

    def mark_seen(self, number: str) -> None:
        self._checked(self._server.uid("STORE", number, "+FLAGS.SILENT", r"(\Seen)"))

    def put_aside(self, number: str) -> None:
        r"""Marks it with \Flagged, for a person to look at."""
        self._checked(self._server.uid("STORE", number, "+FLAGS.SILENT", r"(\Flagged)"))

    def _connected(self) -> imaplib.IMAP4:
        if not self._is_secure:
            return imaplib.IMAP4(self._host, self._port, timeout=TIMEOUT)
        checks = ssl.create_default_context()  # imaplib's own believes any certificate
        return imaplib.IMAP4_SSL(self._host, self._port, ssl_context=checks, timeout=TIMEOUT)

    @staticmethod
    def _checked(answer: tuple[str, list]) -> list:
        """What the server says. Raises imaplib.IMAP4.error when it says no."""
        said, data = answer
        if said != "OK":
            raise imaplib.IMAP4.error(f"{said} {data!r:.200}")
        return data
