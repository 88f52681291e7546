"""The form of every answer: names, pages, links, and a whole problem on whatever goes wrong."""

import base64
import json
import re
import uuid
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.urls import URLPattern

from initiatives.api import urls
from initiatives.api.documents import specification
from initiatives.api.views import ApiView
from initiatives.models import Change
from tests.api.conftest import Check, Machine, make_machine
from tests.builders import a_person, a_unit, an_initiative

LISTS = ["/units", "/indicators", "/initiatives", "/outcomes", "/metrics"]
pytestmark = pytest.mark.django_db


def views() -> Iterator[type[ApiView]]:
    for pattern in urls.urlpatterns:
        if isinstance(pattern, URLPattern) and hasattr(pattern.callback, "cls"):
            yield pattern.callback.cls


@pytest.mark.parametrize("path", ["/nope", "/initiatives/", "/units/", "/", "/metrics/2026"])
def test_unknown_path_is_a_problem(machine: Machine, is_problem: Check, path: str) -> None:
    is_problem(machine.get(path), 404)


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v2/initiatives", "/api/v1"])
def test_path_outside_the_version_is_a_problem(machine: Machine, is_problem: Check, path: str) -> None:
    is_problem(machine.client.get(path), 404)


@pytest.mark.parametrize("path", [f"{each}/{name}" for each in LISTS[1:4] for name in ("x", "%00", "a" * 300)])
def test_what_cannot_be_an_identifier_is_not_found(machine: Machine, is_problem: Check, path: str) -> None:
    is_problem(machine.get(path), 404)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "POST"])
def test_unused_method_is_a_problem_that_says_which_are_used(machine: Machine, is_problem: Check, method: str) -> None:
    response = machine.client.generic(method, "/api/v1/initiatives", headers=machine.headers)
    is_problem(response, 405)
    assert response["Allow"] == "GET, HEAD"


def test_head_needs_a_token_as_get_does(machine: Machine, anybody: Machine) -> None:
    found = machine.client.head("/api/v1/initiatives", headers=machine.headers)
    assert (found.status_code, found.content) == (200, b"")
    assert anybody.client.head("/api/v1/initiatives").status_code == 401


def test_other_media_type_than_json_is_a_problem(machine: Machine, is_problem: Check) -> None:
    is_problem(machine.get("/initiatives", {"Accept": "text/html"}), 406)
    unread = machine.client.post("/api/v1/outcomes/x/measurements", "a=b", "text/plain", headers=machine.headers)
    is_problem(unread, 404)


def test_host_that_is_not_ours_is_a_problem(machine: Machine, is_problem: Check) -> None:
    is_problem(machine.client.get("/api/v1/api-info", headers={"Host": "elsewhere.example"}), 400)


