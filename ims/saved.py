"""Saved views: a filter, order and layout of a register's list that a person keeps under a name."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.http import QueryDict
from django.urls import reverse

from accounts.models import User, Utility

MOST = 30  # of one person in one register
NOT_KEPT = ("page", "export")


class TooManyViews(Exception):
    """The person has ``MOST`` views of this list. Nothing was saved."""


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def seen_by(self, user: User) -> "SavedViewQuerySet":
        """Returns the person's own views and those that are shared, of any utility."""
        return self.filter(Q(by=user) | Q(is_shared=True))

    def for_list(self, utility: Utility, register: str, user: User) -> "SavedViewQuerySet":
        """Returns the person's own views and those that colleagues share."""
        rows = self.seen_by(user).filter(utility=utility, register=register)
        return rows.select_related("by").order_by(Lower("name"), "pk")

    def keep(self, utility: Utility, register: str, by: User, *, name: str, query: str, is_shared: bool) -> None:
        """Saves a view; one of the same name gets the new filters. Raises TooManyViews."""
        place = {"utility": utility, "register": register, "by": by}
        mine = self.filter(**place)
        kept = {"query": query, "is_shared": is_shared}
        if not mine.filter(name__iexact=name).exists() and mine.count() >= MOST:
            raise TooManyViews
        mine.update_or_create(name__iexact=name, defaults=kept, create_defaults=place | kept | {"name": name})


class SavedView(models.Model):
    """One person's view. ``query`` is the list's query string without the page."""

    utility = models.ForeignKey(Utility, on_delete=models.CASCADE, related_name="+")
    register = models.CharField(max_length=24)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000, blank=True)
    is_shared = models.BooleanField("show it to colleagues", default=False)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("name"), "utility", "register", "by", name="saved_view_named_once"),
            models.CheckConstraint(condition=~Q(name=""), name="saved_view_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"{reverse('ims:list', args=[self.utility_id, self.register])}?{self.query}"


def kept_query(asked: QueryDict) -> str:
    """Returns the part of a list's query string that a view keeps: what is set of filters, order and layout."""
    kept = QueryDict(mutable=True)
    for name, values in asked.lists():
        if name not in NOT_KEPT and any(values):
            kept.setlist(name, values)
    return str(kept.urlencode())
