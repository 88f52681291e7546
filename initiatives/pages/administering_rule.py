"""One reminder as an administrator sets it: its figures, its words, what was changed and which units have their own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from itertools import zip_longest
from typing import Any, Final

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from initiatives.actions.refusals import Refused
from initiatives.actions.reminding import set_rule, set_text
from initiatives.forms.refused import show
from initiatives.forms.reminding import RuleForm, TextForm
from initiatives.models import NudgeSetting, NudgeText
from initiatives.models.nudge_rules import FIGURES, WORDS
from initiatives.nudges.configuration import figures_of
from initiatives.nudges.policy import policy
from initiatives.nudges.rules import RULE, Figures, Rule
from initiatives.nudges.standard_words import standard_words
from initiatives.outcomes.reminders import effects
from initiatives.pages.administering import address, crumbs_to, unit_asked
from initiatives.pages.answering import status_of
from initiatives.pages.components.panels import Link
from initiatives.pages.reminder_words import effect_words, figures_words, labels, value_words
from initiatives.pages.visit import Visit, visit
from initiatives.reading.placeholders import allowed
from kommun.models import Unit

LANGUAGES: Final = ("sv", "en")
MOST_CHANGES: Final = 50
MOST_FOUND: Final = 20
MOST_UNITS: Final = 200


@dataclass(frozen=True)
class Change:
    """Who set what, and when; `who` is empty when the clock did."""

    who: str
    at: Any
    what: Sequence[str]


@dataclass(frozen=True)
class Words:
    """The words of the rule in one language, and what holds where nothing is written."""

    language: str
    form: TextForm
    url: str


@dataclass(frozen=True)
class Place:
    """The rule and whose settings of it are shown."""

    rule: Rule
    unit: Unit | None

    @property
    def name(self) -> str:
        return self.rule.name.value

    @property
    def url(self) -> str:
        return address("reminder-rule", self.unit, self.name)

    @property
    def above(self) -> Unit | None:
        """What the unit inherits from; the municipality when there is no unit above."""
        return self.unit.parent if self.unit else None


@require_http_methods(["GET", "HEAD", "POST"])
def reminder_rule(request: HttpRequest, rule: str) -> HttpResponse:
    """The rule for the municipality, or for the unit that `?enhet=` names. A POST sets its figures."""
    visitor = visit(request)
    place = _place(request, visitor, rule)
    if request.method != "POST":
        return _show(request, visitor, place)
    form = _rule_form(place, request.POST)
    try:
        if form.is_valid():
            seen, figures = form.cleaned_data["seen"], form.figures()
            set_rule(place.name, unit=place.unit, by=visitor.person, now=visitor.now, seen=seen, **figures)
            messages.success(request, _("Saved."))
            return redirect(place.url)
    except Refused as refused:
        status = status_of(refused)
        form = _rule_form(place, request.POST.dict() | {"seen": _seen(place)})
        show(refused, form)
        return _show(request, visitor, place, form=form, status=status)
    return _show(request, visitor, place, form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@require_POST
def reminder_text(request: HttpRequest, rule: str, language: str) -> HttpResponse:
    """Sets the words of the rule in a language. What was written stays on the page if it is refused."""
    visitor = visit(request)
    place = _place(request, visitor, rule)
    if language not in LANGUAGES:
        raise Http404
    form = _text_form(place, language, visitor, request.POST)
    status = int(HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        if form.is_valid():
            set_text(
                place.name,
                language,
                unit=place.unit,
                by=visitor.person,
                now=visitor.now,
                seen=form.cleaned_data["seen"],
                **form.words(),
            )
            messages.success(request, _("Saved."))
            return redirect(place.url)
    except Refused as refused:
        status = status_of(refused)
        latest = NudgeText.objects.latest_of(place.name, language, place.unit)
        form = _text_form(place, language, visitor, request.POST.dict() | {"seen": latest.pk if latest else 0})
        show(refused, form)
    return _show(request, visitor, place, text=(language, form), status=status)


def _place(request: HttpRequest, visitor: Visit, rule: str) -> Place:
    """Raises PermissionDenied for who is no administrator there, and Http404 for a rule that there is not."""
    unit = unit_asked(request, visitor)
    if rule not in RULE:
        raise Http404
    return Place(RULE[rule], unit)


def _show(
    request: HttpRequest,
    visitor: Visit,
    place: Place,
    *,
    form: RuleForm | None = None,
    text: tuple[str, TextForm] | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    tried = dict([text]) if text else {}
    label, found = str(place.rule.name.label), {each.rule: each for each in effects(now=visitor.now)}
    goes = figures_words(place.rule, figures_of(place.rule, place.unit), holds_out=policy().hold_out_is_on)
    words = [_words(place, language, visitor, tried.get(language)) for language in LANGUAGES]
    context = {
        "rule": place.name,
        "heading": label,
        "unit": place.unit,
        "crumbs": crumbs_to(place.unit, label),
        "goes": goes,
        "does": [] if place.rule.is_news else effect_words(found.get(place.name)),
        "form": form or _rule_form(place),
        "form_url": place.url,
        "words": words,
        "wrong": next((each.form for each in words if each.form.errors), form),
        "names": [f"{{{name}}}" for name in allowed(place.name)],
        "changes": _changes(place),
        "own": _units_of_their_own(place),
        "sought": request.GET.get("sok", "").strip(),
        "found": _units_found(place, request.GET.get("sok", "").strip(), visitor),
    }
    return render(request, "initiatives/reminder_rule.html", context, status=status)


def _rule_form(place: Place, data: Mapping[str, Any] | None = None) -> RuleForm:
    setting = NudgeSetting.objects.latest_of(place.name, place.unit)
    above = _figures_above(place)
    inherited = {name: value_words(place.rule, name, getattr(above, name)) for name in labels(place.rule)}
    standard = _("As the level above") if place.unit else _("As Framsteg has it")
    return RuleForm(data, setting=setting, inherited=inherited, standard=standard)


def _figures_above(place: Place) -> Figures:
    """What holds when nothing is set here."""
    return figures_of(place.rule, place.above) if place.unit else place.rule.figures


def _seen(place: Place) -> int:
    latest = NudgeSetting.objects.latest_of(place.name, place.unit)
    return latest.pk if latest else 0


def _words(place: Place, language: str, visitor: Visit, tried: TextForm | None) -> Words:
    url = address("reminder-text", place.unit, place.name, language)
    return Words(language, tried or _text_form(place, language, visitor), url)


def _text_form(place: Place, language: str, visitor: Visit, data: Mapping[str, Any] | None = None) -> TextForm:
    """With the nearest words above beside each question, the product's own last."""
    levels: list[int | None] = [None, *place.unit.path[:-1]] if place.unit else []
    inherited = standard_words(place.name, language, today=visitor.today)
    rows = NudgeText.objects.filter(
        Q(unit=None) | Q(unit__in=[each for each in levels if each]), rule=place.name, language=language
    )
    latest = {row.unit_id: row for row in rows.order_by("unit_id", "-id").distinct("unit_id")}
    for level in levels:
        row = latest.get(level)
        inherited |= {name: getattr(row, name) for name in WORDS if row and getattr(row, name)}
    text = NudgeText.objects.latest_of(place.name, language, place.unit)
    return TextForm(data, text=text, inherited=inherited, auto_id=f"{language}-%s")


