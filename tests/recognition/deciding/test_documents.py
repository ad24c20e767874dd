"""Letters and certificates: who gets which, what they say, and that whatever is typed fits on accessible paper."""

import io
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import segno
from django.template.loader import render_to_string
from post_office.models import Email, EmailTemplate
from pypdf import PdfReader

from recognition.application.content import postal
from recognition.deciding import documents
from recognition.deciding.documents import Block, blocks
from recognition.models import Application, Cycle, Decision, Feedback, Recognition
from reports import kinds, rendering
from tests.pdf_ua import problems

Status = Application.Status
LETTERHEAD = "Office of Water Programs\n1200 River Avenue\nWashington, DC 20460"
LONG = "The Consolidated Metropolitan Water, Sewer and Stormwater Authority of Greater Riverbend and Mill Valley " * 2


def asked(kind: str, user, application):
    return kinds.single(kind).find(user, application.pk)


def text_of(kind_name: str, user, application) -> str:
    """The markup that the PDF is made of."""
    kind = kinds.single(kind_name)
    return render_to_string(kind.template, kind.context(asked(kind_name, user, application)))


def made(kind_name: str, user, application, path: Path) -> PdfReader:
    kind = kinds.single(kind_name)
    data = rendering.pdf(rendering.pages(kind.template, kind.context(asked(kind_name, user, application))))
    path.write_bytes(data)
    return PdfReader(io.BytesIO(data))


def read(pdf: PdfReader) -> str:
    return " ".join(" ".join(page.extract_text() for page in pdf.pages).split())


@pytest.fixture
def signed(cycle) -> Cycle:
    cycle.signatory_name, cycle.signatory_title, cycle.letterhead = "Dana Whitfield", "Director", LETTERHEAD
    cycle.save()
    return cycle


@pytest.fixture
def recognized(at, signed) -> Application:
    return at(Status.RECOGNIZED)


@pytest.fixture
def turned_down(at, signed, official) -> Application:
    application = at(Status.RECOMMENDED)
    Decision.make(application, by=official, recognize=False, reason="The debt plan is missing.")
    Decision.objects.release(application.cycle, by=official)
    application.refresh_from_db()
    return application


# Plain text on paper.


def test_paragraphs_lists_and_line_breaks_as_they_were_typed():
    typed = (
        "Dear all,\r\n\r\nTwo things:\r\n- the first\r\n- the second\r\nand that is it.\r\n \r\nWith thanks\r\nDana\r\n"
    )
    assert blocks(typed) == [
        Block("Dear all,"),
        Block("Two things:"),
        Block(items=("the first", "the second")),
        Block("and that is it."),
        Block("With thanks\nDana"),
    ]
    assert blocks(" \n\n ") == []


def test_the_address_is_as_it_was_submitted_and_else_the_utilitys_own(utility):
    contact = {
        "manager": "Mara Gerr",
        "title": " ",
        "address": "1 Mill Road\nFloor 2",
        "zip": "97000",
        "identifiers": ["X"],
    }
    assert postal(contact, name=utility.name, city=utility.city, state=utility.state) == [
        "Mara Gerr",
        "Riverbend Water and Sewer",
        "1 Mill Road",
        "Floor 2",
        "Riverbend, OR 97000",
    ]
    assert postal({}, name=utility.name, city=utility.city, state=utility.state) == [
        "Riverbend Water and Sewer",
        "Riverbend, OR",
    ]


# Who gets what.


@pytest.mark.parametrize("role", ["manager", "contributor", "viewer", "staff"])
def test_applicants_and_program_staff_get_the_letter_and_the_certificate(request, recognized, role):
    user = request.getfixturevalue(role)
    assert asked("recognition-letter", user, recognized).application == recognized
    assert asked("certificate", user, recognized).application == recognized
    assert asked("non-recognition-letter", user, recognized) is None


