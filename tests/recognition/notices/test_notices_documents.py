"""What the notices say: the letter to an office, the draft for the Federal Register, the press text; and the admin."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from docx import Document
from docx.oxml.ns import qn
from post_office.models import EmailTemplate
from pypdf import PdfReader

from accounts.models import Role, StaffGroup
from recognition.models import Addressee, Cycle, Notice
from recognition.notices import content as notices
from recognition.notices.documents import NOTICE_LETTER, NOTICE_LETTERS, context
from recognition.notices.federal_register import docx
from reports import kinds, rendering
from reports.models import Report
from tests.conftest import member
from tests.factories import MembershipFactory, UserFactory, UtilityFactory
from tests.notified import decided, name_all, revoke, signed, today
from tests.pdf_ua import problems

pytestmark = pytest.mark.django_db
Office, Kind = Addressee.Office, Notice.Kind


def url(name: str, *args: object) -> str:
    return reverse(f"recognition:{name}", args=args)


@pytest.fixture
def with_offices(cycle) -> Cycle:
    """Three organizations in two states, one of them of a Tribe, one revoked; every office has its addressee."""
    signed(cycle)
    decided(cycle, "Alder Water", "OR"), decided(cycle, "Birch & Sons <Sewer>", "WA")
    decided(cycle, "Nation Water", "WA", number="100400001"), revoke(decided(cycle, "Fallen Water", "OR"))
    notices.draw_up(cycle)
    name_all(cycle)
    return cycle


def of(cycle: Cycle, office: str, **more) -> Addressee:
    return Addressee.objects.select_related("cycle", "utility").get(cycle=cycle, office=office, **more)


def made(addressee: Addressee, path) -> str:
    """The letter as PDF, found to be in order; its text, in one line."""
    path.write_bytes(rendering.pdf(rendering.pages(NOTICE_LETTER.template, context(addressee))))
    assert problems(path) == []
    return " ".join(" ".join(page.extract_text() for page in PdfReader(path).pages).split())


# Letters to the offices.


def test_a_letter_names_those_of_whom_the_office_is_told(with_offices, tmp_path):
    governor = of(with_offices, Office.GOVERNOR, state="WA")
    governor.salutation = "Governor Wood"
    text = made(governor, tmp_path / "governor.pdf")
    for said in (
        "Environmental Protection Agency Office of Water",
        "The Honorable A. B. Governor of Washington 1 Main Street",
        "Recognition of 2 organizations in Washington: Recognition 2027",
        "Dear Governor Wood:",
        "501(e) of the Clean Water Act",
        "Birch & Sons <Sewer>, Riverbend",
        "Nation Water, Riverbend",
        "Ann Minister",
        "Assistant Administrator for Water",
        f"{today():%B %-d, %Y}",
    ):
        assert said in text
    assert "Alder Water" not in text
    leader = made(of(with_offices, Office.TRIBAL_LEADER), tmp_path / "leader.pdf")
    assert "Recognition of 1 organization in the jurisdiction of your Tribe" in leader
    assert "Dear Tribal Leader:" in leader
    assert ("Nation Water" in leader, "Birch" in leader) == (True, False)
    president = made(of(with_offices, Office.PRESIDENT), tmp_path / "president.pdf")
    assert "3 organizations in the United States" in president
    assert president.index("Oregon") < president.index("Alder Water") < president.index("Washington Birch")
    assert "Fallen" not in president


def test_many_organizations_are_enclosed(with_offices, tmp_path):
    for n in range(60):
        decided(with_offices, f"Town {n:02} Water", "OR")
    text = made(of(with_offices, Office.SPEAKER), tmp_path / "speaker.pdf")
    assert (
        text.index("Ann Minister") < text.index("Enclosure: list of recognized organizations") < text.index("Town 00")
    )
    assert "63 organizations" in text
    assert "Town 59 Water" in text


def test_a_letter_that_was_sent_keeps_its_day(with_offices, staff):
    governor = of(with_offices, Office.GOVERNOR, state="OR")
    sent_on = today() - timedelta(days=4)
    Notice.record(with_offices, Kind.OFFICE, by=staff, sent_on=sent_on, addressee=governor)
    assert context(governor)["day"] == sent_on


def test_a_letter_is_asked_for_by_program_staff_once_nothing_is_missing(with_offices, request, as_, staff):
    assert kinds.get("notice-letter") is NOTICE_LETTER
    governor = of(with_offices, Office.GOVERNOR, state="OR")
    ask = reverse("reports:request", args=["notice-letter", governor.pk])
    for who in ("manager", "stranger", "compliance", "official"):
        assert as_(request.getfixturevalue(who)).post(ask).status_code == 404
    assert as_(staff).get(ask).status_code == 405
    for missing in ({"name": ""}, {"address": " "}):
        Addressee.objects.filter(pk=governor.pk).update(**missing)
        assert as_(staff).post(ask).status_code == 404
        Addressee.objects.filter(pk=governor.pk).update(name="A. B.", address="1 Main Street")
    Cycle.objects.update(signatory_title="")
    assert as_(staff).post(ask).status_code == 404
    Cycle.objects.update(signatory_title="Assistant Administrator")
    assert as_(staff).post(ask).status_code == 302
    assert Report.objects.get().title == "Letter to the Governor of Oregon, Recognition 2027"
    assert NOTICE_LETTER.find(staff, 999_999) is None
    assert NOTICE_LETTER.filename(governor) == "letter-governor-governor-of-oregon"


def test_all_letters_that_are_ready_are_one_bundle(with_offices, request, as_, staff):
    ask = reverse("reports:request", args=["notice-letters", with_offices.pk])
    for who in ("manager", "stranger", "compliance", "official"):
        assert as_(request.getfixturevalue(who)).post(ask).status_code == 404
    assert ask in as_(staff).get(url("notices", with_offices.pk)).text
    of(with_offices, Office.SPEAKER).delete()
    Addressee.objects.filter(office=Office.PRESIDENT).update(address="")
    assert [(part.kind, part.filename) for part in NOTICE_LETTERS.parts(with_offices)] == [
        ("notice-letter", "President pro tempore of the Senate"),
        ("notice-letter", "Governor of Oregon"),
        ("notice-letter", "Governor of Washington"),
        ("notice-letter", "Nation Water"),
    ]
    assert as_(staff).post(ask).status_code == 302
    assert Report.objects.get().title == "Letters to offices: Recognition 2027"
    Addressee.objects.update(name="")
    assert as_(staff).post(ask).status_code == 404


# The draft for the Federal Register.


def draft(browser, cycle):
    answer = browser.get(url("federal_register", cycle.pk))
    assert "federal-register-recognition-2027.docx" in answer["Content-Disposition"]
    return Document(BytesIO(answer.content))


def test_the_draft_has_its_parts_as_headings_and_the_organizations_by_state(with_offices, staff, as_):
    document = draft(as_(staff), with_offices)
    read = [(each.style.name, each.text) for each in document.paragraphs]
    assert [text for style, text in read if style == "Heading 1"] == [
        "AGENCY:", "ACTION:", "SUMMARY:", "DATES:", "FOR FURTHER INFORMATION CONTACT:", "SUPPLEMENTARY INFORMATION:"
    ]  # fmt: skip
    title = "Recognition of Water and Wastewater Organizations: Recognition 2027"
    assert [text for style, text in read if style == "Title"] == [title]
    by_style = dict(read)
    assert by_style["List Bullet"]
    text = "\n".join(text for _, text in read)
    assert "announces the recognition of 3 organizations in 2 states and territories" in text
    assert "by the Sustainable Water Leadership Program in Recognition 2027." in text
    assert f"released on {today():%B %-d, %Y}." in text
    place = read.index(("Heading 2", "Recognized Organizations"))
    assert read[place + 1 :] == [
        ("Heading 3", "Oregon"),
        ("List Bullet", "Alder Water, Riverbend"),
        ("Heading 3", "Washington"),
        ("List Bullet", "Birch & Sons <Sewer>, Riverbend"),
        ("List Bullet", "Nation Water, Riverbend"),
        ("Normal", "Dated: [day of signature]"),
        ("Normal", "Ann Minister"),
        ("Normal", "Assistant Administrator for Water"),
    ]
    assert ("Heading 2", "I. Background") in read
    known = document.core_properties
    assert (known.title, known.language, known.author) == (title, "en-US", "Environmental Protection Agency")
    [language] = document.styles.element.xpath("./w:docDefaults//w:lang")
    assert language.get(qn("w:val")) == "en-US"


def test_before_the_release_the_draft_says_what_is_to_be_filled_in(cycle, staff, as_):
    Cycle.objects.update(signatory_name="", signatory_title="")
    text = "\n".join(each.text for each in draft(as_(staff), cycle).paragraphs)
    for blank in ("[Agency]", "[date of release]", "[Name]", "[Title]", "0 organizations"):
        assert blank in text


def test_the_administrators_words_are_the_notice(with_offices):
    EmailTemplate.objects.filter(name="federal-register").update(
        subject="Our {{ cycle }}",
        content="ACTION: Notice of\naward.\n\nSUMMARY:\n\nI. Why\n\nNOT a caption: {{ count }}\n",
    )
    found = [(each.kind, each.text) for each in notices.register_notice(with_offices)][2:8]
    assert found == [
        ("title", "Our Recognition 2027"),
        ("heading", "ACTION:"),
        ("text", "Notice of award."),
        ("heading", "SUMMARY:"),
        ("subheading", "I. Why"),
        ("text", "NOT a caption: 3 organizations"),
    ]


def test_characters_that_word_can_not_read_are_left_out():
    document = Document(BytesIO(docx("A\x0bB", [notices.Paragraph("Water\x00\x1f & 水", "item")])))
    assert [each.text for each in document.paragraphs] == ["Water & 水"]


# The press text.


@pytest.fixture
def alder(with_offices):
    return with_offices.applications.get(utility__name="Alder Water")


def test_the_press_text_is_for_members_and_program_staff(alder, request, as_, staff):
    last_day = {Role.ADVISOR: timezone.localdate()}
    members = [member(alder.utility, role, f"{role}@alder.example", role, last_day.get(role)) for role in Role]
    pages = [url("press", alder.pk), url("press_file", alder.pk, "docx"), url("press_file", alder.pk, "txt")]
    for person in [staff, *members]:
        browser = as_(person)
        assert [browser.get(page).status_code for page in pages] == [200] * 3
        assert [browser.post(page).status_code for page in pages] == [405] * 3
        assert pages[0] in browser.get(alder.get_absolute_url()).text
        assert browser.get(url("press_file", alder.pk, "pdf")).status_code == 404
    for who, status in (("stranger", 404), ("compliance", 403), ("official", 403)):
        browser = as_(request.getfixturevalue(who))
        assert [browser.get(page).status_code for page in pages] == [status] * 3, who
    revoke(alder)
    assert [as_(staff).get(page).status_code for page in pages] == [404] * 3
    assert pages[0] not in as_(staff).get(alder.get_absolute_url()).text


def test_who_is_not_recognized_has_none(cycle, staff, as_):
    application = decided(cycle, "Cedar", recognized=False)
    manager = MembershipFactory(utility=application.utility).user
    for person in (staff, manager):
        assert as_(person).get(url("press", application.pk)).status_code == 404
        assert url("press", application.pk) not in as_(person).get(application.get_absolute_url()).text


def test_the_press_text_is_filled_in(alder, staff, as_):
    browser, recognition = as_(staff), alder.recognition
    said = [
        "Alder Water recognized for outstanding management",
        "Riverbend, Oregon. Alder Water has been recognized in Recognition 2027",
        f"{recognition.since:%B %-d, %Y} to {recognition.until:%B %-d, %Y}",
        recognition.get_absolute_url(),
    ]
    page = browser.get(url("press", alder.pk)).text
    plain = browser.get(url("press_file", alder.pk, "txt"))
    assert plain["Content-Type"] == "text/plain; charset=utf-8"
    document = Document(BytesIO(browser.get(url("press_file", alder.pk, "docx")).content))
    word = "\n".join(each.text for each in document.paragraphs)
    for text in (page, plain.content.decode(), word):
        assert all(each in text for each in said)
    assert document.paragraphs[0].style.name == "Title"
    assert document.core_properties.title == said[0]


# The administration pages.


@pytest.fixture
def administrator(with_offices, as_):
    person = UserFactory(is_staff=True)
    person.groups.add(Group.objects.get(name=StaffGroup.ADMINISTRATOR))
    names = ["view_addressee", "change_addressee", "view_notice", "view_cycle", "view_utility"]
    person.user_permissions.set(Permission.objects.filter(codename__in=names))
    return as_(person)


def test_administrators_correct_an_addressee_but_not_its_office(with_offices, administrator):
    leader = of(with_offices, Office.TRIBAL_LEADER)
    change = reverse("admin:recognition_addressee_change", args=[leader.pk])
    assert "Tribal leader" in administrator.get(reverse("admin:recognition_addressee_changelist")).text
    sent = {"name": "Chair Vale", "title": "", "salutation": "", "address": "1 Road", "office": "speaker"}
    assert administrator.post(change, sent).status_code == 302
    leader.refresh_from_db()
    assert (leader.name, leader.office) == ("Chair Vale", Office.TRIBAL_LEADER)


def test_administrators_look_at_what_was_sent(with_offices, staff, alder, administrator):
    day = today()
    Notice.record(with_offices, Kind.REGISTER, by=staff, sent_on=day, how="EPA-1")
    notice = Notice.record(with_offices, Kind.LETTER, by=staff, sent_on=day, application=alder)
    Notice.record(with_offices, Kind.OFFICE, by=staff, sent_on=day, addressee=of(with_offices, Office.SPEAKER))
    page = administrator.get(reverse("admin:recognition_notice_changelist")).text
    for whom in ("Alder Water", "Office of the Federal Register", "Speaker of the House"):
        assert whom in page
    change = reverse("admin:recognition_notice_change", args=[notice.pk])
    assert administrator.get(change).status_code == 200
    assert administrator.post(change, {"how": "else"}).status_code == 403


# What the database keeps.


def refused_by(save) -> str:
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        save()
    return str(caught.value.__cause__.diag.constraint_name)


def test_an_office_is_listed_once_in_a_cycle(with_offices):
    leader = of(with_offices, Office.TRIBAL_LEADER)
    for key in (
        {"office": "president"},
        {"office": "governor", "state": "OR"},
        {"office": "tribal_leader", "utility": leader.utility},
    ):
        assert refused_by(lambda: Addressee.objects.create(cycle=with_offices, **key)) == "addressee_once"  # noqa: B023
    Addressee.objects.create(cycle=with_offices, office="governor", state="NV")
    Addressee.objects.create(cycle=with_offices, office="tribal_leader", utility=UtilityFactory())


def test_a_governor_and_nobody_else_has_a_state(with_offices):
    for office, state in (("governor", ""), ("speaker", "OR"), ("tribal_leader", "OR")):
        rows = Addressee.objects.filter(cycle=with_offices, office=office)
        assert refused_by(lambda: rows.update(state=state)) == "addressee_governor_has_a_state"  # noqa: B023


def test_a_tribal_leader_and_nobody_else_has_a_utility(with_offices):
    for office, utility in (("tribal_leader", None), ("president", UtilityFactory()), ("governor", UtilityFactory())):
        row = Addressee.objects.filter(cycle=with_offices, office=office)
        named = refused_by(lambda: row.update(utility=utility))  # noqa: B023
        assert named == "addressee_tribal_leader_has_a_utility"


def test_a_line_is_recorded_once(with_offices, alder):
    day, speaker = today(), of(with_offices, Office.SPEAKER)
    keys = [
        {"kind": "office", "addressee": speaker},
        {"kind": "federal_register"},
        {"kind": "letter", "application": alder},
        {"kind": "certificate", "application": alder},
        {"kind": "press", "application": alder},
    ]
    for key in keys:
        Notice.objects.create(cycle=with_offices, sent_on=day, **key)
        again = Notice(cycle=with_offices, sent_on=day, **key)
        assert refused_by(again.save) == "notice_once"
    assert Notice.objects.count() == len(keys)


def test_a_notice_goes_to_the_one_it_is_for(with_offices, alder):
    day, speaker = today(), of(with_offices, Office.SPEAKER)
    for key in (
        {"kind": "office"},
        {"kind": "office", "application": alder},
        {"kind": "office", "addressee": speaker, "application": alder},
        {"kind": "federal_register", "addressee": speaker},
        {"kind": "federal_register", "application": alder},
        {"kind": "letter"},
        {"kind": "certificate", "addressee": speaker},
        {"kind": "press", "addressee": speaker, "application": alder},
        {"kind": "telegram", "application": alder},
    ):
        assert refused_by(Notice(cycle=with_offices, sent_on=day, **key).save) == "notice_is_for_someone", key
