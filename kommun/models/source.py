"""Where a row comes from. The import ends what it once brought, and leaves alone what a person laid by hand."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Source(models.TextChoices):
    IMPORT = "import", _("Imported")
    HAND = "hand", _("By hand")
