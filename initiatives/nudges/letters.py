"""What a letter says: each nudge one sentence and one button, in the language of the one who gets it.

It renders rows that others have read; it asks the database nothing.
"""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.conf import settings
from django.template import Context
from django.template.loader import get_template, render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from initiatives.models import Nudge, RuleName
from initiatives.nudges.facts import Facts, as_words
from initiatives.nudges.links import snooze_url, value_url
from initiatives.nudges.recipients import owner_or_decider
from initiatives.nudges.rules import INITIATIVE, LINE, RULE
from initiatives.nudges.texts import PARTS, OwnWords
from initiatives.outcomes.asked import ASK_FOR_A_VALUE
from kommun.models import Employee

FOLDER: Final = "initiatives/letters"
STAND_IN: Final = "owner_has_left"
_ORDER: Final = {name: place for place, name in enumerate(RuleName.values)}


@dataclass(frozen=True)
class Item:
    """One nudge in words. The addresses are absolute."""

    subject: str
    sentence: str
    button: str
    url: str  # the very field, behind sign-in
    is_news: bool
    later_url: str = ""  # where it is put off, without sign-in
    direct_url: str = ""  # where the value is entered, without sign-in


@dataclass(frozen=True)
class Rendered:
    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class Words:
    """What all texts of a turn share."""

    today: dt.date
    facts: Facts = field(default_factory=Facts)
    own: OwnWords = field(default_factory=OwnWords)


def render(person: Employee, nudges: Sequence[Nudge], *, words: Words, place: int, at_most: int) -> Rendered:
    """One letter to `person`, the `place`-th of `at_most` this week. The nudges are those of `with_what_is_said`."""
    with translation.override(person.language):
        said = items(in_order(nudges), words, person.language)
        context = {
            "person": person,
            "items": said,
            "language": person.language,
            "address": settings.BASE_URL,
            "place": place,
            "at_most": at_most,
            "answer": _answer(nudges),
        }
        return Rendered(
            subject=_subject(said),
            text=_plain(f"{FOLDER}/letter.txt", context).strip() + "\n",
            html=render_to_string(f"{FOLDER}/letter.html", context),
        )


def in_order(nudges: Sequence[Nudge]) -> list[Nudge]:
    """What waits first, then the news; of several of the same reason only the latest."""
    latest = {_told_as(each): each for each in sorted(nudges, key=lambda each: each.occasion)}
    return sorted(latest.values(), key=lambda each: (_ORDER[each.rule], each.occasion, each.pk))


def _told_as(nudge: Nudge) -> tuple[Any, ...]:
    """What makes two nudges one item: the same reason, the same owner who has left, or lines about one initiative."""
    if _stands_in(nudge):
        return STAND_IN, nudge.initiative_id
    if nudge.rule == RuleName.COMMENT_WRITTEN:
        return nudge.rule, nudge.initiative_id
    return nudge.rule, nudge.initiative_id, nudge.subject


def items(nudges: Sequence[Nudge], words: Words, language: str) -> list[Item]:
    """Each nudge in words, in the same order, in the active language, which `language` names."""
    return [_item(nudge, words, language) for nudge in nudges]


def _item(nudge: Nudge, words: Words, language: str) -> Item:
    rule, context = RULE[nudge.rule], words.facts.of(nudge, words.today)
    template, leads_to = (STAND_IN, INITIATIVE) if _stands_in(nudge) else (_template(nudge, context), rule.leads_to)
    said = _standard(template, context)
    if template == rule.name:  # a stand-in and the next level are told other things than the municipality's own words
        path = nudge.initiative.unit.path if nudge.initiative.unit else []
        own = words.own.of(nudge.rule, language, path, as_words(context))
        said |= {part: _one_line(text) for part, text in own.items()}
    can_enter = nudge.rule in ASK_FOR_A_VALUE and template != STAND_IN
    return Item(
        url=settings.BASE_URL + leads_to.format(uuid=nudge.initiative.uuid, subject=nudge.subject),
        is_news=rule.is_news,
        later_url="" if rule.forgotten_after else snooze_url(nudge),
        direct_url=value_url(nudge) if can_enter else "",
        **said,
    )


def _answer(nudges: Sequence[Nudge]) -> str:
    """What an answer by mail would be here, "value" or "line". None is offered where a yes would decide nothing."""
    if not settings.REPLY_ADDRESS or len({nudge.initiative_id for nudge in nudges}) > 1:
        return ""
    if any(nudge.rule in ASK_FOR_A_VALUE and not _stands_in(nudge) for nudge in nudges):
        return "value"
    return "line" if all(RULE[nudge.rule].leads_to == LINE for nudge in nudges) else ""


def _template(nudge: Nudge, context: dict[str, Any]) -> str:
    """The next level, and who stands in for the one who promised, are told who has not answered."""
    promise = context.get("promise")
    stands_in = nudge.rule == RuleName.PROMISE_DUE and promise is not None and promise.promised_by_id != nudge.to_id
    return f"{nudge.rule}_escalated" if nudge.level or stands_in else nudge.rule


def _standard(template: str, context: dict[str, Any]) -> dict[str, str]:
    return {part: _one_line(_plain(f"{FOLDER}/{template}.txt#{part}", context)) for part in PARTS}


def _stands_in(nudge: Nudge) -> bool:
    """Whether it goes to the decider because the owner has left: only an owner can do what it asks for."""
    has_left = nudge.initiative.owner.ended_on is not None
    return has_left and RULE[nudge.rule].to is owner_or_decider and nudge.to_id != nudge.initiative.owner_id


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
