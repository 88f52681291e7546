"""What the bench's web server loads: the site as in production, and beside it the views that it is compared with.

Those have no middleware at all, so that they are as quick as Django can be.
"""

from collections.abc import Iterable
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest
from django.test import override_settings

from config.wsgi import application as site


class Bare(WSGIHandler):
    def resolve_request(self, request: HttpRequest) -> Any:
        request.urlconf = "tests.bench.compared"
        return super().resolve_request(request)


with override_settings(MIDDLEWARE=[]):
    bare = Bare()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    return (bare if environ["PATH_INFO"].startswith("/bare/") else site)(environ, start_response)
