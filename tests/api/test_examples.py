"""The examples of docs/api are run as they stand against a server on loopback; Power BI is held to the contract."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from initiatives.api.documents import specification
from initiatives.models import Measurement, Outcome
from initiatives.outcomes import withholding
from tests.api.document import calls, properties
from tests.builders import TODAY, a_person, a_unit, an_initiative, values

FOLDER = Path(settings.BASE_DIR) / "docs" / "api"
ADDRESS = "https://framsteg.example.se"
BRACKETS = {")": "(", "]": "[", "}": "{"}


def blocks(language: str) -> list[str]:
    """The fenced blocks of the quick start in that language, in order."""
    text = (FOLDER / "quick-start.md").read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.fixture
def outcome() -> Outcome:
    unit = a_unit()
    people = [a_person(unit=unit) for _ in range(5)]
    outcome = an_initiative(people[0], unit, "measuring").outcomes.get()
    values(outcome, [31, 30, 32, 33, 29, 31, 20, 21, 19, 20, 22, 20], until=TODAY.replace(month=8))
    withholding.refresh(today=timezone.localdate())
    return outcome


@pytest.fixture
def environment(live_server: Any, outcome: Outcome, settings: Any, tmp_path: Path) -> dict[str, str]:
    """What the examples read: an address, a client and its secret."""
    settings.BASE_URL, settings.DEMO, settings.VAR_DIR = live_server.url, True, tmp_path
    call_command("write_demo_client", verbosity=0)
    known = json.loads((tmp_path / "demo-client.json").read_text())
    return os.environ | {
        "FRAMSTEG": live_server.url,
        "CLIENT_ID": known["clientId"],
        "CLIENT_SECRET": known["clientSecret"],
    }


def run(program: list[str], text: str, environment: dict[str, str], folder: Path) -> str:
    done = subprocess.run(
        program, input=text, env=environment, cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


@pytest.mark.django_db(transaction=True)
def test_curl_reads_filters_sends_and_is_told_what_is_wrong(
    environment: dict[str, str], outcome: Outcome, tmp_path: Path
) -> None:
    text = "\n".join(block for block in blocks("bash") if "export FRAMSTEG" not in block)
    said = run(["bash", "-euo", "pipefail"], text, environment, tmp_path)
    assert said.count(str(outcome.initiative.uuid)) >= 2
    assert "304\n" in said
    assert '"created":1' in said
    sent = Measurement.objects.get(source=Measurement.Source.API)
    assert (sent.outcome, str(sent.observed_on), sent.value, sent.source_reference) == (
        outcome, "2026-10-31", 19.5, "Case system",
    )  # fmt: skip
    head, *rows = (tmp_path / "metrics.csv").read_text("utf-8-sig").splitlines()
    assert "indicatorName" in head and rows
    problem, [shown] = json.loads(said[said.rindex('{"type"') :]), blocks("json")
    assert problem == json.loads(shown.replace(ADDRESS, environment["FRAMSTEG"]))


@pytest.mark.django_db(transaction=True)
def test_python_reads_sends_and_follows(environment: dict[str, str], outcome: Outcome, tmp_path: Path) -> None:
    said = run([sys.executable, "-"], "\n".join(blocks("python")), environment, tmp_path)
    assert f"{outcome.indicator.name} 20" in said
    assert "'created': 2" in said
    assert "outcome.changed" in said and str(outcome.uuid) in said
    assert Measurement.objects.filter(source=Measurement.Source.API).count() == 2


def has(package: str) -> bool:
    program = shutil.which("Rscript")
    asked = f'quit(status = if (requireNamespace("{package}", quietly = TRUE)) 0 else 1)'
    return (
        program is not None and subprocess.run([program, "-e", asked], capture_output=True, check=False).returncode == 0
    )


@pytest.mark.django_db(transaction=True)
def test_r_reads_lists_and_tables(environment: dict[str, str], outcome: Outcome, tmp_path: Path) -> None:
    """Run where R and its packages are; elsewhere its brackets and what it names are looked at."""
    text = "\n".join(blocks("r"))
    if has("httr2"):
        assert run(["Rscript", "-"], text, environment, tmp_path).count(outcome.indicator.name) == 2
    elif shutil.which("Rscript"):
        run(["Rscript", "-e", 'invisible(parse("stdin"))'], text, environment, tmp_path)
    assert is_balanced(text)
    assert set(re.findall(r'"/api/v1(/[a-z-]+)"|every\("(/[a-z-]+)"', text)) == {("/metrics", ""), ("", "/outcomes")}
    shown = set(re.findall(r'"(\w+)"', " ".join(re.findall(r"\[, c\((.*?)\)\]", text))))
    assert shown and shown <= {name for name, _ in properties()}


def is_balanced(text: str) -> bool:
    opened: list[str] = []
    for sign in re.sub(r'"[^"]*"|#"[^"]*"', "", text):
        if sign in BRACKETS.values():
            opened.append(sign)
        elif sign in BRACKETS and (not opened or opened.pop() != BRACKETS[sign]):
            return False
    return not opened


def test_power_query_names_what_the_specification_has() -> None:
    token, *asked = blocks("powerquery")
    assert all(is_balanced(block) and block.startswith("let\n") for block in (token, *asked))
    assert 'RelativePath = "oauth/token"' in token
    assert set(re.findall(r"(\w+) = (?:\"client_credentials\"|Client\w+)", token)) == {
        "grant_type", "client_id", "client_secret",
    }  # fmt: skip
    names = {name for name, _ in properties()}
    for block in asked:
        [path] = re.findall(r'RelativePath = "api/v1(/[^"]+)"', block)
        [call] = [call for call in calls() if (call.path, call.method) == (path, "get")]
        [query] = re.findall(r"Query = \[(.*?)\],\n", block)
        parameters = call.named("query")
        for name, listed, single in re.findall(r'(\w+) = (?:\{(.*?)\}|"(.*?)"|Text\.From\(number\))', query):
            assert name in parameters, (path, name)
            schema = parameters[name]["schema"]
            for value in re.findall(r'"(\w+)"', listed) or ([single] if single else []):
                assert value in (schema.get("items", schema).get("enum") or [value]), (path, name, value)
        [accept] = re.findall(r'Accept = "([^"]+)"', block)
        assert accept in call.good["200"]["content"]
        fields = set(
            re.findall(r'"(\w+)"', " ".join(re.findall(r'(?:"row",|"latest",|Metrics,)\s*\{(.*?)\}', block, re.DOTALL)))
        )
        assert fields and fields <= names, fields - names
        assert set(re.findall(r"\]\[(\w+)\]", block)) <= {"_meta", "count", path[1:]}


def test_every_address_in_the_documents_exists() -> None:
    known = {re.sub(r"\{\w+\}", "{}", path) for path in specification()["paths"]}
    known |= {"/docs", "/openapi.yaml", "/openapi.json", "/oauth/token", "/api/v1"}
    for document in FOLDER.glob("*.md"):
        text = document.read_text("utf-8")
        for link in re.findall(r"\]\(([^)#]+)\)", text):
            assert link.startswith("https://") or (FOLDER / link).is_file(), (document.name, link)
        for path in re.findall(r"`(?:GET |POST |PATCH |DELETE )?(?:/api/v1)?(/[a-z][a-zA-Z{}/.-]*)`", text):
            plain = re.sub(r"\{\w+\}", "{}", path)
            assert any(each.endswith(plain) for each in known), (document.name, path)
