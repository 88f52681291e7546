"""Kolada's answers read exactly, its pages followed, its pace and its wishes respected."""

import json
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

import pytest

from initiatives.kolada import Client, KoladaFault, Pace, YearlyValue, read_page, seconds_asked_for
from tests.kolada_stand_in import RECORDED, FastTime, StandIn, a_stand_in, recorded, refuse, row, say

NOON = 1_800_014_400.0  # Fri, 15 Jan 2027 12:00:00 GMT
STOCKHOLM = "0180"


@pytest.fixture
def kolada() -> Iterator[StandIn]:
    with a_stand_in(recorded("stockholm.json") + recorded("arboga.json")) as stand_in:
        yield stand_in


@pytest.fixture
def time() -> FastTime:
    return FastTime(NOON)


@pytest.fixture
def client(kolada: StandIn, time: FastTime) -> Iterator[Client]:
    with Client(kolada.url + "/", clock=time.clock, sleep=time.sleep) as made:
        yield made


def page(*rows: object, **more: object) -> bytes:
    return json.dumps({"values": rows, "count": len(rows), "next_url": None} | more).encode()


def test_a_value_keeps_every_decimal() -> None:
    values = read_page((RECORDED / "stockholm.json").read_bytes()).values
    assert (len(values), values[0].value, values[20].value) == (21, Decimal("31.32959689"), Decimal("40.8"))
    body = b'{"values": [{"kpi": "N00945", "municipality": "0180", "period": 2020, "values": [{"gender": "T", '
    body += (
        b'"count": 1, "status": "", "value": 0.1000000000000000055511151231257827}]}], "count": 1, "next_url": null}'
    )
    assert read_page(body).values[0].value == Decimal("0.1000000000000000055511151231257827")


def test_only_the_total_without_remark_is_a_value() -> None:
    rows = [
        row("N00945", STOCKHOLM, 2018, 1, gender="K"),
        row("N00945", STOCKHOLM, 2019, 2, status="Missing"),
        row("N00945", STOCKHOLM, 2020, None),
        row("N00945", STOCKHOLM, 2021, 0),
        row("N00945", STOCKHOLM, 2022, 4, status="Preliminary"),
    ]
    assert read_page(page(*rows)).values == [YearlyValue("N00945", STOCKHOLM, 2021, Decimal(0))]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b"null",
        b"\xff\xfe\xfd",
        b'{"values": null}',
        b'{"values": [1]}',
        page({"kpi": "N00945"}),
        page(row("N00945", STOCKHOLM, 2020, "31,3")),
        page(row("N00945", STOCKHOLM, 2020, True)),
        page(row("N00945", STOCKHOLM, 2020, float("nan"))),
        page(row("N00945", STOCKHOLM, 202, 1)),
        page(row("N00945", STOCKHOLM, 20200, 1)),
        b'{"values": [{"period": 1e999999999, "values": []}]}',
        b'{"values": 1e99999999999999999999}',
        b"[" * 100_000,
    ],
)
def test_an_answer_in_another_shape_is_a_fault_with_a_sentence(body: bytes) -> None:
    with pytest.raises(KoladaFault, match=r"^Kolada's answer is not in the shape that was expected\.$") as fault:
        read_page(body)
    assert not fault.value.may_pass


def test_what_was_asked_for_is_answered(client: Client, kolada: StandIn) -> None:
    found = client.yearly_values(["N00945"], STOCKHOLM, [2019, 2020, 2021])
    assert found == [
        YearlyValue("N00945", STOCKHOLM, 2019, Decimal("39.3")),
        YearlyValue("N00945", STOCKHOLM, 2020, Decimal("40.8")),
    ]
    assert kolada.asked == ["/v3/data/kpi/N00945/municipality/0180/year/2019,2020,2021"]


def test_what_was_not_asked_for_is_left_out(client: Client, kolada: StandIn) -> None:
    rows = [
        row("N00945", STOCKHOLM, 2020, 1),
        row("N00946", STOCKHOLM, 2020, 2),
        row("N00945", "1280", 2020, 3),
        row("N00945", STOCKHOLM, 2021, 4),
    ]
    kolada.troubles = [say({"values": rows, "count": 4, "next_url": None})]
    assert [each.value for each in client.yearly_values(["N00945"], STOCKHOLM, [2020])] == [1]


@pytest.mark.parametrize(("rows_each", "pages"), [(7, 4), (12, 2), (24, 1)])
def test_all_pages_are_read(client: Client, kolada: StandIn, rows_each: int, pages: int) -> None:
    kolada.per_page = rows_each
    found = client.yearly_values(["N03702", "N03703"], "1984", range(2000, 2025))
    assert (len(found), len(kolada.asked), found[-1].value) == (24, pages, 917)


def test_pages_without_end_are_a_fault(client: Client, kolada: StandIn) -> None:
    kolada.per_page = 1
    with pytest.raises(KoladaFault, match="more than 20 pages"):
        client.yearly_values(["N03702", "N03703"], "1984", range(2000, 2025))
    assert len(kolada.asked) == 20


