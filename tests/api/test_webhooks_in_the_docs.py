"""What docs/api/webhooks.md tells receivers to run does what it says."""

import re
import shutil
import subprocess
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from initiatives.models import Change
from initiatives.webhooks.messages import Event, headers
from initiatives.webhooks.retrying import PAUSES
from initiatives.webhooks.signing import new_secret
from initiatives.webhooks.subscribing import OVERLAP
from tests.builders import NOW

DOCS = (Path(settings.BASE_DIR) / "docs" / "api" / "webhooks.md").read_text()
EVENT = Event(uuid.uuid4(), "initiative.changed", "0f7c9b1e-4a55-4d0c-9a6e-2f1f0a3b7c11", NOW)


def block(language: str, has: str) -> str:
    [found] = [each for each in re.findall(rf"```{language}\n(.*?)```", DOCS, re.DOTALL) if has in each]
    return str(found)


def sent(secret: str, body: bytes, *, minutes_ago: int = 0) -> dict[str, str]:
    moment = NOW.fromtimestamp(time.time() - 60 * minutes_ago, tz=NOW.tzinfo)
    return {
        name.lower(): value
        for name, value in headers(uuid.uuid4(), body, [secret], moment, trace=uuid.uuid4().hex).items()
    }


def test_the_example_in_python_knows_our_messages_and_no_others() -> None:
    names: dict[str, Any] = {}
    exec(block("python", "def is_from_framsteg"), names)  # noqa: S102  # our own text, as its reader runs it
    is_from_framsteg, secret, body = names["is_from_framsteg"], new_secret(), EVENT.body()
    given = sent(secret, body)
    assert is_from_framsteg(secret, given, body)
    assert not is_from_framsteg(secret, given, body + b" ")
    assert not is_from_framsteg(new_secret(), given, body)
    assert not is_from_framsteg(secret, sent(secret, body, minutes_ago=6), body)


def test_the_example_with_the_library_runs() -> None:
    secret, body = new_secret(), EVENT.body()
    names: dict[str, Any] = {"secret": secret, "body": body, "headers": sent(secret, body)}
    exec(block("python", "from standardwebhooks"), names)  # noqa: S102  # the same
    assert names["event"]["id"] == str(EVENT.id)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the machine has no openssl")
def test_the_example_with_openssl_makes_our_signature(tmp_path: Path) -> None:
    secret, body = new_secret(), EVENT.body()
    given = sent(secret, body)
    (tmp_path / "body.json").write_bytes(body)
    environment = {
        "PATH": "/usr/bin:/bin",
        "SECRET": secret,
        "WEBHOOK_ID": given["webhook-id"],
        "WEBHOOK_TIMESTAMP": given["webhook-timestamp"],
    }
    done = subprocess.run(
        ["sh", "-c", block("sh", "openssl")], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, check=True
    )
    assert f"v1,{done.stdout.decode().strip()}" == given["webhook-signature"]


@pytest.mark.parametrize("kind", Change.Kind.values)
def test_every_type_is_named(kind: str) -> None:
    assert f"`{kind}`" in DOCS


def test_the_figures_are_those_of_the_code() -> None:
    minutes = [pause.total_seconds() / 60 for pause in PAUSES]
    assert minutes == [1, 5, 30, *(60 * hours for hours in (2, 5, 10, 14, 20))]
    assert "about 1 and 5 and 30 minutes, 2, 5, 10, 14 and 20 hours, for three days" in DOCS
    assert (OVERLAP.total_seconds(), "For 24 hours every message carries two signatures" in DOCS) == (24 * 3600, True)
