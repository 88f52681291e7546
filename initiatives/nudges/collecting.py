"""One collected letter per person and working day, from the hour that the person has chosen.

The constraint `one_collected_letter_per_person_and_day` decides whose letter it is when two workers collect at once;
what comes later in the day waits for the next working day. People are taken in batches, so memory stays bounded.
"""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, TimeField, Value
from django.db.models.functions import Coalesce, Least
from django.utils import timezone

from initiatives.cadence import Cadence, span_of
from initiatives.models import DUTIES, Nudge, NudgePolicy, OptOut, Snooze
from initiatives.nudges import budget
from initiatives.nudges.facts import Facts, with_what_is_said
from initiatives.nudges.letters import Words, in_order, render
from initiatives.nudges.links import unsubscribe_url
from initiatives.nudges.policy import policy
from initiatives.nudges.texts import OwnWords
from initiatives.nudges.writing import STALE, WAITS, untold
from kommun.channels import channels
from kommun.models import Absence, Employee, Letter
from kommun.replying import reply_address
from kommun.workdays import Workdays

BATCH: Final = 200  # people
LAST_HOUR: Final = dt.time(18)  # whoever has set a later one gets the letter from then on
NOT_AFTER: Final = dt.time(20)  # local; a clock that wakes in the evening lets people have theirs

LINK: Final = """
UPDATE initiatives_nudge SET letter_id = told.letter
FROM unnest(%s::bigint[], %s::bigint[]) AS told (nudge, letter)
WHERE initiatives_nudge.id = told.nudge AND initiatives_nudge.letter_id IS NULL
RETURNING letter_id
"""


def collect_letters(*, now: dt.datetime) -> int:
    """Makes the letters of the day that are not made yet. How many; none on days off and in the evening."""
    local = timezone.localtime(now)
    today = local.date()
    workdays = Workdays.load(today, today)
    if local.time() >= NOT_AFTER or not workdays.is_working_day(today) or workdays.is_quiet(today):
        return 0
    made = after = 0
    collecting = _Collecting(now, today, policy(), OwnWords.load())
    while people := list(_waiting(now, collecting.policy).filter(pk__gt=after).order_by("pk")[:BATCH]):
        made += _collect(people, collecting)
        after = people[-1].pk
    return made


@dataclass(frozen=True)
class _Collecting:
    """What holds for the whole of a turn."""

    now: dt.datetime
    today: dt.date
    policy: NudgePolicy
    own_words: OwnWords


def to_tell(people: Sequence[Employee], now: dt.datetime, today: dt.date) -> QuerySet[Nudge]:
    """What has not been told or done yet and still holds, without what the person has declined or put off."""
    same = {name: OuterRef(name) for name in ("rule", "initiative", "subject")}
    return untold(people, now, today).filter(
        ~Exists(OptOut.objects.filter(employee=OuterRef("to"), rule=OuterRef("rule"))),
        ~Exists(Snooze.objects.filter(employee=OuterRef("to"), ended_at=None, **same)),
    )


def _waiting(now: dt.datetime, policy: NudgePolicy) -> QuerySet[Employee]:
    """Who has something that waits for a letter, can be written to, is at work, and has had no letter today.

    Whether each reason still holds is asked afterwards, of the few that are left.
    """
    local = timezone.localtime(now)
    today = local.date()
    waiting = Nudge.objects.filter(
        WAITS, letter=None, is_held_out=False, created_at__gte=now - STALE, to=OuterRef("pk")
    )
    letters = Letter.objects.filter(kind=Letter.Kind.COLLECTED, employee=OuterRef("pk"), failed_at=None)
    had = letters.filter(on__range=span_of(today, Cadence.WEEKLY)).order_by().values("employee").annotate(n=Count("pk"))
    has_room = Q(had__lt=Coalesce("letters_per_week", Value(policy.letters_per_week)))
    is_paused = Q(letters_paused_until__gt=today)
    return (
        Employee.objects.employed_on(today)
        .alias(wished=Coalesce("letter_hour", Value(settings.LETTER_HOUR), output_field=TimeField()))
        .alias(hour=Least("wished", Value(LAST_HOUR), output_field=TimeField()))
        .alias(had=Coalesce(Subquery(had.values("n")), 0))
        .filter(
            Exists(waiting.filter(rule__in=DUTIES)) | (Exists(waiting) & has_room & ~is_paused),
            ~Exists(Letter.objects.filter(kind=Letter.Kind.COLLECTED, on=today, employee=OuterRef("pk"))),
            ~Exists(Absence.objects.on(today).filter(employee=OuterRef("pk"))),
            ~Q(email=""),
            is_protected=False,
            hour__lte=local.time(),
        )
    )


