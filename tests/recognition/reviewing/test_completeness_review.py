"""The completeness review: take up, the checklist, and its three ends, each once."""

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from recognition.applying.changes import changes
from recognition.models import Application, CheckItem
from recognition.models.review import find_complete, last_judged, return_for_completion
from tests.applications import answer_points, fill, person_in, whole_content

Status = Application.Status
pytestmark = pytest.mark.django_db

# The lines of the checklist, and the machine's findings that speak against each; at two only a person can tell.
LINES = {
    "eligibility": {"facility-type-missing", "size-undetermined"},
    "identifiers": {"identifier-missing", "identifier-invalid"},
    "contact": {"contact-missing"},
    "attestation": {"attestation-missing"},
    "attributes": {"attributes-too-few"},
    "boxes": {
        "boxes-too-few",
        "activities-too-few",
        "program-not-approved",
        "watershed-component-missing",
        "energy-threshold-not-met",
    },
    "narratives": {"narrative-missing", "narrative-too-long"},
    "photos": {"photos-too-many", "photo-not-jpeg", "photo-caption-missing"},
    "certification": {"certification-missing", "certification-date-invalid"},
    "prompts": set(),
    "recent": set(),
    "confidential": {"passage-not-found"},
}
PERSONS_ONLY = ["prompts", "recent"]


def address(name: str, application: Application) -> str:
    return reverse(f"recognition:{name}", args=[application.pk])


def said(answer) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def sent(application: Application, **changes) -> dict[str, str]:
    """The checklist as its page would send it, with everything met; ``changes`` are line → (met, reason)."""
    items = list(application.submission.checklist.all())
    lines = {item.name: ("yes", "") for item in items} | changes
    data = {"seen": last_judged(items)}
    for name, (met, reason) in lines.items():
        data |= {f"{name}-met": met, f"{name}-reason": reason}
    return data


@pytest.fixture
def colleague(catalog):
    return person_in("Program staff", "staff2@example.org", "Sue Weir")


@pytest.fixture
def reviewed(at):
    return at(Status.COMPLETENESS)


@pytest.fixture
def returned(reviewed, staff, manager):
    """To come back in nine days, for one thing."""
    reviewed.submission.checklist.update(met=True)
    reviewed.submission.checklist.filter(name="prompts").update(met=False, reason="Say how you measure it.")
    return_for_completion(reviewed, by=staff, due=timezone.localdate() + timedelta(days=9), letter="Thank you.")
    return Application.objects.visible_to(manager).get(pk=reviewed.pk)


# Who may.


POSTS = ["take_up", "checklist_save", "complete"]
PAGES = ["checklist", "return", "incomplete"]


@pytest.mark.parametrize("name", POSTS + PAGES)
def test_strangers_find_nothing_and_other_roles_may_not(as_, reviewed, name, request, stranger):
    for who, status in [("stranger", 404), ("official", 404), ("compliance", 404), ("manager", 403)]:
        browser = as_(request.getfixturevalue(who))
        answer = browser.post(address(name, reviewed)) if name in POSTS else browser.get(address(name, reviewed))
        assert answer.status_code == status, who
    reviewed.refresh_from_db()
    assert reviewed.status == Status.COMPLETENESS


@pytest.mark.parametrize("name", POSTS)
def test_actions_are_posted(as_, reviewed, staff, name):
    assert as_(staff).get(address(name, reviewed)).status_code == 405


def test_staff_who_belong_to_the_utility_are_its_applicants_only(as_, reviewed, staff, utility):
    utility.memberships.create(user=staff, role="viewer")
    assert as_(staff).get(address("checklist", reviewed)).status_code == 403
    assert as_(staff).post(address("complete", reviewed), sent(reviewed)).status_code == 403


# Taking up.


