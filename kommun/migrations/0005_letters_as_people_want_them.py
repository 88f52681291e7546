from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("kommun", "0004_decider_by_index"),
    ]

    operations = [
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("alarmed_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="QuietDays",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_on", models.DateField()),
                ("to_on", models.DateField(blank=True, null=True)),
                ("name", models.CharField(max_length=100)),
            ],
            options={
                "ordering": ["from_on"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="letter",
            name="one_collected_letter_per_person_and_day",
        ),
        migrations.AddField(
            model_name="employee",
            name="calendar_version",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="employee",
            name="channel",
            field=models.CharField(blank=True, db_default="", default="", max_length=40),
        ),
        migrations.AddField(
            model_name="employee",
            name="letter_hour",
            field=models.TimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="employee",
            name="letters_paused_until",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="employee",
            name="letters_per_week",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="letter",
            name="in_flight_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="letter",
            name="in_reply_to",
            field=models.CharField(blank=True, max_length=998),
        ),
        migrations.AddField(
            model_name="letter",
            name="reply_to",
            field=models.EmailField(blank=True, max_length=320),
        ),
        migrations.AddField(
            model_name="letter",
            name="thread",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="letter",
            name="unsubscribe_url",
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name="letter",
            name="was_repeated",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AlterField(
            model_name="letter",
            name="kind",
            field=models.CharField(
                choices=[("collected", "Collected"), ("channel", "Channel"), ("direct", "Direct")], max_length=16
            ),
        ),
        migrations.AddConstraint(
            model_name="employee",
            constraint=models.CheckConstraint(
                condition=models.Q(("letters_per_week__range", (1, 5))), name="person_gets_one_to_five_letters_a_week"
            ),
        ),
        migrations.AddConstraint(
            model_name="letter",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind__in", ["collected", "channel"])),
                fields=("employee", "on", "kind"),
                name="one_collected_letter_per_person_and_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="quietdays",
            constraint=models.CheckConstraint(
                condition=models.Q(("to_on", None), ("to_on__gte", models.F("from_on")), _connector="OR"),
                name="quiet_days_end_after_they_start",
            ),
        ),
        migrations.AddConstraint(
            model_name="quietdays",
            constraint=models.CheckConstraint(
                condition=models.Q(("to_on__isnull", False)), name="quiet_days_come_to_an_end"
            ),
        ),
    ]
