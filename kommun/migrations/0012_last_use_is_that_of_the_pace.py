from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("kommun", "0011_how_clients_prove_themselves"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="apiclient",
            name="last_used_at",
        ),
    ]
