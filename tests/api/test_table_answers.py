"""Lists and metrics as tables: read back by pandas and DuckDB, they hold exactly what the JSON says."""

import datetime as dt
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db import connection

from initiatives.api.documents import specification
from initiatives.api.tables import answers
from initiatives.models import Indicator, Initiative, Outcome
from initiatives.outcomes import withholding
from kommun.models import Unit
from tests.api.conftest import Check, Machine, make_machine
from tests.builders import TODAY, a_person, a_unit, an_initiative, values

pytestmark = pytest.mark.django_db
LISTS = ["/units", "/indicators", "/initiatives", "/outcomes"]
CSV = "text/csv; charset=utf-8; header=present"
PARQUET = "application/vnd.apache.parquet"
AWKWARD = [
    "=HYPERLINK(1)",
    "-5 dagar",
    'Ett "citat", ett komma; ett semikolon',
    "Två\nrader\r\noch\ten till",
    "'citerat'",
    " mellanslag ",
    "åäö ÅÄÖ é 🙂",
    "0180",
]


@pytest.fixture
def outcome(db: None) -> Outcome:
    """Of a unit with people enough, among others that have every kind of text in them."""
    unit = a_unit("=Bygglov; åäö")
    people = [a_person(unit=unit) for _ in range(5)]
    for number, text in enumerate(AWKWARD):
        made = an_initiative(people[0], unit, "measuring" if number % 2 else "proposed")
        Initiative.objects.filter(pk=made.pk).update(title=text, benefit=text, plan="", lesson=text[: number % 3])
    outcome = an_initiative(people[0], unit, "measuring").outcomes.get()
    Indicator.objects.filter(pk=outcome.indicator_id).update(name="@Tid, '\"", unit_of_measure="-dagar")
    values(outcome, [31, "30.5", "-5", "0.000001", "999999999999.999999"], until=TODAY)
    withholding.refresh(today=TODAY)
    measured = outcome.measurements.all()
    measured.filter(value=Decimal("30.5")).update(value=None, source_reference='+46; "ref"')
    return outcome


def flat(found: dict[str, Any], group: str = "") -> dict[str, Any]:
    """An object of the JSON as the documentation says that its row is."""
    row: dict[str, Any] = {}
    for name, value in found.items():
        column = group + name[0].upper() + name[1:] if group else name
        if name == "_links":
            continue
        if isinstance(value, dict):
            row |= flat(value, column)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for each in value:
                key, figure = list(each)
                told = "".join(word.capitalize() for word in str(each[key]).split("_"))
                row[f"{key}{told}{figure.capitalize()}"] = each[figure]
        else:
            row[column] = value
    return row


def objects(machine: Machine, path: str) -> list[dict[str, Any]]:
    """All of a list, flat. Numbers are kept as they are written."""
    content = machine.get(path + ("&" if "?" in path else "?") + "limit=500").content
    body = json.loads(content, parse_float=Decimal)
    [listed] = (value for name, value in body.items() if not name.startswith("_"))
    return [flat(each) for each in listed]


def body_of(response: Any) -> bytes:
    assert response.status_code == 200
    return b"".join(response.streaming_content) if response.streaming else bytes(response.content)


