"""Real answers against the national REST API profile 1.2.0."""

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from initiatives.models import Outcome
from tests.api.conftest import Check, Machine
from tests.api.profile import holds
from tests.builders import TODAY, a_person, a_unit, an_initiative, values

pytestmark = pytest.mark.django_db

LISTS = ["/units", "/indicators", "/initiatives", "/outcomes"]
IANA = {  # of the registry of link relations, those that the API has a use for
    "self", "first", "prev", "next", "last", "collection", "item", "up", "related", "edit", "describedby",
    "alternate", "service-doc", "service-desc", "successor-version", "latest-version", "current", "monitor",
}  # fmt: skip
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")


@pytest.fixture
def outcome(db: None) -> Outcome:
    unit = a_unit(parent=a_unit("Bygg"))
    people = [a_person(unit=unit) for _ in range(5)]
    outcome = an_initiative(people[0], unit, "measuring").outcomes.get()
    values(outcome, [31, 30, 32, 33, 29, 31, 20, 21, 19, 20, 22, 20], until=TODAY)
    return outcome


def addresses(outcome: Outcome) -> list[str]:
    assert outcome.initiative.unit is not None
    return [
        *LISTS,
        f"/units/{outcome.initiative.unit.code}",
        f"/indicators/{outcome.indicator.uuid}",
        f"/initiatives/{outcome.initiative.uuid}",
        f"/outcomes/{outcome.uuid}",
        f"/outcomes/{outcome.uuid}/measurements",
        "/metrics?groupBy=unit&groupBy=period",
    ]


