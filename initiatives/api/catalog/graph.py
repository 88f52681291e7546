"""The catalogue as RDF. Every node has an absolute IRI, and the same whoever asks: a portal knows a dataset by it."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from rdflib import DCAT, DCTERMS, FOAF, RDF, RDFS, SKOS, Graph, Literal, Namespace, URIRef
from rdflib.term import Node

from initiatives.api.catalog import contents, terms
from initiatives.api.catalog.contents import DATASETS, Dataset, Words
from initiatives.api.catalog.terms import Term
from initiatives.api.media import JSON, Media

DCATAP: Final = Namespace("http://data.europa.eu/r5r/")
VCARD: Final = Namespace("http://www.w3.org/2006/vcard/ns#")
PREFIXES: Final = {"dcat": DCAT, "dcatap": DCATAP, "dcterms": DCTERMS, "foaf": FOAF, "skos": SKOS, "vcard": VCARD}
_ADDRESSES: Final = (DCAT.endpointURL, DCAT.endpointDescription, DCAT.accessURL, DCAT.downloadURL)
Said = tuple[URIRef, Node]  # a property and its value


@dataclass(frozen=True)
class Publisher:
    """The municipality. `area` is the IRI of where it is, and empty for somewhere in the country."""

    name: str
    email: str
    area: str = ""


@dataclass(frozen=True)
class Catalog:
    """`root` is the API's absolute address. `first_day` is the earliest that the figures tell of; None: of nothing."""

    root: str
    publisher: Publisher
    issued: dt.date
    modified: dt.date
    first_day: dt.date | None

    def graph(self) -> Graph:
        graph = Graph(bind_namespaces="none")
        for prefix, namespace in PREFIXES.items():
            graph.bind(prefix, namespace)
        for subject, said in self._all():
            for about, value in said:
                graph.add((subject, about, value))
        for about in _ADDRESSES:
            for address in [*graph.objects(None, about)]:
                graph.add((address, RDF.type, RDFS.Resource))
        return graph

    def _all(self) -> Iterator[tuple[URIRef, Iterable[Said]]]:
        yield self._here, self._catalog()
        yield self._node("publisher"), self._municipality()
        yield self._node("contact"), self._contact_point()
        yield self._node("service"), self._data_service()
        yield self._document, [(RDF.type, FOAF.Document)]
        yield self._place, [(RDF.type, DCTERMS.Location)]
        yield terms.CC0.iri, [(DCTERMS.type, terms.PUBLIC_DOMAIN.iri)]
        if self.first_day is not None:
            yield self._node("period"), [(RDF.type, DCTERMS.PeriodOfTime), (DCAT.startDate, Literal(self.first_day))]
        for dataset in DATASETS:
            yield self._node(dataset.name), self._about_dataset(dataset)
            for form in dataset.formats:
                yield self._distribution(dataset, form), self._about_distribution(dataset, form)
        for term in terms.ALL:
            yield term.iri, _about_term(term)

    def _catalog(self) -> Iterator[Said]:
        yield RDF.type, DCAT.Catalog
        yield from _words(DCTERMS.title, contents.TITLE)
        yield from _words(DCTERMS.description, contents.DESCRIPTION)
        yield from self._published()
        yield DCTERMS.license, terms.CC0.iri
        yield DCTERMS.language, terms.SWEDISH.iri
        yield DCTERMS.language, terms.ENGLISH.iri
        yield DCTERMS.issued, Literal(self.issued)
        yield DCTERMS.modified, Literal(self.modified)
        yield DCTERMS.spatial, self._place
        yield FOAF.homepage, self._document
        yield DCAT.themeTaxonomy, terms.THEMES.iri
        yield DCAT.service, self._node("service")
        for dataset in DATASETS:
            yield DCAT.dataset, self._node(dataset.name)

    def _municipality(self) -> Iterator[Said]:
        yield RDF.type, FOAF.Agent
        yield FOAF.name, Literal(self.publisher.name, "sv")
        yield FOAF.mbox, self._mailbox
        yield DCTERMS.type, terms.LOCAL_AUTHORITY.iri

    def _contact_point(self) -> Iterator[Said]:
        yield RDF.type, VCARD.Kind
        yield RDF.type, VCARD.Organization
        yield VCARD.fn, Literal(self.publisher.name)
        yield VCARD.hasEmail, self._mailbox
        yield VCARD.hasURL, self._document

    def _data_service(self) -> Iterator[Said]:
        yield RDF.type, DCAT.DataService
        yield from _words(DCTERMS.title, contents.SERVICE_TITLE)
        yield from _words(DCTERMS.description, contents.SERVICE_DESCRIPTION)
        yield from self._published()
        yield from self._findable(contents.KEYWORDS)
        yield DCAT.endpointURL, URIRef(self.root)
        yield DCAT.endpointDescription, URIRef(f"{self.root}/openapi.yaml")
        yield DCAT.landingPage, self._document
        yield DCTERMS.conformsTo, terms.OPENAPI.iri
        yield DCTERMS.type, terms.REST.iri
        yield DCTERMS.license, terms.CC0.iri
        yield DCTERMS.accessRights, terms.PUBLIC.iri
        yield from ((DCTERMS["format"], term.iri) for term in terms.FILE_TYPES.values())
        yield from ((DCAT.servesDataset, self._node(dataset.name)) for dataset in DATASETS)

    def _about_dataset(self, dataset: Dataset) -> Iterator[Said]:
        yield RDF.type, DCAT.Dataset
        yield from _words(DCTERMS.title, dataset.title)
        yield from _words(DCTERMS.description, dataset.description)
        yield from self._published()
        yield from self._findable(dataset.keywords)
        yield DCTERMS.identifier, Literal(dataset.name)
        yield DCTERMS.issued, Literal(self.issued)
        yield DCTERMS.language, terms.SWEDISH.iri
        yield DCTERMS.spatial, self._place
        yield DCTERMS.accrualPeriodicity, terms.CONTINUOUS.iri
        yield DCTERMS.accessRights, (terms.PUBLIC if dataset.is_public else terms.RESTRICTED).iri
        yield DCAT.landingPage, self._document
        if self.first_day is not None:
            yield DCTERMS.temporal, self._node("period")
        yield from ((DCAT.distribution, self._distribution(dataset, form)) for form in dataset.formats)

    def _about_distribution(self, dataset: Dataset, form: Media) -> Iterator[Said]:
        yield RDF.type, DCAT.Distribution
        yield from _words(DCTERMS.title, contents.as_format(dataset.title, form))
        yield from _words(DCTERMS.description, contents.AS_FORMAT[form])
        yield DCAT.accessURL, URIRef(self.root + dataset.path)
        if form is not JSON:  # whose answer is a page of it and not the whole
            query = "&".join(filter(None, [dataset.download, f"format={form.name}"]))
            yield DCAT.downloadURL, URIRef(f"{self.root}{dataset.path}?{query}")
        yield DCAT.accessService, self._node("service")
        yield DCAT.mediaType, terms.MEDIA_TYPES[form].iri
        yield DCTERMS["format"], terms.FILE_TYPES[form].iri
        yield DCTERMS.license, terms.CC0.iri
        yield DCTERMS.language, terms.SWEDISH.iri
        yield DCATAP.availability, terms.EXPERIMENTAL.iri

    def _published(self) -> Iterator[Said]:
        yield DCTERMS.publisher, self._node("publisher")

    def _findable(self, keywords: Iterable[Words]) -> Iterator[Said]:
        yield DCAT.theme, terms.GOVERNMENT.iri
        yield DCAT.contactPoint, self._node("contact")
        for keyword in keywords:
            yield from _words(DCAT.keyword, keyword)

    def _node(self, name: str) -> URIRef:
        return URIRef(f"{self.root}/catalog#{name}")

    def _distribution(self, dataset: Dataset, form: Media) -> URIRef:
        return self._node(f"{dataset.name}-{form.name}")

    @property
    def _here(self) -> URIRef:
        return URIRef(f"{self.root}/catalog")

    @property
    def _document(self) -> URIRef:
        return URIRef(f"{self.root}/docs")

    @property
    def _mailbox(self) -> URIRef:
        return URIRef(f"mailto:{quote(self.publisher.email, safe='@')}")

    @property
    def _place(self) -> URIRef:
        return URIRef(self.publisher.area) if self.publisher.area else terms.SWEDEN.iri


def _words(about: URIRef, words: Words) -> Iterator[Said]:
    yield about, Literal(words.sv, "sv")
    yield about, Literal(words.en, "en")


def _about_term(term: Term) -> Iterator[Said]:
    for kind in term.kinds:
        yield RDF.type, kind
    yield DCTERMS.title if term.is_scheme else SKOS.prefLabel, Literal(term.label, "en")
    if term.scheme is not None:
        yield SKOS.inScheme, term.scheme
