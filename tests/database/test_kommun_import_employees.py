"""Importing employees: who comes, changes and leaves, what the protected leave behind, and what is never read."""

import datetime as dt
from collections.abc import Iterable
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries as Counted

from kommun.imports.employees import import_employees, is_identity_number
from kommun.imports.report import ImportStopped, Report
from kommun.imports.units import import_organisation
from kommun.models import Assignment, Employee, Employment, Letter, Role, Source, Unit
from tests.builders import TODAY, a_person, assign

pytestmark = pytest.mark.django_db
DATA = Path(__file__).parent.parent / "data" / "organisation"
YESTERDAY, TOMORROW = TODAY - dt.timedelta(days=1), TODAY + dt.timedelta(days=1)
LAST_MONTH = TODAY - dt.timedelta(days=30)
HEADING = "employee_id,given_name,family_name,email,login,unit_code,title,is_manager,start_on,end_on,protected"


@pytest.fixture(autouse=True)
def units() -> None:
    import_organisation(DATA / "units.csv", today=LAST_MONTH)


class Load:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, lines: Iterable[str], *, today: dt.date = TODAY, **options: bool) -> Report:
        self.path.write_text("\n".join([HEADING, *lines]), encoding="utf-8")
        return import_employees(self.path, today=today, **options)


@pytest.fixture
def load(tmp_path: Path) -> Load:
    return Load(tmp_path / "employees.csv")


def row(key: str, unit: str = "111", **cells: str) -> str:
    columns = {"employee_id": key, "given_name": "Ada", "family_name": f"Ek{key}", "unit_code": unit} | cells
    return ",".join(columns.get(name, "") for name in HEADING.split(","))


def counts(report: Report) -> list[int]:
    """New, changed, unchanged, ended, refused."""
    return [report.counts[name] for name in ("new", "changed", "unchanged", "ended", "refused")]


def employments(key: str) -> list[tuple[object, ...]]:
    rows = Employment.objects.filter(employee__employee_id=key).order_by("from_on", "unit__code")
    return [*rows.values_list("unit__code", "is_main", "from_on", "to_on")]


def managed(key: str) -> list[tuple[object, ...]]:
    rows = Assignment.objects.filter(employee__employee_id=key, role=Role.MANAGER).order_by("from_on")
    return [*rows.values_list("unit__code", "from_on", "to_on", "source")]


@pytest.mark.parametrize("name", ["employees.csv", "employees-windows-1252.csv", "employees.json"])
def test_every_shape_gives_the_same_people(name: str) -> None:
    report = import_employees(DATA / name, today=TODAY)
    assert str(report) == "Employees: 5 new, 0 changed, 0 unchanged, 0 ended, 0 refused."
    columns = ("employee_id", "given_name", "family_name", "email", "login", "is_protected", "ended_on")
    assert [*Employee.objects.order_by("employee_id").values_list(*columns)] == [
        ("1001", "Åsa", "Öberg", "asa.oberg@asmala.example", "asaobe01", False, None),
        ("1002", "Per-Erik", "Sjölund", "per.sjolund@asmala.example", "persjo02", False, None),
        ("1003", "Fatima", "Haddad", "", "fathad03", False, None),
        ("1004", "", "", "", None, True, None),
        ("1005", "Nils", "Ek", "nils.ek@asmala.example", "nilsek05", False, None),
    ]
    assert [
        *Employment.objects.order_by("employee__employee_id").values_list("unit__code", "title", "from_on", "to_on")
    ] == [
        ("110", "Förvaltningschef", dt.date(2015, 3, 1), None),
        ("111", "Rektor", dt.date(2018, 8, 1), None),
        ("111", "Förskollärare", dt.date(2020, 1, 7), None),
        ("111", "", dt.date(2021, 2, 1), None),
        ("122", "Bygglovshandläggare", dt.date(2019, 4, 1), None),
    ]
    assert [
        *Assignment.objects.order_by("employee__employee_id").values_list("employee__employee_id", "unit__code", "role")
    ] == [
        ("1001", "110", "manager"),
        ("1002", "111", "manager"),
    ]
    assert [person.employee_id for person in Employee.objects.all()] == ["1004", "1005", "1003", "1002", "1001"]


