"""The page of a cycle's letters and certificates, and all of them asked for at once."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from accounts.models import Membership, Role
from recognition.deciding.document_views import lacking
from recognition.models import Application, Cycle, Decision, Recognition
from reports import kinds, rendering
from reports.models import Report
from tests.conftest import main_of
from tests.factories import UtilityFactory
from tests.pdf_ua import problems

pytestmark = pytest.mark.django_db
Status = Application.Status


def page_of(cycle) -> str:
    return reverse("recognition:documents", args=[cycle.pk])


def released(cycle, name: str, recognize: bool = True) -> Application:
    """Another utility's outcome, as the doors would leave it."""
    application = Application.objects.create(
        utility=UtilityFactory(name=name), cycle=cycle, status="recognized" if recognize else "not_recognized"
    )
    Decision.objects.create(
        application=application,
        recognize=recognize,
        recommended=recognize,
        subject="The decision",
        body=f"Dear {name}",
        released_at=timezone.now(),
    )
    if recognize:
        Recognition.issue(application)
    return application


def parts(user, cycle) -> list[tuple[str, str, str]]:
    bundle = kinds.get("cycle-documents")
    return [(part.kind, part.folder, part.filename) for part in bundle.parts(bundle.find(user, cycle.pk))]


@pytest.fixture
def outcomes(cycle) -> list[Application]:
    return [released(cycle, "Willow"), released(cycle, "Alder"), released(cycle, "Birch", recognize=False)]


def test_it_counts_what_can_be_made_and_offers_each(outcomes, cycle, staff, as_):
    page = as_(staff).get(page_of(cycle)).text
    for said in ("Create all", "Alder", "Birch", "Willow", Recognition.objects.first().number):
        assert said in page
    for application, kind in zip(outcomes, ["certificate", "certificate", "non-recognition-letter"], strict=True):
        assert reverse("reports:request", args=[kind, application.pk]) in page
    assert reverse("reports:request", args=["certificate", outcomes[2].pk]) not in page
    assert as_(staff).post(page_of(cycle)).status_code == 405


@pytest.mark.parametrize("role", ["manager", "official", "compliance", "stranger"])
def test_it_is_not_there_for_others(request, outcomes, cycle, as_, role):
    user = request.getfixturevalue(role)
    assert as_(user).get(page_of(cycle)).status_code == 404
    assert as_(user).post(reverse("reports:request", args=["cycle-documents", cycle.pk])).status_code == 404
    assert not Report.objects.exists()


def test_nothing_is_released_yet(at, cycle, staff, as_):
    at(Status.RECOMMENDED)
    page = as_(staff).get(page_of(cycle)).text
    assert "No decisions have been released in this cycle yet" in page
    assert "Create all" not in page
    assert parts(staff, cycle) == []


def test_the_list_filters_and_exports(outcomes, cycle, staff, as_):
    browser = as_(staff)
    page = browser.get(page_of(cycle), {"status": "not_recognized"}).text
    assert "Birch" in page
    assert "Alder" not in page
    assert "Willow" in browser.get(page_of(cycle), {"words": "willow"}).text
    lines = browser.get(page_of(cycle), {"export": "csv"}).content.decode("utf-8-sig").splitlines()
    assert lines[0] == "Utility,Outcome,Released,Valid until,Number"
    assert len(lines) == 4


def test_queries_do_not_grow_with_the_rows(cycle, staff, as_):
    browser = as_(staff)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(page_of(cycle)).status_code == 200
        return len(queries)

    released(cycle, "Alder")
    released(cycle, "Elm", recognize=False)
    asked()
    before = asked()
    for number in range(3):
        released(cycle, f"Birch {number}")
        released(cycle, f"Willow {number}", recognize=False)
    assert asked() == before


def test_all_of_a_cycle_in_order_of_their_names(outcomes, cycle, staff):
    assert parts(staff, cycle) == [
        ("recognition-letter", "letters", "Alder"),
        ("recognition-letter", "letters", "Willow"),
        ("non-recognition-letter", "letters-not-recognized", "Birch"),
        ("certificate", "certificates", "Alder"),
        ("certificate", "certificates", "Willow"),
    ]
    for part in kinds.get("cycle-documents").parts(kinds.get("cycle-documents").find(staff, cycle.pk)):
        assert kinds.single(part.kind).find(staff, part.object_id) is not None


