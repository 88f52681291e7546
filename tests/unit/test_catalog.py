"""The catalogue as RDF: what DCAT-AP-SE 3.0.1 and DCAT-AP 3.0.1 ask of each kind of thing, and no relative address."""

import datetime as dt
from urllib.parse import urlsplit

import pytest
from rdflib import DCAT, DCTERMS, FOAF, RDF, SKOS, Graph, Literal, URIRef
from rdflib.compare import isomorphic
from rdflib.term import Node

from initiatives.api.catalog import contents, terms
from initiatives.api.catalog.graph import DCATAP, VCARD, Catalog, Publisher

ROOT = "https://framsteg.asmala.example/api/v1"
CATALOG = Catalog(
    root=ROOT,
    publisher=Publisher("Åsmåla kommun", "framsteg@asmala.example"),
    issued=dt.date(2026, 11, 23),
    modified=dt.date(2026, 11, 28),
    first_day=dt.date(2025, 1, 1),
)
GRAPH = CATALOG.graph()
EU = "http://publications.europa.eu/resource/authority"
DISTRIBUTIONS = {f"{each.name}-{form.name}" for each in contents.DATASETS for form in each.formats}
FORMAT: URIRef = DCTERMS["format"]
NEEDED = {  # what the two profiles call mandatory or recommended, and we have
    DCAT.Catalog: {
        *(DCTERMS.title, DCTERMS.description, DCTERMS.publisher, DCTERMS.license, DCTERMS.language, DCTERMS.issued),
        *(DCTERMS.modified, DCTERMS.spatial, FOAF.homepage, DCAT.themeTaxonomy, DCAT.dataset, DCAT.service),
    },
    DCAT.Dataset: {
        *(DCTERMS.title, DCTERMS.description, DCTERMS.publisher, DCTERMS.identifier, DCTERMS.issued, DCTERMS.language),
        *(DCTERMS.spatial, DCTERMS.temporal, DCTERMS.accrualPeriodicity, DCTERMS.accessRights, DCAT.contactPoint),
        *(DCAT.keyword, DCAT.theme, DCAT.landingPage, DCAT.distribution),
    },
    DCAT.Distribution: {
        *(DCTERMS.title, DCTERMS.description, DCTERMS.license, DCTERMS.language, FORMAT, DCAT.mediaType),
        *(DCAT.accessURL, DCAT.accessService, DCATAP.availability),
    },
    DCAT.DataService: {
        *(DCTERMS.title, DCTERMS.description, DCTERMS.publisher, DCTERMS.license, DCTERMS.accessRights, FORMAT),
        *(DCTERMS.conformsTo, DCTERMS.type, DCAT.contactPoint, DCAT.keyword, DCAT.theme, DCAT.landingPage),
        *(DCAT.endpointURL, DCAT.endpointDescription, DCAT.servesDataset),
    },
    FOAF.Agent: {FOAF.name, FOAF.mbox, DCTERMS.type},
    VCARD.Organization: {VCARD.fn, VCARD.hasEmail, VCARD.hasURL},
    DCTERMS.PeriodOfTime: {DCAT.startDate},
}
ONCE = {DCTERMS.publisher, DCTERMS.license, DCTERMS.issued, DCTERMS.accessRights, FOAF.homepage, DCAT.accessURL, FORMAT}


def node(name: str) -> URIRef:
    return URIRef(f"{ROOT}/catalog#{name}")


def things(kind: URIRef) -> set[Node]:
    return set(GRAPH.subjects(RDF.type, kind))


@pytest.mark.parametrize("kind", NEEDED)
def test_everything_has_what_its_kind_asks_for(kind: URIRef) -> None:
    said = {thing: {*GRAPH.predicates(thing)} - {RDF.type, DCAT.downloadURL} for thing in things(kind)}
    assert said == dict.fromkeys(said, NEEDED[kind])
    assert said


@pytest.mark.parametrize("kind", [DCAT.Catalog, DCAT.Dataset, DCAT.Distribution, DCAT.DataService])
def test_what_may_stand_once_stands_once(kind: URIRef) -> None:
    several = {
        (thing, about)
        for thing in things(kind)
        for about in ONCE
        if len([*GRAPH.objects(thing, about)]) > 1 and (kind, about) != (DCAT.DataService, FORMAT)
    }
    assert several == set()


