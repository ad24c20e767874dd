"""The page of a utility shows its people the analyses, the plan, the applications and the recognition."""

import re
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from accounts.models import Claim
from assessments.models import GapAnalysis
from ims.models import Action, Objective
from recognition.models import Application, Cycle, Edition, Recognition
from tests.factories import GapAnalysisFactory, MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db
MAX_QUERIES = 15


def cards(browser, utility) -> dict[str, str]:
    """Returns the text of each card by the id of its heading."""
    page = browser.get(reverse("accounts:utility", args=[utility.pk])).text
    found = re.findall(r'<section class="panel" aria-labelledby="(\w+)">(.*?)</section>', page, re.DOTALL)
    return {name: re.sub(r"\s+", " ", strip_tags(text)) for name, text in found}


def complete(utility, by, year: int, areas: list[str]) -> None:
    started = GapAnalysisFactory(utility=utility, by=by, name=f"In {year}", as_of=date(year, 3, 31))
    started.findings.update(rating=min(len(areas), 2), areas=areas)
    GapAnalysis.objects.visible_to(by).get(pk=started.pk).complete(by=by)


@pytest.fixture
def cycle(catalog) -> Cycle:
    now = timezone.now()
    opens, closes = now - timedelta(days=7), now + timedelta(days=10)
    return Cycle.objects.create(title="Recognition 2027", edition=Edition.objects.get(), opens=opens, closes=closes)


def test_a_utility_without_anything(as_, catalog, utility, viewer):
    found = cards(as_(viewer), utility)
    assert list(found)[:3] == ["analyses", "system", "applications"]
    assert "None yet." in found["analyses"]
    assert "No actions yet." in found["system"]
    assert "Not recognized yet" in found["applications"]


def test_its_coverage_moved(as_, catalog, utility, manager, viewer):
    complete(utility, manager, 2025, ["E"])
    complete(utility, manager, 2026, ["E", "S"])
    GapAnalysisFactory(utility=utility, by=manager, name="In 2027", as_of=date(2027, 3, 31))
    text = cards(as_(viewer), utility)["analyses"]
    assert "36 of 90 cells, 18 in March 2025" in text
    assert "Coverage moved from 18 of 90 cells in March 2025 to 36 of 90 in March 2026." in text
    assert "In 2027 As of March 31, 2027 0 answered" in text


def test_how_far_its_plan_is(as_, catalog, utility, manager, viewer):
    today = timezone.localdate()
    ways = [[], ["under-way"], ["under-way", "done", "closed"], ["canceled"], []]
    for number, moves in enumerate(ways):
        made = Action.open_in(utility, by=manager, title="Clean", due=today - timedelta(days=1 if number < 3 else -1))
        action = Action.objects.visible_to(manager).get(pk=made.pk)
        for to in moves:
            checked = {"verified": "It works.", "verified_by": "Dana"} if to == "closed" else {}
            action.move(to, by=manager, **checked)
    for moves in ([], ["agreed"], ["agreed", "reached"], ["dropped"]):
        made = Objective.open_in(utility, by=manager, title="Fewer overflows")
        objective = Objective.objects.visible_to(manager).get(pk=made.pk)
        for to in moves:
            objective.move(to, by=manager)
    text = cards(as_(viewer), utility)["system"]
    assert "1 of 4 actions are closed, 2 late" in text
    assert "1 of 3 reached 2 open" in text
    assert "1 of 4 closed 2 late 3 open" in text
    assert "2 late 5 open records" in text
    other = MembershipFactory()
    assert "No actions yet." in cards(as_(other.user), other.utility)["system"]


def test_its_recognition(as_, cycle, utility, manager, viewer):
    application = Application.start(utility=utility, cycle=cycle, by=manager)
    assert "Not recognized yet" in cards(as_(viewer), utility)["applications"]
    Application.objects.update(status="recognized")
    Recognition.issue(application)
    ends = timezone.localdate() + timedelta(days=400)
    Recognition.objects.update(until=ends)
    assert f"Recognized until {ends:%B %-d, %Y}" in cards(as_(viewer), utility)["applications"]
    Recognition.objects.update(since=date(2020, 1, 1), until=date(2022, 12, 31))
    assert "Recognized until December 31, 2022, which has passed" in cards(as_(viewer), utility)["applications"]
    Recognition.objects.update(revoked_at=timezone.now(), revoked_why="Withdrawn")
    assert "The recognition was revoked on" in cards(as_(viewer), utility)["applications"]


@pytest.mark.parametrize("who", ["manager", "viewer"])
def test_it_costs_the_same_at_two_sizes(request, as_, cycle, utility, manager, django_assert_max_num_queries, who):
    browser, sizes = as_(request.getfixturevalue(who)), []
    for number in range(2):
        for _ in range(3):
            Action.open_in(utility, by=manager, title="Clean", due=timezone.localdate())
        complete(utility, manager, 2025 + number, ["E"])
        GapAnalysisFactory(utility=utility, by=manager)
        other = Cycle.objects.create(
            title=f"Round {number}", edition=cycle.edition, opens=cycle.opens, closes=cycle.closes
        )
        Application.start(utility=utility, cycle=other, by=manager)
        MembershipFactory(utility=utility, role="viewer")
        Claim.objects.create(utility=utility, user=UserFactory())
        cards(browser, utility)
        with django_assert_max_num_queries(MAX_QUERIES) as captured:
            cards(browser, utility)
        sizes.append(len(captured))
    assert sizes[0] == sizes[1]


def test_outsiders_see_none_of_it(as_, catalog, utility, manager, stranger):
    Action.open_in(utility, by=manager, title="Clean")
    assert as_(stranger).get(reverse("accounts:utility", args=[utility.pk])).status_code == 404
