"""Whether the service can answer: asked by what watches over it, without sign-in, and without Redis."""

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache

UNAVAILABLE = 503


@login_not_required
@never_cache
def health(request: HttpRequest) -> JsonResponse:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"status": "error", "database": "unreachable"}, status=UNAVAILABLE)
    return JsonResponse({"status": "ok"})
