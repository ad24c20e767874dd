"""The permit and system numbers of a utility. ``accounts/models.py`` imports this."""

from django.core.validators import RegexValidator
from django.db import models

from workflow.matching import Plain

Number = tuple[str, str]  # kind and value of an identifier


class IdentifierTaken(Exception):
    """A number belongs to another utility. Nothing was changed."""


class IdentifierQuerySet(models.QuerySet["Identifier"]):
    def tribal(self) -> "IdentifierQuerySet":
        """Returns the numbers of tribal systems, which begin with their EPA region."""
        return self.filter(kind=Identifier.Kind.PWSID, value__regex="^(0[1-9]|10)")


class Identifier(models.Model):
    """A permit or system number; each belongs to one utility only."""

    class Kind(models.TextChoices):
        NPDES = "NPDES", "NPDES permit number"
        PWSID = "PWSID", "Public water system ID (PWSID)"

    utility = models.ForeignKey("accounts.Utility", on_delete=models.CASCADE, related_name="identifiers")
    kind = models.CharField(max_length=5, choices=Kind.choices)
    value = models.CharField("number", max_length=9, unique=True, validators=[RegexValidator(r"^[A-Z0-9]{9}$")])

    objects = IdentifierQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "value"]
        indexes = [models.Index(Plain("value"), name="identifier_as_typed")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind="NPDES", value__regex=r"^[A-Z0-9]{9}$")
                | models.Q(kind="PWSID", value__regex=r"^([A-Z]{2}|0[1-9]|10)[0-9]{7}$"),
                name="identifier_well_formed",
            )
        ]

    def __str__(self) -> str:
        return self.value


def could_be_number(word: str) -> bool:
    """Returns whether a number's plain form can be ``word``: all letters are nine, and only zeros are dropped."""
    return len(word) == 9 or any(character.isdigit() for character in word)
