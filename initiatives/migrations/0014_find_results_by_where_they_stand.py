from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("initiatives", "0013_nudges_go_out_once"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="outcome",
            name="outcome_waiting_for_controller",
        ),
        migrations.AddIndex(
            model_name="outcome",
            index=models.Index(
                condition=models.Q(("verification", ""), _negated=True),
                fields=["verification", "verification_at", "id"],
                name="outcome_by_verification",
            ),
        ),
    ]
