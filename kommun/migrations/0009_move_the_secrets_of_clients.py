"""The one secret that the toolkit kept in the client's own row becomes the first of two, each a row."""

from django.db import migrations

MOVE = """
INSERT INTO kommun_clientsecret (uuid, client_id, place, checksum, hint, created_at)
SELECT gen_random_uuid(), id, 1,
    CASE WHEN client_secret LIKE 'argon2$%' THEN client_secret
        ELSE 'sha256$' || encode(sha256(convert_to(client_secret, 'UTF8')), 'hex') END,
    '', created
FROM kommun_apiclient WHERE client_secret <> '';
UPDATE kommun_apiclient SET client_secret = '', hash_client_secret = false;
"""
MOVE_BACK = """
UPDATE kommun_apiclient SET client_secret = secret.checksum
FROM kommun_clientsecret secret
WHERE secret.client_id = kommun_apiclient.id AND secret.place = 1 AND secret.ended_at IS NULL;
DELETE FROM kommun_clientsecret;
"""


class Migration(migrations.Migration):
    dependencies = [("kommun", "0008_clients_and_what_they_do")]
    operations = [migrations.RunSQL(MOVE, MOVE_BACK)]
