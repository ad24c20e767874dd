"""The models of the criteria: editions with attributes, resource categories and thresholds (ICR 2010, App. C)."""

from functools import cached_property
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import OuterRef, Q
from django.db.models.functions import JSONArray, JSONObject

from pdca.models import Element
from recognition.criteria.completeness import DRINKING_WATER, STORMWATER, WASTEWATER, CategoryRule, Criteria

PROGRAM = "Sustainable Water Leadership Program"  # its name in ICR 1287.10


class EditionQuerySet(models.QuerySet["Edition"]):
    def whole(self) -> "EditionQuerySet":
        """Prefetches everything that ``criteria`` needs: four queries."""
        return self.prefetch_related("attributes", "categories__options")


class Edition(models.Model):
    """One edition of the criteria. Each cycle uses one."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    program = models.CharField(
        "program's name",
        max_length=120,
        default=PROGRAM,
        help_text="Appears on pages, letters and certificates, as in “the … Program”.",
    )
    large_attributes = models.PositiveSmallIntegerField("attributes a large organization demonstrates")
    small_attributes = models.PositiveSmallIntegerField("attributes a small organization demonstrates")
    large_boxes = models.PositiveSmallIntegerField("boxes a large organization fills")
    small_boxes = models.PositiveSmallIntegerField("boxes a small organization fills")
    most_words = models.PositiveIntegerField("maximum words in all narratives")
    most_photos = models.PositiveSmallIntegerField("maximum photos")
    large_wastewater_mgd = models.FloatField("large from this design flow", help_text="million gallons per day")
    large_drinking_water_population = models.PositiveIntegerField("large from this population, drinking water")
    large_stormwater_population = models.PositiveIntegerField("large from this population, stormwater")
    source = models.CharField(max_length=200)
    loaded = models.JSONField(default=dict, editable=False)  # see pdca.loading
    copied_from = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="copies", editable=False
    )

    objects = EditionQuerySet.as_manager()

    class Meta:
        ordering = ["-slug"]

    def __str__(self) -> str:
        return self.name

    @cached_property
    def in_use(self) -> bool:
        """Whether a cycle using it has opened: applicants then rely on its numbers, and their texts on its slugs."""
        return self.cycles.begun().exists()

    @cached_property
    def criteria(self) -> Criteria:
        """The rules as plain values: three queries, or none after ``whole``."""
        models.prefetch_related_objects([self], "attributes", "categories__options")
        return self._criteria(
            {attribute.slug: attribute.name for attribute in self.attributes.all()},
            {category.slug: category.as_rule() for category in self.categories.all()},
        )

    def criteria_from(self, rules: dict[str, Any]) -> Criteria:
        """Returns the rules as plain values, from what a query brought along by ``rules_of``."""
        options = ("activities", "components")
        plain = [each | {name: dict(each[name]) for name in options} for each in rules["categories"]]
        return self._criteria(dict(rules["attributes"]), {each["slug"]: CategoryRule(**each) for each in plain})

    def _criteria(self, attributes: dict[str, str], categories: dict[str, CategoryRule]) -> Criteria:
        return Criteria(
            large_attributes=self.large_attributes,
            small_attributes=self.small_attributes,
            large_boxes=self.large_boxes,
            small_boxes=self.small_boxes,
            most_words=self.most_words,
            most_photos=self.most_photos,
            thresholds={
                WASTEWATER: self.large_wastewater_mgd,
                DRINKING_WATER: self.large_drinking_water_population,
                STORMWATER: self.large_stormwater_population,
            },
            attributes=attributes,
            categories=categories,
        )


class CapacityElement(models.Model):
    """A technical, managerial or financial capacity of drinking water systems (SDWA 1996, §1420)."""

    class Kind(models.TextChoices):
        TECHNICAL = "technical", "Technical"
        MANAGERIAL = "managerial", "Managerial"
        FINANCIAL = "financial", "Financial"

    slug = models.SlugField(unique=True)
    order = models.PositiveSmallIntegerField(default=0)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    name = models.CharField(max_length=120)
    loaded = models.JSONField(default=dict, editable=False)  # see pdca.loading

    class Meta:
        ordering = ["order"]

    def __str__(self) -> str:
        return self.name


class Attribute(models.Model):
    """One of the attributes of an effectively managed utility."""

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="attributes")
    slug = models.SlugField()
    order = models.PositiveSmallIntegerField(default=0)
    name = models.CharField(max_length=80)
    description = models.TextField()
    elements = models.ManyToManyField(
        Element, blank=True, help_text="Elements whose evidence in a gap analysis can start this attribute's narrative."
    )
    capacity = models.ManyToManyField(CapacityElement, blank=True, related_name="attributes")
    source = models.CharField(max_length=200)
    loaded = models.JSONField(default=dict, editable=False)  # see pdca.loading

    class Meta:
        ordering = ["order"]
        constraints = [models.UniqueConstraint(fields=["edition", "slug"], name="attribute_once_per_edition")]

    def __str__(self) -> str:
        return self.name


class Category(models.Model):
    """A resource category: one or more "boxes" of the form."""

    class Rule(models.TextChoices):
        ACTIVITIES = "activities", "minimum number of activities"
        PROGRAM = "program", "approved program and minimum number of activities"
        CERTIFIED = "certified", "certified management system or minimum number of activities"
        ENERGY = "energy", "audit, and energy savings or sustainable power"
        COMPONENTS = "components", "all of its components"

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="categories")
    slug = models.SlugField()
    order = models.PositiveSmallIntegerField(default=0)
    name = models.CharField(max_length=120)
    description = models.TextField()
    boxes = models.PositiveSmallIntegerField("number of boxes it counts as", default=1)
    rule = models.CharField("rule", max_length=12, choices=Rule.choices, default=Rule.ACTIVITIES)
    minimum = models.PositiveSmallIntegerField("minimum activities or components", default=0)
    least_reduction_percent = models.FloatField(null=True, blank=True)
    least_sustainable_percent = models.FloatField(null=True, blank=True)
    found_by = ArrayField(
        models.CharField(max_length=40),
        default=list,
        blank=True,
        help_text="Beginnings of words in the titles of a utility's records and measures that can start its narrative, "
        "separated by commas.",
    )
    source = models.CharField(max_length=200)
    loaded = models.JSONField(default=dict, editable=False)  # see pdca.loading

    class Meta:
        verbose_name_plural = "categories"
        ordering = ["order"]
        constraints = [
            models.UniqueConstraint(fields=["edition", "slug"], name="category_once_per_edition"),
            models.CheckConstraint(condition=Q(boxes__gte=1), name="category_fills_a_box"),
            models.CheckConstraint(
                condition=~Q(rule="energy")
                | Q(least_reduction_percent__isnull=False, least_sustainable_percent__isnull=False),
                name="category_energy_has_thresholds",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def of_kind(self, kind: str) -> dict[str, str]:
        return {option.slug: option.label for option in self.options.all() if option.kind == kind}

    def as_rule(self) -> CategoryRule:
        return CategoryRule(
            slug=self.slug,
            name=self.name,
            boxes=self.boxes,
            rule=self.rule,
            minimum=self.minimum,
            activities=self.of_kind(Option.Kind.ACTIVITY),
            components=self.of_kind(Option.Kind.COMPONENT),
            least_reduction_percent=self.least_reduction_percent,
            least_sustainable_percent=self.least_sustainable_percent,
        )


class Option(models.Model):
    """An activity or component that an applicant ticks in a category."""

    class Kind(models.TextChoices):
        ACTIVITY = "activity", "Activity"
        COMPONENT = "component", "Component"

    category = models.ForeignKey(Category, on_delete=models.CASCADE, related_name="options")
    slug = models.SlugField()
    order = models.PositiveSmallIntegerField(default=0)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    label = models.CharField(max_length=300)
    description = models.TextField(blank=True)
    loaded = models.JSONField(default=dict, editable=False)  # see pdca.loading

    class Meta:
        ordering = ["order"]
        constraints = [models.UniqueConstraint(fields=["category", "slug"], name="option_once_per_category")]

    def __str__(self) -> str:
        return self.label


def rules_of(edition: str) -> JSONObject:
    """Returns an expression for what ``Edition.criteria_from`` needs. ``edition`` is the path from a row to it."""

    def options(kind: Option.Kind) -> ArraySubquery:
        rows = Option.objects.filter(category=OuterRef("pk"), kind=kind).order_by("order", "pk")
        return ArraySubquery(rows.values(pair=JSONArray("slug", "label")))

    numbers = ("slug", "name", "boxes", "rule", "minimum", "least_reduction_percent", "least_sustainable_percent")
    category = JSONObject(
        **{name: name for name in numbers},
        activities=options(Option.Kind.ACTIVITY),
        components=options(Option.Kind.COMPONENT),
    )
    of_edition = {"edition": OuterRef(edition)}
    attributes = Attribute.objects.filter(**of_edition).order_by("order", "pk")
    categories = Category.objects.filter(**of_edition).order_by("order", "pk")
    return JSONObject(
        attributes=ArraySubquery(attributes.values(pair=JSONArray("slug", "name"))),
        categories=ArraySubquery(categories.values(category=category)),
    )
