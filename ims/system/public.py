"""The public page of a utility (guide 2004, §4.2.2 and §4.3.2): what it chose to show to everyone.

Managers choose, look at the preview and publish. What they chose is in the fields; ``published`` is a copy of it as it
was when a manager last published it, and everyone sees that one: changing a choice shows nothing until it is published.
The texts and figures are those of today (ims/system/public_content.py).
"""

from typing import Any

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.text import get_text_list

from accounts.models import User, Utility
from accounts.rows import OfUtility, OfUtilityQuerySet
from workflow.models import Event, Stale, StateMachine, Versioned, WrongState

CHOICES = ("intro", "statements", "objectives", "measures", "years", "recognition", "email", "phone", "searchable")
YEARS = (1, 2, 3, 5, 10)
INTRO = 1500  # characters


class AddressTaken(Exception):
    """Another utility's page has the address. Nothing was changed."""


def keys() -> Any:
    return ArrayField(models.BigIntegerField(), default=list, blank=True)


class PublicPage(OfUtility, StateMachine, Versioned):
    """A utility's page. ``statements``, ``objectives`` and ``measures`` are keys of records.

    A key says nothing by itself: what is shown is looked up among the utility's living records.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", "Not published"
        PUBLISHED = "published", "Published"
        WITHDRAWN = "withdrawn", "Withdrawn"
        TAKEN_DOWN = "taken-down", "Taken down"

    TRANSITIONS = {
        Status.DRAFT: frozenset({Status.PUBLISHED}),
        Status.PUBLISHED: frozenset({Status.PUBLISHED, Status.WITHDRAWN, Status.TAKEN_DOWN}),
        Status.WITHDRAWN: frozenset({Status.PUBLISHED, Status.TAKEN_DOWN}),
        Status.TAKEN_DOWN: frozenset({Status.WITHDRAWN}),
    }

    utility = models.OneToOneField(Utility, on_delete=models.CASCADE, related_name="public_page", editable=False)
    slug = models.CharField(
        "address", max_length=60, unique=True, validators=[RegexValidator(r"\A[a-z0-9]+(-[a-z0-9]+)*\Z")]
    )
    intro = models.TextField("introduction", max_length=INTRO, blank=True)
    statements, objectives, measures = keys(), keys(), keys()
    years = models.PositiveSmallIntegerField("years of readings", default=3)
    recognition = models.BooleanField("whether we are recognized", default=False)
    email = models.EmailField("email for questions", blank=True)
    phone = models.CharField("phone for questions", max_length=40, blank=True)
    searchable = models.BooleanField("search engines may list the page", default=False)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.DRAFT, editable=False)
    published = models.JSONField(null=True, editable=False)

    objects = OfUtilityQuerySet["PublicPage"].as_manager()
    utility_id: int

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status="published", published__isnull=False) | (~Q(status="published") & Q(published=None)),
                name="public_page_shows_only_while_published",
            ),
            models.CheckConstraint(condition=Q(years__in=YEARS), name="public_page_years_known"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="public_page_keeps_its_address",
                operation=pgtrigger.UpdateOf("slug"),
                condition=pgtrigger.Q(old__slug__df=pgtrigger.F("new__slug")) & ~pgtrigger.Q(old__status="draft"),
            )
        ]

    def __str__(self) -> str:
        return f"Public page of {self.utility}"

    def get_absolute_url(self) -> str:
        """Returns its address for everyone."""
        return reverse("public_page", args=[self.slug])

    @classmethod
    def of(cls, utility: Utility) -> "PublicPage":
        """Returns the page of a utility from ``utility_of``; new, without a key, if nothing was chosen yet."""
        page = cls.objects.filter(utility=utility).first() or cls(utility=utility, slug=free_address(utility))
        page.utility, page.my_role = utility, utility.my_role
        return page

    @property
    def web_address(self) -> str:
        return settings.SITE_URL.rstrip("/") + self.get_absolute_url()

    @property
    def choices(self) -> dict[str, Any]:
        """What the managers chose, as plain values."""
        return {name: getattr(self, name) for name in CHOICES}

    @property
    def is_changed(self) -> bool:
        """Whether something else is chosen than what everyone sees."""
        return self.published is not None and self.published != self.choices

    @transaction.atomic
    def choose(self, version: int, *, by: User, slug: str = "", **choices: Any) -> None:
        """Saves what managers chose. The address changes only before the page is first published.

        Raises NotAllowed, Stale, AddressTaken.
        """
        self.require_manager()
        try:
            with transaction.atomic():
                row = self._locked(slug)
                if slug and row.status == self.Status.DRAFT:
                    choices["slug"] = slug
                row.save_over(version, by=by, **choices)
        except IntegrityError as error:
            raise AddressTaken from error
        self.pk, self.version = row.pk, row.version

    def _locked(self, slug: str) -> "PublicPage":
        """Returns the stored row, which is added if there is none yet. It is locked until the transaction ends."""
        PublicPage.objects.get_or_create(utility=self.utility, defaults={"slug": slug or self.slug})
        return PublicPage.objects.select_for_update().get(utility=self.utility)

    @transaction.atomic
    def publish(self, version: int, *, by: User) -> None:
        """Shows to everyone what is chosen. Raises NotAllowed; Stale if it is not what ``by`` saw; WrongState."""
        self.require_manager()
        if not shows_anything(self.choices):
            raise WrongState("Choose first what the page shows.")
        if self.status == self.Status.TAKEN_DOWN:
            raise WrongState("A site administrator took the page down.")
        stored = PublicPage.objects.select_for_update().get(pk=self.pk)
        if not self.version == version == stored.version:
            raise Stale(stored)
        self._move(self.Status.PUBLISHED, by=by, published=self.choices)

    def withdraw(self, *, by: User) -> None:
        """Ends it at once. Raises NotAllowed; WrongState if it is not published."""
        self.require_manager()
        if self.status != self.Status.PUBLISHED:
            raise WrongState("The page is not published.")
        self._move(self.Status.WITHDRAWN, by=by, published=None)

    def take_down(self, *, by: User, why: str) -> None:
        """Ends it for the program. Managers read why and can't publish until it is allowed. Raises WrongState."""
        self._move(self.Status.TAKEN_DOWN, by=by, why=why, published=None)

    def allow(self, *, by: User, why: str) -> None:
        """Lets managers publish again what was taken down. Raises WrongState."""
        if self.status != self.Status.TAKEN_DOWN:
            raise WrongState("The page is not taken down.")
        self._move(self.Status.WITHDRAWN, by=by, why=why)


