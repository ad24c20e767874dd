"""Ranked PostgreSQL full-text search over everything that readers can find, with excerpts; the pages of the guide."""

import difflib
import re
from collections.abc import Iterator

from django.contrib.postgres.search import SearchHeadline, SearchQuery, SearchRank, SearchVector
from django.db.models import Case, Q, QuerySet, Value, When
from django.urls import reverse
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from pdca.index import Indexed, plain_name
from workflow.search import Place, public

# Delimiters of a match in PostgreSQL's headline; no text contains them.
START, STOP = "\x02", "\x03"

# PostgreSQL's flag for "divide by 1 + log(length)": ranks a term's entry before a long page.
BY_LENGTH = 1
MAX_WORDS = 12  # of a query; finding a suggestion takes time for each


@public
def pages() -> Iterator[Place]:
    about = {
        "start": (
            "Getting started",
            "How to start: by what exists, by size and by systems; first steps for every utility.",
        ),
        "guide": ("The plan-do-check-act guide", "The components, their elements and the management areas."),
        "map": ("Map of the cycle", "How the elements lead to one another, and ways to begin as diagrams."),
        "opportunities": (
            "Integration opportunities",
            "Ways for initiatives to share each element: what is shared, the benefit, how to do it.",
        ),
        "topics": ("Integrating initiatives", "Drivers, benefits, success factors, barriers."),
        "glossary": ("Glossary", "Terms and acronyms, explained."),
    }
    for name, (heading, text) in about.items():
        yield Place("page", heading, text, reverse(f"pdca:{name}"))


def find(typed: str) -> QuerySet[Indexed]:
    """Returns matches with ``shown``, an excerpt for ``marked``.

    First comes what has the words in a name: a page of its own before a place on a page, and a name that is exactly
    what was typed before longer names. Then come texts, best match first.
    """
    query = SearchQuery(typed, config="english", search_type="websearch")
    shown = SearchHeadline(
        "text", query, config="english", start_sel=START, stop_sel=STOP, max_words=34, min_words=16, max_fragments=2
    )
    name = plain_name(typed.replace('"', " "))
    exact = Q(names__contains=f"\n{name}\n")
    named, page = Q(in_names=query), ~Q(url__contains="#")
    tiers = [page & exact, page & named, exact, named]
    rows = Indexed.objects.annotate(in_names=SearchVector("names", config="english")).filter(Q(words=query) | exact)
    rows = rows.annotate(
        tier=Case(*(When(tier, Value(place)) for place, tier in enumerate(tiers)), default=Value(len(tiers))),
        rank=SearchRank("words", query, normalization=BY_LENGTH),
        shown=shown,
    )
    return rows.order_by("tier", "-rank", "heading")


def marked(shown: str) -> SafeString:
    """Returns a headline as HTML with matches in <mark>."""
    return mark_safe(conditional_escape(shown).replace(START, "<mark>").replace(STOP, "</mark>"))


def did_you_mean(typed: str) -> str:
    """Returns ``typed`` with unknown words replaced by the closest known ones or dropped; empty if nothing changed."""
    known, typed_words = _vocabulary(), re.findall(r"\w+", typed)[:MAX_WORDS]
    words = [word if len(word) < 3 or word.lower() in known else _nearest(word.lower(), known) for word in typed_words]
    meant = " ".join(word for word in words if word)
    return meant if meant.lower() != " ".join(typed_words).lower() and find(meant).exists() else ""


def _nearest(word: str, known: set[str]) -> str:
    """Returns the known word that ``word`` may be a slip of. Slips rarely change the first letter."""
    near = [other for other in known if other[0] == word[0]]
    return next(iter(difflib.get_close_matches(word, near, n=1, cutoff=0.8)), "")


def _vocabulary() -> set[str]:
    """Returns every word of three or more letters in the index, unstemmed and in lower case."""
    texts = Indexed.objects.values_list("names", "text")
    return {word for names, text in texts for word in re.findall(r"\w{3,}", f"{names} {text}".lower())}
