"""Effekt i timmar och kronor on the page: counting it, checking it, and telling apart who counts the same."""

import datetime as dt
import html
import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from initiatives.models import Claim, Indicator, Initiative, Outcome, Overlap
from initiatives.workflow import State
from kommun.models import Employee, Role, Unit
from tests.builders import LONG_AGO, a_manager, a_person, a_unit, a_year_of_hours, an_indicator, an_initiative, assign
from tests.pages.markup import faults
from tests.pages.test_steps import as_person

pytestmark = pytest.mark.django_db
ASKED = {
    "kind": "hours",
    "repeats": "monthly",
    "volume": "30",
    "unit_value": "0,5",
    "is_hard": "no",
    "months": "12",
} | {"basis": "30 ärenden i månaden enligt diariet."}


@pytest.fixture
def root() -> Unit:
    found = a_unit("Åsmåla kommun")
    Unit.objects.update(kind=Unit.Kind.MUNICIPALITY)
    return found


@pytest.fixture
def unit(root: Unit) -> Unit:
    found = a_unit("Bygglov", root)
    for number in range(6):
        a_person(f"Person {number}", unit=found)
    return found


@pytest.fixture
def owner(unit: Unit) -> Employee:
    return a_person(unit=unit)


@pytest.fixture
def karin(root: Unit) -> Employee:
    return assign(a_person("Karin", "Nordin", unit=root), Role.CONTROLLER, root)


@pytest.fixture
def waiting() -> Indicator:
    return an_indicator("Dagar till beslut", "dagar")


def measured(owner: Employee, unit: Unit, indicator: Indicator, title: str = "Snabbare beslut") -> Outcome:
    """Of an initiative that was confirmed: about 4.2 days fewer."""
    change_on = dt.date(2025, 1, 15)
    initiative = an_initiative(owner, unit, State.CONCLUDED, target=None, change_on=change_on, title=title)
    shift = {"shift": "-4.2", "shift_low": "-7", "shift_high": "-1.1", "verdict": "improved", "verdict_is_final": False}
    return Outcome.objects.create(initiative=initiative, indicator=indicator, baseline_from_on=LONG_AGO, **shift)


@pytest.fixture
def outcome(owner: Employee, unit: Unit, waiting: Indicator) -> Outcome:
    return measured(owner, unit, waiting)


def old(outcome: Outcome, amount: int = 10, **columns: Any) -> Claim:
    """All of its months are over, and it is checked."""
    checked = {"checked_by": outcome.initiative.owner, "checked_at": timezone.now()}
    return a_year_of_hours(outcome, amount, **{"from_on": dt.date(2020, 1, 1)} | checked | columns)


def address(outcome: Outcome, path: str = "") -> str:
    return f"{outcome.initiative.get_absolute_url()}effekt/{path}"


def read(person: Employee, url: str) -> str:
    answer = as_person(person).get(url)
    assert answer.status_code == 200
    assert faults(answer.content.decode()) == []
    return re.sub(r"\s+", " ", html.unescape(answer.content.decode()))


def page(person: Employee, outcome: Outcome) -> str:
    return read(person, outcome.initiative.get_absolute_url())


def given(outcome: Outcome, **fields: str) -> dict[str, str]:
    return ASKED | {"from_on": "2025-02-01"} | fields


# --- Counting -------------------------------------------------------------------------------------------------------
def test_the_owner_counts_the_effect_and_it_shows_with_its_sum(owner: Employee, outcome: Outcome) -> None:
    assert "Räkna på effekten" in page(owner, outcome)
    answer = as_person(owner).post(address(outcome), given(outcome))
    assert (answer.status_code, answer["Location"]) == (302, f"{outcome.initiative.get_absolute_url()}#effekt")
    claim = Claim.objects.get()
    assert (claim.amount, claim.amount_low, claim.amount_high) == (63, Decimal("16.5"), 105)
    shown = page(owner, outcome)
    assert "63 timmar i månaden" in shown
    assert "troligen mellan 16,5 och 105" in shown
    assert "4,2 dagar lägre × 30 i månaden × 0,5 timmar = 63 timmar i månaden" in shown
    assert "februari 2025 – januari 2026, 12 månader" in shown
    assert "Ingen har kontrollerat det än" in shown
    assert "Tid eller utrymme frigörs för annat" in shown


