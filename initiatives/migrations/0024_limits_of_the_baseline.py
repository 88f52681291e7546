"""The limits of normal variation are kept beside the answer, for the machines that read it."""

from django.db import migrations, models

FIELD = {"decimal_places": 6, "editable": False, "max_digits": 18, "null": True}


class Migration(migrations.Migration):
    dependencies = [("initiatives", "0023_lists_of_units_in_order_of_begin")]
    operations = [
        migrations.AddField("outcome", "baseline_mean", models.DecimalField(**FIELD)),
        migrations.AddField("outcome", "limit_low", models.DecimalField(**FIELD)),
        migrations.AddField("outcome", "limit_high", models.DecimalField(**FIELD)),
    ]
