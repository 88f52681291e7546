"""Importing the organisation tree, from real files in every shape that municipalities have."""

import datetime as dt
from collections.abc import Iterable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from kommun.imports.report import ImportStopped, Report
from kommun.imports.units import import_organisation
from kommun.models import Assignment, Role, Source, Unit, UnitPlacement
from tests.builders import TODAY, a_person, a_unit, assign

pytestmark = pytest.mark.django_db
DATA = Path(__file__).parent.parent / "data" / "organisation"
YESTERDAY, TOMORROW = TODAY - dt.timedelta(days=1), TODAY + dt.timedelta(days=1)
HEADING = "unit_code,unit_name,parent_code,kind"
TREE = {
    ("100", "Åsmåla kommun", None, "municipality"),
    ("110", "Barn- och utbildningsförvaltningen", "100", "department"),
    ("111", "Förskolan Ängen", "110", "unit"),
    ("120", "Samhällsbyggnad", "100", "department"),
    ("121", "Bygglov", "120", "division"),
    ("122", "Bygglovshandläggning Öster", "121", "unit"),
}


def tree() -> set[tuple[str, ...]]:
    return set(Unit.objects.values_list("code", "name", "parent__code", "kind"))


def counts(report: Report) -> list[int]:
    """New, changed, unchanged, ended, refused."""
    return [report.counts[name] for name in ("new", "changed", "unchanged", "ended", "refused")]


@pytest.fixture
def load(tmp_path: Path) -> "Load":
    return Load(tmp_path / "units.csv")


class Load:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, lines: Iterable[str], *, today: dt.date = TODAY, **options: bool) -> Report:
        self.path.write_text("\n".join([HEADING, *lines]), encoding="utf-8")
        return import_organisation(self.path, today=today, **options)


@pytest.mark.parametrize(
    "name",
    ["units.csv", "units-excel.csv", "units-windows-1252.csv", "units-tab.txt", "units.json", "units-nested.json"],
)
def test_every_shape_gives_the_same_tree(name: str) -> None:
    report = import_organisation(DATA / name, today=TODAY)
    assert tree() == TREE
    assert str(report) == "Units: 6 new, 0 changed, 0 unchanged, 0 ended, 0 refused."
    leaf = Unit.objects.get(code="122")
    above = Unit.objects.filter(pk__in=leaf.path).order_by("code").values_list("code", flat=True)
    assert [*above] == ["100", "120", "121", "122"]


def test_the_same_file_twice_changes_nothing() -> None:
    import_organisation(DATA / "units.csv", today=TODAY)
    before = [*UnitPlacement.objects.values()], [*Unit.objects.values()]
    report = import_organisation(DATA / "units.csv", today=TOMORROW)
    assert counts(report) == [0, 0, 6, 0, 0]
    assert ([*UnitPlacement.objects.values()], [*Unit.objects.values()]) == before


def test_a_dry_run_says_the_same_and_stores_nothing() -> None:
    report = import_organisation(DATA / "units.csv", today=TODAY, dry_run=True)
    assert (counts(report), Unit.objects.count()) == ([6, 0, 0, 0, 0], 0)


def test_broken_rows_are_named_with_their_reason_and_the_good_ones_go_in() -> None:
    report = import_organisation(DATA / "units-broken.csv", today=TODAY)
    assert sorted((refusal.row, refusal.reason) for refusal in report.refusals) == [
        (3, "unit 200 would stand under itself"),
        (4, "unit 210 would stand under itself"),
        (5, "unit 211 would stand under itself"),
        (6, "parent 211 is not known"),
        (7, "parent 999 is not known"),
        (8, "unit 100 is already in row 2"),
        (9, "it has no unit_code"),
        (10, "it has no unit_name"),
        (11, "a quotation mark is not closed"),
        (12, "it has 2 columns, the heading has 4"),
        (13, "its kind is none of municipality, department, division, unit, kommun, förvaltning, verksamhet,"
             " avdelning, enhet"),
    ]  # fmt: skip
    assert tree() == {
        ("100", "Åsmåla kommun", None, "municipality"),
        ("800", "Den goda raden", "100", "unit"),
    }


def test_who_is_missing_is_ended_with_its_assignments_and_not_deleted(load: Load) -> None:
    load(["1,Kommunen,,", "2,Enheten,1,"], today=YESTERDAY - dt.timedelta(days=9))
    unit = Unit.objects.get(code="2")
    assign(a_person(), Role.MANAGER, unit)
    report = load(["1,Kommunen,,"])
    unit.refresh_from_db()
    assert (counts(report), unit.ended_on) == ([0, 0, 1, 1, 0], YESTERDAY)
    assert [Assignment.objects.get().to_on, UnitPlacement.objects.get(unit=unit).to_on] == [YESTERDAY, YESTERDAY]
    assert not Unit.objects.open_on(TODAY).filter(code="2").exists()


def test_a_unit_that_comes_back_is_open_again(load: Load) -> None:
    for lines in (["1,Kommunen,,", "2,Enheten,1,"], ["1,Kommunen,,"], ["1,Kommunen,,", "2,Enheten,1,"]):
        report = load(lines)
    assert counts(report) == [0, 1, 1, 0, 0]
    placement = UnitPlacement.objects.get(unit__code="2")
    assert (Unit.objects.get(code="2").ended_on, placement.from_on, placement.to_on) == (None, TODAY, None)


def test_a_unit_laid_by_hand_is_left_alone(load: Load) -> None:
    a_unit("Projektet")
    assert counts(load(["1,Kommunen,,"])) == [1, 0, 0, 0, 0]
    assert Unit.objects.get(name="Projektet").source == Source.HAND


