import django.db.models.functions.comparison
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("initiatives", "0016_figures_of_places"),
        ("kommun", "0010_limits_that_hold"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="initiative",
            index=models.Index(
                django.db.models.functions.comparison.Coalesce("submitted_at", "created_at"),
                models.F("id"),
                condition=models.Q(("state__in", ["declined", "draft", "withdrawn"]), _negated=True),
                name="initiative_in_order_of_begin",
            ),
        ),
    ]
