"""The utility in the bar: which is current, choosing another, and what pages that depend on it do."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.current import KEY, page_after
from accounts.models import Membership, Role, Utility
from accounts.zones import site_today
from tests.factories import GapAnalysisFactory, MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def consultant():
    return UserFactory(email="ada@example.org", name="Ada Reed")


@pytest.fixture
def two(consultant):
    """Two utilities that the consultant advises, by name."""
    until = site_today() + timedelta(days=30)
    for name in ("Alder Water", "Birch Sewer"):
        MembershipFactory(user=consultant, role=Role.ADVISOR, until=until, utility__name=name)
    return list(Utility.objects.visible_to(consultant))


def bar(page) -> str:
    return page.text.partition('class="who"')[2].partition("</header>")[0]


def test_one_utility_is_a_link_and_no_menu(manager, utility, as_):
    page = as_(manager).get("/help/")
    assert f'href="{reverse("accounts:utility", args=[utility.pk])}"' in bar(page)
    assert "accounts:choose" not in bar(page)
    assert reverse("accounts:choose") not in bar(page)


def test_of_several_the_person_chooses_and_stays_on_the_page(consultant, two, as_):
    browser = as_(consultant)
    assert "Choose a utility" in bar(browser.get("/help/"))
    answer = browser.post(reverse("accounts:choose"), {"utility": two[1].pk, "at": "/help/"})
    assert answer.url == "/help/"
    assert 'Now: </span><span class="menu__name">Birch Sewer' in bar(browser.get("/help/"))


def test_opening_a_page_of_another_makes_it_current(consultant, two, as_):
    browser = as_(consultant)
    analysis = GapAnalysisFactory(utility=two[1])
    for page, expected in [
        (reverse("accounts:utility", args=[two[0].pk]), two[0]),
        (analysis.get_absolute_url(), two[1]),
        (reverse("ims:system", args=[two[0].pk]), two[0]),
        (reverse("ims:list", args=[two[1].pk, "actions"]), two[1]),
        ("/help/", two[1]),
    ]:
        assert browser.get(page).status_code == 200
        assert browser.session[KEY] == expected.pk, page


def test_a_page_of_a_utility_of_others_changes_nothing(consultant, two, utility, as_):
    browser = as_(consultant)
    browser.get(reverse("accounts:utility", args=[two[0].pk]))
    assert browser.get(reverse("accounts:ask", args=[utility.pk])).status_code == 200
    assert browser.session[KEY] == two[0].pk
    assert browser.post(reverse("accounts:choose"), {"utility": utility.pk, "at": "/"}).status_code == 404
    assert browser.session[KEY] == two[0].pk


def test_a_lost_one_is_forgotten_silently(consultant, two, as_):
    browser = as_(consultant)
    browser.get(reverse("accounts:utility", args=[two[0].pk]))
    Membership.objects.filter(utility=two[0]).update(until=site_today() - timedelta(days=1))
    page = browser.get("/help/")
    assert "Alder" not in page.text
    assert "Birch Sewer" in bar(page)
    assert browser.get(reverse("ims:systems")).url == reverse("ims:system", args=[two[1].pk])


def test_choosing_is_a_post_with_a_token(consultant, two, as_):
    browser = as_(consultant)
    browser.handler.enforce_csrf_checks = True
    assert browser.get(reverse("accounts:choose")).status_code == 405
    assert browser.post(reverse("accounts:choose"), {"utility": two[1].pk}).status_code == 403


@pytest.mark.parametrize("sent", [{}, {"utility": "x"}, {"utility": "9" * 30}, {"utility": 0}])
def test_a_forged_choice_is_not_found(consultant, two, as_, sent):
    assert as_(consultant).post(reverse("accounts:choose"), sent).status_code == 404


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/system/1/", "/system/{pk}/"),
        ("/system/1/actions/", "/system/{pk}/actions/"),
        ("/system/1/actions/PRG-2026-001/", "/utilities/{pk}/"),
        ("/gap-analyses/integration/1/", "/gap-analyses/integration/{pk}/"),
        ("/gap-analyses/7/", "/utilities/{pk}/"),
        ("/utilities/1/", "/utilities/{pk}/"),
    ],
)
def test_from_a_page_of_a_utility_to_that_of_the_chosen_one(utility, path, expected):
    assert page_after(path, utility, of_utility=True) == expected.format(pk=utility.pk)


@pytest.mark.parametrize("path", ["/", "/gap-analyses/", "/pdca/vision/", "/help/"])
def test_on_any_other_page_one_stays(utility, path):
    assert page_after(path, utility, of_utility=False) == path


@pytest.mark.parametrize("path", ["https://example.org/", "//example.org/", "javascript:alert(1)", ""])
@pytest.mark.parametrize("of_utility", [True, False])
def test_a_forged_path_leads_home(utility, path, of_utility):
    assert page_after(path, utility, of_utility=of_utility) == "/"


@pytest.mark.parametrize(("name", "of_utility"), [("assessments:analysis", True), ("assessments:list", False)])
def test_the_menu_tells_whether_the_page_is_of_a_utility(consultant, two, as_, name, of_utility):
    analysis = GapAnalysisFactory(utility=two[1])
    page = as_(consultant).get(reverse(name, args=[analysis.pk] if of_utility else []))
    assert ('name="of_utility"' in bar(page)) is of_utility


def test_pages_that_ask_which_utility_use_the_current_one(consultant, two, as_, catalog):
    browser = as_(consultant)
    where = reverse("assessments:integration_where", args=["one-review-team"])
    for page in (reverse("ims:systems"), where):
        assert all(utility.name in browser.get(page).text.partition("<main")[2] for utility in two)
    assert "For which utility?" in browser.get(reverse("assessments:list")).text

    browser.post(reverse("accounts:choose"), {"utility": two[1].pk, "at": "/"})

    assert browser.get(reverse("ims:systems")).url == reverse("ims:system", args=[two[1].pk])
    assert browser.get(where).url.startswith(reverse("assessments:integration", args=[two[1].pk]))
    page = browser.get(reverse("assessments:list"))
    assert f'href="{reverse("assessments:start", args=[two[1].pk])}">Start a gap analysis for Birch Sewer' in page.text
    assert f'href="{reverse("assessments:start", args=[two[0].pk])}">Alder Water' in page.text


def test_a_catalog_page_is_sent_again_after_choosing(consultant, two, as_, catalog):
    browser = as_(consultant)
    browser.get("/help/")
    first = browser.get("/pdca/")
    browser.post(reverse("accounts:choose"), {"utility": two[1].pk, "at": "/pdca/"})
    again = browser.get("/pdca/", headers={"If-None-Match": first["ETag"], "If-Modified-Since": first["Last-Modified"]})
    assert again.status_code == 200
    assert "Birch Sewer" in bar(again)
