"""If-Match: a change is made only if what it builds on is still as the caller saw it (RFC 9110, 13.1.1)."""

from http import HTTPStatus
from typing import Any, Final

from django.utils.http import parse_etags
from rest_framework.request import Request

from initiatives.api.parameters import Parameter
from initiatives.api.problems import Refusal
from initiatives.api.questions import OWN_UNIT, single_statement
from initiatives.api.shapes import ROOT
from initiatives.api.views import ApiView, etag_of
from kommun.statements import rows as rows_of

NAME: Final = "If-Match"


def if_match(of: str) -> Parameter:
    """The documented header; `of` says whose ETag it takes."""
    return Parameter(
        NAME,
        f"The ETag of {of}, as you have read it. When it has changed since, nothing is done, and the answer is 412.",
        {"type": "string"},
        str,
        None,
    )


def is_given(request: Request) -> bool:
    return NAME in request.headers


def require_match(view: ApiView, resource: Any, identifier: Any) -> None:
    """Raises a Refusal with 412 unless the caller's If-Match names the object as it is now.

    `resource` is the class of Single that shows it. Call it when the object is held, and before it is changed. One
    query. A tag that only compression has made weak on its way to the caller (W/) names the same object.
    """
    known = [tag.removeprefix("W/") for tag in parse_etags(view.request.headers.get(NAME, ""))]
    if "*" in known:
        return
    given = {"identifier": identifier, ROOT: view.root_in_json, OWN_UNIT: view.client.unit_id}
    found = rows_of(single_statement(resource, view.client.unit_id is not None, None), given)
    if not found or etag_of(str(found[0][0]).encode()) not in known:
        raise Refusal(HTTPStatus.PRECONDITION_FAILED)
