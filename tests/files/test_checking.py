"""What is kept is told from its bytes and its ending together."""

import pytest

from files.models import ACCEPT, ALLOWED, RefusedFile, checked
from tests.uploads import EXE, GENUINE, HTML, JPEG, LOCKED_OOXML, OLE, OOXML, PDF, PNG, SCRIPT, WEBP, packed, upload


@pytest.mark.parametrize("name", GENUINE)
def test_every_allowed_type_is_accepted(name):
    ending = "." + name.rpartition(".")[2]
    file = upload(name, GENUINE[name])
    assert checked(file) == ALLOWED[ending][0]
    assert file.read() == GENUINE[name], "what comes after reads from the start"


def test_the_genuine_files_show_every_allowed_type():
    assert {"." + name.rpartition(".")[2] for name in GENUINE} == set(ALLOWED) == set(ACCEPT.split(","))


def test_the_length_in_a_webp_image_may_be_any_byte():
    assert checked(upload("plant.webp", b"RIFF" + b"\n" * 4 + WEBP[8:])) == "image/webp"


def test_the_case_of_an_ending_does_not_matter():
    assert checked(upload("POLICY.PDF", PDF)) == "application/pdf"


@pytest.mark.parametrize("ending", ALLOWED)
@pytest.mark.parametrize("content", [EXE, HTML, b"\n <HTML><body>", b"<?php echo 1;", b"<script>alert(1)</script>"])
def test_a_program_or_page_under_a_false_name_is_refused(ending, content):
    with pytest.raises(RefusedFile, match="does not match its file extension"):
        checked(upload(f"harmless{ending}", content))


@pytest.mark.parametrize("ending", [ending for ending in ALLOWED if ending not in (".txt", ".csv")])
def test_a_script_under_a_false_name_is_refused(ending):
    with pytest.raises(RefusedFile, match="does not match its file extension"):
        checked(upload(f"harmless{ending}", SCRIPT))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", PNG),
        ("a.png", PDF),
        ("a.png", JPEG),
        ("a.jpg", PNG),
        ("a.gif", JPEG),
        ("a.webp", WEBP.replace(b"WEBP", b"WAVE")),
        ("a.docx", OLE),
        ("a.doc", OOXML),
        ("a.txt", PNG),
    ],
)
def test_an_allowed_type_under_the_name_of_another_is_refused(name, content):
    with pytest.raises(RefusedFile, match="does not match its file extension"):
        checked(upload(name, content))


@pytest.mark.parametrize("ending", [".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp"])
def test_any_other_archive_is_no_office_document(ending):
    with pytest.raises(RefusedFile, match="does not match its file extension"):
        checked(upload(f"tools{ending}", packed("run.exe", "META-INF/MANIFEST.MF")))


@pytest.mark.parametrize("ending", [".docx", ".odt"])
def test_a_broken_archive_is_refused(ending):
    with pytest.raises(RefusedFile, match="does not match its file extension"):
        checked(upload(f"cut{ending}", b"PK\x03\x04 and then nothing"))


@pytest.mark.parametrize("content", [HTML + b"<!-- %PDF-1.7 -->", EXE + b"%PDF-1.7", SCRIPT + b"%PDF-1.7"])
def test_a_mark_of_pdf_further_in_does_not_make_one(content):
    with pytest.raises(RefusedFile, match="does not match its file extension"):
        checked(upload("policy.pdf", content))


@pytest.mark.parametrize(
    "name", ["tool.exe", "page.html", "logo.svg", "pack.zip", "macro.docm", "noending", "run.pdf.sh"]
)
def test_other_endings_are_refused(name):
    with pytest.raises(RefusedFile, match="is not an accepted file type"):
        checked(upload(name, PDF))


BOM = b"\xef\xbb\xbf"
PJL = b"\x1b%-12345X@PJL JOB\r\n@PJL SET RESOLUTION=300\r\n@PJL ENTER LANGUAGE=PDF\r\n"


@pytest.mark.parametrize(
    "before", [BOM, b"\n\r\n", b"  \n \t", BOM + b"\r\n", PJL, b"Scanned by M\xfcller GmbH\nPage 1\n", b" "]
)
def test_a_pdf_may_begin_after_lines_of_its_scanner(before):
    assert checked(upload("policy.pdf", before + PDF)) == "application/pdf"


@pytest.mark.parametrize("before", [BOM + SCRIPT, b"\n" + SCRIPT, BOM + HTML + b"\n", EXE + b"\n", b"x" * 1030 + b"\n"])
def test_but_not_after_a_program_or_a_page_or_too_far_in(before):
    with pytest.raises(RefusedFile, match="does not match its file extension"):
        checked(upload("policy.pdf", before + PDF))


def locked_doc() -> bytes:
    header = bytearray(OLE.ljust(1024, b"\0"))
    header[512:524] = b"\xec\xa5\xc1\x00" + bytes(7) + b"\x01"
    return bytes(header)


LOCKED = {
    "plan.docx": LOCKED_OOXML,
    "list.xlsx": LOCKED_OOXML,
    "talk.pptx": LOCKED_OOXML,
    "renamed.doc": LOCKED_OOXML,
    "old.doc": locked_doc(),
    "old.xls": OLE + b"\x09\x08\x10\x00\x00\x06\x05\x00" + bytes(12) + b"\x2f\x00\x36\x00",
    "old.ppt": OLE + "EncryptedSummary".encode("utf-16-le"),
    "plan.odt": packed("mimetype", "content.xml", manifest=b"<manifest:encryption-data/>"),
}


@pytest.mark.parametrize("name", LOCKED)
def test_an_office_document_with_a_password_is_refused_by_that_name(name):
    with pytest.raises(RefusedFile, match="is protected by a password"):
        checked(upload(name, LOCKED[name]))


def test_an_open_manifest_is_no_password():
    open_one = packed("mimetype", "content.xml", manifest=b"<manifest:manifest/>")
    assert checked(upload("plan.odt", open_one)) == ALLOWED[".odt"][0]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("name", ["log.txt", "flows.csv"])
def test_text_in_any_usual_encoding_is_text(name, encoding):
    assert checked(upload(name, ("day,flow\n1,2.5\n" * 5000).encode(encoding)))
    with pytest.raises(RefusedFile, match="does not match its file extension"):
        checked(upload(name, "<script>alert(1)</script>".encode(encoding)))


def test_utf_16_of_other_scripts_and_pairs_cut_at_the_limit():
    assert checked(upload("log.txt", ("a" + "ʻŌlelo 🙂" * 9000).encode("utf-16")))


@pytest.mark.parametrize("content", [b"\xff\xfe\x00\xd8\x00\x00", b"\xff\xfea\0\0\0", bytes(10)])
def test_binary_data_with_a_mark_of_utf_16_is_no_text(content):
    with pytest.raises(RefusedFile, match="does not match its file extension"):
        checked(upload("log.txt", content))


def test_an_empty_file_is_refused():
    with pytest.raises(RefusedFile, match="is empty"):
        checked(upload("policy.pdf", b""))


def test_one_byte_too_many_is_refused_and_told_the_limit(settings):
    assert settings.FILE_MAX_BYTES == 10 * 1024 * 1024
    full = PDF + bytes(settings.FILE_MAX_BYTES - len(PDF))
    assert checked(upload("policy.pdf", full)) == "application/pdf"
    with pytest.raises(RefusedFile, match="larger than 10 MB"):
        checked(upload("policy.pdf", full + b"\0"))
