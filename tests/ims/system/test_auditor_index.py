"""The index for an auditor: kept as it was given, as PDF, Word and Excel, and as one ZIP with the files."""

from contextlib import contextmanager
from datetime import date, timedelta
from io import BytesIO
from zipfile import ZipFile

import pgtrigger
import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook
from pypdf import PdfReader

from ims.closed import ClosedRegister
from ims.models import AuditorIndex, CorrectiveAction, Record
from ims.system.index import Index
from ims.system.reports import AUDITOR_INDEX
from reports import archives, kinds, tasks, word
from reports.models import Report
from tests.ims.system.conftest import ISO, requirement
from tests.uploads import PDF, upload
from tests.word import text_of_document, text_of_page

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_folder")]
KIND = kinds.single(AUDITOR_INDEX)


@contextmanager
def refused(name):
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        yield
    assert isinstance(error.value, IntegrityError)
    assert error.value.__cause__.diag.constraint_name == name


@pytest.fixture
def keep(auditing, manager):
    """``keep()``: the index as it is now, as its reader fetches it."""

    def made(by=manager, scope="", reader=None) -> AuditorIndex:
        kept = AuditorIndex.keep(auditing(scope), by=by)
        return KIND.find(reader or by, kept.pk)

    return made


# What is kept.


def test_what_was_given_stays_as_it_was(permit, keep, auditing, manager):
    kept = keep()
    assert kept.index == auditing().index(with_items=True)
    assert (kept.n_proven, kept.n_asks, kept.registers, kept.areas) == (1, 17, ["requirements"], [])
    permit.change(permit.version, by=manager, title="Changed since", initiatives=[])
    again = KIND.find(manager, kept.pk)
    [proof] = [proof for line in again.index.lines for proof in line.proof]
    assert proof.title == "Sample each outfall"
    assert auditing().index().n_proven == 0


def test_an_index_survives_being_kept(permit, auditing, manager):
    permit.change(permit.version, by=manager, due=date(2031, 5, 1), every=12)
    permit.attach_link(by=manager, url="https://example.org/permit", title="The permit")
    index = auditing("ES").index(with_items=True)
    [proof] = index.lines[3].proof
    assert (proof.due, proof.links[0].url, index.areas) == (
        date(2031, 5, 1),
        "https://example.org/permit",
        ["Environmental performance", "Safety and health"],
    )
    kept = AuditorIndex.keep(auditing("ES"), by=manager)
    kept.refresh_from_db()
    assert Index.from_json(kept.told) == index


def test_the_same_on_one_day_is_kept_once(permit, keep, manager, viewer):
    first = keep()
    assert keep(by=viewer).pk == first.pk
    assert keep(scope="E").pk != first.pk
    permit.change(permit.version, by=manager, title="Changed since")
    assert keep().pk != first.pk
    second = keep()
    AuditorIndex.objects.filter(pk=second.pk).delete()
    assert AuditorIndex.objects.count() == 2


def test_the_database_keeps_what_was_given(permit, keep, manager):
    kept = keep()
    rows = AuditorIndex.objects.filter(pk=kept.pk)
    for changed in ({"told": {}}, {"initiative": "cmom"}, {"areas": ["E"]}, {"registers": []}, {"n_proven": 0}):
        with refused("auditor_index_stays"):
            rows.update(**changed)
    rows.update(made_by=None)  # its maker may leave
    values = {"utility": kept.utility, "initiative": ISO, "told": kept.told}
    with refused("auditor_index_areas_known"):
        AuditorIndex.objects.create(**values, areas=["X"], n_asks=1, n_proven=1)
    with refused("auditor_index_proven_of_asks"):
        AuditorIndex.objects.create(**values, n_asks=1, n_proven=2)


# Who gets it.


def test_members_get_it_and_strangers_do_not(permit, keep, manager, viewer, stranger, former):
    kept = keep()
    assert KIND.find(viewer, kept.pk) == kept
    assert KIND.find(stranger, kept.pk) is None
    assert KIND.find(former, kept.pk) is None
    assert KIND.sharing.managed(manager).get() == kept
    assert not KIND.sharing.managed(viewer).exists()