@pytest.mark.parametrize("name", ["employees.csv", "employees.json"])
def test_the_same_file_twice_changes_nothing(name: str) -> None:
    import_employees(DATA / name, today=TODAY)
    before = [[*model.objects.order_by("pk").values()] for model in (Employee, Employment, Assignment)]
    report = import_employees(DATA / name, today=TOMORROW)
    assert counts(report) == [0, 0, 5, 0, 0]
    after = [[*model.objects.order_by("pk").values()] for model in (Employee, Employment, Assignment)]
    assert before == after


def test_a_dry_run_says_the_same_and_stores_nothing() -> None:
    report = import_employees(DATA / "employees.csv", today=TODAY, dry_run=True)
    assert (counts(report), Employee.objects.count()) == ([5, 0, 0, 0, 0], 0)


def test_broken_rows_are_named_with_their_reason_and_the_good_ones_go_in() -> None:
    report = import_employees(DATA / "employees-broken.csv", today=TODAY)
    assert sorted((refusal.row, refusal.reason) for refusal in report.refusals) == [
        (3, "it has no employee_id"),
        (4, "unit 999 is not known"),
        (5, "its start_on is not a date"),
        (6, "its end_on is before its start_on"),
        (7, "its is_manager is neither yes nor no"),
        (8, "it has no family_name"),
        (9, "its email is not an address"),
        (10, "employee_id 2001 is already in row 2 with other particulars"),
        (11, "employee_id 2001 is already in row 2 with this unit"),
        (12, "its login is somebody else's"),
        (13, "it holds what looks like a personal identity number, which is never read"),
        (14, "a quotation mark is not closed"),
        (15, "it has 3 columns, the heading has 11"),
        (16, "its protected is neither yes nor no"),
        (17, "it has no unit_code"),
    ]
    assert {person.employee_id for person in Employee.objects.all()} == {"2001", "2017"}


@pytest.mark.parametrize("name", ["employees.csv", "employees.json"])
def test_nothing_of_a_protected_person_and_no_identity_number_is_stored_anywhere(name: str) -> None:
    report = import_employees(DATA / name, today=TODAY)
    import_employees(DATA / "employees-broken.csv", today=TODAY)
    everything = str(report) + "".join(
        str(values) for model in apps.get_models() for values in model._default_manager.values_list()
    )
    found = [word for word in ("emlig", "hemhem04", "8001019804", "800101-9804", "Barnskötare") if word in everything]
    assert (found, "Fatima" in everything) == ([], True)


def test_somebody_who_becomes_protected_leaves_no_name_behind(load: Load) -> None:
    secret = {"given_name": "Vilma", "family_name": "Dold", "email": "vilma@x.example", "login": "vildol"}
    load([row("1", title="Kurator", **secret), row("2")])
    person = Employee.objects.get(employee_id="1")
    for sent_at in (None, timezone.now()):
        Letter.objects.create(
            employee=person,
            kind="direct",
            on=TODAY,
            address=person.email,
            subject="Vilma",
            text="Hej Vilma!",
            sent_at=sent_at,
        )
    report = load([row("1", title="Kurator", protected="ja", **secret), row("2")])
    assert counts(report) == [0, 1, 1, 0, 0]
    stored = str([[*model._default_manager.values()] for model in (Employee, Employment, Letter)])
    assert ("Vilma" in stored, "vil" in stored, "Kurator" in stored) == (False, False, False)
    assert Letter.objects.filter(sent_at=None, failed_at=None).count() == 0


def test_who_is_missing_is_ended_with_everything_held_and_may_not_sign_in(load: Load) -> None:
    load([row("1"), row("2", is_manager="ja")], today=LAST_MONTH)
    person = Employee.objects.get(employee_id="2")
    assign(person, Role.CONTROLLER, Unit.objects.get(code="100"))
    today = timezone.localdate()
    report = load([row("1")], today=today)
    person.refresh_from_db()
    last = today - dt.timedelta(days=1)
    assert (counts(report), person.ended_on, person.is_active) == ([0, 0, 1, 1, 0], last, False)
    assert employments("2") == [("111", True, LAST_MONTH, last)]
    assert {row.to_on for row in Assignment.objects.filter(employee=person)} == {last}


