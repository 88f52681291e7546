"""What a letter says: each nudge one sentence and one button, in the language of the one who gets it.

It renders rows that others have read; it asks the database nothing.
"""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.template import Context
from django.template.loader import get_template, render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from initiatives.cadence import last_whole_span, name_of
from initiatives.models import Initiative, Nudge, Transition
from initiatives.nudges.due import owner_or_decider
from initiatives.nudges.rules import INITIATIVE, RULE, RULES
from kommun.models import Employee
from kommun.numbers import number, quantity

FOLDER: Final = "initiatives/letters"
STAND_IN: Final = "owner_has_left"
_ORDER: Final = {rule.name: place for place, rule in enumerate(RULES)}


@dataclass(frozen=True)
class Item:
    subject: str
    sentence: str
    button: str
    url: str
    is_news: bool


@dataclass(frozen=True)
class Rendered:
    subject: str
    text: str
    html: str


def render(person: Employee, nudges: Sequence[Nudge], *, today: dt.date) -> Rendered:
    """One letter to `person`. The nudges carry initiative, owner, decider, outcomes and transitions with them."""
    with translation.override(person.language):
        items = [_item(nudge, today) for nudge in in_order(nudges)]
        context = {"person": person, "items": items, "language": person.language, "address": settings.BASE_URL}
        return Rendered(
            subject=_subject(items),
            text=_plain(f"{FOLDER}/letter.txt", context).strip() + "\n",
            html=render_to_string(f"{FOLDER}/letter.html", context),
        )


def in_order(nudges: Sequence[Nudge]) -> list[Nudge]:
    """What waits first, then the news; of several of the same reason only the latest."""
    latest = {(each.rule, each.initiative_id): each for each in sorted(nudges, key=lambda each: each.occasion)}
    return sorted(latest.values(), key=lambda each: (_ORDER[each.rule], each.occasion, each.pk))


def _item(nudge: Nudge, today: dt.date) -> Item:
    rule, context = RULE[nudge.rule], _context(nudge, today)
    template, leads_to = (STAND_IN, INITIATIVE) if _stands_in(nudge) else (rule.name, rule.leads_to)
    said = {
        part: _one_line(_plain(f"{FOLDER}/{template}.txt#{part}", context))
        for part in ("subject", "sentence", "button")
    }
    return Item(url=settings.BASE_URL + leads_to.format(uuid=nudge.initiative.uuid), is_news=rule.is_news, **said)


def _stands_in(nudge: Nudge) -> bool:
    """Whether it goes to the decider because the owner has left: only an owner can do what it asks for."""
    return RULE[nudge.rule].to is owner_or_decider and nudge.to_id != nudge.initiative.owner_id


def _context(nudge: Nudge, today: dt.date) -> dict[str, Any]:
    initiative = nudge.initiative
    return {
        "initiative": initiative,
        "owner": initiative.owner,
        "waited": _days_since(initiative.submitted_at, today),
        "silent_after": getattr(nudge, "silent_after", None),
        "step": _transition(initiative, nudge.step),
        **(
            _value_to_check(initiative, today)
            if nudge.rule == "hold_check_due"
            else _value_asked_for(initiative, today)
        ),
    }


def _value_asked_for(initiative: Initiative, today: dt.date) -> dict[str, Any]:
    """Of the outcomes that lack a value by today, the primary one first: which period, last value, target."""
    lacking = [each for each in initiative.outcomes.all() if each.next_due_on and each.next_due_on <= today]
    if not lacking:
        return {}
    outcome = min(lacking, key=lambda each: (not each.is_primary, each.next_due_on, each.pk))
    assert outcome.next_due_on is not None, "only what lacks a value is asked for"
    unit = outcome.indicator.unit_of_measure
    return {
        "period": name_of(outcome.next_due_on - dt.timedelta(days=1), outcome.cadence),
        "latest": "" if outcome.latest_value is None else quantity(number(outcome.latest_value), unit),
        "target": "" if outcome.target is None else number(outcome.target),
    }


def _value_to_check(initiative: Initiative, today: dt.date) -> dict[str, Any]:
    """Of the outcome that was confirmed: the latest whole period, and the step that shall still be there."""
    outcome = next(each for each in initiative.outcomes.all() if each.is_primary)
    unit = outcome.indicator.unit_of_measure
    return {
        "period": name_of(last_whole_span(today, outcome.cadence).first, outcome.cadence),
        "baseline": "" if outcome.baseline_median is None else quantity(number(outcome.baseline_median), unit),
        "follow_up": "" if outcome.follow_up_median is None else quantity(number(outcome.follow_up_median), unit),
    }


def _transition(initiative: Initiative, step: int) -> Transition | None:
    return next((each for each in initiative.transitions.all() if each.number == step), None)


def _days_since(moment: dt.datetime | None, today: dt.date) -> int:
    return 0 if moment is None else (today - timezone.localdate(moment)).days


def _subject(items: Sequence[Item]) -> str:
    """The one thing, if there is one to do; else how many."""
    asked = [item for item in items if not item.is_news]
    if len(asked) == 1 or len(items) == 1:
        return (asked or items)[0].subject
    if asked:
        return _capital(
            ngettext("%(count)s thing is waiting for you", "%(count)s things are waiting for you", len(asked))
            % {"count": _in_words(len(asked))}
        )
    return _capital(
        ngettext("%(count)s piece of news from Framsteg", "%(count)s pieces of news from Framsteg", len(items))
        % {"count": _in_words(len(items))}
    )


def _in_words(count: int) -> str:
    words = {
        2: _("two"),
        3: _("three"),
        4: _("four"),
        5: _("five"),
        6: _("six"),
        7: _("seven"),
        8: _("eight"),
        9: _("nine"),
    }
    return words.get(count, str(count))


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _one_line(text: str) -> str:
    """Without the template's own breaks; a space that must not break, before a unit of measure, stays."""
    return re.sub(r"\s+", " ", text, flags=re.ASCII).strip()


def _plain(template: str, context: dict[str, Any]) -> str:
    """Rendered as plain text: a quotation mark in a title is a quotation mark, not an entity."""
    found: Any = get_template(template)
    return str(found.template.render(Context(context, autoescape=False)))
