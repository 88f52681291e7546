"""Two small indexes over the outbox, for the administrators' page: without them it would read every letter ever sent."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("kommun", "0005_letters_as_people_want_them")]
    operations = [
        AddIndexConcurrently(
            "letter",
            models.Index(fields=["sent_at"], name="letters_that_went", condition=models.Q(sent_at__isnull=False)),
        ),
        AddIndexConcurrently(
            "letter",
            models.Index(
                fields=["failed_at", "id"], name="letters_given_up", condition=models.Q(failed_at__isnull=False)
            ),
        ),
    ]
