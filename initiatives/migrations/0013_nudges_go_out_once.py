"""A nudge is told once, and what was told is not changed; how rules were set and what people wrote is only added to."""

from django.db import migrations, models

APPEND_ONLY = ("initiatives_nudgesetting", "initiatives_nudgetext", "initiatives_comment")

TOLD = """
CREATE FUNCTION refuse_to_change_what_was_told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        OLD.read_at = NEW.read_at;
        OLD.acted_at = NEW.acted_at;
        IF NEW IS NOT DISTINCT FROM OLD THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'what_was_told_stays: % of a nudge that was told is refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER what_was_told_stays BEFORE UPDATE OR DELETE ON initiatives_nudge
    FOR EACH ROW WHEN (OLD.letter_id IS NOT NULL OR OLD.is_held_out) EXECUTE FUNCTION refuse_to_change_what_was_told();
"""
UNDO_TOLD = "DROP TRIGGER what_was_told_stays ON initiatives_nudge; DROP FUNCTION refuse_to_change_what_was_told();"


class Migration(migrations.Migration):
    dependencies = [("initiatives", "0012_say_what_nudges_were_about")]
    operations = [
        migrations.AddConstraint(
            model_name="nudge",
            constraint=models.UniqueConstraint(
                fields=("initiative", "rule", "subject", "since_at", "level", "number"), name="nudge_goes_out_once"
            ),
        ),
        migrations.RunSQL(TOLD, UNDO_TOLD),
        migrations.RunSQL(
            "\n".join(
                f"CREATE TRIGGER history_is_only_added_to BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION refuse_to_change_history();"
                for table in APPEND_ONLY
            ),
            "\n".join(f"DROP TRIGGER history_is_only_added_to ON {table};" for table in APPEND_ONLY),
        ),
    ]
