"""Another system that keeps a copy of all it sees, as its maker would write it: it knows the API's address and a token.

It keeps what it has and how far it has come in one file, so that it can be stopped at any moment and started again.
"""

import json
import os
import time
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

AWAY = (URLError, HTTPException, OSError)  # what one meets when the other side is not there
LISTS = {"initiatives": "id", "outcomes": "id", "indicators": "id", "units": "code"}
SECONDS = 20.0


class Mirror:
    def __init__(self, file: Path, api: str, token: str) -> None:
        self.file, self.api, self.token = file, api, token
        self.copy: dict[str, dict[str, Any]] = {}
        self.place = ""
        self.times_begun = 0
        if file.exists():
            self.copy, self.place = json.loads(file.read_text())

    def begin(self) -> None:
        """The place first, then everything: what changes meanwhile is told after that place."""
        self.times_begun += 1
        place = self._get(f"{self.api}/events?after=now")["_links"]["next"]["href"]
        self.copy = {name: {} for name in LISTS}
        for name, key in LISTS.items():
            for each in self._all(f"{self.api}/{name}?limit=50", name):
                self.copy[name][each[key]] = each
        for outcome in self.copy["outcomes"].values():
            outcome["values"] = self._values(outcome["id"]) or []
        self._keep(place)

    def follow(self, *, pages: int = 1_000_000) -> int:
        """Until there is nothing more, or for so many pages; how many events."""
        if not self.place:
            self.begin()
        found = 0
        for _page in range(pages):
            page = self._get(self.place)
            for event in page["events"]:
                self._renew(event)
            found += len(page["events"])
            self._keep(page["_links"]["next"]["href"])
            if not page["events"]:
                break
        return found

    def _renew(self, event: dict[str, Any]) -> None:
        name, key = f"{event['type'].partition('.')[0]}s", event["subject"]
        link = event["_links"]["subject"]
        fresh = None if link is None else self._get(link["href"])
        if fresh is not None and name == "outcomes":
            values = self._values(key)
            fresh = None if values is None else fresh | {"values": values}
        if fresh is None:
            self.copy[name].pop(key, None)
        else:
            self.copy[name][key] = fresh

    def _values(self, outcome: str) -> list[Any] | None:
        values = self._all(f"{self.api}/outcomes/{outcome}/measurements?limit=500", "measurements")
        return None if values is None else values

    def _all(self, url: str, name: str) -> Any:
        found: list[Any] = []
        while url:
            page = self._get(url)
            if page is None:
                return None
            found += page[name]
            url = (page["_links"]["next"] or {}).get("href", "")
        return found

    def _get(self, url: str) -> Any:
        """None when there is no such thing, or no more."""
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}
        while True:
            try:
                with urlopen(Request(url, headers=headers), timeout=SECONDS) as response:
                    return json.load(response)
            except HTTPError as refusal:
                with refusal:
                    if refusal.code == 404:
                        return None
                    if refusal.code != 429:
                        raise AssertionError(f"{url}: {refusal.code} {refusal.read()!r}") from None
                    time.sleep(float(refusal.headers["Retry-After"]))

    def _keep(self, place: str) -> None:
        """All or nothing, also when it is cut off."""
        self.place = place
        new = self.file.with_suffix(".new")
        new.write_text(json.dumps([self.copy, place]))
        os.replace(new, self.file)

    def objects(self) -> Iterator[tuple[tuple[str, str], Any]]:
        """((kind of resource, identifier), object) for all that it has."""
        for name, listed in self.copy.items():
            for key, each in listed.items():
                yield (name.removesuffix("s"), key), each
