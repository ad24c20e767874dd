"""What the catalog adds to pages of the apps below."""

from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from accounts.models import System
from initiatives.models import Case
from initiatives.templatetags.catalog import asked_at
from pdca.models import Area, Component
from workflow.slots import fills


@fills("element.asks")
def asks(element: Any, explainer: Any) -> SafeString:
    """Shows what the initiatives ask at an element of the guide."""
    return render_to_string("initiatives/_asked.html", asked_at(element, explainer))


@fills("component.links")
def of_component(component: Component) -> SafeString:
    return render_to_string("initiatives/_links.html", {"component": component})


@fills("area.links")
def of_area(area: Area) -> SafeString:
    return render_to_string("initiatives/_links.html", {"area": area})


@fills("guide.links")
def of_guide() -> SafeString:
    return render_to_string("initiatives/_links.html", {"n_cases": Case.objects.readable().count()})


@fills("start.links")
def of_start() -> SafeString:
    return render_to_string("initiatives/_links.html", {"systems": System.choices})


@fills("search.links")
def of_search() -> SafeString:
    return render_to_string("initiatives/_links.html", {"search": True})


@fills("report.links")
def of_reports() -> SafeString:
    return render_to_string("initiatives/_links.html", {"reports": True})
