"""The gap analyses for the search: their page, and a user's own."""

from collections.abc import Iterator

from django.urls import reverse

from accounts.models import User
from assessments.models import GapAnalysis
from workflow.search import MAX_FOUND, Place, has_all, own, public


@public
def pages() -> Iterator[Place]:
    text = "Rate the elements of a management system for your utility and find the gaps. Requires signing in."
    yield Place("tool", "Gap analysis", text, reverse("assessments:list"))


@own(order=10)
def analyses(user: User, words: list[str]) -> Iterator[Place]:
    found = GapAnalysis.objects.visible_to(user).filter(has_all(words, "name", "utility__plain_name"))
    for analysis in found.order_by("-as_of", "-pk")[:MAX_FOUND]:
        text = f"{analysis.utility}, {analysis.as_of:%B %-d, %Y}. {analysis.get_status_display()}."
        yield Place("your gap analysis", analysis.name, text, analysis.get_absolute_url())