def test_taking_up_draws_the_checklist_up_once(as_, at, staff, colleague):
    application = at(Status.SUBMITTED)
    assert "Review not started" in as_(staff).get(address("checklist", application)).text
    answer = as_(staff).post(address("take_up", application))
    assert answer.url == address("checklist", application)
    again = as_(colleague).post(address("take_up", application))
    assert again.url == application.get_absolute_url()
    assert "now at “completeness review”" in said(again)
    assert [item.name for item in CheckItem.objects.all()] == list(LINES)
    assert application.events.filter(to_status="completeness").count() == 1
    text = as_(staff).get(address("checklist", application)).text
    assert text.count("The automatic check found nothing missing.") == len(LINES) - len(PERSONS_ONLY)
    assert text.count("This can’t be checked automatically.") == len(PERSONS_ONLY)
    assert text.count('value="yes" id=') == len(LINES)
    assert text.count(" checked>") == len(LINES) - len(PERSONS_ONLY), "a person's lines start unanswered"
    assert "product-quality-assessed-0" in text


def test_each_finding_of_the_machine_stands_on_its_line(at):
    """One finding at a time; every code that the completeness check can give is on the list above."""
    submission = at(Status.SUBMITTED).submission
    for code in sorted({code for codes in LINES.values() for code in codes}):
        submission.deficiencies = [{"code": code, "field": "x", "message": f"Say {code}."}]
        CheckItem.objects.all().delete()
        CheckItem.draw_up(submission)
        against = {item.name: item.findings for item in CheckItem.objects.filter(found=False)}
        assert against == {name: [f"Say {code}."] for name, codes in LINES.items() if code in codes}, code
        assert [item.name for item in CheckItem.objects.filter(found=None)] == PERSONS_ONLY


def test_the_machine_s_findings_stand_on_a_paper_one_with_gaps(as_, staff, utility, cycle, own_folder):
    from tests.uploads import upload

    application = Application.enter_on_paper(utility=utility, cycle=cycle, scan=upload("scan.pdf"), by=staff)
    application.submit(by=staff)
    as_(staff).post(address("take_up", application))
    text = as_(staff).get(address("checklist", application)).text
    assert "Enter the facility manager&#x27;s name." in text
    assert 'value="no" id="id_contact-met_1" checked' in text
    assert f'href="{address("scan", application)}"' in text


# The checklist.


def test_the_whole_checklist_is_saved_by_one_button(as_, reviewed, staff):
    data = sent(reviewed, photos=("no", "No caption says what it shows."), recent=("", ""))
    answer = as_(staff).post(address("checklist_save", reviewed), data)
    assert answer.url == address("checklist", reviewed)
    saved = {item.name: item for item in reviewed.submission.checklist.all()}
    assert (saved["photos"].met, saved["photos"].reason) == (False, "No caption says what it shows.")
    assert (saved["photos"].judged_by, saved["recent"].met, saved["recent"].judged_by) == (staff, None, None)
    assert saved["contact"].met is True
    text = as_(staff).get(address("checklist", reviewed)).text
    assert "No caption says what it shows.</textarea>" in text
    assert "Saved by Sam Prather" in text


def test_overruling_and_a_person_s_no_need_a_reason_and_nothing_typed_is_lost(as_, reviewed, staff):
    data = sent(reviewed, photos=("no", " "), prompts=("no", ""), recent=("no", "Two texts tell of 2019."))
    answer = as_(staff).post(address("checklist_save", reviewed), data)
    assert answer.status_code == 422
    assert answer.text.count('class="usa-error-message"') == 2
    assert "Photos are JPEG with captions: Explain why you disagree" in answer.text
    assert "Two texts tell of 2019." in answer.text
    assert "<title>Error: " in answer.text
    assert not reviewed.submission.checklist.exclude(met=None).exists()


def test_two_at_once_are_told_of_each_other(as_, reviewed, staff, colleague):
    mine, theirs = sent(reviewed, photos=("no", "Mine.")), sent(reviewed, photos=("no", "Theirs."))
    assert as_(colleague).post(address("checklist_save", reviewed), theirs).status_code == 302
    answer = as_(staff).post(address("checklist_save", reviewed), mine)
    assert answer.status_code == 422
    assert "Sue Weir just saved this checklist" in answer.text
    assert "Mine.</textarea>" in answer.text
    assert reviewed.submission.checklist.get(name="photos").reason == "Theirs."
    anew = mine | {"seen": last_judged(reviewed.submission.checklist.all())}
    assert anew["seen"] in answer.text.replace("&#x2B;", "+")
    assert as_(staff).post(address("checklist_save", reviewed), anew).status_code == 302
    assert reviewed.submission.checklist.get(name="photos").reason == "Mine."


