"""The forms of a gap analysis: its frame, one row, evidence, reopening, deletion."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone

from accounts.models import Utility
from assessments.models import Finding, GapAnalysis, others_of
from assessments.operations import OPERATIONS, VALUE_CHAINS
from initiatives.models import Initiative
from pdca.models import Area

MAX_OTHERS, MAX_LETTERS = 15, 60


class ExplainedInput(forms.CheckboxSelectMultiple):
    """Check boxes for a template to group and explain. ``about``: value → (heading of its group, explanation)."""

    about: Mapping[str, tuple[str, str]] = {}

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        option["group"], option["about"] = self.about[str(value)]
        return option


class OperationsInput(ExplainedInput):
    about = {slug: (chain, "") for chain, steps in VALUE_CHAINS.items() for slug in steps}


class OthersField(forms.CharField):
    """Names of initiatives that are not in the catalog, one on each line. Cleans to a list."""

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        names = [" ".join(line.split()) for line in super().clean(value).splitlines()]
        by_slug = {slug: name for slug, name in others_of(names).items() if name}
        if "" in by_slug:
            raise forms.ValidationError(f"“{by_slug['']}” needs letters or numbers.")
        if long := [name for name in by_slug.values() if len(name) > MAX_LETTERS]:
            raise forms.ValidationError(f"“{long[0][:30]}…” is too long. Use at most {MAX_LETTERS} characters.")
        if len(by_slug) > MAX_OTHERS:
            raise forms.ValidationError(f"Enter at most {MAX_OTHERS}.")
        known = Initiative.objects.readable().filter(Q(slug__in=by_slug) | Q(name__in=by_slug.values()))
        if found := known.first():
            raise forms.ValidationError(f"{found} is in the list above. Check it there.")
        return list(by_slug.values())


class AnalysisForm(forms.ModelForm):
    """Name, date, areas, operations, fence line and initiatives in place; ``version`` is the version shown."""

    # How the page groups them: heading, what to consider, fields.
    PARTS = [
        ("Name and date", "", ["previous", "name", "as_of"]),
        (
            "Fence line",
            "The fence line separates what this management system covers from everything else.",
            ["operations", "fence_line"],
        ),
        (
            "Management areas",
            "Each element is rated by the areas it supports. Keep all of them unless an area is managed elsewhere, "
            "for example by the city.",
            ["areas"],
        ),
        (
            "Initiatives in place",
            "The initiatives that your utility follows today, in whole or in part. Their parts can be shared.",
            ["initiatives", "other_initiatives"],
        ),
    ]

    version = forms.IntegerField(widget=forms.HiddenInput, initial=1)
    areas = forms.MultipleChoiceField(
        label="Management areas in scope",
        widget=ExplainedInput,
        help_text="You can change this later.",
    )
    operations = forms.MultipleChoiceField(
        label="Operations inside the fence line",
        choices=list(OPERATIONS.items()),
        widget=OperationsInput,
        required=False,
        help_text="Check the steps that this analysis covers.",
    )
    initiatives = forms.ModelMultipleChoiceField(
        label="Which of these does your utility follow?",
        queryset=Initiative.objects.none(),
        to_field_name="slug",
        widget=ExplainedInput,
        required=False,
    )
    other_initiatives = OthersField(
        label="Other initiatives",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Anything else with its own policies, training or audits, such as a state program. One per line.",
    )

    class Meta:
        model = GapAnalysis
        fields = ["name", "as_of", "areas", "operations", "fence_line", "initiatives", "other_initiatives"]
        widgets = {
            "as_of": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "fence_line": forms.Textarea(attrs={"rows": 4}),
        }
        help_texts = {
            "name": "For example, “Integrated management system, 2026”.",
            "as_of": "The date your answers describe.",
            "fence_line": "Which facilities and sites are included and which are left out on purpose.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = list(Area.objects.all())
        areas = [(area.code, area.name) for area in known]
        self.fields["areas"].choices = areas  # type: ignore[attr-defined]
        self.fields["areas"].widget.about = {area.code: ("", area.description) for area in known}
        offered = Initiative.objects.readable()
        if self.kept:
            # Also offer the initiatives in place that the catalog has retired since.
            offered = (offered | Initiative.objects.filter(gap_analyses=self.kept)).distinct()
        if self.instance.pk:
            self.initial["version"] = self.instance.version
        else:
            self.initial.setdefault("as_of", timezone.localdate())
            self.initial.setdefault("areas", [code for code, _ in areas])
        offered = offered.order_by("group", "name")
        self.fields["initiatives"].queryset = offered  # type: ignore[attr-defined]
        self.fields["initiatives"].widget.about = {
            each.slug: (each.get_group_display(), each.key_feature) for each in offered
        }

    @property
    def kept(self) -> GapAnalysis | None:
        """The analysis whose initiatives stay on offer."""
        return self.instance if self.instance.pk else None

    def clean_areas(self) -> list[str]:
        """Returns the areas in the order of the choices."""
        sent = self.cleaned_data["areas"]
        return [code for code, _ in self.fields["areas"].choices if code in sent]  # type: ignore[attr-defined]

    @property
    def parts(self) -> list[tuple[str, str, list[forms.BoundField]]]:
        """The heading, explanation and fields of each part of the page."""
        return [
            (heading, about, [self[name] for name in names if name in self.fields])
            for heading, about, names in self.PARTS
        ]

    @property
    def frame(self) -> dict[str, Any]:
        """The keyword arguments for ``GapAnalysis.start`` and ``rescope``."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}


