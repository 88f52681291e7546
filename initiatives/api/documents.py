"""The specification as a file, and as a page for people, drawn on our own server under the site's strict policy."""

import functools
from typing import Any

import orjson
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import etag, require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer

from initiatives.api import docs_page
from initiatives.api.addresses import ROOT
from initiatives.api.components import Schema
from initiatives.api.views import etag_of


@functools.cache
def specification() -> Schema:
    found: Schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return found


@functools.cache
def as_yaml() -> bytes:
    written: bytes = OpenApiYamlRenderer().render(specification(), renderer_context={})  # type: ignore[no-untyped-call]
    return written


@functools.cache
def tag() -> str:
    return etag_of(as_yaml())


def tag_of(request: HttpRequest) -> str:
    return tag()


@login_not_required
@require_safe
@etag(tag_of)
@cache_control(public=True, no_cache=True)
def openapi_yaml(request: HttpRequest) -> HttpResponse:
    return HttpResponse(as_yaml(), content_type="application/yaml")


@login_not_required
@require_safe
@etag(tag_of)
@cache_control(public=True, no_cache=True)
def openapi_json(request: HttpRequest) -> HttpResponse:
    return HttpResponse(orjson.dumps(specification()), content_type="application/json")


@csrf_exempt  # so that another method is refused for what it is
@login_not_required
@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    return render(request, "initiatives/api_docs.html", page() | {"server": request.build_absolute_uri(ROOT)})


@functools.cache
def page() -> dict[str, Any]:
    return docs_page.content(specification())
