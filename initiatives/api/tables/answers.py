"""A table as an HTTP answer. A small one is whole before it is sent; a large one is sent while it is made."""

import datetime as dt
import threading
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Self

from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from rest_framework.request import Request

from initiatives.api.media import CSV, Media
from initiatives.api.problems import Refusal
from initiatives.api.tables.columns import Row, Table
from initiatives.api.tables.parquet import as_parquet
from initiatives.api.tables.text import as_csv, lines_of

WHOLE_UP_TO: Final = 1024 * 1024  # bytes
AT_ONCE: Final = 2  # large answers in one process; each holds a thread for as long as its reader takes
SECONDS: Final = 30  # after which it is worth another try
_room: Final = threading.BoundedSemaphore(AT_ONCE)
Answer = HttpResponse | StreamingHttpResponse


NO_ROOM: Final = "Others are fetching large tables. Try again a little later, or ask for pages with page and limit."
PARTS: Final = ("page", "limit", "cursor")


def is_part(request: Request) -> bool:
    """Whether the caller asks for a page; a table is whole otherwise."""
    return any(name in request.query_params for name in PARTS)


@dataclass(frozen=True)
class File:
    """What a table is called: after the list and the day. `source` is the API's own address."""

    name: str
    source: str
    now: dt.datetime

    def named(self, form: Media) -> str:
        file = f"framsteg-{self.name}-{timezone.localdate(self.now)}.{form.name}"
        return str(content_disposition_header(as_attachment=True, filename=file))

    @property
    def about(self) -> dict[str, str]:
        return {"source": self.source, "created": self.now.astimezone(dt.UTC).isoformat()}


def encode(form: Media, table: Table, rows: Iterable[Row], file: File) -> Answer:
    """`rows` of `table` in that form.

    Up to a megabyte the answer is whole: it has its length, and what fails is an answer 500. A larger one is sent in
    pieces; what fails then breaks it off so that it cannot be read (see the encoders).
    """
    if form == CSV:
        return encode_lines(table, lines_of(table.columns, rows), file)
    return _answer(as_parquet(table, rows, about=file.about), form, file)


def encode_lines(table: Table, lines: Iterable[str], file: File) -> Answer:
    """The same as CSV, of lines that have been written already (see `lines_sql`)."""
    return _answer(as_csv(table.columns, lines), CSV, file)


def _answer(pieces: Generator[bytes], form: Media, file: File) -> Answer:
    response = _body(pieces, form.content_type)
    response["Content-Disposition"] = file.named(form)
    return response


def _body(pieces: Generator[bytes], content_type: str) -> Answer:
    begun, size = [], 0
    for piece in pieces:
        begun.append(piece)
        size += len(piece)
        if size > WHOLE_UP_TO:
            return StreamingHttpResponse(_Body.begin(begun, pieces), content_type=content_type)
    return HttpResponse(b"".join(begun), content_type=content_type)


class _Body:
    """What has been made and what comes. The server closes it when the reader has gone, and with it the cursor."""

    def __init__(self, begun: list[bytes], rest: Generator[bytes]) -> None:
        self._begun = begun
        self._rest = rest
        self._holds_room = True

    @classmethod
    def begin(cls, begun: list[bytes], rest: Generator[bytes]) -> Self:
        """Raises a Refusal with 503 when as many are being sent already as there may be."""
        if not _room.acquire(blocking=False):
            rest.close()
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, NO_ROOM, {"Retry-After": str(SECONDS)})
        return cls(begun, rest)

    def __iter__(self) -> Iterator[bytes]:
        while self._begun:
            yield self._begun.pop(0)
        yield from self._rest

    def close(self) -> None:
        """By the server, when the reader has it all or has gone; and at the latest when nobody knows of it any more."""
        self._rest.close()
        if self._holds_room:
            self._holds_room = False
            _room.release()

    __del__ = close
