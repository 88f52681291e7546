"""A year in a municipality of 1,200, day by day: every letter is accounted for, and nothing that was due is lost."""

import datetime as dt
import gc
from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest
from django.db import connection
from django.db.models import Count

from initiatives.models import Nudge, NudgePolicy, RuleName
from initiatives.nudges.policy import policy
from kommun.models import Employee, Letter
from tests.year.days import ZONE, at, days, takes_letters, turns
from tests.year.life import Life
from tests.year.municipality import EMPLOYEES, build
from tests.year.reckoning import NOT_AFTER, Reckoning
from tests.year.rules import PROMISED

HOURS = (dt.time(6, 50), dt.time(10, 20), dt.time(15, 10))  # when people act, before, between and after the letters
INITIATIVES = 110
FEW = {"verification_returned", "stopped"}  # so rare that a year may pass without


@pytest.fixture
def _seldom_collected() -> Iterator[None]:
    """The clock makes and forgets expressions by the million."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_seldom_collected")
def test_every_letter_of_a_year_is_accounted_for() -> None:
    reckoning, told_at = live_through_a_year()
    assert reckoning.violations == []
    assert Employee.objects.count() == EMPLOYEES
    _each_letter_came_when_it_may(told_at)
    _each_nudge_was_told_once()
    _what_was_never_told_has_its_reason(reckoning, told_at)
    _the_year_was_not_empty(reckoning)


def live_through_a_year() -> tuple[Reckoning, dict[int, dt.datetime]]:
    """What was reckoned, and by the key of each letter the moment at which it was made."""
    chance = Random(4)
    who = build(chance)
    policy()
    NudgePolicy.objects.update(hold_out_is_on=True, key="5e" * 32)
    reckoning, told_at = Reckoning(who, policy()), dict[int, dt.datetime]()
    life = Life(who, reckoning, chance, initiatives=INITIATIVES)
    reckoning.picture.take()
    for day in days():
        if day.day == 1:
            _tidy()
        moments = [(at(day, chance.choice(HOURS)), life.go), *((moment, reckoning.turn) for moment in turns(day))]
        for moment, happens in sorted(moments, key=lambda each: each[0]):
            happens(moment)
            if happens == reckoning.turn:
                made = Letter.objects.filter(pk__gt=max(told_at, default=0), kind=Letter.Kind.COLLECTED)
                told_at |= dict.fromkeys(made.values_list("pk", flat=True), moment)
    return reckoning, told_at


def _tidy() -> None:
    """What the database does by itself in the background, when there is time for it."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _each_letter_came_when_it_may(told_at: dict[int, dt.datetime]) -> None:
    """By the table of days alone: on working days, from the hour, before the evening, once, and so many a week."""
    people, faults = {person.pk: person for person in Employee.objects.all()}, []
    a_week: Counter[tuple[int, tuple[int, int]]] = Counter()
    letters = Letter.objects.filter(kind=Letter.Kind.COLLECTED).order_by("on", "pk")
    duties = {name for name, promised in PROMISED.items() if promised.is_duty}
    inside: dict[int, set[str]] = {}
    for key, rule in Nudge.objects.filter(letter__isnull=False).values_list("letter", "rule"):
        inside.setdefault(key, set()).add(rule)
    for letter in letters:
        person, local = people[letter.employee_id], told_at[letter.pk].astimezone(ZONE)
        if letter.on != local.date() or not takes_letters(letter.on) or not local.time() < NOT_AFTER:
            faults.append(f"{letter.pk} of {letter.on} was made at {local}")
        if local.time() < (person.letter_hour or dt.time(7, 30)) or not person.is_employed(letter.on):
            faults.append(f"{letter.pk} came to {person.pk} at {local}")
        week = person.pk, letter.on.isocalendar()[:2]
        a_week[week] += 1
        if a_week[week] > (person.letters_per_week or 3) and not inside[letter.pk] <= duties:
            faults.append(f"{letter.pk} is more than {person.pk} has wished for")
    twice = letters.order_by().values("employee", "on").annotate(n=Count("pk")).filter(n__gt=1)
    assert (faults, list(twice), letters.filter(nudges=None).count()) == ([], [], 0)


def _each_nudge_was_told_once() -> None:
    reason = ("rule", "initiative", "subject", "since_at", "level", "number")
    twice = Nudge.objects.order_by().values(*reason).annotate(n=Count("pk")).filter(n__gt=1)
    assert (list(twice), Nudge.objects.filter(is_held_out=True, letter__isnull=False).count()) == ([], 0)


def _what_was_never_told_has_its_reason(reckoning: Reckoning, told_at: dict[int, dt.datetime]) -> None:
    """Of everything that was written and is in no letter when the year is over."""
    last = max(moment for day in days() for moment in turns(day))
    why = Counter(reckoning.excuse(told, last) for told in reckoning.told if told.letter_on is None)
    assert why[""] == 0
    assert why.keys() >= {"held out", "done"}
    assert Nudge.objects.filter(letter=None).count() == why.total()


def _the_year_was_not_empty(reckoning: Reckoning) -> None:
    told = reckoning.count()
    assert {name.value for name in RuleName} - told.keys() <= FEW
    assert told["value_due"] > 300
    assert told["decision_waiting"] > 100
    assert {each.level for each in reckoning.told if each.letter_on} == {0, 1}
    assert Letter.objects.filter(kind=Letter.Kind.COLLECTED).count() > 1000
