"""Links and files that show what a row says."""

import pytest
from django.urls import reverse

from assessments.models import Evidence
from files.models import StoredFile
from tests.uploads import upload

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def add(url, as_):
    """``add(user, analysis, "link", url=…)`` or ``add(user, analysis, "file", file=…)``."""

    def send(user, analysis, what, *, headers=None, **data):
        return as_(user).post(url(f"add_{what}", analysis, "vision"), data, headers=headers or {})

    return send


@pytest.fixture
def kept(answered, row, manager) -> Evidence:
    """A kept file of a row."""
    return row(answered).evidence_items.create(file=StoredFile.keep(upload(), by=manager), added_by=manager)


def of(name: str, item: Evidence) -> str:
    return reverse(f"assessments:{name}", args=[item.pk])


@pytest.mark.parametrize(
    "link", ["https://example.org/minutes", "http://example.org:8080/a?b=c#d", "HTTPS://EXAMPLE.ORG/"]
)
def test_a_link_is_added(analysis, row, add, contributor, link):
    answer = add(contributor, analysis, "link", url=link, title="Minutes")
    item = row(analysis).evidence_items.get()
    assert answer.status_code == 302
    assert answer["Location"] == f"{analysis.get_absolute_url()}?open=vision#row-vision"
    assert (item.url, item.title, item.added_by, str(item)) == (link, "Minutes", contributor, "Minutes")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("http://intranet/policies", "http://intranet/policies"),
        ("https://gis_server:8443/map", "https://gis_server:8443/map"),
        ("intranet/policies/plan.docx", "https://intranet/policies/plan.docx"),
        ("intranet:8080/plan", "https://intranet:8080/plan"),
        ("http://10.0.0.5/scada", "http://10.0.0.5/scada"),
        (
            "https://utility.sharepoint.com/sites/Water/Shared Documents/Plan 2026 (final).docx",
            "https://utility.sharepoint.com/sites/Water/Shared%20Documents/Plan%202026%20(final).docx",
        ),
        ("<https://example.org/a>", "https://example.org/a"),
    ],
)
def test_a_link_within_the_utility_s_network_opens(analysis, row, add, manager, as_, typed, kept):
    add(manager, analysis, "link", url=typed)
    assert row(analysis).evidence_items.get().url == kept
    assert f'<a href="{kept}"' in page_of(analysis, manager, as_)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (r"\\server\share\Plan 2026.docx", r"\\server\share\Plan 2026.docx"),
        (r'"\\server\share\Plan.docx"', r"\\server\share\Plan.docx"),
        ("\u202aS:\\Plans\\Plan.docx", r"S:\Plans\Plan.docx"),
        ("//server/share/plan.docx", "//server/share/plan.docx"),
        ("file:///S:/Plans/plan.docx", "file:///S:/Plans/plan.docx"),
        ("file://server/share/plan.docx", "file://server/share/plan.docx"),
    ],
)
def test_a_path_is_text_to_copy(analysis, row, add, manager, as_, typed, kept):
    add(manager, analysis, "link", url=typed, title="Plan")
    assert row(analysis).evidence_items.get().url == kept
    page = page_of(analysis, manager, as_)
    assert f'Plan: <span class="address address--copy">{kept}</span>' in page
    assert f'href="{kept}' not in page


def page_of(analysis, user, as_) -> str:
    return as_(user).get(analysis.get_absolute_url(), {"open": "vision"}).content.decode()


def test_a_link_without_its_scheme_is_taken_as_https(analysis, row, add, manager):
    add(manager, analysis, "link", url="example.org/minutes")
    assert str(row(analysis).evidence_items.get()) == "https://example.org/minutes"


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "data:text/html,<script>",
        "ftp://example.org/x",
        "mailto:a@example.org",
        "vbscript:x",
        " java\nscript:alert(1)",
        "\u202ajavascript:alert(1)",
        '"javascript:alert(1)"',
        "//",
        "binder 3",
        "Binder",
        "https://exa mple.org/",
        "https://example.org:port/",
        "https://[::1/",
        "",
        "https://",
        "https://example.org/" + "x" * 1000,
        "JaVaScRiPt://example.org/%0aalert(1)",
    ],
)
def test_any_other_link_is_refused(analysis, row, add, manager, link):
    answer = add(manager, analysis, "link", url=link, title="x")
    assert answer.status_code in (200, 422)
    assert "usa-error-message" in answer.content.decode()
    assert not Evidence.objects.exists()


def test_a_file_is_added(analysis, row, add, contributor, stored_files):
    assert add(contributor, analysis, "file", file=upload()).status_code == 302
    item = row(analysis).evidence_items.select_related("file").get()
    assert (str(item), item.file.content_type, item.added_by, item.file.kept_by) == (
        "policy.pdf",
        "application/pdf",
        contributor,
        contributor,
    )
    assert len(stored_files()) == 1