# Complete.


def test_complete_saves_what_was_sent_and_passes_on_once(as_, reviewed, staff, colleague):
    data = sent(reviewed)
    answer = as_(staff).post(address("complete", reviewed), data)
    assert answer.url == reverse("recognition:queue", args=["completeness"])
    again = as_(colleague).post(address("complete", reviewed), data)
    assert again.url == reviewed.get_absolute_url()
    assert "Nothing was changed" in said(again)
    reviewed.refresh_from_db()
    assert reviewed.status == Status.COMPLIANCE
    assert not reviewed.submission.checklist.exclude(met=True, judged_by=staff).exists()
    assert reviewed.events.filter(to_status="compliance").count() == 1
    text = as_(staff).get(address("checklist", reviewed)).text
    assert "<textarea" not in text, "once the stage is over it is read"
    assert text.count(">Met</span>") == len(LINES)


@pytest.mark.parametrize(
    ("line", "why"), [(("", ""), "Answer every line of the checklist"), (("no", "Not there."), "Some lines are marked")]
)
def test_what_is_not_all_met_is_not_complete_but_saved(as_, reviewed, staff, line, why):
    answer = as_(staff).post(address("complete", reviewed), sent(reviewed, prompts=line))
    assert answer.url == address("checklist", reviewed)
    assert why in said(answer)
    reviewed.refresh_from_db()
    assert reviewed.status == Status.COMPLETENESS
    assert reviewed.submission.checklist.get(name="contact").met


def test_a_colleague_s_no_is_not_passed_over(reviewed, staff, colleague, as_):
    data = sent(reviewed)
    as_(colleague).post(address("checklist_save", reviewed), sent(reviewed, photos=("no", "Theirs.")))
    assert as_(staff).post(address("complete", reviewed), data).status_code == 422
    reviewed.refresh_from_db()
    assert reviewed.status == Status.COMPLETENESS


# Returned.


def test_returning_shows_the_letter_then_sends_it_once(as_, reviewed, staff, colleague, manager):
    browser = as_(staff)
    data = sent(reviewed, prompts=("no", "Say how you measure it.")) | {"then": "return"}
    assert browser.post(address("checklist_save", reviewed), data).url == address("return", reviewed)
    assert "Say how you measure it." in browser.get(address("return", reviewed)).text
    due = timezone.localdate() + timedelta(days=14)
    form = {"due": f"{due}", "letter": "A clear text.\r\nOne thing is left."}
    shown = browser.post(address("return", reviewed), form)
    assert f"{due:%B %-d, %Y}, 11:59 PM" in shown.text
    assert "- Say how you measure it." in shown.text
    assert not Email.objects.filter(subject__startswith="Please complete").exists()
    assert "One thing is left.</textarea>" in browser.post(address("return", reviewed), form | {"change": "1"}).text

    answer = browser.post(address("return", reviewed), form | {"confirmed": "1"})
    again = as_(colleague).post(address("return", reviewed), form | {"confirmed": "1"})
    assert answer.url == reverse("recognition:queue", args=["completeness"])
    assert "now at “returned for completion”" in said(again)
    reviewed.refresh_from_db()
    assert (reviewed.status, reviewed.resubmit_by) == (Status.RETURNED, reviewed.end_of(due))
    [email] = Email.objects.filter(subject__startswith="Please complete")
    assert email.to == [manager.email]
    assert "One thing is left." in email.message
    assert "- Say how you measure it." in email.message
    [event] = reviewed.events.filter(to_status="returned")
    assert (event.by, event.why.split()) == (staff, form["letter"].split())