class StartForm(AnalysisForm):
    """A new analysis of ``utility``, from scratch or from an earlier one."""

    CARRIED = ("areas", "operations", "fence_line", "other_initiatives")  # and the initiatives in place

    def __init__(self, data: Any = None, *, utility: Utility, **kwargs: Any) -> None:
        self.utility = utility
        earlier = GapAnalysis.objects.filter(utility=utility)
        self.previous = self._find(earlier, (data or kwargs.get("initial") or {}).get("previous"))
        super().__init__(data, **kwargs)
        if self.previous:
            for name in self.CARRIED:
                self.initial[name] = getattr(self.previous, name)
            self.initial["initiatives"] = list(self.previous.initiatives.values_list("slug", flat=True))
        self.fields["previous"] = forms.ModelChoiceField(
            queryset=earlier,
            required=False,
            label="Start from an earlier gap analysis",
            empty_label="No, start with blank rows",
            # Choosing one fills in its scope; without JavaScript a button does.
            widget=forms.Select(
                attrs={
                    "hx-post": "",
                    "hx-vals": '{"fill": "1"}',
                    "hx-target": "closest form",
                    "hx-select": ".form--frame",
                    "hx-swap": "outerHTML",
                }
            ),
            help_text="Its scope is filled in below, and its rows are carried over for you to confirm.",
        )
        if not earlier:
            del self.fields["previous"]

    @staticmethod
    def _find(earlier: QuerySet[GapAnalysis], pk: Any) -> GapAnalysis | None:
        try:
            return earlier.filter(pk=pk).first() if pk else None
        except ValueError:
            return None

    @property
    def kept(self) -> GapAnalysis | None:
        return self.previous

    @classmethod
    def filled(cls, sent: QueryDict, *, utility: Utility) -> "StartForm":
        """Returns a form with what was sent, but with the scope of the previous analysis if one was chosen."""
        lists = ("areas", "operations", "initiatives")
        initial = {name: sent.getlist(name) if name in lists else value for name, value in sent.items()}
        return cls(initial=initial, utility=utility)


class ConfirmForm(forms.Form):
    """The rows that are confirmed as they are, each as the slug of its element and the version that was shown."""

    rows = forms.MultipleChoiceField(error_messages={"required": "Check the rows to confirm."})

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        self.fields["rows"].choices = [  # type: ignore[attr-defined]
            (each, each) for each in data.getlist("rows") if re.fullmatch(r"[a-z-]+:[1-9]\d{0,8}", each)
        ]

    @property
    def versions(self) -> dict[str, int]:
        pairs = (each.split(":") for each in self.cleaned_data["rows"])
        return {slug: int(version) for slug, version in pairs}


