"""The specification against the national REST API profile 1.2.0, as its public lint tool looks at it, and closer."""

import datetime as dt
import json
import re
from typing import Any

import pytest
from django.conf import settings
from openapi_spec_validator import OpenAPIV31SpecValidator

from initiatives.api.documents import as_yaml, specification
from tests.api.conftest import Machine
from tests.api.document import bodies, calls, followed, properties
from tests.api.profile import holds

CAMEL_CASE = re.compile(r"[a-z]+([A-Z][a-z]*)*")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)")
FIVE = {"type", "title", "status", "detail", "instance"}
MEMBERS_OF_STANDARDS = {"specversion", "datacontenttype"}  # CloudEvents has them so
PERSONAL = {"pnr", "personnummer", "personnr", "personalidentitynumber", "ssn", "socialsecuritynumber"}
UNCOUNTED = {"soil", "catalog"}  # there is one of each, and soil is nothing one counts


def info() -> dict[str, Any]:
    found: dict[str, Any] = specification()["info"]
    return found


def words(text: str) -> set[str]:
    return set(re.findall(r"[a-zåäö]+", text.lower()))


# --- Documentation ------------------------------------------------------------------------------------------------


@holds("DOK.16", "DOK.17")
def test_another_judge_finds_the_specification_valid(anybody: Machine) -> None:
    OpenAPIV31SpecValidator(specification()).validate()
    OpenAPIV31SpecValidator(json.loads(anybody.get("/openapi.json").content)).validate()
    assert re.fullmatch(r"3\.\d+\.\d+", specification()["openapi"])
    assert "swagger" not in specification()


@holds("DOK.01", "DOK.18", "DOK.23", "DOK.24")
def test_specification_and_documentation_lie_open_under_the_root(anybody: Machine) -> None:
    for name in ("/openapi.yaml", "/openapi.json", "/docs"):
        assert anybody.get(name).status_code == 200
    docs = specification()["externalDocs"]
    assert docs["description"] and docs["url"] == f"{specification()['servers'][0]['url']}/docs"


@holds("DOK.03", "DOK.07", "DOK.11", "DOK.21")
def test_info_says_what_it_is_on_which_terms_and_whom_to_ask() -> None:
    assert all(info()[name] for name in ("title", "version", "summary", "description"))
    assert info()["termsOfService"].startswith("https://")
    assert all(info()["contact"][name] for name in ("name", "url", "email"))
    assert all(info()["license"][name] for name in ("name", "url"))
    for subject in ("Authentication", "Life cycle", "Data model", "Terms of use"):
        assert f"\n### {subject}\n" in info()["description"]
    for subject in ("Behörighet", "Livscykel", "Datamodell", "Användarvillkor"):
        assert f"\n### {subject}\n" in info()["description"]
    assert all("security" in call.operation for call in calls())


@holds("DOK.06")
def test_info_is_in_swedish_and_in_english() -> None:
    assert {"och", "att", "som"} <= words(info()["description"])
    assert {"and", "the", "of"} <= words(info()["description"])


@holds("DOK.08")
def test_info_says_the_level_of_service() -> None:
    assert all(info()["x-sla"][name] for name in ("availability", "responseTime", "support"))


@holds("DOK.09")
def test_info_says_what_the_api_cannot_do() -> None:
    assert len(info()["x-limitations"]) >= 3
    assert all(each.endswith(".") for each in info()["x-limitations"])
    for subject in ("Known limitations", "Begränsningar"):
        assert f"\n### {subject}\n" in info()["description"]


@holds("DOK.05", "VER.04")
def test_version_is_semantic_and_the_same_everywhere(anybody: Machine) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", info()["version"])
    assert anybody.get("/api-info").json()["apiVersion"] == info()["version"]
    assert f"version: {info()['version']}\n" in as_yaml().decode()
    changelog = (settings.BASE_DIR / "docs" / "api" / "changelog.md").read_text("utf-8")
    [(version, released), *_earlier] = re.findall(r"^## (\S+)\s+Released (\S+)\.$", changelog, re.MULTILINE)
    assert (version, released) == (info()["version"], anybody.get("/api-info").json()["apiReleased"])


