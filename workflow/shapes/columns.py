"""A JSON model field with a shape."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import capfirst

from workflow.shapes.forms import field_for
from workflow.shapes.values import Lines, Shape


class Shaped(models.JSONField):
    """A JSONField whose validation allows only values of its shape. Migrations see a plain JSONField."""

    def __init__(self, shape: Shape | None = None, *args: Any, **kwargs: Any) -> None:
        self.shape = shape or Lines()
        kwargs.setdefault("default", type(self.shape.empty))
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs

    def clone(self) -> "Shaped":
        _, _, args, kwargs = super().deconstruct()
        return type(self)(self.shape, *args, **kwargs)

    def validate(self, value: Any, model_instance: Any) -> None:
        super().validate(value, model_instance)
        if faults := list(self.shape.faults(value)):
            raise ValidationError(faults)

    def formfield(self, **kwargs: Any) -> Any:
        return field_for(
            self.shape,
            label=str(kwargs.get("label") or capfirst(self.verbose_name)),
            help_text=str(kwargs.get("help_text") or self.help_text),
        )
