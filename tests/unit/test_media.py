"""Which form of an answer a caller gets: what RFC 9110 says of Accept."""

import pytest

from initiatives.api.media import CSV, JSON, PARQUET, RDF_XML, TURTLE, accepted

OFFERED = (JSON, CSV, PARQUET)


@pytest.mark.parametrize(
    ("accept", "name"),
    [
        ("", "json"),
        ("*/*", "json"),
        ("application/json", "json"),
        ("Application/JSON; charset=utf-8", "json"),
        ("application/*", "json"),
        ("text/csv", "csv"),
        ("TEXT/CSV", "csv"),
        ("text/*", "csv"),
        ("text/csv;header=present", "csv"),
        ("text/csv; charset=UTF-8", "csv"),
        ('text/csv; charset="utf-8"', "csv"),
        ("text/csv;unknown=parameter", "csv"),
        ("application/vnd.apache.parquet", "parquet"),
        ("text/html, application/xml;q=0.9, */*;q=0.8", "json"),
        ("application/json;q=0.5, text/csv", "csv"),
        ("application/json;q=0.5, text/csv;q=0.500", "json"),
        ("text/csv;q=0.9, application/json;q=1.0", "json"),
        ("*/*;q=0.1, text/csv;q=0.2", "csv"),
        ("*/*, application/json;q=0", "csv"),
        ("*/*, application/*;q=0", "csv"),
        ("text/csv;q=0, */*", "json"),
        ("application/*;q=0.4, application/json;q=0.2, text/*;q=0.3", "parquet"),
        ("text/csv;header=absent, application/json;q=0.1", "json"),
        ("text/csv;header=absent;q=0, text/csv", "csv"),
        ("nonsense, text/csv", "csv"),
        ("text/csv;q=high, application/json;q=0.1", "json"),
        ("text/csv;q=2, application/json;q=0.1", "json"),
        ("*/csv, application/json", "json"),
    ],
)
def test_accept_decides_by_quality_then_by_our_order(accept: str, name: str) -> None:
    found = accepted(accept, OFFERED)
    assert found is not None and found.name == name


@pytest.mark.parametrize(
    "accept",
    [
        "text/html",
        "image/*",
        "*/*;q=0",
        "text/csv;q=0",
        "text/csv;header=absent",
        "nonsense",
        "*/csv",
        "text/csv;q=1.1",
    ],
)
def test_what_we_do_not_have_is_not_acceptable(accept: str) -> None:
    assert accepted(accept, OFFERED) is None


def test_first_of_those_offered_is_the_default() -> None:
    assert accepted("*/*", (TURTLE, RDF_XML)) is TURTLE


def test_content_type_says_the_characters_and_that_there_is_a_row_of_names() -> None:
    assert [each.content_type for each in (JSON, CSV, PARQUET, RDF_XML, TURTLE)] == [
        "application/json",
        "text/csv; charset=utf-8; header=present",
        "application/vnd.apache.parquet",
        "application/rdf+xml",
        "text/turtle; charset=utf-8",
    ]
