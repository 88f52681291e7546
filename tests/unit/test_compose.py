"""docker-compose.yml, the Dockerfile and .env.example say the same, and what they say is allowed."""

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import Client
from jsonschema import Draft202012Validator
from pytest_django import Settings

from config.processes import BEAT, WEB, WORKER

CLONE = Path(__file__).parents[2]
SCHEMA = CLONE / "tests/data/compose"
TEXT = (CLONE / "docker-compose.yml").read_text("utf-8")
COMPOSE = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("migrate", WEB, WORKER, BEAT)
DOCKERFILE = (CLONE / "Dockerfile").read_text("utf-8").replace("\\\n", "")
RUNTIME = DOCKERFILE.rpartition("\nFROM ")[2]
EXAMPLE = (CLONE / ".env.example").read_text("utf-8")
TO_FILL_IN = re.findall(r"^([A-Z_]+)=$", EXAMPLE, re.MULTILINE)
NAMED = set(re.findall(r"^(?:# )?([A-Z_]+)=", EXAMPLE, re.MULTILINE))


def instruction(name: str) -> list[str]:
    """What follows each `name` at the beginning of a line of the image that runs."""
    return re.findall(rf"^{name} (.*)$", RUNTIME, re.MULTILINE)


def test_compose_is_valid_by_the_official_schema() -> None:
    schema = json.loads((SCHEMA / "compose-spec.json").read_text("utf-8"))
    assert [error.message for error in Draft202012Validator(schema).iter_errors(COMPOSE)] == []


def test_the_schema_notices_a_misspelt_key() -> None:
    schema = json.loads((SCHEMA / "compose-spec.json").read_text("utf-8"))
    wrong = COMPOSE | {"services": {"web": {"imagge": "framsteg"}}}
    assert Draft202012Validator(schema).is_valid(wrong) is False


def test_the_vendored_files_are_what_their_origin_says() -> None:
    said = re.findall(r"^\| `([^`]+)` \|.*\| ([0-9a-f]{64}) \|$", (SCHEMA / "ORIGIN.md").read_text(), re.MULTILINE)
    files = [path for path in SCHEMA.iterdir() if path.name != "ORIGIN.md"]
    assert dict(said) == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize("name", [WEB, WORKER, BEAT])
def test_each_process_is_started_by_its_name(name: str) -> None:
    assert SERVICES[name]["command"] == ["python", "-m", "config.processes", name]


def test_the_image_by_itself_is_the_web_process() -> None:
    assert [json.loads(words) for words in instruction("CMD")] == [SERVICES[WEB]["command"]]


def test_all_our_services_are_one_image() -> None:
    assert {name: each["image"] for name, each in SERVICES.items() if "build" in each} == dict.fromkeys(
        OURS, "framsteg:latest"
    )


def test_everything_but_the_migration_has_a_health_check() -> None:
    checked = {name: "test" in each["healthcheck"] for name, each in SERVICES.items() if "healthcheck" in each}
    by_image = dict.fromkeys((WEB,), bool(instruction("HEALTHCHECK")))
    assert checked | by_image == dict.fromkeys(SERVICES, True) | {"migrate": False}
    assert SERVICES["migrate"]["healthcheck"] == {"disable": True}


def test_nothing_starts_before_the_tables_are_up_to_date() -> None:
    waits = {name: SERVICES[name]["depends_on"]["migrate"]["condition"] for name in (WEB, WORKER, BEAT)}
    assert waits == dict.fromkeys((WEB, WORKER, BEAT), "service_completed_successfully")
    assert SERVICES["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}


def test_no_secret_stands_in_the_file() -> None:
    for each in SERVICES.values():
        environment = each.get("environment", {})
        for name in set(environment) & {"SECRET_KEY", "EMAIL_URL", "POSTGRES_PASSWORD"}:
            assert environment[name] == f"${{{name}:?Set {name}, see .env.example}}"
        address = environment.get("DATABASE_URL", "postgres://framsteg:${POSTGRES_PASSWORD:?}@postgres:5432/framsteg")
        assert re.sub(r":\?[^}]*", "", address) == "postgres://framsteg:${POSTGRES_PASSWORD}@postgres:5432/framsteg"


def test_what_must_be_set_is_what_the_example_leaves_to_fill_in() -> None:
    assert sorted(set(re.findall(r"\$\{([A-Z_]+):\?", TEXT))) == sorted(TO_FILL_IN)


def test_the_example_names_every_variable_that_compose_and_the_settings_read() -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+)", TEXT)) | set(SERVICES[WEB]["environment"])
    settings = (CLONE / "config/settings.py").read_text("utf-8")
    read = set(re.findall(r'(?:env\.\w+|required)\(\s*"([A-Z_]+)"', settings)) | {"HOST", "PORT"}
    assert asked | read == NAMED


