import django.db.models.functions.comparison
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("initiatives", "0027_first_figures_are_withheld_until_judged"),
        ("kommun", "0012_last_use_is_that_of_the_pace"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="initiative",
            name="initiative_in_order_of_begin",
        ),
        migrations.AddIndex(
            model_name="initiative",
            index=models.Index(
                django.db.models.functions.comparison.Coalesce("submitted_at", "created_at"),
                models.F("id"),
                condition=models.Q(("state__in", ["declined", "draft", "withdrawn"]), _negated=True),
                include=("submitted_at", "created_at", "state", "ending", "kind", "unit"),
                name="initiative_in_order_of_begin",
            ),
        ),
    ]
