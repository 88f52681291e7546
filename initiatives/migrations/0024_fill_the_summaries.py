"""Sums up what the roll-up holds, apart from the change of tables: it takes minutes where there is much, and locks none."""

from django.db import migrations

FILL = "SELECT initiatives_mend_summaries()"


class Migration(migrations.Migration):
    dependencies = [("initiatives", "0023_lists_of_units_in_order_of_begin")]
    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
