"""What a person has been told and asked, as the app shows it: the latest time of each reason, and what is unread."""

import datetime as dt
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from initiatives.models import Initiative, Nudge, Snooze
from kommun.models import Employee

UNREAD_FOR: Final = dt.timedelta(days=60)  # what is older is no news, and asks for nothing any more


def told(person: Employee, *, on: dt.date) -> QuerySet[Nudge]:
    """Of each reason the latest, about what the person may see, with `put_off_until` (a day, or None)."""
    reason = {"initiative": OuterRef("initiative"), "rule": OuterRef("rule"), "subject": OuterRef("subject")}
    later = Nudge.objects.filter(**reason, to=person, is_held_out=False, pk__gt=OuterRef("pk"))
    seen = Initiative.objects.visible_to(person, on=on).order_by().filter(pk=OuterRef("initiative"))
    put_off = Snooze.objects.filter(**reason, employee=person, ended_at=None, until_on__gt=on)
    return Nudge.objects.filter(~Exists(later), Exists(seen), to=person, is_held_out=False).annotate(
        put_off_until=Subquery(put_off.values("until_on")[:1])
    )


def is_unread(now: dt.datetime) -> Q:
    """Of what was told: neither read, nor done, nor put off, nor old."""
    return Q(read_at=None, acted_at=None, put_off_until=None, created_at__gt=now - UNREAD_FOR)


def unread(person: Employee, *, now: dt.datetime, on: dt.date) -> QuerySet[Nudge]:
    return told(person, on=on).filter(is_unread(now))
