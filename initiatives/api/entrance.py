"""The way in to /api: what is the same for every call, whatever becomes of it.

A call is traced, answered in the language that it asks for, logged, and refused as a problem, also when it fails
outside the API's own views (a bad host, a crash). It goes past what only pages need: sessions, cookies, their forms.
"""

import time
from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.urls import resolve
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header

from initiatives.api import calls
from initiatives.api.problems import MEDIA_TYPE, answer
from kommun import tracing

Handler = Callable[[HttpRequest], HttpResponseBase]
PREFIX: Final = "/api/"
FOR_PEOPLE: Final = "/api/v1/docs"  # drawn as a page, so it takes the pages' way
_COMPRESSED: Final = ("application/json", "text/csv", "application/rdf+xml", "text/turtle", "application/yaml")
_POLICY: Final = "default-src 'none'; frame-ancestors 'none'"


def is_api(request: HttpRequest) -> bool:
    return f"{request.path}/".startswith(PREFIX)


class CallMiddleware:
    """Outermost, so that it sees every answer to a call."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        self.compress = GZipMiddleware(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not is_api(request):
            return self.get_response(request)
        began = time.perf_counter()
        trace = tracing.begin(request.headers.get("traceparent", ""), request.headers.get("X-Request-ID", ""))
        token = tracing.current.set(trace)
        try:
            response = self._as_problem(request, self.get_response(request))
            self._note(request, response, trace, milliseconds=int((time.perf_counter() - began) * 1000))
        finally:
            tracing.current.reset(token)
        return self._with_headers(request, response, trace)

    def _as_problem(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.status_code < 400 or response.headers.get("Content-Type", "").startswith(MEDIA_TYPE):
            return response
        problem = answer(request, response.status_code)
        if "Allow" in response.headers:
            problem["Allow"] = response.headers["Allow"]
        return problem

    def _note(self, request: HttpRequest, response: HttpResponseBase, trace: tracing.Trace, milliseconds: int) -> None:
        """Every call of a client, and every token that was refused. What is open to anybody is nobody's call."""
        call = getattr(request, "call", None)
        if call is None and not (response.status_code == 401 and "Authorization" in request.headers):
            return
        calls.note(
            client=call and call.client,
            method=str(request.method),
            path=request.get_full_path() if call else _without_query(request),
            status=response.status_code,
            milliseconds=milliseconds,
            trace=trace.id,
            address=request.META.get("REMOTE_ADDR") or None,
        )

    def _with_headers(self, request: HttpRequest, response: HttpResponseBase, trace: tracing.Trace) -> HttpResponseBase:
        response.headers["traceparent"] = trace.parent
        response.headers["X-Request-ID"] = trace.request_id
        call = getattr(request, "call", None)
        for name, value in (call.limit_headers if call else {}).items():
            response.headers[name] = value
        if response.headers.get("Content-Type", "").partition(";")[0] in _COMPRESSED:
            response = self.compress.process_response(request, response)
        if isinstance(response, HttpResponse) and response.status_code not in (204, 304):
            response.headers.setdefault("Content-Length", str(len(response.content)))
        return response


def _without_query(request: HttpRequest) -> str:
    """Who is refused may have put a token or a secret where it does not belong."""
    return request.get_full_path().partition("?")[0]


class ShortWay:
    """Answers a call right here. Comes after the security headers; what follows in the list is for pages."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not is_api(request) or request.path == FOR_PEOPLE:
            return self.get_response(request)
        request.get_host()  # refuses a host that is not ours
        view, positional, named = resolve(request.path_info)
        with translation.override(language_of(request)):
            response: HttpResponseBase = view(request, *positional, **named)
        response.headers.setdefault("Content-Security-Policy", _POLICY)
        return response


def language_of(request: HttpRequest) -> str:
    """What the header Accept-Language wants most of what we have; sentences for people are then in it."""
    for wanted, _quality in parse_accept_lang_header(request.headers.get("Accept-Language", "").lower()[:500]):
        try:
            return translation.get_supported_language_variant(wanted)
        except LookupError:
            continue
    return settings.LANGUAGE_CODE
