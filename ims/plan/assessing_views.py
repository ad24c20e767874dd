"""The ranked list of findings, and the page where the team keeps its criteria and weights."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.forms import formset_factory
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.datastructures import MultiValueDict

from accounts.requests import AuthenticatedRequest
from ims.access import can_edit, utility_of
from ims.plan.assessing import Assessment
from ims.plan.criteria import AREAS, MAX_CRITERIA, Criteria, Criterion, suggested
from ims.plan.ranked import Ranked
from ims.plan.ranking import MAX_WEIGHT
from ims.plan.units import Unit
from initiatives.models import Initiative
from pdca.models import Area
from workflow.lists import PER_PAGE, kept
from workflow.models import Stale

PAGE = "ims/plan/ranked.html"


def tried(asked: MultiValueDict[str, str]) -> dict[str, int]:
    """Returns the weights that the address tries: ``w-<key>``, each 0 to 100."""
    given = {name.removeprefix("w-"): str(value) for name, value in asked.items() if name.startswith("w-")}
    return {key: min(int(value), MAX_WEIGHT) for key, value in given.items() if value.isdecimal() and len(value) < 6}


class RankedFilters(forms.Form):
    area = forms.ChoiceField(label="Area", required=False)
    initiative = forms.ChoiceField(label="Initiative", required=False)
    kind = forms.ChoiceField(label="Kind", required=False, choices=[("", "All kinds"), *Assessment.Kind.choices])
    unit = forms.ChoiceField(label="Unit", required=False)

    def __init__(self, data: Any, *, utility_pk: int) -> None:
        super().__init__(data)
        units = Unit.objects.filter(utility=utility_pk).values_list("pk", "title")
        for name, every, choices in (
            ("area", "All areas", Area.objects.values_list("code", "name")),
            ("initiative", "All initiatives", Initiative.objects.readable().values_list("slug", "short_name")),
            ("unit", "All units", units),
        ):
            self.fields[name].choices = [("", every), *choices]  # type: ignore[attr-defined]

    def chosen(self) -> dict[str, Any]:
        """Returns the lookups of what was chosen. What is unknown is ignored."""
        self.is_valid()
        lookups = {"area": "areas__contains", "initiative": "initiatives__contains", "unit": "units__contains"}
        given = {name: value for name, value in self.cleaned_data.items() if value}
        return {lookups.get(name, name): [value] if name in lookups else value for name, value in given.items()}


@login_required
def ranked(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    """Shows the open findings in order; with ``w-<key>`` in the address, by the weights that are tried."""
    utility = utility_of(request, utility_pk)
    edition = request.GET.get("edition", "")
    found = Ranked(utility, edition=int(edition) if edition.isdecimal() else None, tried=tried(request.GET))
    filters = RankedFilters(request.GET, utility_pk=utility.pk)
    places, chosen = found.places, filters.chosen()
    if chosen:
        match = set(Assessment.objects.filter(utility=utility, is_open=True, **chosen).values_list("pk", flat=True))
        places = [place for place in places if place.item in match]
    pages = Paginator(places, PER_PAGE)
    page = pages.get_page(request.GET.get("page"))
    context = {
        "utility": utility,
        "ranked": found,
        "rows": found.rows(list(page.object_list)),
        "page": page,
        "n_open": len(found.open),
        "n_unranked": len(found.unranked),
        "first_unranked": Assessment.objects.filter(pk__in=found.unranked[:5]).select_related("utility"),
        "filters": filters,
        "n_filters": len(chosen),
        "can_edit": can_edit(utility),
        "kept": list(kept(request, "edition")),
        "scales": [(row, found.tried[row.key]) for row in found.criterion_rows],
    }
    return render(request, f"{PAGE}#list" if "HX-Request" in request.headers else PAGE, context)


class CriterionForm(forms.Form):
    key = forms.SlugField(required=False, max_length=40, widget=forms.HiddenInput)
    name = forms.CharField(label="Criterion", required=False, max_length=60)
    low = forms.CharField(label="1 means", required=False, max_length=120)
    high = forms.CharField(label="5 means", required=False, max_length=120)
    weight = forms.IntegerField(label="Weight, 0 to 100", min_value=0, max_value=MAX_WEIGHT, required=False)

    def clean(self) -> dict[str, Any]:
        """A row without a name is left out; one with a name has everything."""
        cleaned = super().clean() or {}
        for name in ("low", "high", "weight"):
            if cleaned.get("name") and cleaned.get(name) in (None, "") and name not in self.errors:
                self.add_error(name, "Enter a weight." if name == "weight" else "Say what this score means.")
        return cleaned


class ExceptionForm(forms.Form):
    criterion = forms.ChoiceField(required=False)
    area = forms.ChoiceField(label="Area", required=False)
    weight = forms.IntegerField(label="Weight, 0 to 100", min_value=0, max_value=MAX_WEIGHT, required=False)
    why = forms.CharField(label="Reason", required=False, max_length=300)

    def __init__(self, *args: Any, criteria: list[Criterion], areas: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["criterion"].choices = [("", "Choose"), *((row.key, row.name) for row in criteria)]  # type: ignore[attr-defined]
        self.fields["area"].choices = [("", "Choose"), *areas]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A row without a criterion is left out; one with a criterion has everything."""
        cleaned = super().clean() or {}
        for name, words in (("area", "Choose the area."), ("weight", "Enter a weight."), ("why", "Enter the reason.")):
            if cleaned.get("criterion") and cleaned.get(name) in (None, "") and name not in self.errors:
                self.add_error(name, words)
        return cleaned