def test_records_of_closed_registers_are_never_in_it(permit, keep, manager, viewer, utility, contributor):
    secret = CorrectiveAction.open_in(utility, by=manager, title="Robin Marsh fell", initiatives=[ISO])
    before = keep()
    assert "corrective" in before.registers
    assert KIND.find(viewer, before.pk) == before
    ClosedRegister.close(utility, "corrective", [contributor], by=manager)
    assert KIND.find(viewer, before.pk) is None  # made before, it names what is closed now
    assert KIND.find(contributor, before.pk) == before
    assert KIND.find(manager, before.pk) == before
    after = keep()
    html = render_to_string(KIND.template, KIND.context(after))
    assert secret.title not in html
    assert secret.number not in html
    assert "1 record of closed registers is not shown." in html
    assert KIND.find(viewer, after.pk) == after


def test_one_click_keeps_it_and_requests_the_report(permit, utility, viewer, as_, sent_tasks):
    address = reverse("ims:auditor_index", args=[utility.pk, ISO])
    answer = as_(viewer).post(address, {"file_type": "zip", "areas": "E"})
    report = Report.objects.get()
    assert answer.url == reverse("reports:report", args=[report.pk])
    kept = AuditorIndex.objects.get()
    assert (report.kind, report.object_id, report.file_type) == (AUDITOR_INDEX, kept.pk, "zip")
    assert (kept.areas, kept.made_by) == (["E"], viewer)
    page = as_(viewer).get(reverse("ims:auditor_ready", args=[utility.pk, ISO])).text
    assert reverse("reports:request", args=[AUDITOR_INDEX, kept.pk]) in page
    assert "1 of 17 asks proven · areas E" in page
    assert as_(viewer).post(address, {"file_type": "exe"}).status_code == 404
    assert as_(viewer).post(address, {"areas": "X"}).status_code == 400


def test_keeping_takes_as_many_queries_for_many_records(permit, auditing, utility, manager):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            AuditorIndex.keep(auditing(), by=manager)
        return len(captured)

    requirement(utility, manager, "Another", initiatives=[ISO])
    few = queries()
    for n in range(40):
        requirement(utility, manager, f"Rule {n}", initiatives=[ISO])
    assert queries() == few


# The documents.


def test_the_sheets_and_the_word_file_have_what_the_pdf_has(permit, keep, manager, utility):
    permit.attach_link(by=manager, url="https://example.org/permit", title="The permit")
    late = requirement(utility, manager, "Late", initiatives=[ISO], due=date(2026, 1, 31))
    context = KIND.context(keep())
    sheets = {name: list(rows) for name, rows in KIND.sheets(context).items()}
    assert list(sheets) == ["Asks", "Records", "Files", "Links"]
    assert [row[3] for row in sheets["Asks"][1:]].count("gap") == 16
    [proving, failing] = sheets["Records"][1:]
    assert proving[2:6] == [permit.number, "Sample each outfall", "Legal and other requirements", "In force"]
    assert failing[2:4] == [late.number, "Late"]
    assert failing[-1] == "Its evaluation was due on January 31, 2026."
    assert sheets["Links"][1] == [permit.number, "Sample each outfall", "The permit", "https://example.org/permit"]
    html = render_to_string(KIND.template, context)
    assert text_of_document(word.docx(html)) == text_of_page(html)


# The ZIP.


def zipped(kept, by) -> ZipFile:
    report = Report.request(AUDITOR_INDEX, kept, by, "zip")
    tasks.make(report.pk)
    report.refresh_from_db()
    assert report.status == "done", report.error
    assert (report.format, report.file.content_type) == ("ZIP", "application/zip")
    with report.file.content.open() as content:
        return ZipFile(BytesIO(content.read()))


def left_out(archive: ZipFile) -> dict[str, str]:
    [name] = [each for each in archive.namelist() if each.endswith(".xlsx")]
    rows = load_workbook(BytesIO(archive.read(name)))["Files"].iter_rows(min_row=2, values_only=True)
    return {place: why or "" for _, _, _, place, why in rows}


@pytest.fixture
def folder() -> str:
    return "files/04-legal-and-other-requirements"


