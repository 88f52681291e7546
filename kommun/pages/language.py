"""The language of the interface: kept in a cookie for everybody, and on the person who has signed in."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from kommun.models import Employee


@login_not_required
@require_POST
def choose_language(request: HttpRequest) -> HttpResponseBase:
    """Takes the posted `language`, and goes back to the posted `next` if it is a page of ours."""
    chosen = request.POST.get("language", "")
    if isinstance(request.user, Employee) and chosen in dict(settings.LANGUAGES):
        Employee.objects.filter(pk=request.user.pk).update(language=chosen)
    return set_language(request)
