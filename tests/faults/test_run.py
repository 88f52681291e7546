"""`make run` from the first start to `make reset`: what it starts it stops, and what people wrote stays."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.health import is_healthy
from config.local import places
from tests.faults.machine import Machine, a_free_port, alive
from tests.faults.parts import until

START_AND_STOP = "from config.local.postgres import Postgres; each = Postgres('run'); each.start(); each.stop()"
PERSONS = ("Amina Lindqvist", "Johan Ek", "Mikael Öberg", "Ali Rahimi")


@contextmanager
def a_machine(**environment: str) -> Iterator[Machine]:
    """Nothing of it is left behind, whatever happens."""
    with tempfile.TemporaryDirectory(prefix="run-") as folder:  # short, as a socket's path must be
        machine = Machine(Path(folder), **environment)
        try:
            yield machine
        finally:
            if machine.is_up:
                machine.stop()
            try:
                until(lambda: not alive(machine.pids))
            finally:
                assert machine.run("reset")[0] == 0


def leave_an_interrupted_start(machine: Machine) -> None:
    unfinished = machine.databases / "run-unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")


@pytest.fixture(scope="module")
def loaded() -> Iterator[tuple[Machine, str, float]]:
    with a_machine() as machine:
        leave_an_interrupted_start(machine)
        began = time.monotonic()
        said = machine.start()
        yield machine, said, time.monotonic() - began


@pytest.fixture
def city(loaded: tuple[Machine, str, float]) -> Machine:
    """The demo municipality, up, whatever the test before has done to it."""
    loaded[0].start()
    return loaded[0]


def test_make_run_is_this_and_nothing_more() -> None:
    lines = (places.BASE_DIR / "Makefile").read_text().splitlines()
    (at,) = [number for number, line in enumerate(lines) if line.startswith("run:")]
    assert lines[at + 1].strip() == "@exec $(BIN)/python -m config.local.run"


def test_it_answers_and_says_its_address_and_whom_one_can_be(loaded: tuple[Machine, str, float], city: Machine) -> None:
    said = loaded[1]
    assert f"\nFramsteg answers on http://localhost:{city.port}\n" in said
    assert [name for name in PERSONS if f"\n  {name} " not in said] == []
    assert is_healthy(city.port)


def test_a_cluster_that_an_interrupted_start_left_half_made_is_made_anew(city: Machine) -> None:
    assert sorted(path.name for path in city.databases.glob("run*")) in (["run"], ["run", "run-socket"])
    assert city.sql("SELECT count(*) > 0 FROM kommun_unit") == [(True,)]


def test_a_long_load_shows_how_far_it_has_come(loaded: tuple[Machine, str, float]) -> None:
    steps = [line.partition(" of 300 initiatives")[0] for line in loaded[1].splitlines() if " of 300 " in line]
    assert steps == ["50", "100", "150", "200", "250", "300"]


def test_another_system_finds_its_credentials_and_only_their_owner_reads_them(city: Machine) -> None:
    file = city.var / "demo-client.json"
    written = json.loads(file.read_text())
    assert (written["clientId"], written["apiUrl"]) == ("demo", f"http://localhost:{city.port}/api/v1")
    assert file.stat().st_mode & 0o777 == 0o600


def test_sigterm_stops_every_process_and_is_a_good_end(city: Machine) -> None:
    running = alive(city.pids)
    assert len(running) > 8  # supervisor, servers, web, worker, beat and theirs
    assert city.stop() == 0
    assert alive(city.pids) == set()
    assert city.output.endswith("Everything has stopped.\n")


def test_a_second_start_is_warm_and_finds_what_was_there(loaded: tuple[Machine, str, float], city: Machine) -> None:
    before = city.sql("SELECT count(*) FROM initiatives_initiative")
    city.sql("UPDATE kommun_unit SET name = 'Kvar efter en omstart' WHERE id = (SELECT min(id) FROM kommun_unit)")
    client = (city.var / "demo-client.json").read_text()
    assert city.stop() == 0
    began = time.monotonic()
    said = city.start()
    seconds = time.monotonic() - began
    assert "There is a municipality already. Nothing was loaded.\n" in said
    assert city.sql("SELECT count(*) FROM initiatives_initiative") == before
    assert city.sql("SELECT name FROM kommun_unit ORDER BY id LIMIT 1") == [("Kvar efter en omstart",)]
    assert (city.var / "demo-client.json").read_text() == client
    assert seconds < loaded[2] / 2


def test_a_killed_supervisor_leaves_nobody_behind_and_no_data_is_lost(city: Machine) -> None:
    before = city.sql("SELECT count(*) FROM initiatives_measurement")
    city.kill()
    until(lambda: not alive(city.pids))
    city.start()
    assert city.sql("SELECT count(*) FROM initiatives_measurement") == before


def test_a_killed_make_leaves_nobody_behind(city: Machine) -> None:
    city.stop()
    city.start("make", "--old-file=.venv/run", "run")  # nothing is installed anew
    assert len(city.pids) > 8
    city.kill()
    until(lambda: not alive(city.pids))


def test_a_process_that_ends_by_itself_takes_the_rest_with_it(city: Machine) -> None:
    (beat,) = [pid for pid in city.pids if b"\0beat\0" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    os.kill(beat, 9)
    assert city.process and city.process.wait(120) == 1
    assert alive(city.pids) == set()
    assert "beat ended by itself (-9); everything stops.\n" in city.output


def test_a_second_run_in_the_same_clone_is_refused_with_a_sentence(city: Machine) -> None:
    refused = city.run("run", PORT=str(a_free_port()))
    assert refused == (1, "make run is at work in this clone already. Stop it first.\n")
    assert is_healthy(city.port)


def test_data_is_not_thrown_away_while_it_is_used(city: Machine) -> None:
    assert city.run("reset") == (1, "make run is at work in this clone already. Stop it first.\n")
    assert is_healthy(city.port)


def test_a_taken_port_is_said_in_one_sentence_and_nothing_starts() -> None:
    with a_machine() as machine, socket.create_server(("127.0.0.1", machine.port)):
        other = f"Choose another, such as: make run PORT={machine.port + 1}"
        assert machine.run("run") == (1, f"Port {machine.port} is taken. {other}\n")
        assert sorted(path.name for path in machine.var.iterdir()) == ["run.lock", "secret_key"]
        assert machine.outside.exists() is False


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1"])
def test_a_port_that_is_none_is_said_in_one_sentence(port: str) -> None:
    with a_machine() as machine:
        assert machine.run("run", PORT=port) == (1, f"PORT must be a number from 1 to 65535, and is {port}.\n")


def test_a_missing_mail_server_is_said_in_a_sentence_and_what_was_started_stops() -> None:
    """Without the demo letters are real."""
    with a_machine(DEMO="false", DATABASE_URL="postgres://nobody@localhost:1/none", REDIS_URL="redis://x") as machine:
        assert machine.run("run") == (
            1,
            "Set EMAIL_URL: the address of the mail server, such as smtp://host:25. See .env.example.\n"
            "The preparations did not succeed; the reason stands above.\n",
        )


def test_reset_leaves_an_empty_folder_and_nothing_outside() -> None:
    with a_machine() as machine:
        subprocess.run([sys.executable, "-c", START_AND_STOP], env=machine.environment, check=True)
        assert (machine.databases / "run" / "PG_VERSION").exists()
        assert machine.outside.exists() is places.is_root()
        assert machine.run("reset") == (0, f"{machine.var} is empty.\n")
        assert (list(machine.var.iterdir()), machine.outside.exists()) == ([], False)


def test_reset_leaves_a_folder_alone_that_holds_more_than_data() -> None:
    with a_machine() as machine:
        home = machine.var.parent
        (home / "thesis").touch()
        assert machine.run("reset", VAR_DIR=str(home), HOME=str(home)) == (
            1,
            f"{home} holds more than data, and is left alone.\n",
        )
        assert (home / "thesis").exists()
