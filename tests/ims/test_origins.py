"""An action made from a gap begins with the steps of the opportunities that are open to the utility there."""

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.integration.board import board
from assessments.models import Answer
from ims import origins
from ims.models import Action
from pdca.models import Element, Opportunity

pytestmark = pytest.mark.django_db
AUDITING = "auditing"


@pytest.fixture
def single(analysis):
    """Each element covers environment only, so its opportunities are open."""
    analysis.findings.update(rating=1, areas=["E"])
    return analysis


@pytest.fixture
def offered():
    return list(Opportunity.objects.readable().filter(element=AUDITING))


@pytest.fixture
def new(utility):
    return f"{reverse('ims:new', args=[utility.pk, 'actions'])}?element={AUDITING}&areas=SQ"


def begun(browser, new):
    return browser.get(new).context["form"]


def test_it_has_the_steps_of_what_is_open(single, offered, new, as_, manager, utility):
    form = begun(as_(manager), new)
    lines = form["lines"].value()
    shown = [each for each in board(single, single.results).open if each.opportunity.element_id == AUDITING]
    assert len(offered) == len(shown) == 2
    for each in shown:
        assert "\n".join([f"{each.opportunity.title}:", *each.opportunity.how]) in lines
    assert lines.startswith(shown[0].opportunity.title), "the most important first"
    assert form["initiatives"].value() == ["cmom", "iso-14001"], "those in place that have a requirement there"


def test_what_was_settled_is_left_out_and_what_was_taken_up_stays(single, offered, new, as_, manager, utility):
    first, second = offered
    Answer.give(utility, first, 0, by=manager, choice="not-for-us", why="We have one plant.")
    Answer.give(utility, second, 0, by=manager, choice="taken-up")
    lines = begun(as_(manager), new)["lines"].value()
    assert first.title not in lines
    assert second.title in lines
    version = Answer.objects.get(opportunity=second).version
    Answer.give(utility, second, version, by=manager, choice="already", why="Minutes of May 3")
    form = begun(as_(manager), new)
    assert (form["lines"].value(), form["initiatives"].value()) == ("", [])


def test_what_is_not_open_is_left_out(analysis, new, as_, manager):
    analysis.findings.update(rating=2, areas=["E", "S"])
    analysis.initiatives.clear()
    assert begun(as_(manager), new)["lines"].value() == ""


def test_without_an_analysis_it_has_only_a_title(catalog, utility, new, as_, manager):
    form = begun(as_(manager), new)
    assert form["title"].value() == "Extend auditing to safety and health and quality"
    assert form["lines"].value() == ""


def test_another_utility_has_its_own(single, stranger, as_):
    theirs = stranger.memberships.get().utility
    form = begun(as_(stranger), f"{reverse('ims:new', args=[theirs.pk, 'actions'])}?element={AUDITING}&areas=SQ")
    assert form["lines"].value() == ""


def test_it_links_to_the_opportunities_whose_steps_were_kept(single, offered, new, as_, manager):
    first, second = offered
    kept = f"{second.title}:\nOnly this."
    as_(manager).post(new, {"title": "One audit team", "lines": kept, "areas": ["S", "Q"]})
    action = Action.objects.get()
    assert (action.lines.replace("\r", ""), action.element.slug) == (kept, AUDITING)
    site = settings.SITE_URL.rstrip("/")
    assert [(each.title, each.url) for each in action.attachments.all()] == [
        (second.title, site + second.get_absolute_url())
    ]
    page = as_(manager).get(action.get_absolute_url()).text
    assert f'<a href="{site}{second.get_absolute_url()}" rel="noopener noreferrer">{second.title}</a>' in page


def test_it_links_to_nothing_if_the_steps_are_the_persons_own(single, new, as_, manager):
    as_(manager).post(new, {"title": "One audit team", "lines": "Ask Dana."})
    assert Action.objects.get().attachments.count() == 0


def test_steps_that_do_not_fit_are_left_out_whole(offered, monkeypatch):
    first, second = offered
    whole = origins._steps([first])
    monkeypatch.setattr(origins, "MAX_LENGTH", len(whole))
    assert origins._steps([first, second]) == whole
    assert Action._meta.get_field("lines").max_length == 5000


def test_the_queries_do_not_grow_with_what_there_is(single, offered, new, as_, manager, utility):
    browser = as_(manager)
    browser.get(new)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            browser.get(new)
        return len(captured)

    before = queries()
    for each in Opportunity.objects.readable():
        Answer.give(utility, each, 0, by=manager, choice="taken-up")
    Action.open_in(utility, by=manager, title="Another", element=offered[0].element, opportunity=offered[0])
    assert queries() == before <= 24


def test_every_gap_of_the_recommendations_can_become_an_action(single, utility, as_, manager, viewer):
    single.findings.filter(element__slug="vision").update(rating=0, areas=[])
    page = as_(manager).get(reverse("assessments:recommendations", args=[single.pk])).text.replace("&amp;", "&")
    address = reverse("ims:new", args=[utility.pk, "actions"])
    for slug in Element.objects.values_list("slug", flat=True):
        assert f"{address}?element={slug}&areas=" in page
    assert address not in as_(viewer).get(reverse("assessments:recommendations", args=[single.pk])).text