def test_the_sum_is_shown_before_anything_is_saved(owner: Employee, outcome: Outcome) -> None:
    once = given(outcome, preview="1", repeats="once", kind="money", unit_value="1 000", basis="")
    answer = as_person(owner).post(address(outcome), once)
    assert answer.status_code == 200
    assert "4,2 dagar lägre × 30 × 1 000 kronor = 126 000 kronor" in re.sub(
        r"\s+", " ", answer.content.decode().replace("\N{NO-BREAK SPACE}", " ")
    )
    assert not Claim.objects.exists()


def test_the_sum_waits_for_the_numbers(owner: Employee, outcome: Outcome) -> None:
    for fields in ({"volume": ""}, {"volume": "-3"}, {"unit_value": "många"}, {"unit_value": "0"}):
        answer = as_person(owner).post(address(outcome), given(outcome, preview="1", **fields))
        assert (answer.status_code, answer.context["sum"]) == (200, None)


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"volume": ""}, "volume", "Utan ett antal finns det inget belopp"),
        ({"unit_value": "0"}, "unit_value", "som ett tal över noll"),
        ({"unit_value": "många"}, "unit_value", "Skriv ett tal"),
        ({"basis": ""}, "basis", "Skriv hur ni vet siffrorna"),
        ({"kind": "other"}, "unit_of_measure", "Skriv vad det räknas i"),
        ({"months": "13"}, "months", "minst en månad och högst tolv"),
        ({"from_on": "2025-01-01"}, "from_on", ""),
    ],
)
def test_a_refusal_stands_on_its_field_and_what_was_written_stays(
    owner: Employee, outcome: Outcome, fields: dict[str, str], field: str, words: str
) -> None:
    answer = as_person(owner).post(address(outcome), given(outcome, **fields))
    form = answer.context["form"]
    assert (answer.status_code, form.errors.keys()) == (422, {field})
    assert words in form.errors[field][0]
    assert form["basis"].value() == fields.get("basis", ASKED["basis"])
    assert not Claim.objects.exists()


def test_before_the_change_there_is_nothing_to_count(owner: Employee, unit: Unit) -> None:
    underway = an_initiative(owner, unit, State.UNDERWAY)
    found = underway.outcomes.get()
    assert "Räkna på effekten" not in page(owner, found)
    answer = as_person(owner).get(address(found))
    assert (answer.status_code, answer["Location"]) == (302, underway.get_absolute_url())


def test_a_claim_is_changed_and_removed(owner: Employee, outcome: Outcome) -> None:
    client = as_person(owner)
    client.post(address(outcome), given(outcome))
    claim = Claim.objects.get()
    url = address(outcome, f"{claim.uuid}/")
    form = client.get(url).context["form"]
    assert (form["volume"].value(), form["basis"].value()) == ("30", ASKED["basis"])
    client.post(url, given(outcome, volume="10", seen=form["seen"].value()))
    claim.refresh_from_db()
    assert claim.amount == 21
    late = client.post(url, given(outcome, volume="11", seen=form["seen"].value()))
    assert late.status_code == 409
    seen = client.get(url).context["form"]["seen"].value()
    client.post(url, given(outcome, remove="1", seen=seen))
    assert not Claim.objects.exists()


def test_others_read_and_cannot_count_change_or_remove(
    owner: Employee, outcome: Outcome, unit: Unit, root: Unit
) -> None:
    as_person(owner).post(address(outcome), given(outcome))
    claim = Claim.objects.get()
    for person in (a_person(unit=unit), a_manager(unit), a_manager(a_unit("Skolan", root))):
        shown = page(person, outcome)
        assert "63 timmar i månaden" in shown
        assert "Räkna på effekten" not in shown
        assert "Ändra eller ta bort" not in shown
        for path in ("", f"{claim.uuid}/"):
            assert as_person(person).get(address(outcome, path)).status_code == 403
            assert as_person(person).post(address(outcome, path), given(outcome, remove="1")).status_code == 403
    assert Claim.objects.exists()


