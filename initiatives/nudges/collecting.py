"""One collected letter per person and working day, from the hour at which letters go out.

The constraint `one_collected_letter_per_person_and_day` decides whose letter it is when two workers collect at once;
what comes later in the day waits for the next working day. People are taken in batches, so memory stays bounded.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone

from initiatives.models import Nudge, Outcome
from initiatives.nudges.letters import render
from initiatives.nudges.silence import silent_after
from initiatives.nudges.writing import untold
from kommun.models import Absence, Employee, Letter
from kommun.workdays import Workdays

BATCH: Final = 200  # people


def collect_letters(*, now: dt.datetime) -> int:
    """Makes the letters of the day that are not made yet. How many; none on days off and before the hour."""
    local = timezone.localtime(now)
    today = local.date()
    if local.time() < settings.LETTER_HOUR or not Workdays.load(today, today).is_working_day(today):
        return 0
    made = after = 0
    while people := list(_waiting(today).filter(pk__gt=after).order_by("pk")[:BATCH]):
        made += _collect(people, now, today)
        after = people[-1].pk
    return made


def _waiting(today: dt.date) -> QuerySet[Employee]:
    """Who has something to be told, can be written to, is at work, and has had no letter today."""
    return Employee.objects.employed_on(today).filter(
        Exists(Nudge.objects.filter(untold(today), to=OuterRef("pk"))),
        ~Exists(Letter.objects.filter(kind=Letter.Kind.COLLECTED, on=today, employee=OuterRef("pk"))),
        ~Exists(Absence.objects.on(today).filter(employee=OuterRef("pk"))),
        ~Q(email=""),
        is_protected=False,
    )


def _collect(people: Sequence[Employee], now: dt.datetime, today: dt.date) -> int:
    told = _nudges_of(people, today)
    letters = [_letter(person, told[person.pk], now, today) for person in people if told[person.pk]]
    with transaction.atomic():
        Letter.objects.bulk_create(letters, ignore_conflicts=True)
        mine = Letter.objects.filter(uuid__in=[letter.uuid for letter in letters]).only("pk", "employee_id")
        links = [Nudge(pk=nudge.pk, letter=letter) for letter in mine for nudge in told[letter.employee_id]]
        Nudge.objects.bulk_update(links, ["letter"])
        return len(mine)


def _nudges_of(people: Sequence[Employee], today: dt.date) -> dict[int, list[Nudge]]:
    """By the key of the person. A constant number of queries, however many people."""
    nudges = (
        Nudge.objects.filter(untold(today), to__in=people)
        .annotate(silent_after=silent_after(today))
        .select_related("initiative__owner", "initiative__unit")
        .prefetch_related(
            "initiative__transitions__by",
            Prefetch("initiative__outcomes", Outcome.objects.select_related("indicator")),
        )
    )
    told: dict[int, list[Nudge]] = defaultdict(list)
    for nudge in nudges:
        told[nudge.to_id].append(nudge)
    return told


def _letter(person: Employee, nudges: Sequence[Nudge], now: dt.datetime, today: dt.date) -> Letter:
    rendered = render(person, nudges, today=today)
    return Letter(
        employee=person,
        kind=Letter.Kind.COLLECTED,
        on=today,
        address=person.email,
        subject=rendered.subject[:250],
        text=rendered.text,
        html=rendered.html,
        send_after=now,
    )
