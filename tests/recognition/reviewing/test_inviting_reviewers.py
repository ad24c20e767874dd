"""Staff invite reviewers, one by one or with an Excel file; who accepts has account, role and profile."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import Workbook
from post_office.models import Email

from accounts.models import StaffGroup, User
from config.audit import AuditEntry
from recognition.models import PanelMember, ReviewerInvitation
from tests.factories import UserFactory, UtilityFactory
from tests.workbooks import cells, edited, sent

pytestmark = pytest.mark.django_db
ASKED = {
    "email": "Rita@Example.org",
    "name": "Rita Moss",
    "affiliation": "region",
    "organization": "EPA Region 10",
    "state": "WA",
    "most_panels": "12",
    "systems": ["wastewater"],
    "conflict_states": ["ID"],
    "conflicts": "Riverbend Water and Sewer",
}


def url(name: str, *args) -> str:
    return reverse(f"recognition:{name}", args=args)


@pytest.fixture
def invited(staff, utility, as_, cycle) -> ReviewerInvitation:
    assert as_(staff).post(url("reviewer_invite"), ASKED).status_code == 302
    return ReviewerInvitation.objects.get()


def page_of(invitation: ReviewerInvitation) -> str:
    return url("reviewer_invitation", invitation.token)


def test_who_accepts_has_account_role_and_profile(invited, utility, as_):
    [email] = Email.objects.filter(to="rita@example.org")
    assert email.subject == "You are invited to review applications on Headworks"
    assert page_of(invited) in email.message
    browser = Client()
    assert "Create an account" in browser.get(page_of(invited)).text
    strong = "a long and strange pass phrase"
    signed_up = {"email": "rita@example.org", "name": "Rita Moss", "password1": strong, "password2": strong}
    browser.post(reverse("account_signup") + f"?next={page_of(invited)}", signed_up)
    person = User.objects.get(email="rita@example.org")
    assert "Accept invitation" in browser.get(page_of(invited)).text, "her address needs no other confirmation"
    assert browser.post(page_of(invited))["Location"] == url("own_reviewer")
    assert StaffGroup.PANEL in User.objects.get(pk=person.pk).staff_groups
    member = person.panel_member
    assert (member.affiliation, member.organization, member.state, member.most_panels) == (
        "region",
        "EPA Region 10",
        "WA",
        12,
    )
    assert (member.systems, member.conflict_states, list(member.interests.all())) == (["wastewater"], ["ID"], [utility])
    assert member.confirmed_at is None
    assert browser.get(page_of(invited)).status_code == 410, "a link works once"
    entries = AuditEntry.objects.filter(table="recognition_reviewerinvitation")
    assert entries.count() == 2, "sent and accepted"
    assert invited.token not in str(list(entries.values_list("before", "after")))


def test_an_account_is_only_given_the_role_and_a_profile_stays(invited, as_):
    rita = UserFactory(email="rita@example.org", name="R. Moss")
    PanelMember.objects.create(user=rita, affiliation="hq", organization="Office of Water", available=False)
    as_(rita).post(page_of(invited))
    member = PanelMember.objects.get(user=rita)
    assert (member.affiliation, member.organization, member.available) == ("hq", "Office of Water", True)
    rita = User.objects.get(pk=rita.pk)
    assert (rita.name, rita.staff_groups) == ("R. Moss", {StaffGroup.PANEL})


def test_a_link_is_for_its_address_only(invited, stranger, as_):
    browser = as_(stranger)
    assert "but the invitation is for rita@example.org" in browser.get(page_of(invited)).text
    browser.post(page_of(invited))
    assert not User.objects.get(pk=stranger.pk).staff_groups
    assert ReviewerInvitation.objects.get().accepted_at is None


def test_it_ends_by_time_by_staff_and_with_the_right_of_its_sender(invited, staff, as_):
    rita = as_(UserFactory(email="rita@example.org"))
    browser, rows = as_(staff), ReviewerInvitation.objects

    def works() -> bool:
        return rita.get(page_of(rows.get(ended_at=None))).status_code == 200

    rows.update(invited_at=timezone.now() - timedelta(days=14))
    assert not works()
    assert "expired" in browser.get(url("reviewer_list")).text
    browser.post(url("invite_again", invited.pk))
    assert works()
    assert rita.get(page_of(invited)).status_code == 410, "the earlier link"
    assert list(rows.get(ended_at=None).interests.all()) == list(invited.interests.all())
    staff.groups.clear()
    assert not works()
    assert rita.post(page_of(rows.get(ended_at=None))).status_code == 410
    staff.groups.add(Group.objects.get(name=StaffGroup.PROGRAM))
    last = rows.get(ended_at=None)
    browser = as_(User.objects.get(pk=staff.pk))
    browser.post(url("uninvite", last.pk))
    assert rita.get(page_of(last)).status_code == 410
    assert "Nothing was sent" in browser.post(url("invite_again", last.pk), follow=True).text
    assert "Nothing was changed" in browser.post(url("uninvite", last.pk), follow=True).text


def test_only_staff_who_appoint_reviewers(invited, compliance, official, panelists, manager, as_, client):
    pages = ["reviewer_list", "reviewer_invite", "reviewer_excel", "reviewer_import"]
    acts = [(name, [invited.pk]) for name in ("invite_again", "uninvite")] + [("reviewer_confirm", [])]
    for person in (compliance, official, panelists[0], manager):
        browser = as_(person)
        assert {browser.get(url(name)).status_code for name in pages} == {404}, person
        assert {browser.post(url(name, *args)).status_code for name, args in acts} == {404}, person
        assert browser.post(url("reviewer_invite"), ASKED).status_code == 404
    assert client.get(url("reviewer_list"))["Location"].startswith("/account/login/")
    assert ReviewerInvitation.objects.count() == 1
    assert Email.objects.count() == 1


def test_what_is_refused(invited, staff, panelists, as_):
    browser = as_(staff)
    for wrong in (
        {"email": "x"},
        {"name": "Pay at www.example.com"},
        {"affiliation": "boss"},
        {"state": "XX"},
        {"conflicts": "Nowhere"},
        {"most_panels": "0"},
        {"email": panelists[0].email},
    ):
        assert browser.post(url("reviewer_invite"), ASKED | wrong).status_code == 422, wrong
    ReviewerInvitation.objects.bulk_create(
        ReviewerInvitation(email=f"p{n}@example.org", name="P", affiliation="hq", invited_by=staff) for n in range(199)
    )
    answer = browser.post(url("reviewer_invite"), ASKED | {"email": "more@example.org"})
    assert "at most 200 invitations in 24 hours" in answer.text
    assert Email.objects.count() == 1


def test_the_database_keeps_one_open_invitation_for_an_address(invited, staff):
    for name, fields in {
        "reviewer_invitation_open_once": {"email": "RITA@example.org"},
        "reviewer_invitation_ended_or_accepted": {"ended": "withdrawn"},
        "reviewer_invitation_affiliation_known": {"affiliation": "boss"},
    }.items():
        given = {"email": "other@example.org", "name": "O", "affiliation": "hq", "invited_by": staff} | fields
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            ReviewerInvitation.objects.create(**given)


# --- In Excel.


def new_rows(*rows: dict[str, str]):
    def add(book: Workbook) -> None:
        sheet = book["Rows"]
        head = [cell.value for cell in sheet[1]]
        for row in rows:
            sheet.append([row.get(heading) for heading in head])

    return add


RITA = {
    "Name": "Rita Moss",
    "Email": "rita@example.org",
    "Affiliation": "EPA Region",
    "Employer": "EPA Region 10",
    "Works in": "WA",
    "Kinds of system": "Wastewater; Stormwater",
    "States and territories with a conflict": "Idaho\nOR",
    "Most panels in a cycle": "12",
}


def test_the_list_comes_back_as_it_went_and_new_rows_invite(staff, panelists, utility, as_):
    first = PanelMember.objects.get(user=panelists[0])
    first.interests.add(utility, UtilityFactory(name="Alder Water"))
    PanelMember.objects.filter(pk=first.pk).update(
        organization="Office of Water", state="MD", systems=["stormwater"], topics=["of.old"], conflict_states=["TX"]
    )
    browser = as_(staff)
    content = browser.get(url("reviewer_excel")).content
    row = cells(content)[f"R{first.pk}"]
    assert (row["Name"], row["Affiliation"], row["States and territories with a conflict"]) == (
        "Paula Nell",
        "EPA headquarters",
        "Texas",
    )
    assert "No changes" in browser.post(url("reviewer_import"), sent(content)).text
    changes = {(f"R{first.pk}", "Employer"): "EPA", (f"R{first.pk}", "Available"): "no"}
    back = edited(content, changes, new_rows(RITA))
    page = browser.post(url("reviewer_import"), sent(back))
    assert "Rita Moss" in page.text
    assert not ReviewerInvitation.objects.exists(), "a preview sends nothing"
    answer = browser.post(url("reviewer_confirm"), {"token": page.context["plan"].token}, follow=True)
    assert "1 profile was changed and 1 invitation is on the way" in answer.text
    first.refresh_from_db()
    assert (first.organization, first.available, first.topics) == ("EPA", False, ["of.old"])
    assert first.interests.count() == 2
    rita = ReviewerInvitation.objects.get()
    assert (rita.systems, rita.conflict_states, rita.state) == (["wastewater", "stormwater"], ["ID", "OR"], "WA")
    assert Email.objects.filter(to="rita@example.org").count() == 1
    again = browser.post(url("reviewer_import"), sent(back))
    assert not again.context["plan"].added, "the same file invites nobody twice"


def test_faults_of_a_file_are_named_and_nothing_is_done(staff, panelists, as_):
    browser = as_(staff)
    content = browser.get(url("reviewer_excel")).content
    first = PanelMember.objects.get(user=panelists[0])
    wrong = edited(
        content,
        {(f"R{first.pk}", "Email"): "mine@example.org", (f"R{first.pk}", "Affiliation"): "Outside expert"},
        new_rows(
            RITA,
            RITA | {"Name": "Twice"},
            RITA | {"Email": panelists[1].email},
            RITA | {"Email": "a@example.org", "Works in": "Nowhere"},
            {"Name": "Nobody"},
        ),
    )
    page = browser.post(url("reviewer_import"), sent(wrong))
    assert page.status_code == 422
    for words in (
        "Only the person changes this",
        "An administrator changes the affiliation",
        "Another row of the file has this address",
        "This person is a reviewer already",
        "is not on the list",
        "This field is required",
    ):
        assert words in page.text, words
    assert browser.post(url("reviewer_confirm"), {"token": page.context["plan"].token}).status_code == 422
    assert not ReviewerInvitation.objects.exists()


def test_the_list_asks_no_more_for_more_people(staff, panelists, as_):
    browser = as_(staff)

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            browser.get(url("reviewer_list"))
        return len(found)

    queries()
    few = queries()
    people = [UserFactory() for _ in range(20)]
    PanelMember.objects.bulk_create(PanelMember(user=each, affiliation="hq") for each in people)
    ReviewerInvitation.objects.bulk_create(
        ReviewerInvitation(email=f"p{n}@example.org", name="P", affiliation="hq", invited_by=staff) for n in range(20)
    )
    assert queries() <= few + 2 <= 15  # who invited, and their roles, once there are invitations
