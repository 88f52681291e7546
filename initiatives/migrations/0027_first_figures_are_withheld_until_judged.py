"""A unit's first figures of a year hide what holds them, until it has been decided anew what may be shown."""

from django.db import migrations

# Who comes before the clock's next turn could subtract: the whole tells of the new figure, its other parts do not.
# Drafts and what was declined or withdrawn are in no figure that is shown. Rows with a higher number than the first new
# one are of transactions beside this, so they make nothing safe. The lock is that of initiatives.outcomes.withholding:
# what is decided now does not know of these figures yet, and would put the rows back.
WITHHOLD = """
CREATE FUNCTION initiatives_withhold_first_figures() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    firsts bigint[];
    years int[];
BEGIN
    SELECT array_agg(fresh.unit_id), array_agg(fresh.year) INTO firsts, years
    FROM (
        SELECT unit_id, extract(year FROM month)::int AS year, min(month) AS month, min(id) AS id FROM come
        WHERE is_change AND state NOT IN ('draft', 'declined', 'withdrawn') GROUP BY 1, 2
    ) fresh
    WHERE NOT EXISTS (
        SELECT FROM initiatives_rollup earlier
        WHERE earlier.unit_id = fresh.unit_id AND earlier.month BETWEEN make_date(fresh.year, 1, 1) AND fresh.month
            AND earlier.id < fresh.id AND earlier.state NOT IN ('draft', 'declined', 'withdrawn')
    );
    IF firsts IS NULL THEN RETURN NULL; END IF;
    PERFORM pg_advisory_xact_lock_shared(5458007);
    PERFORM FROM initiatives_showing showing
    JOIN unnest(firsts, years) AS first(unit_id, year) ON first.year = showing.year
    JOIN kommun_unit unit ON unit.id = first.unit_id AND showing.unit_id = ANY (unit.path)
    ORDER BY showing.id FOR UPDATE OF showing;
    IF NOT FOUND THEN RETURN NULL; END IF;
    DELETE FROM initiatives_showing showing
    USING unnest(firsts, years) AS first(unit_id, year), kommun_unit unit
    WHERE unit.id = first.unit_id AND showing.year = first.year AND showing.unit_id = ANY (unit.path);
    DELETE FROM initiatives_showingbasis;
    RETURN NULL;
END $$;
CREATE TRIGGER withhold_first_figures AFTER INSERT ON initiatives_rollup REFERENCING NEW TABLE AS come
FOR EACH STATEMENT EXECUTE FUNCTION initiatives_withhold_first_figures();
"""
UNDO = """
DROP TRIGGER withhold_first_figures ON initiatives_rollup;
DROP FUNCTION initiatives_withhold_first_figures();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("initiatives", "0026_fill_the_summaries"),
        ("kommun", "0010_limits_that_hold"),
    ]
    operations = [migrations.RunSQL(WITHHOLD, UNDO)]
