"""What stalls at the panel is seen: by staff with a count and a filtered queue, by the lead at home and in the mail."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from accounts.models import StaffGroup, User
from letters.models import Delivery, Message
from recognition.models import Application, Seat
from tests.applications import review
from tests.factories import UtilityFactory
from workflow.waiting import waiting_for

Status = Application.Status
pytestmark = pytest.mark.django_db
QUEUE = reverse("recognition:queue", args=["panel"])
TODAY = timezone.localdate


def queue_of(name: str) -> str:
    return reverse("recognition:queue", args=[name])


@pytest.fixture
def put(cycle):
    return lambda name, status="panel": Application.objects.create(
        utility=UtilityFactory(name=name), cycle=cycle, status=status
    )


@pytest.fixture
def sit(panelists):
    """``sit(application, "lR.")``: R reviewed, l reviewed and leads, d late, "." not yet, x left."""

    def made(application: Application, members: str) -> None:
        now = timezone.now()
        for member, what in zip(panelists, members, strict=False):
            Seat.objects.create(
                application=application,
                member=member,
                lead=what == "l",
                due=TODAY() + timedelta(days=-1 if what in "dRl" else 5),
                declared_at=now,
                submitted_at=now if what in "Rl" else None,
                recused_at=now if what == "x" else None,
                conflict="personal" if what == "x" else "",
                conflict_reason="A sister." if what == "x" else "",
            )

    return made


PANELS = {
    "None": "",
    "Short": "lR",
    "Left": "lRx",
    "No lead": "RR.",
    "Late": "lRd",
    "Ready": "lRR",
    "Fine": "lR.",
    "Replaced": "xlR.",
}
# What the filter is called → whose panels it finds, of panels of three.
FOUND = {
    "none": ["None"],
    "short": ["Left", "Short"],
    "recused": ["Left"],
    "lead": ["No lead"],
    "late": ["Late"],
    "ready": ["Ready"],
}


def test_each_way_to_stall_has_its_count_and_its_filtered_queue(put, sit, staff, as_):
    for name, members in PANELS.items():
        sit(put(name), members)
    put("Region", "region")
    home = {item.url: item.what for item in waiting_for(staff)}
    browser = as_(staff)
    for which, names in FOUND.items():
        url = f"{QUEUE}?stalls={which}"
        shown = browser.get(url).context["table"].data
        assert sorted(str(row.utility) for row in shown) == names, which
        assert home[url].startswith(f"{len(names)} application"), which
    assert home[f"{queue_of('region')}?view=all"] == "1 application with the EPA Region"


def test_what_flows_is_not_on_the_home_page(put, sit, staff):
    sit(put("Fine"), PANELS["Fine"])
    assert [item for item in waiting_for(staff) if item.url.startswith(QUEUE)] == []


def test_a_failed_email_leads_to_the_applications_it_was_about(put, staff, as_):
    notified, lost = put("Told"), put("Lost")
    for application in (notified, lost):
        Message.write(application, f"x:{application.pk}", "someone@example.org", "Subject", "Text")
    delivery = Delivery.objects.filter(email=Message.objects.get(about_id=lost.pk).email_id)
    delivery.update(status="failed")
    Message.write(lost.utility, "y", "someone@example.org", "Of another kind of row", "Text")
    [item] = [item for item in waiting_for(staff) if "application" in item.what and "email" in item.what]
    assert item.what == "1 application with an email that could not be sent"
    shown = as_(staff).get(item.url).context["table"].data
    assert [row.utility.name for row in shown] == ["Lost"]
    delivery.get().dismiss(staff)
    assert not [item for item in waiting_for(staff) if "email" in item.what]


def test_a_member_who_owes_a_review_learns_nothing_of_the_others(put, sit, panelists, as_):
    """Not even as program staff: neither by the count nor by the filter."""
    first = panelists[0]
    first.groups.add(Group.objects.get(name=StaffGroup.PROGRAM))
    sit(put("Mine"), ".Rd")
    assert not [item for item in waiting_for(first) if item.url in (f"{QUEUE}?stalls=late", f"{QUEUE}?stalls=ready")]
    assert not as_(first).get(QUEUE, {"stalls": "late"}).context["table"].data


def test_the_home_page_asks_as_much_for_many_as_for_one(put, sit, staff, panelists):
    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            for person in (staff, panelists[0]):
                list(waiting_for(User.objects.get(pk=person.pk)))
        return len(captured)

    for name, members in PANELS.items():
        sit(put(name), members)
    one = count()
    for n in range(2, 5):
        for name, members in PANELS.items():
            sit(put(f"{name} {n}"), members)
    assert count() == one


# The lead.


def emailed(wording: str) -> list[str]:
    return [message.email.to[0] for message in Message.objects.filter(key__startswith=f"{wording}:").order_by("pk")]


def at_home(person) -> list[str]:
    return [item.what for item in waiting_for(person) if item.what.startswith("The panel’s recommendation")]


def test_the_lead_is_told_when_chosen_and_when_the_last_review_is_in(seats, panelists):
    lead = panelists[0]
    assert emailed("panel-lead") == [lead.email]
    for seat in seats[:2]:
        review(seat)
        assert emailed("panel-ready") == []
        assert at_home(lead) == []
    review(seats[2])
    assert emailed("panel-ready") == [lead.email]
    assert at_home(lead) == ["The panel’s recommendation on Riverbend Water and Sewer"]
    assert at_home(panelists[1]) == []
    [email] = Email.objects.filter(subject__startswith="All reviews are in")
    assert seats[0].get_absolute_url() in email.message


def test_a_lead_chosen_when_all_reviews_are_in_is_told_at_once(seats, panelists, staff):
    Seat.objects.update(lead=False)
    for seat in seats:
        review(seat)
    assert emailed("panel-ready") == []
    seats[1].take_lead(by=staff)
    assert emailed("panel-ready") == [panelists[1].email]
    assert (at_home(panelists[0]), len(at_home(panelists[1]))) == ([], 1)


def test_a_fourth_member_who_leaves_leaves_the_panel_ready(seats, panelists, staff):
    fourth = Seat.assign(seats[0].application, panelists[3], by=staff, due=TODAY())
    for seat in seats:
        review(seat)
    assert emailed("panel-ready") == []
    fourth.take_off(by=staff, reason="Ill.")
    assert emailed("panel-ready") == [panelists[0].email]


def test_the_panel_s_page_says_that_the_lead_is_missing(seats, as_, staff):
    address = reverse("recognition:panel", args=[seats[0].application_id])
    assert "This panel has no lead" not in as_(staff).get(address).text
    Seat.objects.update(lead=False)
    assert "This panel has no lead" in as_(staff).get(address).text
