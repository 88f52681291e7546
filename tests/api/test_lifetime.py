"""The day an end is known, each answer and the specification say so."""

import dataclasses
import datetime as dt
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator

from initiatives.api import lifetime
from initiatives.api.lifetime import Ending
from initiatives.api.units import Units
from tests.api.conftest import Machine

pytestmark = pytest.mark.django_db
SUCCESSOR = "https://framsteg.example.se/api/v2"
ENDING = Ending(dt.date(2027, 1, 1), dt.date(2028, 1, 1), SUCCESSOR)
SAID = {
    "Deprecation": "@1798761600",
    "Sunset": "Sat, 01 Jan 2028 00:00:00 GMT",
    "Link": f'<{SUCCESSOR}>; rel="successor-version"',
}


def said(response: Any) -> dict[str, str]:
    return {name: response[name] for name in SAID if name in response}


def deprecated() -> dict[str, bool]:
    document: Any = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return {
        each["operationId"]: each.get("deprecated", False)
        for path in document["paths"].values()
        for each in path.values()
    }


def test_no_end_is_known(machine: Machine) -> None:
    assert said(machine.get("/units")) == {}
    assert not any(deprecated().values())


def test_an_end_of_all_is_said_in_each_answer(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifetime, "OF_ALL", ENDING)
    known = machine.get("/units")["ETag"]
    for path, headers in (("/units", {}), ("/units", {"If-None-Match": known}), ("/units/x", {}), ("/api-info", {})):
        assert said(machine.get(path, headers)) == SAID, path
    events = machine.get("/events")
    assert events["Link"] == f'<{events.json()["_links"]["next"]["href"]}>; rel="next", {SAID["Link"]}'
    assert all(deprecated().values())


def test_an_end_of_one_operation_is_its_own(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    ending = Ending(dt.date(2027, 1, 1))
    one = dataclasses.replace(Units.operations["GET"], ending=ending)
    monkeypatch.setattr(Units, "operations", {"GET": one})
    assert said(machine.get("/units")) == {"Deprecation": SAID["Deprecation"]}
    assert said(machine.get("/units/x")) == {}
    assert [name for name, is_deprecated in deprecated().items() if is_deprecated] == ["listUnits"]
