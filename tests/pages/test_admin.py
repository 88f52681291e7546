"""Django's admin: for whom it is open, and that it keeps what the product's own rules keep."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from kommun.models import QuietDays, Role, UnitSetting
from tests.builders import a_person, a_unit, an_indicator, assign

pytestmark = pytest.mark.django_db
OPEN_TO_ADMINISTRATORS = (
    *("unit", "employee", "assignment", "employment", "absence", "unitsetting"),
    *("closedday", "quietdays"),
)


def test_the_admin_is_for_superusers_and_administrators_of_the_whole(client: Client) -> None:
    root = a_unit("Åsmåla kommun")
    for stranger in (a_person(), assign(a_person(), Role.ADMINISTRATOR, a_unit("Skolan", root))):
        client.force_login(stranger)
        assert client.get("/admin/kommun/unit/").status_code == 302
    for person in (a_person(is_superuser=True), assign(a_person(), Role.ADMINISTRATOR, root)):
        client.force_login(person)
        for model in OPEN_TO_ADMINISTRATORS:
            assert client.get(f"/admin/kommun/{model}/").status_code == 200
            assert client.get(f"/admin/kommun/{model}/add/").status_code == 200


def test_tokens_and_attempts_to_sign_in_are_for_superusers(client: Client) -> None:
    answers = []
    for person in (assign(a_person(), Role.ADMINISTRATOR, a_unit()), a_person(is_superuser=True)):
        client.force_login(person)
        answers.append([client.get(f"/admin/{path}/").status_code for path in ("oauth2_provider/accesstoken", "axes")])
    assert answers == [[403, 404], [200, 200]]


def test_an_administrator_by_role_makes_nobody_a_superuser(client: Client) -> None:
    ali = assign(a_person(), Role.ADMINISTRATOR, a_unit())
    client.force_login(ali)
    said = {
        "employee_id": "ali",
        "login": "ali",
        "is_superuser": "on",
        "language": "sv",
        "theme": "auto",
        "source": ali.source,
    }
    assert client.post(f"/admin/kommun/employee/{ali.pk}/change/", said).status_code == 302
    ali.refresh_from_db()
    assert (ali.login, ali.is_superuser) == ("ali", False)


def test_a_lever_is_changed_from_a_day_on_and_the_former_one_is_kept(client: Client) -> None:
    unit = a_unit(decision_days=10)
    client.force_login(assign(a_person(), Role.ADMINISTRATOR, unit))
    today = timezone.localdate()
    said = {"unit": unit.pk, "from_on": today.isoformat(), "decision_days": "5", "silence_means_go": "true"}
    assert client.post("/admin/kommun/unitsetting/add/", said).status_code == 302
    kept = UnitSetting.objects.filter(unit=unit).order_by("from_on").values_list("decision_days", "to_on")
    assert list(kept) == [(10, today - dt.timedelta(days=1)), (5, None)]
    early = {**said, "from_on": "2019-01-01"}
    assert client.post("/admin/kommun/unitsetting/add/", early).status_code == 200
    assert UnitSetting.objects.filter(unit=unit).count() == 2


def test_an_administrator_says_which_kolada_figure_feeds_an_indicator(client: Client) -> None:
    indicator = an_indicator("Bruttoregionprodukt", "tkr", "up")
    address = f"/admin/initiatives/indicator/{indicator.pk}/change/"
    client.force_login(assign(a_person(), Role.ADMINISTRATOR, a_unit()))
    sent = client.post(address, {"kind": "residents", "kolada_id": "N03702", "direction": "down"})
    indicator.refresh_from_db()
    assert (sent.status_code, indicator.kolada_id, indicator.direction) == (302, "N03702", "up")
    refused = client.post(address, {"kind": "residents", "kolada_id": "X1"})
    assert (refused.status_code, bool(refused.context["adminform"].form.errors)) == (200, True)
    assert client.get("/admin/initiatives/indicator/add/").status_code == 403
    client.force_login(assign(a_person(), Role.MANAGER, a_unit()))
    assert client.get(address).status_code == 302


def test_quiet_days_need_an_end_that_is_not_before_the_beginning(client: Client) -> None:
    client.force_login(assign(a_person(), Role.ADMINISTRATOR, a_unit()))
    said = {"name": "Sommaren", "from_on": "2026-07-06", "to_on": ""}
    answers = [
        client.post("/admin/kommun/quietdays/add/", said | {"to_on": to_on}).status_code
        for to_on in ("", "2026-07-05", "2026-08-02")
    ]
    assert answers == [200, 200, 302]
    assert [str(days) for days in QuietDays.objects.all()] == ["Sommaren"]
