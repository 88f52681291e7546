"""What production must be told: without it nothing starts, and one sentence says what is missing."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

CLONE = Path(__file__).parents[2]
PRODUCTION = {
    "SECRET_KEY": "x" * 60,
    "DATABASE_URL": "postgres://framsteg:secret@database.example.org/framsteg",
    "REDIS_URL": "redis://redis.example.org:6379/0",
    "EMAIL_URL": "smtp://mail.example.org:25",
    "BASE_URL": "https://framsteg.example.org",
    "ALLOWED_HOSTS": "framsteg.example.org",
}
SENTENCES = {
    "SECRET_KEY": "Set SECRET_KEY: a long random string that signs sessions and links. See .env.example.\n",
    "DATABASE_URL": "Set DATABASE_URL: the address of PostgreSQL, such as postgres://user:password@host/name. "
    "See .env.example.\n",
    "REDIS_URL": "Set REDIS_URL: the address of Redis, such as redis://host:6379/0. See .env.example.\n",
    "EMAIL_URL": "Set EMAIL_URL: the address of the mail server, such as smtp://host:25. See .env.example.\n",
}


def start(*argv: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"]} | environment
    return subprocess.run([sys.executable, *argv], env=env, cwd=CLONE, capture_output=True, text=True, check=False)


def settings(*names: str, **environment: str) -> dict[str, object]:
    program = f"import json, config.settings as s; print(json.dumps({{n: getattr(s, n) for n in {names}}}))"
    values: dict[str, object] = json.loads(start("-c", program, **environment).stdout)
    return values


@pytest.mark.parametrize("name", SENTENCES)
@pytest.mark.parametrize("argv", [("manage.py", "check"), ("-m", "config.processes", "web")])
def test_a_missing_secret_stops_the_start_with_one_sentence(name: str, argv: tuple[str, ...]) -> None:
    done = start(*argv, **{key: value for key, value in PRODUCTION.items() if key != name})
    assert (done.returncode, done.stdout, done.stderr) == (1, "", SENTENCES[name])


def test_an_empty_secret_is_a_missing_one() -> None:
    done = start("manage.py", "check", **PRODUCTION | {"SECRET_KEY": ""})
    assert (done.returncode, done.stderr) == (1, SENTENCES["SECRET_KEY"])


def test_an_address_that_is_none_is_said_in_one_sentence() -> None:
    done = start("-m", "config.processes", "worker", **PRODUCTION | {"DATABASE_URL": "nowhere"})
    assert (done.returncode, done.stderr) == (
        1,
        'Environment variable "DATABASE_URL" invalid: Not a valid database URL.\n',
    )


def test_a_mail_server_of_an_unknown_kind_is_said_in_one_sentence() -> None:
    done = start("-m", "config.processes", "worker", **PRODUCTION | {"EMAIL_URL": "imap://mail.example.org"})
    assert (done.returncode, done.stderr) == (
        1,
        "EMAIL_URL has an unknown beginning: use smtp:// or submission://.\n",
    )


def test_an_unknown_process_is_refused_with_a_sentence() -> None:
    done = start("-m", "config.processes", "clock", **PRODUCTION)
    assert (done.returncode, done.stderr) == (1, "Say which process: web, worker or beat.\n")


def test_production_is_no_demo_and_speaks_only_over_tls() -> None:
    names = "DEMO", "DEBUG", "SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "EMAIL_BACKEND"
    assert settings(*names, **PRODUCTION) == {
        "DEMO": False,
        "DEBUG": False,
        "SECURE_SSL_REDIRECT": True,
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
    }


@pytest.mark.parametrize(
    ("ending", "port", "starttls", "tls"), [("for STARTTLS", 587, True, False), ("for TLS", 465, False, True)]
)
def test_the_mail_servers_of_the_example_are_what_it_says(ending: str, port: int, starttls: bool, tls: bool) -> None:
    example = (CLONE / ".env.example").read_text("utf-8").replace("\n# ", " ")
    (address,) = re.findall(rf"(\S+) {ending}\b", example)
    names = "EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD", "EMAIL_USE_TLS", "EMAIL_USE_SSL"
    expected = dict(zip(names, ("host", port, "user", "password", starttls, tls), strict=True))
    assert settings(*names, **PRODUCTION | {"EMAIL_URL": address}) == expected


@pytest.mark.parametrize("code", ["180", "01800", "018o", "Solna"])
def test_a_municipality_that_is_not_four_digits_is_said_in_one_sentence(code: str) -> None:
    done = start("-m", "config.processes", "worker", **PRODUCTION | {"KOLADA_MUNICIPALITY": code})
    sentence = "KOLADA_MUNICIPALITY is four digits, such as 0180, or empty. See .env.example.\n"
    assert (done.returncode, done.stderr) == (1, sentence)


@pytest.mark.parametrize(
    "place", ["Åsmåla", "sws.geonames.org/2673730", "https://sws.geonames.org/ 1", "https://a/<b>"]
)
def test_a_place_that_is_no_address_is_said_in_one_sentence(place: str) -> None:
    done = start("-m", "config.processes", "worker", **PRODUCTION | {"MUNICIPALITY_IRI": place})
    sentence = "MUNICIPALITY_IRI is an address such as https://sws.geonames.org/2673730/, or empty. See .env.example.\n"
    assert (done.returncode, done.stderr) == (1, sentence)


def test_kolada_is_asked_for_nobody_until_a_municipality_is_set() -> None:
    names = "KOLADA_MUNICIPALITY", "KOLADA_URL"
    assert settings(*names, **PRODUCTION) == dict(zip(names, ("", "https://api.kolada.se/"), strict=True))
    assert settings(*names, **PRODUCTION | {"KOLADA_MUNICIPALITY": "0180"})["KOLADA_MUNICIPALITY"] == "0180"


def test_kolada_is_read_at_twenty_past_three_each_night() -> None:
    program = """
