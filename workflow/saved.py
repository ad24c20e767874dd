"""Saved views: a filter and order of a list that a person keeps under a name. A room says of which lists."""

from typing import Any, Self

from django import forms
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.http import QueryDict

from workflow.forms import CheckingForm

MAX_SAVED = 30  # of one person in one list
NOT_KEPT = ("page", "export", "view")  # ``view=all`` asks for the whole list, whatever the default view is


class TooManyViews(Exception):
    """The person has ``MAX_SAVED`` views of this list. Nothing was saved."""


class ViewQuerySet(models.QuerySet[Any]):
    def seen_by(self, user: AbstractBaseUser) -> Self:
        """Returns the person's own views and those that are shared, of every list."""
        return self.filter(Q(by=user) | Q(is_shared=True))

    def of_list(self, user: AbstractBaseUser, **place: Any) -> Self:
        """Returns the person's own views of the list at ``place`` and those that colleagues share."""
        return self.seen_by(user).filter(**place).select_related("by").order_by(Lower("name"), "pk")

    def keep(self, by: AbstractBaseUser, place: dict[str, Any], *, name: str, **kept: Any) -> None:
        """Saves a view; one of the same name gets the new filters. Raises TooManyViews."""
        place = place | {"by": by}
        mine = self.filter(**place)
        if not mine.filter(name__iexact=name).exists() and mine.count() >= MAX_SAVED:
            raise TooManyViews
        mine.update_or_create(name__iexact=name, defaults=kept, create_defaults=place | kept | {"name": name})


class View(models.Model):
    """One person's view. ``query`` is the list's query string without the page. A subclass adds its place."""

    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000, blank=True)
    is_shared = models.BooleanField("show it to colleagues", default=False)

    objects = ViewQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


def kept_query(asked: QueryDict) -> str:
    """Returns the part of a list's query string that a view keeps: what is set of filters, order and layout."""
    kept = QueryDict(mutable=True)
    for name, values in asked.lists():
        if name not in NOT_KEPT and any(values):
            kept.setlist(name, values)
    return str(kept.urlencode())


class ViewForm(CheckingForm):
    """The name of a view, and who sees it. A subclass says of which model."""

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="id_view_%s")


def faults(form: forms.BaseForm) -> str:
    """Returns what is wrong with a form, as one text."""
    return " ".join(str(error) for errors in form.errors.values() for error in errors)
