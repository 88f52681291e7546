"""Every page needs sign-in unless it says otherwise. A part of a page that htmx asks for sends the whole page there."""

from collections.abc import Callable
from urllib.parse import urlencode

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails


class SignInRequired(LoginRequiredMiddleware):
    """Without this, a session that has ended would put the sign-in page in the middle of another page."""

    def handle_no_permission(  # type: ignore[override]  # the stubs know of no other redirect
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseBase:
        page = HtmxDetails(request)
        if not page:
            return super().handle_no_permission(request, view_func)
        back = urlencode({"next": page.current_url_abs_path or "/"})
        return HttpResponseClientRedirect(f"{resolve_url(self.get_login_url(view_func))}?{back}")
