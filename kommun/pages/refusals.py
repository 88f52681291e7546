"""How a page answers a form that is not right: with the form again, and a status that says so to htmx and to tests."""

from typing import Any

from django.forms import BaseForm
from django.http import HttpResponse

UNPROCESSABLE = 422


class ShownAgain:
    """For views of one form; stands before the view in the list of bases."""

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        view: Any = self
        response: HttpResponse = view.render_to_response(view.get_context_data(form=form), status=UNPROCESSABLE)
        return response
