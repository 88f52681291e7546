"""A mirror that follows a day of work, restarted in the middle like the server itself, ends with what we have."""

import datetime as dt
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from initiatives.actions import drafting, steps, verifying
from initiatives.actions.attempt import Given
from initiatives.actions.measuring import Entry, record_values
from initiatives.models import Change, Goal, Initiative, Measurement, Outcome
from initiatives.outcomes import withholding
from initiatives.webhooks.sending import send_waiting
from initiatives.webhooks.telling import tell
from initiatives.workflow import Verb
from kommun import organisation
from kommun.models import ApiClient, Role, Unit
from tests.api.conftest import make_machine
from tests.builders import NOW, READY, TODAY, a_manager, a_person, a_unit, an_indicator, an_initiative, assign, values
from tests.faults.machine import a_free_port
from tests.faults.mirror import AWAY, Mirror
from tests.faults.parts import Parts, Sink, a_sink, database_url, until
from tests.watching import seen_by
from tests.webhook_receiver import Receiver, a_receiver, a_webhook, loopback

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE = [31, 30, 32, 33, 29, 31, 30, 32]
AFTER = [20, 21, 19, 20, 22, 20, 19, 21]
GIVEN = Given(
    reason="Därför.",
    lesson="Börja i liten skala.",
    yes_when="Om det blir billigare.",
    resume_on=TODAY + dt.timedelta(days=14),
    change_on=TODAY - dt.timedelta(days=60),
    review_on=TODAY + dt.timedelta(days=60),
)


