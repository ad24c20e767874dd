"""Comparison of text as people type it: without regard to accents, case, apostrophes, dots or leading zeros.

``name__plain__contains=plain(word)`` compares both sides in their plain form; ``name__matches=word`` is the same as one
lookup, which the ``search_fields`` of an admin can name. A table of the whole country keeps the plain form in a column
that the database generates (``plain_form``), which the same lookup reads as it is. An index of the ``Pieces`` of that
form finds the rows that can contain a word, whose names alone are then compared.
"""

import re
import unicodedata
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import Field, Func, GeneratedField, TextField, Transform
from django.db.models.lookups import Contains

# Dropped: apostrophes of every kind (the ʻokina too), dots, and characters that are not seen.
DROPPED = "'’‘‛ʻʼʽʹʾʿˈ′＇`´.\u00ad\u200b\u200c\u200d\u2060\ufeff"
# Hyphens and dashes of every kind, and letters that Unicode does not make of a letter and an accent.
OTHERS = dict(zip("‐‑‒–—―−ØøŁłĐđÐðĦħıŊŋŦŧ", "-------oolldddd" + "hhinntt", strict=True))
MARKS = "[\u0300-\u036f]"  # accents that are characters of their own
ZEROS = r"(^|[^0-9])0+([0-9])"

_TABLE = str.maketrans(OTHERS | dict.fromkeys(DROPPED + "\0", ""))


def plain(text: str) -> str:
    """Returns the form of ``text`` to compare: ``plain("Kaʻū")`` is ``"kau"``, ``plain("OR0020427")`` ``"or20427"``."""
    bare = re.sub(MARKS, "", unicodedata.normalize("NFKD", text.translate(_TABLE)))
    return re.sub(ZEROS, r"\1\2", bare).lower()


@Field.register_lookup
class Plain(Transform):
    """The same in PostgreSQL."""

    lookup_name = "plain"
    output_field = TextField()

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **context: Any) -> Any:
        text, parameters = compiler.compile(self.lhs)
        letters, plain_letters = "".join(OTHERS), "".join(OTHERS.values())
        bare = f"REGEXP_REPLACE(NORMALIZE(TRANSLATE({text}::text, %s, %s), NFKD), %s, '', 'g')"
        values = [letters + DROPPED, plain_letters, MARKS, ZEROS, r"\1\2"]
        return f"LOWER(REGEXP_REPLACE({bare}, %s, %s, 'g'))", [*parameters, *values]


@Field.register_lookup
class Matches(Contains):
    """Whether the field contains the text, both in their plain form."""

    lookup_name = "matches"

    def __init__(self, field: Any, text: Any) -> None:
        is_plain = isinstance(getattr(field, "target", None), GeneratedField)
        super().__init__(field if is_plain else Plain(field), plain(str(text)))

    def get_rhs_op(self, connection: Any, rhs: str) -> str:
        return str(connection.operators[Contains.lookup_name] % rhs)


def plain_form(of: str) -> GeneratedField:
    """Returns a column with the plain form of the field ``of``, so that a search need not make it of each row."""
    return GeneratedField(expression=Plain(of), output_field=TextField(), db_persist=True)


PIECE = 3  # characters


class Pieces(Func):
    """All pieces of ``PIECE`` characters in a text, made by a function of the database (accounts 0012)."""

    function = "pieces"
    output_field = ArrayField(TextField())


def pieces(text: str) -> list[str]:
    """Returns the same of a text at hand: none if it is too short."""
    return sorted({text[at : at + PIECE] for at in range(len(text) - PIECE + 1)})