def test_catalogue_leads_to_everything_in_it() -> None:
    [catalog] = things(DCAT.Catalog)
    assert (
        set(GRAPH.objects(catalog, DCAT.dataset)) == things(DCAT.Dataset) == {node(d.name) for d in contents.DATASETS}
    )
    assert set(GRAPH.objects(None, DCAT.distribution)) == things(DCAT.Distribution) == set(map(node, DISTRIBUTIONS))
    assert set(GRAPH.objects(catalog, DCAT.service)) == things(DCAT.DataService) == {node("service")}
    assert set(GRAPH.objects(node("service"), DCAT.servesDataset)) == things(DCAT.Dataset)


def test_every_address_is_absolute_and_nothing_is_without_a_name() -> None:
    nodes = {each for triple in GRAPH for each in triple if not isinstance(each, Literal)}
    assert {type(each) for each in nodes} == {URIRef}
    assert {str(each) for each in nodes if not is_absolute(str(each))} == set()


def is_absolute(address: str) -> bool:
    parts = urlsplit(address)
    return (parts.scheme in ("http", "https") and bool(parts.netloc)) or (parts.scheme == "mailto" and bool(parts.path))


@pytest.mark.parametrize("form", ["xml", "turtle"])
def test_both_forms_say_the_same(form: str) -> None:
    assert isomorphic(Graph().parse(data=GRAPH.serialize(format=form), format=form), GRAPH)


def test_every_text_for_people_is_in_both_languages() -> None:
    for about in (DCTERMS.title, DCTERMS.description, DCAT.keyword):
        for thing in things(DCAT.Catalog) | things(DCAT.Dataset) | things(DCAT.Distribution) | things(DCAT.DataService):
            languages = [each.language for each in GRAPH.objects(thing, about) if isinstance(each, Literal)]
            assert languages.count("sv") == languages.count("en") == len(languages) / 2


def test_formats_are_named_by_the_lists_of_the_eu_and_iana() -> None:
    found = {
        (str(GRAPH.value(thing, FORMAT)), str(GRAPH.value(thing, DCAT.mediaType)))
        for thing in things(DCAT.Distribution)
    }
    media = "https://www.iana.org/assignments/media-types"
    assert found == {
        (f"{EU}/file-type/JSON", f"{media}/application/json"),
        (f"{EU}/file-type/CSV", f"{media}/text/csv"),
        (f"{EU}/file-type/PARQUET", f"{media}/application/vnd.apache.parquet"),
    }


def test_whole_files_can_be_fetched_and_pages_cannot() -> None:
    assert {str(each) for each in GRAPH.objects(None, DCAT.downloadURL)} == {
        f"{ROOT}/metrics?groupBy=unit&groupBy=period&groupBy=indicator&format=csv",
        f"{ROOT}/metrics?groupBy=unit&groupBy=period&groupBy=indicator&format=parquet",
        *(f"{ROOT}/{name}?format=csv" for name in ("soil", "indicators", "units", "initiatives", "outcomes")),
    }


def test_what_employees_write_of_their_work_is_not_called_public() -> None:
    rights = {str(thing): str(GRAPH.value(thing, DCTERMS.accessRights)) for thing in things(DCAT.Dataset)}
    assert {name.partition("#")[2] for name, right in rights.items() if right == f"{EU}/access-right/RESTRICTED"} == {
        "initiatives",
        "outcomes",
    }
    assert set(rights.values()) == {f"{EU}/access-right/PUBLIC", f"{EU}/access-right/RESTRICTED"}


def test_words_of_lists_can_be_judged_without_the_lists() -> None:
    for term in terms.ALL:
        assert GRAPH.value(term.iri, RDF.type) is not None
        assert term.scheme is None or (term.iri, SKOS.inScheme, term.scheme) in GRAPH


def test_without_figures_there_is_no_period() -> None:
    empty = Catalog(ROOT, CATALOG.publisher, CATALOG.issued, CATALOG.modified, first_day=None).graph()
    assert (set(empty.objects(None, DCTERMS.temporal)), set(empty.subjects(RDF.type, DCTERMS.PeriodOfTime))) == (
        set(),
        set(),
    )


def test_place_and_sender_are_the_municipalitys_own() -> None:
    place = "https://sws.geonames.org/2673730/"
    publisher = Publisher("Å & <B> kommun", "å b@asmala.example", place)
    graph = Catalog(ROOT, publisher, CATALOG.issued, CATALOG.modified, CATALOG.first_day).graph()
    read = Graph().parse(data=graph.serialize(format="xml"), format="xml")
    assert str(read.value(node("publisher"), FOAF.name)) == "Å & <B> kommun"
    assert str(read.value(node("contact"), VCARD.hasEmail)) == "mailto:%C3%A5%20b@asmala.example"
    assert set(read.objects(None, DCTERMS.spatial)) == {URIRef(place)}
