"""A utility shares its coverage with similar ones: who decides, what is published, what is shown."""

from datetime import date

import pytest
from django.urls import reverse

from accounts.models import Role
from assessments.cohorts.standing import next_on
from assessments.models import Publication, Sharing
from assessments.tasks import publish_spreads
from initiatives.models import Initiative
from tests.factories import GapAnalysisFactory, MembershipFactory, UtilityFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def sharing_utility(catalog):
    """``sharing_utility(number, covered=9)``: a small wastewater utility that shares, with a complete analysis."""

    def make(number: int, *, covered: int = 9, size: str = "small", identified: bool = True, complete: bool = True):
        utility = UtilityFactory(name=f"Utility {number}", systems=["wastewater"])
        if identified:
            utility.set_identifiers([("NPDES", f"OR{number:07}")])
        person = MembershipFactory(utility=utility, role=Role.MANAGER).user
        analysis = GapAnalysisFactory(utility=utility, by=person, areas=["E"])
        analysis.findings.update(rating=0, to_confirm=False)
        rows = analysis.findings.order_by("pk").values_list("pk", flat=True)[:covered]
        analysis.findings.filter(pk__in=list(rows)).update(rating=1, areas=["E"])
        if complete:
            type(analysis).objects.visible_to(person).get(pk=analysis.pk).complete(by=person)
        Sharing.begin(utility, size=size, by=person)
        return utility

    return make


def address(utility) -> str:
    return reverse("assessments:sharing", args=[utility.pk])


def manager_of(utility):
    return utility.memberships.get(role="manager").user


def test_five_are_published_and_a_sixth_waits(sharing_utility, as_):
    utilities = [sharing_utility(number, covered=3 * number) for number in range(1, 6)]
    publish_spreads()
    first = Publication.objects.get()
    assert (first.cohort, first.n) == ("wastewater.small", 5)
    assert first.quartiles["overall"] == [35, 50, 65]
    page = as_(manager_of(utilities[0])).get(address(utilities[0]))
    overall = page.context["standing"].lines[0]
    assert (overall.name, overall.own, overall.low, overall.middle, overall.high) == ("Overall", 17, 35, 50, 65)
    assert not any(str(utility) in page.text for utility in utilities[1:])

    sharing_utility(6, covered=18)
    publish_spreads()
    publish_spreads()
    assert Publication.objects.get() == first


@pytest.mark.parametrize("lacking", [{"identified": False}, {"complete": False}, {"size": "large"}])
def test_who_lacks_something_does_not_count(sharing_utility, lacking):
    for number in range(1, 5):
        sharing_utility(number)
    sharing_utility(5, **lacking)
    publish_spreads()
    assert not Publication.objects.exists()


def test_with_fewer_than_five_left_it_is_withdrawn_and_one_newcomer_does_not_bring_it_back(sharing_utility, as_):
    utilities = [sharing_utility(number) for number in range(1, 6)]
    publish_spreads()
    Sharing.objects.get(utility=utilities[4]).delete()
    publish_spreads()
    page = as_(manager_of(utilities[0])).get(address(utilities[0]))
    assert page.context["standing"].published is None
    assert "Nothing is published yet" in page.text
    sharing_utility(6, covered=18)
    publish_spreads()
    assert Publication.objects.count() == 1
    assert Publication.objects.current("wastewater.small") is None


def test_only_who_shares_sees_it(sharing_utility, utility, manager, as_):
    for number in range(1, 6):
        sharing_utility(number)
    publish_spreads()
    utility.systems = ["wastewater"]
    utility.save()
    page = as_(manager).get(address(utility))
    assert page.context["standing"] is None
    assert "Share of cells" not in page.text


def test_a_manager_begins_and_stops(utility, manager, as_):
    browser = as_(manager)
    refused = browser.post(address(utility), {"size": ""})
    assert refused.status_code == 422
    assert refused.text.count("Please fix the following") == 1
    assert "<title>Error: Similar utilities" in refused.text
    assert browser.post(address(utility), {"size": "huge"}).status_code == 422
    browser.post(address(utility), {"size": "medium"})
    shared = Sharing.objects.get()
    assert (shared.utility, shared.size, shared.by) == (utility, "medium", manager)
    browser.post(address(utility), {"size": "large"})
    assert Sharing.objects.get().size == "large"
    browser.post(address(utility), {"stop": "1"})
    assert not Sharing.objects.exists()


def test_others_may_not(utility, contributor, viewer, stranger, client, as_):
    for person in (contributor, viewer):
        assert as_(person).get(address(utility)).status_code == 200
        assert as_(person).post(address(utility), {"size": "medium"}).status_code == 403
    assert as_(stranger).get(address(utility)).status_code == 404
    assert client.post(address(utility), {"size": "medium"}).status_code == 302
    assert not Sharing.objects.exists()


@pytest.mark.parametrize(
    ("today", "day"),
    [
        (date(2026, 11, 28), date(2027, 1, 1)),
        (date(2027, 1, 1), date(2027, 4, 1)),
        (date(2027, 9, 30), date(2027, 10, 1)),
    ],
)
def test_the_next_day_is_told(today, day):
    assert next_on(today) == day


@pytest.mark.parametrize("status", ["draft", "complete"])
def test_the_results_page_takes_at_most_fifteen_queries_beside_similar_utilities(
    sharing_utility, catalog, as_, status, django_assert_max_num_queries
):
    utility = [sharing_utility(number) for number in range(1, 6)][0]
    publish_spreads()
    person = manager_of(utility)
    later = GapAnalysisFactory(utility=utility, by=person, areas=["E"], as_of=date(2030, 6, 30))
    later.initiatives.set(Initiative.objects.filter(slug__in=["cmom", "iso-14001"]))
    later.findings.update(rating=1, areas=["E"], initiatives=["cmom"], to_confirm=False)
    analysis = utility.gap_analyses.get(pk=later.pk)
    if status == "complete":
        type(analysis).objects.visible_to(person).get(pk=analysis.pk).complete(by=person)
    browser = as_(person)
    with django_assert_max_num_queries(15):
        page = browser.get(reverse("assessments:results", args=[analysis.pk]))
    assert page.context["standing"].lines[0].name == "Overall"
    assert page.context["earlier"]
    assert len(page.context["standing"].lines) == 5