def test_a_claim_is_only_found_under_its_own_initiative(owner: Employee, outcome: Outcome, unit: Unit) -> None:
    claim = old(measured(owner, unit, an_indicator(), "Något annat"))
    assert as_person(owner).get(address(outcome, f"{claim.uuid}/")).status_code == 404


# --- Checking -------------------------------------------------------------------------------------------------------
def test_a_controller_checks_the_numbers_that_stood_on_the_page(
    owner: Employee, outcome: Outcome, karin: Employee
) -> None:
    as_person(owner).post(address(outcome), given(outcome))
    url = outcome.initiative.get_absolute_url()
    seen = as_person(karin).get(url).context["claims"].seen
    Claim.objects.update(volume=300)
    as_person(karin).post(address(outcome, "kontroll/"), {"seen": seen})
    assert Claim.objects.get().checked_at is None
    seen = as_person(karin).get(url).context["claims"].seen
    as_person(karin).post(address(outcome, "kontroll/"), {"seen": seen})
    assert Claim.objects.get().checked_by == karin
    shown = page(karin, outcome)
    assert "Kontrollerat av en controller den" in shown
    assert "Jag har kontrollerat siffrorna" not in shown
    assert "Karin" not in shown[shown.index('id="effekt"') : shown.index('id="handelser"')]


def test_nobody_else_checks_them(owner: Employee, outcome: Outcome, unit: Unit, root: Unit) -> None:
    as_person(owner).post(address(outcome), given(outcome))
    deciding = assign(a_manager(unit), Role.CONTROLLER, root)
    beside = assign(a_person("Eva", unit=root), Role.CONTROLLER, a_unit("Skolan", root))
    for person in (owner, deciding, beside, a_person(unit=unit)):
        assert "Jag har kontrollerat siffrorna" not in page(person, outcome)
        assert as_person(person).post(address(outcome, "kontroll/"), {"seen": ""}).status_code == 403


# --- Overlaps -------------------------------------------------------------------------------------------------------
@pytest.fixture
def pair(outcome: Outcome, root: Unit, waiting: Indicator) -> tuple[Claim, Claim]:
    """The owner's claim, and one above it on the same measure."""
    other = measured(a_person("Olle", "Ek", unit=root), root, waiting, "Färre steg")
    return old(outcome), old(other, 30)


def test_both_owners_and_the_controller_see_an_overlap(pair: tuple[Claim, Claim], karin: Employee, unit: Unit) -> None:
    mine, other = pair
    for person in (mine.created_by, other.created_by, karin):
        for claim, title in ((mine, "Färre steg"), (other, "Snabbare beslut")):
            shown = page(person, claim.outcome)
            assert "Räknas också av:" in shown
            assert title in shown
    assert "Red ut det" in page(mine.created_by, mine.outcome)
    assert "Red ut det" in page(karin, mine.outcome)
    assert "Red ut det" not in page(a_person(unit=unit), mine.outcome)


def test_the_controller_sees_an_overlap_where_the_result_is_reviewed(
    pair: tuple[Claim, Claim], karin: Employee
) -> None:
    mine, other = pair
    Outcome.objects.filter(pk=mine.outcome_id).update(verification="asked", verification_at=timezone.now())
    shown = read(karin, f"/granska/{mine.outcome.initiative.uuid}/")
    assert "Räknas också av:" in shown
    assert settle(mine, other) in shown


