"""A step that somebody is trying to take: who, when, and what they wrote or chose for it."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

from django.utils import timezone

from initiatives.models import Initiative, Outcome
from initiatives.workflow import Step
from kommun.models import Employee


@dataclass(frozen=True)
class Given:
    """What a person wrote or chose. Field names are those of `workflow.Need` and of the forms."""

    reason: str = ""
    lesson: str = ""
    yes_when: str = ""
    resume_on: dt.date | None = None
    change_on: dt.date | None = None
    review_on: dt.date | None = None


@dataclass(frozen=True)
class Attempt:
    """`by` is None when the clock takes the step."""

    initiative: Initiative
    step: Step
    by: Employee | None
    now: dt.datetime
    given: Given

    @property
    def today(self) -> dt.date:
        return timezone.localdate(self.now)

    @cached_property
    def primary(self) -> Outcome | None:
        return self.initiative.outcomes.filter(is_primary=True).select_related("indicator").first()
