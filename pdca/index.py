"""The search index: a row for each place that a search can link to.

It is rebuilt whenever an entry or a criterion changes: a few hundred rows, a few milliseconds.
"""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import connection, models, transaction

from pdca import loading
from workflow.search import Place, public_places


class Indexed(models.Model):
    """``names`` has the heading and all other names of the place, one per line and each between line breaks."""

    kind = models.CharField(max_length=40)
    heading = models.CharField(max_length=240)
    names = models.TextField(default="")
    text = models.TextField()
    url = models.CharField(max_length=240)
    at = models.DateTimeField(auto_now_add=True)
    words = models.GeneratedField(
        expression=SearchVector("names", weight="A", config="english")
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
    synonyms = loading.read(loading.DATA / "synonyms.yaml")
    for place in (*_entries(), *public_places()):
        heading = place.heading[:240]
        names = dict.fromkeys(plain_name(name) for name in (heading, *place.names, *synonyms.get(place.url, ())))
        lines = "\n".join(["", *names, ""])
        yield Indexed(kind=place.kind, heading=heading, names=lines, text=place.text, url=place.url)


def _entries() -> Iterator[Place]:
    for model in apps.get_models():
        if (
            hasattr(model, "indexed") and not model._meta.proxy
        ):  # a CatalogEntry, not importable here: pdca.entries imports this module
            entries: Any = model._default_manager
            for entry in entries.readable().select_related():
                yield from entry.indexed()


def initiatives_found() -> dict[str, tuple[str, str]]:
    """Returns slug → (name, address) of those that readers can find. Here because this app can't import initiatives."""
    rows = Indexed.objects.filter(kind="initiative").exclude(url__contains="#").values_list("heading", "url")
    return {url.strip("/").rpartition("/")[2]: (heading, url) for heading, url in rows}


def plain_name(name: str) -> str:
    """Returns ``name`` in lower case and with single spaces, as a search compares it."""
    return " ".join(name.lower().split())
