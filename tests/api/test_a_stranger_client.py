"""A system whose maker has only demo-client.json and openapi.yaml gets a token, reads, writes, sees the effect."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
import yaml
from django.core.management import call_command

from initiatives.outcomes import withholding
from tests.builders import TODAY, a_person, a_unit, an_initiative, values


class Stranger:
    """Finds addresses by operationId in the specification. Knows nothing of Framsteg."""

    def __init__(self, credentials: Path, specification: Path) -> None:
        self.known = json.loads(credentials.read_text())
        self.paths = yaml.safe_load(specification.read_text())["paths"]
        self.token = self._token()

    def call(self, operation: str, body: Any = None, *, query: dict[str, Any] | None = None, **path: str) -> Any:
        [address] = [
            address
            for address, methods in self.paths.items()
            if any(each["operationId"] == operation for each in methods.values())
        ]
        url = f"{self.known['apiUrl']}{address.format(**path)}?{urlencode(query or {}, doseq=True)}"
        return self.follow(url, body)

    def follow(self, url: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}
        content = None
        if body is not None:
            content, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        with urlopen(Request(url, content, headers), timeout=20) as response:
            return json.load(response)

    def every(self, operation: str, member: str, **query: Any) -> list[Any]:
        page = self.call(operation, query=query)
        found: list[Any] = page[member]
        while page["_links"]["next"] is not None:
            page = self.follow(page["_links"]["next"]["href"])
            found += page[member]
        return found

    def _token(self) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.known["clientId"],
            "client_secret": self.known["clientSecret"],
        }
        with urlopen(self.known["tokenUrl"], urlencode(form).encode(), timeout=20) as response:
            return str(json.load(response)["access_token"])


@pytest.mark.django_db(transaction=True)
def test_stranger_reads_writes_and_sees_the_metrics_change(live_server: Any, tmp_path: Path, settings: Any) -> None:
    settings.VAR_DIR, settings.BASE_URL, settings.DEMO = tmp_path, live_server.url, True
    unit = a_unit()
    people = [a_person(unit=unit) for _ in range(5)]
    for _ in range(23):
        values(an_initiative(people[0], unit, "measuring").outcomes.get(), [31, 30], until=TODAY)
    call_command("write_demo_client")
    withholding.refresh(today=TODAY)

    stranger = Stranger(tmp_path / "demo-client.json", Path(settings.BASE_DIR) / "openapi.yaml")
    initiatives = stranger.every("listInitiatives", "initiatives", limit=10)
    assert len({initiative["id"] for initiative in initiatives}) == 23

    [outcome] = stranger.every("listOutcomes", "outcomes", initiative=initiatives[7]["id"])
    of_it = {"indicator": outcome["indicatorId"]}
    [before] = stranger.call("getMetrics", query=of_it)["metrics"]
    sent = {"measurements": [{"observedOn": "2026-11-20", "value": 12.5}, {"observedOn": "2026-11-22", "value": 11}]}
    assert stranger.call("sendMeasurements", sent, id=outcome["id"])["summary"]["created"] == 2
    [after] = stranger.call("getMetrics", query=of_it)["metrics"]
    assert (before["valueCount"], after["valueCount"]) == (2, 4)
    assert stranger.call("sendMeasurements", sent, id=outcome["id"])["summary"]["unchanged"] == 2
    listed = stranger.call("listMeasurements", id=outcome["id"])["measurements"]
    assert [each["value"] for each in listed] == [31, 12.5, 11, 30]
