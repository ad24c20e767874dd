"""The catalog: management initiatives and how strongly each supports plan, do, check and act."""

from typing import Self

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import OuterRef
from django.urls import reverse

from accounts.models import System
from pdca.entries import CatalogEntry, EntryQuerySet
from pdca.models import Area
from workflow.shapes.columns import Shaped
from workflow.shapes.values import NOTE, SOURCE, TEXT, Grid, Key, Lines, Listing, Passage, Reasons, Records, Slugs


class InitiativeQuerySet(EntryQuerySet):
    def supporting(self, area: str) -> "InitiativeQuerySet":
        """Returns those that serve the management area with this letter."""
        return self.filter(areas=area)

    def strongest_first(self, component: str) -> "InitiativeQuerySet":
        """Sorts by how strongly they support the component with this slug, then by name."""
        return self.order_by(Initiative.STRENGTH_FIELDS[component], "name")

    def with_area_codes(self) -> Self:
        """Adds ``area_codes``, the letters of the areas that each supports, without a query of its own."""
        return self.annotate(
            area_codes=ArraySubquery(Area.objects.filter(initiatives=OuterRef("pk")).order_by("order").values("code"))
        )


READING = [
    Key("title", "Title", "line"),
    Key("by", "Published by", "line", required=False),
    Key("year", "Year", "number", required=False),
    Key("url", "Address", "line", required=False),
    Key("note", "Note", "line", required=False),
]


class Chain(models.TextChoices):
    """The value chains of phase 1 report 2002, §2.1.3."""

    DRINKING_WATER = "drinking_water", "Drinking water"
    WASTEWATER = "wastewater", "Wastewater"
    STORMWATER = "stormwater", "Stormwater"
    BIOSOLIDS = "biosolids", "Biosolids"


class Stance(models.TextChoices):
    """What an initiative says at an element. "Not stated" is not stored: there is no record."""

    ASKS = "asks", "Required"
    NOTHING = "nothing", "Not required"
    SILENT = "silent", "Not stated"


STANCES = tuple((stance.value, str(stance.label)) for stance in (Stance.ASKS, Stance.NOTHING))