@holds("DOK.12", "DOK.19")
def test_every_operation_and_parameter_is_described() -> None:
    for call in calls():
        assert call.operation["summary"] and call.operation["description"], call
        assert len(call.operation["tags"]) == 1, call
        for each in call.parameters:
            assert each["description"].endswith("."), (str(call), each["name"])
            is_new_each_time = each["name"] in ("Idempotency-Key", "If-Match")  # an example would be refused
            assert ("example" in each or "examples" in each) != is_new_each_time, (str(call), each["name"])


def test_every_tag_is_described_and_every_operation_has_its_own_name() -> None:
    used = {tag for call in calls() for tag in call.operation["tags"]}
    assert {tag["name"] for tag in specification()["tags"] if tag["description"]} == used
    ids = [call.operation["operationId"] for call in calls()]
    assert len(set(ids)) == len(ids)


@holds("DOK.13", "DOK.20", "ARP.02")
def test_every_answer_is_described_and_every_refusal_is_named() -> None:
    for call in calls():
        assert all(answer["description"] for answer in call.responses.values()), call
        assert {"400", "405", "406", "500"} <= call.responses.keys(), call
        needs_token = {"401", "403", "429"}
        assert (needs_token <= call.responses.keys()) == bool(call.operation["security"]), call
        assert ("404" in call.responses) >= ("{" in call.path), call
        assert ("304" in call.responses) == (call.method == "get"), call
        with_body = {"413", "415"} if "requestBody" in call.operation else set()
        assert with_body <= call.responses.keys(), call


@holds("DOK.15")
def test_every_body_has_a_whole_example() -> None:
    for where, kind, media in bodies():
        if followed(media["schema"]).get("format") == "binary":  # of which there is nothing to show
            continue
        examples = [media["example"]] if "example" in media else [each["value"] for each in media["examples"].values()]
        assert all(examples), (where, kind)
        if kind == "application/json":
            assert all(has_all(followed(media["schema"]), example) for example in examples), where


def has_all(schema: dict[str, Any], example: Any) -> bool:
    """The example has every member that the schema requires, all the way down."""
    schema = followed(schema)
    if isinstance(example, list):
        return all(has_all(schema.get("items", {}), each) for each in example)
    if not isinstance(example, dict):
        return True
    parts = schema.get("properties", {})
    return set(schema.get("required", [])) <= set(example) and all(
        has_all(parts[name], part) for name, part in example.items() if name in parts
    )


# --- Dates and times ----------------------------------------------------------------------------------------------


@holds("DOT.02")
def test_every_day_and_moment_has_a_valid_example() -> None:
    seen = set()
    parameters = [
        (each["name"], {"example": each.get("example"), **each["schema"]}) for c in calls() for each in c.parameters
    ]
    for name, schema in [*properties(), *parameters]:
        if schema.get("format") == "date":
            assert dt.date.fromisoformat(schema["example"]).isoformat() == schema["example"], name
        elif schema.get("format") == "date-time":
            assert MOMENT.fullmatch(schema["example"]) and dt.datetime.fromisoformat(schema["example"]), name
        seen.add(schema.get("format"))
    assert {"date", "date-time"} <= seen


@holds("DOT.04")
def test_moments_are_answered_in_utc() -> None:
    answers = json.dumps([media.get("example") for where, _, media in bodies() if not where.endswith("request")])
    assert {found[1][-1] for found in re.finditer(rf'"({MOMENT.pattern})"', answers)} == {"Z"}


# --- Resources and addresses --------------------------------------------------------------------------------------


@holds("RES.02")
def test_no_parameter_or_member_is_about_who_somebody_is() -> None:
    names = {name for call in calls() for name in (each["name"] for each in call.parameters)}
    names |= {name for name, _ in properties()}
    assert not {name for name in names if name.lower() in PERSONAL | {"pk", "owner", "email"}}


@holds("RES.01", "RES.03", "RES.05", "SAK.22")
def test_identifiers_are_no_counters() -> None:
    for name, schema in properties():
        if name == "id" or (name.endswith("Id") and name != "koladaId"):
            assert schema.get("format") == "uuid", name
    for call in calls():
        assert all(each["schema"]["type"] == "string" for each in call.named("path").values()), call


