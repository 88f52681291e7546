"""Rules of nudges as rows, what people wish of them, obstacles, comments, and received mail."""

import datetime
import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import initiatives.models.nudge_rules


class Migration(migrations.Migration):
    dependencies = [
        ("initiatives", "0010_fill_the_rollup"),
        ("kommun", "0005_letters_as_people_want_them"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Comment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("text", models.TextField()),
                ("at", models.DateTimeField()),
                (
                    "source",
                    models.CharField(
                        choices=[("page", "On the page"), ("mail", "By mail")], default="page", max_length=4
                    ),
                ),
            ],
            options={
                "ordering": ["at", "id"],
            },
        ),
        migrations.CreateModel(
            name="NudgePolicy",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ("hold_out_is_on", models.BooleanField(default=False)),
                ("letters_per_week", models.PositiveSmallIntegerField(default=3)),
                ("retire_after", models.PositiveIntegerField(blank=True, default=200, null=True)),
                ("retiring_asks_first", models.BooleanField(default=True)),
                (
                    "key",
                    models.CharField(default=initiatives.models.nudge_rules.new_key, editable=False, max_length=64),
                ),
            ],
        ),
        migrations.CreateModel(
            name="NudgeSetting",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rule", models.CharField(max_length=40)),
                ("is_on", models.BooleanField(blank=True, null=True)),
                ("first_after", models.SmallIntegerField(blank=True, null=True)),
                ("repeat", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("at_most", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("escalate_after", models.PositiveSmallIntegerField(blank=True, null=True)),
                (
                    "escalate_to",
                    models.CharField(
                        blank=True,
                        choices=[("nobody", "Nobody"), ("next_level", "The next level above")],
                        max_length=16,
                    ),
                ),
                ("holdout_share", models.DecimalField(blank=True, decimal_places=2, max_digits=3, null=True)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "ordering": ["at", "id"],
            },
        ),
        migrations.CreateModel(
            name="NudgeText",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rule", models.CharField(max_length=40)),
                ("language", models.CharField(choices=[("sv", "Swedish"), ("en", "English")], max_length=2)),
                ("subject", models.CharField(blank=True, max_length=150)),
                ("sentence", models.CharField(blank=True, max_length=500)),
                ("button", models.CharField(blank=True, max_length=60)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "ordering": ["at", "id"],
            },
        ),
        migrations.CreateModel(
            name="Obstacle",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("text", models.CharField(max_length=300)),
                ("raised_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                ("is_removed", models.BooleanField(null=True)),
                ("answer", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "ordering": ["raised_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="OptOut",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rule", models.CharField(max_length=40)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ReceivedMail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("message_id", models.CharField(max_length=998, unique=True)),
                ("sender", models.CharField(max_length=320)),
                ("received_at", models.DateTimeField()),
                (
                    "result",
                    models.CharField(
                        choices=[
                            ("comment", "Comment"),
                            ("value", "Value"),
                            ("refused", "Refused"),
                            ("ignored", "Ignored"),
                        ],
                        max_length=8,
                    ),
                ),
                ("reason", models.TextField(blank=True)),
            ],
            options={
                "ordering": ["received_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="Retirement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("rule", models.CharField(max_length=40)),
                ("proposed_at", models.DateTimeField()),
                ("figures", models.JSONField(default=dict)),
                ("answered_at", models.DateTimeField(null=True)),
                ("is_retired", models.BooleanField(null=True)),
            ],
            options={
                "ordering": ["proposed_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="Snooze",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("rule", models.CharField(max_length=40)),
                ("subject", models.UUIDField()),
                ("since_at", models.DateTimeField()),
                ("level", models.PositiveSmallIntegerField(default=0)),
                ("until_on", models.DateField()),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("ended_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="nudge",
            name="nudge_goes_out_once",
        ),
        migrations.RemoveIndex(
            model_name="nudge",
            name="nudges_without_a_letter",
        ),
        migrations.RemoveIndex(
            model_name="nudge",
            name="nudges_to_be_acted_on",
        ),
        migrations.AddField(
            model_name="initiative",
            name="escalated_to",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="escalated_initiatives",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="nudge",
            name="is_held_out",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="nudge",
            name="level",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="nudge",
            name="number",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="nudge",
            name="read_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="nudge",
            name="since_at",
            field=models.DateTimeField(default=datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="nudge",
            name="subject",
            field=models.UUIDField(default="00000000-0000-0000-0000-000000000000"),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="nudge",
            name="initiative",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="nudges",
                to="initiatives.initiative",
            ),
        ),
        migrations.AddIndex(
            model_name="initiative",
            index=models.Index(
                condition=models.Q(("escalated_to__isnull", False), ("state", "proposed")),
                fields=["escalated_to", "submitted_at"],
                name="escalated_to_decider",
            ),
        ),
        migrations.AddIndex(
            model_name="nudge",
            index=models.Index(
                condition=models.Q(("is_held_out", False), ("letter", None)),
                fields=["to", "id"],
                name="nudges_without_a_letter",
            ),
        ),
        migrations.AddIndex(
            model_name="nudge",
            index=models.Index(
                condition=models.Q(("is_held_out", False)), fields=["to", "-id"], name="nudges_of_person"
            ),
        ),
        migrations.AddIndex(
            model_name="nudge",
            index=models.Index(
                condition=models.Q(("acted_at", None)), fields=["rule", "created_at"], name="nudges_to_be_acted_on"
            ),
        ),
        migrations.AddIndex(
            model_name="nudge",
            index=models.Index(fields=["rule", "initiative", "step", "created_at"], name="nudges_of_a_rule"),
        ),
        migrations.AddConstraint(
            model_name="nudge",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_held_out", False), models.Q(("letter", None), ("read_at", None)), _connector="OR"
                ),
                name="who_is_held_out_gets_no_letter",
            ),
        ),
        migrations.AddConstraint(
            model_name="nudge",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_held_out", False),
                    (
                        "rule__in",
                        (
                            "value_due",
                            "baseline_missing",
                            "first_step_due",
                            "no_progress",
                            "target_near",
                            "target_passed",
                            "draft_resting",
                            "take_over",
                        ),
                    ),
                    _connector="OR",
                ),
                name="nobody_is_held_out_from_what_they_have_a_right_to",
            ),
        ),
        migrations.AddField(
            model_name="comment",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="comments", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="comment",
            name="initiative",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="comments", to="initiatives.initiative"
            ),
        ),
        migrations.AddConstraint(
            model_name="nudgepolicy",
            constraint=models.CheckConstraint(condition=models.Q(("id", 1)), name="there_is_one_policy_of_nudges"),
        ),
        migrations.AddConstraint(
            model_name="nudgepolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(("letters_per_week__range", (1, 5))), name="letters_per_week_are_one_to_five"
            ),
        ),
        migrations.AddField(
            model_name="nudgesetting",
            name="by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="nudgesetting",
            name="unit",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="nudge_settings",
                to="kommun.unit",
            ),
        ),
        migrations.AddField(
            model_name="nudgetext",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="nudgetext",
            name="unit",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="nudge_texts",
                to="kommun.unit",
            ),
        ),
        migrations.AddField(
            model_name="obstacle",
            name="closed_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="obstacle",
            name="initiative",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="obstacles", to="initiatives.initiative"
            ),
        ),
        migrations.AddField(
            model_name="obstacle",
            name="owner",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="obstacles",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="obstacle",
            name="raised_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="optout",
            name="employee",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="opt_outs", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="receivedmail",
            name="answer",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="kommun.letter"
            ),
        ),
        migrations.AddField(
            model_name="receivedmail",
            name="employee",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="receivedmail",
            name="letter",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="kommun.letter"
            ),
        ),
        migrations.AddField(
            model_name="retirement",
            name="answered_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="snooze",
            name="employee",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="snoozes", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="snooze",
            name="initiative",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="snoozes", to="initiatives.initiative"
            ),
        ),
        migrations.AddIndex(
            model_name="comment",
            index=models.Index(fields=["initiative", "at"], name="comments_of_initiative"),
        ),
        migrations.AddIndex(
            model_name="comment",
            index=models.Index(fields=["at"], name="comments_in_order"),
        ),
        migrations.AddConstraint(
            model_name="comment",
            constraint=models.CheckConstraint(
                condition=models.Q(("text", ""), _negated=True), name="comment_says_something"
            ),
        ),
        migrations.AddIndex(
            model_name="nudgesetting",
            index=models.Index(fields=["rule", "unit", "-id"], name="latest_nudge_setting"),
        ),
        migrations.AddConstraint(
            model_name="nudgesetting",
            constraint=models.CheckConstraint(
                condition=models.Q(("first_after__gte", -60), ("first_after__lte", 365)),
                name="reminder_comes_at_most_sixty_days_before",
            ),
        ),
        migrations.AddConstraint(
            model_name="nudgesetting",
            constraint=models.CheckConstraint(
                condition=models.Q(("repeat__gte", 1)), name="reminder_is_repeated_after_a_day_or_more"
            ),
        ),
        migrations.AddConstraint(
            model_name="nudgesetting",
            constraint=models.CheckConstraint(
                condition=models.Q(("at_most__range", (1, 20))), name="reminder_comes_one_to_twenty_times"
            ),
        ),
        migrations.AddConstraint(
            model_name="nudgesetting",
            constraint=models.CheckConstraint(
                condition=models.Q(("escalate_after__gte", 1)), name="escalation_waits_a_day_or_more"
            ),
        ),
        migrations.AddConstraint(
            model_name="nudgesetting",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("holdout_share", 0),
                    models.Q(
                        ("holdout_share__gte", "0.10"),
                        ("holdout_share__lte", "0.50"),
                        (
                            "rule__in",
                            (
                                "value_due",
                                "baseline_missing",
                                "first_step_due",
                                "no_progress",
                                "target_near",
                                "target_passed",
                                "draft_resting",
                                "take_over",
                            ),
                        ),
                    ),
                    _connector="OR",
                ),
                name="held_out_are_none_or_a_tenth_to_a_half",
            ),
        ),
        migrations.AddIndex(
            model_name="nudgetext",
            index=models.Index(fields=["rule", "unit", "language", "-id"], name="latest_nudge_text"),
        ),
        migrations.AddIndex(
            model_name="obstacle",
            index=models.Index(
                condition=models.Q(("closed_at", None)), fields=["raised_at"], name="obstacles_that_stand"
            ),
        ),
        migrations.AddConstraint(
            model_name="obstacle",
            constraint=models.CheckConstraint(
                condition=models.Q(("text", ""), _negated=True), name="obstacle_says_what_it_is"
            ),
        ),
        migrations.AddConstraint(
            model_name="obstacle",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_at", None), ("closed_by", None), ("is_removed", None)),
                    models.Q(("closed_at__isnull", False), ("closed_by__isnull", False), ("is_removed__isnull", False)),
                    _connector="OR",
                ),
                name="obstacle_is_closed_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="obstacle",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("is_removed", False), _negated=True),
                    models.Q(("answer", ""), _negated=True),
                    _connector="OR",
                ),
                name="obstacle_that_stays_has_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="optout",
            constraint=models.UniqueConstraint(fields=("employee", "rule"), name="kind_of_reminder_is_declined_once"),
        ),
        migrations.AddConstraint(
            model_name="optout",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("rule__in", ("decision_waiting", "waiver_asked", "obstacle_open", "promise_due")), _negated=True
                ),
                name="what_others_wait_for_cannot_be_declined",
            ),
        ),
        migrations.AddIndex(
            model_name="receivedmail",
            index=models.Index(fields=["employee", "received_at"], name="received_from_person"),
        ),
        migrations.AddConstraint(
            model_name="retirement",
            constraint=models.UniqueConstraint(
                condition=models.Q(("answered_at", None)), fields=("rule",), name="one_open_retirement_per_rule"
            ),
        ),
        migrations.AddConstraint(
            model_name="retirement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answered_at", None), ("is_retired", None)),
                    models.Q(("answered_at__isnull", False), ("is_retired__isnull", False)),
                    _connector="OR",
                ),
                name="retirement_is_answered_with_yes_or_no",
            ),
        ),
        migrations.AddIndex(
            model_name="snooze",
            index=models.Index(condition=models.Q(("ended_at", None)), fields=["until_on"], name="snoozes_that_end"),
        ),
        migrations.AddConstraint(
            model_name="snooze",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)),
                fields=("employee", "rule", "initiative", "subject"),
                name="reminder_is_put_off_once_at_a_time",
            ),
        ),
    ]
