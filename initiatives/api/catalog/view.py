"""The catalogue as an answer, open to anybody, since the portal's harvester has no token."""

import datetime as dt
from functools import lru_cache
from typing import ClassVar, Final

from django.conf import settings
from django.db.models import Min, OuterRef, Subquery
from django.http import HttpResponse
from rdflib import Graph, URIRef
from rest_framework.request import Request

from initiatives.api import info
from initiatives.api.addresses import ROOT
from initiatives.api.catalog.graph import PREFIXES, Catalog, Publisher
from initiatives.api.components import Component
from initiatives.api.media import RDF_XML, TURTLE, Media
from initiatives.api.operations import Operation
from initiatives.api.views import ApiView, etag_of
from initiatives.models import Rollup
from kommun.models import Unit

FORMATS: Final = (RDF_XML, TURTLE)
DESCRIBED_ON: Final = dt.date(2026, 11, 28)  # when what the catalogue says last changed
CACHED: Final = "public, max-age=3600"
_SYNTAX: Final = {RDF_XML: "xml", TURTLE: "turtle"}


def samples() -> dict[str, str]:
    """The catalogue's own lines, by the name of the form."""
    root = f"https://framsteg.example.se{ROOT}"
    publisher = Publisher("Åsmåla kommun", "framsteg@example.org")
    whole = Catalog(root, publisher, info.RELEASED_ON, DESCRIBED_ON, first_day=None).graph()
    part = Graph(bind_namespaces="none")
    for prefix, namespace in PREFIXES.items():
        part.bind(prefix, namespace)
    for triple in whole.triples((URIRef(f"{root}/catalog"), None, None)):
        part.add(triple)
    return {form.name: part.serialize(format=_SYNTAX[form]) for form in FORMATS}


class OpenDataCatalog(ApiView):
    authentication_classes = ()
    operations: ClassVar = {
        "GET": Operation(
            id="getCatalog",
            tag="About the API",
            summary="Read the open-data catalogue",
            description="What data there is, by DCAT-AP-SE 3.0.1, for the national open-data portal. Needs no token. "
            "Every address in it is absolute and the same whoever asks. RDF/XML is the default.",
            scopes=(),
            answer=Component("Catalog", {"type": "string", "description": "The catalogue."}, ""),
            formats=FORMATS,
            samples=samples(),
        )
    }

    def get(self, request: Request) -> HttpResponse:
        publisher = Publisher(settings.MUNICIPALITY_NAME, settings.SUPPORT_EMAIL, settings.MUNICIPALITY_IRI)
        catalog = Catalog(settings.BASE_URL + ROOT, publisher, info.RELEASED_ON, DESCRIBED_ON, first_day())
        body = written(catalog, self.media)
        response = HttpResponse(body, content_type=self.media.content_type)
        response["ETag"] = etag_of(body)
        response["Cache-Control"] = CACHED
        return self.if_changed(response)


@lru_cache(maxsize=8)
def written(catalog: Catalog, form: Media) -> bytes:
    """Writing takes tens of milliseconds, and says the same for a year."""
    return catalog.graph().serialize(format=_SYNTAX[form], encoding="utf-8")


def first_day() -> dt.date | None:
    """The first day of the first year that the figures tell of; None: of nothing. By an index, one look for a unit."""
    of_unit = Rollup.objects.open_to_all().filter(unit=OuterRef("pk")).order_by("month")
    found: dt.date | None = Unit.objects.annotate(first=Subquery(of_unit.values("month")[:1])).aggregate(Min("first"))[
        "first__min"
    ]
    return found and found.replace(month=1)
