"""Whether the latest call was refused is kept beside the pace, and the rows that every call changes have room for it."""

from django.db import migrations, models

QUOTED = """
-- A text as it stands in the path of an address (RFC 3986): everything but the unreserved signs percent-encoded.
CREATE FUNCTION kommun_in_a_path(words text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN words ~ '^[A-Za-z0-9._~-]*$' THEN words ELSE (
        SELECT string_agg(
            CASE WHEN sign ~ '^[A-Za-z0-9._~-]$' THEN sign
            ELSE regexp_replace(upper(encode(convert_to(sign, 'UTF8'), 'hex')), '(..)', '%\\1', 'g') END,
            '' ORDER BY place)
        FROM regexp_split_to_table(words, '') WITH ORDINALITY signs (sign, place)
    ) END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("kommun", "0009_move_the_secrets_of_clients")]
    operations = [
        migrations.AddField("clientpace", "was_refused", models.BooleanField(default=False)),
        migrations.RunSQL(
            "ALTER TABLE kommun_clientpace SET (fillfactor = 40)", "ALTER TABLE kommun_clientpace RESET (fillfactor)"
        ),
        migrations.RunSQL(QUOTED, "DROP FUNCTION kommun_in_a_path(text)"),
    ]
