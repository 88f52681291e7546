"""Addresses of the organisation's own pages."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from kommun.pages.about import AccessibilityPage, HelpPage
from kommun.pages.account import AbsencePage, AccountPage, end_absence
from kommun.pages.clients.acting import add_secret, change_client, end_client, end_secret, new_client, set_keys
from kommun.pages.clients.showing import client, clients
from kommun.pages.demo import mail, one_letter, sign_in_as
from kommun.pages.health import health, web_health
from kommun.pages.language import choose_language
from kommun.pages.letters import letters, retry_letter
from kommun.pages.sign_in import PasswordLinkPage, SetPasswordPage, SignInPage

urlpatterns = [
    path("logga-in/", SignInPage.as_view(), name="sign-in"),
    path("logga-ut/", LogoutView.as_view(next_page="sign-in"), name="sign-out"),
    path("losenord/", PasswordLinkPage.as_view(), name="password-link"),
    path("losenord/<uuid:person>/<str:token>/", SetPasswordPage.as_view(), name="set-password"),
    path("installningar/", AccountPage.as_view(), name="account"),
    path("installningar/franvaro/", AbsencePage.as_view(), name="absence"),
    path("installningar/franvaro/<int:pk>/ta-bort/", end_absence, name="end-absence"),
    path("tillganglighet/", AccessibilityPage.as_view(), name="accessibility"),
    path("hjalp/", HelpPage.as_view(), name="help"),
    path("sprak/", choose_language, name="choose-language"),
    path("administration/brev/", letters, name="letters"),
    path("administration/brev/<uuid:key>/forsok-igen/", retry_letter, name="retry-letter"),
    path("administration/klienter/", clients, name="clients"),
    path("administration/klienter/ny/", new_client, name="new-client"),
    path("administration/klienter/<uuid:key>/", client, name="client"),
    path("administration/klienter/<uuid:key>/andra/", change_client, name="change-client"),
    path("administration/klienter/<uuid:key>/hemlighet/", add_secret, name="add-secret"),
    path("administration/klienter/<uuid:key>/hemlighet/<uuid:secret>/avsluta/", end_secret, name="end-secret"),
    path("administration/klienter/<uuid:key>/nycklar/", set_keys, name="client-keys"),
    path("administration/klienter/<uuid:key>/avsluta/", end_client, name="end-client"),
    path("health", health, name="health"),
    path("health/web", web_health, name="web-health"),
    path("demo/logga-in/<uuid:person>/", sign_in_as, name="demo-sign-in"),
    path("demo/mail/", mail, name="demo-mail"),
    path("demo/mail/<uuid:name>/", one_letter, name="demo-letter"),
]
