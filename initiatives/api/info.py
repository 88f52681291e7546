"""/api-info: what this API is, open to anybody."""

import datetime as dt
from typing import ClassVar, Final

from django.http import HttpResponse
from rest_framework.request import Request

from initiatives.api import components
from initiatives.api.operations import Operation
from initiatives.api.views import ApiView

NAME: Final = "Framsteg"
VERSION: Final = "0.2.0"  # 0.x while beta
RELEASED_ON: Final = dt.date(2026, 11, 28)
STATUS: Final = "beta"

INFO: Final = components.whole(
    "ApiInfo",
    components.obj(
        "What this API is.",
        {
            "apiName": components.text("Name of the API.", NAME),
            "apiVersion": components.text("Major, minor and patch version.", VERSION),
            "apiReleased": components.day("When this version was released.", RELEASED_ON.isoformat()),
            "apiDocumentation": components.text(
                "Where its documentation is.", "https://framsteg.example.se/api/v1/docs", format="uri"
            ),
            "apiStatus": components.choice(
                "Where it is in its life.", [STATUS, "alpha", "active", "deprecated", "retired", "decommissioned"]
            ),
        },
    ),
)


class ApiInfo(ApiView):
    authentication_classes = ()
    operations: ClassVar = {
        "GET": Operation(
            id="getApiInfo",
            tag="About the API",
            summary="About this API",
            description="Name, version, release date, documentation and status. Needs no token.",
            scopes=(),
            answer=INFO,
        )
    }

    def get(self, request: Request) -> HttpResponse:
        return self.answer(
            {
                "apiName": NAME,
                "apiVersion": VERSION,
                "apiReleased": RELEASED_ON,
                "apiDocumentation": f"{self.root}/docs",
                "apiStatus": STATUS,
            }
        )
