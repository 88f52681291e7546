"""A client that is bound to one part of the organisation sees nothing of another by any path.

Everything that the specification has is asked by a client of one part: before there is anything in the other, and again
when there is, also with every identifier and every filter value of the other. No answer may have changed, and what
belongs to the other side must be answered exactly as what nobody has.
"""

import io
import itertools
import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, quote_plus, urlencode, urlsplit

import pyarrow.parquet as pq
import pytest

from initiatives.models import Measurement, Outcome
from tests.api.conftest import Machine
from tests.api.document import Call, calls
from tests.api.sides import Side, a_side, a_top
from tests.builders import an_indicator

NO_ID = "ffffffff-ffff-4fff-bfff-ffffffffffff"
NOBODYS = {  # what nobody has, of parameters that are no UUID
    "code": "E999999",
    "unit": "E999999",
    "goal": "KF-0",
    "q": "Ingenting",
    "series": "ingen",
    "koladaId": "U99999",
}
OF_NO_SIDE = {"fields", "cursor", "after"}  # cursors have a test of their own
MOVING = re.compile(r"(cursor|after)=[^\"&]*")
pytestmark = pytest.mark.django_db(transaction=True)


class Question(NamedTuple):
    call: Call
    path: dict[str, str]
    query: tuple[tuple[str, str], ...] = ()
    accept: str = "application/json"

    def __str__(self) -> str:
        return f"{self.address} {self.accept}"

    @property
    def address(self) -> str:
        path = self.call.path
        for name, value in self.path.items():
            path = path.replace(f"{{{name}}}", quote(value, safe=""))
        return f"{path}?{urlencode(self.query)}" if self.query else path


def ask(machine: Machine, question: Question) -> tuple[int, str]:
    """The status and the answer as text, without what it repeats of the question."""
    response: Any = machine.client.generic(
        question.call.method.upper(),
        f"/api/v1{question.address}",
        json.dumps(example(question.call)).encode() if "requestBody" in question.call.operation else b"",
        "application/json",
        headers=machine.headers | {"Accept": question.accept},
    )
    return response.status_code, without(readable(response), [*question.path.values(), *dict(question.query).values()])


def readable(response: Any) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    if "parquet" in response.get("Content-Type", "") and response.status_code == 200:
        return str(pq.read_table(io.BytesIO(content)).to_pylist())
    return str(content.decode("utf-8"))


def without(text: str, said: list[str]) -> str:
    """`text` with what was `said` in the question struck out, in whatever way it is written, and without cursors."""
    for word in filter(None, said):
        for way in sorted({word, quote(word, safe=""), quote(word), quote_plus(word)}, key=len, reverse=True):
            text = text.replace(way, "…") if len(word) > 1 else text
    return MOVING.sub("", text)


def example(call: Call) -> Any:
    return call.operation["requestBody"]["content"]["application/json"]["example"]


def media_types(call: Call) -> list[str]:
    return sorted({kind for answer in call.good.values() for kind in answer.get("content", {})}) or ["application/json"]


def identifiers(call: Call, side: Side) -> list[dict[str, str]]:
    """What `side` has that stands in this path. Raises KeyError for a kind of path that `Side` knows nothing of."""
    names = re.findall(r"\{(\w+)\}", call.path)
    if not names:
        return [{}]
    return [{name: each[name] for name in names} for each in side.identifiers[call.path.split("/")[1]]]


def queries(call: Call, side: Side) -> Iterator[tuple[str, str]]:
    """Each filter with each value that `side` has, and each other parameter with each of its own."""
    for name, parameter in call.named("query").items():
        schema = parameter["schema"]
        schema = schema["items"] if schema.get("type") == "array" else schema
        if name in side.filters:
            yield from ((name, value) for value in side.filters[name])
        elif "enum" in schema:
            yield from ((name, value) for value in schema["enum"])
        elif schema.get("type") in {"integer", "boolean"}:
            yield name, str(schema.get("default", schema.get("minimum", 1))).lower()
        elif schema.get("format") == "date":
            yield name, "2026-03-31"
        elif schema.get("format") == "date-time":
            yield name, "2026-03-31T09:15:00Z"
        elif name in OF_NO_SIDE:
            yield name, parameter["example"]
        else:
            raise AssertionError(f"{call}: say in tests/api/sides.py what {name} takes of a side")


def questions(about: Side, filtered_by: Side) -> Iterator[Question]:
    """All that can be read about one side, with the other parameters' values from a side."""
    for call in calls():
        if call.method == "get":
            for path, accept in itertools.product(identifiers(call, about), media_types(call)):
                yield Question(call, path, (), accept)
                for query in queries(call, filtered_by):
                    yield Question(call, path, (query,), accept)