def test_for_the_script_the_row_s_evidence_comes_back_alone(analysis, add, manager):
    for what, data in [("link", {"url": "https://example.org", "title": "A <b>"}), ("file", {"file": upload()})]:
        answer = add(manager, analysis, what, headers=HTMX, **data)
        assert answer.status_code == 200
        assert "<html" not in answer.content.decode()
    page = answer.content.decode()
    assert "A &lt;b&gt;" in page
    assert "policy.pdf" in page
    assert page.count("Remove") == 2


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (upload("tool.exe"), "is not an accepted file type"),
        (upload("policy.pdf", b"MZ\x90\x00" + bytes(100)), "does not match its file extension"),
        (upload("policy.pdf", b""), "empty"),
        (None, "required"),
    ],
    ids=["type", "content", "empty", "none"],
)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_a_refused_file_is_told_and_the_rest_of_the_row_kept(
    analysis, row, save, add, manager, stored_files, file, words, headers
):
    save(manager, analysis, rating=1, areas=["E"], details=1, evidence="Minutes of May.", notes="Mine")
    if file:
        file.seek(0)
    answer = add(manager, analysis, "file", headers=headers, **({"file": file} if file else {}))
    page = answer.content.decode()
    assert words in page
    assert "usa-error-message" in page
    if not headers:
        assert "Minutes of May." in page, "the page comes back with the row open"
    kept = row(analysis)
    assert (kept.rating, kept.evidence, kept.notes, kept.version) == (1, "Minutes of May.", "Mine", 2)
    assert not Evidence.objects.exists()
    assert not stored_files()


def test_a_file_that_is_too_large_is_refused(analysis, add, manager, settings):
    settings.FILE_MAX_BYTES = 1024 * 1024
    answer = add(manager, analysis, "file", file=upload("big.pdf", b"%PDF-1.7" + bytes(1024 * 1024)))
    assert "larger than 1 MB" in answer.content.decode()
    assert not Evidence.objects.exists()


def test_a_file_name_is_shown_as_text(analysis, add, manager, as_):
    add(manager, analysis, "file", file=upload("<img src=x>.pdf"))
    page = as_(manager).get(f"{analysis.get_absolute_url()}?open=vision").content.decode()
    assert "<img src=x" not in page


@pytest.mark.parametrize("role", ["manager", "contributor", "viewer"])
def test_every_member_may_fetch_a_file(request, kept, as_, role):
    answer = as_(request.getfixturevalue(role)).get(of("download", kept))
    assert answer.status_code == 200
    assert b"".join(answer.streaming_content).startswith(b"%PDF-")
    assert answer["Content-Disposition"] == 'attachment; filename="policy.pdf"'
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_a_stranger_finds_no_file(kept, as_, stranger, client):
    assert as_(stranger).get(of("download", kept)).status_code == 404
    assert as_(stranger).post(of("remove_evidence", kept)).status_code == 404
    assert client.get(of("download", kept)).status_code == 302


def test_a_link_has_no_download(answered, row, as_, manager):
    link = row(answered).evidence_items.create(url="https://example.org")
    assert as_(manager).get(of("download", link)).status_code == 404


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_taken_away_its_file_goes_too(
    kept, as_, contributor, stored_files, django_capture_on_commit_callbacks, headers
):
    with django_capture_on_commit_callbacks(execute=True):
        answer = as_(contributor).post(of("remove_evidence", kept), headers=headers)
    assert answer.status_code == (200 if headers else 302)
    assert not Evidence.objects.exists()
    assert not StoredFile.objects.exists()
    assert stored_files() == []


def test_a_file_that_another_row_uses_stays(kept, answered, row, as_, manager):
    other = row(answered, "auditing").evidence_items.create(file=kept.file)
    as_(manager).post(of("remove_evidence", kept))
    assert Evidence.objects.get() == other
    assert StoredFile.objects.exists()


def test_a_viewer_adds_and_removes_nothing(kept, answered, add, as_, viewer):
    assert add(viewer, answered, "link", url="https://example.org").status_code == 403
    assert add(viewer, answered, "file", file=upload()).status_code == 403
    assert as_(viewer).post(of("remove_evidence", kept)).status_code == 403
    assert Evidence.objects.count() == StoredFile.objects.count() == 1


def test_a_complete_one_keeps_its_evidence(kept, answered, add, as_, manager):
    answered.complete(by=manager)
    assert add(manager, answered, "link", url="https://example.org").status_code == 403
    assert add(manager, answered, "file", file=upload()).status_code == 403
    assert as_(manager).post(of("remove_evidence", kept)).status_code == 403
    assert Evidence.objects.count() == 1
    page = as_(manager).get(answered.get_absolute_url()).content.decode()
    assert of("download", kept) in page
