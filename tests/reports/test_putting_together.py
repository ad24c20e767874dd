"""What a bundle holds: each document in its folder, PDFs for the printer that anyone can read, and what is missing."""

import hashlib
from dataclasses import replace
from io import BytesIO
from zipfile import ZIP_STORED, ZipFile

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.urls import reverse
from pypdf import PdfReader

from reports import bundles, kinds, rendering, tasks
from reports.kinds import Part
from reports.models import Report
from tests.pdf_ua import problems
from tests.reports import bundle_kind

Status = Report.Status


@pytest.fixture
def zipped(bundle, work):
    """``zipped()``: the finished bundle's ZIP."""

    def fetch() -> ZipFile:
        work()
        with Report.objects.get(pk=bundle.pk).file.content.open() as content:
            return ZipFile(BytesIO(content.read()))

    return fetch


@pytest.fixture
def long_letters(bundle_kinds, monkeypatch):
    """Two pages each, with links, a table and a list."""
    letter = replace(kinds.get(bundle_kind.LETTER), template="test_letter.html")
    monkeypatch.setitem(kinds._kinds, letter.name, letter)


def texts(data: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(BytesIO(data)).pages]


def test_each_document_is_in_its_folder_and_bound_for_the_printer(zipped):
    archive = zipped()
    assert archive.testzip() is None
    assert sorted(archive.namelist()) == [
        "Letters/Letter to Aldrich.pdf",
        "Letters/Letter to Riverbend Water and Sewer.pdf",
        "Letters/Letter to Zanes.pdf",
        "Plates/Plate for Aldrich.pdf",
        "Plates/Plate for Riverbend Water and Sewer.pdf",
        "Plates/Plate for Zanes.pdf",
        "to print/Letters-1.pdf",
        "to print/Plates-1.pdf",
    ]
    assert {entry.compress_type for entry in archive.infolist()} == {ZIP_STORED}
    assert "Aldrich" in texts(archive.read("Letters/Letter to Aldrich.pdf"))[0]


def test_the_printers_pdf_is_in_order_and_accessible(long_letters, zipped, tmp_path):
    archive = zipped()
    path = tmp_path / "letters.pdf"
    path.write_bytes(archive.read("to print/Letters-1.pdf"))
    assert problems(path) == []
    assert [words.split("\n")[0] for words in texts(path.read_bytes())] == [
        "Letter to Aldrich",
        "More for Aldrich",
        "Letter to Riverbend Water and Sewer",
        "More for Riverbend Water and Sewer",
        "Letter to Zanes",
        "More for Zanes",
    ]


def test_the_printers_pdf_says_what_it_is(long_letters, zipped):
    reader = PdfReader(BytesIO(zipped().read("to print/Letters-1.pdf")))
    assert reader.metadata.title == "Letters and plates for Riverbend Water and Sewer: Letters-1"
    assert reader.root_object["/Lang"] == "en"
    top = [entry for entry in reader.outline if not isinstance(entry, list)]
    assert [(entry.title, reader.get_destination_page_number(entry)) for entry in top] == [
        ("Letter: Letter to Aldrich", 0),
        ("Letter: Letter to Riverbend Water and Sewer", 2),
        ("Letter: Letter to Zanes", 4),
    ]
    heading, below = reader.outline[1]
    assert (heading.title, [entry.title for entry in below]) == ("Letter to Aldrich", ["More for Aldrich"])


def test_a_link_leads_to_a_page_of_its_own_document(long_letters, zipped):
    reader = PdfReader(BytesIO(zipped().read("to print/Letters-1.pdf")))
    places = reader.named_destinations
    led_to = []
    for page in reader.pages:
        for annotation in page.get("/Annots", []):
            if "/Dest" in annotation.get_object():
                led_to.append(reader.get_destination_page_number(places[annotation.get_object()["/Dest"]]))
    assert led_to == [1, 3, 5]


def test_every_element_of_the_structure_is_named_once(long_letters, zipped):
    reader = PdfReader(BytesIO(zipped().read("to print/Letters-1.pdf")))
    found: list[str] = []

    def look(element) -> None:
        element = element.get_object()
        if not hasattr(element, "get"):
            return
        if "/ID" in element:
            found.append(element["/ID"])
        children = element.get("/K", [])
        for child in children if isinstance(children, list) else [children]:
            look(child)

    look(reader.root_object["/StructTreeRoot"])
    assert len(found) == len(set(found)) == 9  # three headers of a table, three times


def test_a_volume_ends_after_so_many(zipped, monkeypatch):
    monkeypatch.setattr(bundles, "VOLUME", 2)
    archive = zipped()
    bound = [name for name in archive.namelist() if name.startswith("to print")]
    assert bound == [f"to print/{name}.pdf" for name in ("Letters-1", "Letters-2", "Plates-1", "Plates-2")]
    assert [len(texts(archive.read(name))) for name in bound] == [2, 1, 2, 1]


