"""Reading in many values on the page: a table goes in, what it holds is shown, and nothing is stored before a yes."""

import datetime as dt
import re
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from initiatives.models import Correction, Measurement, Outcome
from initiatives.workflow import State
from kommun.models import Employee, Unit
from kommun.numbers import number
from tests.builders import a_manager, a_person, a_unit, an_indicator, an_initiative, an_outcome
from tests.pages.markup import faults
from tests.pages.test_steps import as_person
from tests.unit.workbooks import of_sheets, xlsx

pytestmark = pytest.mark.django_db
TABLE = "Månad\tVärde\njan 2026\t26\nfeb 2026\t25,5\n"


@pytest.fixture
def unit() -> Unit:
    return a_unit()


@pytest.fixture
def owner(unit: Unit) -> Employee:
    return a_person(unit=unit)


@pytest.fixture
def outcome(owner: Employee, unit: Unit) -> Outcome:
    return an_initiative(owner, unit, State.UNDERWAY).outcomes.get()


def address(outcome: Outcome, last: str = "") -> str:
    return f"/initiativ/{outcome.initiative.uuid}/varden/las-in/{last}"


def preview(client: Client, outcome: Outcome, table: str = "", file: bytes | None = None, query: str = "") -> Any:
    data: dict[str, object] = {"table": table}
    if file is not None:
        data["file"] = SimpleUploadedFile("tider.xlsx", file)
    answer = client.post(address(outcome) + query, data)
    assert faults(answer.content.decode()) == []
    return answer


def hidden(answer: Any) -> dict[str, str]:
    """What the form of the preview sends back."""
    form = answer.context["form"]
    return {name: form[name].value() or "" for name in form.fields}


def store(client: Client, outcome: Outcome, data: dict[str, str], **options: Any) -> Any:
    return client.post(address(outcome, "spara/"), data, **options)


def stored(outcome: Outcome) -> dict[str, Decimal | None]:
    rows = outcome.measurements.order_by("observed_on")
    return {f"{day:%Y-%m}": value for day, value in rows.values_list("observed_on", "value")}


def text(answer: Any) -> str:
    words = re.sub("<[^>]*>", " ", answer.content.decode()).replace("\N{NO-BREAK SPACE}", " ")
    return " ".join(words.split())


def spaced(count: int) -> str:
    with translation.override("sv"):
        return number(count).replace("\N{NO-BREAK SPACE}", " ")


# --- From the table to the values -------------------------------------------------------------------------------------
def test_nothing_is_stored_before_the_person_has_seen_it_and_said_yes(owner: Employee, outcome: Outcome) -> None:
    client = as_person(owner)
    shown = preview(client, outcome, TABLE)
    assert (shown.status_code, stored(outcome)) == (200, {})
    assert [(row.period, row.value, row.what) for row in shown.context["rows"]] == [
        ("jan 2026", "26\N{NO-BREAK SPACE}dagar", "Nytt"),
        ("feb 2026", "25,5\N{NO-BREAK SPACE}dagar", "Nytt"),
    ]
    assert "reason" not in shown.context["form"].fields
    done = store(client, outcome, hidden(shown), follow=True)
    assert stored(outcome) == {"2026-01": 26, "2026-02": Decimal("25.5")}
    assert done.redirect_chain == [(f"/initiativ/{outcome.initiative.uuid}/varden/", 302)]
    assert "Inläst: 2 nya värden." in text(done)


def test_a_second_yes_changes_nothing(owner: Employee, outcome: Outcome) -> None:
    client = as_person(owner)
    data = hidden(preview(client, outcome, TABLE))
    store(client, outcome, data)
    assert "Inläst: 2 fanns redan." in text(store(client, outcome, data, follow=True))
    assert Measurement.objects.count() == 2