class Municipality:
    """Two departments, people in them, and work that is going on when the day begins."""

    def __init__(self) -> None:
        self.root = a_unit("Kommunen", own_mandate=True)
        self.build, self.school = a_unit("Bygg", self.root), a_unit("Skola", self.root)
        self.permits, self.kitchen = a_unit("Bygglov", self.build), a_unit("Måltider", self.build)
        self.boss = a_manager(self.root)
        self.controller = assign(a_person(unit=self.root), Role.CONTROLLER, self.root)
        self.people = [a_person(unit=unit) for unit in (self.permits, self.kitchen, self.school) for _each in range(5)]
        self.goal = Goal.objects.create(code="KF-1", name="Enkel kontakt")
        self.indicator = an_indicator("Handläggningstid")
        for number, person in enumerate(self.people):
            unit = (self.permits, self.kitchen, self.school)[number // 5]
            made = an_initiative(person, unit, ("measuring", "underway", "proposed")[number % 3], goal=self.goal)
            values(made.outcomes.get(), BEFORE, until=TODAY - dt.timedelta(days=210))

    def first(self, **of: Any) -> Initiative:
        return Initiative.objects.filter(**of).order_by("id")[0]

    def step(self, verb: Verb, initiative: Initiative, *, by: Any = None) -> None:
        steps.take_step(initiative, verb, by=by or initiative.owner, seen=initiative.seen, now=NOW, given=GIVEN)

    def begins(self) -> None:
        """A draft that is described, sent, and one that is thrown away."""
        owner = self.people[0]
        for title in ("Färre kompletteringar", "Kastas bort"):
            draft = drafting.create_draft(by=owner, now=NOW, title=title, unit=self.permits, kind="time", **READY)
            day = TODAY + dt.timedelta(days=90)
            wanted = drafting.WantedOutcome(self.indicator, Decimal(5), day, baseline_ready_on=day)
            drafting.want(draft, wanted, by=owner, seen=draft.seen, now=NOW)
            draft.refresh_from_db()
        drafting.delete_draft(draft, by=owner, seen=draft.seen, now=NOW)
        self.step(Verb.SUBMIT, self.first(title="Färre kompletteringar"))

    def decides(self) -> None:
        for number, each in enumerate(Initiative.objects.filter(state="proposed").order_by("id")):
            self.step((Verb.APPROVE, Verb.DECLINE, Verb.RETURN)[number % 3], each, by=self.boss)

    def takes_back(self) -> None:
        self.step(Verb.WITHDRAW, self.first(state="returned"))

    def measures(self) -> None:
        for outcome in Outcome.objects.filter(initiative__state="measuring").select_related("initiative"):
            days = [TODAY - dt.timedelta(days=7 * each) for each in range(len(AFTER))]
            entries = [Entry(day, Decimal(value)) for day, value in zip(days, AFTER, strict=True)]
            record_values(
                outcome, [*entries, Entry(TODAY, Decimal(3), series="extra")], source=Measurement.Source.API, now=NOW
            )

    def corrects(self) -> None:
        outcome = self.first(state="measuring").outcomes.get()
        record_values(outcome, [Entry(TODAY, Decimal(25))], source=Measurement.Source.API, now=NOW)

    def concludes(self) -> None:
        """A verdict, a controller's word on it, and one that is stopped."""
        for initiative in Initiative.objects.filter(state="measuring").order_by("id")[:2]:
            Outcome.objects.filter(initiative=initiative).update(review_on=TODAY)
            self.step(Verb.CONCLUDE, initiative)
            outcome = initiative.outcomes.get()
            verifying.verify(outcome, by=self.controller, seen=verifying.seen_by_controller(outcome), now=NOW)
        self.step(Verb.STOP, self.first(state="underway"))

    def reorganises(self) -> None:
        """A unit moves to another department, one gets a new name, another a new code, and one is new."""
        organisation.place(Unit.objects.get(pk=self.kitchen.pk), self.school, on=TODAY)
        Unit.objects.filter(pk=self.permits.pk).update(name="Lov och tillsyn")
        Unit.objects.filter(pk=self.school.pk).update(code="SKOLA/Å")
        organisation.add_unit("NY", "Ny enhet", parent=self.build, on=TODAY)

    def renames(self) -> None:
        self.indicator.name = "Ledtid från ansökan till beslut"
        self.indicator.save()
        Goal.objects.update(name="Enklare kontakt")

    @property
    def morning(self) -> list[Callable[[], None]]:
        return [self.begins, self.decides, self.measures, self.concludes]

    @property
    def afternoon(self) -> list[Callable[[], None]]:
        return [self.takes_back, self.corrects, self.reorganises, self.renames]


class Server:
    """The production server on a port of its own. It is killed and started again; the address stays."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        port = a_free_port()
        parts.environment |= {"PORT": str(port)}
        self.api = f"http://127.0.0.1:{port}/api/v1"
        self.start()

    def start(self) -> None:
        self.process = self.parts.start_web()

    def restart(self) -> None:
        self.parts.kill(self.process)
        self.start()


@pytest.fixture
def sink() -> Iterator[Sink]:
    with a_sink() as sink:
        yield sink


@contextmanager
def a_server(sink: Sink) -> Iterator[tuple[Server, Path]]:
    with tempfile.TemporaryDirectory(prefix="mirror-") as folder:
        parts = Parts(Path(folder), sink)
        try:
            yield Server(parts), Path(folder)
        finally:
            parts.kill_all()
            print(parts.log())


@contextmanager
def others_at_work(*seeds: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """They work at random on whatever initiatives there are, until they have done their share."""
    environment = os.environ | {"DATABASE_URL": database_url(), "PYTHONWARNINGS": "default"}
    command = [sys.executable, "-m", "tests.faults.busy", "work"]
    them = [subprocess.Popen([*command, str(seed)], env=environment) for seed in seeds]
    try:
        yield them
    finally:
        for each in them:
            each.kill()
            each.wait()


def is_followed(mirror: Mirror, **how: int) -> bool:
    """Whether nobody was away."""
    try:
        mirror.follow(**how)
    except AWAY:
        return False
    return True


class Mirrors:
    """Of the whole municipality and of one department. They can be cut off, and go on with what they have kept."""

    def __init__(self, town: Municipality, server: Server, folder: Path) -> None:
        self.server, self.folder = server, folder
        self.tokens = {unit: make_machine(unit).token for unit in (None, town.build)}
        self.cut_off()

    def cut_off(self) -> None:
        """Whatever they had not kept is lost."""
        self.all = {
            unit: Mirror(self.folder / f"mirror-{unit and unit.pk}", self.server.api, token)
            for unit, token in self.tokens.items()
        }

    def subscribe(self, receiver: Receiver) -> None:
        """Each at a path of its own, so that messages tell for whom they are."""
        for unit in self.all:
            a_webhook(ApiClient.objects.get(unit=unit), f"{receiver.url}/{unit and unit.pk}")

    def look_when_told(self, receiver: Receiver, **how: int) -> None:
        """What waits is sent, and whoever has been told looks."""
        before = len(receiver.messages)
        tell(now=timezone.now())
        send_waiting(now=timezone.now(), network=loopback())
        if len(receiver.messages) > before:
            self.look(**how)

    def look(self, **how: int) -> bool:
        """Whether the server was there."""
        try:
            for mirror in self.all.values():
                mirror.follow(**how)
        except AWAY:
            return False
        return True


def test_a_mirror_ends_with_what_we_have_after_a_day_of_work_and_restarts_in_the_middle(sink: Sink) -> None:
    town = Municipality()
    with a_server(sink) as (server, folder), a_receiver() as receiver:
        mirrors = Mirrors(town, server, folder)
        until(mirrors.look)
        mirrors.subscribe(receiver)
        begun = Change.objects.latest("id").pk
        for work in town.morning:
            work()
            mirrors.look_when_told(receiver, pages=1)
        with others_at_work(1, 2) as others:
            for work in town.afternoon:
                work()
                mirrors.look_when_told(receiver, pages=1)
                mirrors.cut_off()
                if work == town.corrects:
                    server.restart()
                    until(lambda: mirrors.look(pages=1))
            assert [each.wait(120) for each in others] == [0, 0]
        withholding.refresh(today=timezone.localdate())
        mirrors.look_when_told(receiver)
        mirrors.look()
        for unit, mirror in mirrors.all.items():
            assert mirror.times_begun == 0  # it went on where it was
            assert dict(mirror.objects()) == seen_by(ApiClient.objects.get(unit=unit), server.api)
            assert figures(mirror) == metrics(mirror)
            told = Change.objects.told_to(ApiClient.objects.get(unit=unit))
            assert told_by_webhook(receiver, unit) == {str(uuid) for uuid in told.values_list("uuid", flat=True)}
        kinds = Change.objects.filter(pk__gt=begun).values_list("kind", flat=True)
        assert set(kinds) >= set(Change.Kind.values) - {Change.Kind.UNIT_REMOVED}


def told_by_webhook(receiver: Receiver, unit: Unit | None) -> set[str]:
    path = f"/{unit and unit.pk}"
    return {message.event["id"] for message in receiver.messages if message.path.endswith(path)}


def figures(mirror: Mirror) -> Counter[tuple[str, str]]:
    """What the copy comes to, by unit: (code, what) → how many."""
    found: Counter[tuple[str, str]] = Counter()
    for each in mirror.copy["initiatives"].values():
        found[each["unitCode"], "initiatives"] += 1
    for each in mirror.copy["outcomes"].values():
        found[each["unitCode"], "values"] += sum(value["value"] is not None for value in each["values"])
    return +found


def metrics(mirror: Mirror) -> Counter[tuple[str, str]]:
    """The same from /metrics."""
    found: Counter[tuple[str, str]] = Counter()
    for group in mirror._all(f"{mirror.api}/metrics?groupBy=unit", "metrics"):
        assert not group["isWithheld"]
        found[group["unitCode"], "initiatives"] += group["initiativeCount"]
        found[group["unitCode"], "values"] += group["valueCount"]
    return +found
