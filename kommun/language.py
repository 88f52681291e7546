"""The language of a page: what the person has chosen, else the cookie of this browser, else the municipality's.

What the browser asks for by itself does not count: workplaces' browsers often ask for English, and the service is
Swedish first. One click in the footer changes it.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

from kommun.models import Employee


def chosen_language(request: HttpRequest) -> str:
    if settings.SESSION_COOKIE_NAME in request.COOKIES and isinstance(request.user, Employee):
        return request.user.language
    cookie = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return cookie if cookie in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def language_middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Comes after the one that knows the person. Asks the database nothing where there is no session."""

    def in_the_language(request: HttpRequest) -> HttpResponse:
        with translation.override(chosen_language(request)):
            request.LANGUAGE_CODE = translation.get_language()
            response = get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language() or settings.LANGUAGE_CODE)
        patch_vary_headers(response, ["Cookie"])
        return response

    return in_the_language
