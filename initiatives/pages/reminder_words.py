"""What a reminder does, and how it is set, in plain sentences. Never a colour: the figures and how sure they are."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from initiatives.evidence import Helps, helps, newcombe, number_needed, occasions_needed
from initiatives.evidence.reminders import Difference
from initiatives.models import MAY_BE_HELD_OUT, EscalateTo, RuleName
from initiatives.nudges.rules import Figures, Rule
from initiatives.outcomes.reminders import ReminderEffect
from kommun.numbers import number, quantity

HUNDRED: Final = 100


def effect_words(effect: ReminderEffect | None) -> list[str]:
    """One sentence for each thing that can be said, the comparison first; how many acted where there is none."""
    if effect is None or not effect.told:
        return [_("There is nothing to count yet.")]
    if effect.difference is not None:
        return difference_words(effect.difference)
    alone = ngettext(
        "Of %(count)d reminded, %(share)s did it within 7 days.",
        "Of %(count)d reminded, %(share)s did it within 7 days.",
        effect.told,
    ) % {"count": effect.told, "share": per_cent(Fraction(effect.acted_told, effect.told))}
    is_right = effect.rule not in MAY_BE_HELD_OUT
    return [alone, _("Nobody is left without it, so there is nothing to compare with.")] if is_right else [alone]


def difference_words(difference: Difference) -> list[str]:
    """The shares, the difference with its interval, and what it takes for one more to act."""
    sides = _(
        "Of %(nudged)d reminded, %(share)s did it within 7 days; of %(held_out)d without a reminder, %(other)s: "
        "%(points)s (95%% interval: %(low)s to %(high)s)."
    ) % {
        "nudged": difference.nudged,
        "share": per_cent(difference.share_nudged),
        "held_out": difference.held_out,
        "other": per_cent(difference.share_held_out),
        "points": _points(difference.estimate),
        "low": _rounded(difference.low),
        "high": _rounded(difference.high),
    }
    return [sides, _meaning(difference)]


def difference_of(figures: Mapping[str, Any]) -> Difference:
    """What was compared when a retirement was proposed."""
    names = ("acted_nudged", "nudged", "acted_held_out", "held_out")
    return newcombe(*(int(figures[name]) for name in names))


def _meaning(difference: Difference) -> str:
    verdict = helps(difference)
    if verdict is Helps.HARMS:
        return _("Fewer do it with the reminder than without.")
    needed = number_needed(difference).number
    if verdict is Helps.SHOWN and needed is not None:
        return ngettext(
            "It takes %(count)d reminder for one more to do it.",
            "It takes %(count)d reminders for one more to do it.",
            needed,
        ) % {"count": needed}
    enough = occasions_needed(difference.share_held_out)
    if min(difference.nudged, difference.held_out) < enough:
        return _("It may be chance. About %(count)d on each side are needed to see whether it helps.") % {
            "count": enough
        }
    return _("It may be chance.")


def _points(difference: Fraction) -> str:
    points = round(difference * HUNDRED)
    if points < 0:
        return ngettext("%(count)d percentage point fewer", "%(count)d percentage points fewer", -points) % {
            "count": -points
        }
    if points > 0:
        return ngettext("%(count)d percentage point more", "%(count)d percentage points more", points) % {
            "count": points
        }
    return _("no difference")


def per_cent(share: Fraction | Decimal) -> str:
    return quantity(_rounded(share), "%")


def _rounded(share: Fraction | Decimal | float) -> str:
    return number(round(share * HUNDRED))


def figures_words(rule: Rule, figures: Figures, *, holds_out: bool) -> list[str]:
    """How the reminder goes, one sentence each. `holds_out` is whether anybody is left without reminders at all."""
    if not figures.is_on:
        return [_("Turned off.")]
    said = [_first(rule, figures.first_after)]
    if figures.at_most > 1:
        between = days(figures.repeat, rule)
        said.append(
            _("Then again after %(days)s, at most %(times)d times in all.")
            % {"days": between, "times": figures.at_most}
        )
    if figures.escalate_to == EscalateTo.NEXT_LEVEL and figures.escalate_after is not None:
        said.append(_("To the next level after %(days)s.") % {"days": days(figures.escalate_after, rule)})
    if holds_out and figures.holdout_share:
        said.append(_("%(share)s are left without it, by chance.") % {"share": per_cent(figures.holdout_share)})
    return said


def _first(rule: Rule, after: int) -> str:
    if after == 0:
        return _("The same day.")
    if after < 0:
        return _("%(days)s before.") % {"days": days(-after, rule)}
    return _("After %(days)s.") % {"days": days(after, rule)}


def days(count: int, rule: Rule) -> str:
    """Working days where the rule counts them."""
    words = (
        ngettext("%(count)d working day", "%(count)d working days", count)
        if rule.counts_workdays
        else ngettext("%(count)d day", "%(count)d days", count)
    )
    return words % {"count": count}


def labels(rule: Rule) -> dict[str, str]:
    """The figures that fit the rule, each with what it is called where its changes are told."""
    named = {} if rule.name == RuleName.DECISION_WAITING else {"is_on": _("Sent")}
    if rule.forgotten_after is None:
        named |= {
            "first_after": _("Days until the first one"),
            "repeat": _("Days between two"),
            "at_most": _("How many times at most"),
        }
    if rule.can_escalate:
        named |= {
            "escalate_after": _("Days until the next level is told"),
            "escalate_to": _("Who is told when nobody answers"),
        }
    if rule.name in MAY_BE_HELD_OUT:
        named["holdout_share"] = _("Left without it, per cent")
    return named


def value_words(rule: Rule, name: str, value: Any) -> str:
    """A figure as people read it; what is None (or "") is inherited."""
    if value is None or value == "":
        return _("empty")
    if name == "is_on":
        return _("Yes") if value else _("No")
    if name == "escalate_to":
        return str(EscalateTo(value).label)
    if name == "holdout_share":
        return per_cent(value)
    return number(value) if name == "at_most" or value < 0 else days(value, rule)
