"""Of two who work at once neither leaves to the other what then nobody tells; a mirror is right whoever is last."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import pytest
from django.db import connection, transaction

from initiatives.events import feed
from initiatives.models import Goal, Indicator, Initiative, Measurement, Outcome
from kommun import organisation
from kommun.models import ApiClient, Unit
from tests.builders import TODAY, a_claim, a_person, a_unit, an_indicator, an_initiative, an_outcome, values
from tests.watching import a_client, seen_by

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Place:
    """A unit with an initiative that nobody sees yet, and one that everybody sees and that it is modelled on."""

    unit: Unit
    other: Unit
    draft: Initiative
    model: Initiative
    goal: Goal
    indicator: Indicator


def a_place() -> Place:
    root = a_unit("Kommunen")
    unit, other = a_unit("Bygg", root), a_unit("Skola", root)
    goal = Goal.objects.create(code=root.code, name="Enkel kontakt")
    indicator = an_indicator()
    model = an_initiative(a_person(), unit, "measuring", goal=goal)
    values(model.outcomes.get(), [1, 2], until=TODAY)
    draft = an_initiative(a_person(), unit, origin=model, goal=goal, target=None, submitted_at=None)
    values(an_outcome(draft, indicator=indicator), [1, 2], until=TODAY)
    return Place(unit, other, draft, model, goal, indicator)


def send(place: Place) -> None:
    Initiative.objects.filter(pk=place.draft.pk).update(state="underway", steps_taken=1)


def take_back_the_model(place: Place) -> None:
    Initiative.objects.filter(pk=place.model.pk).update(state="withdrawn")


def move_the_model(place: Place) -> None:
    Initiative.objects.filter(pk=place.model.pk).update(unit=place.other)


def enter(place: Place, **columns: object) -> None:
    for initiative in (place.draft, place.model):
        Measurement.objects.create(
            **{"outcome": initiative.outcomes.get(), "series": "other", "observed_on": TODAY, "period_start": TODAY}
            | {"value": 7, "source": "api"}
            | columns
        )


def say_there_is_none(place: Place) -> None:
    enter(place, value=None)


def correct(place: Place) -> None:
    Measurement.objects.filter(observed_on=TODAY).update(value=Decimal(9))


def compute(place: Place) -> None:
    Outcome.objects.order_by("-id").update(shift_low=1)


def grade(place: Place) -> None:
    Outcome.objects.order_by("-id").update(grade=2)


def aim_higher(place: Place) -> None:
    an_outcome(place.model, indicator=place.indicator, is_primary=False)


def claim(place: Place) -> None:
    a_claim(place.draft.outcomes.get())


def rename_unit(place: Place) -> None:
    Unit.objects.filter(pk=place.unit.pk).update(name="Samhällsbyggnad")


def save_unit(place: Place) -> None:
    unit = Unit.objects.get(pk=place.unit.pk)
    unit.code = f"{unit.code}-NY"
    unit.save()


def move_unit(place: Place) -> None:
    organisation.place(Unit.objects.get(pk=place.unit.pk), place.other, on=TODAY)


def rebuild_path(place: Place) -> None:
    Unit.objects.filter(pk=place.unit.pk).update(path=[*place.other.path, place.unit.pk])


def rename_goal(place: Place) -> None:
    place.goal.name = "Enklare kontakt"
    place.goal.save()


def rename_indicator(place: Place) -> None:
    place.indicator.name += " och tillbaka"
    place.indicator.save()


Act = Callable[[Place], None]
ABOVE: list[Act] = [rename_unit, save_unit, move_unit, rebuild_path, rename_goal, rename_indicator]
BELOW: list[Act] = [enter, say_there_is_none, correct, compute, grade, aim_higher, claim]
PAIRS: list[tuple[Act, Act]] = [
    *[(send, other) for other in [*ABOVE, *BELOW, take_back_the_model, move_the_model]],
    *[(move_unit, other) for other in BELOW],
    *[(move_the_model, other) for other in [rename_unit, move_unit, *BELOW]],
    *[(other, aim_higher) for other in (save_unit, rename_indicator)],
]


@pytest.mark.parametrize("one", list(dict.fromkeys(each for each, _other in PAIRS)), ids=lambda act: act.__name__)
def test_a_mirror_is_right_although_two_worked_at_once(one: Act) -> None:
    for other in [other for first, other in PAIRS if first is one]:
        for first, second in ((one, other), (other, one)):
            assert wrong_mirrors(a_place(), first, second) == [], f"{first.__name__}, {second.__name__}"


def wrong_mirrors(place: Place, one: Act, other: Act) -> list[ApiClient]:
    """Both work before either commits, if neither waits for the other, and the mirrors look in between."""
    mirrors = [Mirror(client) for client in (a_client(), a_client(place.unit), a_client(place.other))]
    second = Second(lambda: other(place))
    with transaction.atomic():
        one(place)
        second.start()
        second.wait_until_it_waits_or_is_done()
    assert second.is_done.wait(20)
    for mirror in mirrors:
        mirror.follow()
    second.may_commit.set()
    second.join(20)
    for mirror in mirrors:
        mirror.follow()
    return [mirror.client for mirror in mirrors if mirror.has != seen_by(mirror.client)]


class Second(threading.Thread):
    """Somebody else, with a connection of their own, who works and commits when they may."""

    def __init__(self, act: Callable[[], object]) -> None:
        super().__init__()
        self.act = act
        self.is_done, self.may_commit = threading.Event(), threading.Event()

    def run(self) -> None:
        try:
            with transaction.atomic():
                self.act()
                self.is_done.set()
                self.may_commit.wait(20)
        finally:
            connection.close()

    def wait_until_it_waits_or_is_done(self) -> None:
        while self.is_alive() and not self.is_done.wait(0.005):
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_stat_clear_snapshot()")
                cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
                if cursor.fetchone()[0]:
                    return


class Mirror:
    """Reads everything, and from then on what it is told of."""

    def __init__(self, client: ApiClient) -> None:
        self.client = client
        self.place = feed.present(client, today=TODAY)
        self.has = seen_by(client)

    def follow(self) -> None:
        page = feed.read(self.client, today=TODAY, after=self.place)
        self.place = page.next
        now = seen_by(self.client)
        for change in page.changes:
            key = (change.kind.partition(".")[0], change.subject)
            self.has.pop(key, None)
            if key in now:
                self.has[key] = now[key]