def as_text(value: Any) -> str:
    """How CSV writes what the JSON says."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "|".join(value)
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r", "\n", "'") and value:
        return "'" + value
    return str(value)


def test_webhooks_and_their_deliveries_are_tables_too(machine: Machine) -> None:
    added = machine.post("/webhooks", {"url": "https://receiver.example/a?a=1,2", "description": "=1+1"})
    for path in ["/webhooks", f"/webhooks/{added.json()['id']}/deliveries"]:
        response = machine.get(path, format="csv")
        frame = pd.read_csv(io.BytesIO(body_of(response)), dtype=str, keep_default_na=False)
        expected = [{name: as_text(value) for name, value in row.items()} for row in objects(machine, path)]
        assert frame.to_dict("records") == expected
        assert machine.get(path, {"If-None-Match": response["ETag"]}, format="csv").status_code == 304


def test_csv_has_the_rows_and_texts_of_the_json(machine: Machine, outcome: Outcome, tmp_path: Path) -> None:
    parts = [f"/outcomes/{outcome.uuid}/measurements", "/metrics?groupBy=indicator", "/soil?period=quarter"]
    for path in [*LISTS, *parts]:
        response = machine.get(path, {"Accept": "text/csv"})
        assert response["Content-Type"] == CSV
        content, expected = body_of(response), objects(machine, path)
        frame = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False)
        texts = [{name: as_text(value) for name, value in row.items()} for row in expected]
        pd.testing.assert_frame_equal(frame, pd.DataFrame(texts, dtype=frame.dtypes.iloc[0]))
        assert by_duckdb(content, tmp_path / "table.csv") == [
            {name: None if value is None else as_text(value) for name, value in row.items()} for row in expected
        ]


def by_duckdb(content: bytes, file: Path) -> list[dict[str, Any]]:
    """As DuckDB reads it, which tells an empty text from null."""
    file.write_bytes(content)
    found = duckdb.connect().execute(
        "SELECT * FROM read_csv(?, all_varchar=true, allow_quoted_nulls=false)", [str(file)]
    )
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def as_json(value: Any) -> Any:
    """How the JSON says what Parquet holds."""
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, dt.date) else value


def test_parquet_has_the_very_values_of_the_json(machine: Machine, outcome: Outcome) -> None:
    for path in [f"/outcomes/{outcome.uuid}/measurements", "/metrics?groupBy=indicator&groupBy=unit"]:
        response = machine.get(path, {"Accept": PARQUET})
        table = pq.read_table(pa.BufferReader(body_of(response)))
        assert response["Content-Type"] == PARQUET
        assert [{n: as_json(v) for n, v in row.items()} for row in table.to_pylist()] == objects(machine, path)


def test_pandas_reads_measured_values_with_their_types(machine: Machine, outcome: Outcome) -> None:
    frame = pd.read_parquet(
        io.BytesIO(body_of(machine.get(f"/outcomes/{outcome.uuid}/measurements", format="parquet")))
    )
    assert [None if value is None else str(value) for value in frame["value"]] == [
        "31.000000",
        None,
        "-5.000000",
        "0.000001",
        "999999999999.999999",
    ]
    assert list(frame["channel"].dtype.categories) == ["person", "api", "kolada"]
    assert str(frame["createdAt"].dtype) == "datetime64[us, UTC]"
    assert frame["observedOn"].iloc[-1] == TODAY


def test_withheld_groups_have_no_figures_in_a_table(machine: Machine) -> None:
    unit = a_unit()
    an_initiative(a_person(unit=unit), unit, "measuring")
    [row] = pq.read_table(pa.BufferReader(body_of(machine.get("/metrics?groupBy=unit&format=parquet")))).to_pylist()
    told = {"unitCode": unit.code, "unitName": unit.name, "isWithheld": True}
    told |= {"leastEvidenceGrade": 0, "withheldYears": ["2026"]}
    assert {name: value for name, value in row.items() if value is not None} == told


def rows_in(response: Any) -> int:
    return len(pd.read_csv(io.BytesIO(body_of(response)), dtype=str))


def test_table_is_whole_unless_a_page_is_asked_for(machine: Machine) -> None:
    for number in range(25):
        a_unit(f"Enhet {number}")
    asked = {"": 25, "&limit=4": 4, "&page=2": 5, "&page=2&limit=24": 1, "&page=3": 0, "&page=0": 0}
    assert {query: rows_in(machine.get(f"/units?format=csv{query}")) for query in asked} == asked
    following = machine.get("/units?limit=20").json()["_links"]["next"]["href"]
    assert rows_in(machine.client.get(f"{following}&format=csv", headers=machine.headers)) == 5


def test_table_is_narrowed_and_sorted_as_the_list_is(machine: Machine, outcome: Outcome) -> None:
    path = "/initiatives?state=measuring&sort=-updatedAt&evidenceGrade=0"
    frame = pd.read_csv(io.BytesIO(body_of(machine.get(f"{path}&format=csv"))))
    assert list(frame["id"]) == [each["id"] for each in objects(machine, path)]
    assert len(frame) == 5


def test_table_has_the_members_that_are_asked_for(machine: Machine, outcome: Outcome) -> None:
    frame = pd.read_csv(io.BytesIO(body_of(machine.get("/outcomes?fields=latest,cadence&format=csv"))))
    assert list(frame.columns) == ["id", "cadence", "latestValue", "latestObservedOn"]


def test_table_shows_no_more_than_the_clients_own_part(outcome: Outcome) -> None:
    own = a_unit("Egen")
    machine = make_machine(own)
    found = {path: rows_in(machine.get(path, format="csv")) for path in (*LISTS, "/metrics?groupBy=unit")}
    assert found == {"/units": 1, "/indicators": 0, "/initiatives": 0, "/outcomes": 0, "/metrics?groupBy=unit": 0}


def test_table_of_what_the_client_may_not_see_is_not_found(outcome: Outcome, is_problem: Check) -> None:
    machine = make_machine(a_unit("Egen"))
    is_problem(machine.get(f"/outcomes/{outcome.uuid}/measurements", format="csv"), 404)
    is_problem(machine.get("/outcomes/x/measurements", format="parquet"), 404)


@pytest.mark.parametrize("path", LISTS)
def test_table_needs_a_token_as_the_list_does(anybody: Machine, is_problem: Check, path: str) -> None:
    is_problem(anybody.get(path, {"Accept": "text/csv"}), 401)


def test_format_comes_before_accept(machine: Machine) -> None:
    types = {
        (wanted, accept): machine.get("/units", {"Accept": accept}, format=wanted)["Content-Type"]
        for wanted in ("json", "csv")
        for accept in ("application/json", "text/csv", "text/html")
    }
    assert types == {each: CSV if each[0] == "csv" else "application/json" for each in types}


def test_form_that_is_not_to_be_had_is_refused_with_those_that_are(machine: Machine, is_problem: Check) -> None:
    assert is_problem(machine.get("/units", {"Accept": PARQUET}), 406)["detail"] == (
        "The answer is to be had as application/json, text/csv."
    )
    assert is_problem(machine.get("/units", format="parquet"), 400)["violations"] == [
        {"field": "format", "message": "must be one of json, csv"}
    ]


def test_answer_says_that_it_goes_by_accept(machine: Machine) -> None:
    for accept in ("text/csv", "application/json", "text/html"):
        assert "Accept" in machine.get("/units", {"Accept": accept})["Vary"]


def test_table_that_has_not_changed_is_not_sent_again(machine: Machine) -> None:
    first = machine.get("/units", format="csv")
    assert machine.get("/units", {"If-None-Match": first["ETag"]}, format="csv").status_code == 304
    assert machine.get("/units", {"If-None-Match": first["ETag"]}).status_code == 200


def test_table_is_a_file_named_after_the_list_and_the_day(machine: Machine) -> None:
    name = machine.get("/units", format="csv")["Content-Disposition"]
    assert name == f'attachment; filename="framsteg-units-{dt.date.today().isoformat()}.csv"'  # noqa: DTZ011  # local


def test_head_of_a_table_has_no_body(machine: Machine) -> None:
    found = machine.client.head("/api/v1/units?format=csv", headers=machine.headers)
    assert (found.status_code, found["Content-Type"], found.content) == (200, CSV, b"")


def test_every_form_of_every_list_is_in_the_specification_with_an_example() -> None:
    for path in [*LISTS, "/soil", "/outcomes/{id}/measurements", "/outcomes/{id}/corrections", "/metrics"]:
        operation = specification()["paths"][path]["get"]
        content = operation["responses"]["200"]["content"]
        [wanted] = (each["schema"]["enum"] for each in operation["parameters"] if each["name"] == "format")
        has_parquet = path.endswith(("/measurements", "/metrics"))
        assert list(content) == ["application/json", "text/csv", *([PARQUET] if has_parquet else [])]
        assert wanted == ["json", "csv", *(["parquet"] if has_parquet else [])]
        names, row = content["text/csv"]["example"].split("\r\n")[:2]
        assert names.split(",")[0] in ("id", "code", "unitCode", "measurementId") and row
        assert "Content-Disposition" in operation["responses"]["200"]["headers"]


@pytest.fixture
def outside(transactional_db: None) -> Iterator[None]:
    """As in the web process: no transaction is open."""
    connection.close()
    yield
    connection.close()


def test_reader_that_goes_leaves_no_cursor_behind(outside: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "WHOLE_UP_TO", 1000)
    Unit.objects.bulk_create([Unit(code=f"U{n}", name="Enhet", sort_key="e", path=[n]) for n in range(6000)])
    response = make_machine().get("/units", format="csv")
    assert response.streaming
    pieces = iter(response.streaming_content)
    next(pieces)
    with connection.cursor() as cursor:
        cursor.execute("SELECT is_holdable FROM pg_cursors")
        open_now = cursor.fetchall()
    assert open_now == [(True,)]
    response._resource_closers[0]()
    with connection.cursor() as cursor:
        cursor.execute("SELECT is_holdable FROM pg_cursors")
        assert cursor.fetchall() == []