def test_a_reorganisation_keeps_where_units_stood(load: Load) -> None:
    load(["1,K,,", "2,A,1,", "3,B,1,", "4,C,2,"], today=YESTERDAY)
    report = load(["1,K,,", "2,A,1,", "3,B,1,", "4,C,3,"])
    unit = Unit.objects.get(code="4")
    placed = UnitPlacement.objects.filter(unit=unit).order_by("from_on")
    assert (counts(report), unit.path) == ([0, 1, 3, 0, 0], [Unit.objects.get(code=code).pk for code in "134"])
    assert [*placed.values_list("parent__code", "from_on", "to_on")] == [
        ("2", YESTERDAY, YESTERDAY),
        ("3", TODAY, None),
    ]


def test_parent_and_child_may_change_places(load: Load) -> None:
    load(["1,K,,", "2,A,1,", "3,B,2,"], today=YESTERDAY)
    report = load(["1,K,,", "3,B,1,", "2,A,3,"])
    assert (counts(report), Unit.objects.get(code="2").path) == (
        [0, 2, 1, 0, 0],
        [Unit.objects.get(code=code).pk for code in "132"],
    )


def test_a_refused_row_leaves_its_unit_as_it_is(load: Load) -> None:
    load(["1,K,,", "2,A,1,", "3,B,2,"])
    report = load(["1,K,,", "2,,1,", "3,Ny,2,", '"4'])
    assert counts(report) == [0, 1, 1, 0, 2]
    assert [*Unit.objects.order_by("code").values_list("name", "ended_on")] == [("K", None), ("A", None), ("Ny", None)]


def test_a_unit_is_not_ended_by_a_row_that_cannot_be_read(load: Load) -> None:
    load(["1,K,,", "2,A,1,"])
    assert counts(load(["1,K,,", '2,"A,1,'])) == [0, 0, 1, 0, 1]


def test_no_loop_is_closed_through_a_unit_whose_row_is_refused(load: Load) -> None:
    load(["1,K,,", "2,A,1,", "3,B,2,"])
    report = load(["1,K,,", "2,A,3,", "3,,1,"])
    assert [refusal.reason for refusal in report.refusals] == [
        "it has no unit_name",
        "unit 2 would stand under itself",
    ]


def test_a_parent_that_the_file_has_left_out_is_no_parent(load: Load) -> None:
    load(["1,K,,", "2,A,1,"], today=YESTERDAY)
    for _ in range(2):  # while it is being ended, and afterwards
        report = load(["1,K,,", "3,B,2,"])
        assert [refusal.reason for refusal in report.refusals] == ["parent 2 is not known"]


def test_a_unit_may_stand_under_one_laid_by_hand(load: Load) -> None:
    by_hand = a_unit("Projektet")
    load([f"3,B,{by_hand.code},"])
    assert Unit.objects.get(code="3").parent == by_hand


def test_half_a_file_ends_nobody_unless_it_is_allowed(load: Load) -> None:
    whole = ["1,K,,", *(f"{code},Enhet {code},1," for code in range(100, 149))]
    load(whole)
    with pytest.raises(ImportStopped, match="lacks 11 of 50 units"):
        load(whole[:-11])
    assert not Unit.objects.exclude(ended_on=None).exists()
    assert counts(load(whole[:-10])) == [0, 0, 40, 10, 0]
    assert counts(load(whole[:10], allow_ending_many=True)) == [0, 0, 10, 30, 0]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "The heading lacks unit_code, unit_name, parent_code"),
        (HEADING + "\n", "holds no rows"),
        ("[]", "holds no rows"),
        ("[{", "not JSON"),
        ("unit_code;unit_name\n1;K", "The heading lacks parent_code"),
        (HEADING + ",kind\n1,K,,,", "same column twice"),
        (HEADING + "\n,,x,", "Row 2 refused"),
    ],
)
def test_an_empty_or_useless_file_changes_nothing(load: Load, tmp_path: Path, content: str, reason: str) -> None:
    load(["1,Kommunen,,"])
    path = tmp_path / "other"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ImportStopped, match=reason):
        import_organisation(path, today=TODAY)
    assert [*Unit.objects.values_list("code", "ended_on")] == [("1", None)]


def test_one_odd_byte_does_not_garble_the_other_names(tmp_path: Path) -> None:
    path = tmp_path / "units.csv"
    path.write_bytes(f"{HEADING}\n1,Åsmåla,,\n".encode() + "2,Ängen,1,\n".encode("cp1252") + b"3,\x81,1,\n")
    report = import_organisation(path, today=TODAY)
    assert {row[1] for row in tree()} == {"Åsmåla", "Ängen"}
    assert [refusal.reason for refusal in report.refusals] == ["it holds signs that cannot be read"]


def test_the_command_says_what_it_did_and_ends_with_two_when_rows_were_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    call_command("import_organisation", DATA / "units.csv", "--dry-run")
    assert capsys.readouterr().out.splitlines() == [
        "Units: 6 new, 0 changed, 0 unchanged, 0 ended, 0 refused.",
        "Dry run: nothing was stored.",
    ]
    with pytest.raises(CommandError, match=r"Rows refused: 11\. The rest went in\.") as stopped:
        call_command("import_organisation", DATA / "units-broken.csv")
    assert stopped.value.returncode == 2
    assert capsys.readouterr().out.splitlines()[-1] == "Units: 2 new, 0 changed, 0 unchanged, 0 ended, 11 refused."
    with pytest.raises(CommandError) as missing:
        call_command("import_organisation", DATA / "no-such-file.csv")
    assert (missing.value.returncode, "cannot be read" in str(missing.value)) == (1, True)