def test_a_workbook_is_read_and_its_name_is_kept_as_the_source(owner: Employee, outcome: Outcome) -> None:
    client = as_person(owner)
    shown = preview(client, outcome, file=xlsx([["Månad", "Värde"], ["jan 2026", 26.25]]))
    store(client, outcome, hidden(shown))
    assert list(outcome.measurements.values_list("value", "source_reference", "by")) == [
        (Decimal("26.25"), "tider.xlsx", owner.pk)
    ]


def test_the_good_rows_are_stored_and_the_others_can_be_mended(owner: Employee, outcome: Outcome) -> None:
    client = as_person(owner)
    shown = preview(client, outcome, f"{TABLE}03/04/2026\t3\nmars 2026\tmånga\njan 2026\t27\n")
    assert [(each.number, each.text) for each in shown.context["left"]] == [
        (4, "03/04/2026\t3"), (5, "mars 2026\tmånga"), (6, "jan 2026\t27"),
    ]  # fmt: skip
    assert "3 rader läses inte" in text(shown)
    assert shown.context["mend"]["table"].value().startswith(TABLE)
    done = store(client, outcome, hidden(shown))
    assert (done.status_code, stored(outcome)) == (200, {"2026-01": 26, "2026-02": Decimal("25.5")})
    assert "3 rader lästes inte in." in text(done)
    left = done.context["form"]["table"].value()
    assert left == "Månad\tVärde\n03/04/2026\t3\nmars 2026\tmånga\njan 2026\t27"
    mended = preview(client, outcome, left.replace("många", "24"))
    assert [row.what for row in mended.context["rows"]] == ["Ersätter 26\N{NO-BREAK SPACE}dagar", "Nytt"]


def test_a_row_that_was_read_and_refused_is_mended_as_it_stood(owner: Employee, outcome: Outcome) -> None:
    client = as_person(owner)
    shown = preview(client, outcome, "Månad;Ärenden;Värde\njanuari 2026;9;27\naugusti 2099;9;7,1")
    assert [each.text for each in shown.context["left"]] == ["augusti 2099\t9\t7,1"]
    left = store(client, outcome, hidden(shown)).context["form"]["table"].value()
    mended = preview(client, outcome, left.replace("augusti 2099", "mars 2026"))
    assert [(row.period, row.value) for row in mended.context["rows"]] == [("mar 2026", "7,1\N{NO-BREAK SPACE}dagar")]


def test_what_changes_a_value_comes_first_and_takes_one_reason_for_all(owner: Employee, outcome: Outcome) -> None:
    client = as_person(owner)
    store(client, outcome, hidden(preview(client, outcome, TABLE)))
    shown = preview(client, outcome, "mar 2026\t1\njan 2026\t24\nfeb 2026\t25,5")
    assert [row.what for row in shown.context["rows"]] == ["Ersätter 26\N{NO-BREAK SPACE}dagar", "Nytt", "Finns redan"]
    refused = store(client, outcome, hidden(shown))
    assert (refused.status_code, refused.context["form"].errors.keys()) == (422, {"reason"})
    assert (faults(refused.content.decode()), stored(outcome)["2026-01"]) == ([], 26)
    done = store(client, outcome, hidden(refused) | {"reason": "Fel kolumn"}, follow=True)
    assert "Inläst: 1 nytt värde, 1 ändrat, 1 fanns redan." in text(done)
    assert [(row.old_value, row.new_value, row.reason) for row in Correction.objects.all()] == [(26, 24, "Fel kolumn")]


def test_somebody_who_enters_a_value_meanwhile_is_not_overwritten_without_a_reason(
    owner: Employee, outcome: Outcome
) -> None:
    client = as_person(owner)
    data = hidden(preview(client, outcome, TABLE))
    client.post(f"/initiativ/{outcome.initiative.uuid}/varde/", {"value": "99", "observed_on": "2026-01-05"})
    refused = store(client, outcome, data)
    assert (refused.status_code, refused.context["form"].errors.keys()) == (422, {"reason"})
    assert stored(outcome) == {"2026-01": 99}


