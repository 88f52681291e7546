"""Pages that tell about the service itself: how accessible it is and how to get help."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.utils.decorators import method_decorator
from django.views.generic import TemplateView


class SupportedPage(TemplateView):
    """A page of plain text that says where to write."""

    extra_context = {"support_email": settings.SUPPORT_EMAIL}


@method_decorator(login_not_required, name="dispatch")
class AccessibilityPage(SupportedPage):
    template_name = "kommun/accessibility.html"


class HelpPage(SupportedPage):
    template_name = "kommun/help.html"
