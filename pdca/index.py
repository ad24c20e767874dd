"""The search index: a row for each place in an entry that a search can link to.

It is rebuilt from all entries whenever one of them changes: about 200 rows, a few milliseconds.
"""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import connection, models, transaction


class Indexed(models.Model):
    kind = models.CharField(max_length=40)
    heading = models.CharField(max_length=240)
    text = models.TextField()
    url = models.CharField(max_length=240)
    at = models.DateTimeField(auto_now_add=True)
    words = models.GeneratedField(
        expression=SearchVector("heading", weight="A", config="english")
        + SearchVector("text", weight="B", config="english"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        indexes = [GinIndex(fields=["words"], name="indexed_words")]

    def __str__(self) -> str:
        return self.heading


@transaction.atomic
def refresh() -> None:
    """Rebuilds the index. A concurrent call waits for the first to commit, then sees its rows."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('pdca.index'))")
    Indexed.objects.all().delete()
    Indexed.objects.bulk_create(_rows())


def _rows() -> Iterator[Indexed]:
    for model in apps.get_models():
        if hasattr(model, "indexed"):  # a CatalogEntry, not importable here: pdca.entries imports this module
            kind = str(model._meta.verbose_name)
            entries: Any = model._default_manager
            for entry in entries.readable():
                for heading, text, url in entry.indexed():
                    yield Indexed(kind=kind, heading=heading[:240], text=text, url=url)
