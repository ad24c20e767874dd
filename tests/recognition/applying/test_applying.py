"""An application from its start to its submission, on the pages of its own people."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from accounts.models import Role
from assessments.models import GapAnalysis
from recognition.applying.steps import STEPS
from recognition.models import Application, Cycle
from tests.applications import ATTRIBUTES, fill
from tests.factories import MembershipFactory, UtilityFactory

Status = Application.Status
pytestmark = pytest.mark.django_db
JSON = {"headers": {"Accept": "application/json"}}


def url(name: str, application: Application, *more) -> str:
    return reverse(f"recognition:{name}", args=[application.pk, *more])


def stored(application: Application, name: str) -> dict:
    return application.sections.get(name=name).answers


def save(browser, application: Application, name: str, version: int | None = None, **fields):
    if version is None:
        version = application.sections.get(name=name).version
    return browser.post(url("section", application, name), {"version": version} | fields, **JSON)


def test_only_an_open_cycle_can_be_started_once_for_each_utility(cycle, utility, contributor, as_):
    browser = as_(contributor)
    assert b"Start an application" in browser.get(reverse("recognition:list")).content

    made = browser.post(reverse("recognition:start", args=[cycle.pk]), {"utility": utility.pk})
    again = browser.post(reverse("recognition:start", args=[cycle.pk]), {"utility": utility.pk})

    application = Application.objects.get()
    assert made.url == url("step", application, "facility")
    assert again.status_code == 422
    assert stored(application, "contact")["organization"] == utility.name
    assert stored(application, "eligibility")["facility_types"] == utility.systems
    Cycle.objects.update(closes=timezone.now())
    assert browser.get(reverse("recognition:start", args=[cycle.pk])).status_code == 404


def test_start_takes_no_utility_of_others_and_no_viewers(cycle, utility, viewer, stranger, as_):
    for person in (viewer, stranger):
        answer = as_(person).post(reverse("recognition:start", args=[cycle.pk]), {"utility": utility.pk})
        assert answer.status_code == 422
    assert not Application.objects.exists()


def test_text_is_carried_over_from_an_earlier_cycle_but_signed_anew(draft, manager, utility, as_):
    draft.submit(by=manager)
    Cycle.objects.update(closes=timezone.now())
    later = Cycle.objects.create(
        title="Recognition 2029",
        edition=draft.cycle.edition,
        opens=timezone.now(),
        closes=timezone.now() + timedelta(days=9),
    )
    as_(manager).post(reverse("recognition:start", args=[later.pk]), {"utility": utility.pk, "previous": draft.pk})

    application = Application.objects.get(cycle=later)
    assert stored(application, "attributes.product-quality") == stored(draft, "attributes.product-quality")
    assert stored(application, "certification") == {} == stored(application, "attestation")
    assert application.carried_from == draft


def test_every_step_has_its_page_for_those_who_write(draft, contributor, viewer, stranger, as_, staff):
    for step in STEPS:
        address = url("step", draft, step.name)
        assert as_(contributor).get(address).status_code == 200
        assert as_(viewer).get(address).url == draft.get_absolute_url()
        assert as_(stranger).get(address).status_code == 404
        assert as_(staff).get(address).status_code == 403
    assert as_(contributor).get(url("step", draft, "nowhere")).status_code == 404


def test_a_section_saves_and_tells_what_is_missing(draft, contributor, as_):
    answer = save(
        as_(contributor), draft, "contact", organization="Riverbend", identifiers="or1234567; or 1234568\n\n ORSO00001 "
    )

    assert answer.status_code == 200
    problem = answer.json()
    assert problem["version"] == draft.sections.get(name="contact").version
    assert "Enter a phone number" in problem["missing"]
    assert problem["words"] == 4 * 4 * 8 + 2 * 30
    assert stored(draft, "contact")["identifiers"] == ["OR1234567", "OR1234568", "ORSO00001"]
    assert "Check “ORSO00001”: it has a letter O" in problem["missing"]


def checked_off(html: str) -> list[str]:
    """The steps that the page marks as complete."""
    return re.findall(r">✓</span>([^<]+)<", html)


def test_a_step_is_checked_off_only_when_it_is_done(draft, manager, as_):
    browser = as_(manager)
    for section in draft.sections.all():
        section.application = draft
        section.answer(section.version, {}, by=manager)
    page = browser.get(url("step", draft, "facility")).text
    assert checked_off(page) == [], "nothing is required of attributes before the size is known, and nothing is done"

    fill(draft, manager)
    page = browser.get(url("step", draft, "facility")).text
    assert checked_off(page) == ["Facility", "Contact", "Attributes", "Resources", "Certification"]
    assert "missing item" not in page


def test_a_save_checks_off_the_steps_and_the_list_at_once(draft, manager, as_):
    browser = as_(manager)
    whole = {"title": "Chief", "date": "2026-09-30", "agreed": "on"}
    answer = browser.post(url("section", draft, "certification"), {"version": 2, "name": ""} | whole, **JSON).json()
    assert "Certification" not in checked_off(answer["steps"])
    assert "Enter the certifier" in answer["missing"]
    answer = browser.post(url("section", draft, "certification"), {"version": 3, "name": "Ann"} | whole, **JSON).json()
    assert "Certification" in checked_off(answer["steps"])
    assert answer["n_missing"] == 0


def test_a_section_that_someone_else_changed_shows_both(draft, manager, contributor, as_):
    before = draft.sections.get(name="partners").version
    save(as_(manager), draft, "partners", partners="The county")
    answer = save(as_(contributor), draft, "partners", version=before, partners="The state")

    assert answer.status_code == 409
    assert "The county" in answer.json()["conflict"]
    assert stored(draft, "partners") == {"partners": "The county"}
    page = as_(contributor).post(url("section", draft, "partners"), {"version": before, "partners": "The state"})
    assert page.status_code == 409
    assert b"The county" in page.content
    assert b"The state" in page.content


def test_wrong_values_are_named_and_the_others_saved(draft, manager, as_):
    wrong = {"facility_types": ["nuclear"], "wastewater_mgd": "8-12", "drinking_water_population": "48,500"}
    before = stored(draft, "eligibility")
    answer = save(as_(manager), draft, "eligibility", **wrong)

    assert answer.status_code == 200
    assert {error["name"] for error in answer.json()["errors"]} == {"facility_types", "wastewater_mgd"}
    assert stored(draft, "eligibility") == before | {"drinking_water_population": 48500, "stormwater_population": None}
    page = as_(manager).post(url("section", draft, "eligibility"), {"version": 2, "wastewater_mgd": "much"})
    assert page.status_code == 422
    assert b"much" in page.content


def test_one_wrong_email_does_not_keep_the_rest_of_a_card_from_being_saved(draft, manager, as_):
    before = stored(draft, "contact")
    answer = save(
        as_(manager), draft, "contact", **before | {"email": "mara@", "manager": "M. Gerr", "zip": "97701 Bend OR"}
    )

    assert {error["name"] for error in answer.json()["errors"]} == {"email", "zip"}
    kept = stored(draft, "contact")
    assert (kept["manager"], kept["email"], kept["zip"]) == ("M. Gerr", before["email"], before["zip"])


def test_markup_in_a_text_is_shown_as_text(draft, manager, as_):
    save(as_(manager), draft, "partners", partners="<script>alert(1)</script>")

    for name in ("contact", "submit"):
        page = as_(manager).get(url("step", draft, name)).content
        assert b"<script>alert(1)" not in page
        assert b"&lt;script&gt;alert(1)" in page


def test_only_its_writers_save(draft, viewer, stranger, staff, as_):
    for person, status in ((viewer, 403), (stranger, 404), (staff, 403)):
        assert save(as_(person), draft, "partners", partners="x").status_code == status
    assert as_(viewer).get(url("section", draft, "partners")).status_code == 405
    assert stored(draft, "partners") == {}


def test_after_submission_nothing_is_saved(draft, manager, as_):
    draft.submit(by=manager)

    assert save(as_(manager), draft, "partners", partners="x").status_code == 403
    assert as_(manager).get(url("step", draft, "contact")).url == draft.get_absolute_url()


def test_after_the_deadline_a_draft_is_read_but_neither_saved_nor_submitted(draft, manager, as_):
    Cycle.objects.update(closes=timezone.now())
    browser = as_(manager)

    assert save(browser, draft, "partners", partners="x").status_code == 422
    late = browser.post(url("submit", draft), follow=True)
    assert b"the deadline has passed" in late.content
    assert b"product-quality-assessed-0" in late.content
    assert not draft.submissions.exists()


def test_a_manager_submits_once_and_is_told_so(draft, manager, contributor, viewer, stranger, as_):
    for person, status in ((viewer, 403), (contributor, 403), (stranger, 404)):
        assert as_(person).post(url("submit", draft)).status_code == status
    assert as_(manager).get(url("submit", draft)).status_code == 405

    first = as_(manager).post(url("submit", draft), follow=True)
    second = as_(manager).post(url("submit", draft), follow=True)

    assert b"Submitted as version 1" in first.content
    assert b"It was already submitted" in second.content
    assert draft.submissions.count() == 1
    assert Email.objects.filter(to=[manager.email], subject__startswith="Application received").count() == 1


def test_an_incomplete_one_is_not_submitted(draft, manager, as_):
    fill(draft, manager, attestation={"attested": False})
    answer = as_(manager).post(url("submit", draft), follow=True)

    assert b"some items are still missing" in answer.content
    assert b"Confirm that you were in compliance for the past 12 months" in answer.content
    assert not draft.submissions.exists()


def test_withdrawing_is_the_managers_and_ends_it(at, manager, contributor, stranger, as_):
    application = at(Status.COMPLIANCE)
    for person, status in ((contributor, 403), (stranger, 404)):
        assert as_(person).post(url("withdraw", application)).status_code == status

    as_(manager).post(url("withdraw", application), {"why": "We merge with another utility."})
    again = as_(manager).post(url("withdraw", application), follow=True)

    application.refresh_from_db()
    assert application.status == Status.WITHDRAWN
    assert application.events.last().why == "We merge with another utility."
    assert b"It was already withdrawn" in again.content


def test_withdrawing_is_too_late_after_the_release(at, manager, as_):
    application = at(Status.RECOGNIZED)
    assert as_(manager).post(url("withdraw", application)).status_code == 403


def test_a_draft_is_deleted_by_its_manager_only(draft, manager, contributor, staff, stranger, as_):
    for person, status in ((contributor, 403), (staff, 403), (stranger, 404)):
        assert as_(person).post(url("discard", draft)).status_code == status
    as_(manager).post(url("discard", draft))
    assert not Application.objects.exists()


def test_a_submitted_one_is_not_deleted(draft, manager, as_):
    draft.submit(by=manager)
    answer = as_(manager).post(url("discard", draft), follow=True)
    assert b"Only a draft can be deleted" in answer.content
    assert Application.objects.exists()


def test_evidence_of_a_complete_gap_analysis_starts_a_narrative(draft, manager, analysis, viewer, as_):
    for finding in GapAnalysis.objects.visible_to(manager).get().findings.all():
        finding.my_role = Role.MANAGER
        finding.answer(finding.version, by=manager, rating=0, areas=[], evidence=f"Evidence on {finding.element}.")
    analysis.complete(by=manager)
    slug = ATTRIBUTES[0]
    before = stored(draft, f"attributes.{slug}")["assessed"]

    assert as_(viewer).post(url("evidence", draft, slug), {"analysis": analysis.pk}).status_code == 403
    as_(manager).post(url("evidence", draft, slug), {"analysis": analysis.pk})

    after = stored(draft, f"attributes.{slug}")["assessed"]
    assert after.startswith(before)
    mapped = draft.cycle.edition.attributes.get(slug=slug).elements.all()
    assert [element for element in mapped if f"Evidence on {element}." in after] == list(mapped)


def test_evidence_of_others_or_of_an_unfinished_analysis_is_not_taken(draft, manager, analysis, as_):
    other = MembershipFactory(user=manager, utility=UtilityFactory())
    foreign = GapAnalysis.start(by=manager, utility=other.utility, name="Other", as_of="2026-01-01", areas=["E"])
    for pk in (analysis.pk, foreign.pk, "x", ""):
        answer = as_(manager).post(url("evidence", draft, ATTRIBUTES[0]), {"analysis": pk})
        assert answer.status_code == 404


def test_the_page_of_an_application_tells_its_people_where_it_stands(at, manager, viewer, stranger, panelists, as_):
    application = at(Status.RECOMMENDED)
    for person in (manager, viewer):
        page = as_(person).get(application.get_absolute_url()).content.decode()
        assert "Awaiting decision" in page
        assert "Recommended" not in page
        assert not any(name in page for name in ("Paula", "Pete", "Pia"))
    assert as_(stranger).get(application.get_absolute_url()).status_code == 404


def test_lists_and_pages_cost_the_same_however_much_there_is(draft, manager, as_, django_assert_max_num_queries):
    browser = as_(manager)
    with django_assert_max_num_queries(14):
        browser.get(url("step", draft, "attributes"))
    with django_assert_max_num_queries(16):
        save(browser, draft, "partners", partners="x")
    with django_assert_max_num_queries(8):
        browser.get(reverse("recognition:list"))


def test_the_forms_approval_stands_at_its_start_only_where_it_is_set(draft, cycle, manager, as_):
    first = url("step", draft, "facility")
    assert b"OMB" not in as_(manager).get(first).content

    Cycle.objects.update(
        omb_control_number="2040-9999",
        omb_expires="2028-02-29",
        burden_hours="20.0",
        comments_address="EPA, Washington",
    )
    page = as_(manager).get(first).content.decode()
    assert all(words in page for words in ("2040-9999", "February 29, 2028", "about 20 hours", "EPA, Washington"))
    assert "2040-9999" not in as_(manager).get(url("step", draft, "contact")).content.decode()