def test_a_secondary_outcome_gets_its_own_values(owner: Employee, outcome: Outcome) -> None:
    second = an_outcome(outcome.initiative, is_primary=False, indicator=an_indicator("Nöjda sökande", "%", "up"))
    client, query = as_person(owner), f"?outcome={second.uuid}"
    shown = preview(client, outcome, "jan 2026\t0,58\nfeb 2026\t0,61", query=query)
    assert "mellan 0 och 1" in text(shown)
    assert f"spara/{query}" in shown.content.decode()
    client.post(address(outcome, f"spara/{query}"), hidden(shown))
    assert (stored(outcome), len(stored(second))) == ({}, 2)


def test_days_that_begin_each_month_are_read_as_the_months(owner: Employee, outcome: Outcome) -> None:
    shown = preview(as_person(owner), outcome, "2026-01-01\t26\n2026-02-01\t25")
    assert [row.period for row in shown.context["rows"]] == ["jan 2026", "feb 2026"]
    assert "hela perioden" in text(shown)
    days = preview(as_person(owner), outcome, "2026-01-01\t26\n2026-01-02\t25")
    assert [row.period for row in days.context["rows"]] == ["1 jan 2026", "2 jan 2026"]


def test_only_the_first_five_hundred_rows_are_shown(owner: Employee, outcome: Outcome) -> None:
    table = "\n".join(f"{dt.date(2020, 1, 3) + dt.timedelta(days=index)}\t{index}" for index in range(502))
    shown = preview(as_person(owner), outcome, table)
    assert (len(shown.context["rows"]), shown.context["more"]) == (500, 2)
    store(as_person(owner), outcome, hidden(shown))
    assert outcome.measurements.count() == 502


def sent(client: Client, outcome: Outcome, data: dict[str, str]) -> Any:
    """As a browser sends it, so that the limit of what a form may hold is kept too."""
    kind = "application/x-www-form-urlencoded"
    return client.post(address(outcome, "spara/"), urlencode(data), content_type=kind)


GOOD = "".join(f"2026-0{month}\t{month}\n" for month in range(1, 6))


@pytest.mark.parametrize(
    ("bad", "count", "carried"),
    [
        (f"Summa\t{'å' * 100}\n", 9_500, 500),
        (f"Summa\t{'☃' * 66}\n", 9_500, 500),
        (f"Summa\t{'å' * 900}\n", 1_000, 110),
        (f"Summa\t{'å' * 900_000}\n", 1, 0),
        (f"Summa\t{'x;' * 1_000_000}\n", 1, 0),
        ("\tx\n", 9_995, 500),
    ],
    ids=["many", "wide signs", "long", "one", "one line", "short"],
)
def test_the_good_rows_are_stored_however_many_the_bad_ones_are(
    owner: Employee, outcome: Outcome, bad: str, count: int, carried: int
) -> None:
    client = as_person(owner)
    shown = preview(client, outcome, file=("Månad\tVärde\n" + GOOD + bad * count).encode()[: 2 * 1024 * 1024])
    rows = [len(shown.context[name]) for name in ("rows", "left")]
    assert (rows, shown.context["left_count"]) == ([5, min(500, count)], count)
    assert len(shown.content) < 500_000
    assert (f"Rätta {spaced(count - carried)} av raderna i din egen fil" in text(shown)) == (count > carried)
    done = sent(client, outcome, hidden(shown))
    assert list(stored(outcome).values()) == [1, 2, 3, 4, 5]
    if carried:
        left = done.context["form"]["table"].value().split("\n")
        assert (done.status_code, len(left), len(done.content) < 500_000) == (200, 1 + carried, True)
    else:
        assert done.status_code == 302


