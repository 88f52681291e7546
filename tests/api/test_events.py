"""/events: thin events in order, each with its link, to whom they concern, from a cursor that is always given."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from initiatives.models import Change, Initiative
from kommun.models import ApiClient, Unit
from tests.api.conftest import Check, Machine, make_machine
from tests.builders import TODAY, a_person, a_unit, an_initiative, values

pytestmark = pytest.mark.django_db(transaction=True)


def follow(machine: Machine, link: dict[str, str]) -> Any:
    query = parse_qs(urlsplit(link["href"]).query)
    response = machine.get("/events", **query)
    assert response.status_code == 200, response.content
    return response.json()


def start(machine: Machine, **query: Any) -> dict[str, str]:
    found: dict[str, str] = machine.get("/events", after="now", **query).json()["_links"]["next"]
    return found


def told(body: Any) -> list[tuple[str, str]]:
    return [(each["type"], each["subject"]) for each in body["events"]]


def test_an_event_is_thin_and_leads_to_what_has_changed(machine: Machine) -> None:
    here = start(machine)
    initiative = an_initiative(a_person(), a_unit("Bygg"), "measuring", target=None)
    change = Change.objects.get(kind="initiative.changed")
    unit, body = Unit.objects.get(), follow(machine, here)
    assert body["events"][-1] == {
        "id": str(change.uuid),
        "type": "initiative.changed",
        "occurredAt": change.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "subject": str(initiative.uuid),
        "initiativeId": str(initiative.uuid),
        "_links": {
            "subject": {
                "href": f"http://testserver/api/v1/initiatives/{initiative.uuid}",
                "rel": "related",
                "method": "GET",
            }
        },
    }
    assert [each["subject"] for each in body["events"]] == [unit.code, unit.code, str(initiative.uuid)]
    assert (body["events"][0]["initiativeId"], body["_meta"]) == (None, {"count": 3, "limit": 20, "hasMore": False})
    [way] = {each["_links"]["subject"]["href"] for each in body["events"][:2]}
    assert way == f"http://testserver/api/v1/units/{unit.code}"


def test_next_is_always_there_and_keeps_the_other_parameters(machine: Machine) -> None:
    initiative = an_initiative(a_person(), a_unit(), "measuring")
    values(initiative.outcomes.get(), [1, 2], until=TODAY)
    wanted: dict[str, Any] = {"limit": 1, "type": ["outcome.changed", "unit.changed"]}
    body = machine.get("/events", **wanted).json()
    assert (len(body["events"]), body["_meta"]["hasMore"]) == (1, True)
    assert parse_qs(urlsplit(body["_links"]["self"]["href"]).query) == {"limit": ["1"], "type": wanted["type"]}
    found = told(body)
    while body["events"]:
        body = follow(machine, body["_links"]["next"])
        found += told(body)
    assert {kind for kind, _subject in found} == {"outcome.changed", "unit.changed"}
    assert len(found) == Change.objects.filter(kind__in=wanted["type"]).count()
    assert body["_links"]["self"]["href"] == body["_links"]["next"]["href"]


def test_what_is_removed_has_no_link_and_no_content(machine: Machine) -> None:
    initiative = an_initiative(a_person(), a_unit(), "proposed", target=None)
    here = start(machine)
    Initiative.objects.update(state="withdrawn", decide_by_on=None)
    [event] = follow(machine, here)["events"]
    assert (event["type"], event["subject"], event["_links"]) == (
        "initiative.removed",
        str(initiative.uuid),
        {"subject": None},
    )


def test_drafts_are_never_told_of(machine: Machine) -> None:
    here = start(machine)
    draft = an_initiative(a_person(), a_unit())
    values(draft.outcomes.get(), [1, 2], until=TODAY)
    Initiative.objects.update(title="Ännu ett utkast")
    draft.outcomes.get().measurements.all().delete()
    Initiative.objects.update(unit=a_unit("Skola"))
    body = follow(machine, here)
    assert {each["type"] for each in body["events"]} == {"unit.changed"}


def test_a_bound_client_is_told_of_its_own_part_also_when_something_leaves_it() -> None:
    root = a_unit("Kommunen")
    mine, other = a_unit("Min", root), a_unit("Annan", root)
    machine, whole, outside = make_machine(mine), make_machine(), make_machine(other)
    initiative = an_initiative(a_person(), mine, "measuring", target=None)
    an_initiative(a_person(), other, "measuring", target=None)
    places = [(each, start(each)) for each in (machine, whole, outside)]
    Initiative.objects.filter(pk=initiative.pk).update(unit=other)
    came, went = [(f"initiative.{what}", str(initiative.uuid)) for what in ("changed", "removed")]
    assert [told(follow(each, here)) for each, here in places] == [[went], [came], [came]]


def test_with_metrics_alone_only_indicators_and_units_are_told_of(is_problem: Check) -> None:
    machine = make_machine(scopes="metrics:read")
    an_initiative(a_person(), a_unit(), "measuring")
    kinds = {each["type"] for each in machine.get("/events").json()["events"]}
    assert kinds == {"unit.changed", "indicator.changed"}
    assert machine.get("/events", type="unit.changed").status_code == 200
    is_problem(machine.get("/events", type="outcome.changed"), 403)
    is_problem(make_machine(scopes="webhooks:manage").get("/events"), 403)


def test_events_are_a_table_too_that_leads_on_by_its_header(machine: Machine) -> None:
    an_initiative(a_person(), a_unit(), "measuring")
    told = machine.get("/events", limit=2).json()
    table = machine.get("/events", {"Accept": "text/csv"}, limit=2)
    asked = machine.get("/events", limit=2, format="csv")
    head, *rows = table.content.decode("utf-8-sig").split("\r\n")
    assert head == "id,type,occurredAt,subject,initiativeId"
    assert [row.split(",")[0] for row in rows if row] == [each["id"] for each in told["events"]]
    following = told["_links"]["next"]["href"]
    assert table["Link"] == f'<{following}>; rel="next"'
    assert asked["Link"] == f'<{following}&format=csv>; rel="next"'
    assert machine.get("/events", {"If-None-Match": asked["ETag"]}, limit=2, format="csv").status_code == 304


@pytest.mark.parametrize("after", ["", "Now", "nonsense", "x" * 34, "%00"])
def test_nonsense_is_refused(machine: Machine, is_problem: Check, after: str) -> None:
    problem = is_problem(machine.get("/events", after=after), 404)
    assert problem["detail"] == "There is no such cursor. Take the one that the link next holds."


def test_who_has_to_start_over_is_told_so(machine: Machine, is_problem: Check) -> None:
    unit = a_unit()
    here = start(machine)
    ApiClient.objects.update(unit=unit)
    problem = is_problem(machine.get("/events", **parse_qs(urlsplit(here["href"]).query)), 410)
    assert "Start over" in problem["detail"]


def test_nothing_new_costs_no_body(machine: Machine) -> None:
    a_unit()
    here = parse_qs(urlsplit(start(machine)["href"]).query)
    first = machine.get("/events", **here)
    again = machine.get("/events", {"If-None-Match": first["ETag"]}, **here)
    assert (again.status_code, again.content) == (304, b"")
    a_unit()
    assert machine.get("/events", {"If-None-Match": first["ETag"]}, **here).status_code == 200
