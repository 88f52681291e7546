"""What the database itself holds to: history is only added to, and `updated_at` never runs backwards."""

from django.db import migrations

APPEND_ONLY = ("initiatives_transition", "initiatives_event", "initiatives_correction")
DATED = ("initiatives_initiative", "initiatives_indicator", "initiatives_outcome", "initiatives_measurement")

FUNCTIONS = """
CREATE FUNCTION refuse_to_change_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'history_is_only_added_to: % on % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION keep_updated_at_moving_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        NEW.updated_at = greatest(clock_timestamp(), OLD.updated_at + interval '1 microsecond');
    ELSE
        NEW.updated_at = clock_timestamp();
    END IF;
    RETURN NEW;
END $$;
"""


def triggers() -> str:
    history = (
        f"CREATE TRIGGER history_is_only_added_to BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_to_change_history();"
        for table in APPEND_ONLY
    )
    dated = (
        f"CREATE TRIGGER updated_at_never_runs_backwards BEFORE INSERT OR UPDATE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION keep_updated_at_moving_forward();"
        for table in DATED
    )
    return "\n".join([*history, *dated])


def undo() -> str:
    return "\n".join(
        [
            *(f"DROP TRIGGER history_is_only_added_to ON {table};" for table in APPEND_ONLY),
            *(f"DROP TRIGGER updated_at_never_runs_backwards ON {table};" for table in DATED),
            "DROP FUNCTION refuse_to_change_history(); DROP FUNCTION keep_updated_at_moving_forward();",
        ]
    )


class Migration(migrations.Migration):
    dependencies = [("initiatives", "0001_initiatives")]
    operations = [migrations.RunSQL(FUNCTIONS + triggers(), undo())]
