"""Assertions that were used, and what administrators did, which is only added to."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

HISTORY = """
CREATE FUNCTION kommun_refuse_to_change_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'history_is_only_added_to: % on % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER history_is_only_added_to BEFORE UPDATE OR DELETE ON kommun_clientact
FOR EACH ROW EXECUTE FUNCTION kommun_refuse_to_change_history();
"""
UNDO = """
DROP TRIGGER history_is_only_added_to ON kommun_clientact;
DROP FUNCTION kommun_refuse_to_change_history();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("kommun", "0009_move_the_secrets_of_clients"),
        ("kommun", "0010_limits_that_hold"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="apiclient",
            name="client_secret",
        ),
        migrations.AlterField(
            model_name="clientact",
            name="kind",
            field=models.CharField(
                choices=[
                    ("create", "Added"),
                    ("bind", "Changed"),
                    ("add_secret", "New secret"),
                    ("end_secret", "Secret ended"),
                    ("set_keys", "Public keys replaced"),
                    ("end", "Client ended"),
                ],
                max_length=32,
            ),
        ),
        migrations.CreateModel(
            name="UsedAssertion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("jti", models.CharField(max_length=64)),
                ("expires_at", models.DateTimeField()),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["expires_at"], name="assertion_by_expiry")],
                "constraints": [models.UniqueConstraint(fields=("client", "jti"), name="assertion_is_used_once")],
            },
        ),
        migrations.RunSQL(HISTORY, UNDO),
    ]