def shows_anything(chosen: dict[str, Any]) -> bool:
    return any(chosen[name] for name in ("intro", "statements", "objectives", "measures", "recognition"))


def free_address(utility: Utility) -> str:
    """Returns an address made of the utility's name that no other page has."""
    name = utility.in_file_names[:50].strip("-")
    taken = set(PublicPage.objects.filter(slug__startswith=name).values_list("slug", flat=True))
    numbered = (f"{name}-{n}" for n in range(2, len(taken) + 3))
    return next(slug for slug in (name, *numbered) if slug not in taken)


class PublicPageEvent(Event):
    """``published`` is what everyone saw from then on, None for nothing; the database copies it from the page."""

    page = models.ForeignKey(PublicPage, on_delete=models.CASCADE, related_name="events")
    published = models.JSONField(null=True, editable=False)

    class Meta(Event.Meta):
        triggers = [
            pgtrigger.Trigger(
                name="public_page_event_keeps_what_was_shown",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    NEW.published := (SELECT p.published FROM ims_publicpage p WHERE p.id = NEW.page_id);
                    RETURN NEW;
                """,
            ),
            pgtrigger.Protect(
                name="public_page_event_is_kept",
                operation=pgtrigger.UpdateOf("page_id", "at", "from_status", "to_status", "why", "published"),
            ),
        ]

    @property
    def did(self) -> str:
        """What happened, in words that follow who did it."""
        pages = PublicPage.Status
        if self.to_status == pages.PUBLISHED:
            return "published changes" if self.from_status == pages.PUBLISHED else "published the page"
        if self.to_status == pages.TAKEN_DOWN:
            return "took the page down"
        return "allowed it to be published again" if self.from_status == pages.TAKEN_DOWN else "withdrew the page"

    @property
    def shown(self) -> str:
        """What everyone saw from then on, counted; the texts are not kept."""
        if self.published is None:
            return ""
        counted = [
            (len(self.published[name]), one)
            for name, one in (("statements", "statement"), ("objectives", "objective"), ("measures", "measure"))
        ]
        parts = [f"{n} {one}{'' if n == 1 else 's'}" for n, one in counted if n]
        parts += ["an introduction"] if self.published["intro"] else []
        parts += ["recognition"] if self.published["recognition"] else []
        parts += ["a contact"] if self.published["email"] or self.published["phone"] else []
        return get_text_list(parts, "and")