class Initiative(CatalogEntry):
    """A management initiative (guide 2004, Table 1) with its profile (App. C; phase 1 report 2002, App. D)."""

    _history_m2m_fields = ["areas"]

    class Group(models.TextChoices):
        BEST_PRACTICES = "best-practices", "Best management practices"
        BUSINESS_PLANNING = "business-planning", "Business planning support"
        IMPROVEMENT_FRAMEWORK = "improvement-framework", "Continual improvement framework"

    class Strength(models.IntegerChoices):
        STRONGEST = 1, "1, strongest"
        MODERATE = 2, "2, moderate"
        WEAKEST = 3, "3, weakest"

        @property
        def meaning(self) -> str:
            """What the number means for someone choosing an initiative; the guide gives only the order."""
            return {
                1: "Provides most of what this part of the cycle needs.",
                2: "Helps, but leaves some of this part to other initiatives.",
                3: "Adds little. Use another initiative for this part.",
            }[self.value]

    class Grouping(models.TextChoices):
        """The groupings of phase 1 report 2002, Table 1."""

        TOOL = "tool", "Management tool"
        FRAMEWORK = "framework", "Management system framework"
        BOTH = "both", "Tool and framework"

    class Today(models.TextChoices):
        RUNS = "runs", "Exists today"
        CHANGED = "changed", "Exists in another form"
        ENDED = "ended", "Ended"
        UNKNOWN = "unknown", "Unknown"

    # Component slug → the field with its strength. A field named ``check`` would hide Django's own Model.check.
    STRENGTH_FIELDS = {"plan": "plan", "do": "do", "check": "check_strength", "act": "act"}

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    short_name = models.CharField(max_length=40)
    group = models.CharField(max_length=24, choices=Group.choices)
    group_is_judgement = models.BooleanField(
        "group is our judgment", default=False, help_text="The guide's chapter 2 names only some initiatives by group."
    )
    group_reason = models.TextField(
        "reason for this group", blank=True, help_text="Shown where the group is our judgment."
    )
    key_feature = models.TextField()
    areas = models.ManyToManyField(Area, related_name="initiatives")
    area_codes: list[str]  # added by with_area_codes
    plan = models.PositiveSmallIntegerField(choices=Strength.choices)
    do = models.PositiveSmallIntegerField(choices=Strength.choices)
    check_strength = models.PositiveSmallIntegerField("check", choices=Strength.choices, db_column="check_strength")
    act = models.PositiveSmallIntegerField(choices=Strength.choices)
    plan_note = Shaped(Passage(), verbose_name="how it supports Plan")
    do_note = Shaped(Passage(), verbose_name="how it supports Do")
    check_note = Shaped(Passage(), verbose_name="how it supports Check")
    act_note = Shaped(Passage(), verbose_name="how it supports Act")
    kind = models.TextField("type of program", blank=True)
    grouping = models.CharField(
        "phase 1 grouping",
        max_length=12,
        choices=Grouping.choices,
        blank=True,
        help_text="phase 1 report 2002, Table 1",
    )
    sponsors = Shaped(Lines())
    participants = Shaped(Passage(), verbose_name="who can participate")
    systems = ArrayField(
        models.CharField(max_length=20, choices=System.choices),
        default=list,
        blank=True,
        verbose_name="systems",
        help_text="None if it is open to every organization.",
    )
    chains = ArrayField(
        models.CharField(max_length=20, choices=Chain.choices), default=list, blank=True, verbose_name="value chains"
    )
    value_chain = Shaped(Passage(), verbose_name="value chain steps")
    fence_line = Shaped(Passage())
    drivers = Shaped(Listing())
    goals = Shaped(Listing())
    benefits = Shaped(Listing())
    steps = Shaped(Listing(), verbose_name="steps and requirements, in order")
    lacks = Shaped(Listing(), verbose_name="what it does not provide")
    participation = Shaped(Records(Key("year", "Year", "number"), TEXT, SOURCE, NOTE))
    asks = Shaped(
        Records(
            Key("element", "Element (slug)", "slug"),
            Key("stance", "Requirement", "choice", choices=STANCES, blank=str(Stance.SILENT.label)),
            TEXT,
            SOURCE,
            NOTE,
        ),
        verbose_name="requirements by element",
    )
    today = models.CharField("today", max_length=12, choices=Today.choices, default=Today.UNKNOWN)
    today_text = models.TextField("status in words", blank=True)
    today_source = models.CharField("where or when it was checked", max_length=200, blank=True)
    today_verified = models.BooleanField("checked against a source", default=False)
    reading = Shaped(Records(*READING), verbose_name="further reading")
    unsaid = Shaped(Reasons(), verbose_name="reasons for empty fields")
    source = models.CharField("source of name, group, areas and strengths", max_length=200)
    profile_source = models.CharField("source of type, grouping and sponsors", max_length=200, blank=True)

    objects = InitiativeQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    plan__range=(1, 3), do__range=(1, 3), check_strength__range=(1, 3), act__range=(1, 3)
                ),
                name="initiative_strengths_1_to_3",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("initiatives:initiative", args=[self.slug])

    def names(self) -> tuple[str, ...]:
        return (self.short_name,)

    @property
    def is_from_guide(self) -> bool:
        return self.source.startswith("guide 2004")

    @property
    def is_as_in_guide(self) -> bool:
        """Whether no administrator changed what guide 2004 prints: areas, strengths and, if it has one, group."""
        group = [] if self.group_is_judgement else ["group"]
        return self.is_from_guide and self.as_loaded("areas", *self.STRENGTH_FIELDS.values(), *group)

    @property
    def support(self) -> dict[str, int]:
        """Component slug → strength, 1 the strongest."""
        return {component: getattr(self, field) for component, field in self.STRENGTH_FIELDS.items()}

    @property
    def notes(self) -> dict[str, dict[str, str]]:
        """Component slug → how the initiative supports it, in words, with the source."""
        return {component: getattr(self, f"{component}_note") for component in self.STRENGTH_FIELDS}

    def unsaid_note(self, component: str) -> str:
        """Returns why there is no note on how it supports the component with this slug; empty if there is one."""
        return str(self.unsaid.get(f"{component}_note", ""))

    @property
    def asked(self) -> dict[str, dict[str, str]]:
        """Element slug → what the initiative asks there."""
        return {record["element"]: record for record in self.asks}

    @property
    def required(self) -> dict[str, dict[str, str]]:
        """As ``asked``, without the elements of which the catalog only says that nothing is asked."""
        return {slug: record for slug, record in self.asked.items() if record.get("stance") == Stance.ASKS}

    @property
    def systems_shown(self) -> list[str]:
        """The systems it fits. Without any, it is open to every organization."""
        return [System(system).label for system in self.systems] or ["Any system"]

    @property
    def chains_shown(self) -> list[str]:
        return [Chain(chain).label for chain in self.chains]


class Case(CatalogEntry):
    """A utility that integrated initiatives (guide 2004, §3.4)."""

    class Approach(models.TextChoices):
        """The sequencing approaches of guide 2004, §3.2."""

        PLANNING = "planning", "Starts with planning and self-assessment"
        OPERATIONS = "operations", "Starts small and expands to more operations"
        AREAS = "areas", "Starts with one system and adds management areas"

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=160)
    place = models.CharField(max_length=120)
    order = models.PositiveSmallIntegerField(default=1)
    systems = ArrayField(models.CharField(max_length=20, choices=System.choices), default=list, blank=True)
    facts = Shaped(Records(Key("label", "What", "line"), Key("value", "How much", "line")))
    initiatives = Shaped(Slugs(), verbose_name="initiatives of the catalog", help_text="their slugs")
    other_initiatives = Shaped(Lines())
    approach = models.CharField(max_length=12, choices=Approach.choices)
    path = Shaped(Lines(), verbose_name="path taken, in order")
    integrated = Shaped(Records(Key("elements", "Elements (slugs)", "slugs"), TEXT), verbose_name="what was integrated")
    benefits = Shaped(Records(TEXT, Key("source", "Source", "line", required=False), NOTE))
    table_columns = Shaped(Lines())
    table_rows = Shaped(Grid("table_columns"))
    table_note = models.TextField(blank=True)
    note = models.TextField(blank=True)
    source = models.CharField(max_length=200)

    class Meta:
        ordering = ["order", "slug"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("initiatives:case", args=[self.slug])

    @property
    def town(self) -> str:
        """Its place without the state, as a short name."""
        return self.place.partition(",")[0]

    @property
    def elements(self) -> set[str]:
        """The slugs of the elements at which it integrated something."""
        return {slug for record in self.integrated for slug in record["elements"]}

    @property
    def is_from_guide(self) -> bool:
        return self.source.startswith("guide 2004")

    @property
    def is_as_in_guide(self) -> bool:
        """Whether no administrator changed it."""
        return self.is_from_guide and self.as_loaded()
