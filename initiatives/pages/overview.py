"""Översikt: what became true in a part of the organisation. Sections about units, never about persons."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from initiatives.evidence import Effect
from initiatives.forms.units import own_units
from initiatives.outcomes.claims import Pair, open_overlaps
from initiatives.outcomes.totals import Total, is_withheld, totals
from initiatives.pages.claim_words import at_least, name_of, names_of, unit_of
from initiatives.pages.components.panels import Figure, Link
from initiatives.pages.overview_results import result_section
from initiatives.pages.visit import Visit, visit
from kommun.components import Crumb
from kommun.models import Role, Unit
from kommun.numbers import rounded
from kommun.roles import held

OVERLAPS_SHOWN = 20


@dataclass(frozen=True)
class EffectRow:
    """One kind of effect: the answer in words, and the figures behind it, each with its label."""

    kind: str
    answer: str
    figures: Sequence[Figure]
    notes: Sequence[str]


@dataclass(frozen=True)
class OverlapLine:
    """Two that count the same effect, each a link, and what they count: hours of which measure."""

    links: Sequence[Link]
    units: Sequence[str]
    what: str


@dataclass(frozen=True)
class EffectSection:
    rows: Sequence[EffectRow]
    overlaps: Sequence[OverlapLine]


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """What `?enhet=` names and all below it; else the visitor's own unit, or the whole municipality for viewers."""
    visitor = visit(request)
    if not visitor.person.is_employed(visitor.today):
        raise PermissionDenied
    unit = _unit(request, visitor)
    is_hidden = unit is not None and is_withheld(unit, today=visitor.today)
    found = [] if is_hidden else totals(within=unit, today=visitor.today)
    context = {
        "unit": unit,
        "heading": _heading(unit, found),
        "crumbs": _crumbs(unit),
        "below": _below(unit, visitor),
        "is_hidden": is_hidden,
        "results": None if is_hidden else result_section(unit, today=visitor.today),
        "effects": None if is_hidden else EffectSection([_row(each) for each in found], _overlaps(unit)),
    }
    return render(request, "initiatives/overview.html", context)


def _unit(request: HttpRequest, visitor: Visit) -> Unit | None:
    """None is the whole municipality. Raises Http404 for a code that no unit has."""
    if code := request.GET.get("enhet", ""):
        return get_object_or_404(Unit.objects.open_on(visitor.today), code=code)
    own = own_units(visitor.person, on=visitor.today)
    if own and "enhet" not in request.GET and not held(visitor.person, Role.VIEWER, on=visitor.today).exists():
        return own[0]
    roots = Unit.objects.open_on(visitor.today).filter(parent=None)[:2]
    return roots[0] if len(roots) == 1 else None


def _heading(unit: Unit | None, found: Sequence[Total]) -> str:
    """The answer: what has been confirmed, the lower bound of it. Where nobody has counted it the results say more."""
    where = _("The whole municipality") if unit is None else unit.name
    confirmed = [at_least(each.confirmed, unit_of(each.kind, each.unit_of_measure)) for each in found if each.claims]
    if not confirmed:
        return where
    return _("%(where)s: %(amounts)s confirmed") % {"where": where, "amounts": _joined(confirmed)}


def _joined(words: Sequence[str]) -> str:
    *others, last = words
    return _("%(others)s and %(last)s") % {"others": ", ".join(others), "last": last} if others else last


def _row(total: Total) -> EffectRow:
    unit = unit_of(total.kind, total.unit_of_measure)
    answer = _("Nothing is confirmed yet.")
    if total.claims:
        answer = _("%(least)s. Most likely %(amount)s, at most %(most)s.") % {
            "least": capfirst(at_least(total.confirmed, unit)),
            "amount": rounded(total.confirmed.amount),
            "most": rounded(total.confirmed.high),
        }
    figures = [
        Figure(_("Confirmed, counted once"), rounded(total.confirmed.amount), unit),
        Figure(_("Lowers a budget"), rounded(total.hard.amount), unit),
        Figure(_("Frees time or room"), rounded(total.soft.amount), unit),
        Figure(_("Before overlaps are taken off"), rounded(total.before.amount), unit),
        Figure(_("Everything measured"), rounded(total.measured.amount), unit),
    ]
    return EffectRow(capfirst(name_of(total.kind, total.unit_of_measure)), answer, figures, _notes(total, unit))


def _notes(total: Total, unit: str) -> list[str]:
    counts = ngettext("%(count)d effect is confirmed", "%(count)d effects are confirmed", total.claims)
    of_all = ngettext("of %(count)d measured.", "of %(count)d measured.", total.measured_claims)
    notes = [f"{counts % {'count': total.claims}} {of_all % {'count': total.measured_claims}}"]
    if total.measured != total.measured_before:
        before = {"amount": _amount(total.measured_before, unit)}
        notes.append(_("Everything measured was %(amount)s before overlaps were taken off.") % before)
    return notes


def _amount(effect: Effect, unit: str) -> str:
    return f"{rounded(effect.amount)}\N{NO-BREAK SPACE}{unit}"


def _overlaps(unit: Unit | None) -> list[OverlapLine]:
    return [_overlap(pair) for pair in open_overlaps(within=unit, limit=OVERLAPS_SHOWN)]


def _overlap(pair: Pair) -> OverlapLine:
    sides = zip((pair.first, pair.other), names_of(pair), strict=True)
    links = [Link(f"{reverse('initiative', args=[side.initiative])}#effekt", name) for side, name in sides]
    what = f"{pair.indicator_name}, {name_of(pair.kind, pair.unit_of_measure).lower()}"
    return OverlapLine(links, [pair.first.unit_name, pair.other.unit_name], what)


def _crumbs(unit: Unit | None) -> list[Crumb]:
    whole = _("The whole municipality")
    if unit is None:
        return [Crumb(whole)]
    above = {each.pk: each for each in Unit.objects.filter(pk__in=unit.path[:-1])}
    places = [above[pk] for pk in unit.path[:-1] if pk in above]
    has_a_top = (places[0] if places else unit).kind == Unit.Kind.MUNICIPALITY
    top = [] if has_a_top else [Crumb(whole, f"{reverse('overview')}?enhet=")]
    return [*top, *(Crumb(each.name, _address(each)) for each in places), Crumb(unit.name)]


def _below(unit: Unit | None, visitor: Visit) -> list[Link]:
    """The units right below, each to its own page."""
    return [Link(_address(each), each.name) for each in Unit.objects.open_on(visitor.today).filter(parent=unit)]


def _address(unit: Unit) -> str:
    return f"{reverse('overview')}?enhet={unit.code}"