def test_what_a_person_would_have_held_from_today_is_gone_with_the_person(load: Load) -> None:
    load([row("1"), row("2", is_manager="ja")])
    load([row("1")])
    assert (employments("2"), managed("2"), Employee.objects.count()) == ([], [], 2)


def test_somebody_who_comes_back_is_employed_again(load: Load) -> None:
    load([row("1"), row("2", start_on="2020-01-01")], today=LAST_MONTH)
    load([row("1")], today=YESTERDAY)
    report = load([row("1"), row("2", start_on="2020-01-01")])
    assert (counts(report), Employee.objects.get(employee_id="2").ended_on) == ([0, 1, 1, 0, 0], None)
    assert employments("2") == [
        ("111", True, dt.date(2020, 1, 1), YESTERDAY - dt.timedelta(days=1)),
        ("111", True, TODAY, None),
    ]


def test_who_was_laid_by_hand_is_not_ended_and_keeps_the_login(load: Load) -> None:
    a_person(employee_id="admin", login="admin")
    report = load([row("1"), row("2", login="ADMIN")])
    assert counts(report) == [1, 0, 0, 0, 1]
    assert Employee.objects.get(login="admin").employee_id == "admin"


def test_a_row_that_cannot_be_read_ends_nobody(load: Load) -> None:
    load([row("1"), row("2"), row("3")])
    report = load([row("1"), '2,"Ada', row("3", unit="999")])
    assert counts(report) == [0, 0, 1, 0, 2]
    assert Employment.objects.on(TODAY).count() == 3


def test_a_move_to_another_unit_keeps_where_the_person_worked(load: Load) -> None:
    load([row("1", start_on="2020-01-01")], today=LAST_MONTH)
    report = load([row("1", unit="122", start_on="2020-01-01")])
    assert counts(report) == [0, 1, 0, 0, 0]
    assert employments("1") == [("111", True, dt.date(2020, 1, 1), YESTERDAY), ("122", True, TODAY, None)]


def test_a_person_may_have_several_employments_and_change_which_is_main(load: Load) -> None:
    load([row("1", start_on="2020-01-01"), row("1", unit="122", start_on="2021-01-01")], today=LAST_MONTH)
    assert employments("1") == [("111", True, dt.date(2020, 1, 1), None), ("122", False, dt.date(2021, 1, 1), None)]
    report = load([row("1", unit="122", start_on="2021-01-01"), row("1", start_on="2020-01-01")])
    assert counts(report) == [0, 1, 0, 0, 0]
    assert [*Employment.objects.on(TODAY).order_by("unit__code").values_list("unit__code", "is_main")] == [
        ("111", False),
        ("122", True),
    ]


def test_only_the_refused_one_of_two_employments_stays_as_it_is(load: Load) -> None:
    load([row("1"), row("1", unit="122")], today=LAST_MONTH)
    before = employments("1")
    report = load([row("1", unit="999"), row("1", unit="122")])
    assert (counts(report), employments("1")) == ([0, 0, 1, 0, 1], before)


def test_a_last_day_ahead_ends_everything_on_that_day(load: Load) -> None:
    end = TODAY + dt.timedelta(days=7)
    load([row("1", is_manager="ja")], today=LAST_MONTH)
    leaving = [row("1", is_manager="ja", end_on=end.isoformat())]
    assert counts(load(leaving)) == [0, 1, 0, 0, 0]
    assert Employee.objects.get().ended_on == end
    assert (employments("1"), managed("1")) == (
        [("111", True, LAST_MONTH, end)],
        [("111", LAST_MONTH, end, Source.IMPORT)],
    )
    assert counts(load(leaving, today=end + dt.timedelta(days=30))) == [0, 0, 1, 0, 0]
    assert counts(load([row("1", is_manager="ja")])) == [0, 1, 0, 0, 0]
    assert (Employee.objects.get().ended_on, managed("1")) == (None, [("111", LAST_MONTH, None, Source.IMPORT)])


def test_somebody_whose_last_day_has_passed_is_stored_as_ended(load: Load) -> None:
    gone = [row("1"), row("2", is_manager="ja", start_on="2020-01-01", end_on="2020-12-31")]
    assert counts(load(gone)) == [2, 0, 0, 0, 0]
    assert Employee.objects.get(employee_id="2").ended_on == dt.date(2020, 12, 31)
    assert (employments("2"), managed("2")) == ([("111", True, dt.date(2020, 1, 1), dt.date(2020, 12, 31))], [])
    assert counts(load(gone)) == [0, 0, 2, 0, 0]


