"""A reviewer is invited, accepts, says whom they can't review, declares, reviews, and is reminded."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from letters.models import Message
from recognition.models import Application, Cycle, PanelMember, ReviewerInvitation, Seat
from tests.browser.conftest import look
from tests.factories import UserFactory

pytestmark = pytest.mark.usefixtures("visits")


def test_a_reviewer_from_the_invitation_to_the_reminder(visits, draft, at, staff, utility):
    Cycle.objects.filter(pk=draft.cycle_id).update(blind=True)
    application = at(Application.Status.PANEL)
    page = visits(staff, reverse("recognition:reviewer_list"))
    page.get_by_role("link", name="Invite a reviewer").click()
    page.get_by_label("Email address").fill("rita@example.org")
    visits.expected.append("status of 422")
    page.get_by_role("button", name="Send invitation").press("Enter")
    expect(page.get_by_role("link", name=re.compile("required"))).not_to_have_count(0)
    look(page, "reviewer-invite-missing")
    page.get_by_label("Full name").fill("Rita Moss")
    page.get_by_label("Affiliation").select_option(label="EPA Region")
    page.get_by_role("button", name="Send invitation").press("Enter")
    expect(page.get_by_text("We are emailing an invitation to rita@example.org.")).to_be_visible()
    look(page, "reviewer-list")
    page.get_by_role("link", name="Import from Excel").click()
    look(page, "reviewer-import")

    rita = UserFactory(email="rita@example.org", name="Rita Moss")
    page = visits(rita, reverse("recognition:reviewer_invitation", args=[ReviewerInvitation.objects.get().token]))
    look(page, "reviewer-invitation")
    page.get_by_role("button", name="Accept invitation").click()
    expect(page.get_by_text("Welcome. Check what we know of you")).to_be_visible()
    page.get_by_label("Employer").fill("EPA Region 10")
    page.get_by_role("button", name="Save").click()
    assert PanelMember.objects.get(user=rita).confirmed_at

    rita = User.objects.get(pk=rita.pk)
    seat = Seat.assign(application, rita, by=staff, due=timezone.localdate())
    page = visits(rita, seat.get_absolute_url())
    expect(page.get_by_role("heading", name=application.label)).to_be_visible()
    look(page, "blind-declare")
    page.get_by_role("button", name="I have no conflict of interest").click()
    expect(page.get_by_text("Blind review: until the decision is released")).to_be_visible()
    page.get_by_text("Met", exact=True).first.click()
    expect(page.get_by_text("All changes saved")).to_be_visible()
    assert utility.name not in page.content()
    look(page, "blind-review")

    page = visits(staff, reverse("recognition:reviewers", args=[application.cycle_id]))
    page.get_by_role("button", name="Remind Rita Moss").click()
    expect(page.get_by_text("1 reviewer gets a reminder.")).to_be_visible()
    assert Message.objects.filter(key__contains="reviews-reminder", key__endswith="rita@example.org").count() == 1
    look(page, "reviewers-reminded")