def test_without_an_own_utility_which_the_page_counts(outcomes, cycle, staff, as_):
    Membership.objects.create(user=staff, utility=outcomes[1].utility, role=Role.VIEWER)
    assert "Alder" not in {name for _, _, name in parts(staff, cycle)}
    page = main_of(as_(staff).get(page_of(cycle)))
    assert "1 is not included because you are a member of that utility." in page
    assert "Alder" not in page


def test_without_the_certificate_of_a_revoked_recognition(outcomes, cycle, staff, as_):
    outcomes[1].recognition.revoke(by=staff, why="The permit was withdrawn.")
    assert ("certificate", "certificates", "Alder") not in parts(staff, cycle)
    assert ("recognition-letter", "letters", "Alder") in parts(staff, cycle)
    page = as_(staff).get(page_of(cycle)).text
    assert "1 revoked, no certificate" in page
    assert reverse("reports:request", args=["certificate", outcomes[1].pk]) not in page


def test_asking_for_all_makes_one_bundle_and_the_page_shows_it(outcomes, cycle, staff, as_):
    browser = as_(staff)
    ask = reverse("reports:request", args=["cycle-documents", cycle.pk])
    answer = browser.post(ask)
    report = Report.objects.get(parent=None)
    assert answer["Location"] == reverse("reports:report", args=[report.pk])
    assert report.title == "Letters and certificates: Recognition 2027"
    assert reverse("reports:report", args=[report.pk]) in browser.get(page_of(cycle)).text


def test_it_says_what_the_cycle_lacks(outcomes, cycle, staff, as_):
    Cycle.objects.update(signatory_name="", signatory_title="")
    cycle.refresh_from_db()
    page = as_(staff).get(page_of(cycle)).text
    assert "No signer is entered" in page
    assert "The sender is empty" in page
    assert "An administrator can add this to the cycle." in page
    cycle.signatory_name = "Dana Whitfield"
    assert lacking(cycle)[0] == "The signer has no title."
    cycle.signatory_title, cycle.letterhead = "Director", "Office of Water Programs"
    cycle.save()
    assert lacking(cycle) == []
    page = as_(staff).get(page_of(cycle)).text
    assert "Dana Whitfield" in page
    assert "No signer" not in page


def test_who_administers_gets_there_from_the_page(outcomes, cycle, staff, as_):
    edit = reverse("admin:recognition_cycle_change", args=[cycle.pk])
    assert edit not in as_(staff).get(page_of(cycle)).text
    staff.is_staff = True
    staff.save()
    staff.user_permissions.set(Permission.objects.filter(codename__in=["change_cycle", "change_emailtemplate"]))
    page = as_(staff).get(page_of(cycle)).text
    assert edit in page
    assert page.count("/admin/post_office/emailtemplate/") == 3


def test_the_scores_are_asked_for_where_is_decided(at, official, as_):
    cycle = at(Status.RECOMMENDED).cycle
    page = as_(official).get(reverse("recognition:decisions", args=[cycle.pk])).text
    assert reverse("reports:request", args=["score-summary", cycle.pk]) in page


def test_an_applicants_page_offers_what_is_theirs(at, manager, as_):
    application = at(Status.RECOGNIZED)
    page = as_(manager).get(application.get_absolute_url()).text
    for kind in ("recognition-letter", "certificate", "application-packet"):
        assert reverse("reports:request", args=[kind, application.pk]) in page
    assert reverse("reports:request", args=["score-summary", application.cycle_id]) not in page
    application.recognition.revoke(by=manager, why="Withdrawn.")
    page = as_(manager).get(application.get_absolute_url()).text
    assert reverse("reports:request", args=["certificate", application.pk]) not in page


def test_for_the_printer_they_are_one_accessible_pdf(outcomes, cycle, staff, tmp_path):
    for folder, pages in (("letters", 2), ("letters-not-recognized", 1), ("certificates", 2)):
        volume = rendering.Volume()
        bundle = kinds.get("cycle-documents")
        for part in bundle.parts(bundle.find(staff, cycle.pk)):
            kind = kinds.single(part.kind)
            if part.folder == folder:
                volume.add(part.filename, kind.template, kind.context(kind.find(staff, part.object_id)))
        volume.write(tmp_path / f"{folder}.pdf", folder)
        assert problems(tmp_path / f"{folder}.pdf") == []
        assert len(PdfReader(tmp_path / f"{folder}.pdf").pages) == pages
