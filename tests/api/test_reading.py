"""What each list holds, for whom, and how it is narrowed."""

import datetime as dt
from importlib import import_module
from typing import Any

import pytest
from django.db import connection

from initiatives.models import Claim, Goal, Initiative, Outcome
from initiatives.pages.charting import series_of
from initiatives.workflow import State
from tests.api.conftest import Check, Machine, make_machine
from tests.builders import (
    NOW,
    TODAY,
    a_person,
    a_unit,
    a_year_of_hours,
    an_indicator,
    an_initiative,
    an_outcome,
    values,
)

pytestmark = pytest.mark.django_db


def ids(machine: Machine, path: str, **query: Any) -> list[str]:
    body = machine.get(path, **query).json()
    return [each["id"] for each in body[path[1:]]]


def all_states(unit: Any) -> dict[str, Initiative]:
    owner = a_person(unit=unit)
    return {state: an_initiative(owner, unit, state) for state in State.values}


def test_machine_sees_what_every_employee_sees_and_never_a_draft(machine: Machine, is_problem: Check) -> None:
    made = all_states(a_unit())
    hidden = {"draft", "declined", "withdrawn"}
    assert set(ids(machine, "/initiatives")) == {str(made[state].uuid) for state in made if state not in hidden}
    for state in hidden:
        is_problem(machine.get(f"/initiatives/{made[state].uuid}"), 404)
        is_problem(machine.get(f"/outcomes/{made[state].outcomes.get().uuid}"), 404)
        is_problem(machine.get(f"/outcomes/{made[state].outcomes.get().uuid}/measurements"), 404)


def test_indicator_that_only_a_draft_uses_is_unknown(machine: Machine, is_problem: Check) -> None:
    made = all_states(a_unit())
    seen = {str(made[state].outcomes.get().indicator.uuid) for state in made} - {
        str(made[state].outcomes.get().indicator.uuid) for state in ("draft", "declined", "withdrawn")
    }
    assert set(ids(machine, "/indicators")) == seen
    is_problem(machine.get(f"/indicators/{made['draft'].outcomes.get().indicator.uuid}"), 404)


def test_bound_client_sees_its_own_part_and_nothing_else(is_problem: Check) -> None:
    root = a_unit("Kommunen")
    mine, other = a_unit("Min", root), a_unit("Annan", root)
    below = a_unit("Under", mine)
    inside, outside = an_initiative(a_person(), below, "measuring"), an_initiative(a_person(), other, "measuring")
    machine = make_machine(mine)
    hidden = outside.outcomes.get()
    assert ids(machine, "/initiatives") == [str(inside.uuid)]
    assert ids(machine, "/outcomes") == [str(inside.outcomes.get().uuid)]
    assert ids(machine, "/indicators") == [str(inside.outcomes.get().indicator.uuid)]
    units = machine.get("/units").json()["units"]
    assert [(unit["code"], unit["parentCode"]) for unit in units] == [(mine.code, None), (below.code, mine.code)]
    for path in (
        f"/initiatives/{outside.uuid}",
        f"/outcomes/{hidden.uuid}",
        f"/outcomes/{hidden.uuid}/measurements",
        f"/indicators/{hidden.indicator.uuid}",
        f"/units/{other.code}",
        f"/units/{root.code}",
    ):
        is_problem(machine.get(path), 404)
    is_problem(machine.post(f"/outcomes/{hidden.uuid}/measurements", {"measurements": [{}]}), 404)
    assert machine.get("/metrics", unit=other.code).json()["metrics"] == []
    assert machine.get("/metrics", groupBy="unit").json()["_meta"]["totalRecords"] == 1


def test_origin_is_told_only_to_who_may_see_it() -> None:
    root = a_unit("Kommunen")
    mine, other = a_unit("Min", root), a_unit("Annan", root)
    origin = an_initiative(a_person(), other, "concluded")
    copy = an_initiative(a_person(), mine, "underway", origin=origin)
    assert make_machine().get(f"/initiatives/{copy.uuid}").json()["originId"] == str(origin.uuid)
    assert make_machine(mine).get(f"/initiatives/{copy.uuid}").json()["originId"] is None


