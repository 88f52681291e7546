import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("initiatives", "0017_lists_in_order_of_begin"),
        ("kommun", "0010_limits_that_hold"),
    ]

    operations = [
        migrations.CreateModel(
            name="ShowingBasis",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("on", models.DateField()),
                ("checksum", models.CharField(max_length=80)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="basis_of_what_is_shown_is_one")
                ],
            },
        ),
        migrations.CreateModel(
            name="Showing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("year", models.PositiveSmallIntegerField()),
                ("own_is_shown", models.BooleanField()),
                ("whole_is_shown", models.BooleanField()),
                ("people", models.PositiveIntegerField()),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="showings", to="kommun.unit"
                    ),
                ),
            ],
            options={
                "ordering": ["unit", "year"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("unit", "year"),
                        include=("own_is_shown", "whole_is_shown"),
                        name="what_is_shown_of_a_year_is_said_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("own_is_shown", False), ("whole_is_shown", False)),
                            ("people__gte", 5),
                            _connector="OR",
                        ),
                        name="what_is_shown_is_about_five_people_or_more",
                    ),
                ],
            },
        ),
    ]
