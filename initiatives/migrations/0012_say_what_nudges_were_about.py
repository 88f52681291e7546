"""What was told before rules were data gets a reason of its own; its days are not known, so they count from the telling."""

from django.db import migrations

FILL = """
UPDATE initiatives_nudge AS nudge
SET subject = told.subject, since_at = told.since_at, number = told.number
FROM (
    SELECT nudge.id, coalesce(initiative.uuid, nudge.uuid) AS subject, nudge.created_at AS since_at,
        row_number() OVER (PARTITION BY nudge.initiative_id, nudge.rule ORDER BY nudge.id) - 1 AS number
    FROM initiatives_nudge AS nudge
    LEFT JOIN initiatives_initiative AS initiative ON initiative.id = nudge.initiative_id
) AS told
WHERE told.id = nudge.id
"""


class Migration(migrations.Migration):
    dependencies = [("initiatives", "0011_nudges_as_data")]
    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
