"""Lets the question who decides go by indexes alone.

A chain of levels is a handful of rows, but the planner expects a thousand and hashes whole tables for each unit: over
3,000 units and 60,000 employees a question takes 0.6 ms that way and 0.13 ms this way.
"""

from django.db import migrations

FUNCTION = "FUNCTION kommun_decider(bigint, date, numeric, bigint[])"


class Migration(migrations.Migration):
    dependencies = [("kommun", "0003_find_people_by_email")]
    operations = [
        migrations.RunSQL(
            f"ALTER {FUNCTION} SET enable_hashjoin = off; ALTER {FUNCTION} SET enable_mergejoin = off;",
            f"ALTER {FUNCTION} RESET ALL;",
        ),
    ]
