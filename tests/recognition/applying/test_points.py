"""What staff found missing: points that a returned application shows, each to be answered before it comes back."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from recognition.models import Application, Incomplete
from recognition.models.review import begin_completeness, return_for_completion
from tests.applications import answer_points, fill, whole_content
from tests.factories import MembershipFactory, UserFactory

Status = Application.Status
pytestmark = pytest.mark.django_db
ASKED = {"prompts": "Say which measures you use.", "recent": "Show what worked this year."}


def url(name: str, application: Application, *more) -> str:
    return reverse(f"recognition:{name}", args=[application.pk, *more])


@pytest.fixture
def returned(at, staff):
    application = at(Status.COMPLETENESS)
    checklist = application.submission.checklist
    checklist.update(met=True)
    for name, reason in ASKED.items():
        checklist.filter(name=name).update(met=False, reason=reason)
    due = timezone.localdate() + timedelta(days=10)
    return_for_completion(application, by=staff, due=due, letter="Nearly there.")
    return application


def test_the_form_shows_each_point_and_is_not_ready_until_each_is_answered(returned, manager, as_):
    browser = as_(manager)
    page = browser.get(url("step", returned, "points")).text
    for reason in ASKED.values():
        assert reason in page
    submit = browser.get(url("step", returned, "submit")).text
    assert "Not ready to submit" in submit
    assert "Nothing missing" not in submit
    assert submit.count("Answer the point of program staff") == len(ASKED)
    with pytest.raises(Incomplete):
        returned.submit(by=manager)
    for name in ASKED:
        data = {"version": 1, "answer": f"Done: {name}.", "label": "Mine", "asked": "Nothing"}
        assert browser.post(url("section", returned, f"points.{name}"), data).status_code == 302
    submit = browser.get(url("step", returned, "submit")).text
    assert "Ready to submit" in submit
    version = returned.submit(by=manager)
    assert {name: version.content[f"points.{name}"]["asked"] for name in ASKED} == {
        name: [reason] for name, reason in ASKED.items()
    }, "what was asked stays as staff asked it"


def test_staff_read_each_answer_beside_its_line(returned, manager, staff, as_):
    answer_points(returned, manager, "We count calls each week.")
    returned.submit(by=manager)
    begin_completeness(returned, by=staff)
    page = as_(staff).get(url("checklist", returned)).text
    assert len(re.findall("The applicant’s answer:</b> We count calls each week.", page)) == len(ASKED)


def test_without_points_there_is_no_such_step(draft, manager, as_):
    assert url("step", draft, "points") not in as_(manager).get(url("step", draft, "facility")).text
    assert as_(manager).get(url("step", draft, "points")).url == url("step", draft, "facility")


def test_answers_are_not_carried_into_the_next_cycle(returned, manager, cycle):
    answer_points(returned, manager)
    returned.submit(by=manager)
    again = type(cycle).objects.create(title="Next", edition=cycle.edition, opens=cycle.opens, closes=cycle.closes)
    later = Application.start(utility=returned.utility, cycle=again, by=manager, previous=returned)
    assert not later.sections.filter(name__startswith="points.").exists()


# Where letters go.


def test_letters_go_to_the_address_in_the_form_with_copies_to_the_managers(draft, manager, utility):
    MembershipFactory(utility=utility, user=UserFactory(email="second@example.org"), role="manager")
    contact = whole_content()["contact"]
    fill(draft, manager, contact=contact | {"email": "facility@example.org"})
    assert draft.applicants() == ["manager@example.org", "second@example.org"], "a draft says nothing yet"
    draft.submit(by=manager)
    to = ["facility@example.org", "manager@example.org", "second@example.org"]
    assert draft.applicants() == to
    assert sorted(email.to[0] for email in Email.objects.filter(subject__startswith="Application received")) == to


def test_one_person_at_both_addresses_gets_one_letter(draft, manager):
    fill(draft, manager, contact=whole_content()["contact"] | {"email": "Manager@Example.org"})
    draft.submit(by=manager)
    assert [email.to for email in Email.objects.all()] == [["Manager@Example.org"]]


def test_an_edit_of_the_returned_form_redirects_no_letter(returned, manager):
    fill(returned, manager, contact=whole_content()["contact"] | {"email": "new@example.org"})
    assert returned.applicants() == ["manager@example.org"]