def test_the_import_ends_the_manager_it_made_and_not_the_one_made_by_hand(load: Load) -> None:
    load([row("1", is_manager="ja"), row("2")], today=LAST_MONTH)
    assign(Employee.objects.get(employee_id="2"), Role.MANAGER, Unit.objects.get(code="111"), since=LAST_MONTH)
    assert counts(load([row("1"), row("2")])) == [0, 1, 1, 0, 0]
    assert managed("1") == [("111", LAST_MONTH, YESTERDAY, Source.IMPORT)]
    assert managed("2") == [("111", LAST_MONTH, None, Source.HAND)]


def test_a_manager_made_by_hand_is_not_made_twice(load: Load) -> None:
    load([row("1")])
    assign(Employee.objects.get(), Role.MANAGER, Unit.objects.get(code="111"))
    assert counts(load([row("1", is_manager="ja")])) == [0, 0, 1, 0, 0]


def test_two_people_may_swap_logins_and_a_newcomer_take_over_that_of_somebody_who_left(load: Load) -> None:
    load([row("1", login="a"), row("2", login="b"), row("3", login="c")])
    report = load([row("1", login="b"), row("2", login="a"), row("4", login="c")])
    assert counts(report) == [1, 2, 0, 1, 0]
    assert {person.employee_id: person.login for person in Employee.objects.all()} == {
        "1": "b",
        "2": "a",
        "3": None,
        "4": "c",
    }


def test_what_the_person_chose_is_kept(load: Load) -> None:
    load([row("1")])
    Employee.objects.update(language="en", theme="dark", password="kept")
    load([row("1", family_name="Nytt")])
    person = Employee.objects.get()
    assert (person.family_name, person.language, person.theme, person.password) == ("Nytt", "en", "dark", "kept")


def test_a_new_person_has_no_usable_password(load: Load) -> None:
    load([row("1")])
    assert not Employee.objects.get().has_usable_password()


def test_half_a_file_ends_nobody_unless_it_is_allowed(load: Load) -> None:
    whole = [row(str(key)) for key in range(50)]
    load(whole)
    with pytest.raises(ImportStopped, match="lacks 11 of 50 employees"):
        load(whole[:-11])
    assert Employee.objects.employed_on(TODAY).count() == 50
    assert counts(load(whole[:20], allow_ending_many=True)) == [0, 0, 20, 30, 0]


def test_without_a_column_for_protected_identity_nothing_is_read(tmp_path: Path) -> None:
    path = tmp_path / "employees.csv"
    path.write_text("employee_id;given_name;family_name;unit_code\n1;Ada;Ek;111\n", encoding="utf-8")
    with pytest.raises(ImportStopped, match="The heading lacks protected"):
        import_employees(path, today=TODAY)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("198001019804", True),
        ("19800101-9804", True),
        ("800101-9804", True),
        ("8001019804", True),
        ("198001619801", True),  # a coordination number: the day plus sixty
        ("8001019804@x.example", True),
        ("198001019805", False),  # wrong check digit
        ("198013019801", False),  # no such month
        ("10045", False),
        ("persjo02", False),
    ],
)
def test_a_personal_identity_number_is_known_by_its_form(text: str, is_one: bool) -> None:
    assert is_identity_number(text) is is_one


def test_the_command_says_what_it_did(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("import_employees", DATA / "employees.csv")
    assert capsys.readouterr().out == "Employees: 5 new, 0 changed, 0 unchanged, 0 ended, 0 refused.\n"
    with pytest.raises(CommandError) as stopped:
        call_command("import_employees", DATA / "employees-broken.csv", "--dry-run")
    assert (stopped.value.returncode, str(stopped.value)) == (2, "Rows refused: 15. Dry run: nothing was stored.")


@pytest.mark.parametrize("many", [1, 30])
def test_an_import_takes_the_same_number_of_statements_for_one_and_for_thirty(
    load: Load, many: int, django_assert_num_queries: Counted
) -> None:
    connection.ensure_connection()
    with django_assert_num_queries(23):
        load([row(str(key)) for key in range(many)])
