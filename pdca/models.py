"""Management areas, the four components and the 18 elements of guide 2004, Table 2."""

from django.db import models
from django.urls import reverse


class Area(models.Model):
    """A management area (guide 2004, Table 1): E, S, Q, F or H."""

    code = models.CharField(max_length=1, primary_key=True)
    order = models.PositiveSmallIntegerField(unique=True)
    name = models.CharField(max_length=60)
    short_name = models.CharField(max_length=20)
    description = models.TextField()
    source = models.CharField(max_length=200)
    loaded = models.JSONField(default=dict, editable=False)  # see pdca.loading

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

    class Meta:
        ordering = ["order"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"{reverse('pdca:guide')}#{self.slug}"

    @property
    def letter(self) -> str:
        return self.name[0]


class Element(models.Model):
    """One of the 18 rows of guide 2004, Table 2."""

    slug = models.SlugField(unique=True)
    order = models.PositiveSmallIntegerField(unique=True)
    component = models.ForeignKey(Component, on_delete=models.PROTECT, related_name="elements")
    name = models.CharField(max_length=80)
    purpose = models.TextField()
    strategic_alignment = models.BooleanField("key to strategic alignment", default=False)
    source = models.CharField(max_length=200)
    loaded = models.JSONField(default=dict, editable=False)  # see pdca.loading

    class Meta:
        ordering = ["order"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("pdca:element", args=[self.slug])

    def previous(self) -> "Element | None":
        """The element before this one in the cycle; the first has none."""
        return Element.objects.filter(order__lt=self.order).last()

    def next(self) -> "Element | None":
        """The element after this one in the cycle; the last has none."""
        return Element.objects.filter(order__gt=self.order).first()
