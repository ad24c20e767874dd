"""The system manual (guide 2004, §4.2.3): a utility's own words about each element, and the editions that were issued.

What else the manual says is composed from the records (manual_content.py). One manual serves an integrated system;
where an auditor from outside looks at one area only, that area has a manual, and editions, of its own.
"""

from typing import Any

import pgtrigger
from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.models import User, Utility
from accounts.rows import OfUtility, OfUtilityQuerySet
from ims.records import AREAS
from ims.system.manual_changes import changes
from pdca.models import Area
from workflow.changes import Change, WithHistory
from workflow.models import Stale, WrongState


class ManualWords(OfUtility, WithHistory):
    """What a utility says of one element in its own words. The manuals of all areas have them."""

    HISTORY = ("text",)

    utility = models.ForeignKey(Utility, on_delete=models.CASCADE, related_name="+", editable=False)
    element = models.SlugField(max_length=60, editable=False)
    text = models.TextField("in your own words", max_length=5000, blank=True)

    objects = OfUtilityQuerySet["ManualWords"].as_manager()

    class Meta:
        verbose_name_plural = "words of manuals"
        constraints = [models.UniqueConstraint(fields=["utility", "element"], name="manual_words_once")]

    def __str__(self) -> str:
        return self.text[:60]

    @classmethod
    @transaction.atomic
    def write(cls, utility: Utility, element: str, version: int, *, by: User, **changes: Any) -> "ManualWords":
        """Saves the words. ``version`` is 0 for first ones; ``by`` must be able to edit. Raises Stale."""
        words, is_new = cls.objects.get_or_create(utility=utility, element=element)
        if not version and not is_new:
            raise Stale(words)
        return words.save_over(version or words.version, by=by, **changes)


class ManualWordsChange(Change):
    row = models.ForeignKey(ManualWords, on_delete=models.CASCADE, related_name="history")


class ManualEditionQuerySet(OfUtilityQuerySet["ManualEdition"]):
    def series(self, utility: Utility, area: str) -> "ManualEditionQuerySet":
        """Returns the editions of one manual, the newest first."""
        return self.filter(utility=utility, area=area).select_related("utility", "issued_by").order_by("-number")

    def listed(self) -> "ManualEditionQuerySet":
        """Returns them without what they say, which may be long."""
        return self.defer("content")


class ManualEdition(OfUtility, models.Model):
    """The manual as it was when it was issued. ``content`` is what ``compose`` returned; ``area`` is empty for all."""

    utility = models.ForeignKey(Utility, on_delete=models.PROTECT, related_name="manuals", editable=False)
    area = models.CharField(max_length=1, blank=True, editable=False)
    number = models.PositiveIntegerField(editable=False)
    issued_at = models.DateTimeField(default=timezone.now, editable=False)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    approved_by = models.CharField("who approves it", max_length=200)
    note = models.TextField("what this edition is about", max_length=2000, blank=True)
    content = models.JSONField(editable=False)

    objects = ManualEditionQuerySet.as_manager()
    utility_id: int

    class Meta:
        ordering = ["area", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["utility", "area", "number"], name="manual_edition_once"),
            models.CheckConstraint(condition=Q(area__in=["", *AREAS]), name="manual_edition_area_known"),
            models.CheckConstraint(condition=Q(number__gte=1), name="manual_edition_counts_from_1"),
            models.CheckConstraint(condition=~Q(approved_by=""), name="manual_edition_is_approved"),
        ]
        triggers = [
            # Not issued_by, which becomes empty when its account is deleted.
            pgtrigger.Protect(
                name="manual_edition_is_kept",
                operation=pgtrigger.Delete
                | pgtrigger.UpdateOf("utility_id", "area", "number", "issued_at", "approved_by", "note", "content"),
            )
        ]

    def __str__(self) -> str:
        return f"Edition {self.number}"

    def get_absolute_url(self) -> str:
        return reverse("ims:manual_edition", args=[self.utility_id, self.pk])

    @property
    def title(self) -> str:
        return title_of(self.area)

    @property
    def before(self) -> "ManualEdition | None":
        """The edition before this one."""
        rows = ManualEdition.objects.filter(utility=self.utility_id, area=self.area, number=self.number - 1)
        return rows.first()

    @classmethod
    def issue(
        cls, utility: Utility, area: str, last: int, content: dict[str, Any], *, by: User, **given: Any
    ) -> "ManualEdition":
        """Freezes the manual as the edition after ``last``, the number that the person saw (0: none).

        ``by`` must be able to edit. Raises WrongState if nothing changed, or somebody else issued one first.
        """
        before = cls.objects.series(utility, area).first()
        if before and before.number == last and not changes(before.content, content):
            raise WrongState(f"Nothing has changed since edition {last}.")
        if (before.number if before else 0) == last:
            row = cls(utility=utility, area=area, number=last + 1, issued_by=by, content=content, **given)
            try:
                with transaction.atomic():
                    row.save(force_insert=True)
                return row
            except IntegrityError as error:
                if "manual_edition_once" not in str(error):
                    raise
        raise WrongState("Someone else has just issued an edition. Read it before you issue the next one.")


def title_of(area: str) -> str:
    """Returns what the manual of an area, or of all, is called."""
    name = Area.objects.get(code=area).name if area else ""
    return f"System manual: {name}" if name else "System manual"