def test_a_return_needs_a_day_to_come_and_something_missing(as_, reviewed, staff):
    browser = as_(staff)
    answer = browser.get(address("return", reviewed))
    assert answer.url == address("checklist", reviewed)
    assert "Answer every line" in said(answer)
    browser.post(address("checklist_save", reviewed), sent(reviewed))
    assert "Nothing is marked as missing" in said(browser.get(address("return", reviewed)))
    browser.post(address("checklist_save", reviewed), sent(reviewed, prompts=("no", "Not there.")))
    answer = browser.post(address("return", reviewed), {"due": f"{timezone.localdate()}", "confirmed": "1"})
    assert answer.status_code == 422
    assert "Choose a date after today" in answer.text
    reviewed.refresh_from_db()
    assert reviewed.status == Status.COMPLETENESS


@pytest.fixture
def resubmitted(returned, manager):
    """Version 2, with one answer changed."""
    answers = returned.sections.get(name="attributes.product-quality").answers | {"measures": "Turbidity each week."}
    fill(returned, manager, **{"attributes.product-quality": answers})
    answer_points(returned, manager)
    returned.submit(by=manager)
    return returned


def test_version_2_shows_what_changed_and_can_not_be_returned(as_, resubmitted, staff):
    browser = as_(staff)
    browser.post(address("take_up", resubmitted))
    text = browser.get(address("checklist", resubmitted)).text
    assert text.count('<details class="change">') == 1
    assert "Product quality</b>" in text
    assert "<td>Turbidity each week.</td>" in text
    assert "<b>Not met</b> in version 1: Say how you measure it." in text
    assert "Save and return" not in text
    application = Application.objects.get(pk=resubmitted.pk)
    browser.post(address("checklist_save", application), sent(application, photos=("no", "None has a caption.")))
    answer = browser.get(address("return", application))
    assert "An application can be returned only once." in said(answer)
    assert application.submissions.get(number=1).checklist.get(name="photos").met, "each version keeps its own"


def test_changes_tell_what_is_new_changed_and_taken_out(cycle):
    before, after = whole_content(), whole_content()
    after["contact"] = after["contact"] | {"phone": "541 555 0199"}
    del after["attributes.product-quality"]
    after["categories.biosolids"] = {"chosen": True, "narrative": "Composted."}
    found = changes(before, after, cycle.edition.criteria)
    assert [(change.anchor, change.how) for change in found] == [
        ("contact", "changed"),
        ("categories-biosolids", "new"),
        ("attributes-product-quality", "removed"),
    ]
    assert found[0].lines == [("Phone", "541 555 0100", "541 555 0199")]
    assert changes(before, before, cycle.edition.criteria) == []


# Incomplete.


def test_closing_as_incomplete_needs_a_reason_and_is_told_once(as_, reviewed, staff, colleague, manager):
    browser = as_(staff)
    assert browser.post(address("incomplete", reviewed), {"why": " "}).status_code == 422
    shown = browser.post(address("incomplete", reviewed), {"why": "Half of it is missing."})
    assert "Half of it is missing." in shown.context["letter"].body
    reviewed.refresh_from_db()
    assert reviewed.status == Status.COMPLETENESS, "a preview closes nothing"
    answer = browser.post(address("incomplete", reviewed), {"why": "Half of it is missing.", "confirmed": "1"})
    again = as_(colleague).post(address("incomplete", reviewed), {"why": "Half of it is missing.", "confirmed": "1"})
    assert answer.url == reverse("recognition:queue", args=["completeness"])
    assert "now at “incomplete”" in said(again)
    reviewed.refresh_from_db()
    assert reviewed.status == Status.INCOMPLETE
    assert reviewed.events.get(to_status="incomplete").why == "Half of it is missing."
    [email] = Email.objects.filter(subject__startswith="Application closed as incomplete")
    assert email.to == [manager.email]
    assert "Half of it is missing." in email.message
    assert "was not resubmitted" not in email.message