@pytest.mark.parametrize("role", ["stranger", "official", "compliance"])
def test_nobody_else_does(request, recognized, role):
    user = request.getfixturevalue(role)
    assert asked("recognition-letter", user, recognized) is None
    assert asked("certificate", user, recognized) is None


def test_a_panel_member_gets_none_of_them(recognized, panelists):
    assert asked("recognition-letter", panelists[0], recognized) is None


def test_who_is_turned_down_gets_that_letter_only(turned_down, manager):
    assert asked("non-recognition-letter", manager, turned_down).application == turned_down
    assert asked("recognition-letter", manager, turned_down) is None
    assert asked("certificate", manager, turned_down) is None


@pytest.mark.parametrize("kind", ["recognition-letter", "non-recognition-letter", "certificate"])
def test_there_is_none_before_the_release(at, official, staff, manager, kind):
    application = at(Status.RECOMMENDED)
    Decision.make(application, by=official, recognize=True)
    for user in (manager, staff, official):
        assert asked(kind, user, application) is None


def test_a_revoked_recognition_has_no_certificate_any_more(recognized, staff, manager):
    Recognition.objects.get().revoke(by=staff, why="The permit was withdrawn.")
    assert asked("certificate", manager, recognized) is None
    assert asked("recognition-letter", manager, recognized) is not None


def test_asking_on_the_page_makes_a_report(recognized, manager, stranger, as_):
    url = f"/reports/request/certificate/{recognized.pk}/"
    assert as_(manager).post(url).status_code == 302
    assert [report.title for report in manager.reports.all()] == [f"Certificate: {recognized}"]
    assert as_(manager).get(url).status_code == 405
    assert as_(stranger).post(url).status_code == 404


# What the letter says.


def test_the_letter_is_the_e_mail_word_for_word(recognized, manager, tmp_path):
    sent = Email.objects.get(subject__contains="is recognized")
    pdf = made("recognition-letter", manager, recognized, tmp_path / "letter.pdf")
    words = read(pdf)
    for line in filter(None, sent.message.splitlines()):
        assert line in words
    for line in (sent.subject, *LETTERHEAD.splitlines(), "Mara Gerr", "1 Mill Road", "Dana Whitfield", "Director"):
        assert line in words
    assert "Enclosure" not in words
    assert problems(tmp_path / "letter.pdf") == []


def test_an_edited_letter_is_printed_as_edited(at, official, staff, manager):
    application = at(Status.RECOMMENDED)
    decision = Decision.make(application, by=official, recognize=True)
    decision.edit_letter(
        decision.version, by=staff, subject="Well done", body="Dear <b>all</b>,\n\n- one & two\n- three"
    )
    Decision.objects.release(application.cycle, by=official)
    markup = text_of("recognition-letter", manager, application)
    assert "<h1>Well done</h1>" in markup
    assert "Dear &lt;b&gt;all&lt;/b&gt;," in markup
    assert "<ul><li>one &amp; two</li><li>three</li></ul>" in markup


def test_it_is_dated_by_the_calendar_of_the_cycle(recognized, manager):
    Decision.objects.update(released_at=datetime(2027, 3, 2, 3, 0, tzinfo=UTC))  # still March 1 in New York
    assert "March 1, 2027" in text_of("recognition-letter", manager, recognized)


def test_without_signatory_and_sender_there_is_a_line_to_sign_on(at, manager):
    application = at(Status.RECOGNIZED)
    Cycle.objects.update(signatory_name="", signatory_title="")
    markup = text_of("recognition-letter", manager, application)
    assert "Signature" in markup
    assert 'class="sender"' not in markup


def test_released_feedback_is_enclosed_with_the_letter_of_non_recognition(turned_down, manager, staff, tmp_path):
    assert "The debt plan is missing." in text_of("non-recognition-letter", manager, turned_down)
    row = Feedback.of(turned_down)
    row.write(row.version, "Strong on safety.\n\n- Say how debt is paid.", by=staff)
    assert "Strong on safety." not in text_of("non-recognition-letter", manager, turned_down)
    row.release(row.version, by=staff)
    pdf = made("non-recognition-letter", manager, turned_down, tmp_path / "no.pdf")
    assert len(pdf.pages) == 2
    assert "Enclosure: reviewers’ feedback" in pdf.pages[0].extract_text()
    assert "Strong on safety." in pdf.pages[-1].extract_text()
    assert problems(tmp_path / "no.pdf") == []


