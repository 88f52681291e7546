"""A server that answers as version 3 of Kolada's API, over real HTTP on this machine, and can misbehave."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

RECORDED = Path(__file__).parent / "data" / "kolada"
QUESTION = re.compile(r"/v3/data/kpi/([^/]+)/municipality/([^/]+)/year/([^/]+)")
Row = dict[str, Any]
Trouble = Callable[[BaseHTTPRequestHandler], None]


def recorded(name: str) -> list[Row]:
    rows: list[Row] = json.loads((RECORDED / name).read_text())["values"]
    return rows


def row(kpi: str, municipality: str, year: int, value: object, *, gender: str = "T", status: str = "") -> Row:
    cell = {"gender": gender, "count": 1, "status": status, "value": value}
    return {"kpi": kpi, "municipality": municipality, "period": year, "values": [cell]}


class StandIn:
    """`troubles` befall the next questions, one each, instead of an answer; `unknown` key figures spoil a question."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows
        self.per_page = 5000
        self.troubles: list[Trouble] = []
        self.unknown: set[str] = set()
        self.asked: list[str] = []
        self.when_asked: Callable[[], object] = lambda: None
        self.url = ""

    @property
    def key_figures_asked(self) -> list[list[str]]:
        """By question."""
        return [found[1].split(",") for path in self.asked if (found := QUESTION.match(path))]

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.asked.append(handler.path)
        self.when_asked()
        if self.troubles:
            self.troubles.pop(0)(handler)
            return
        path, page = _page(handler.path)
        kpis, municipalities, years = _lists(path)
        if self.unknown & set(kpis) or max(len(kpis), len(municipalities), len(years)) > 25:
            send(handler, {"detail": "Not found"}, status=404)
            return
        found = [
            each
            for each in self.rows
            if each["kpi"] in kpis and each["municipality"] in municipalities and str(each["period"]) in years
        ]
        first = (page - 1) * self.per_page
        is_last = first + self.per_page >= len(found)
        next_url = None if is_last else f"{self.url}{path}?page={page + 1}&per_page={self.per_page}"
        values = found[first : first + self.per_page]
        send(handler, {"values": values, "count": len(values), "next_url": next_url})


def send(handler: BaseHTTPRequestHandler, answer: object, *, status: int = 200, **headers: str) -> None:
    body = json.dumps(answer).encode()
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def refuse(status: int, **headers: str) -> Trouble:
    return lambda handler: send(handler, {"detail": "No"}, status=status, **headers)


def say(answer: object) -> Trouble:
    return lambda handler: send(handler, answer)


def cut(handler: BaseHTTPRequestHandler) -> None:
    """Promises more than it sends."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"values": [')


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    """Says nothing at all."""
    handler.close_connection = True


def stall(seconds: float) -> Trouble:
    return lambda handler: time.sleep(seconds)


def drown(megabytes: int) -> Trouble:
    """Never stops, or not before so much has been sent."""

    def pour(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            for _ in range(megabytes):
                handler.wfile.write(b" " * 1_000_000)
        except OSError:
            pass  # the other side has had enough

    return pour


@contextmanager
def a_stand_in(rows: list[Row]) -> Iterator[StandIn]:
    stand_in = StandIn(rows)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            stand_in.answer(self)

        def log_message(self, format: str, *args: Any) -> None:
            """Silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        stand_in.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield stand_in
        finally:
            server.shutdown()
            thread.join()


class FastTime:
    """A clock that sleeping moves, and nothing else: tests need not wait."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def _page(address: str) -> tuple[str, int]:
    parts = urlsplit(address)
    return parts.path, int(parse_qs(parts.query).get("page", ["1"])[0])


def _lists(path: str) -> tuple[list[str], list[str], list[str]]:
    found = QUESTION.fullmatch(path)
    assert found, path
    return found[1].split(","), found[2].split(","), found[3].split(",")