def call_of(operation: str) -> Call:
    [found] = [call for call in calls() if call.operation["operationId"] == operation]
    return found


def stored(side: Side) -> list[Any]:
    """What a client might have changed."""
    outcomes = [each.pk for each in side.outcomes]
    return [
        list(Outcome.objects.filter(pk__in=outcomes).order_by("pk").values()),
        list(Measurement.objects.filter(outcome__in=outcomes).order_by("pk").values()),
    ]


def test_nothing_of_the_other_side_is_seen_by_any_path() -> None:
    top, shared = a_top(), an_indicator("Gemensamt mått")
    ours = a_side(top, "Vitsippa", "11", shared)
    before = {str(question): ask(ours.machine, question) for question in questions(ours, ours)}
    assert sum(status == 200 for status, _ in before.values()) > len(before) * 0.7
    assert any("Vitsippa" in text for _, text in before.values())
    assert '"isWithheld":false' in before[str(Question(call_of("getMetrics"), {}))][1].replace(" ", "")

    theirs = a_side(top, "Blåklint", "77", shared)
    after = {str(question): ask(ours.machine, question) for question in questions(ours, ours)}
    assert {key: after[key] for key in after if after[key] != before[key]} == {}

    told = theirs.told_by() | {top.code, top.name}
    for question in questions(ours, theirs):
        _, text = ask(ours.machine, question)
        assert [each for each in told if each in text] == [], str(question)


def test_what_the_other_side_has_is_answered_as_what_nobody_has() -> None:
    top, shared = a_top(), an_indicator("Gemensamt mått")
    ours, theirs = a_side(top, "Vitsippa", "11", shared), a_side(top, "Blåklint", "77", shared)
    machine, untouched = ours.machine, stored(theirs)
    for call in calls():
        if "{" in call.path:
            for path, accept in itertools.product(identifiers(call, theirs), media_types(call)):
                unknown = {name: NOBODYS.get(name, NO_ID) for name in path}
                found = ask(machine, Question(call, path, (), accept))
                assert found == ask(machine, Question(call, unknown, (), accept)), (str(call), path)
                assert found[0] == 404, (str(call), path)
        elif call.method == "get":
            for name, value in queries(call, theirs):
                if name in theirs.filters:
                    found = ask(machine, Question(call, {}, ((name, value),)))
                    nothing = Question(call, {}, ((name, NOBODYS.get(name, NO_ID)),))
                    assert found == ask(machine, nothing), (str(call), name, value)
    assert stored(theirs) == untouched


def test_cursor_of_the_other_side_leads_to_nothing_there() -> None:
    top, shared = a_top(), an_indicator("Gemensamt mått")
    ours, theirs = a_side(top, "Vitsippa", "11", shared), a_side(top, "Blåklint", "77", shared)
    told, tried = theirs.told_by(), 0
    for call in calls():
        if {"cursor", "after"} & call.named("query").keys():
            path, own = identifiers(call, theirs)[-1], identifiers(call, ours)[-1]
            following = theirs.machine.get(Question(call, path).address, limit=1).json()["_links"]["next"]
            if following is not None:
                [(name, cursor)] = [
                    each for each in parse_qsl(urlsplit(following["href"]).query) if each[0] in {"cursor", "after"}
                ]
                _, text = ask(ours.machine, Question(call, own, ((name, cursor),)))
                assert [each for each in told if each in text] == [], str(call)
                tried += 1
    assert tried >= 4


def test_the_other_sides_own_client_sees_all_of_it() -> None:
    """Or the tests above would say nothing."""
    top, shared = a_top(), an_indicator("Gemensamt mått")
    a_side(top, "Vitsippa", "11", shared)
    theirs = a_side(top, "Blåklint", "77", shared)
    text = "".join(
        readable(theirs.machine.get(Question(call, path).address, limit=500))
        for call in calls()
        if call.method == "get" and "limit" in call.named("query")
        for path in identifiers(call, theirs)
    )
    told = {each.removesuffix("000").removesuffix(".") for each in theirs.told_by()}
    assert {each for each in told if each not in text} == set()


def test_every_identifier_and_filter_of_the_specification_is_tried() -> None:
    """Fails for an operation that is new and that nobody has given a row on each side."""
    side = a_side(a_top(), "Vitsippa", "11", an_indicator())
    for call in calls():
        assert identifiers(call, side), call
        assert len(dict(queries(call, side))) == len(call.named("query")), call
