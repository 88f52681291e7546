"""Who decides for a unit on a day, as one function in the database: it serves one row and a hundred thousand alike."""

from django.db import migrations

WHO_DECIDES = """
CREATE FUNCTION kommun_decider(
    IN unit_id bigint, IN on_day date, IN cost numeric, IN drivers bigint[],
    OUT employee_id bigint, OUT level_id bigint, OUT capacity text
) LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
#variable_conflict use_column
BEGIN
    WITH RECURSIVE
    -- From the unit up to the root, as the tree stood that day; where history says nothing, as it stands now.
    level(id, parent_id, height) AS (
        SELECT unit.id, CASE WHEN placed.id IS NULL THEN unit.parent_id ELSE placed.parent_id END, 0
        FROM kommun_unit unit
        LEFT JOIN kommun_unitplacement placed ON placed.unit_id = unit.id
            AND placed.from_on <= on_day AND (placed.to_on IS NULL OR placed.to_on >= on_day)
        WHERE unit.id = kommun_decider.unit_id
      UNION ALL
        SELECT unit.id, CASE WHEN placed.id IS NULL THEN unit.parent_id ELSE placed.parent_id END, level.height + 1
        FROM level JOIN kommun_unit unit ON unit.id = level.parent_id
        LEFT JOIN kommun_unitplacement placed ON placed.unit_id = unit.id
            AND placed.from_on <= on_day AND (placed.to_on IS NULL OR placed.to_on >= on_day)
        WHERE level.height < 100
    ),
    mandate AS (
        SELECT level.height, setting.mandate_amount AS amount
        FROM level JOIN kommun_unitsetting setting ON setting.unit_id = level.id
            AND setting.from_on <= on_day AND (setting.to_on IS NULL OR setting.to_on >= on_day)
        WHERE setting.mandate_amount IS NOT NULL
    ),
    -- The root covers every cost; a cost that nobody has stated climbs nowhere.
    covering AS (
        SELECT level.id, level.height FROM level
        WHERE cost IS NULL OR level.parent_id IS NULL OR cost <= coalesce((
            SELECT mandate.amount FROM mandate WHERE mandate.height >= level.height ORDER BY mandate.height LIMIT 1
        ), 0)
    ),
    answering AS MATERIALIZED (
        SELECT level.id AS level_id, level.height, held.role, held.employee_id, held.from_on, held.id,
            held.employee_id = ANY(coalesce(drivers, '{}')) AS drives,
            EXISTS (
                SELECT FROM kommun_absence away WHERE away.employee_id = held.employee_id
                    AND away.from_on <= on_day AND (away.to_on IS NULL OR away.to_on >= on_day)
            ) AS is_away
        FROM level
        JOIN kommun_assignment held ON held.unit_id = level.id AND held.role IN ('manager', 'deputy', 'administrator')
            AND held.from_on <= on_day AND (held.to_on IS NULL OR held.to_on >= on_day)
        JOIN kommun_employee person ON person.id = held.employee_id
            AND (person.ended_on IS NULL OR person.ended_on >= on_day)
    ),
    -- One per level: the manager before the deputy, the one who has held it longest first.
    acting AS (
        SELECT DISTINCT ON (answering.height) answering.*
        FROM answering JOIN covering ON covering.id = answering.level_id
        WHERE answering.role IN ('manager', 'deputy') AND NOT answering.is_away
        ORDER BY answering.height, answering.role = 'deputy', answering.from_on, answering.id
    ),
    -- A level whose manager drives the initiative decides nothing about it, by its deputy or its other manager either.
    deciding AS (
        SELECT acting.* FROM acting
        WHERE NOT acting.drives AND NOT EXISTS (
            SELECT FROM answering WHERE answering.level_id = acting.level_id AND answering.role = 'manager'
                AND answering.drives
        )
    ),
    last_resort AS (
        SELECT answering.* FROM answering
        WHERE answering.role = 'administrator' AND NOT answering.drives AND NOT answering.is_away
    ),
    chosen AS (
        SELECT * FROM deciding UNION ALL SELECT * FROM last_resort
    )
    SELECT chosen.employee_id, chosen.level_id, chosen.role INTO employee_id, level_id, capacity
    FROM chosen
    ORDER BY chosen.role = 'administrator', chosen.height, chosen.from_on, chosen.id
    LIMIT 1;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("kommun", "0001_organisation")]
    operations = [
        migrations.RunSQL(WHO_DECIDES, "DROP FUNCTION kommun_decider(bigint, date, numeric, bigint[])"),
    ]
