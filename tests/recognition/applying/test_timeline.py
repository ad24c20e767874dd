"""What a person reads of an application's history, written out for every change of its status."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from recognition.applying.timeline import TimelineEntry, entries
from recognition.models import Application, Decision, Seat
from recognition.rights import Rights
from tests.applications import Status
from tests.recognition.test_states import APPLICATION

pytestmark = pytest.mark.django_db
REASONS = "Everything is met."

# from, to → what applicants read of it, and whether they read the reason that staff gave
TO_APPLICANTS = {
    ("draft", "submitted"): ("Submitted", False),
    ("submitted", "completeness"): ("Completeness review", False),
    ("submitted", "withdrawn"): ("Withdrawn", False),
    ("completeness", "returned"): ("Returned for completion", True),
    ("completeness", "compliance"): ("Compliance review", False),
    ("completeness", "incomplete"): ("Incomplete", True),
    ("completeness", "withdrawn"): ("Withdrawn", False),
    ("returned", "resubmitted"): ("Resubmitted", False),
    ("returned", "incomplete"): ("Incomplete", True),
    ("returned", "withdrawn"): ("Withdrawn", False),
    ("resubmitted", "completeness"): ("Completeness review", False),
    ("resubmitted", "withdrawn"): ("Withdrawn", False),
    ("compliance", "region"): ("With the EPA Region", False),
    ("compliance", "panel"): ("Panel review", False),
    ("compliance", "not_eligible"): ("Not eligible", True),
    ("compliance", "withdrawn"): ("Withdrawn", False),
    ("region", "panel"): ("Panel review", False),
    ("region", "not_eligible"): ("Not eligible", True),
    ("region", "withdrawn"): ("Withdrawn", False),
    ("panel", "not_eligible"): ("Not eligible", True),
    ("panel", "withdrawn"): ("Withdrawn", False),
    ("panel", "recommended"): ("Awaiting decision", False),
    ("panel", "not_recommended"): ("Awaiting decision", False),
    ("recommended", "recognized"): ("Recognized", False),
    ("recommended", "not_recognized"): ("Not recognized", False),
    ("not_recommended", "recognized"): ("Recognized", False),
    ("not_recommended", "not_recognized"): ("Not recognized", False),
    ("recommended", "not_eligible"): ("Not eligible", True),
    ("recommended", "withdrawn"): ("Withdrawn", False),
    ("not_recommended", "not_eligible"): ("Not eligible", True),
    ("not_recommended", "withdrawn"): ("Withdrawn", False),
    ("incomplete", "completeness"): ("Completeness review", True),
    ("incomplete", "returned"): ("Returned for completion", True),
    ("not_eligible", "compliance"): ("Compliance review", True),
    ("not_eligible", "region"): ("With the EPA Region", True),
    ("not_eligible", "panel"): ("Panel review", True),
    ("not_eligible", "recommended"): ("Awaiting decision", True),
    ("not_eligible", "not_recommended"): ("Awaiting decision", True),
}
MISSING = ["Say how you measure it."]


def reason(start: str, end: str) -> str:
    """One that no other text has, so that it can be looked for."""
    return f"Burdock {start}-{end}."


@pytest.fixture
def returned_for(at) -> Application:
    """In completeness review; one line of its checklist is not met."""
    application = at(Status.COMPLETENESS)
    application.submission.checklist.update(met=True)
    application.submission.checklist.filter(name="prompts").update(met=False, reason=MISSING[0])
    return application


@pytest.fixture
def history(returned_for, staff, manager):
    """``history(by)``: every change of status, made by ``by`` with a reason, and a note at every status."""

    def happen(by) -> Application:
        application = returned_for
        application.events.all().delete()
        for start, end in TO_APPLICANTS:
            application.events.create(by=by, from_status=start, to_status=end, why=reason(start, end))
        for status in Status.values:
            application.events.create(by=by, from_status=status, to_status=status, why=f"Tamarack {status}.")
        return application

    return happen


def read(application: Application, user, status: str) -> list[TimelineEntry]:
    """The timeline as ``user`` reads it while the application is at ``status``."""
    Application.objects.filter(pk=application.pk).update(status=status, resubmit_by=timezone.now())
    seen = Application.objects.visible_to(user).get(pk=application.pk)
    return entries(seen, Rights(user, seen))


def shown(timeline: list[TimelineEntry]) -> list[tuple]:
    return [(each.what, each.who, each.why, each.missing) for each in timeline]


def test_the_table_knows_every_change():
    assert set(TO_APPLICANTS) == APPLICATION


@pytest.mark.parametrize("reader", ["manager", "viewer"])
def test_applicants_read_no_names_of_staff_and_only_the_reasons_written_to_them(history, staff, reader, request):
    application, user = history(staff), request.getfixturevalue(reader)
    expected = [
        (what, "", reason(*pair) if has_reason else "", MISSING if pair[1] == "returned" else [])
        for pair, (what, has_reason) in TO_APPLICANTS.items()
    ]
    for status in Status.values:
        assert shown(read(application, user, status)) == expected, status


def test_applicants_read_names_and_reasons_of_their_own_people(history, manager, viewer):
    application = history(manager)
    expected = [
        (what, "Mara Gerr", reason(*pair), MISSING if pair[1] == "returned" else [])
        for pair, (what, _) in TO_APPLICANTS.items()
    ]
    assert shown(read(application, viewer, "panel")) == expected


@pytest.mark.parametrize("by", ["staff", "compliance", "official", "panelist"])
def test_the_page_shows_applicants_nothing_else(history, viewer, by, as_, request):
    """Whoever made the changes: not a name, not a reason that is not theirs, no note, not what the panel said."""
    person = request.getfixturevalue("panelists")[0] if by == "panelist" else request.getfixturevalue(by)
    application = history(person)
    for status in ("panel", "recommended", "not_recognized"):
        Application.objects.update(status=status)
        page = as_(viewer).get(application.get_absolute_url()).content.decode()
        for pair, (_, has_reason) in TO_APPLICANTS.items():
            assert (reason(*pair) in page) == has_reason, f"{pair} at {status}"
        for hidden in (person.name, "Tamarack", ">Recommended<", ">Not recommended<"):
            assert hidden not in page, f"{hidden} at {status}"


def seat_on(application: Application, member, **state) -> None:
    Seat.objects.create(application=application, member=member, due=date(2030, 1, 1), **state)


@pytest.mark.parametrize("declared", [False, True])
@pytest.mark.parametrize("place", [0, 2], ids=["of headquarters", "from outside"])
def test_a_panel_member_before_the_own_review_reads_what_the_region_said_and_no_other_reason(
    history, staff, panelists, declared, place
):
    application = history(staff)
    seat_on(application, panelists[place], declared_at=timezone.now() if declared else None)
    region = reason("region", "panel") if declared else ""
    expected = [
        (what, "", region if pair == ("region", "panel") else "", []) for pair, (what, _) in TO_APPLICANTS.items()
    ]
    assert shown(read(application, panelists[place], "panel")) == expected


def test_staff_on_the_panel_read_as_members_before_the_own_review(history, staff, compliance):
    """The other role does not tell them the reasons and names."""
    application = history(compliance)
    seat_on(application, staff, declared_at=timezone.now())
    assert {entry.who for entry in read(application, staff, "panel")} == {""}
    assert [entry.why for entry in read(application, staff, "panel") if entry.why] == [reason("region", "panel")]


@pytest.mark.parametrize("reader", ["staff", "reviewed"])
def test_who_sees_the_people_reads_everything(history, staff, compliance, panelists, reader):
    application = history(compliance)
    user = staff if reader == "staff" else panelists[0]
    if reader == "reviewed":
        seat_on(application, user, declared_at=timezone.now(), submitted_at=timezone.now())
    timeline = read(application, user, "recommended")
    assert {entry.who for entry in timeline} == {"Cora Lyle"}
    assert [entry.why for entry in timeline if entry.why] == [reason(*pair) for pair in TO_APPLICANTS]
    assert [entry.what for entry in timeline if not entry.why] == [f"Tamarack {status}." for status in Status.values]
    assert {"Recommended", "Not recommended"} <= {entry.what for entry in timeline}
    assert [entry.missing for entry in timeline if entry.missing] == [MISSING, MISSING]  # returned, reopened


def test_an_outside_expert_sees_no_person_letter_or_note_of_before_the_panel(history, manager, panelists):
    """A name there, and what staff wrote to the applicant, may be the applicant's person."""
    application = history(manager)
    seat_on(application, panelists[2], declared_at=timezone.now(), submitted_at=timezone.now())
    timeline = read(application, panelists[2], "recommended")
    at_panel, ended = ("panel", "recommended", "not_recommended"), ("withdrawn", "not_eligible")
    panel = {pair for pair in TO_APPLICANTS if pair[0] in at_panel and pair[1] not in ended}
    assert [entry.who for entry in timeline[: len(TO_APPLICANTS)]] == [
        "Mara Gerr" if pair in panel else "" for pair in TO_APPLICANTS
    ]
    assert [entry.why for entry in timeline if entry.why] == [reason("region", "panel")]
    assert [entry.missing for entry in timeline if entry.missing] == []
    notes = [entry.what for entry in timeline[len(TO_APPLICANTS) :]]
    assert notes == [f"Tamarack {status}." for status in ("panel", "recommended", "not_recommended")]


def test_an_expert_who_is_also_staff_reads_no_address_on_the_letter(at, staff, official, panelists, as_):
    application = at(Status.RECOMMENDED)
    Decision.make(application, by=official, recognize=True)
    panelists[2].groups.add(*staff.groups.all())
    address = reverse("recognition:letter", args=[application.pk])
    assert "manager@example.org" in as_(staff).get(address).text
    assert "manager@example.org" not in as_(panelists[2]).get(address).text


def test_compliance_staff_learn_no_recommendation(at, compliance, official, as_):
    application = at(Status.RECOMMENDED)
    Decision.make(application, by=official, recognize=False, reason="The budget year was not closed.")
    page = as_(compliance).get(application.get_absolute_url()).content.decode()

    assert "Awaiting decision" in page
    assert not any(words in page for words in (REASONS, "The budget year", ">Recommended<"))


def test_a_later_deadline_is_told_to_the_applicant(draft, staff, manager):
    until = draft.deadline + timedelta(days=3)
    draft.extend(until, by=staff, why="Their office was flooded.")

    email = Email.objects.get(to=[manager.email])
    assert draft.in_its_zone(until) in email.message
    assert Application.objects.get().deadline == until
