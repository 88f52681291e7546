"""Next step, verdict, figures, activity and the row of an initiative: words that pages fill in, nothing computed."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django import forms

from initiatives.pages.components.goal_band import GoalBand
from initiatives.pages.components.status import StatusTag


@dataclass(frozen=True)
class Link:
    url: str
    text: str


@dataclass(frozen=True)
class TaskForm:
    """A task done on the spot: one field and a button. `skip` is the value of a second button named `skip`."""

    form: forms.BaseForm
    url: str
    button: str
    skip: str = ""


@dataclass(frozen=True)
class NextStep:
    """The one loud thing on a page. Either a `link` to where the task is done, or a `task` done here, or only words."""

    heading: str
    text: str
    when: str = ""  # a deadline or how long it takes
    about: Link | None = None  # the initiative, where a page is about several
    link: Link | None = None
    task: TaskForm | None = None


@dataclass(frozen=True)
class VerdictBox:
    """What the values say, in words for everyone. Tones: natt, pavag, avviker, obs or nothing."""

    heading: str
    text: str
    tone: str = ""
    icon: str = "upp"
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Figure:
    label: str
    value: str
    unit: str = ""


@dataclass(frozen=True)
class Activity:
    """Something that happened. `who` comes first and is set in bold; `words` are what the person wrote."""

    icon: str
    who: str
    text: str
    at: dt.datetime
    words: Sequence[str] = ()


@dataclass(frozen=True)
class Waiting:
    """Shown in the place of a goal band: who has it in hand."""

    icon: str
    who: str
    text: str


@dataclass(frozen=True)
class InitiativeRow:
    url: str
    title: str
    tag: StatusTag
    phase: str  # Follow up, step 4 of 5
    context: str = ""  # unit or owner, in lists of many
    band: GoalBand | None = None
    waiting: Waiting | None = None
