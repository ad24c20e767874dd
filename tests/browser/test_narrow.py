"""Telephones of 320 and 390 px: nothing sticks out, however long a name without spaces is."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import Utility
from assessments.models import Finding, GapAnalysis
from initiatives.models import Initiative
from tests.browser.conftest import answer, open_row, start
from tests.uploads import PDF

LONG = "Wassergenossenschaft" * 9
WIDTHS = [320, 390]


@pytest.fixture
def utility(utility):
    Utility.objects.filter(pk=utility.pk).update(name=LONG, city=LONG[:100])
    utility.refresh_from_db()
    return utility


@pytest.fixture
def analysis(catalog, utility, manager):
    analysis = start(
        utility, manager, name=LONG[:150], initiatives=Initiative.objects.filter(slug__in=["cmom", "iso-14001"])
    )
    answer(analysis, manager, "vision", rating=1, areas=["E"], evidence=LONG, changes=LONG)
    vision = Finding.objects.visible_to(manager).get(analysis=analysis, element__slug="vision")
    vision.attach_file(SimpleUploadedFile(f"{LONG}.pdf", PDF, "application/pdf"), by=manager)
    vision.attach_link(by=manager, url=f"https://example.org/{LONG}", title=LONG)
    return analysis


def assert_fits(page, width):
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    wide = page.evaluate(
        "width => [...document.querySelectorAll('main *')].filter(one => one.getBoundingClientRect().right > width + 1"
        " && !one.closest('.scroll, .usa-sr-only, [hidden]')).map(one => one.outerHTML.slice(0, 120))",
        width,
    )
    assert wide == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", WIDTHS)
def test_pages_about_long_names(visits, manager, utility, analysis, width):
    page = visits(manager, "/", viewport={"width": width, "height": 800})
    for path in (
        "/",
        reverse("accounts:list"),
        reverse("accounts:utility", args=[utility.pk]),
        reverse("assessments:list"),
        reverse("assessments:scope", args=[analysis.pk]),
        reverse("assessments:results", args=[analysis.pk]),
        reverse("reports:list"),
        reverse("recognition:list"),
    ):
        page.goto(visits.url + path)
        assert_fits(page, width)


@pytest.mark.parametrize("width", WIDTHS)
def test_an_opened_row_with_evidence(visits, manager, analysis, width):
    page = visits(manager, analysis.get_absolute_url(), viewport={"width": width, "height": 800})
    open_row(page, "vision")
    assert_fits(page, width)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_complete_one(visits, viewer, manager, analysis, width):
    for slug in analysis.findings.values_list("element__slug", flat=True):
        if slug != "vision":
            answer(analysis, manager, slug, rating=0, areas=[])
    GapAnalysis.objects.visible_to(manager).get(pk=analysis.pk).complete(by=manager)
    page = visits(viewer, analysis.get_absolute_url(), viewport={"width": width, "height": 800})
    assert_fits(page, width)
    page.goto(visits.url + reverse("assessments:results", args=[analysis.pk]))
    assert_fits(page, width)
