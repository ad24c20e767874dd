"""The packet for the panel and the scores for the decision: everything that the reader may see, and nothing else."""

import io

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pypdf import PdfReader

from accounts.models import Membership, Role, StaffGroup
from recognition.deciding import documents
from recognition.models import Application, Photo, Rating, Recommendation, Seat
from recognition.reviewing.agreement import Agreement
from reports import kinds, rendering
from tests.applications import fill, person_in, review
from tests.factories import UtilityFactory
from tests.pdf_ua import problems
from tests.pictures import photo

Status = Application.Status
SECRET = "climate3 climate4"


def found(kind: str, user, row):
    return kinds.single(kind).find(user, row.pk)


def markup(kind_name: str, user, row) -> str:
    kind = kinds.single(kind_name)
    return render_to_string(kind.template, kind.context(found(kind_name, user, row)))


def made(kind_name: str, user, row, path) -> PdfReader:
    kind = kinds.single(kind_name)
    data = rendering.pdf(rendering.pages(kind.template, kind.context(found(kind_name, user, row))))
    path.write_bytes(data)
    return PdfReader(io.BytesIO(data))


@pytest.fixture
def full(draft, manager, own_folder) -> Application:
    """With a photo and a passage that is claimed as confidential."""
    Photo.add(draft, photo(), by=manager, caption="The new filter hall", may_publish=True)
    fill(draft, manager, confidentiality={"passages": [SECRET]})
    return draft


# The packet: who may have it.


def test_there_is_none_of_a_draft(draft, manager, staff):
    assert found("application-packet", manager, draft) is None
    assert found("application-packet", staff, draft) is None


def test_its_own_people_and_program_staff_have_it_once_it_is_submitted(at, manager, viewer, staff, stranger):
    application = at(Status.SUBMITTED)
    for user in (manager, viewer, staff):
        assert found("application-packet", user, application).application == application
    assert found("application-packet", stranger, application) is None


def test_compliance_staff_officials_and_undeclared_members_do_not(seats, compliance, official, panelists):
    application = seats[0].application
    for user in (compliance, official, panelists[0]):
        assert found("application-packet", user, application) is None
    seats[0].declare()
    assert found("application-packet", panelists[0], application) is not None
    assert found("application-packet", panelists[3], application) is None, "not on this panel"


def test_asking_on_the_page(at, staff, stranger, as_):
    application = at(Status.SUBMITTED)
    url = f"/reports/request/application-packet/{application.pk}/"
    assert as_(staff).post(url).status_code == 302
    assert staff.reports.get().title == f"Application packet: {application}"
    assert as_(stranger).post(url).status_code == 404
    assert "Application packet (PDF)" in as_(staff).get(application.get_absolute_url()).text


# The packet: what of it.


def test_staff_read_all_of_it(full, at, staff):
    application = at(Status.PANEL)
    application.compliance_checks.filter(kind="criminal").update(note="Looked at twelve quarters.")
    page = markup("application-packet", staff, application)
    for said in (
        "1 Mill Road",
        "OR4100001",
        SECRET,
        "The new filter hall",
        "data:image/jpeg;base64,",
        "The contact is complete",
        "Looked at twelve quarters.",
        "Criminal check",
        "Contains passages claimed as confidential",
        "In compliance for the past 12 months",
        "188 of at most 5,000",
    ):
        assert said in page, said


def test_applicants_read_their_own_words_and_nothing_of_the_reviews(full, at, manager):
    page = markup("application-packet", manager, at(Status.PANEL))
    assert SECRET in page
    for hidden in ("Completeness review", "Compliance review", "Criminal check", "The contact is complete"):
        assert hidden not in page


def test_a_member_of_the_agency_reads_no_checklist(full, at, panelists, staff):
    application = at(Status.RECOMMENDED)
    page = markup("application-packet", panelists[0], application)
    assert SECRET in page
    assert "1 Mill Road" in page
    for hidden in ("Completeness review", "Compliance review"):
        assert hidden not in page


def test_an_outside_expert_reads_no_contact_no_claimed_passage_and_no_photo(full, at, panelists):
    page = markup("application-packet", panelists[2], at(Status.RECOMMENDED))
    assert "product-quality-assessed-0" in page
    assert "[claimed confidential, withheld]" in page
    for hidden in ("climate3", "1 Mill Road", "OR4100001", "mara@example.org", "filter hall", "data:image", "criminal"):
        assert hidden not in page
    assert "and photos are not included" in page


