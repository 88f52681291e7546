"""What a person does with reminders: read, later, this kind not at all, letters at that hour and so many a week.

Only for oneself. What others wait for can be put off by a week, and never declined.
"""

import datetime as dt
from typing import Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from initiatives.actions.refusals import Missing, NotAllowed, Refused
from initiatives.models import DUTIES, Nudge, OptOut, RuleName, Snooze
from kommun.channels import channels
from kommun.models import Employee

LONGEST: Final = dt.timedelta(days=90)
LONGEST_OF_DUTIES: Final = dt.timedelta(days=7)
LONGEST_PAUSE: Final = dt.timedelta(days=180)
HOURS: Final = (*(dt.time(hour, minute) for hour in range(6, 18) for minute in (0, 30)), dt.time(18))
PER_WEEK: Final = (1, 2, 3, 4, 5)


def latest_snooze(rule: str, today: dt.date) -> dt.date:
    """The last day until which a reminder of that kind can be put off."""
    return today + (LONGEST_OF_DUTIES if rule in DUTIES else LONGEST)


@transaction.atomic
def snooze(nudge: Nudge, until: dt.date, *, by: Employee, now: dt.datetime) -> Snooze:
    """Puts off the reason of the nudge until a day; a later answer takes the place of the one that is open.

    Raises NotAllowed for anybody but the one it is to, Refused for a day too early or too late.
    """
    today = timezone.localdate(now)
    person = _employed(by, today)
    if nudge.to_id != person.pk or nudge.is_held_out:
        raise NotAllowed(_("Only the one whom the reminder is to can put it off."))
    if nudge.acted_at is not None:
        raise Refused(Missing("", _("This is done already, so there is nothing to put off.")))
    _check_day(until, today + dt.timedelta(days=1), latest_snooze(nudge.rule, today), "until")
    reason = {"rule": nudge.rule, "initiative_id": nudge.initiative_id, "subject": nudge.subject}
    person.snoozes.filter(**reason, ended_at=None).update(ended_at=now)
    return Snooze.objects.create(
        employee=person, **reason, since_at=nudge.since_at, level=nudge.level, until_on=until, created_at=now
    )


@transaction.atomic
def read(nudge: Nudge, *, by: Employee, now: dt.datetime) -> None:
    """Marks it, and the earlier times of the same reason, as read. Raises NotAllowed for anybody but whom it is to."""
    person = _employed(by, timezone.localdate(now))
    if nudge.to_id != person.pk or nudge.is_held_out:
        raise NotAllowed(_("Only the one whom the reminder is to can read it."))
    reason = {"rule": nudge.rule, "initiative": nudge.initiative_id, "subject": nudge.subject}
    _unread(person, up_to=nudge.pk).filter(**reason).update(read_at=now)


@transaction.atomic
def read_all(*, by: Employee, up_to: int, now: dt.datetime) -> int:
    """Marks everything as read that was there when the person looked: keys up to `up_to`. How many were not."""
    return _unread(_employed(by, timezone.localdate(now)), up_to=up_to).update(read_at=now)


@transaction.atomic
def decline(rule: str, *, by: Employee, now: dt.datetime) -> None:
    """No more reminders of that kind to the person. Raises Refused for what others wait for, and for no kind."""
    person = _employed(by, timezone.localdate(now))
    if rule not in RuleName.values:
        raise Refused(Missing("rule", _("There is no such kind of reminder.")))
    if rule in DUTIES:
        raise Refused(Missing("rule", _("Somebody waits for this, so it cannot be turned off.")))
    OptOut.objects.bulk_create([OptOut(employee=person, rule=rule, created_at=now)], ignore_conflicts=True)


@transaction.atomic
def accept_again(rule: str, *, by: Employee, now: dt.datetime) -> None:
    """Reminders of that kind again; nothing when they were never declined."""
    _employed(by, timezone.localdate(now)).opt_outs.filter(rule=rule).delete()


@transaction.atomic
def wish_for_letters(
    *,
    by: Employee,
    hour: dt.time | None,
    per_week: int | None,
    paused_until: dt.date | None,
    channel: str,
    now: dt.datetime,
) -> None:
    """How the person wants to be written to; None, or no channel, follows the municipality. Letters go again from
    the day `paused_until`. Raises Refused."""
    today = timezone.localdate(now)
    person = _employed(by, today)
    if hour is not None and hour not in HOURS:
        raise Refused(Missing("hour", _("Choose an hour from six in the morning to six in the evening.")))
    if per_week is not None and per_week not in PER_WEEK:
        raise Refused(Missing("per_week", _("Choose one to five letters a week.")))
    if channel and channel not in channels():
        raise Refused(Missing("channel", _("That channel is not set up here.")))
    if paused_until is not None:
        _check_day(paused_until, today + dt.timedelta(days=1), today + LONGEST_PAUSE, "paused_until")
    person.letter_hour, person.letters_per_week = hour, per_week
    person.letters_paused_until, person.channel = paused_until, channel
    person.save(update_fields=["letter_hour", "letters_per_week", "letters_paused_until", "channel"])


def _employed(by: Employee, today: dt.date) -> Employee:
    """The person as they are now, and until this is done. Raises NotAllowed for somebody who has left."""
    person = Employee.objects.select_for_update(no_key=True).get(pk=by.pk)
    if not person.is_employed(today):
        raise NotAllowed(_("This is only for those who work here."))
    return person


def _unread(person: Employee, *, up_to: int) -> QuerySet[Nudge]:
    return Nudge.objects.filter(to=person, is_held_out=False, read_at=None, pk__lte=up_to)


def _check_day(day: dt.date, first: dt.date, last: dt.date, field: str) -> None:
    if not first <= day <= last:
        days = {"first": date_format(first, "j F Y"), "last": date_format(last, "j F Y")}
        raise Refused(Missing(field, _("Choose a day from %(first)s to %(last)s.") % days))
