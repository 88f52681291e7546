"""Sums up what the roll-up holds, apart from the change of tables: it takes minutes where there is much, and locks none."""

from django.db import migrations

FILL = "ANALYZE initiatives_rollup; SELECT initiatives_mend_summaries()"  # it has just been filled anew


class Migration(migrations.Migration):
    dependencies = [("initiatives", "0025_fill_the_limits")]
    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
