from django.contrib.postgres.indexes import GinIndex
from django.db import migrations
from django.db.models import TextField, Value
from django.db.models.functions import Concat

from workflow.matching import Pieces

# What ``workflow.matching.Pieces`` calls: a text's pieces of three characters, each once. PostgreSQL's extension pg_trgm
# could find them too, but the server of the demo and the tests comes without it.
PIECES = """
CREATE FUNCTION pieces(whole text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN ARRAY(SELECT DISTINCT substr(whole, start, 3) FROM generate_series(1, length(whole) - 2) AS start)
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0011_utilities_by_state")]

    operations = [
        migrations.RunSQL(PIECES, "DROP FUNCTION pieces"),
        migrations.AddIndex(
            model_name="utility",
            index=GinIndex(Pieces(Concat("plain_name", Value(" ", TextField()), "plain_city")), name="utility_by_part_of_name"),
        ),
    ]
