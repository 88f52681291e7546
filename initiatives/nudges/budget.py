"""How many letters a person has had this week, and how many are left: the budget that a week has for each.

A week is the ISO week, Monday to Sunday. A letter that was given up counts for nothing: nobody read it.
"""

import datetime as dt
from collections.abc import Iterable

from django.db.models import Count

from initiatives.cadence import Cadence, span_of
from initiatives.models import NudgePolicy
from kommun.models import Employee, Letter


def letters_this_week(person_ids: Iterable[int], today: dt.date) -> dict[int, int]:
    """How many collected letters each has had in the week of `today`; everybody asked about is there. One query."""
    week = span_of(today, Cadence.WEEKLY)
    had = dict.fromkeys(person_ids, 0)
    letters = Letter.objects.filter(
        employee__in=list(had), kind=Letter.Kind.COLLECTED, on__range=(week.first, week.last), failed_at=None
    )
    return had | dict(letters.order_by().values_list("employee").annotate(Count("pk")))


def at_most(person: Employee, policy: NudgePolicy) -> int:
    """Letters a week: the person's own choice, or the municipality's."""
    return person.letters_per_week or policy.letters_per_week


def left(person: Employee, had: int, policy: NudgePolicy) -> int:
    """How many letters the person may still get this week, who has had `had`. Never less than none."""
    return max(0, at_most(person, policy) - had)
