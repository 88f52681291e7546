import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("initiatives", "0020_the_database_tells_what_changed"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="delivery",
            name="deliveries_due",
        ),
        migrations.AddField(
            model_name="delivery",
            name="tried_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="webhook",
            name="rests_until_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="change",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="deliveries",
                to="initiatives.change",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("dead_at", None), ("delivered_at", None)),
                fields=["webhook", "id"],
                name="deliveries_waiting",
            ),
        ),
    ]