def test_it_has_bookmarks_and_page_numbers_and_is_accessible(full, at, staff, panelists, tmp_path):
    application = at(Status.RECOMMENDED)
    pdf = made("application-packet", staff, application, tmp_path / "packet.pdf")
    outline = [each.title for each in flat(pdf.outline)]
    for title in ("Riverbend Water and Sewer", "Summary", "Completeness review", "Product quality", "Photos"):
        assert title in outline
    assert f"{len(pdf.pages)} of {len(pdf.pages)}" in pdf.pages[-1].extract_text()
    assert problems(tmp_path / "packet.pdf") == []
    made("application-packet", panelists[2], application, tmp_path / "expert.pdf")
    assert problems(tmp_path / "expert.pdf") == []


def flat(outline):
    for each in outline:
        if isinstance(each, list):
            yield from flat(each)
        else:
            yield each


def test_what_is_typed_stays_text(draft, manager, staff, tmp_path, at):
    strange = "<h1>Not a heading</h1> & " + "x" * 400 + " 水 ✓"
    section = draft.sections.get(name="categories.climate-change")
    section.application = draft
    section.answer(section.version, section.answers | {"narrative": strange}, by=manager)
    application = at(Status.SUBMITTED)
    assert "<h1>Not" not in markup("application-packet", staff, application)
    made("application-packet", staff, application, tmp_path / "strange.pdf")
    assert problems(tmp_path / "strange.pdf") == []


# The scores.


def test_officials_and_program_staff_have_the_scores(at, official, staff, manager, compliance, panelists, stranger):
    cycle = at(Status.RECOMMENDED).cycle
    for user in (official, staff):
        assert found("score-summary", user, cycle).cycle == cycle
    for user in (manager, compliance, panelists[0], stranger):
        assert found("score-summary", user, cycle) is None


def test_what_they_say(at, official, as_, tmp_path):
    application = at(Status.RECOMMENDED)
    page = markup("score-summary", official, application.cycle)
    for said in (
        "Riverbend Water and Sewer",
        "Agree on all 6 criteria",
        "Recognize",
        "2.00",
        "Pia Nestor",
        "3 reviews",
    ):
        assert said in page, said
    assert "Everything is met." in page
    made("score-summary", official, application.cycle, tmp_path / "scores.pdf")
    assert problems(tmp_path / "scores.pdf") == []
    link = f"/reports/request/score-summary/{application.cycle_id}/"
    assert link in as_(official).get(application.get_absolute_url()).text
    assert as_(official).post(link).status_code == 302


def test_nothing_of_a_panel_at_work(at, seats, official, tmp_path):
    for seat in seats:
        review(seat, "partly")
    cycle = seats[0].application.cycle
    page = markup("score-summary", official, cycle)
    assert "No panel of this cycle has made a recommendation yet" in page
    assert "Riverbend" not in page
    made("score-summary", official, cycle, tmp_path / "none.pdf")
    assert problems(tmp_path / "none.pdf") == []


def test_an_own_utility_is_left_out_and_counted(at, staff, utility):
    application = at(Status.RECOMMENDED)
    Membership.objects.create(user=staff, utility=utility, role=Role.VIEWER)
    page = markup("score-summary", staff, application.cycle)
    assert "Riverbend" not in page
    context = documents.scores(found("score-summary", staff, application.cycle))
    assert (context["scores"], context["left_out"]) == ([], 1)


def test_a_panel_with_the_own_review_due_is_left_out(at, panelists, staff, official):
    application = at(Status.RECOMMENDED)
    sitting = person_in(StaffGroup.OFFICIAL, "late@example.org", "Lana Tesh")
    Seat.objects.create(application=application, member=sitting, due="2027-01-01")
    assert documents.scores(found("score-summary", sitting, application.cycle))["scores"] == []
    assert len(documents.scores(found("score-summary", official, application.cycle))["scores"]) == 1


def test_queries_do_not_grow_with_the_applications(at, official, cycle):
    application = at(Status.RECOMMENDED)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            documents.scores(found("score-summary", official, cycle))
        return len(queries)

    asked()  # the groups of the person are read once
    before = asked()
    for number in range(2):
        twin(application, f"Twin {number}")
    assert len(documents.scores(found("score-summary", official, cycle))["scores"]) == 3
    assert asked() == before


def twin(application, name) -> None:
    """Another utility's application at the same stage, with a review and its rating."""
    other = Application.objects.create(
        utility=UtilityFactory(name=name), cycle=application.cycle, status=application.status
    )
    lead, now = application.recommendation.by, timezone.now()
    Recommendation.objects.create(application=other, recommends=True, reasons="Good.", by=lead)
    seat = Seat.objects.create(
        application=other, member=lead, due=now.date(), declared_at=now, submitted_at=now, lead=True
    )
    Rating.objects.create(seat=seat, criterion="attributes.product-quality", value="met")


def test_the_mean_counts_met_twice():
    assert documents.mean([Agreement("a", met=2, partly=1), Agreement("b", not_met=1)]) == 5 / 4
    assert documents.mean([Agreement("a")]) is None
    assert documents.mean([]) is None
