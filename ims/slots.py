"""What the management system adds to pages of the apps below."""

from collections.abc import Iterable
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from assessments.results import AreaInScope
from pdca.models import Element, Opportunity
from workflow.slots import fills


@fills("opportunity.taken_up")
def of_opportunity(opportunity: Opportunity, utility_pk: int) -> SafeString:
    return _link(utility_pk, opportunity.title, opportunity=opportunity.slug)


@fills("gap.actions")
def of_gap(element: Element, areas: Iterable[AreaInScope], utility_pk: int) -> SafeString:
    return _link(utility_pk, element.name, element=element.slug, areas="".join(area.code for area in areas))


def _link(utility_pk: int, about: str, **asked: str) -> SafeString:
    new = reverse("ims:new", args=[utility_pk, "actions"])
    html = '<a href="{}?{}">Make it an action<span class="usa-sr-only">: {}</span></a>'
    return format_html(html, new, urlencode(asked), about)
