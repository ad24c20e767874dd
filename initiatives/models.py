"""The catalog: management initiatives and how strongly each supports plan, do, check and act."""

from django.db import models
from django.urls import reverse

from pdca.models import Area


class InitiativeQuerySet(models.QuerySet["Initiative"]):
    def supporting(self, area: str) -> "InitiativeQuerySet":
        """Those that serve a management area, by its letter."""
        return self.filter(areas=area)

    def strongest_first(self, component: str) -> "InitiativeQuerySet":
        """By how strongly they support a component, by its slug; equals by name."""
        return self.order_by(Initiative.STRENGTH_FIELDS[component], "name")


class Initiative(models.Model):
    """A management initiative (guide 2004, Table 1)."""

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
            """What the number says to someone choosing an initiative; the guide gives only the order."""
            return {
                1: "Brings most of what this part of the cycle needs.",
                2: "Helps, and leaves some of this part to other means.",
                3: "Adds little here. Look to another initiative for this part.",
            }[self.value]

    # Component slug → the field with its strength. A field named ``check`` would hide Django's own Model.check.
    STRENGTH_FIELDS = {"plan": "plan", "do": "do", "check": "check_strength", "act": "act"}

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    short_name = models.CharField(max_length=40)
    group = models.CharField(max_length=24, choices=Group.choices)
    group_is_judgement = models.BooleanField(
        "group is our judgement", default=False, help_text="The guide's chapter 2 names only some initiatives by group."
    )
    group_reason = models.TextField("why this group", blank=True, help_text="Shown where the group is our judgement.")
    key_feature = models.TextField()
    areas = models.ManyToManyField(Area, related_name="initiatives")
    plan = models.PositiveSmallIntegerField(choices=Strength.choices)
    do = models.PositiveSmallIntegerField(choices=Strength.choices)
    check_strength = models.PositiveSmallIntegerField("check", choices=Strength.choices, db_column="check_strength")
    act = models.PositiveSmallIntegerField(choices=Strength.choices)
    source = models.CharField(max_length=200)
    loaded = models.JSONField(default=dict, editable=False)  # see pdca.loading

    objects = InitiativeQuerySet.as_manager()

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

    @property
    def support(self) -> dict[str, int]:
        """Component slug → strength, 1 the strongest."""
        return {component: getattr(self, field) for component, field in self.STRENGTH_FIELDS.items()}
