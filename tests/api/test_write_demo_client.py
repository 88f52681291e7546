"""The demo's client: written once, kept when asked again, renewed when the two no longer agree."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from initiatives.api.authentication import SCOPES
from kommun.clients.acts import end, end_secret
from kommun.models import ApiClient, ClientSecret

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(settings: Any, tmp_path: Path) -> Path:
    settings.DEMO, settings.VAR_DIR, settings.BASE_URL = True, tmp_path / "var", "http://localhost:8123"
    return tmp_path / "var" / "demo-client.json"


def write(path: Path) -> dict[str, str]:
    call_command("write_demo_client", verbosity=0)
    found: dict[str, str] = json.loads(path.read_text())
    return found


def test_file_holds_what_a_client_needs_and_only_its_owner_reads_it(demo: Path) -> None:
    found = write(demo)
    kept = ClientSecret.objects.get(client__client_id=found["clientId"])
    assert found["clientSecret"] not in str(vars(kept))
    assert {name: found[name] for name in ("clientId", "tokenUrl", "apiUrl")} == {
        "clientId": "demo",
        "tokenUrl": "http://localhost:8123/oauth/token",
        "apiUrl": "http://localhost:8123/api/v1",
    }
    assert stat.S_IMODE(demo.stat().st_mode) == 0o600
    assert ApiClient.objects.get().allowed_scopes.split() == list(SCOPES)


def test_written_again_it_keeps_the_secret_and_follows_the_address(demo: Path, settings: Any) -> None:
    first = write(demo)
    settings.BASE_URL = "http://localhost:9000"
    again = write(demo)
    assert (again["clientSecret"], again["apiUrl"]) == (first["clientSecret"], "http://localhost:9000/api/v1")
    assert stat.S_IMODE(demo.stat().st_mode) == 0o600


@pytest.mark.parametrize("lost", ["file", "secret", "content"])
def test_lost_half_is_made_anew(demo: Path, lost: str) -> None:
    first = write(demo)
    if lost == "file":
        demo.unlink()
    elif lost == "secret":
        end_secret(ClientSecret.objects.get(), by=None, now=timezone.now())
    else:
        demo.write_text("{")
    assert write(demo)["clientSecret"] != first["clientSecret"]
    assert (ApiClient.objects.count(), ClientSecret.objects.filter(ended_at=None).count()) == (1, 1)


def test_one_that_somebody_has_ended_stays_so(demo: Path) -> None:
    first = write(demo)
    end(ApiClient.objects.get(), by=None, now=timezone.now())
    assert write(demo) == first
    assert ApiClient.objects.get().ended_at is not None


def test_outside_the_demo_there_is_none(settings: Any) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="demo"):
        call_command("write_demo_client")
    assert not ApiClient.objects.exists()