import datetime as dt
from config.celery import app
import initiatives.tasks
found = [each for each in app.conf.beat_schedule.values() if each["task"].endswith("pull_kolada")]
when = found[0]["schedule"]
when.nowfun = lambda: dt.datetime(2027, 7, 1, 0, 0, tzinfo=dt.UTC)
wait = when.remaining_estimate(dt.datetime(2027, 6, 30, 12, 0, tzinfo=dt.UTC))
print(len(found), found[0]["task"] in app.tasks, wait)
"""
    done = start(
        "-c",
        "import django, os; os.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings'; django.setup()" + program,
        **PRODUCTION,
    )
    assert (done.stdout, done.stderr) == ("1 True 1:20:00\n", "")


@pytest.mark.parametrize("address", ["svar", "svar@", "svar+x@kommun.example", "a-name-too-long@kommun.example"])
def test_a_reply_address_that_letters_cannot_be_named_in_is_said_in_one_sentence(address: str) -> None:
    done = start("-m", "config.processes", "worker", **PRODUCTION | {"REPLY_ADDRESS": address})
    sentence = (
        "REPLY_ADDRESS is a plain address with at most 14 characters before the @, such as svar@kommun.example, or "
        "empty. See .env.example.\n"
    )
    assert (done.returncode, done.stderr) == (1, sentence)


@pytest.mark.parametrize(
    "address", ["imap.example.org", "pop://a:b@c", "imaps://host", "imaps://a@kommun.example:b@host"]
)
def test_a_mailbox_that_is_none_is_said_in_one_sentence(address: str) -> None:
    done = start("-m", "config.processes", "worker", **PRODUCTION | {"IMAP_URL": address})
    sentence = (
        "IMAP_URL is imaps://user:password@host/folder, or empty; signs such as @ in user or password are written as "
        "%40. See .env.example.\n"
    )
    assert (done.returncode, done.stderr) == (1, sentence)


@pytest.mark.parametrize(
    ("address", "tasks"), [("", []), ("imaps://svar%40kommun.example:x@imap.example/Svar", ["receive_mail"])]
)
def test_a_mailbox_is_read_each_minute_only_where_there_is_one(address: str, tasks: list[str]) -> None:
    program = """
from config.celery import app
import initiatives.tasks
for each in app.conf.beat_schedule.values():
    if each["task"].endswith("receive_mail"):
        print("receive_mail", each["task"] in app.tasks, each["schedule"])
"""
    done = start(
        "-c",
        "import django, os; os.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings'; django.setup()" + program,
        **PRODUCTION | {"IMAP_URL": address},
    )
    assert (done.stdout.splitlines(), done.stderr) == ([f"{task} True 60.0" for task in tasks], "")


def test_channels_are_pairs_divided_by_spaces_or_line_breaks() -> None:
    given = {"CHANNELS": "Teams=workflows://host/a=b/sig\n  SMS=json://sms.example.org/{login}?x=1 "}
    assert settings("CHANNELS", **PRODUCTION | given) == {
        "CHANNELS": {"Teams": "workflows://host/a=b/sig", "SMS": "json://sms.example.org/{login}?x=1"}
    }
    assert settings("CHANNELS", **PRODUCTION) == {"CHANNELS": {}}


@pytest.mark.parametrize("channels", ["Teams", "Teams=hemligt", "=json://hemligt", f"{'x' * 41}=json://hemligt"])
def test_a_channel_that_is_none_stops_the_start_without_telling_its_secret(channels: str) -> None:
    done = start("manage.py", "check", **PRODUCTION | {"CHANNELS": channels})
    assert (done.returncode, done.stderr) == (
        1,
        "CHANNELS is pairs such as Teams=workflows://… with spaces between. See .env.example.\n",
    )


@pytest.mark.parametrize(("given", "told"), [("", "stod@asmala.example"), ("drift@asmala.example",) * 2])
def test_operations_are_told_at_their_own_address_or_at_that_for_support(given: str, told: str) -> None:
    environment = PRODUCTION | {"SUPPORT_EMAIL": "stod@asmala.example", "OPERATIONS_EMAIL": given}
    assert settings("OPERATIONS_EMAIL", **environment) == {"OPERATIONS_EMAIL": told}


ISSUER = {
    "API_ISSUER": "https://login.kommun.example",
    "API_AUDIENCE": "framsteg",
    "API_JWKS_URL": "https://login.kommun.example/jwks",
}


def test_another_authorisation_server_is_known_by_all_three_or_not_at_all() -> None:
    assert settings(*ISSUER, **PRODUCTION) == dict.fromkeys(ISSUER, "")
    assert settings(*ISSUER, **PRODUCTION, **ISSUER) == ISSUER
    for name in ISSUER:
        done = start("manage.py", "check", **PRODUCTION, **{each: ISSUER[each] for each in ISSUER if each != name})
        assert (done.returncode, done.stderr) == (
            1,
            "Set all of API_ISSUER, API_AUDIENCE and API_JWKS_URL, or none. See .env.example.\n",
        )


@pytest.mark.parametrize("address", ["login.kommun.example", "ftp://a.example", "https://user:x@a.example", "https://"])
def test_an_address_of_keys_that_is_none_is_said_in_one_sentence(address: str) -> None:
    done = start("manage.py", "check", **PRODUCTION, **ISSUER | {"API_JWKS_URL": address})
    assert (done.returncode, done.stderr) == (
        1,
        "API_JWKS_URL is an address such as https://login.example.org/jwks. See .env.example.\n",
    )