@pytest.mark.parametrize(
    ("title", "unit_name", "names"),
    [
        ("Annat", "Bygglov", ("Annat", "Snabbare beslut")),
        ("Snabbare beslut", "Karta", ("Snabbare beslut, Karta", "Snabbare beslut, Bygglov")),
        ("Snabbare beslut", "Bygglov", ("Snabbare beslut (1)", "Snabbare beslut (2)")),
    ],
)
def test_neither_of_two_is_taken_for_the_other(
    outcome: Outcome,
    owner: Employee,
    unit: Unit,
    waiting: Indicator,
    title: str,
    unit_name: str,
    names: tuple[str, str],
) -> None:
    where = unit if unit.name == unit_name else a_unit(unit_name, unit)
    mine, other = old(measured(owner, where, waiting, title)), old(outcome)
    shown = read(owner, settle(mine, other))
    for name in names:
        assert f">{name}</a></h2>" in shown
        assert f"Allt räknas i ”{name}”" in shown
    assert f"Hur många procent hör till ”{names[0]}”?" in shown


def settle(claim: Claim, other: Claim) -> str:
    return f"/effekt/{claim.uuid}/overlapp/{other.uuid}/"


def test_an_owner_splits_the_effect_and_both_see_the_shares(pair: tuple[Claim, Claim]) -> None:
    mine, other = pair
    url = settle(mine, other)
    assert "Snabbare beslut" in read(mine.created_by, url)
    answer = as_person(mine.created_by).post(url, {"answer": "split", "share": "25", "reason": "Vi bidrog lite."})
    assert answer.status_code == 302
    told = Overlap.objects.get()
    assert (told.first, told.first_share, told.other_share) == (mine, Decimal("0.25"), Decimal("0.75"))
    assert "De delar på den: 25 % här och 75 % där." in page(mine.created_by, mine.outcome)
    assert "De delar på den: 75 % här och 25 % där." in page(other.created_by, other.outcome)
    again = as_person(mine.created_by).get(settle(other, mine)).context["form"]
    assert (again["answer"].value(), again["share"].value(), again["reason"].value()) == (
        "split",
        "75",
        "Vi bidrog lite.",
    )


@pytest.mark.parametrize(("answer", "turned"), [("mine", False), ("other", True)])
def test_an_owner_includes_one_in_the_other(pair: tuple[Claim, Claim], answer: str, turned: bool) -> None:
    mine, other = pair
    as_person(other.created_by).post(settle(mine, other), {"answer": answer, "share": "50", "reason": "Samma."})
    told = Overlap.objects.get()
    assert (told.first, told.other) == ((other, mine) if turned else (mine, other))
    assert "Allt räknas där." in page(mine.created_by, (mine if turned else other).outcome)
    again = as_person(mine.created_by).get(settle(mine, other)).context["form"]
    assert again["answer"].value() == answer


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"share": "0"}, "share"), ({"share": "100"}, "share"), ({"reason": ""}, "reason"), ({"answer": "x"}, "answer")],
)
def test_a_refused_answer_stands_on_its_field(pair: tuple[Claim, Claim], fields: dict[str, str], field: str) -> None:
    given = {"answer": "split", "share": "50", "reason": "Så"} | fields
    answer = as_person(pair[0].created_by).post(settle(*pair), given)
    assert (answer.status_code, answer.context["form"].errors.keys()) == (422, {field})
    assert not Overlap.objects.exists()


def test_strangers_do_not_tell_them_apart(pair: tuple[Claim, Claim], unit: Unit, root: Unit) -> None:
    for person in (a_person(unit=unit), a_manager(a_unit("Skolan", root))):
        assert as_person(person).get(settle(*pair)).status_code == 403
        answer = as_person(person).post(settle(*pair), {"answer": "split", "share": "50", "reason": "Så"})
        assert answer.status_code == 403
    assert not Overlap.objects.exists()


def test_what_does_not_overlap_has_no_page(pair: tuple[Claim, Claim], owner: Employee, unit: Unit) -> None:
    apart = old(measured(owner, unit, an_indicator(), "Annat"))
    assert as_person(owner).get(settle(pair[0], apart)).status_code == 404


# --- The overview ---------------------------------------------------------------------------------------------------
def heading(person: Employee, query: str = "") -> str:
    shown = read(person, f"/oversikt/{query}")
    [found] = re.findall(r"<h1>(.*?)</h1>", shown)
    return str(found)


