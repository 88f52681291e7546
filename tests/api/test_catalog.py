"""/catalog, as the portal's harvester meets it: no token, RDF/XML, absolute addresses, the same whoever asks."""

import datetime as dt
from typing import Any

import pytest
from rdflib import DCAT, DCTERMS, FOAF, Graph, Literal, URIRef
from rdflib.compare import isomorphic

from initiatives.api.catalog import contents
from initiatives.api.documents import specification
from tests.api.conftest import Check, Machine
from tests.builders import TODAY, a_person, a_unit, an_initiative, values

pytestmark = pytest.mark.django_db
ROOT = "https://framsteg.asmala.example/api/v1"
SYNTAX = {"rdf": "xml", "ttl": "turtle"}


@pytest.fixture(autouse=True)
def municipality(settings: Any) -> None:
    settings.BASE_URL = "https://framsteg.asmala.example"
    settings.MUNICIPALITY_NAME = "Åsmåla kommun"
    settings.SUPPORT_EMAIL = "framsteg@asmala.example"


def graph_of(response: Any, syntax: str) -> Graph:
    assert response.status_code == 200
    return Graph().parse(data=response.content, format=syntax)


def test_anybody_gets_rdf_xml(anybody: Machine) -> None:
    response = anybody.get("/catalog")
    assert response["Content-Type"] == "application/rdf+xml"
    graph = graph_of(response, "xml")
    assert set(graph.subjects(DCAT.dataset)) == {URIRef(f"{ROOT}/catalog")}
    assert graph.value(URIRef(f"{ROOT}/catalog#publisher"), FOAF.name) == Literal("Åsmåla kommun", "sv")


@pytest.mark.parametrize(("accept", "form"), [("text/turtle", "ttl"), ("application/rdf+xml", "rdf"), ("*/*", "rdf")])
def test_accept_and_format_choose_the_form(anybody: Machine, accept: str, form: str) -> None:
    asked, named = anybody.get("/catalog", {"Accept": accept}), anybody.get("/catalog", format=form)
    assert asked["Content-Type"] == named["Content-Type"]
    assert asked.content == named.content
    assert graph_of(asked, SYNTAX[form])


def test_both_forms_are_one_graph(anybody: Machine) -> None:
    first, second = (graph_of(anybody.get("/catalog", format=form), syntax) for form, syntax in SYNTAX.items())
    assert isomorphic(first, second)
    assert len(first) > 400


def test_other_forms_are_refused(anybody: Machine, is_problem: Check) -> None:
    is_problem(anybody.get("/catalog", {"Accept": "application/json"}), 406)
    is_problem(anybody.get("/catalog", format="json"), 400)


def test_addresses_do_not_depend_on_who_asks(anybody: Machine) -> None:
    elsewhere = anybody.client.get("/api/v1/catalog", headers={"Host": "localhost"})
    assert elsewhere.content == anybody.get("/catalog").content
    assert b"testserver" not in elsewhere.content


def test_it_may_be_kept_for_an_hour_and_is_not_sent_again_unchanged(anybody: Machine) -> None:
    first = anybody.get("/catalog")
    assert first["Cache-Control"] == "public, max-age=3600"
    assert "Accept" in first["Vary"]
    assert anybody.get("/catalog", {"If-None-Match": first["ETag"]}).status_code == 304
    assert anybody.get("/catalog", {"If-None-Match": first["ETag"]}, format="ttl").status_code == 200


def test_time_begins_with_the_first_year_that_has_figures(anybody: Machine) -> None:
    assert set(graph_of(anybody.get("/catalog"), "xml").objects(None, DCAT.startDate)) == set()
    unit = a_unit()
    an_initiative(a_person(unit=unit), unit, "draft", created_at=dt.datetime(2019, 5, 1, tzinfo=dt.UTC))
    outcome = an_initiative(a_person(unit=unit), unit, "measuring").outcomes.get()
    values(outcome, [1] * 60, until=TODAY)
    graph = graph_of(anybody.get("/catalog"), "xml")
    assert set(graph.objects(None, DCAT.startDate)) == {Literal(dt.date(2025, 1, 1))}
    assert len(set(graph.objects(None, DCTERMS.temporal))) == 1


def test_each_distribution_is_a_form_that_the_api_answers_in() -> None:
    paths = specification()["paths"]
    told = {each.path: [form.type for form in each.formats] for each in contents.DATASETS}
    assert told == {path: list(paths[path]["get"]["responses"]["200"]["content"]) for path in told}


def test_specification_shows_both_forms() -> None:
    content = specification()["paths"]["/catalog"]["get"]["responses"]["200"]["content"]
    assert list(content) == ["application/rdf+xml", "text/turtle"]
    for media, syntax in zip(content.values(), ("xml", "turtle"), strict=True):
        assert len(Graph().parse(data=media["example"], format=syntax)) > 15
