"""Saved views of a register's list, which a person keeps under a name."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse

from accounts.models import Utility
from workflow.saved import View


class SavedView(View):
    utility = models.ForeignKey(Utility, on_delete=models.CASCADE, related_name="+")
    register = models.CharField(max_length=24)

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("name"), "utility", "register", "by", name="saved_view_named_once"),
            models.CheckConstraint(condition=~Q(name=""), name="saved_view_has_a_name"),
        ]

    def get_absolute_url(self) -> str:
        return f"{reverse('ims:list', args=[self.utility_id, self.register])}?{self.query}"
