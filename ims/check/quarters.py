"""A quarter of a utility, for its performance report (guide 2004, §4.3.2): what its people say about it."""

from datetime import date

from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.models import User, Utility
from accounts.rows import OfUtility, OfUtilityQuerySet
from ims.check import periods
from ims.check.periods import Every
from workflow.models import Versioned


class Quarter(OfUtility, Versioned):
    """Stored once someone writes about the quarter or asks for its report as a file. ``first`` is its first day."""

    utility = models.ForeignKey(Utility, on_delete=models.CASCADE, related_name="+", editable=False)
    first = models.DateField(editable=False)
    summary = models.TextField("what happened this quarter", max_length=3000, blank=True)

    objects = OfUtilityQuerySet["Quarter"].as_manager()
    utility_id: int

    class Meta:
        ordering = ["-first"]
        constraints = [
            models.UniqueConstraint(fields=["utility", "first"], name="quarter_once"),
            models.CheckConstraint(
                condition=Q(first__day=1, first__month__in=[1, 4, 7, 10]), name="quarter_starts_a_quarter"
            ),
        ]

    def __str__(self) -> str:
        return periods.named(self.first, Every.QUARTER)

    def get_absolute_url(self) -> str:
        return f"{reverse('ims:performance', args=[self.utility_id])}?quarter={self.slug}"

    @property
    def slug(self) -> str:
        return f"{self.first:%Y-%m}"

    @property
    def last(self) -> date:
        return periods.last_day(self.first, Every.QUARTER)

    @classmethod
    def of(cls, utility: Utility, first: date, *, user: User) -> "Quarter":
        """Returns the quarter for a member of the utility; new, without a key, if it is not stored."""
        rows = cls.objects.visible_to(user).select_related("utility", "changed_by")
        if found := rows.filter(utility=utility, first=first).first():
            return found
        new = cls(utility=utility, first=first)
        new.my_role = utility.membership_of(user).role
        return new

    def stored(self) -> "Quarter":
        """Returns the row itself, or the one that is added now."""
        if self.pk:
            return self
        row, _ = Quarter.objects.get_or_create(utility=self.utility, first=self.first)
        row.my_role = self.my_role
        return row

    def comment(self, version: int, *, by: User, summary: str) -> None:
        """Saves what people say about the quarter. Raises NotAllowed, Stale."""
        self.require_editor()
        self.save_over(version, by=by, summary=summary)
