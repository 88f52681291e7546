"""JSON in and out. Numbers keep every decimal on the way in and on the way out; what is not JSON is a problem."""

import json
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import orjson
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from initiatives.api.problems import TooLarge

MOST_BYTES: Final = 8 * 1024 * 1024  # 10,000 values with long references fit
MEDIA_TYPE: Final = "application/json"


def dump(content: Any) -> bytes:
    return orjson.dumps(content, default=_exact, option=orjson.OPT_UTC_Z)


def _exact(value: Any) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(format(value.normalize(), "f"))
    raise TypeError(type(value))


class JsonParser(BaseParser):
    """Strict UTF-8 JSON. orjson refuses what is not (NaN, half characters, bottomless nesting); json keeps decimals."""

    media_type = MEDIA_TYPE

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        raw = stream.read(MOST_BYTES + 1)
        if len(raw) > MOST_BYTES:
            raise TooLarge
        if parser_context is not None:
            parser_context["raw"] = raw
        try:
            orjson.loads(raw)
            return json.loads(raw, parse_float=Decimal)
        except (ValueError, InvalidOperation, RecursionError):
            raise ParseError from None


def raw(request: Request) -> bytes:
    """The body as it was sent; empty when there is none. Raises what reading it raises."""
    _ = request.data  # which parses it
    found: bytes = request.parser_context.get("raw", b"")
    return found


class JsonRenderer(BaseRenderer):
    media_type = MEDIA_TYPE
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return dump(data)
