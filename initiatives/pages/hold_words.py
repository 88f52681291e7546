"""Whether a confirmed effect is still there, in plain sentences: what the values since say, and each check."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from initiatives.models import HoldCheck, Outcome
from initiatives.pages.components.panels import VerdictBox


@dataclass(frozen=True)
class CheckRow:
    """One check: how long after the ending, what it came to or when it comes, and an icon."""

    when: str
    text: str
    icon: str


@dataclass(frozen=True)
class HoldPanel:
    box: VerdictBox
    rows: Sequence[CheckRow]


def hold_panel(outcome: Outcome, checks: Iterable[HoldCheck], *, today: dt.date) -> HoldPanel | None:
    """None where no effect was confirmed. No queries."""
    rows = [_row(check, today) for check in checks]
    return HoldPanel(_box(outcome), rows) if rows else None


def _box(outcome: Outcome) -> VerdictBox:
    if outcome.hold == HoldCheck.Result.FADED and outcome.faded_on:
        day = {"day": date_format(outcome.faded_on, "j F Y")}
        return VerdictBox(
            _("The effect has faded."),
            _("The values since are back past halfway to where they were. That was seen on %(day)s.") % day,
            "obs",
            "varning",
            [_("The ending stays as it was. What has faded no longer counts as effect.")],
        )
    if outcome.hold == HoldCheck.Result.HELD:
        return VerdictBox(_("Yes, it holds."), _("The values since the ending are still better than before."), "natt")
    return VerdictBox(
        _("Too early to tell."),
        _("There are too few values since the ending, or they spread too much."),
        icon="timglas",
    )


def _row(check: HoldCheck, today: dt.date) -> CheckRow:
    when = ngettext("After %(count)d month", "After %(count)d months", check.months) % {"count": check.months}
    if check.checked_at is not None:
        icon = {"held": "bock", "faded": "varning"}.get(check.result, "timglas")
        return CheckRow(when, str(check.get_result_display()), icon)
    day = {"day": date_format(check.due_on, "j F Y")}
    return CheckRow(
        when, (_("Asked since %(day)s") if check.due_on <= today else _("Asked on %(day)s")) % day, "klocka"
    )
