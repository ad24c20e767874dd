"""Telephones of 320 and 390 px: nothing sticks out, however long a name without spaces is."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import User, Utility
from assessments.models import Answer, Finding, GapAnalysis, RoadMap, Sharing
from initiatives.models import Case, Initiative
from pdca import index
from pdca.models import Element, Opportunity
from recognition.models import Addressee, Application, Cycle, Recognition
from recognition.notices import content as notices
from recognition.reviewing.lists import queues_of
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


# What is wrong with tables, menus and the order of lists, as a list of sentences.
LOOK = """width => {
  const wrong = []
  const say = (what, one) => wrong.push(`${what}: ${one.outerHTML.replace(/\\s+/g, " ").slice(0, 120)}`)
  const shown = one => one.checkVisibility()
  for (const table of [...document.querySelectorAll("main table")].filter(shown)) {
    const right = table.getBoundingClientRect().right
    let around = table.parentElement
    while (around !== document.body && getComputedStyle(around).overflowX === "visible") around = around.parentElement
    if (around === document.body) { if (right > width + 1) say("sticks out", table); continue }
    const style = getComputedStyle(around)
    if (around.getBoundingClientRect().right > width + 1) say("scrolls outside the page", around)
    if (right - around.getBoundingClientRect().left + around.scrollLeft > around.scrollWidth + 1) say("is cut", table)
    if (around.scrollWidth <= around.clientWidth + 1) continue
    if (!["auto", "scroll"].includes(style.overflowX)) say("can't be scrolled", around)
    if (around.tabIndex !== 0 || !around.ariaLabel) say("can't be focused", around)
    if (!style.backgroundImage.includes("gradient")) say("does not show that it scrolls", around)
  }
  for (const select of [...document.querySelectorAll("select")].filter(shown))
    if (select.getBoundingClientRect().right > width + 1) say("is too wide", select)
  if (document.querySelector("main th .sort")) {
    const menu = document.querySelector("#sort-by")
    if (!menu || !shown(menu) || menu.options.length < 2 || !menu.selectedOptions[0].text.trim())
      wrong.push("no menu to sort by")
    for (const link of document.querySelectorAll("main th .sort")) if (shown(link)) say("is hidden, not away", link)
  }
  return wrong
}"""


def assert_fits(page):
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        wide = page.evaluate(
            "width => [...document.querySelectorAll('main *')].filter("
            " one => one.getBoundingClientRect().right > width + 1 && !one.closest('.scroll, .usa-sr-only, [hidden]'))"
            ".map(one => one.outerHTML.slice(0, 120))",
            width,
        )
        assert wide == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(LOOK, width) == []


@pytest.fixture
def visits(visits):
    visits.size = {"width": WIDTHS[0], "height": 800}
    return visits


def test_pages_about_long_names(visits, manager, utility, analysis):
    page = visits(manager, "/")
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
        assert_fits(page)


def test_what_follows_from_an_analysis(visits, manager, utility, analysis):
    later = start(
        utility, manager, name=LONG[:150], as_of=date(2027, 6, 30), areas=["E"], other_initiatives=[LONG[:100]]
    )
    for slug in ("policies-that-agree", "one-audit-team"):
        Answer.give(utility, Opportunity.objects.get(slug=slug), 0, by=manager, choice="not-for-us", why=LONG)
    Opportunity.objects.filter(slug="one-audit-team").update(retired_on=date(2026, 1, 1))
    index.refresh()  # after which no browser shows a page that it kept
    Sharing.begin(utility, size="small", by=manager)
    steps = [{"key": key, "text": LONG, "when": "now"} for key in ("own-1", "own-2")]
    RoadMap.keep(later, 0, by=manager, approach="areas", steps=steps)
    of_analysis = [
        reverse(f"assessments:{name}", args=[later.pk]) for name in ("recommendations", "road_map_suggested")
    ]
    names = ("integration", "compare", "sharing", "road_map")
    of_utility = [reverse(f"assessments:{name}", args=[utility.pk]) for name in names]
    of_utility += [reverse("assessments:answer_history", args=[utility.pk, "one-audit-team"])]
    of_utility += [reverse("assessments:history", args=[analysis.pk, "vision"]), reverse("pdca:opportunities")]
    visit(visits, manager, *of_analysis, *of_utility)


def test_an_opened_row_with_evidence(visits, manager, analysis):
    page = visits(manager, analysis.get_absolute_url())
    open_row(page, "vision")
    assert_fits(page)


def test_a_complete_one(visits, viewer, manager, analysis):
    for slug in analysis.findings.values_list("element__slug", flat=True):
        if slug != "vision":
            answer(analysis, manager, slug, rating=0, areas=[])
    GapAnalysis.objects.visible_to(manager).get(pk=analysis.pk).complete(by=manager)
    page = visits(viewer, analysis.get_absolute_url())
    assert_fits(page)
    page.goto(visits.url + reverse("assessments:results", args=[analysis.pk]))
    assert_fits(page)


# --- Every list, and every page with a table


def visit(visits, user, *addresses):
    page = visits(user, "/")
    for address in addresses:
        response = page.goto(visits.url + address)
        assert response.status == 200, address
        assert_fits(page)


def of(name: str, *args: object) -> str:
    return reverse(f"recognition:{name}", args=args)


def test_the_catalog_and_the_guide(visits):
    two = "?with=cmom&with=iso-14001&with=gasb-34&with=qualserve"
    Initiative.objects.filter(slug="cmom").update(name=LONG[:120], short_name=LONG[:40])
    index.refresh()
    addresses = [reverse("initiatives:list"), reverse("initiatives:list") + "?area=E", reverse("initiatives:cases")]
    addresses += [reverse("initiatives:compare") + query for query in ("", "?sort=-today", two)]
    addresses += [reverse("initiatives:who-asks"), reverse("initiatives:who-asks") + two]
    addresses += [reverse("initiatives:initiative", args=[slug]) for slug in ("cmom", "iso-14001")]
    addresses += [reverse("initiatives:case", args=[case.slug]) for case in Case.objects.all()[:2]]
    addresses += [reverse("pdca:element", args=[slug]) for slug in Element.objects.values_list("slug", flat=True)[:6]]
    addresses += [reverse(f"pdca:{name}") for name in ("guide", "start", "topics", "glossary", "search")]
    addresses += [reverse("api:openapi-view"), reverse("privacy"), of("criteria"), of("register"), of("verify_form")]
    visit(visits, None, *addresses)


def test_an_application(visits, analysis, manager, draft):
    for slug in analysis.findings.values_list("element__slug", flat=True):
        if slug != "vision":
            answer(analysis, manager, slug, rating=0, areas=[])
    GapAnalysis.objects.visible_to(manager).get(pk=analysis.pk).complete(by=manager)
    steps = ("facility", "contact", "attributes", "resources", "photos", "certification", "submit")
    addresses = [draft.get_absolute_url(), of("list"), *(of("step", draft.pk, step) for step in steps)]
    addresses += [reverse("assessments:delete", args=[analysis.pk])]
    visit(visits, manager, *addresses)


def test_the_reviews(visits, at, cycle, staff, compliance, official, panelists):
    User.objects.filter(pk__in=[person.pk for person in panelists]).update(name=LONG[:100])
    Cycle.objects.filter(pk=cycle.pk).update(title=LONG[:100])
    application = at(Application.Status.RECOMMENDED)
    key = application.pk
    queues = [of("queue", name) for name, _ in queues_of(staff)]
    pages = [of("cycles"), of("statistics", cycle.pk), of("documents", cycle.pk), of("notices", cycle.pk)]
    pages += [application.get_absolute_url(), of("burden"), of("feedback", key), of("paper"), reverse("reports:list")]
    visit(visits, staff, *queues, *pages)
    visit(visits, compliance, of("queue", "compliance"), of("screening", cycle.pk), of("list"))
    visit(visits, official, of("decisions", cycle.pk), of("decide", key), of("outbox", cycle.pk))
    visit(visits, panelists[0], of("review", key), application.get_absolute_url())


def test_the_release(visits, at, cycle, staff):
    application = at(Application.Status.RECOGNIZED)
    notices.draw_up(cycle)
    Addressee.objects.update(name=LONG[:100], address=LONG, title=LONG[:100])
    entry = Recognition.objects.get(application=application).get_absolute_url()
    visit(visits, staff, of("notices", cycle.pk), of("documents", cycle.pk), of("statistics", cycle.pk))
    visit(visits, None, of("register"), of("register") + "?q=x", entry)