def test_initiative_tells_all_of_its_story_but_who(machine: Machine) -> None:
    unit = a_unit("Bygglovsenheten")
    goal = Goal.objects.create(code="KF-3", name="Enkel kontakt")
    made = an_initiative(a_person(unit=unit), unit, "concluded", goal=goal, kind="time")
    made.refresh_from_db()
    shown = machine.get(f"/initiatives/{made.uuid}").json()
    told = {name: shown.pop(name) for name in ("begunAt", "createdAt", "updatedAt", "stateSinceAt", "concludedAt")}
    root = "http://testserver/api/v1"
    assert told["updatedAt"] == made.updated_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert all(moment.endswith("Z") for moment in told.values())
    assert shown == {
        "id": str(made.uuid),
        "title": "Kortare handläggning av enkla bygglov",
        "benefit": "Invånaren får svar fortare.",
        "plan": "Vi granskar ansökan samma dag den kommer in.",
        "kind": "time",
        "state": "concluded",
        "phase": "spread",
        "ending": "confirmed",
        "wasMeasured": False,
        "lesson": "Börja i liten skala.",
        "unitCode": unit.code,
        "unitName": "Bygglovsenheten",
        "goalCode": "KF-3",
        "goalName": "Enkel kontakt",
        "originId": None,
        "cost": 0,
        "evidenceGrade": 0,
        "submittedAt": None,
        "changeOn": "2026-05-07",
        "_links": {
            "self": {"href": f"{root}/initiatives/{made.uuid}", "rel": "self", "method": "GET"},
            "unit": {"href": f"{root}/units/{unit.code}", "rel": "related", "method": "GET"},
            "outcomes": {"href": f"{root}/outcomes?initiative={made.uuid}", "rel": "related", "method": "GET"},
        },
    }


def test_outcome_tells_how_its_verdict_was_found(machine: Machine) -> None:
    made = an_initiative(a_person(), a_unit(), "measuring", change_on=TODAY - dt.timedelta(days=35))
    outcome = made.outcomes.get()
    values(outcome, [31, 30, 32, 33, 29, 31, 20, 21, 19, 20, 22, 20], until=TODAY)
    shown = machine.get(f"/outcomes/{outcome.uuid}").json()
    assert shown["latest"] == {"value": 20, "observedOn": TODAY.isoformat()}
    assert shown["baseline"]["median"] == 31
    assert shown["provenance"] == {
        "method": "exact_rank_sum",
        "valuesBefore": 6,
        "valuesAfter": 6,
        "sources": ["person"],
        "verifiedByRole": None,
        "verifiedAt": None,
        "hold": None,
        "heldUntil": None,
        "fadedOn": None,
        "overlapFactor": None,
    }
    assert shown["limits"] == {"mean": None, "low": None, "high": None}
    assert (shown["verdict"]["code"], shown["verdict"]["shift"]) == ("improved", -11)
    assert (shown["target"], shown["valueCount"], shown["evidenceGrade"]) == (22, 12, 2)


def test_outcome_tells_the_limits_of_its_baseline_as_the_chart_draws_them(machine: Machine) -> None:
    outcome = an_initiative(a_person(), a_unit(), "measuring", change_on=TODAY).outcomes.get()
    values(outcome, [10, 12] * 5 + [10], until=TODAY - dt.timedelta(days=1))
    assert machine.get(f"/outcomes/{outcome.uuid}").json()["limits"] == {"mean": None, "low": None, "high": None}
    outcome.measurements.all().delete()
    values(outcome, [10, 12] * 6 + [40], until=TODAY)
    limits = machine.get(f"/outcomes/{outcome.uuid}").json()["limits"]
    assert limits == {"mean": 11, "low": 5.68, "high": 16.32}  # 11 and 2.66 times 2
    warning = series_of(outcome, "granser")[0].warning
    assert warning is not None
    [level] = warning.levels
    assert [float(each or 0) for each in (level.centre, level.lower, level.upper)] == [*limits.values()]


