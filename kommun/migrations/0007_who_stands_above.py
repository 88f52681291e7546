"""Which unit stands above the one that a person answers for: whom a question climbs to, for one row or many."""

from django.db import migrations

STANDS_ABOVE = """
CREATE FUNCTION kommun_unit_above(unit_id bigint, person_id bigint, on_day date) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    -- Of those on the way up that the person answers for, the nearest; at the top there is nothing above it but itself.
    SELECT coalesce(unit.path[array_position(unit.path, held.unit_id) - 1], held.unit_id)
    FROM kommun_unit AS unit
    JOIN kommun_assignment AS held ON held.unit_id = ANY(unit.path) AND held.employee_id = $2
        AND held.role IN ('manager', 'deputy', 'administrator')
        AND held.from_on <= $3 AND (held.to_on IS NULL OR held.to_on >= $3)
    WHERE unit.id = $1
    ORDER BY array_position(unit.path, held.unit_id) DESC
    LIMIT 1
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("kommun", "0006_find_letters_that_went")]
    operations = [migrations.RunSQL(STANDS_ABOVE, "DROP FUNCTION kommun_unit_above")]
