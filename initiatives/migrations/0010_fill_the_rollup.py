"""What was there before the triggers goes into the roll-up. What has come since they were made is in it already."""

from django.db import migrations

COLUMNS = (
    "unit_id, month, indicator_id, is_primary, kind, state, ending, grade, "
    "initiatives, outcomes, measurements, shifts, hours, hours_confirmed, money, money_confirmed"
)
FILL = f"INSERT INTO initiatives_rollup ({COLUMNS}) SELECT {COLUMNS} FROM initiatives_rollup_lack"


class Migration(migrations.Migration):
    dependencies = [("initiatives", "0009_every_change_goes_into_the_rollup")]
    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
