"""Home page items for administrators: what waits for them in the administration."""

from collections.abc import Iterator

from django.db.models import Count, Value
from django.urls import reverse

from accounts.models import User
from pdca.entries import CatalogEntry
from workflow.waiting import Waiting, source


@source(order=90)
def in_the_administration(user: User) -> Iterator[Waiting]:
    """Yields the drafts of the catalog. Makes one query besides the permissions."""
    if not user.is_staff:
        return
    if user.has_perm("initiatives.change_initiative") and (n := _drafts()):
        what = "1 entry of the catalog has a draft" if n == 1 else f"{n} entries of the catalog have drafts"
        catalog = f"{reverse('admin:index')}#catalog"
        yield Waiting(what, "Readers see it once it is published.", "Open", catalog)


def _drafts() -> int:
    """Returns how many entries of all kinds were changed and not published."""
    first, *others = [
        model._base_manager.filter(draft__isnull=False)
        .order_by()
        .annotate(all=Value(1))
        .values("all")
        .annotate(n=Count("pk"))
        for model in CatalogEntry.__subclasses__()
    ]
    return sum(row["n"] for row in first.union(*others, all=True))