def test_limits_of_what_was_there_before_are_reckoned_as_those_of_what_comes(db: None) -> None:
    outcome = an_initiative(a_person(), a_unit(), "measuring", change_on=TODAY).outcomes.get()
    values(outcome, [10, 12.5, 11, 90, 10, 13, 9, 11, 12, 10, 11.3, 12, 14, 70], until=TODAY)
    kept = Outcome.objects.filter(pk=outcome.pk).values_list("baseline_mean", "limit_low", "limit_high")
    [reckoned] = kept
    assert None not in reckoned
    kept.update(baseline_mean=None, limit_low=None, limit_high=None)
    with connection.cursor() as cursor:
        cursor.execute(import_module("initiatives.migrations.0025_fill_the_limits").FILL)
    assert list(kept) == [reckoned]


def test_outcome_tells_how_much_of_its_confirmed_effect_counts_beside_that_of_others(machine: Machine) -> None:
    outcome = an_initiative(a_person(), a_unit(), "concluded").outcomes.get()
    claim = a_year_of_hours(outcome, 10)

    def factor() -> Any:
        return machine.get(f"/outcomes/{outcome.uuid}").json()["provenance"]["overlapFactor"]

    assert factor() is None  # nobody has checked it
    Claim.objects.update(checked_by=outcome.initiative.owner, checked_at=NOW)
    assert factor() == 1
    Claim.objects.update(counted_shares=[1] * 6 + [0.5] * 6)
    assert factor() == 0.75
    Claim.objects.update(stopped_on=claim.from_on.replace(month=7))
    assert factor() == 1
    outcome.initiative.ending = "not_proven"
    outcome.initiative.save()
    assert factor() is None


def test_outcome_tells_who_verified_it_by_role_and_whether_it_held(machine: Machine) -> None:
    outcome = an_initiative(a_person(), a_unit(), "concluded").outcomes.get()

    def shown(**columns: Any) -> tuple[Any, ...]:
        type(outcome).objects.filter(pk=outcome.pk).update(**columns)
        found = machine.get(f"/outcomes/{outcome.uuid}").json()["provenance"]
        return tuple(found[name] for name in ("verifiedByRole", "verifiedAt", "hold", "heldUntil", "fadedOn"))

    moment, day = dt.datetime(2026, 11, 2, 8, 30, tzinfo=dt.UTC), dt.date(2026, 11, 20)
    assert shown(verification="returned", verification_at=moment, latest_on=day) == (None,) * 5
    assert shown(verification="confirmed", hold="held") == (
        "controller", "2026-11-02T08:30:00.000000Z", "held", "2026-11-20", None,
    )  # fmt: skip
    assert shown(hold="faded", faded_on=day)[2:] == ("faded", None, "2026-11-20")


@pytest.mark.parametrize(
    ("state", "verdict", "expected"),
    [("measuring", "improved", None), ("concluded", "improved", True), ("concluded", "too_few", False)],
)
def test_initiative_tells_whether_it_was_measured(machine: Machine, state: str, verdict: str, expected: Any) -> None:
    made = an_initiative(a_person(), a_unit(), state)
    made.outcomes.update(verdict=verdict)
    assert machine.get(f"/initiatives/{made.uuid}").json()["wasMeasured"] is expected