def test_the_zip_has_the_index_and_the_files_of_what_proves(permit, keep, manager, utility, folder, sent_tasks):
    first = permit.number
    for name, content in (("Permit.pdf", PDF), ("permit.PDF", PDF + b"2"), ("Con?ditions: *2026*.pdf", PDF)):
        permit.attach_file(upload(name, content), by=manager)
    permit.attach_file(upload("x" * 200 + ".pdf"), by=manager)
    late = requirement(utility, manager, "Late", initiatives=[ISO], due=date(2026, 1, 31))
    other = requirement(utility, manager, "Of CMOM", initiatives=["cmom"])
    for record in (late, other):
        record.attach_file(upload("No proof.pdf"), by=manager)
    kept = keep()
    archive = zipped(kept, manager)
    index = f"riverbend-water-and-sewer-auditor-iso-14001-{kept.made_at:%Y-%m-%d}"
    room = 120 - len(f"{folder}/{first} ")
    assert sorted(archive.namelist()) == sorted(
        [
            f"{index}.pdf",
            f"{index}.xlsx",
            f"{folder}/{first} Permit.pdf",
            f"{folder}/{first} permit (2).PDF",
            f"{folder}/{first} Con-ditions- -2026-.pdf",
            f"{folder}/{first} {'x' * (room - 4)}.pdf",
        ]
    )
    assert archive.read(f"{folder}/{first} permit (2).PDF") == PDF + b"2"
    assert max(len(each) for each in archive.namelist() if each.startswith("files/")) == 120
    assert archive.testzip() is None
    assert set(left_out(archive).values()) == {""}
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(archive.read(f"{index}.pdf"))).pages)
    assert "Permit.pdf" in text


def test_what_is_missing_or_too_much_is_told_instead(permit, keep, manager, folder, monkeypatch, sent_tasks):
    names = ["1 lost.pdf", "2 removed.pdf", "3 kept.pdf", "4 too much.pdf"]
    items = [permit.attach_file(upload(name, PDF + b"x" * n), by=manager) for n, name in enumerate(names)]
    kept = keep()
    items[0].file.content.storage.delete(items[0].file.content.name)
    items[1].remove()
    monkeypatch.setattr(archives, "MAX_BYTES", items[2].file.size + 1)
    archive = zipped(kept, manager)
    assert left_out(archive) == {
        f"{folder}/{permit.number} 1 lost.pdf": "It is missing in the storage.",
        f"{folder}/{permit.number} 2 removed.pdf": "It was removed from its record since.",
        f"{folder}/{permit.number} 3 kept.pdf": "",
        f"{folder}/{permit.number} 4 too much.pdf": archives.TOO_MUCH,
    }
    assert [each for each in archive.namelist() if each.startswith("files/")] == [
        f"{folder}/{permit.number} 3 kept.pdf"
    ]
    [pdf] = [each for each in archive.namelist() if each.endswith(".pdf") and "/" not in each]
    text = " ".join("".join(page.extract_text() for page in PdfReader(BytesIO(archive.read(pdf))).pages).split())
    assert "Left out: It is missing in the storage." in text


def test_files_of_a_register_that_was_closed_since_are_left_out(keep, catalog, utility, manager, sent_tasks):
    made = CorrectiveAction.open_in(utility, by=manager, title="Robin Marsh fell", initiatives=[ISO])
    CorrectiveAction.objects.visible_to(manager).get(pk=made.pk).attach_file(upload("Photo.pdf"), by=manager)
    kept = keep()
    ClosedRegister.close(utility, "corrective", [], by=manager)
    archive = zipped(kept, manager)
    assert list(left_out(archive).values()) == ["Its register is closed to some people now."]
    assert not [each for each in archive.namelist() if each.startswith("files/")]


def test_only_kinds_with_files_offer_a_zip():
    assert "zip" in KIND.file_types
    assert "zip" not in kinds.single("audit").file_types


def test_who_left_gets_no_zip(permit, keep, viewer, utility, sent_tasks):
    report = Report.request(AUDITOR_INDEX, keep(by=viewer), viewer, "zip")
    viewer.memberships.all().delete()
    tasks.make(report.pk)
    report.refresh_from_db()
    assert (report.status, report.error) == ("failed", tasks.ERROR_SUBJECT_GONE)
    assert Record.objects.filter(utility=utility).exists()


def test_a_day_later_it_is_kept_anew(permit, keep):
    first = keep()
    earlier = first.made_at - timedelta(days=1)
    with pgtrigger.ignore("ims.AuditorIndex:auditor_index_stays"):
        AuditorIndex.objects.filter(pk=first.pk).update(made_at=earlier)
    assert keep().pk != first.pk