def test_the_heading_is_the_answer_with_the_lower_bound(outcome: Outcome, owner: Employee) -> None:
    assert heading(owner) == "Bygglov"
    old(outcome)
    old(outcome, 1000, kind="money")
    assert heading(owner) == "Bygglov: minst 96 timmar och minst 11 976 kronor är bekräftade"


def test_one_opens_on_ones_own_unit_and_viewers_on_the_whole(
    outcome: Outcome, owner: Employee, karin: Employee, root: Unit, unit: Unit
) -> None:
    viewer = assign(a_person("Vera", unit=unit), Role.VIEWER, root)
    outsider = a_person("Utan", "Enhet")
    for person, name in ((owner, "Bygglov"), (karin, root.name), (viewer, root.name), (outsider, root.name)):
        assert heading(person).startswith(name)
    assert heading(owner, f"?enhet={root.code}").startswith(root.name)
    assert as_person(owner).get("/oversikt/?enhet=finnsinte").status_code == 404


def test_it_shows_what_is_counted_before_and_after_and_all_that_was_measured(
    pair: tuple[Claim, Claim], root: Unit
) -> None:
    unproven = measured(pair[0].created_by, root, an_indicator(), "Kanske")
    Initiative.objects.filter(pk=unproven.initiative_id).update(ending="not_proven")
    old(unproven, 2, is_hard=True)
    [row] = as_person(pair[0].created_by).get(f"/oversikt/?enhet={root.code}").context["effects"].rows
    assert [(figure.label, figure.value) for figure in row.figures] == [
        ("Bekräftat, räknat en gång", "360"),
        ("Sänker en budget", "0"),
        ("Frigör tid eller utrymme", "360"),
        ("Innan överlapp är borträknade", "480"),
        ("Allt som har mätts", "384"),
    ]
    assert row.answer == "Minst 336\N{NO-BREAK SPACE}timmar. Troligast 360, som mest 396."
    shown = read(pair[0].created_by, f"/oversikt/?enhet={root.code}")
    assert "Ett par räknar samma effekt" in shown
    assert '<span class="svag">Dagar till beslut, timmar</span>' in shown
    assert "2 effekter är bekräftade av 3 som har mätts." in shown
    assert "Allt som har mätts var 504" in shown


def test_figures_of_fewer_than_five_people_are_not_shown(waiting: Indicator, root: Unit) -> None:
    small = a_unit("Liten", root)
    owner = a_person(unit=small)
    old(measured(owner, small, waiting))
    assert heading(owner) == "Liten"
    assert "Färre än fem personer arbetar här" in read(owner, "/oversikt/")
    for number in range(3):
        a_person(f"Ny {number}", unit=small)
    assert heading(owner) == "Liten"
    a_person("Den femte", unit=small)
    assert heading(owner) == "Liten: minst 96 timmar är bekräftade"


def test_somebody_who_has_left_reads_nothing(outcome: Outcome, owner: Employee) -> None:
    claim = old(outcome)
    client = as_person(owner)
    Employee.objects.filter(pk=owner.pk).update(ended_on=LONG_AGO)
    for url in ("/oversikt/", address(outcome), address(outcome, f"{claim.uuid}/"), settle(claim, claim)):
        assert client.get(url).status_code in (302, 403, 404)


def queries(person: Employee, url: str) -> int:
    client = as_person(person)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert client.get(url).status_code == 200
    return len(asked)


def test_many_claims_and_overlaps_cost_no_more(pair: tuple[Claim, Claim], root: Unit, waiting: Indicator) -> None:
    owner = pair[0].created_by
    urls = (pair[0].outcome.initiative.get_absolute_url(), f"/oversikt/?enhet={root.code}")
    few = [queries(owner, url) for url in urls]
    for number in range(30):
        old(measured(owner, root, waiting, f"Nummer {number}"))
    assert [queries(owner, url) for url in urls] == few
