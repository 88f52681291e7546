"""Coming in and going out, and choosing a password by a link. None of these pages tells which accounts there are."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm, SetPasswordForm
from django.contrib.auth.tokens import default_token_generator
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.generic import FormView

from kommun.demo import demo_persons
from kommun.models import Employee
from kommun.pages.refusals import ShownAgain
from kommun.sign_in import request_password_link

TOO_MANY_REQUESTS = 429
LONGEST_IDENTIFIER = 254


class SignInForm(AuthenticationForm):
    error_messages = {
        "invalid_login": gettext_lazy("The name or the password is wrong. Check both and try again."),
        "inactive": "",
    }

    def __init__(self, request: HttpRequest | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        name = self.fields["username"]
        name.label = gettext("Login, e-mail address or employee number")
        name.max_length = LONGEST_IDENTIFIER  # type: ignore[attr-defined]
        name.widget.attrs["maxlength"] = LONGEST_IDENTIFIER


class SignInPage(ShownAgain, LoginView):
    template_name = "kommun/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(demo_persons=demo_persons(), **kwargs)


def locked_out(request: HttpRequest, response: HttpResponse, credentials: dict[str, str] | None) -> HttpResponse:
    """Too many failed attempts, with a name that exists or with one that does not."""
    return render(request, "kommun/sign_in_locked.html", status=TOO_MANY_REQUESTS)


class PasswordLinkForm(forms.Form):
    identifier = forms.CharField(
        label=gettext_lazy("Login, e-mail address or employee number"),
        max_length=LONGEST_IDENTIFIER,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )


@method_decorator(login_not_required, name="dispatch")
class PasswordLinkPage(ShownAgain, FormView):
    """Asks for a link. The answer is the same for everybody, and so is the work."""

    template_name = "kommun/sign_in_link.html"
    form_class = PasswordLinkForm
    success_url = reverse_lazy("sign-in")

    def form_valid(self, form: PasswordLinkForm) -> HttpResponse:
        request_password_link(form.cleaned_data["identifier"])
        messages.info(
            self.request,
            gettext("If we know your e-mail address, a letter with a link is on its way. It takes a minute or two."),
        )
        return super().form_valid(form)


@method_decorator([login_not_required, never_cache], name="dispatch")
class SetPasswordPage(ShownAgain, FormView):
    """The page that the link leads to. Looking at it changes nothing; the password is set when the form is sent."""

    template_name = "kommun/sign_in_password.html"
    form_class = SetPasswordForm
    success_url = reverse_lazy("sign-in")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        person = self._person(kwargs["person"], kwargs["token"])
        if person is None:
            messages.error(request, gettext("The link has been used or is too old. Ask for a new one."))
            return redirect("password-link")
        self.person = person
        return super().dispatch(request, *args, **kwargs)  # type: ignore[return-value]

    @staticmethod
    def _person(key: uuid.UUID, token: str) -> Employee | None:
        person = Employee.objects.filter(uuid=key).first()
        good = person is not None and person.is_active and default_token_generator.check_token(person, token)
        return person if good else None

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"user": self.person}

    def form_valid(self, form: SetPasswordForm) -> HttpResponse:
        form.save()
        messages.success(self.request, gettext("Your password is set. Sign in with it."))
        return super().form_valid(form)