class FindingForm(forms.Form):
    """One row. ``details`` is set if the opened part of the row was sent too."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    details = forms.BooleanField(required=False, widget=forms.HiddenInput)
    rating = forms.TypedChoiceField(
        choices=[*Finding.Rating.choices], coerce=int, empty_value=None, required=False, widget=forms.RadioSelect
    )
    areas = forms.MultipleChoiceField(label="Areas it supports", required=False, widget=forms.CheckboxSelectMultiple)
    kept_areas = forms.JSONField(required=False, widget=forms.HiddenInput)
    initiatives = forms.MultipleChoiceField(
        label="Which initiatives provide it?", required=False, widget=forms.CheckboxSelectMultiple
    )
    evidence = forms.CharField(
        label="Evidence", required=False, max_length=10000, widget=forms.Textarea(attrs={"rows": 4})
    )
    changes = forms.CharField(
        label="What needs to change?",
        required=False,
        max_length=10000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    notes = forms.CharField(label="Notes", required=False, max_length=10000, widget=forms.Textarea(attrs={"rows": 3}))

    DETAILS = ("initiatives", "evidence", "changes", "notes")

    def __init__(
        self, data: Any = None, *, finding: Finding, in_place: Mapping[str, str] | None = None, **kwargs: Any
    ) -> None:
        """``in_place``: what ``GapAnalysis.in_place`` returns, if the caller has it already."""
        self.finding = finding
        scope = finding.analysis.areas
        initial = {name: getattr(finding, name) for name in ("version", "rating", "areas", *self.DETAILS)}
        kwargs.setdefault("prefix", None)
        super().__init__(data, initial=initial, auto_id=f"id_{finding.element.slug}_%s", **kwargs)
        names = dict(Area.objects.values_list("code", "name")) if data is None else {code: code for code in scope}
        self.fields["areas"].choices = [(code, names[code]) for code in scope]  # type: ignore[attr-defined]
        if data is not None and not data.get("details"):
            for name in self.DETAILS:
                del self.fields[name]
        else:
            for name in self.DETAILS:  # these inputs are outside the row's form element
                self.fields[name].widget.attrs["form"] = f"form-{finding.element.slug}"
            in_place = finding.analysis.in_place() if in_place is None else in_place
            self.fields["initiatives"].choices = list(in_place.items())  # type: ignore[attr-defined]

    def clean_areas(self) -> list[str]:
        return [code for code in self.finding.analysis.areas if code in self.cleaned_data["areas"]]

    def clean_kept_areas(self) -> dict[str, list[str]]:
        """Returns only what can have been chosen: ratings that have areas, areas in scope."""
        sent = self.cleaned_data["kept_areas"]
        kept = sent if isinstance(sent, dict) else {}
        return {
            rating: [code for code in self.finding.analysis.areas if code in kept[rating]]
            for rating in ("1", "2")
            if isinstance(kept.get(rating), list)
        }

    def clean(self) -> dict[str, Any]:
        """Rating and areas must agree, and neither is saved without the other. Areas alone imply the rating.

        Without JavaScript, the areas of another rating come back here.
        """
        cleaned = super().clean() or {}
        if not self._is_wrong():
            rating, areas = cleaned["rating"], cleaned["areas"]
            if rating is None and areas:
                cleaned["rating"] = min(len(areas), 2)
            elif rating != self.finding.rating and not areas:
                cleaned["areas"] = cleaned.get("kept_areas", {}).get(str(rating), [])
            self._check_areas(cleaned["rating"], len(cleaned["areas"]))
        if self._is_wrong():
            for name in ("rating", "areas", "kept_areas"):
                cleaned.pop(name, None)
        return cleaned

    def _is_wrong(self) -> bool:
        return "rating" in self.errors or "areas" in self.errors

    def _check_areas(self, rating: int | None, areas: int) -> None:
        """Requires no area, exactly one, or two or more."""
        if rating == Finding.Rating.NONE and areas:
            self.add_error("areas", "“Does not exist” can’t have areas. Uncheck the areas or choose another rating.")
        elif rating == Finding.Rating.SINGLE and areas > 1:
            self.add_error(
                "areas",
                "“Supports a single area” needs exactly one area. Keep one or choose “Supports multiple areas”.",
            )
        elif rating == Finding.Rating.MULTIPLE and len(self.finding.analysis.areas) < 2:
            self.add_error("rating", "Only one area is in scope, so no element can support multiple areas.")

    @property
    def changes_made(self) -> dict[str, Any]:
        """The changes for ``Finding.answer``."""
        changes = {name: value for name, value in self.cleaned_data.items() if name not in ("version", "details")}
        if not changes.get("kept_areas"):
            changes.pop("kept_areas", None)
        return changes


class VersionForm(forms.Form):
    version = forms.IntegerField(min_value=1)


class ReopenForm(forms.Form):
    why = forms.CharField(label="Reason for reopening", max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))


class DeleteForm(forms.Form):
    why = forms.CharField(
        label="Reason for deleting",
        max_length=1000,
        help_text="Managers of the utility can read it in the list of gap analyses.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class RecommendationsForm(forms.Form):
    """A GET form. Ignores values that are not offered."""

    strength = forms.TypedChoiceField(
        label="How strong must an initiative be?",
        coerce=int,
        choices=[(1, "Strong (1)"), (2, "Strong or moderate (1 or 2)"), (3, "Any strength (1 to 3)")],
        help_text="How well it supports a part of the cycle (guide 2004, Table 1).",
    )
    ended = forms.BooleanField(label="Include initiatives that no longer exist", required=False)

    def __init__(self, asked: Mapping[str, Any]) -> None:
        super().__init__({"strength": "1"} | {name: asked[name] for name in asked})

    @property
    def asked(self) -> dict[str, Any]:
        """The keyword arguments for ``recommended``."""
        self.is_valid()
        return {
            "strength": self.cleaned_data.get("strength") or 1,
            "with_ended": self.cleaned_data.get("ended", False),
        }
