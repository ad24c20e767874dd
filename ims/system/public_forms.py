"""The form in which managers choose what the public page shows."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.validators import RegexValidator

from accounts.models import Utility
from ims import registers
from ims.check.measures import Measure
from ims.plan.objectives import Objective
from ims.plan.statements import Statement
from ims.system.public import INTRO, YEARS, PublicPage
from ims.system.public_content import in_force

LIVING = {Statement: "in force", Objective: "agreed", Measure: "in use"}
NOT_SHOWN = "Chosen, but not shown now: it is not {living}, is overdue for review, or its register is closed."


class Noted(forms.CheckboxSelectMultiple):
    """Check boxes, each with a note. ``notes``: value → text."""

    notes: Mapping[int, str]

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        option["about"] = self.notes.get(value, "")
        return option


def several(label: str, help_text: str) -> Any:
    return forms.TypedMultipleChoiceField(label=label, help_text=help_text, required=False, coerce=int, widget=Noted)


class ChoicesForm(forms.Form):
    """Nothing is chosen at first. Offers living records of registers that are open to all, and what was chosen."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    slug = forms.CharField(
        label="Address of the page",
        max_length=60,
        validators=[RegexValidator(r"\A[a-z0-9]+(-[a-z0-9]+)*\Z", "Use small letters, digits and single hyphens.")],
        help_text="The end of its web address. It can’t be changed once the page was published.",
    )
    intro = forms.CharField(
        label="Introduction",
        required=False,
        max_length=INTRO,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="In your own words, for the people you serve. Plain text: web addresses are not links.",
    )
    statements = several("Vision, commitments and policies", "In full. Once a new edition is in force, it is shown.")
    objectives = several("Objectives", "Title, target, date, and how many of its actions are done. Never a name.")
    measures = several("Measures", "Title, unit, target, a chart and the numbers. Never a note.")
    years = forms.TypedChoiceField(
        label="Readings of the last", coerce=int, choices=[(n, f"{n} year{'' if n == 1 else 's'}") for n in YEARS]
    )
    recognition = forms.BooleanField(label="Show that we are recognized, while we are", required=False)
    email = forms.EmailField(label="Email for questions", required=False)
    phone = forms.CharField(label="Phone for questions", required=False, max_length=40)
    searchable = forms.BooleanField(label="Search engines may list the page", required=False)

    def __init__(self, data: Any = None, *, page: PublicPage) -> None:
        super().__init__(data, initial=page.choices | {"version": page.version, "slug": page.slug})
        if page.status != PublicPage.Status.DRAFT:
            del self.fields["slug"]
        for name, model in (("statements", Statement), ("objectives", Objective), ("measures", Measure)):
            self._offer(name, model, page.utility, getattr(page, name))

    def _offer(self, name: str, model: Any, utility: Utility, chosen: list[int]) -> None:
        rows = {row.pk: row for row in model.objects.filter(utility=utility).order_by("number")}
        living = registers.get(model.REGISTER).living
        shown = {key for key, row in rows.items() if not row.restricted and not living(row)}
        if model is Statement and chosen:
            current = in_force(utility, chosen)
            self.initial[name] = [current[key].pk if key in current else key for key in chosen]
            chosen = self.initial[name]
        offered = [row for key, row in rows.items() if key in shown or key in chosen]
        field: Any = self.fields[name]
        field.choices = [(row.pk, row.title) for row in offered]
        field.widget.notes = {
            row.pk: "" if row.pk in shown else NOT_SHOWN.format(living=LIVING[model]) for row in offered
        }
