from django.db import migrations, models

import initiatives.models.change


class Migration(migrations.Migration):
    dependencies = [
        ("initiatives", "0021_webhooks_rest_and_can_be_tried"),
    ]

    operations = [
        migrations.AddField(
            model_name="change",
            name="trace",
            field=models.CharField(db_default=initiatives.models.change.PresentTrace(), editable=False, max_length=32),
        ),
    ]