def links(content: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(content, dict):
        for name, part in content.items():
            if name == "_links":
                yield from ((rel, link) for rel, link in part.items() if link is not None)
            else:
                yield from links(part)
    elif isinstance(content, list):
        for part in content:
            yield from links(part)


def every_member(content: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(content, dict):
        for name, part in content.items():
            yield name, part
            yield from every_member(part)
    elif isinstance(content, list):
        for part in content:
            yield from every_member(part)


@holds("VER.07")
def test_api_info_says_the_five_things(anybody: Machine) -> None:
    about = anybody.get("/api-info").json()
    assert set(about) >= {"apiName", "apiVersion", "apiReleased", "apiDocumentation", "apiStatus"}
    assert dt.date.fromisoformat(about["apiReleased"])
    assert urlsplit(about["apiDocumentation"]).scheme
    documentation = anybody.client.get(about["apiDocumentation"])
    assert documentation.status_code == 200


@holds("MOG.02", "VER.01", "HYP.04", "HYP.05", "HYP.07", "HYP.12", "HYP.14", "HYP.15", "HYP.17", "HYP.18", "HYP.19")
def test_every_link_is_whole_absolute_and_true(machine: Machine, outcome: Outcome) -> None:
    seen = set()
    for address in addresses(outcome):
        body = machine.get(address).json()
        own = dict(links({"_links": body["_links"]}))
        assert own["self"]["href"].startswith("http://testserver/api/v1/"), address
        for rel, link in links(body):
            assert set(link) == {"href", "rel", "method"}, (address, rel)
            assert link["rel"] in IANA, (address, rel)
            assert link["href"].startswith("http://testserver/api/v1"), (address, rel)
            if link["method"] == "GET" and link["href"] not in seen:
                seen.add(link["href"])
                assert machine.client.get(link["href"], headers=machine.headers).status_code == 200, link
    assert len(seen) > 10


@holds("HYP.10", "HYP.14")
def test_links_stand_under_the_host_that_was_asked(machine: Machine, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["framsteg.kommunen.se"]
    headers = machine.headers | {"Host": "framsteg.kommunen.se"}
    body = machine.client.get("/api/v1/units", headers=headers).json()
    assert body["_links"]["self"]["href"].startswith("http://framsteg.kommunen.se/api/v1/units?")


@holds("FNS.02", "FNS.12")
def test_links_keep_the_other_parameters_percent_encoded(machine: Machine, outcome: Outcome) -> None:
    body = machine.get("/initiatives", q="handläggning & bygg", state=["measuring", "underway"], limit=1).json()
    for _rel, link in links({"_links": body["_links"]}):
        query = urlsplit(link["href"]).query
        assert query.isascii() and " " not in query
        assert parse_qs(query)["q"] == ["handläggning & bygg"]
        assert parse_qs(query)["state"] == ["measuring", "underway"]


@holds("FNS.14")
@pytest.mark.parametrize("page", [0, 99])
def test_page_out_of_range_is_an_empty_list(machine: Machine, outcome: Outcome, page: int) -> None:
    for path in LISTS:
        answer = machine.get(path, page=page)
        assert (answer.status_code, answer.json()[path[1:]]) == (200, [])


@holds("DOT.01", "DOT.03")
def test_moments_are_utc_and_days_have_no_time(machine: Machine, outcome: Outcome) -> None:
    kinds = set()
    for address in addresses(outcome):
        for name, value in every_member(machine.get(address).json()):
            if value is not None and name.endswith("At"):
                assert MOMENT.fullmatch(value), (address, name)
                kinds.add("moment")
            elif value is not None and name.endswith("On"):
                assert dt.date.fromisoformat(value).isoformat() == value, (address, name)
                kinds.add("day")
    assert kinds == {"moment", "day"}


@holds("DOT.01")
def test_any_offset_is_taken(machine: Machine, outcome: Outcome) -> None:
    counts = [
        machine.get("/initiatives", updatedFrom=since).json()["_meta"]["totalRecords"]
        for since in ("2020-01-01T00:00:00Z", "2020-01-01T00:00:00+14:00", "2020-01-01T00:00:00-11:30")
    ]
    assert counts == [1, 1, 1]


@holds("RES.04")
def test_nested_rows_have_identifiers_of_their_own(machine: Machine, outcome: Outcome) -> None:
    rows = machine.get(f"/outcomes/{outcome.uuid}/measurements").json()["measurements"]
    assert len({row["id"] for row in rows}) == len(rows) == 12


@holds("SAK.05", "ARQ.06")
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PURGE"])
def test_unused_methods_are_refused_and_change_nothing(
    machine: Machine, outcome: Outcome, is_problem: Check, method: str
) -> None:
    before = machine.get(f"/outcomes/{outcome.uuid}").content
    for address in addresses(outcome):
        response = machine.client.generic(method, f"/api/v1{address}", headers=machine.headers)
        is_problem(response, 405)
        assert {"GET", "HEAD"} <= set(response["Allow"].split(", "))
    assert machine.get(f"/outcomes/{outcome.uuid}").content == before


@holds("ARQ.06", "HYP.02", "CAC.01")
def test_asking_twice_gives_the_same_answer_that_can_be_kept(machine: Machine, outcome: Outcome) -> None:
    for address in addresses(outcome):
        first, again = machine.get(address), machine.get(address)
        assert (first.content, first["ETag"]) == (again.content, again["ETag"]), address
        assert "no-store" not in first["Cache-Control"], address
        known = machine.client.get(f"/api/v1{address}", headers=machine.headers | {"If-None-Match": first["ETag"]})
        assert (known.status_code, known.content) == (304, b""), address
        head = machine.client.head(f"/api/v1{address}", headers=machine.headers)
        assert (head.status_code, head.content, head["ETag"]) == (200, b"", first["ETag"]), address


@holds("SAK.17", "SAK.37")
def test_no_other_site_is_let_in(machine: Machine, outcome: Outcome) -> None:
    headers = machine.headers | {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}
    for method in ("GET", "OPTIONS"):
        response = machine.client.generic(method, "/api/v1/units", headers=headers)
        assert not [name for name in response.headers if name.lower().startswith("access-control")]


@holds("SAK.15", "SAK.16")
@pytest.mark.parametrize("name", ["access_token", "token", "api_key", "apikey", "key"])
def test_credentials_in_the_address_open_nothing(machine: Machine, is_problem: Check, name: str) -> None:
    is_problem(Machine().get("/units", **{name: machine.token}), 401)


@holds("SAK.06", "SAK.28", "SAK.31", "ARQ.01")
def test_every_part_of_a_request_is_judged(machine: Machine, outcome: Outcome, is_problem: Check) -> None:
    path = f"/outcomes/{outcome.uuid}/measurements"
    is_problem(machine.get("/units", nonsense="1"), 400)
    is_problem(machine.get("/units", limit="many"), 400)
    is_problem(machine.post(path, b"{"), 400)
    is_problem(machine.post(path, {"measurements": [], "more": 1}), 400)


@holds("SAK.29", "ARQ.02")
def test_body_of_another_type_than_it_says_is_refused(machine: Machine, outcome: Outcome, is_problem: Check) -> None:
    path = f"/api/v1/outcomes/{outcome.uuid}/measurements"
    is_problem(machine.client.post(path, "<a/>", "application/xml", headers=machine.headers), 415)
    is_problem(machine.get("/units", {"Accept": "image/png"}), 406)


@holds("AME.01", "AME.02")
@pytest.mark.parametrize("accept", [None, "*/*", "application/*", "application/json", "text/html, */*;q=0.1"])
def test_json_is_what_one_gets_without_asking(machine: Machine, outcome: Outcome, accept: str | None) -> None:
    for address in addresses(outcome):
        response = machine.get(address, {"Accept": accept} if accept else None)
        assert response["Content-Type"] == "application/json", address
        response.content.decode("utf-8")


@holds("SAK.24", "SAK.25", "SAK.26")
def test_what_breaks_inside_says_nothing_of_our_inside(
    machine: Machine, is_problem: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: Any, **more: Any) -> None:
        raise RuntimeError("SELECT secret FROM kommun_apiclient")

    monkeypatch.setattr("initiatives.api.listings.rows_of", broken)
    problem = is_problem(machine.get("/units"), 500)
    assert not re.search(r"SELECT|RuntimeError|Traceback|django|\.py|line \d", str(problem))


@holds("ARQ.03")
def test_a_cookie_opens_nothing_and_none_is_set(anybody: Machine, is_problem: Check, outcome: Outcome) -> None:
    browser = Client(raise_request_exception=False)
    browser.force_login(outcome.initiative.owner)
    response = browser.get("/api/v1/units")
    is_problem(response, 401)
    assert not response.cookies


@holds("RES.02")
def test_nobody_is_named(machine: Machine, outcome: Outcome) -> None:
    owner = outcome.initiative.owner
    told = {owner.employee_id, owner.login, owner.email, owner.family_name, str(owner.uuid)}
    for address in addresses(outcome):
        text = machine.get(address).content.decode()
        assert not {each for each in told if f'"{each}"' in text or (len(str(each)) > 6 and str(each) in text)}, address


@holds("SAK.08")
def test_each_open_address_is_meant_to_be(anybody: Machine, outcome: Outcome, is_problem: Check) -> None:
    for address in addresses(outcome):
        is_problem(anybody.get(address), 401)
    assert anybody.get("/api-info").status_code == 200


@holds("SAK.23", "HYP.03")
def test_an_outcome_says_where_values_are_sent(machine: Machine, outcome: Outcome) -> None:
    body = machine.get(f"/outcomes/{outcome.uuid}").json()
    offered = {(link["method"], urlsplit(link["href"]).path) for _, link in links(body)}
    values_of_it = f"/api/v1/outcomes/{outcome.uuid}/measurements"
    assert {("POST", values_of_it), ("GET", values_of_it)} <= offered


@pytest.mark.parametrize(
    "headers",
    [
        {"Forwarded": "for=192.0.2.1;host=api.kommunen.se;proto=https"},
        {"Forwarded": 'Host="api.kommunen.se"; Proto=https, for=10.0.0.1'},
        {"X-Forwarded-Host": "api.kommunen.se", "X-Forwarded-Proto": "https"},
    ],
)
@holds("HYP.09")
def test_links_stand_under_the_address_that_a_trusted_proxy_forwards(
    machine: Machine, outcome: Outcome, settings: Any, headers: dict[str, str]
) -> None:
    def address(is_behind_proxy: bool) -> str:
        settings.BEHIND_PROXY, settings.ALLOWED_HOSTS = is_behind_proxy, ["testserver", "api.kommunen.se"]
        found: str = machine.get("/outcomes", headers).json()["_links"]["self"]["href"]
        return found.partition("/api/v1/")[0]

    assert (address(is_behind_proxy=True), address(is_behind_proxy=False)) == (
        "https://api.kommunen.se", "http://testserver",
    )  # fmt: skip