def test_a_list_longer_than_kolada_takes_is_not_sent(client: Client, kolada: StandIn) -> None:
    many = [f"N{number:05}" for number in range(26)]
    for kpis, years in ((many, [2020]), (["N00945"], range(2000, 2026))):
        with pytest.raises(ValueError, match="at most 25"):
            client.yearly_values(kpis, STOCKHOLM, years)
    assert client.yearly_values(many[:25], STOCKHOLM, range(2000, 2025)) == []
    assert len(kolada.asked) == 1


def test_no_more_than_five_questions_in_a_second(client: Client, kolada: StandIn, time: FastTime) -> None:
    asked_at: list[float] = []
    kolada.when_asked = lambda: asked_at.append(time.now)
    kolada.per_page = 2
    client.yearly_values(["N03702", "N03703"], "1984", range(2012, 2024))
    gaps = [later - earlier for earlier, later in pairwise(asked_at)]
    assert gaps == pytest.approx([0.2] * 11)


def test_time_that_has_passed_anyway_is_not_waited_for(time: FastTime) -> None:
    pace = Pace(5, clock=time.clock, sleep=time.sleep)
    pace.wait()
    time.now += 0.15
    pace.wait()
    time.now += 3
    pace.wait()
    assert time.slept == pytest.approx([0.05])


def test_a_clock_that_is_set_back_does_not_stop_the_questions(time: FastTime) -> None:
    pace = Pace(5, clock=time.clock, sleep=time.sleep)
    pace.wait()
    time.now -= 3600
    pace.wait()
    assert time.slept == [0.2]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        (" 30 ", 30),
        ("0", 0),
        ("Fri, 15 Jan 2027 12:00:45 GMT", 45),
        ("Friday, 15-Jan-27 12:00:45 GMT", 45),
        ("Fri, 15 Jan 2027 13:00:45 +0100", 45),
        ("Fri, 15 Jan 2027 12:00:45 -0000", 45),
        ("Fri, 15 Jan 2027 11:59:00 GMT", 0),
        ("soon", 0),
        ("-5", 0),
        ("٣", 0),
        ("9" * 400, float("inf")),
        ("", 0),
        (None, 0),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float) -> None:
    assert seconds_asked_for(header, now=NOON) == seconds


@pytest.mark.parametrize(
    ("header", "slept"), [("7", 7.0), ("Fri, 15 Jan 2027 12:00:09 GMT", 9.0), ("0", 1.0), ("", 1.0)]
)
def test_too_many_requests_is_waited_out_as_asked(
    client: Client, kolada: StandIn, time: FastTime, header: str, slept: float
) -> None:
    kolada.troubles = [refuse(429, Retry_After=header)]
    assert len(client.yearly_values(["N00945"], STOCKHOLM, [2020])) == 1
    assert (time.slept, len(kolada.asked)) == ([slept], 2)


def test_who_asks_for_more_than_a_minute_is_left_alone(client: Client, kolada: StandIn, time: FastTime) -> None:
    kolada.troubles = [refuse(429, Retry_After="61")]
    with pytest.raises(KoladaFault, match=r"^Kolada answered 429\.$") as fault:
        client.yearly_values(["N00945"], STOCKHOLM, [2020])
    assert (fault.value.may_pass, time.slept, len(kolada.asked)) == (True, [], 1)


def test_a_minute_is_waited(client: Client, kolada: StandIn, time: FastTime) -> None:
    kolada.troubles = [refuse(503, Retry_After="60")]
    client.yearly_values(["N00945"], STOCKHOLM, [2020])
    assert time.slept == [60.0]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_failing_server_is_asked_four_times_ever_more_slowly(
    client: Client, kolada: StandIn, time: FastTime, status: int
) -> None:
    kolada.troubles = [refuse(status)] * 3
    assert len(client.yearly_values(["N00945"], STOCKHOLM, [2020])) == 1
    assert time.slept == [1.0, 2.0, 4.0]
    kolada.troubles = [refuse(status)] * 4
    with pytest.raises(KoladaFault, match=rf"^Kolada answered {status}\.$"):
        client.yearly_values(["N00945"], STOCKHOLM, [2020])
    assert len(kolada.asked) == 8


@pytest.mark.parametrize("status", [301, 302, 400, 401, 404, 422])
def test_a_refusal_is_not_asked_again(client: Client, kolada: StandIn, time: FastTime, status: int) -> None:
    kolada.troubles = [refuse(status, Location=f"{kolada.url}/v3/data/kpi/N00945/municipality/0180/year/2020")]
    with pytest.raises(KoladaFault, match=rf"^Kolada answered {status}\.$") as fault:
        client.yearly_values(["N00945"], STOCKHOLM, [2020])
    assert (fault.value.may_pass, time.slept, len(kolada.asked)) == (False, [], 1)


def test_patience_ends_before_the_task_is_killed(client: Client, kolada: StandIn, time: FastTime) -> None:
    kolada.troubles = [refuse(503, Retry_After="60")] * 100
    for _ in range(3):
        with pytest.raises(KoladaFault) as fault:
            client.yearly_values(["N00945"], STOCKHOLM, [2020])
        assert fault.value.may_pass
    assert time.now <= NOON + 240
    time.now = NOON + 241
    with pytest.raises(KoladaFault, match="took too long"):
        client.yearly_values(["N00945"], STOCKHOLM, [2020])
