"""Outcomes that were there before get the limits of their baselines."""

from django.db import migrations

# As initiatives.evidence.xmr reckons them: of at least 12 values before the change, the large moving ranges left out.
FILL = """
WITH before AS (
    SELECT outcome.id, measurement.observed_on, measurement.value,
        abs(measurement.value - lag(measurement.value) OVER series) AS step
    FROM initiatives_outcome outcome
    JOIN initiatives_initiative initiative ON initiative.id = outcome.initiative_id
    JOIN initiatives_measurement measurement ON measurement.outcome_id = outcome.id
    WHERE measurement.series = '' AND measurement.value IS NOT NULL
        AND (initiative.change_on IS NULL OR measurement.observed_on < initiative.change_on)
        AND (outcome.baseline_from_on IS NULL OR measurement.observed_on >= outcome.baseline_from_on)
    WINDOW series AS (PARTITION BY outcome.id ORDER BY measurement.observed_on)
), means AS (
    SELECT id, avg(value) AS mean, avg(step) AS width FROM before GROUP BY id HAVING count(*) >= 12
), limits AS (
    SELECT means.id, means.mean, 2.66 * avg(before.step) FILTER (WHERE before.step < 3.267 * means.width) AS far
    FROM means JOIN before USING (id) GROUP BY means.id, means.mean
)
UPDATE initiatives_outcome outcome
SET baseline_mean = limits.mean, limit_low = limits.mean - limits.far, limit_high = limits.mean + limits.far
FROM limits WHERE limits.id = outcome.id
"""


class Migration(migrations.Migration):
    dependencies = [("initiatives", "0024_limits_of_the_baseline")]
    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
