import django.db.models.functions.comparison
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("initiatives", "0022_changes_carry_their_trace"),
        ("kommun", "0011_how_clients_prove_themselves"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="initiative",
            index=models.Index(
                models.F("unit"),
                django.db.models.functions.comparison.Coalesce("submitted_at", "created_at"),
                models.F("id"),
                condition=models.Q(("state__in", ["declined", "draft", "withdrawn"]), _negated=True),
                name="initiative_of_unit_by_begin",
            ),
        ),
    ]