def _collect(people: Sequence[Employee], collecting: _Collecting) -> int:
    told = _nudges_of(people, collecting)
    words = Words(
        collecting.today, Facts.load(each for nudges in told.values() for each in nudges), collecting.own_words
    )
    had = budget.letters_this_week([person.pk for person in people], collecting.today)
    letters: list[Letter] = []
    nudges_in: dict[uuid.UUID, list[Nudge]] = {}
    for person in people:
        mine = _within_budget(person, told[person.pk], had[person.pk], collecting)
        if mine:
            letter = _letter(person, mine, words, had[person.pk] + 1, collecting)
            nudges_in[letter.uuid] = mine
            letters += [letter, *_in_short(person, letter)]
    return _store(letters, nudges_in)


@transaction.atomic
def _store(letters: Sequence[Letter], nudges_in: dict[uuid.UUID, list[Nudge]]) -> int:
    """The letters that nobody else has made for the day, and their nudges as told. How many letters tell something."""
    Letter.objects.bulk_create(letters, ignore_conflicts=True)
    made = list(Letter.objects.filter(uuid__in=list(nudges_in)).values_list("pk", "uuid"))
    pairs = [(nudge.pk, pk) for pk, key in made for nudge in nudges_in[key]]
    with connection.cursor() as cursor:
        cursor.execute(LINK, [[nudge for nudge, _ in pairs], [letter for _, letter in pairs]])
        return len(set(cursor.fetchall()))


def _within_budget(person: Employee, nudges: list[Nudge], had: int, collecting: _Collecting) -> list[Nudge]:
    """All of it; only what others wait for when the week's letters are spent, or the person has paused the letters."""
    is_paused = person.letters_paused_until is not None and person.letters_paused_until > collecting.today
    if is_paused or not budget.left(person, had, collecting.policy):
        return [nudge for nudge in nudges if nudge.rule in DUTIES]
    return nudges


def _nudges_of(people: Sequence[Employee], collecting: _Collecting) -> dict[int, list[Nudge]]:
    """By the key of the person. A constant number of queries, however many people."""
    nudges = with_what_is_said(to_tell(people, collecting.now, collecting.today), collecting.today)
    told: dict[int, list[Nudge]] = defaultdict(list)
    for nudge in nudges:
        told[nudge.to_id].append(nudge)
    return told


def _letter(person: Employee, nudges: Sequence[Nudge], words: Words, place: int, collecting: _Collecting) -> Letter:
    key = in_order(nudges)[0].uuid  # so that the Message-ID is that of what it is first of all about, whoever makes it
    rendered = render(person, nudges, words=words, place=place, at_most=budget.at_most(person, collecting.policy))
    about = {nudge.initiative.uuid for nudge in nudges}
    can_be_declined = any(nudge.rule not in DUTIES for nudge in nudges)
    return Letter(
        uuid=key,
        employee=person,
        kind=Letter.Kind.COLLECTED,
        on=collecting.today,
        address=person.email,
        subject=rendered.subject[:250],
        text=rendered.text,
        html=rendered.html,
        thread=next(iter(about)) if len(about) == 1 else None,
        reply_to=reply_address(key) if len(about) == 1 else "",
        unsubscribe_url=unsubscribe_url(key) if can_be_declined else "",
        send_after=collecting.now,
    )


def _in_short(person: Employee, letter: Letter) -> list[Letter]:
    """The same in a line to the person's chat or phone, where one is set up."""
    if person.channel not in channels():
        return []
    address = f"{settings.BASE_URL}/paminnelser/"
    return [
        Letter(
            employee=person,
            kind=Letter.Kind.CHANNEL,
            on=letter.on,
            address=person.channel,
            subject=letter.subject,
            text=address,
            send_after=letter.send_after,
        )
    ]