def test_what_is_missing_is_listed(zipped, broken):
    archive = zipped()
    listed = archive.read("failed documents.txt").decode()
    assert "Letter: Letter to Broken\r\n    Something went wrong" in listed
    assert "secret" not in listed
    assert "Letters/Letter to Broken.pdf" not in archive.namelist()
    assert len(texts(archive.read("to print/Letters-1.pdf"))) == 2


def test_one_that_can_not_be_put_in_is_missing_and_stops_nothing(zipped, work, bundle, several, monkeypatch):
    work(7)
    spoilt, lost = bundle.parts.order_by("order")[:2]
    lost.file.content.storage.delete(lost.file.content.name)
    several[0].name = "Broken Aldrich"
    several[0].save()
    archive = zipped()
    assert len(texts(archive.read("to print/Letters-1.pdf"))) == 1
    bundle = Report.objects.get(pk=bundle.pk)
    assert bundle.status == Status.DONE
    assert {part.error for part in bundle.missing} == {bundles.ERROR_LAYOUT}
    assert {spoilt, lost} < set(bundle.missing)
    assert not bundle.missing.exclude(file=None).exists()


def test_the_same_name_twice_and_names_that_no_disk_takes(bundle_kinds, several, zipped):
    names = ["A/B: “Water”?", "a/b: “Water”?", "../../etc/passwd"]

    def parts(utility):
        return [Part(bundle_kind.LETTER, one.pk, "..\\x", name) for one, name in zip(several, names, strict=True)]

    bundle_kinds(parts=parts)
    assert [name for name in zipped().namelist() if not name.startswith("to print")] == [
        "-x/A-B- “Water”-.pdf",
        "-x/a-b- “Water”- (2).pdf",
        "-x/-..-etc-passwd.pdf",
    ]


def test_the_zip_is_kept_as_it_is(bundle, work):
    work()
    file = Report.objects.get(pk=bundle.pk).file
    assert (file.name, file.kept_by) == ("Letters and plates Riverbend Water and Sewer.zip", bundle.requested_by)
    with file.content.open() as content:
        data = content.read()
    assert (file.size, file.sha256) == (len(data), hashlib.sha256(data).hexdigest())


def test_it_is_downloaded_as_a_zip(bundle, work, as_, viewer):
    work()
    answer = as_(viewer).get(reverse("reports:download", args=[bundle.pk]))
    assert answer["Content-Type"] == "application/zip"
    assert 'filename="Letters and plates Riverbend Water and Sewer.zip"' in answer["Content-Disposition"]
    assert b"".join(answer.streaming_content).startswith(b"PK")
    answer.close()


def test_the_waiting_person_is_told_how_far_it_is(bundle, work, monkeypatch):
    work(7)
    steps = []
    heartbeat = Report.heartbeat

    def listen(self, progress=None, doing=None):
        steps.append((progress, doing))
        return heartbeat(self, progress, doing)

    monkeypatch.setattr(Report, "heartbeat", listen)
    work()
    together = [(15 * n, f"Combining {n} of 6") for n in range(1, 7)]
    assert steps == [(0, "Preparing the documents"), *together, (95, "Saving the ZIP")]


def test_who_lost_the_lease_puts_nothing_together(bundle, work, silent, monkeypatch):
    work(7)
    before = bundle.parts.values_list("file")
    laid_out = bundles._laid_out

    def take_over(volume, part, report):
        mine = Report.objects.get(pk=report.pk)
        silent(mine)
        mine.requeue()
        mine.start()
        monkeypatch.setattr(bundles, "_laid_out", laid_out)
        return laid_out(volume, part, report)

    monkeypatch.setattr(bundles, "_laid_out", take_over)
    work(1)
    bundle.refresh_from_db()
    assert (bundle.status, bundle.attempts, bundle.file) == ("running", 2, None)
    assert bundle.parts.filter(status=Status.DONE).count() == before.count() == 6


def test_putting_together_that_takes_too_long_is_stopped_and_keeps_the_parts(bundle, work, monkeypatch, viewer):
    work(7)

    def endless(*arguments):
        raise SoftTimeLimitExceeded

    with monkeypatch.context() as slow:
        slow.setattr(rendering.Volume, "add", endless)
        work()
    bundle.refresh_from_db()
    assert (bundle.status, bundle.error) == ("failed", tasks.ERROR_TIMED_OUT.format(50))
    assert bundle.parts.filter(status=Status.DONE).count() == 6
    bundle_kind.laid_out.clear()
    bundle.try_again(by=viewer).publish()
    work()
    assert Report.objects.get(pk=bundle.pk).status == Status.DONE
    assert len(bundle_kind.laid_out) == 6  # for the printer; no part was made again


def test_nothing_can_be_put_in(bundle, work, several):
    work(7)
    for utility in several:
        utility.name = f"Broken {utility.name}"
        utility.save()
    work()
    bundle.refresh_from_db()
    assert (bundle.status, bundle.error) == ("failed", "None of the 6 documents could be created.")