def test_the_demo_cannot_be_turned_on_by_compose() -> None:
    assert {name: each.get("environment", {}).get("DEMO") for name, each in SERVICES.items()} == dict.fromkeys(SERVICES)


def test_an_optional_variable_that_nobody_sets_keeps_its_default() -> None:
    """With `NAME: ${NAME:-}` it would become empty."""
    optional = {name: value for name, value in SERVICES[WEB]["environment"].items() if ":?" not in str(value)}
    assert optional.pop("REDIS_URL") == "redis://redis:6379/0"
    assert optional.pop("BEHIND_PROXY") == "${BEHIND_PROXY:-true}"
    assert set(optional.values()) == {None}


def test_volumes_that_are_used_are_those_declared() -> None:
    used = {volume.partition(":")[0] for each in SERVICES.values() for volume in each.get("volumes", [])}
    assert used == set(COMPOSE["volumes"])


def test_the_image_runs_as_somebody_who_is_not_root() -> None:
    (created,) = re.findall(r"useradd .*--uid (\d+) .*?(\w+) &&", RUNTIME)
    assert (int(created[0]) > 0, instruction("USER")) == (True, [created[1]])


def test_the_image_carries_every_package_and_no_tests() -> None:
    copied = [words.split()[-1] for words in instruction("COPY")]
    assert copied == ["/venv", "./", "config", "kommun", "initiatives", "locale"]


def test_the_image_collects_its_static_files_with_the_values_it_says(tmp_path: Path) -> None:
    words = re.sub(r"\s+", " ", " ".join(instruction("RUN")))
    given = dict(re.findall(r"(\w+)=(\S+)", words)) | {"STATIC_DIR": str(tmp_path)}
    argv = [sys.executable, "manage.py", "collectstatic", "--noinput"]
    done = subprocess.run(argv, env={"PATH": os.environ["PATH"]} | given, cwd=CLONE, capture_output=True, check=False)
    assert (done.returncode, (tmp_path / "staticfiles.json").exists()) == (0, True)


def test_the_image_asks_for_its_health_by_the_program_for_it() -> None:
    assert [words.partition("CMD ")[2] for words in instruction("HEALTHCHECK")] == ['["python", "-m", "config.health"]']


@pytest.mark.django_db
def test_health_answers_localhost_where_only_the_public_name_is_allowed(settings: Settings) -> None:
    """As in production: behind a proxy, with TLS, and asked from inside without either."""
    program = "import config.settings as s; print(*s.ALLOWED_HOSTS)"
    given = dict.fromkeys(("SECRET_KEY", "REDIS_URL"), "x") | {
        "DATABASE_URL": "postgres:///x",
        "EMAIL_URL": "smtp://mail.example.org:25",
        "ALLOWED_HOSTS": "framsteg.example.org",
        "PATH": os.environ["PATH"],
    }
    said = subprocess.check_output([sys.executable, "-c", program], env=given, cwd=CLONE, text=True)
    settings.ALLOWED_HOSTS = said.split()
    settings.SECURE_SSL_REDIRECT = True
    asked = {
        host: Client().get("/health/web", headers={"host": host}).status_code for host in ("localhost", "evil.example")
    }
    assert asked == {"localhost": 200, "evil.example": 400}
