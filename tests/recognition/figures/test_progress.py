"""The dashboard of a cycle: by stage against dates, what is left day by day, who does it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from recognition.figures import progress
from recognition.figures.burn_down import burn_down
from recognition.models import Application, ApplicationEvent
from tests.factories import MembershipFactory, UtilityFactory

pytestmark = pytest.mark.django_db
STAGES = [
    "submitted",
    "completeness",
    "returned",
    "compliance",
    "panel",
    "recommended",
    "not_recommended",
    "recognized",
]


def page(cycle) -> str:
    return reverse("recognition:progress", args=[cycle.pk])


@pytest.fixture
def put(cycle):
    def made(n: int, days: int = 10) -> None:
        """``n`` applications at each stage, each submitted ``days`` ago; those with an outcome got it two days ago."""
        now = timezone.now()
        rows = Application.objects.bulk_create(
            Application(
                utility=UtilityFactory(),
                cycle=cycle,
                status=status,
                status_since=now - timedelta(days=days),
                resubmit_by=now - timedelta(hours=1),
            )
            for status in STAGES
            for _ in range(n)
        )
        events = [
            ApplicationEvent(application=row, from_status="draft", to_status="submitted", at=now - timedelta(days=days))
            for row in rows
        ]
        events += [
            ApplicationEvent(
                application=row, from_status="recommended", to_status="recognized", at=now - timedelta(days=2)
            )
            for row in rows
            if row.status == "recognized"
        ]
        ApplicationEvent.objects.bulk_create(events)

    return made


def test_stages_against_their_dates(put, cycle, staff):
    put(2)
    today = timezone.localdate()
    cycle.panel_from, cycle.panel_until = today - timedelta(days=3), today + timedelta(days=3)
    cycle.letters_from = today + timedelta(days=9)
    cycle.save()
    Application.objects.filter(status="panel").take_up(by=staff)
    shown = progress.of_cycle(cycle, staff)
    assert [(each.title, each.n, each.late, each.free) for each in shown.stages] == [
        ("Submitted", 2, 2, 2),
        ("Completeness review", 2, 2, 2),
        ("Returned for completion", 2, 2, 2),
        ("Resubmitted", 0, 0, 0),
        ("Compliance review", 2, 2, 2),
        ("With the EPA Region", 0, 0, 0),
        ("Panel review", 2, 0, 0),
        ("Awaiting decision", 4, 0, 4),
    ]
    assert (shown.n, shown.late, shown.stages[0].days, shown.stages[6].due) == (14, 8, 10, cycle.panel_until)
    assert [(each.name, each.n) for each in shown.hands] == [("Sam Prather", 2)]


def test_what_is_left_day_by_day(put, cycle, staff):
    put(2)
    left = progress.of_cycle(cycle, staff).left
    assert [n for _, n in left] == [16] * 8 + [14] * 3
    assert (left[-1][0] - left[0][0]).days == 10
    picture = burn_down(left, left[-1][0] + timedelta(days=9))
    assert "16 at most" in picture
    assert "stroke-dasharray" in picture
    assert "style=" not in picture
    MembershipFactory(user=staff, utility=Application.objects.filter(status="submitted").first().utility)
    assert progress.of_cycle(cycle, staff).left[-1][1] == 13, "nothing of one's own utility"
    assert burn_down([(left[0][0], 0)], None), "one day, and nothing left"


def test_the_page_leads_to_the_filtered_queues(put, cycle, staff, official, compliance, as_):
    put(2)
    cycle.panel_from = timezone.localdate() - timedelta(days=3)
    cycle.save()
    browser = as_(staff)
    text = browser.get(page(cycle)).text
    late = f"{reverse('recognition:queue', args=['completeness'])}?cycle={cycle.pk}&amp;status=submitted&amp;late=yes"
    assert f'href="{late}"' in text
    assert "2 of 6" in " ".join(browser.get(late.replace("&amp;", "&")).text.split())
    assert f'href="{page(cycle)}"' in text, "a tab of the cycle"
    of_official = as_(official).get(page(cycle)).text
    assert "/queues/completeness/" not in of_official
    assert "/queues/decisions/" in of_official


def test_only_program_staff_and_officials_see_it(cycle, compliance, manager, panelists, as_, client):
    for person in (compliance, manager, panelists[0]):
        assert as_(person).get(page(cycle)).status_code == 404
    assert client.get(page(cycle)).status_code == 302


def test_it_takes_as_many_queries_for_many(put, cycle, staff, as_):
    browser = as_(staff)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(page(cycle)).status_code == 200
        return len(captured)

    empty = queries()
    put(1)
    few = queries()
    put(20)
    assert queries() == few
    assert max(empty, few) <= 15
