"""Forms for the sections of an application. They save incomplete answers without errors."""

from typing import Any, ClassVar

from django import forms

from accounts.models import System
from accounts.numbers import numbers_in
from accounts.regions import states
from recognition.application.content import MAX_LENGTH, PROMPTS
from recognition.application.shown import ANSWER_LABELS, CONTACT_LABELS, FIGURE_LABELS
from recognition.criteria.completeness import CategoryRule, Criteria, needed
from recognition.models import Section
from workflow.fields import NumberField


class Narrative(forms.CharField):
    """A text whose words count; ``data-counted`` tells the page's script."""

    def __init__(self, label: str, rows: int = 5) -> None:
        widget = forms.Textarea(attrs={"rows": rows, "data-counted": ""})
        super().__init__(label=label, required=False, max_length=MAX_LENGTH, widget=widget)


def _short(size: str, autocomplete: str) -> forms.TextInput:
    """Returns an input as wide as what it holds. ``size`` is one of USWDS's widths."""
    return forms.TextInput(attrs={"class": f"usa-input--{size}", "autocomplete": autocomplete})


class SectionForm(forms.Form):
    """One section, with the version it was read at."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    LISTS: ClassVar[tuple[str, ...]] = ()  # stored as lists, entered one per line
    OPTIONAL: ClassVar[tuple[str, ...]] = ()  # the others may be saved empty, but are needed to submit

    def __init__(self, data: Any = None, *, section: Section, **kwargs: Any) -> None:
        initial = {"version": section.version} | section.answers
        initial |= {name: "\n".join(section.answers.get(name, [])) for name in self.LISTS}
        super().__init__(data, initial=initial, auto_id=f"id_{section.anchor}_%s", **kwargs)
        self.section = section

    def __getitem__(self, name: str) -> forms.BoundField:
        """Marks fields that are needed to submit, so that they are not labeled optional."""
        self.fields[name].needed = name not in self.OPTIONAL  # type: ignore[attr-defined]
        return super().__getitem__(name)

    @property
    def answers(self) -> dict[str, Any]:
        """The answers to store: as entered, and as they were where what was entered is an error."""
        before = {name: self.section.answers[name] for name in self.errors if name in self.section.answers}
        return before | {name: value for name, value in self.cleaned_data.items() if name != "version"}


class EligibilityForm(SectionForm):
    facility_types = forms.MultipleChoiceField(
        label="Type of facility",
        choices=System.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Check all that your organization operates and this application covers.",
    )
    wastewater_mgd = NumberField(
        unit="MGD",
        label=FIGURE_LABELS["wastewater_mgd"],
        required=False,
        min_value=0,
        help_text="Design flow in million gallons per day.",
    )
    drinking_water_population = NumberField(
        whole=True, unit="people", label=FIGURE_LABELS["drinking_water_population"], required=False, min_value=0
    )
    stormwater_population = NumberField(
        whole=True, unit="people", label=FIGURE_LABELS["stormwater_population"], required=False, min_value=0
    )


class AttestationForm(SectionForm):
    attested = forms.BooleanField(
        label="For the past 12 months we have met the federal, state, tribal and local water quality requirements "
        "that apply to us, and our environmental record is satisfactory.",
        required=False,
    )


class ContactForm(SectionForm):
    LISTS = ("identifiers",)
    OPTIONAL = ("fax", "secondary_name", "secondary_phone", "secondary_email")
    organization = forms.CharField(label=CONTACT_LABELS["organization"], required=False, max_length=200)
    manager = forms.CharField(label=CONTACT_LABELS["manager"], required=False, max_length=150)
    title = forms.CharField(label=CONTACT_LABELS["title"], required=False, max_length=150)
    address = forms.CharField(label="Mailing address", required=False, max_length=300)
    city = forms.CharField(label=CONTACT_LABELS["city"], required=False, max_length=100)
    state = forms.ChoiceField(label="State or territory", required=False, choices=lambda: [("", "Choose"), *states()])
    zip = forms.CharField(
        label=CONTACT_LABELS["zip"], required=False, max_length=10, widget=_short("sm", "postal-code")
    )
    phone = forms.CharField(label=CONTACT_LABELS["phone"], required=False, max_length=40, widget=_short("md", "tel"))
    fax = forms.CharField(label=CONTACT_LABELS["fax"], required=False, max_length=40, widget=_short("md", "off"))
    email = forms.EmailField(label=CONTACT_LABELS["email"], required=False)
    secondary_name = forms.CharField(label=CONTACT_LABELS["secondary_name"], required=False, max_length=150)
    secondary_phone = forms.CharField(
        label=CONTACT_LABELS["secondary_phone"], required=False, max_length=40, widget=_short("md", "off")
    )
    secondary_email = forms.EmailField(label=CONTACT_LABELS["secondary_email"], required=False)
    identifiers = forms.CharField(
        label="Permit and system numbers",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="NPDES permit numbers and public water system IDs (PWSIDs), one per line or separated by commas. "
        "Both have nine characters.",
    )

    def clean_identifiers(self) -> list[str]:
        return numbers_in(self.cleaned_data["identifiers"])


class PartnersForm(SectionForm):
    OPTIONAL = ("partners",)
    partners = forms.CharField(
        label="Partners",
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Organizations that helped. Not evaluated and not counted toward the word limit.",
    )


class AttributeForm(SectionForm):
    chosen = forms.BooleanField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, prompt in PROMPTS.items():
            self.fields[name] = Narrative(prompt)


class CategoryForm(SectionForm):
    """A category, with fields for its rule."""

    chosen = forms.BooleanField(required=False)

    def __init__(self, *args: Any, rule: CategoryRule, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rule = rule
        if rule.rule == "program":
            self.fields["approved_program"] = _yes("approved_program")
        if rule.rule == "certified":
            self.fields["certified_ems"] = _yes("certified_ems")
        if rule.rule == "energy":
            self.fields["audit"] = _yes("audit")
            for name, most in (("reduction_percent", 100), ("sustainable_percent", None)):
                self.fields[name] = NumberField(
                    unit="%", label=ANSWER_LABELS[name], required=False, min_value=0, max_value=most
                )
        for name, options in (("activities", rule.activities), ("components", rule.components)):
            if options:
                self.fields[name] = forms.MultipleChoiceField(
                    label="In place",
                    choices=list(options.items()),
                    required=False,
                    widget=forms.CheckboxSelectMultiple,
                    help_text=needed(rule),
                )
        self.fields["narrative"] = Narrative("What you do and what it achieves", rows=8)


def _yes(name: str) -> forms.BooleanField:
    return forms.BooleanField(label=ANSWER_LABELS[name], required=False)


class CertificationForm(SectionForm):
    name = forms.CharField(label="Name of the facility representative", required=False, max_length=150)
    title = forms.CharField(label="Title", required=False, max_length=150)
    date = forms.DateField(
        label="Date", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    agreed = forms.BooleanField(label="I certify the statement above.", required=False)

    def clean_date(self) -> str:
        """Returns an ISO date, as the rules and the API expect."""
        day = self.cleaned_data["date"]
        return day.isoformat() if day else ""


class ConfidentialityForm(SectionForm):
    LISTS = ("passages",)
    OPTIONAL = ("passages",)
    passages = forms.CharField(
        label="Passages you claim as confidential",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Copy each passage exactly from your text, one per line. Reviewers outside the agency and the "
        "public never see them (40 CFR Part 2).",
    )

    def clean_passages(self) -> list[str]:
        return [line.strip() for line in self.cleaned_data["passages"].splitlines() if line.strip()]


class PointForm(SectionForm):
    """The answer to what staff found missing, which stays as they asked it."""

    answer = forms.CharField(
        label="Your answer",
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Say what you added or changed, and where. Or say why nothing is to be added.",
    )

    @property
    def answers(self) -> dict[str, Any]:
        return self.section.answers | super().answers


FORMS: dict[str, type[SectionForm]] = {
    "eligibility": EligibilityForm,
    "attestation": AttestationForm,
    "contact": ContactForm,
    "partners": PartnersForm,
    "certification": CertificationForm,
    "confidentiality": ConfidentialityForm,
    "points": PointForm,
}


def section_form(section: Section, criteria: Criteria, data: Any = None) -> SectionForm:
    """Returns the form for the section's name."""
    kind, _, slug = section.name.partition(".")
    if kind == "attributes":
        return AttributeForm(data, section=section)
    if kind == "categories":
        return CategoryForm(data, section=section, rule=criteria.categories[slug])
    return FORMS[kind](data, section=section)
