"""Promises in plain sentences: by whom and by when, and whether they came true."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from initiatives.actions.promising import answerable
from initiatives.forms.steps import PromiseForm
from initiatives.models import Initiative, Promise
from initiatives.pages.visit import Visit
from initiatives.workflow import IN_HAND


@dataclass(frozen=True)
class PromiseRow:
    promise: Promise
    said: str
    may_settle: bool


@dataclass(frozen=True)
class PromisePanel:
    rows: Sequence[PromiseRow]
    form: forms.BaseForm | None  # for the decider, to promise more


def promise_panel(
    found: Initiative, visitor: Visit, form: forms.BaseForm | None, *, is_decider: bool
) -> PromisePanel | None:
    """None when there is nothing to say or do. `form` as somebody left it. At most three queries."""
    promises = list(found.promises.select_related("promised_by"))
    may_promise = is_decider and found.state in IN_HAND
    if not (promises or may_promise):
        return None
    waiting = [each for each in promises if each.settled_at is None]
    theirs = answerable(found, waiting, by=visitor.person, on=visitor.today, is_decider=is_decider)
    rows = [PromiseRow(each, said_of(each, visitor.today), each.pk in theirs) for each in promises]
    return PromisePanel(rows, (form or PromiseForm(auto_id="lofte-%s")) if may_promise else None)


def said_of(promise: Promise, today: dt.date) -> str:
    words = {"name": promise.promised_by.display_name, "day": date_format(promise.due_on, "j F Y")}
    if promise.is_kept is not None:
        said = _("%(name)s, by %(day)s. Kept.") if promise.is_kept else _("%(name)s, by %(day)s. It did not come true.")
        return said % words
    if promise.due_on < today:
        return _("%(name)s, by %(day)s. The day has passed.") % words
    if promise.due_on == today:
        return _("%(name)s, by today.") % words
    return _("%(name)s, by %(day)s.") % words
