"""When each part of the clock last did its work, so that its silence is heard."""

from django.db import models


class Heartbeat(models.Model):
    name = models.CharField(max_length=40, primary_key=True)  # "clock" or "letters"
    at = models.DateTimeField()
    alarmed_at = models.DateTimeField(null=True)  # when operations were told that it has stopped
