"""Obstacles in plain sentences: whom one waits for and since when, or what it came to."""

from collections.abc import Sequence
from dataclasses import dataclass

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from initiatives.actions.obstacles import answerable
from initiatives.forms.obstacles import ObstacleAnswerForm, ObstacleForm
from initiatives.models import Initiative, Obstacle
from initiatives.pages.visit import Visit
from initiatives.permissions import driver_ids
from initiatives.workflow import ACTIVE_STATES


@dataclass(frozen=True)
class ObstacleRow:
    obstacle: Obstacle
    said: str  # whom it waits for, or what it came to
    is_open: bool
    form: forms.Form | None = None  # for those who may answer
    is_drivers: bool = False  # a driver only says that it is gone


@dataclass(frozen=True)
class ObstaclePanel:
    rows: Sequence[ObstacleRow]
    form: forms.BaseForm | None  # for those who may say what is in the way


def obstacle_panel(found: Initiative, visitor: Visit, form: forms.BaseForm | None) -> ObstaclePanel | None:
    """None when there is nothing to say or do. `form` as somebody left it. At most six queries."""
    obstacles = list(found.obstacles.select_related("owner", "closed_by"))
    rows = obstacle_rows(found, obstacles, visitor)
    may_raise = is_driver(found, visitor) and found.state in ACTIVE_STATES
    if not (rows or may_raise):
        return None
    return ObstaclePanel(rows, (form or ObstacleForm(auto_id="hinder-%s")) if may_raise else None)


def obstacle_rows(found: Initiative, obstacles: Sequence[Obstacle], visitor: Visit) -> list[ObstacleRow]:
    """Those that stand first, each with the form of whoever may answer it."""
    is_going_on, drives = found.state in ACTIVE_STATES, is_driver(found, visitor)
    open_ones = [each for each in obstacles if each.closed_at is None] if is_going_on else []
    theirs = answerable(found, open_ones, by=visitor.person, on=visitor.today)
    rows = []
    for each in sorted(obstacles, key=lambda each: each.closed_at is not None):
        is_open = each in open_ones
        may_answer = is_open and (drives or each.pk in theirs)
        form = ObstacleAnswerForm(auto_id=f"{each.uuid}-%s") if may_answer else None
        rows.append(ObstacleRow(each, said_of(each, visitor, is_asked=is_open), is_open, form, drives))
    return rows


def is_driver(found: Initiative, visitor: Visit) -> bool:
    return visitor.person.pk in driver_ids(found)


def said_of(obstacle: Obstacle, visitor: Visit, *, is_asked: bool = True) -> str:
    """`is_asked` is False for one that was open when its initiative ended."""
    raised_on = timezone.localdate(obstacle.raised_at)
    if obstacle.closed_at is not None:
        return _closed(obstacle, (timezone.localdate(obstacle.closed_at) - raised_on).days)
    if not is_asked:
        return _("It was never answered.")
    days = (visitor.today - raised_on).days
    return _waits_for_you(days) if obstacle.owner_id == visitor.person.pk else _waits(obstacle, days)


def _closed(obstacle: Obstacle, days: int) -> str:
    if not obstacle.is_removed:
        return _("It stays.")
    if not days:
        return _("Removed the same day.")
    return ngettext("Removed after %(count)d day.", "Removed after %(count)d days.", days) % {"count": days}


def _waits_for_you(days: int) -> str:
    if days <= 0:
        return _("Waits for you since today.")
    return ngettext("Waits for you since %(count)d day.", "Waits for you since %(count)d days.", days) % {"count": days}


def _waits(obstacle: Obstacle, days: int) -> str:
    if obstacle.owner is None:
        return _("Nobody is named to remove it.")
    words = {"name": obstacle.owner.display_name, "count": days}
    if days <= 0:
        return _("Waits for %(name)s since today.") % words
    return ngettext("Waits for %(name)s since %(count)d day.", "Waits for %(name)s since %(count)d days.", days) % words
