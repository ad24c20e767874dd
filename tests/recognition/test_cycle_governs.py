"""A cycle governs its reviews: when decisions are made, who signs, who moves it on, and what archiving ends."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from recognition.models import Application, Cycle, Decision, Feedback, Recognition
from recognition.rights import Act, Rights
from tests.factories import UserFactory, UtilityFactory
from tests.recognition.test_database_rules import refused_by
from workflow.models import WrongState
from workflow.waiting import waiting_for

Status = Application.Status
pytestmark = pytest.mark.django_db


def page_of(cycle: Cycle) -> str:
    return reverse("recognition:cycle", args=[cycle.pk])


def move(browser, cycle: Cycle, status: str) -> str:
    return browser.post(reverse("recognition:cycle_move", args=[cycle.pk]), {"status": status}, follow=True).text


# Nothing is decided or released while it takes applications, and nothing is signed by nobody.


def test_nothing_is_decided_while_the_cycle_takes_applications(at, official, as_, cycle):
    application = at(Status.RECOMMENDED)
    Cycle.objects.update(status="planned")
    with pytest.raises(WrongState, match="still takes applications"):
        Decision.make(application, by=official, recognize=True)
    address = reverse("recognition:decide", args=[application.pk])
    assert "still takes applications" in as_(official).post(address, {"recognize": "yes"}, follow=True).text
    assert not Decision.objects.exists()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"status": "planned"}, "still takes applications"),
        ({"status": "decided"}, "The cycle is decided"),
        ({"signatory_name": " "}, "does not say who signs"),
        ({"signatory_title": ""}, "does not say who signs"),
    ],
    ids=str,
)
def test_nothing_is_released_out_of_the_review_or_unsigned(at, official, as_, cycle, changes, why):
    application = at(Status.RECOMMENDED)
    Decision.make(application, by=official, recognize=True)
    Cycle.objects.update(**changes)
    sent = Email.objects.count()
    release = reverse("recognition:release", args=[cycle.pk])
    assert why in as_(official).post(release, {"upto": Decision.objects.get().pk}, follow=True).text
    application.refresh_from_db()
    assert (application.status, Email.objects.count()) == (Status.RECOMMENDED, sent)


# Program staff move a cycle on.


def test_program_staff_move_a_cycle_through_its_stages(at, staff, as_, cycle):
    at(Status.SUBMITTED)
    browser = as_(staff)
    assert "The cycle is open until" in move(browser, cycle, "planned")
    Cycle.objects.update(closes=timezone.now())
    assert [item.url for item in waiting_for(staff) if "has closed" in item.what] == [page_of(cycle)]
    assert "is now in review" in move(browser, cycle, "planned")
    assert "Nothing was changed" in move(browser, cycle, "planned"), "a second click"
    refused = move(browser, cycle, "review")
    assert "1 application waits: Riverbend Water and Sewer (submitted)." in refused
    Application.objects.update(status="withdrawn")
    assert "is now decided" in move(browser, cycle, "review")
    assert "is now archived" in move(browser, cycle, "decided")
    assert [event.by for event in cycle.events.all()] == [staff] * 3


def test_a_refusal_names_ten_and_says_how_many_more(cycle):
    for n in range(12):
        Application.objects.create(utility=UtilityFactory(name=f"Works {n:02}"), cycle=cycle, status="not_recommended")
    Cycle.objects.update(status="review")
    with pytest.raises(WrongState) as refused:
        Cycle.objects.get().mark_decided(by=None)
    said = str(refused.value)
    assert said.startswith("12 applications wait: ")
    assert said.endswith("; and 2 more.")
    assert said.count("(awaiting decision)") == 10, "not what the panel said"


def test_who_is_not_program_staff_moves_no_cycle(cycle, as_, request, stranger):
    Cycle.objects.update(closes=timezone.now())
    for who in ("stranger", "manager", "compliance", "official"):
        browser = as_(request.getfixturevalue(who))
        assert browser.get(page_of(cycle)).status_code == 404
        assert (
            browser.post(reverse("recognition:cycle_move", args=[cycle.pk]), {"status": "planned"}).status_code == 404
        )
    assert Cycle.objects.get().status == "planned"


def test_the_page_lists_what_waits_with_constant_queries(cycle, staff, as_):
    browser = as_(staff)

    def count(n: int) -> int:
        for _ in range(n):
            Application.objects.create(utility=UtilityFactory(), cycle=cycle, status="compliance")
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(page_of(cycle)).status_code == 200
        return len(captured)

    one = count(1)
    assert count(20) == one <= 15


# Archived.


@pytest.fixture
def archived(at) -> Application:
    application = at(Status.RECOGNIZED)
    Cycle.objects.update(status="archived")
    application.refresh_from_db()
    return Application.objects.select_related("cycle").get(pk=application.pk)


def test_the_database_keeps_an_archived_cycle_and_its_applications(archived, utility):
    cycle = archived.cycle
    assert refused_by(lambda: Cycle.objects.update(title="x")) == "archived_cycle_is_kept"
    assert refused_by(lambda: Cycle.objects.filter(pk=cycle.pk).update(status="decided")) == "archived_cycle_is_kept"
    rule = "application_of_an_archived_cycle"
    assert refused_by(lambda: Application.objects.update(status="not_recognized")) == rule
    assert refused_by(lambda: Application.objects.update(extended_until=timezone.now())) == rule
    assert refused_by(lambda: Application.objects.create(utility=UtilityFactory(), cycle=cycle)) == rule


def test_an_archived_cycle_takes_no_feedback_notices_hours_or_settings(archived, staff, as_):
    mine = Application.objects.visible_to(staff).get(pk=archived.pk)
    rights = Rights(staff, mine)
    ended = (Act.WRITE_FEEDBACK, Act.NOTIFY, Act.LOG_HOURS, Act.EXTEND)
    assert [act for act in ended if rights.may(act)] == []
    with pytest.raises(WrongState):
        Feedback.of(archived).write(1, "Late.", by=staff)
    browser = as_(staff)
    for name in ("notices_draw_up", "notices_record", "addressee_add"):
        assert browser.post(reverse(f"recognition:{name}", args=[archived.cycle_id]), {}).status_code == 403
    assert browser.get(reverse("recognition:notices", args=[archived.cycle_id])).status_code == 200
    change = reverse("admin:recognition_cycle_change", args=[archived.cycle_id])
    superuser = UserFactory(is_staff=True, is_superuser=True)
    assert as_(superuser).post(change, {"title": "x"}).status_code == 403


def test_a_recognition_outlives_its_cycle(archived, staff, manager):
    assert Rights(manager, Application.objects.visible_to(manager).get()).may(Act.PUBLISH)
    recognition = Recognition.objects.with_utility().get()
    recognition.revoke(by=staff, why="The permit was broken.")
    assert Recognition.objects.get().state == "revoked"


def test_a_draft_with_a_later_deadline_is_closed_with_the_cycle(draft, manager):
    Application.objects.update(extended_until=timezone.now() + timedelta(days=90))
    Cycle.objects.update(status="archived")
    held = Application.objects.select_related("cycle").get()
    assert not held.is_editable
    with pytest.raises(WrongState):
        held.extend(timezone.now() + timedelta(days=120), by=manager, why="x")
    held.discard()