@holds("RES.06", "UFN.07", "UFN.08", "UFN.09", "SAK.30")
def test_paths_are_nouns_in_the_plural_in_small_letters() -> None:
    for path in specification()["paths"]:
        parts = path[1:].split("/")
        for part in parts:
            if part.startswith("{"):
                assert re.fullmatch(r"\{[a-z]+([A-Z][a-z]+)*\}", part), path
            else:
                assert re.fullmatch(r"[a-z]+(-[a-z]+)*", part), path
                assert part in {*UNCOUNTED, "api-info"} or part.endswith("s"), path
                assert part.split("-")[0] not in {"get", "post", "put", "delete", "patch", "create"}, path
        assert parts[0] and not path.endswith("/")


@holds("UFN.01", "SAK.01", "VER.05")
def test_address_is_https_with_the_major_version_alone() -> None:
    assert specification()["servers"]
    for server in specification()["servers"]:
        assert re.fullmatch(r"https://[a-z0-9-]+(\.[a-z0-9-]+)+/api/v\d+", server["url"])


@holds("UFN.03", "UFN.05")
def test_addresses_stay_short() -> None:
    longest = 0
    for call in calls():
        given = [f"{name}={'x' * 36}" for name in call.named("query")]
        path = re.sub(r"\{\w+\}", "x" * 64, call.path)
        longest = max(longest, len(f"{specification()['servers'][0]['url']}{path}?{'&'.join(given)}"))
    assert longest < 2048


@holds("MOG.01", "MOG.03", "SAK.30", "HYP.02")
def test_verbs_mean_what_they_mean() -> None:
    for call in calls():
        assert call.method in {"get", "post", "put", "patch", "delete"}, call
        assert ("requestBody" in call.operation) <= (call.method in {"post", "put", "patch"}), call


# --- Security -----------------------------------------------------------------------------------------------------


@holds("SAK.09", "SAK.10", "SAK.13", "SAK.16", "SAK.18", "SAK.35", "SAK.36")
def test_only_bearer_tokens_of_oauth_open_anything() -> None:
    schemes = specification()["components"]["securitySchemes"]
    for scheme in schemes.values():
        assert scheme["type"] in {"oauth2", "http"}
        assert scheme.get("scheme", "bearer") == "bearer"
        for flow in scheme.get("flows", {}).values():
            addresses = [value for name, value in flow.items() if name.endswith("Url")]
            assert addresses and all(address.startswith("https://") for address in addresses)
    assert set(schemes["oauth2"]["flows"]) == {"clientCredentials"}
    known = set(schemes["oauth2"]["flows"]["clientCredentials"]["scopes"])
    for call in calls():
        assert all(set(each) <= set(schemes) for each in call.operation["security"]), call
        assert {scope for each in call.operation["security"] for scope in each.get("oauth2", [])} <= known, call
        assert not {"authorization", "accesstoken", "apikey"} & {each["name"].lower() for each in call.parameters}, call
    assert {call.path for call in calls() if not call.operation["security"]} <= {"/api-info", "/catalog"}


# --- Messages -----------------------------------------------------------------------------------------------------


@holds("AME.01", "ARQ.01")
def test_every_answer_and_every_body_can_be_json() -> None:
    for call in calls():
        if call.path == "/catalog":  # RDF is what a catalogue is harvested in
            continue
        for status, answer in call.good.items():
            assert "application/json" in answer.get("content", {"application/json": ""}), (str(call), status)
        if "requestBody" in call.operation:
            assert "application/json" in call.operation["requestBody"]["content"], call


@holds("AME.04", "AME.05", "AME.07")
def test_members_are_named_in_camel_case() -> None:
    odd = {name for name, _ in properties() if not CAMEL_CASE.fullmatch(name)}
    assert odd <= {"_meta", "_links"}  # the profile's own, FNS.10


@holds("AME.06")
def test_members_that_are_lists_are_named_in_the_plural() -> None:
    for name, schema in properties():
        if "array" in (schema.get("type") or ""):
            assert name.endswith("s"), name


@holds("ARQ.05")
def test_no_header_carries_what_belongs_in_a_body() -> None:
    for call in calls():
        for name, each in call.named("header").items():
            assert each["schema"].get("type") in {"string", "integer"}, (str(call), name)
            assert each["schema"].get("format") != "binary", (str(call), name)


@holds("ARQ.03")
def test_headers_of_a_request_are_described_where_they_matter() -> None:
    for call in calls():
        headers = call.named("header")
        assert {"traceparent", "X-Request-ID"} <= headers.keys(), call
        if call.method == "get":
            assert "If-None-Match" in headers, call
        assert not call.named("cookie")