# What the certificate says.


def test_the_certificate(recognized, manager, tmp_path):
    recognition = Recognition.objects.get()
    pdf = made("certificate", manager, recognized, tmp_path / "certificate.pdf")
    words = read(pdf)
    since, until = (f"{day:%B} {day.day}, {day.year}" for day in (recognition.since, recognition.until))
    for said in (
        "Certificate of recognition",
        "Riverbend Water and Sewer",
        "Riverbend, Oregon",
        "Recognition 2027",
        since,
        until,
        recognition.number,
        recognition.verify_url,
        "Dana Whitfield",
        "Office of Water Programs",
    ):
        assert said in words
    assert (pdf.pages[0].mediabox.width, pdf.pages[0].mediabox.height) == (792, 612), "US Letter, landscape"
    assert problems(tmp_path / "certificate.pdf") == []


def test_its_code_holds_the_address_that_verifies_it(recognized, manager):
    recognition = Recognition.objects.get()
    code = documents.certificate(asked("certificate", manager, recognized))["qr"]
    expected = segno.make(recognition.verify_url, error="m", boost_error=False)
    assert expected.error == "M"
    [drawn] = [part for part in code.split('"') if part.startswith("M")]
    [same] = [part for part in expected.svg_inline(border=0).split('"') if part.startswith("M")]
    assert drawn == same
    assert "<title>QR code" in code
    assert "style=" not in code


@pytest.mark.parametrize(
    "name", ["W", LONG[:60], LONG[:120], LONG[:200], "W" * 200, "川" * 60, "Ривербендский водоканал " * 5]
)
def test_any_name_fits_on_the_one_page(recognized, manager, tmp_path, name):
    recognized.utility.name = name.strip()
    recognized.utility.save()
    pdf = made("certificate", manager, recognized, tmp_path / "long.pdf")
    assert len(pdf.pages) == 1
    # The words under the name stand above the waves (147.8 mm from the top), whose band begins 2 mm higher.
    assert lowest(pdf, "meet the criteria.") > 612 - 145.5 / 25.4 * 72
    assert problems(tmp_path / "long.pdf") == []


def lowest(pdf: PdfReader, words: str) -> float:
    """How high above the page's foot ``words`` stand, in points."""
    found = []

    def see(text, matrix, text_matrix, *_):
        if text.strip() and words.split()[-1] in text:
            x, y = text_matrix[4], text_matrix[5]
            found.append(matrix[1] * x + matrix[3] * y + matrix[5])

    pdf.pages[0].extract_text(visitor_text=see)
    return min(found)


def test_administrators_word_the_certificate(recognized, manager):
    wording = (
        "Let it be known:\n\n{{ utility }}\n\nhas number {{ recognition_number }}, signed {{ signatory }}, {{ until }}."
    )
    EmailTemplate.objects.filter(name="certificate").update(subject="Of merit", content=wording)
    said = documents.certificate(asked("certificate", manager, recognized))
    recognition = Recognition.objects.get()
    assert said["title"] == "Of merit"
    assert said["before"] == [Block("Let it be known:")]
    until = f"{recognition.until:%B} {recognition.until.day}, {recognition.until.year}"
    assert said["after"] == [Block(f"has number {recognition.number}, signed Dana Whitfield, {until}.")]
    EmailTemplate.objects.filter(name="certificate").update(content="For {{ utility }} and its people.")
    said = documents.certificate(asked("certificate", manager, recognized))
    assert (said["before"], said["after"]) == ([], [Block("For Riverbend Water and Sewer and its people.")])


def test_days_in_words():
    assert documents.in_words(date(2027, 3, 1)) == "March 1, 2027"