def _changes(place: Place) -> list[Change]:
    """The latest first: each row of figures told by what differs from the one before it, and each row of words."""
    settings = NudgeSetting.objects.filter(rule=place.name, unit=place.unit).select_related("by").order_by("-id")
    texts = NudgeText.objects.filter(rule=place.name, unit=place.unit).select_related("by").order_by("-id")
    rows = list(settings[: MOST_CHANGES + 1])
    pairs = zip_longest(rows[:MOST_CHANGES], rows[1:])
    told = [_change(place.rule, row, before) for row, before in pairs]
    written = [Change(str(row.by), row.at, [_words_written(row)]) for row in texts[:MOST_CHANGES]]
    return sorted([*told, *written], key=lambda change: change.at, reverse=True)[:MOST_CHANGES]


def _change(rule: Rule, row: NudgeSetting, before: NudgeSetting | None) -> Change:
    named = labels(rule)
    what = [
        f"{named[name]}: {value_words(rule, name, getattr(row, name))}"
        for name in FIGURES
        if name in named and getattr(row, name) != getattr(before or NudgeSetting(), name)
    ]
    return Change(str(row.by) if row.by else "", row.at, what)


def _words_written(row: NudgeText) -> str:
    said = " · ".join(text for name in WORDS if (text := getattr(row, name)))
    return f"{_('In Swedish') if row.language == 'sv' else _('In English')}: {said or _('empty')}"


def _units_of_their_own(place: Place) -> list[Link]:
    """The units below that have set something, by name."""
    rows = Q(nudge_settings__rule=place.name) | Q(nudge_texts__rule=place.name)
    units = _below(place).filter(rows).distinct()[:MOST_UNITS]
    return [Link(address("reminder-rule", unit, place.name), unit.name) for unit in units]


def _units_found(place: Place, words: str, visitor: Visit) -> list[Link]:
    if not words:
        return []
    units = _below(place).open_on(visitor.today).filter(name__icontains=words)[:MOST_FOUND]
    return [Link(address("reminder-rule", unit, place.name), unit.name) for unit in units]


def _below(place: Place) -> Any:
    """The units that can have settings of their own below what is shown."""
    if place.unit is None:
        return Unit.objects.all()
    return Unit.objects.within(place.unit).exclude(pk=place.unit.pk)