@holds("ARP.03", "ARP.04")
def test_what_is_made_says_where_it_is() -> None:
    for call in calls():
        for status in {"201", "202"} & call.good.keys():
            assert "Location" in call.good[status]["headers"], call


# --- Problems -----------------------------------------------------------------------------------------------------


@holds("FEL.01", "FEL.02")
def test_every_refusal_is_a_whole_problem() -> None:
    for call in calls():
        for status, answer in call.problems.items():
            assert list(answer["content"]) == ["application/problem+json"], (str(call), status)
            media = answer["content"]["application/problem+json"]
            schema = followed(media["schema"])
            assert set(schema["properties"]) >= FIVE and set(schema["required"]) >= FIVE, (str(call), status)
            assert set(media["example"]) >= FIVE, (str(call), status)


# --- Versions -----------------------------------------------------------------------------------------------------


@holds("VER.06", "VER.10")
def test_there_is_a_resource_about_the_api() -> None:
    [media] = specification()["paths"]["/api-info"]["get"]["responses"]["200"]["content"].values()
    schema = followed(media["schema"])
    assert set(schema["required"]) == {"apiName", "apiVersion", "apiReleased", "apiDocumentation", "apiStatus"}
    states = {"alpha", "beta", "active", "deprecated", "retired", "decommissioned"}
    assert set(schema["properties"]["apiStatus"]["enum"]) == states


@holds("VER.11", "VER.12")
def test_what_is_not_yet_active_has_the_major_version_nought(anybody: Machine) -> None:
    about = anybody.get("/api-info").json()
    assert (about["apiVersion"][0] == "0") == (about["apiStatus"] in {"alpha", "beta"})


# --- Links --------------------------------------------------------------------------------------------------------


@holds("HYP.01", "HYP.11", "HYP.13", "HYP.16")
def test_every_link_is_described_with_address_relation_and_method() -> None:
    found = 0
    for name, schema in properties():
        if name == "_links":
            for rel, link in followed(schema)["properties"].items():
                link = followed(link)
                assert set(link["required"]) == {"href", "rel", "method"}, rel
                assert link["properties"]["href"]["format"] == "uri", rel
                assert link["description"].endswith("."), rel
                found += 1
    assert found


# --- Searching ----------------------------------------------------------------------------------------------------


@holds("UFN.04", "FNS.01", "FNS.03", "FNS.05", "FNS.06")
def test_query_parameters_are_optional_and_named_in_camel_case() -> None:
    for call in calls():
        for name, each in call.named("query").items():
            assert CAMEL_CASE.fullmatch(name), (str(call), name)
            assert not each.get("required"), (str(call), name)


@holds("FNS.07", "FNS.08", "FNS.09")
def test_pages_have_a_number_and_a_length_by_default() -> None:
    paged = [call for call in calls() if {"page", "offset"} & call.named("query").keys()]
    fed = {call.path for call in calls() if "limit" in call.named("query")} - {call.path for call in paged}
    assert fed <= {"/events"}  # which has no pages, but goes on from where its reader is
    assert len(paged) >= 6
    for call in paged:
        query = call.named("query")
        assert (query["page"]["schema"]["default"], query["limit"]["schema"]["default"]) == (1, 20), call


@holds("HYP.06", "FNS.10", "FNS.11", "FNS.13")
def test_pages_say_where_they_are_and_lead_on() -> None:
    for call in calls():
        if "page" in call.named("query"):
            schema = followed(call.good["200"]["content"]["application/json"]["schema"])
            page, *_as_in_kolada = map(followed, schema.get("anyOf", [schema]))
            assert {"_meta", "_links"} <= set(page["required"]), call
            meta, links = (followed(page["properties"][name])["properties"] for name in ("_meta", "_links"))
            assert {"totalRecords", "page", "limit", "count"} <= set(meta), call
            assert {"self", "first", "prev", "next", "last"} <= set(links), call


@pytest.mark.parametrize("extra", ["x-limitations", "x-sla"])
def test_extensions_are_words_for_people(extra: str) -> None:
    value = info()[extra]
    assert all(isinstance(each, str) and each for each in (value.values() if isinstance(value, dict) else value))
