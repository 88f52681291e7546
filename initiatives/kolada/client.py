"""Asking Kolada, politely and without trusting it: paced, with bounded waits, tries, pages and sizes.

An address in an answer is followed only to the host that was asked.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from http import HTTPStatus
from types import TracebackType
from typing import Final, Self
from urllib.parse import urljoin, urlsplit

import requests

from initiatives.kolada.answers import YearlyValue, read_page
from initiatives.kolada.faults import KoladaFault
from initiatives.kolada.waiting import Pace, seconds_asked_for

LONGEST_LIST: Final = 25  # ids or years in one question; Kolada's limit
PER_SECOND: Final = 5
BACKOFF: Final = (1.0, 2.0, 4.0)  # seconds before the second, third and fourth try
LONGEST_WAIT: Final = 60.0  # seconds; who asks for more is asked again the next night
PATIENCE: Final = 240.0  # seconds for all questions of one client; a task of a worker has 300
MOST_PAGES: Final = 20
MOST_BYTES: Final = 10_000_000  # a full page of 5,000 rows is a tenth of it
TIMEOUTS: Final = (5.0, 20.0)  # seconds to connect, and between two parts of an answer


class Client:
    """One session with Kolada at `url`. `clock` gives seconds since 1970, `sleep` waits for some."""

    def __init__(
        self,
        url: str,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        timeouts: tuple[float, float] = TIMEOUTS,
    ) -> None:
        self._url = url.rstrip("/")
        self._clock = clock
        self._sleep = sleep
        self._timeouts = timeouts
        self._deadline = clock() + PATIENCE
        self._pace = Pace(PER_SECOND, clock=clock, sleep=sleep)
        self._session = requests.Session()
        self._session.headers.update({"Accept": "application/json", "User-Agent": "Framsteg"})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()

    def yearly_values(self, kpis: Sequence[str], municipality: str, years: Sequence[int]) -> list[YearlyValue]:
        """The values of the key figures `kpis` (such as N00945) for the municipality (four digits), all pages.

        Raises ValueError for lists longer than Kolada takes, and KoladaFault when there is no usable answer.
        """
        if len(kpis) > LONGEST_LIST or len(years) > LONGEST_LIST:
            raise ValueError(f"Kolada takes at most {LONGEST_LIST} in a list")
        path = f"/v3/data/kpi/{','.join(kpis)}/municipality/{municipality}/year/{','.join(map(str, years))}"
        return [
            value
            for value in self._all_pages(self._url + path)
            if value.kpi in kpis and value.municipality == municipality and value.year in years
        ]

    def _all_pages(self, url: str) -> Iterator[YearlyValue]:
        for _ in range(MOST_PAGES):
            page = read_page(self._ask_again(url))
            yield from page.values
            if not page.next_url:
                return
            url = self._same_host(url, page.next_url)
        raise KoladaFault(f"Kolada's answer has more than {MOST_PAGES} pages.")

    def _same_host(self, url: str, next_url: str) -> str:
        """The address of the next page, in our own scheme: behind a proxy Kolada may not know its own."""
        here = urlsplit(self._url)
        try:
            there = urlsplit(urljoin(url, next_url))
        except ValueError as strange:
            raise KoladaFault("Kolada's answer continues at an address that is none.") from strange
        if there.netloc != here.netloc:
            raise KoladaFault("Kolada's answer continues on another host; it was not followed.")
        return there._replace(scheme=here.scheme).geturl()

    def _ask_again(self, url: str) -> bytes:
        """The answer of the first try that succeeds."""
        for backoff in BACKOFF:
            try:
                return self._ask(url)
            except KoladaFault as fault:
                if not fault.may_pass:
                    raise
                self._wait(max(backoff, fault.wait), fault)
        return self._ask(url)

    def _wait(self, seconds: float, fault: KoladaFault) -> None:
        if seconds > LONGEST_WAIT or self._clock() + seconds > self._deadline:
            raise fault
        self._sleep(seconds)

    def _ask(self, url: str) -> bytes:
        self._pace.wait()
        self._refuse_to_be_late()
        try:
            with self._session.get(url, timeout=self._timeouts, stream=True, allow_redirects=False) as response:
                self._refuse(response)
                return self._read(response)
        except requests.RequestException as trouble:
            raise KoladaFault(f"Kolada did not answer ({type(trouble).__name__}).", may_pass=True) from trouble

    def _read(self, response: requests.Response) -> bytes:
        body = bytearray()
        for part in response.iter_content(65536):
            body += part
            if len(body) > MOST_BYTES:
                raise KoladaFault("Kolada's answer is too large.")
            self._refuse_to_be_late()
        return bytes(body)

    def _refuse_to_be_late(self) -> None:
        if self._clock() > self._deadline:
            raise KoladaFault("Kolada took too long; the rest is asked for next time.", may_pass=True)

    def _refuse(self, response: requests.Response) -> None:
        status = response.status_code
        if status == HTTPStatus.OK:
            return
        may_pass = status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR
        wait = seconds_asked_for(response.headers.get("Retry-After"), now=self._clock()) if may_pass else 0.0
        raise KoladaFault(f"Kolada answered {status}.", may_pass=may_pass, wait=wait)
