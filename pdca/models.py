"""Management areas, components, the 18 elements of guide 2004, Table 2, and the guide's topics, tables and terms."""

from collections.abc import Iterator

from django.db import models
from django.urls import reverse
from simple_history.models import HistoricalRecords

from pdca.entries import CatalogEntry
from workflow.shapes.columns import Shaped
from workflow.shapes.values import NOTE, SOURCE, TEXT, Grid, Key, Lines, Passage, Reasons, Records, Slugs


class Area(models.Model):
    """A management area (guide 2004, Table 1): E, S, Q, F or H."""

    code = models.CharField(max_length=1, primary_key=True)
    order = models.PositiveSmallIntegerField(unique=True)
    name = models.CharField(max_length=60)
    short_name = models.CharField(max_length=20)
    description = models.TextField()
    source = models.CharField(max_length=200)
    loaded = models.JSONField(default=dict, editable=False)  # see pdca.loading
    history = HistoricalRecords(excluded_fields=["loaded"])

    class Meta:
        ordering = ["order"]

    def __str__(self) -> str:
        return self.name


class Component(models.Model):
    """Plan, Do, Check or Act."""

    slug = models.SlugField(primary_key=True)
    order = models.PositiveSmallIntegerField(unique=True)
    name = models.CharField(max_length=20)
    purpose = models.TextField()
    source = models.CharField(max_length=200)
    loaded = models.JSONField(default=dict, editable=False)  # see pdca.loading
    history = HistoricalRecords(excluded_fields=["loaded"])

    class Meta:
        ordering = ["order"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"{reverse('pdca:guide')}#{self.slug}"

    @property
    def letter(self) -> str:
        return self.name[0]


class Element(CatalogEntry):
    """One of the 18 rows of guide 2004, Table 2."""

    class Level(models.TextChoices):
        """The levels of phase 1 report 2002, §3.2."""

        CORE = "core", "Core element"
        SUPPORT = "support", "Support element"

    slug = models.SlugField(unique=True)
    order = models.PositiveSmallIntegerField(unique=True)
    component = models.ForeignKey(Component, on_delete=models.PROTECT, related_name="elements")
    name = models.CharField(max_length=80)
    question = models.CharField(
        "the question it answers", max_length=160, blank=True, help_text="One plain question, in our words."
    )
    purpose = models.TextField()
    strategic_alignment = models.BooleanField("key to strategic alignment", default=False)
    source = models.CharField(max_length=200)
    level = models.CharField(max_length=8, choices=Level.choices, blank=True)
    level_source = models.CharField(max_length=200, blank=True)
    alignment = Shaped(Passage(), verbose_name="why sharing it matters")
    examples = Shaped(Records(TEXT, SOURCE, NOTE))
    questions = Shaped(Lines(), verbose_name="questions to ask your team")
    outline = Shaped(Lines(), verbose_name="in phase 1 report 2002, App. C")
    clauses = Shaped(
        Records(Key("clause", "Clause", "line"), Key("title", "Title", "line"), NOTE),
        verbose_name="clauses of the ISO harmonized structure",
    )
    unsaid = Shaped(Reasons(), verbose_name="reasons for empty fields")

    class Meta:
        ordering = ["order"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("pdca:element", args=[self.slug])


class Opportunity(CatalogEntry):
    """A way for initiatives to share an element (guide 2004, ch. 4)."""

    slug = models.SlugField(unique=True, max_length=80)
    element = models.ForeignKey(Element, on_delete=models.PROTECT, to_field="slug", related_name="opportunities")
    order = models.PositiveSmallIntegerField("place within its element", default=1)
    title = models.CharField("what can be shared", max_length=160)
    shared = models.TextField("how it is shared")
    benefit = models.TextField()
    how = Shaped(Lines(), verbose_name="how to do it, in order")
    caution = models.TextField(blank=True)
    initiatives = Shaped(
        Slugs(), verbose_name="initiatives it joins", help_text="Slugs of those that the source names here."
    )
    source = models.CharField(max_length=200)
    note = models.TextField("note on the source", blank=True)

    class Meta:
        verbose_name = "integration opportunity"
        verbose_name_plural = "integration opportunities"
        ordering = ["element__order", "order", "slug"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("pdca:opportunity", args=[self.slug])

    @classmethod
    def by_element(cls) -> dict[str, list["Opportunity"]]:
        """Returns element slug → its opportunities that readers can find, in order."""
        found: dict[str, list[Opportunity]] = {}
        for opportunity in cls.objects.readable():
            found.setdefault(opportunity.element_id, []).append(opportunity)
        return found

    def said(self) -> Iterator[str]:
        yield self.element.name
        yield from super().said()


class Flow(CatalogEntry):
    """An arrow on the map of the cycle: what one element passes to another."""

    slug = models.SlugField(unique=True, max_length=110, help_text="The two elements’ slugs and a hyphen.")
    start = models.ForeignKey(Element, on_delete=models.PROTECT, to_field="slug", related_name="flows")
    end = models.ForeignKey(
        Element, on_delete=models.PROTECT, to_field="slug", related_name="+", verbose_name="leads to"
    )
    text = models.TextField("what it passes on")
    source = models.CharField(max_length=200)

    class Meta:
        verbose_name = "connection on the map"
        verbose_name_plural = "connections on the map"
        ordering = ["start__order", "end__order"]
        constraints = [
            models.UniqueConstraint(fields=["start", "end"], name="flow_once_between_two"),
            models.CheckConstraint(
                condition=~models.Q(start=models.F("end")),
                name="flow_between_two_elements",
                violation_error_message="An element can’t lead to itself.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.start} → {self.end}"

    def get_absolute_url(self) -> str:
        return f"{reverse('pdca:map')}#{self.slug}"


class Topic(CatalogEntry):
    """What the sources say about integration as a whole: a way to begin, a success factor, a barrier."""

    class Kind(models.TextChoices):
        START = "start", "Getting started"
        FINDING = "finding", "What the phase 1 workgroup found"
        DIFFERENCE = "difference", "How it differs from traditional management"
        DRIVER = "driver", "What drives the change"
        BENEFIT = "benefit", "Benefits"
        APPROACH = "approach", "Ways to start"
        SUCCESS_FACTOR = "success-factor", "Success factors"
        BARRIER = "barrier", "Barriers and responses"
        READING = "reading", "Further reading"

    class Document(models.TextChoices):
        GUIDE = "guide 2004", "Guide 2004"
        REPORT = "phase 1 report 2002", "Phase 1 report 2002"

    slug = models.SlugField(unique=True, max_length=80)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    document = models.CharField(max_length=24, choices=Document.choices)
    order = models.PositiveSmallIntegerField(default=1)
    title = models.CharField(max_length=160)
    text = models.TextField()
    points = Shaped(Lines(), verbose_name="points (for a barrier, the responses)")
    initiatives = Shaped(Slugs(), verbose_name="initiatives it names", help_text="their slugs")
    steps = Shaped(
        Records(Key("text", "What to do", "line"), Key("initiatives", "Initiatives (slugs)", "slugs", required=False)),
        verbose_name="steps of a way to start, drawn below the map",
    )
    source = models.CharField(max_length=200)
    group = models.CharField(max_length=80, blank=True, help_text="if a source has several lists of one type")

    class Meta:
        ordering = ["document", "order", "slug"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        page = "pdca:start" if self.kind == self.Kind.START else "pdca:topics"
        return f"{reverse(page)}#{self.slug}"


class SourceTable(CatalogEntry):
    """A table of the guide, shown with an element."""

    slug = models.SlugField(unique=True)
    number = models.CharField(max_length=8, help_text="as printed in the guide")
    title = models.CharField(max_length=200)
    element = models.ForeignKey(Element, on_delete=models.PROTECT, to_field="slug", related_name="tables")
    columns = Shaped(Lines())
    rows = Shaped(Grid("columns"))
    note = models.TextField(blank=True)
    source = models.CharField(max_length=200)

    class Meta:
        ordering = ["number", "slug"]

    def __str__(self) -> str:
        return f"Table {self.number}: {self.title}"

    def get_absolute_url(self) -> str:
        return f"{self.element.get_absolute_url()}#{self.slug}"


class Term(CatalogEntry):
    """A term of the glossary, with its acronym if it has one."""

    slug = models.SlugField(unique=True, max_length=80)
    term = models.CharField(max_length=120, unique=True)
    acronym = models.CharField(max_length=20, blank=True)
    also = Shaped(Lines(), verbose_name="other spellings")
    text = models.TextField()
    source = models.CharField(max_length=200)

    class Meta:
        ordering = ["term"]

    def __str__(self) -> str:
        return f"{self.term} ({self.acronym})" if self.acronym else self.term

    def get_absolute_url(self) -> str:
        return f"{reverse('pdca:glossary')}#{self.slug}"

    def names(self) -> tuple[str, ...]:
        return (self.term, self.acronym, *self.also) if self.acronym else (self.term, *self.also)