def test_ten_thousand_good_rows_are_stored_in_one(owner: Employee, outcome: Outcome) -> None:
    days = [dt.date(1996, 1, 1) + dt.timedelta(days=index) for index in range(9_500)]
    table = "".join(f"{day}\t-12345678{index % 10}012,123456\n" for index, day in enumerate(days))
    client = as_person(owner)
    shown = preview(client, outcome, file=(table + f"x\t{'☃' * 200}\n" * 500).encode())
    assert (shown.context["count"], shown.context["left_count"]) == (9_500, 500)
    assert (sent(client, outcome, hidden(shown)).status_code, outcome.measurements.count()) == (200, 9_500)


@pytest.mark.parametrize("left", ["x" * 2_000_000, "\0", "\n\n", " ", "Månad"])
@pytest.mark.parametrize("beyond", ["", "x", "-1", "9" * 5_000, "\0"])
def test_nothing_that_is_left_hinders_the_values(owner: Employee, outcome: Outcome, left: str, beyond: str) -> None:
    data = {"values": "2026-01-01/2026-01-31=26", "left": left, "beyond": beyond}
    assert sent(as_person(owner), outcome, data).status_code in (200, 302)
    assert stored(outcome) == {"2026-01": 26}


def test_a_table_that_is_too_large_to_mend_here_says_so(owner: Employee, outcome: Outcome) -> None:
    shown = preview(as_person(owner), outcome, file=b"Period\tValue\n" + b"jan 2026\tmany of them\n" * 10_000)
    assert (shown.context["count"], shown.context["left_count"], shown.context["mend"]) == (0, 10_000, None)
    assert "Tabellen är för stor för att rättas här. Rätta den i din egen fil" in text(shown)
    assert "Börja om" in text(shown)
    assert len(shown.content) < 500_000


def test_the_sheet_that_is_read_is_named_before_anything_is_stored(owner: Employee, outcome: Outcome) -> None:
    sheets: dict[str, list[list[object]]] = {
        "Läs mig": [["Så här gjorde vi"]],
        "Ledtider": [["jan 2026", 26]],
        "Mål": [["jan 2026", 20]],
    }
    shown = preview(as_person(owner), outcome, file=of_sheets(sheets))
    assert [row.value for row in shown.context["rows"]] == ["26\N{NO-BREAK SPACE}dagar"]
    assert "Bladet ”Ledtider” läses, och inget annat blad i arbetsboken." in text(shown)


@pytest.mark.parametrize(("measured_in", "asks"), [("Procent", True), ("procentenheter", True), ("dagar", False)])
def test_shares_are_asked_about_when_per_cent_is_written_in_words(
    owner: Employee, outcome: Outcome, measured_in: str, asks: bool
) -> None:
    second = an_outcome(
        outcome.initiative, is_primary=False, indicator=an_indicator("Nöjda sökande", measured_in, "up")
    )
    shown = preview(as_person(owner), outcome, "jan 2026\t0,58\nfeb 2026\t0,61", query=f"?outcome={second.uuid}")
    assert ("mellan 0 och 1" in text(shown)) == asks


# --- What is refused --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("table", "file", "field", "sentence"),
    [
        ("", None, "table", "Klistra in värdena eller välj en fil"),
        (" \n\t\n", None, "table", "Klistra in värdena eller välj en fil"),
        ("hej", None, "table", "Inga perioder hittades"),
        (TABLE, b"x", "file", "antingen det som är inklistrat eller filen"),
        ("", b"", "file", "inget i den att läsa"),
        ("", b"\xd0\xcf\x11\xe0" + b"\0" * 600, "file", "gamla Excelformatet"),
        ("", b"PK\x03\x04" + b"\1" * 60, "file", "trasig eller låst"),
        ("", bytes(range(256)) * 4, "file", "ingen CSV-, XLSX- eller ODS-fil"),
        ("", "Månad;Värde\njan 2026;26".encode("utf-32"), "file", "ingen CSV-, XLSX- eller ODS-fil"),
        ("", b"x" * (2 * 1024 * 1024 + 1), "file", "för stor"),
        ("2026-01-02\t1\n" * 10_001, None, "table", "för många rader"),
    ],
    ids=["nothing", "blanks", "words", "both", "empty", "xls", "torn", "bytes", "encoding", "large", "rows"],
)
def test_what_cannot_be_read_is_refused_on_its_field_and_kept(
    owner: Employee, outcome: Outcome, table: str, file: bytes | None, field: str, sentence: str
) -> None:
    answer = preview(as_person(owner), outcome, table, file)
    form = answer.context["form"]
    assert (answer.status_code, form.errors.keys()) == (422, {field})
    assert sentence in form.errors[field][0]
    assert form["table"].value() == table