class ExceptionFormSet(forms.BaseFormSet):
    def clean(self) -> None:
        given = [
            (form.cleaned_data.get("criterion"), form.cleaned_data.get("area"))
            for form in self.forms
            if form.is_valid()
        ]
        pairs = [pair for pair in given if pair[0]]
        if len(pairs) != len(set(pairs)):
            raise forms.ValidationError("Give each area one weight by each criterion.")


Rows = formset_factory(CriterionForm, extra=1, max_num=MAX_CRITERIA)
Exceptions = formset_factory(ExceptionForm, formset=ExceptionFormSet, extra=1, max_num=MAX_CRITERIA * len(AREAS))


class SaveForm(forms.Form):
    base = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    why = forms.CharField(label="What changed, and why", required=False, max_length=300)


@login_required
def criteria(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    """Shows the criteria in use or, with ``edition``, earlier ones. Saving makes a new edition."""
    utility = utility_of(request, utility_pk)
    may = can_edit(utility)
    if request.method == "POST" and not may:
        raise PermissionDenied
    editions = list(Criteria.objects.filter(utility=utility).select_related("made_by"))
    current = Criteria.current(utility)
    context: dict[str, Any] = {"utility": utility, "editions": editions, "current": current, "can_edit": may}
    if asked := request.GET.get("edition", ""):
        shown = Criteria.objects.full().filter(utility=utility, edition=asked if asked.isdecimal() else 0).first()
        if shown is None:
            raise Http404
        return render(request, "ims/plan/criteria.html", context | {"shown": shown, "rows": shown.rows.all()})
    rows = list(current.rows.all()) if current else suggested()
    context["rows"] = rows
    if not may:
        return render(request, "ims/plan/criteria.html", context | {"shown": current})
    forms_of = _forms(request, current, rows, tried(request.GET))
    status = 200
    if request.method == "POST":
        # Each is asked, so that all errors are shown at once.
        if all([form.is_valid() for form in forms_of.values()]):  # noqa: C419
            if not any(row.get("name") and row["weight"] for row in forms_of["rows"].cleaned_data):
                context["wrong"] = "Give at least one criterion a weight above 0."
            elif made := _save(request, forms_of, utility, context):
                messages.success(request, f"Saved as edition {made.edition}.")
                return redirect("ims:criteria", utility.pk)
        status = 422
    return render(request, "ims/plan/criteria.html", context | {"forms": forms_of}, status=status)


def _forms(
    request: AuthenticatedRequest, current: Criteria | None, rows: list[Criterion], weights: Mapping[str, int]
) -> dict[str, Any]:
    data = request.POST if request.method == "POST" else None
    initial = [
        {"key": row.key, "name": row.name, "low": row.low, "high": row.high, "weight": weights.get(row.key, row.weight)}
        for row in rows
    ]
    own = [
        {"criterion": row.key, "area": each.area, "weight": each.weight, "why": each.why}
        for row in (rows if current else [])
        for each in row.area_weights.all()
    ]
    # An empty row is told by its name: Django would not read rows that are as they were.
    every = {"empty_permitted": False}
    offered = {"criteria": rows, "areas": list(Area.objects.values_list("code", "name"))}
    return {
        "rows": Rows(data, prefix="rows", initial=initial, form_kwargs=every),
        "exceptions": Exceptions(data, prefix="own", initial=own, form_kwargs=offered | every),
        "save": SaveForm(data, initial={"base": current.edition if current else 0}),
    }


def _save(
    request: AuthenticatedRequest, forms_of: dict[str, Any], utility: Any, context: dict[str, Any]
) -> Criteria | None:
    """Returns the new edition, or None after telling that someone else has saved one."""
    save = forms_of["save"]
    rows = [row for row in forms_of["rows"].cleaned_data if row.get("name")]
    own = [each for each in forms_of["exceptions"].cleaned_data if each.get("criterion")]
    try:
        return Criteria.keep(
            utility, save.cleaned_data["base"], rows, own, by=request.user, why=save.cleaned_data["why"]
        )
    except Stale as stale:
        save.data = save.data.copy()
        save.data["base"] = str(stale.current.edition)
        context["newer"] = stale.current
        return None
