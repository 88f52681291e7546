"""Evidence grades and the controller's words are only added to; what is claimed says when it last changed."""

from django.db import migrations

APPEND_ONLY = ("initiatives_grading", "initiatives_verificationstep")

TRIGGERS = "\n".join(
    [
        *(
            f"CREATE TRIGGER history_is_only_added_to BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_to_change_history();"
            for table in APPEND_ONLY
        ),
        "CREATE TRIGGER updated_at_never_runs_backwards BEFORE INSERT OR UPDATE ON initiatives_claim "
        "FOR EACH ROW EXECUTE FUNCTION keep_updated_at_moving_forward();",
    ]
)
UNDO = "\n".join(
    [
        *(f"DROP TRIGGER history_is_only_added_to ON {table};" for table in APPEND_ONLY),
        "DROP TRIGGER updated_at_never_runs_backwards ON initiatives_claim;",
    ]
)


class Migration(migrations.Migration):
    dependencies = [("initiatives", "0006_proof")]
    operations = [migrations.RunSQL(TRIGGERS, UNDO)]
