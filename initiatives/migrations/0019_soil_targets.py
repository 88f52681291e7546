import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("initiatives", "0018_what_may_be_shown"),
        ("kommun", "0008_clients_and_what_they_do"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SoilTarget",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_on", models.DateField()),
                ("to_on", models.DateField(blank=True, null=True)),
                (
                    "measure",
                    models.CharField(
                        choices=[
                            ("started_per_hundred", "Started Per Hundred"),
                            ("driving", "Driving"),
                            ("decision_days", "Decision Days"),
                            ("by_silence", "By Silence"),
                            ("measured", "Measured"),
                            ("confirmed", "Confirmed"),
                            ("verified", "Verified"),
                            ("held_6_months", "Held 6"),
                            ("held_12_months", "Held 12"),
                            ("lessons_per_stopped", "Lessons Per Stopped"),
                            ("taken_over_per_confirmed", "Taken Over Per Confirmed"),
                            ("obstacles_removed", "Obstacles Removed"),
                            ("removal_days", "Removal Days"),
                            ("promises_kept", "Promises Kept"),
                            ("hours", "Hours"),
                            ("money", "Money"),
                        ],
                        max_length=32,
                    ),
                ),
                ("value", models.DecimalField(decimal_places=4, max_digits=16)),
                ("set_at", models.DateTimeField()),
                (
                    "set_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="soil_targets", to="kommun.unit"
                    ),
                ),
            ],
            options={
                "ordering": ["unit", "measure", "from_on"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("to_on", None), ("to_on__gte", models.F("from_on")), _connector="OR"),
                        name="soil_target_ends_after_it_starts",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            (
                                models.Func(
                                    models.F("from_on"),
                                    models.F("to_on"),
                                    models.Value("[]"),
                                    function="daterange",
                                    output_field=django.contrib.postgres.fields.ranges.DateRangeField(),
                                ),
                                "&&",
                            ),
                            ("unit", "="),
                            ("measure", "="),
                        ],
                        name="unit_has_one_target_of_a_measure_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "measure__in",
                                [
                                    "started_per_hundred",
                                    "driving",
                                    "decision_days",
                                    "by_silence",
                                    "measured",
                                    "confirmed",
                                    "verified",
                                    "held_6_months",
                                    "held_12_months",
                                    "lessons_per_stopped",
                                    "taken_over_per_confirmed",
                                    "obstacles_removed",
                                    "removal_days",
                                    "promises_kept",
                                    "hours",
                                    "money",
                                ],
                            )
                        ),
                        name="soil_target_is_of_a_known_measure",
                    ),
                    models.CheckConstraint(condition=models.Q(("value__gte", 0)), name="soil_target_is_not_negative"),
                ],
            },
        ),
    ]
