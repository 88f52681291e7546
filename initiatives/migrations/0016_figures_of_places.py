"""Figures of every place in the organisation: sums of what is measured, effects counted once, and coarse summaries."""

from importlib import import_module

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from initiatives.migrations import _facts, _shares, _summaries

FORMER = import_module("initiatives.migrations.0009_every_change_goes_into_the_rollup")
FORMER_FILL = import_module("initiatives.migrations.0010_fill_the_rollup").FILL
EMPTY = "TRUNCATE initiatives_rollup;"
BEFORE = FORMER.UNDO + EMPTY
BACK = EMPTY + FORMER.VIEWS + "\n".join(FORMER.trigger(*each) for each in FORMER.TRIGGERS) + FORMER_FILL
SUMMED = _facts.VIEWS + _facts.TRIGGERS + _summaries.SUMMARIES + _shares.TRIGGERS
UNDO = _shares.UNDO + _summaries.UNDO + FORMER.UNDO


class Migration(migrations.Migration):
    dependencies = [
        ("initiatives", "0015_changes_and_webhooks"),
        ("kommun", "0008_clients_and_what_they_do"),
    ]

    operations = [
        migrations.RunSQL(BEFORE, BACK),
        migrations.CreateModel(
            name="SharesDue",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("hours", "Hours"), ("money", "Money"), ("other", "Something else")], max_length=8
                    ),
                ),
                ("unit_of_measure", models.CharField(max_length=40)),
                (
                    "indicator",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="initiatives.indicator",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Summary",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("place", models.BigIntegerField()),
                ("is_own", models.BooleanField()),
                (
                    "grain",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (1, "Kind Grade"),
                            (2, "Month Kind Grade"),
                            (3, "Month"),
                            (4, "Month Kind"),
                            (5, "Month Ending"),
                            (6, "Month Grade"),
                            (7, "Month Goal"),
                            (8, "Month Indicator"),
                            (9, "Month Indicator Grade"),
                            (10, "Year"),
                            (11, "Year Kind"),
                            (12, "Year Ending"),
                            (13, "Year Grade"),
                            (14, "Year Goal"),
                            (15, "Year Indicator"),
                            (16, "Year Indicator Grade"),
                        ]
                    ),
                ),
                ("month", models.DateField(null=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("time", "Time"),
                            ("money", "Money"),
                            ("quality", "Quality"),
                            ("workforce", "Workforce"),
                            ("work_environment", "Work environment"),
                            ("climate", "Climate"),
                            ("residents", "For residents"),
                        ],
                        max_length=16,
                        null=True,
                    ),
                ),
                (
                    "ending",
                    models.CharField(
                        choices=[
                            ("confirmed", "Effect confirmed"),
                            ("not_proven", "Effect not shown"),
                            ("no_effect", "No effect"),
                            ("worse", "Got worse"),
                            ("stopped", "Stopped with a lesson"),
                        ],
                        max_length=16,
                        null=True,
                    ),
                ),
                ("grade", models.SmallIntegerField(null=True)),
                (
                    "initiatives",
                    django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), null=True, size=None),
                ),
                (
                    "outcomes",
                    django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), null=True, size=None),
                ),
                ("measurements", models.IntegerField(db_default=0)),
                ("shifts", models.IntegerField(db_default=0)),
                ("value_sum", models.DecimalField(db_default=0, decimal_places=6, max_digits=30)),
                ("shift_sum", models.DecimalField(db_default=0, decimal_places=6, max_digits=30)),
                ("hours", models.DecimalField(db_default=0, decimal_places=6, max_digits=30)),
                ("hours_confirmed", models.DecimalField(db_default=0, decimal_places=6, max_digits=30)),
                ("hours_counted", models.DecimalField(db_default=0, decimal_places=6, max_digits=30)),
                ("money", models.DecimalField(db_default=0, decimal_places=6, max_digits=30)),
                ("money_confirmed", models.DecimalField(db_default=0, decimal_places=6, max_digits=30)),
                ("money_counted", models.DecimalField(db_default=0, decimal_places=6, max_digits=30)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="rollup",
            name="cell_is_kept_once",
        ),
        migrations.RemoveConstraint(
            model_name="rollup",
            name="cell_has_a_figure",
        ),
        migrations.AddField(
            model_name="claim",
            name="counted_shares",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.DecimalField(decimal_places=8, max_digits=9), editable=False, null=True, size=None
            ),
        ),
        migrations.AddField(
            model_name="rollup",
            name="goal",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="initiatives.goal",
            ),
        ),
        migrations.AddField(
            model_name="rollup",
            name="hours_counted",
            field=models.DecimalField(db_default=0, decimal_places=6, max_digits=30),
        ),
        migrations.AddField(
            model_name="rollup",
            name="money_counted",
            field=models.DecimalField(db_default=0, decimal_places=6, max_digits=30),
        ),
        migrations.AddField(
            model_name="rollup",
            name="shift_sum",
            field=models.DecimalField(db_default=0, decimal_places=6, max_digits=30),
        ),
        migrations.AddField(
            model_name="rollup",
            name="value_sum",
            field=models.DecimalField(db_default=0, decimal_places=6, max_digits=30),
        ),
        migrations.AddConstraint(
            model_name="rollup",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_change", False)),
                fields=("unit", "month", "indicator", "goal", "is_primary", "kind", "state", "ending", "grade"),
                name="cell_is_kept_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="rollup",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_change", True),
                    models.Q(
                        ("hours", 0),
                        ("hours_confirmed", 0),
                        ("hours_counted", 0),
                        ("initiatives", 0),
                        ("measurements", 0),
                        ("money", 0),
                        ("money_confirmed", 0),
                        ("money_counted", 0),
                        ("outcomes", 0),
                        ("shift_sum", 0),
                        ("shifts", 0),
                        ("value_sum", 0),
                        _negated=True,
                    ),
                    _connector="OR",
                ),
                name="cell_has_a_figure",
            ),
        ),
        migrations.AddField(
            model_name="summary",
            name="goal",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="initiatives.goal",
            ),
        ),
        migrations.AddField(
            model_name="summary",
            name="indicator",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="initiatives.indicator",
            ),
        ),
        migrations.AddConstraint(
            model_name="summary",
            constraint=models.UniqueConstraint(
                fields=("grain", "place", "is_own", "indicator", "goal", "kind", "ending", "grade", "month"),
                name="summary_is_kept_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="summary",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("place", 0), _negated=True), ("is_own", False), _connector="OR"),
                name="everywhere_is_no_unit_of_its_own",
            ),
        ),
        migrations.RunSQL(SUMMED + _facts.FILL + _shares.FILL, UNDO),
    ]