def test_when_no_row_could_be_read_there_is_nothing_to_say_yes_to(owner: Employee, outcome: Outcome) -> None:
    shown = preview(as_person(owner), outcome, "jan 2026\tmånga\n2026-02\t1.041")
    assert (shown.status_code, shown.context["count"]) == (200, 0)
    assert "Ingen rad gick att läsa" in text(shown)
    assert "spara/" not in shown.content.decode()


@pytest.mark.parametrize(
    "values",
    [
        "", "hej", "2026-01-01/2026-01-31=26;", "2026-01-31/2026-01-01=26", "2026-02-30/2026-02-30=1",
        "2026-01-01/2026-01-31=NaN", "2026-01-01/2026-01-31=1e9", "2026-01-01/2026-01-31=0.1234567",
        ";".join(["2026-01-02/2026-01-02=1"] * 10_001),
    ],
)  # fmt: skip
def test_values_that_came_back_changed_are_not_trusted(owner: Employee, outcome: Outcome, values: str) -> None:
    answer = store(as_person(owner), outcome, {"values": values})
    assert (answer.status_code, stored(outcome)) == (422, {})
    assert "Läs in dem igen" in text(answer)
    assert faults(answer.content.decode()) == []


@pytest.mark.parametrize(
    "values", ["2999-01-01/2999-01-31=1", "1950-01-01/1950-01-31=1", "2026-01-01/2026-01-31=9999999999999"]
)
def test_a_forged_value_is_refused_by_the_same_rules_as_any(owner: Employee, outcome: Outcome, values: str) -> None:
    answer = store(as_person(owner), outcome, {"values": values}, follow=True)
    assert (stored(outcome), "1 rad läses inte" in text(answer)) == ({}, True)


def test_only_those_who_drive_it_come_here(outcome: Outcome, unit: Unit) -> None:
    data = {"table": TABLE, "values": "2026-01-01/2026-01-31=26"}
    for person in (a_person("Sara", "Berg"), a_manager(unit), a_manager(a_unit("Gatan"))):
        client = as_person(person)
        assert client.get(address(outcome)).status_code == 403
        assert [client.post(address(outcome, last), data).status_code for last in ("", "spara/")] == [403, 403]
    assert stored(outcome) == {}


def test_the_draft_of_another_is_not_found(unit: Unit, owner: Employee) -> None:
    outcome = an_initiative(owner, unit).outcomes.get()
    assert as_person(a_person("Sara", "Berg")).get(address(outcome)).status_code == 404
    assert as_person(owner).get(address(outcome)).status_code == 200


def test_the_preview_costs_the_same_with_one_and_thirty_rows(owner: Employee, outcome: Outcome) -> None:
    counts = []
    for months in (1, 30):
        table = "\n".join(f"{2020 + index // 12}-{index % 12 + 1:02}\t{index}" for index in range(months))
        client = as_person(owner)
        client.get("/hjalp/")  # what a session costs the first time
        with CaptureQueriesContext(
            connection,
        ) as seen:
            preview(client, outcome, table)
        counts.append(len(seen))
        store(client, outcome, hidden(preview(client, outcome, table)) | {"reason": "Fel"})
    assert counts == [8, 8]
