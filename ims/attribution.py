"""Who did something, in words: what came with an archive is not claimed for anybody's account.

An archive could say anything, so only what it says of the person who brings it back is tied to an account. Of everyone
else the names stay: a field that would have their account is empty, and an Attribution says who it was.
"""

from collections import defaultdict
from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from accounts.models import Utility


class Author(NamedTuple):
    name: str
    email: str

    def __str__(self) -> str:
        return f"{self.name or self.email} (as an archive says)"


class Attribution(models.Model):
    """``rows`` are the keys of the rows in whose ``column``, such as "ims.recordevent.by", this person would be."""

    utility = models.ForeignKey(Utility, on_delete=models.CASCADE, related_name="+")
    column = models.CharField(max_length=80)
    name = models.CharField(max_length=150, blank=True)
    email = models.CharField(max_length=254, blank=True)
    rows = ArrayField(models.BigIntegerField())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["utility", "column", "name", "email"], name="attribution_once"),
            models.CheckConstraint(condition=~Q(name="", email=""), name="attribution_names_someone"),
        ]
        indexes = [GinIndex(fields=["rows"], name="attribution_rows")]

    def __str__(self) -> str:
        return f"{self.column}: {self.author}"

    @property
    def author(self) -> Author:
        return Author(self.name, self.email)

    @classmethod
    def all_of(cls, utility: Utility) -> dict[tuple[str, int], Author]:
        """Returns who is named, by column and row."""
        kept = cls.objects.filter(utility=utility)
        return {(each.column, row): each.author for each in kept for row in each.rows}


def column_of(field: Any) -> str:
    return f"{field.model._meta.label_lower}.{field.name}"


def name_authors(*groups: tuple[Iterable[Any], str]) -> None:
    """Puts the name where an account would be, in rows whose field is empty. One query, none if no field is.

    ``groups`` are (rows of one table, the name of the field).
    """
    lacking: dict[str, dict[int, tuple[Any, Any]]] = defaultdict(dict)
    for rows, name in groups:
        for row in rows:
            field = row._meta.get_field(name)
            if getattr(row, field.attname) is None:
                lacking[column_of(field)][row.pk] = row, field
    if not lacking:
        return
    named = reduce(or_, (Q(column=column, rows__overlap=list(rows)) for column, rows in lacking.items()))
    for each in Attribution.objects.filter(named):
        for pk in lacking[each.column].keys() & set(each.rows):
            row, field = lacking[each.column][pk]
            field.set_cached_value(row, each.author)
