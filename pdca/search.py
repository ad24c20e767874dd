"""Ranked PostgreSQL full-text search over everything that readers can find, with excerpts."""

import difflib
import re

from django.contrib.postgres.search import SearchHeadline, SearchQuery, SearchRank
from django.db.models import QuerySet
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from pdca.index import Indexed

# Delimiters of a match in PostgreSQL's headline; no text contains them.
START, STOP = "\x02", "\x03"

# PostgreSQL's flag for "divide by 1 + log(length)": ranks a term's entry before a long page.
BY_LENGTH = 1
MAX_WORDS = 12  # of a query; finding a suggestion takes time for each


def find(typed: str) -> QuerySet[Indexed]:
    """Returns matches, best first, with ``rank`` and ``shown``, an excerpt for ``marked``."""
    query = SearchQuery(typed, config="english", search_type="websearch")
    shown = SearchHeadline(
        "text", query, config="english", start_sel=START, stop_sel=STOP, max_words=34, min_words=16, max_fragments=2
    )
    rows = Indexed.objects.filter(words=query).annotate(
        rank=SearchRank("words", query, normalization=BY_LENGTH), shown=shown
    )
    return rows.order_by("-rank", "heading")


def marked(shown: str) -> SafeString:
    """Returns a headline as HTML with matches in <mark>."""
    return mark_safe(conditional_escape(shown).replace(START, "<mark>").replace(STOP, "</mark>"))


def did_you_mean(typed: str) -> str:
    """Returns ``typed`` with unknown words replaced by the closest known ones or dropped; empty if nothing changed."""
    known, typed_words = _vocabulary(), re.findall(r"\w+", typed)[:MAX_WORDS]
    words = [word if len(word) < 3 or word.lower() in known else _nearest(word.lower(), known) for word in typed_words]
    meant = " ".join(word for word in words if word)
    return meant if meant.lower() != " ".join(typed_words).lower() else ""


def _nearest(word: str, known: set[str]) -> str:
    return next(iter(difflib.get_close_matches(word, known, n=1, cutoff=0.72)), "")


def _vocabulary() -> set[str]:
    """Returns every word of three or more letters in the index, unstemmed and in lower case."""
    texts = Indexed.objects.values_list("heading", "text")
    return {word for heading, text in texts for word in re.findall(r"\w{3,}", f"{heading} {text}".lower())}
