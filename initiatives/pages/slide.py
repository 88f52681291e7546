"""The chart as a file to put in a presentation. Who sees the initiative may have it; nobody else finds it."""

import uuid

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from initiatives.models import Outcome
from initiatives.pages.charting import series_of
from initiatives.pages.components.chart.slide import Caption, readable_xml, slide
from initiatives.pages.fetching import fetch, fetch_outcome
from initiatives.pages.series import sources_of
from initiatives.pages.verdict_words import verdict_words
from initiatives.pages.visit import Visit, visit


@require_safe
def chart_for_slides(request: HttpRequest, uuid: uuid.UUID) -> HttpResponse:
    """The chart as one SVG file, in the view that `?vy=` names. Not found while there is no value."""
    visitor = visit(request)
    initiative = fetch(visitor, uuid)
    outcome = fetch_outcome(initiative)
    series, _views = series_of(outcome, request.GET.get("vy", ""))
    drawn = slide(series, _caption(outcome, visitor))
    if drawn is None:
        raise Http404
    text = render_to_string("initiatives/components/slide.svg", {"slide": drawn})
    name = content_disposition_header(True, f"{initiative.title}.svg")
    headers = {"Content-Disposition": name or "attachment", "Cache-Control": "private, no-cache"}
    return HttpResponse(readable_xml(text), content_type="image/svg+xml", headers=headers)


def _caption(outcome: Outcome, visitor: Visit) -> Caption:
    verdict = verdict_words(outcome.initiative, outcome)
    sources = "; ".join(sources_of(outcome))
    origin = [_("Source: %(source)s") % {"source": sources}] if sources else []
    made = [settings.MUNICIPALITY_NAME, date_format(visitor.today, "j F Y")]
    return Caption(outcome.initiative.title, verdict.heading, verdict.text, " · ".join([*origin, *made]))