def test_a_returned_one_is_closed_only_after_its_date(as_, returned, staff):
    browser = as_(staff)
    assert "can still resubmit until" in browser.get(address("incomplete", returned)).text
    browser.post(address("incomplete", returned), {"why": "It did not come back.", "confirmed": "1"})
    returned.refresh_from_db()
    assert returned.status == Status.RETURNED
    Application.objects.filter(pk=returned.pk).update(resubmit_by=timezone.now() - timedelta(seconds=1))
    browser.post(address("incomplete", returned), {"why": "It did not come back.", "confirmed": "1"})
    returned.refresh_from_db()
    assert returned.status == Status.INCOMPLETE
    assert "was not resubmitted by that date" in Email.objects.order_by("pk").last().message


def test_the_checklist_asks_the_database_as_much_for_many_lines_as_for_few(as_, reviewed, staff):
    browser = as_(staff)

    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            browser.get(address("checklist", reviewed))
        return len(captured)

    CheckItem.objects.update(met=True, judged_by=staff, judged_at=timezone.now())
    whole = count()
    CheckItem.objects.exclude(name__in=["contact", "prompts"]).delete()
    assert count() == whole


# The timeline.


def test_the_timeline_tells_applicants_stages_and_what_was_written_to_them(as_, resubmitted, staff, manager, panelists):
    own, theirs = [as_(person).get(resubmitted.get_absolute_url()).text for person in (manager, staff)]
    for text in (own, theirs):
        assert "Returned for completion" in text
        assert "Say how you measure it." in text
        assert "Thank you." in text
        assert "Mara Gerr</small>" in text, "their own person"
    assert "Sam Prather" in theirs
    assert "Sam Prather" not in own
    assert "Started" in theirs
    assert "<b>Started</b>" not in own


def test_the_timeline_keeps_the_panel_to_those_who_may_know(as_, at, manager, compliance, staff, panelists, official):
    application = at(Status.RECOMMENDED)
    shown = {
        person.email.split("@")[0]: as_(person).get(application.get_absolute_url()).text
        for person in (manager, compliance, staff, panelists[0], official)
    }
    for who in ("staff", "panelist1", "official"):
        assert "Pia Nestor was assigned to the panel" in shown[who]
        assert "<b>Recommended</b>" in shown[who]
    for who in ("manager", "compliance"):
        assert "<b>Awaiting decision</b>" in shown[who]
        assert "<b>Recommended</b>" not in shown[who]
    assert not [name for name in ("Nestor", "Nolan", "Nell", "Prather", "Lyle") if name in shown["manager"]]
    assert "Submitted a review" not in shown["manager"]


def test_a_member_reads_only_stages_and_the_region_before_the_own_review(as_, at, panelists, staff, compliance):
    from recognition.models import Seat
    from recognition.models.review import find_compliant, hear_region
    from tests.applications import review

    application = at(Status.COMPLIANCE)
    application.cycle.asks_region = True
    application.cycle.save()
    for kind in ("criminal", "administrative"):
        application.compliance_checks.create(kind=kind, source="ECHO", checked_on=timezone.localdate(), result="clear")
    find_compliant(application, by=compliance)
    hear_region(application, by=staff, recommends=True, words="A leader in our Region.")
    first, second = [Seat.assign(application, member, by=staff, due=timezone.localdate()) for member in panelists[:2]]
    review(second)

    def text() -> str:
        return as_(panelists[0]).get(application.get_absolute_url()).text

    assert "A leader in our Region." not in text(), "not before the declaration"
    first.declare()
    assert "A leader in our Region." in text()
    assert "Pete Nolan" not in text()
    assert "Submitted a review" not in text()
    assert "Sam Prather" not in text()
    first.ratings.update(value="met")
    first.submit()
    assert "Pete Nolan" in text()


def test_find_complete_holds_the_stage(reviewed, staff):
    """Read before a colleague closed it: the rule itself says no."""
    from workflow.models import WrongState

    reviewed.submission.checklist.update(met=True)
    Application.objects.filter(pk=reviewed.pk).update(status="withdrawn")
    with pytest.raises(WrongState):
        find_complete(reviewed, by=staff)
