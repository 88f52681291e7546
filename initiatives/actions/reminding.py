"""How reminders are set: by an administrator of the municipality, and by a unit's own for it and all below it.

Each change is a row more, so that it can be seen who set what, and when.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from initiatives.actions.refusals import Missing, NotAllowed, Overtaken, Refused
from initiatives.models import (
    COMES_BEFORE,
    MAY_BE_HELD_OUT,
    MAY_ESCALATE,
    EscalateTo,
    NudgePolicy,
    NudgeSetting,
    NudgeText,
    Retirement,
    RuleName,
)
from initiatives.reading.placeholders import allowed, unknown
from kommun.models import Employee, Unit
from kommun.roles import administers

SMALLEST_SHARE: Final = Decimal("0.10")
LARGEST_SHARE: Final = Decimal("0.50")
FEWEST_TO_RETIRE: Final = 30  # occasions in each arm; with fewer no effect that is worth a letter can be told apart
MOST_DAYS: Final = 365
# The next period of a weekly value is a reason of its own, so a later reminder of the last one would never come; and
# whoever is to decide hears of it well before silence means go.
MOST_BEFORE_THE_FIRST: Final[Mapping[str, int]] = {RuleName.VALUE_DUE: 6, RuleName.DECISION_WAITING: 5}
MOST_DAYS_BEFORE: Final = 60
MOST_TIMES: Final = 20
MOST_LETTERS: Final = 5
LENGTHS: Final[Mapping[str, int]] = {"subject": 150, "sentence": 500, "button": 60}

Wrong = Callable[[str, Any], str]  # given the rule and the value: a sentence, or "" when it is right


@transaction.atomic
def set_rule(
    rule: str, *, unit: Unit | None = None, by: Employee, now: dt.datetime, seen: int | None = None, **figures: Any
) -> None:
    """Sets `figures` of a rule for the municipality, or for `unit` and all below it; None (or "") inherits.

    What is not given stays as it was. `seen` is the key of the setting that the person saw, 0 for none; None does not
    ask. Raises NotAllowed, Refused, and Overtaken when somebody else has set it since.
    """
    _refuse_others(by, unit, now)
    wrong = [Missing(name, sentence) for name, value in figures.items() if (sentence := _wrong(rule, name, value))]
    if wrong:
        raise Refused(*wrong)
    _one_at_a_time()
    _refuse_old(seen, NudgeSetting.objects.latest_of(rule, unit))
    NudgeSetting.objects.change(rule, unit, by=by, at=now, **figures)


@transaction.atomic
def set_text(
    rule: str,
    language: str,
    *,
    unit: Unit | None = None,
    by: Employee,
    now: dt.datetime,
    subject: str = "",
    sentence: str = "",
    button: str = "",
    seen: int | None = None,
) -> None:
    """Sets the words of a rule in a language; empty ones inherit. Raises NotAllowed, Refused and Overtaken."""
    _refuse_others(by, unit, now)
    words = {"subject": subject.strip(), "sentence": sentence.strip(), "button": button.strip()}
    if wrong := [Missing(name, each) for name, text in words.items() for each in _wrong_words(rule, name, text)]:
        raise Refused(*wrong)
    _one_at_a_time()
    latest = NudgeText.objects.latest_of(rule, language, unit)
    _refuse_old(seen, latest)
    if words != {name: getattr(latest, name, "") for name in words}:
        NudgeText.objects.create(rule=rule, unit=unit, language=language, by=by, at=now, **words)


@transaction.atomic
def set_policy(*, by: Employee, now: dt.datetime, **changes: Any) -> None:
    """Sets what holds for all reminders; `retire_after` None is never. Raises NotAllowed and Refused."""
    _refuse_others(by, None, now)
    wrong = [Missing(name, sentence) for name, value in changes.items() if (sentence := _wrong_policy(name, value))]
    if wrong:
        raise Refused(*wrong)
    NudgePolicy.objects.update_or_create(pk=1, defaults=changes)


@transaction.atomic
def answer_retirement(retirement: Retirement, *, is_retired: bool, by: Employee, now: dt.datetime) -> None:
    """Turns the reminder off, or keeps it. Raises NotAllowed, and Overtaken when it was answered before."""
    _refuse_others(by, None, now)
    answer = {"answered_at": now, "answered_by": by, "is_retired": is_retired}
    if not Retirement.objects.filter(pk=retirement.pk, answered_at=None).update(**answer):
        raise Overtaken
    if is_retired:
        _one_at_a_time()
        NudgeSetting.objects.change(retirement.rule, None, by=by, at=now, is_on=False)


def _refuse_others(by: Employee, unit: Unit | None, now: dt.datetime) -> None:
    if administers(by, unit, on=timezone.localdate(now)):
        return
    if unit is None:
        raise NotAllowed(_("Only an administrator of the whole municipality can do this."))
    raise NotAllowed(_("Only an administrator of the unit can do this."))


def _one_at_a_time() -> None:
    """The row of the policy is held, so that each change builds on the one before it."""
    NudgePolicy.objects.select_for_update().get_or_create(pk=1)


def _refuse_old(seen: int | None, latest: NudgeSetting | NudgeText | None) -> None:
    if seen is not None and seen != (latest.pk if latest else 0):
        raise Overtaken


def _wrong(rule: str, name: str, value: Any) -> str:
    check = CHECKS[name]  # KeyError for what is no figure of a rule
    return "" if value is None or value == "" else check(rule, value)


def _wrong_is_on(rule: str, is_on: bool) -> str:
    if is_on or rule != RuleName.DECISION_WAITING:
        return ""
    return _("This reminder cannot be turned off: somebody waits for the answer.")


def _wrong_first(rule: str, days: int) -> str:
    if rule in COMES_BEFORE:
        if -MOST_DAYS_BEFORE <= days <= 0:
            return ""
        return _("Write a number from −%(most)d to 0. −14 is fourteen days before the day.") % {
            "most": MOST_DAYS_BEFORE
        }
    return _wrong_count(days, 0, MOST_BEFORE_THE_FIRST.get(rule, MOST_DAYS))


def _wrong_days(rule: str, days: int) -> str:
    return _wrong_count(days, 1, MOST_DAYS)


def _wrong_times(rule: str, times: int) -> str:
    return _wrong_count(times, 1, MOST_TIMES)


def _wrong_count(count: int, least: int, most: int) -> str:
    if least <= count <= most:
        return ""
    return _("Write a number from %(least)d to %(most)d.") % {"least": least, "most": most}


def _wrong_escalation(rule: str, value: Any) -> str:
    if rule not in MAY_ESCALATE and value != EscalateTo.NOBODY:
        return _("Nobody waits for an answer to this reminder, so it does not go to the next level.")
    return ""


def _wrong_escalate_after(rule: str, days: int) -> str:
    return _wrong_escalation(rule, days) or _wrong_days(rule, days)


def _wrong_escalate_to(rule: str, to: str) -> str:
    return _wrong_escalation(rule, to) or ("" if to in EscalateTo else _("Choose one of the answers."))


def _wrong_share(rule: str, share: Decimal) -> str:
    if share == 0:
        return ""
    if rule not in MAY_BE_HELD_OUT:
        return _("Nobody is left without this reminder. Somebody waits, or has a right to it.")
    if SMALLEST_SHARE <= share <= LARGEST_SHARE:
        return ""
    return _("Write 0, or a share from 10 to 50 per cent.")


CHECKS: Final[Mapping[str, Wrong]] = {
    "is_on": _wrong_is_on,
    "first_after": _wrong_first,
    "repeat": _wrong_days,
    "at_most": _wrong_times,
    "escalate_after": _wrong_escalate_after,
    "escalate_to": _wrong_escalate_to,
    "holdout_share": _wrong_share,
}


def _wrong_words(rule: str, name: str, text: str) -> Iterator[str]:
    if len(text) > LENGTHS[name]:
        yield _("That is too long. At most %(count)d characters.") % {"count": LENGTHS[name]}
    if not text.replace("\N{NO-BREAK SPACE}", "").isprintable():
        yield _("Write it on one line, without tabs and other signs that cannot be seen.")
    if wrong := unknown(text, rule):
        names = ", ".join(f"{{{each}}}" for each in allowed(rule))
        yield _("%(wrong)s cannot be filled in. Use only %(names)s.") % {"wrong": ", ".join(wrong), "names": names}


def _wrong_policy(name: str, value: Any) -> str:
    if name == "letters_per_week":
        return _wrong_count(value, 1, MOST_LETTERS)
    if name == "retire_after" and value is not None and not FEWEST_TO_RETIRE <= value <= 1_000_000:
        return _("Write %(least)d or more, or leave it empty.") % {"least": FEWEST_TO_RETIRE}
    if name not in ("retire_after", "hold_out_is_on", "retiring_asks_first"):
        raise KeyError(name)
    return ""
