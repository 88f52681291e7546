"""The roll-up is what a recount gives although two work at once, and one and the folding are killed in the middle."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from initiatives.models import Event, Rollup
from initiatives.outcomes import rollup
from tests.builders import a_person, a_unit, an_initiative
from tests.faults.parts import database_url

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def busy(what: str, seed: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.faults.busy", what, str(seed)]
    environment = os.environ | {"DATABASE_URL": database_url(), "PYTHONWARNINGS": "default"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def kill_in_the_middle(process: subprocess.Popen[str]) -> None:
    assert process.stdout
    assert process.stdout.readline() == "in the middle\n"
    process.kill()
    assert process.wait() == -signal.SIGKILL


def test_no_difference_after_two_worked_at_once_and_one_was_killed() -> None:
    root = a_unit("Kommunen")
    owner, units = a_person(unit=root), [a_unit(name, root) for name in ("Bygg", "Skola")]
    for state in ("underway", "measuring", "paused"):
        for unit in units:
            an_initiative(owner, unit, state)
    with busy("work", 1) as one, busy("stuck", 2) as other:
        kill_in_the_middle(other)
        assert rollup.differences() == []
        with busy("fold", 3) as folding:
            kill_in_the_middle(folding)
        assert rollup.differences() == []
        assert one.wait(120) == 0
    assert Event.objects.count() > 100
    assert rollup.differences() == []
    rollup.fold()
    assert (rollup.differences(), Rollup.objects.filter(is_change=True).count()) == ([], 0)
