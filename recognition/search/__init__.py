"""The recognition program for the search: its pages, its criteria, and the applications that a user may see."""

from collections.abc import Iterator

from django.db.models import Q
from django.urls import reverse

from accounts.models import User, Utility
from recognition.models import Application, CapacityElement, Cycle
from workflow.matching import plain
from workflow.search import MAX_FOUND, Place, own, public


@public
def pages() -> Iterator[Place]:
    yield Place("tool", "Recognition", "Apply for recognition. Requires signing in.", reverse("recognition:list"))
    recognized = "The public list of utilities with a valid recognition."
    yield Place("page", "Recognized utilities", recognized, reverse("recognition:register"))
    verify = "Check the number of a certificate."
    yield Place("page", "Verify a certificate", verify, reverse("recognition:verify_form"))


@public
def criteria() -> Iterator[Place]:
    """Yields the criteria of the current edition."""
    edition = Cycle.current_edition()
    if edition is None:
        return
    page = reverse("recognition:criteria")
    text = "The attributes and resource categories that an application demonstrates, by size of organization."
    yield Place("page", "Recognition criteria", text, page)
    for attribute in edition.attributes.all():
        yield Place("attribute", attribute.name, attribute.description, f"{page}#{attribute.slug}")
    for category in edition.categories.all():
        parts = [category.description, *(option.label for option in category.options.all())]
        yield Place("resource category", category.name, " · ".join(parts), f"{page}#{category.slug}")
    for element in CapacityElement.objects.all():
        text = f"{element.get_kind_display()} capacity of a drinking water system."
        yield Place("capacity", element.name, text, f"{page}#{element.slug}")


@own(order=20)
def applications(user: User, words: list[str]) -> Iterator[Place]:
    found, named = Application.objects.visible_to(user).named(), Utility.objects.order_by()
    titles = Cycle.objects.order_by().values_list("pk", "title")  # few, so that the names alone find the applications
    for word in words:
        if cycles := [pk for pk, title in titles if word in plain(title)]:
            found = found.filter(Q(utility__plain_name__matches=word) | Q(cycle__in=cycles))
        else:
            named = named.named(word)
    found = found.filter(utility__in=named.values("pk"))
    for application in found.order_by("-cycle__opens", "utility__name", "pk")[:MAX_FOUND]:
        kind = "your application" if application.my_role else "application"
        yield Place(kind, str(application), application.stage_shown, application.get_absolute_url())
