"""A line about how it goes, written by anybody who can see the initiative. It stays as it was written."""

import datetime as dt
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from initiatives import events
from initiatives.actions.refusals import Missing, NotAllowed, Refused
from initiatives.models import Comment, Initiative
from kommun.models import Employee

LONGEST: Final = 2_000  # characters


@transaction.atomic
def comment(
    initiative: Initiative, text: str, *, by: Employee, now: dt.datetime, source: Comment.Source = Comment.Source.PAGE
) -> Comment:
    """Adds the line to the initiative.

    Raises NotAllowed for somebody who cannot see it, and Refused when nothing is written or too much.
    """
    seen = Initiative.objects.visible_to(by, on=timezone.localdate(now))
    if not seen.filter(pk=initiative.pk).exists():
        raise NotAllowed
    text = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if not text:
        raise Refused(Missing("text", _("Write something first.")))
    if len(text) > LONGEST:
        raise Refused(Missing("text", _("Write at most %(count)d characters.") % {"count": LONGEST}))
    row = Comment.objects.create(initiative=initiative, by=by, text=text, at=now, source=source)
    events.record("comment.create", initiative, at=now, subject=row.uuid, by=by, source=source.value)
    return row