def test_crash_is_a_problem_without_a_hint(
    machine: Machine, is_problem: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("initiatives.api.paging.Page.envelope", lambda *given: 1 / 0)
    problem = is_problem(machine.get("/units"), 500)
    assert "division" not in str(problem)


@pytest.mark.parametrize("path", [*LISTS, "/api-info"])
def test_unknown_parameter_is_refused_by_name(machine: Machine, is_problem: Check, path: str) -> None:
    problem = is_problem(machine.get(path, colour="red"), 400)
    assert problem["violations"] == [{"field": "colour", "message": "is not a parameter of this resource"}]


def test_every_wrong_parameter_is_named(machine: Machine, is_problem: Check) -> None:
    wrong = {
        "page": "one",
        "limit": "501",
        "state": "draft",
        "updatedFrom": "2026-01-01",
        "q": "",
        "evidenceGrade": "6",
    }
    problem = is_problem(machine.get("/initiatives", **wrong), 400)
    assert {each["field"] for each in problem["violations"]} == set(wrong)


def test_parameter_that_stands_once_may_not_be_given_twice(machine: Machine, is_problem: Check) -> None:
    problem = is_problem(machine.get("/initiatives?limit=1&limit=2"), 400)
    assert problem["violations"] == [{"field": "limit", "message": "may be given once"}]


def test_pages_lead_through_the_whole_list_once(machine: Machine) -> None:
    codes = {a_unit(name=f"Enhet {number}").code for number in range(5)}
    found, address = [], "http://testserver/api/v1/units?limit=2&kind=unit"
    while address:
        body = machine.client.get(address, headers=machine.headers).json()
        found += [unit["code"] for unit in body["units"]]
        assert body["_links"]["self"]["href"].startswith("http://testserver/api/v1/units?limit=2&kind=unit&page=")
        address = body["_links"]["next"] and body["_links"]["next"]["href"]
    assert (len(found), set(found)) == (5, codes)
    assert body["_meta"] == {"totalRecords": 5, "page": 3, "limit": 2, "count": 1, "totalPages": 3}


@pytest.mark.parametrize(
    ("page", "prev", "following"),
    [(0, None, 1), (1, None, 2), (2, 1, 3), (3, 2, None), (9, 3, None), (2**31 - 1, 3, None)],
)
def test_links_of_any_page_lead_back_into_the_list(
    machine: Machine, page: int, prev: int | None, following: int | None
) -> None:
    for number in range(5):
        a_unit(name=f"Enhet {number}")
    body = machine.get("/units", page=page, limit=2).json()

    def number_of(rel: str) -> int | None:
        link = body["_links"][rel]
        return link and int(re.findall(r"page=(\d+)", link["href"])[0])

    assert [number_of(rel) for rel in ("first", "prev", "next", "last")] == [1, prev, following, 3]
    assert len(body["units"]) == body["_meta"]["count"] == (0 if page in (0, 9, 2**31 - 1) else 1 if page == 3 else 2)


@pytest.mark.parametrize("path", LISTS)
def test_page_and_limit_have_their_defaults(machine: Machine, path: str) -> None:
    meta = machine.get(path).json()["_meta"]
    assert (meta["page"], meta["limit"]) == (1, 20)


@pytest.mark.parametrize("path", LISTS)
def test_page_out_of_range_is_empty(machine: Machine, path: str) -> None:
    unit = a_unit()
    an_initiative(a_person(unit=unit), unit, "underway")
    for page in (0, 99):
        body = machine.get(path, page=page).json()
        assert (body[path[1:]], body["_meta"]["count"], body["_meta"]["totalRecords"]) == ([], 0, 1)


def test_whoever_has_any_answer_is_still_told_that_there_is_none(machine: Machine) -> None:
    anything = {"If-None-Match": "*"}
    assert machine.get("/units", anything).status_code == 304
    assert machine.get(f"/outcomes/{UUID(int=0)}/measurements", anything).status_code == 404


def test_what_has_not_changed_is_not_sent_again(machine: Machine) -> None:
    first = machine.get("/units")
    again = machine.get("/units", {"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    a_unit()
    assert machine.get("/units", {"If-None-Match": first["ETag"]}).status_code == 200
    assert first["Cache-Control"] == "private, no-cache"


def test_a_change_with_the_number_of_one_that_a_restored_backup_lost_is_another(machine: Machine) -> None:
    a_unit()
    first = machine.get("/units")
    for change in Change.objects.all():
        Change.objects.filter(pk=change.pk).update(uuid=uuid4())
    assert machine.get("/units", {"If-None-Match": first["ETag"]}).status_code == 200


def test_info_is_open_to_anybody(anybody: Machine) -> None:
    assert anybody.get("/api-info").json() == {
        "apiName": "Framsteg",
        "apiVersion": "0.2.0",
        "apiReleased": "2026-11-28",
        "apiDocumentation": "http://testserver/api/v1/docs",
        "apiStatus": "beta",
    }


def test_every_name_is_camel_case() -> None:
    names = set(_property_names(specification()["components"]["schemas"]))
    for path in specification()["paths"].values():
        for operation in path.values():
            names |= {each["name"] for each in operation["parameters"] if each["in"] != "header"}
    assert {name for name in names if not re.fullmatch(r"[a-z]+([A-Z][a-z]+)*", name)} == {"_meta", "_links"}


def _property_names(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict):
            yield from schema["properties"]
        for part in schema.values():
            yield from _property_names(part)


def test_every_operation_but_the_open_ones_needs_a_scope() -> None:
    scopes = {op.id: op.scopes for view in views() for op in view.operations.values()}
    assert {id for id, needed in scopes.items() if not needed} == {"getApiInfo", "getCatalog"}


@pytest.mark.parametrize("path", LISTS)
def test_without_a_token_nothing_is_shown(anybody: Machine, is_problem: Check, path: str) -> None:
    response = anybody.get(path)
    is_problem(response, 401)
    assert response["WWW-Authenticate"] == 'Bearer realm="framsteg"'


def test_owner_is_never_named(machine: Machine) -> None:
    unit = a_unit()
    owner = a_person("Berthold", "Ovanligsson", unit=unit)
    for _ in range(5):
        a_person(unit=unit)
    made = an_initiative(owner, unit, "measuring")
    paths = [*LISTS, f"/initiatives/{made.uuid}", f"/outcomes/{made.outcomes.get().uuid}", "/metrics?groupBy=unit"]
    for path in paths:
        text = machine.get(path).content.decode()
        assert "Berthold" not in text
        assert "Ovanligsson" not in text
        assert str(owner.uuid) not in text


def test_what_has_not_changed_is_named_as_the_caller_named_it(machine: Machine) -> None:
    named = machine.get("/units")["ETag"].removeprefix("W/")
    for tag in (named, f"W/{named}"):
        again = machine.get("/units", {"If-None-Match": tag})
        assert (again.status_code, again["ETag"]) == (304, tag)


def test_whoever_has_anything_is_told_that_there_is_no_list(machine: Machine, is_problem: Check) -> None:
    assert machine.get("/units", {"If-None-Match": "*"}).status_code == 304
    is_problem(machine.get(f"/outcomes/{uuid.uuid4()}/measurements", {"If-None-Match": "*"}), 404)


@pytest.mark.parametrize("path", ["/metrics", "/soil"])
def test_a_table_that_has_not_changed_is_not_sent_again(machine: Machine, path: str) -> None:
    a_unit()
    tag = machine.get(path, format="csv")["ETag"]
    assert machine.get(path, {"If-None-Match": tag}, format="csv").status_code == 304


@pytest.mark.parametrize("path", ["/initiatives", "/outcomes", "/indicators", "/webhooks"])
@pytest.mark.parametrize("row", ["abc", "", 7, None, "\0", f"{UUID(int=0)}0"])
def test_cursor_of_no_row_is_no_place(machine: Machine, is_problem: Check, path: str, row: Any) -> None:
    order = "updatedAt" if path == "/indicators" else "createdAt" if path == "/webhooks" else "begunAt"
    told = json.dumps([order, "2026-01-01T00:00:00Z", row]).encode()
    is_problem(machine.get(path, cursor=base64.urlsafe_b64encode(told).decode().rstrip("=")), 404)


def test_cursor_of_each_example_is_one_of_its_list(machine: Machine) -> None:
    for path in (*(each for each in LISTS if each != "/metrics"), "/webhooks"):
        parameters = specification()["paths"][path]["get"]["parameters"]
        [example] = [each["example"] for each in parameters if each["name"] == "cursor"]
        assert machine.get(path, cursor=example).status_code == 200, path


@pytest.mark.parametrize("path", ["/openapi.yaml", "/openapi.json", "/docs"])
def test_documents_are_only_read(anybody: Machine, is_problem: Check, path: str) -> None:
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    refused = client.post(f"/api/v1{path}")
    is_problem(refused, 405)
    assert refused["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", ["/openapi.yaml", "/openapi.json"])
def test_specification_that_has_not_changed_is_not_sent_again(anybody: Machine, path: str) -> None:
    first = anybody.get(path)
    assert {*first["Cache-Control"].split(", ")} == {"no-cache", "public"}
    assert anybody.get(path, {"If-None-Match": first["ETag"]}).status_code == 304


def test_session_of_a_person_is_no_way_in(is_problem: Check) -> None:
    machine = make_machine()
    machine.client.force_login(a_person(), "kommun.sign_in.EmployeeBackend")
    is_problem(machine.client.get("/api/v1/units"), 401)
