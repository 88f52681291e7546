"""The specification is the one that is committed, is valid, and is shown to people under the site's strict policy."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import call_command

from initiatives.api.documents import specification
from initiatives.api.media import CSV, JSON, PARQUET, RDF_XML, TURTLE
from tests.api.conftest import Machine

COMMITTED = Path(settings.BASE_DIR) / "openapi.yaml"


def operations() -> list[dict[str, Any]]:
    return [operation for path in specification()["paths"].values() for operation in path.values()]


def test_committed_specification_is_what_the_code_says(tmp_path: Path) -> None:
    """If not: manage.py spectacular --validate --fail-on-warn --file openapi.yaml"""
    written = tmp_path / "openapi.yaml"
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(written))
    assert COMMITTED.read_text() == written.read_text()


def test_served_specification_is_the_committed_one(anybody: Machine) -> None:
    as_yaml, as_json = anybody.get("/openapi.yaml"), anybody.get("/openapi.json")
    assert (as_yaml["Content-Type"], as_json["Content-Type"]) == ("application/yaml", "application/json")
    assert as_yaml.content == COMMITTED.read_bytes()
    assert yaml.safe_load(as_yaml.content) == as_json.json()


def test_address_is_that_of_the_national_profile() -> None:
    assert specification()["openapi"] == "3.1.0"
    assert re.fullmatch(r"https://[a-z.]+/api/v1", specification()["servers"][0]["url"])
    assert not {path for path in specification()["paths"] if "openapi" in path or "docs" in path or path.endswith("/")}


def test_installation_with_an_address_shows_its_own(settings: Any) -> None:
    settings.SECURE, settings.BASE_URL = True, "https://framsteg.kommunen.se"
    specification.cache_clear()
    try:
        assert specification()["servers"][0]["url"] == "https://framsteg.kommunen.se/api/v1"
    finally:
        specification.cache_clear()


GOOD = {each.type for each in (JSON, CSV, PARQUET, RDF_XML, TURTLE)}


def test_every_operation_has_words_and_every_answer_an_example() -> None:
    for operation in operations():
        assert all(operation[part] for part in ("summary", "description", "operationId"))
        for status, answer in operation["responses"].items():
            assert answer["description"]
            kinds = answer.get("content", {})
            assert all("example" in content for kind, content in kinds.items() if kind != PARQUET.type)  # not text
            assert {*kinds} <= GOOD if status < "400" else list(kinds) == ["application/problem+json"]


def test_every_refusal_is_documented() -> None:
    for operation in operations():
        assert {"400", "405", "406", "500"} <= set(operation["responses"])
        assert ({"401", "403"} <= set(operation["responses"])) == bool(operation["security"])
        assert ({"413", "415"} <= set(operation["responses"])) == ("requestBody" in operation)


def test_paging_has_its_defaults_in_the_specification() -> None:
    for operation in operations():
        defaults = {each["name"]: each["schema"].get("default") for each in operation["parameters"]}
        if "page" in defaults:
            assert (defaults["page"], defaults["limit"]) == (1, 20)


class Reader(HTMLParser):
    """Collects what a strict policy would refuse, and the ids of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: list[str] = []
        self.ids: list[str] = []
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "style" or (tag == "script" and "src" not in dict(attrs)):
            self.refused.append(tag)
        for name, value in attrs:
            if name == "style" or name.startswith("on"):
                self.refused.append(f"{tag} {name}")
            if name == "id":
                self.ids.append(str(value))
            if name == "href" and str(value).startswith("#"):
                self.targets.append(str(value)[1:])


@pytest.mark.django_db
def test_page_for_people_shows_every_operation_under_the_strict_policy(anybody: Machine) -> None:
    response = anybody.get("/docs")
    reader = Reader()
    reader.feed(response.content.decode())
    assert response.status_code == 200
    assert "script-src 'self'" in response["Content-Security-Policy"]
    assert reader.refused == []
    assert len(reader.ids) == len(set(reader.ids))
    assert set(reader.targets) <= set(reader.ids)
    assert {operation["operationId"] for operation in operations()} <= set(reader.ids)
    assert {f"problem-{status}" for status in (400, 401, 403, 404, 405, 406, 409, 413, 415, 500)} <= set(reader.ids)


@pytest.mark.django_db
def test_page_for_people_is_no_third_partys(anybody: Machine) -> None:
    text = anybody.get("/docs").content.decode()
    assert re.findall(r'<(?:script|img|link|iframe)\b[^>]*(?:src|href)="(https?:[^"]*)"', text) == []
    assert json.dumps(specification()["info"]["version"]).strip('"') in text