def test_filters_of_initiatives_narrow_to_exactly_those(machine: Machine) -> None:
    root = a_unit("Kommunen")
    mine, other = a_unit("Min", root), a_unit("Annan", root)
    goal = Goal.objects.create(code="KF-3", name="Enkel kontakt")
    owner = a_person()
    first = an_initiative(owner, mine, "proposed", kind="time", title="Färre köer i receptionen")
    second = an_initiative(
        owner, other, "concluded", ending="worse", goal=goal, kind="money", title="Digital fakturaattest"
    )
    second.outcomes.update(grade=2)
    second.refresh_from_db()
    one, two = str(first.uuid), str(second.uuid)
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({}, [one, two]),
        ({"sort": "-updatedAt"}, [two, one]),
        ({"state": "proposed"}, [one]),
        ({"state": ["proposed", "concluded"]}, [one, two]),
        ({"ending": "worse"}, [two]),
        ({"unit": mine.code}, [one]),
        ({"unit": root.code}, [one, two]),
        ({"unit": "unknown"}, []),
        ({"goal": "KF-3"}, [two]),
        ({"kind": ["money", "climate"]}, [two]),
        ({"evidenceGrade": 2}, [two]),
        ({"evidenceGrade": [0, 2]}, [one, two]),
        ({"q": "kö"}, [one]),
        ({"q": "fakturaatest"}, [two]),
        ({"updatedFrom": second.updated_at.isoformat()}, [two]),
        ({"updatedTo": second.updated_at.isoformat()}, [one]),
    ]
    assert [(query, ids(machine, "/initiatives", **query)) for query, _ in cases] == cases


def test_filters_of_outcomes_narrow_to_exactly_those(machine: Machine) -> None:
    unit = a_unit()
    first, second = (an_initiative(a_person(), unit, "measuring", target=None) for _ in range(2))
    shared = an_indicator()
    one = an_outcome(first, indicator=shared, verdict="improved", grade=2)
    two = an_outcome(second, indicator=shared)
    three = an_outcome(second, is_primary=False)
    all_ids = {name: str(each.uuid) for name, each in {"one": one, "two": two, "three": three}.items()}
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({}, ["one", "two", "three"]),
        ({"initiative": second.uuid}, ["two", "three"]),
        ({"indicator": shared.uuid}, ["one", "two"]),
        ({"verdict": "improved"}, ["one"]),
        ({"evidenceGrade": 0}, ["two", "three"]),
        ({"unit": unit.code}, ["one", "two", "three"]),
    ]
    names = {identifier: name for name, identifier in all_ids.items()}
    assert [(query, [names[each] for each in ids(machine, "/outcomes", **query)]) for query, _ in cases] == cases


def test_filters_of_indicators_and_units_narrow_to_exactly_those(machine: Machine) -> None:
    root = a_unit("Kommunen")
    below = a_unit("Under", root)
    made = an_initiative(a_person(), below, "underway", target=None)
    kolada, own = an_indicator(kolada_id="N00945", kind="quality"), an_indicator()
    for number, indicator in enumerate((kolada, own)):
        an_outcome(made, indicator=indicator, is_primary=number == 0)
    assert ids(machine, "/indicators", koladaId="N00945") == [str(kolada.uuid)]
    assert ids(machine, "/indicators", kind="time") == [str(own.uuid)]
    codes = [[unit["code"] for unit in machine.get("/units", **q).json()["units"]] for q in ({"unit": below.code}, {})]
    assert codes == [[below.code], [root.code, below.code]]
    assert machine.get(f"/units/{below.code}").json()["level"] == 2


def test_units_come_in_swedish_order_and_odd_codes_have_addresses(machine: Machine) -> None:
    for name, code in (("Zoo", "z/1 å"), ("Äldreomsorg", "a"), ("Arkiv", "b")):
        unit = a_unit(name)
        unit.code, unit.sort_key = code, name.lower().replace("ä", "|")
        unit.save()
    units = machine.get("/units").json()["units"]
    assert [unit["name"] for unit in units] == ["Arkiv", "Zoo", "Äldreomsorg"]
    again = machine.client.get(units[1]["_links"]["self"]["href"], headers=machine.headers)
    assert again.json()["code"] == "z/1 å"
