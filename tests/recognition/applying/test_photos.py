"""Photos of an application: sent through the page, kept anew, refused without harm to anything else."""

import pytest
from django.urls import reverse

from files.models import StoredFile
from recognition.models import Application, Photo, Submission
from tests.pictures import SECRETS, claiming, from_a_camera, jpeg, photo
from tests.uploads import EXE, HTML, PDF, PNG, SCRIPT, packed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(own_folder):
    """Every test here keeps files."""
    return own_folder


@pytest.fixture
def send(draft, manager, as_):
    browser = as_(manager)

    def post(content: bytes | None = None, name: str = "plant.jpg", caption: str = "The plant"):
        data = {"file": photo(content, name), "caption": caption, "may_publish": "on"}
        return browser.post(reverse("recognition:photo_add", args=[draft.pk]), data)

    return post


def bytes_in(folder) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


def test_a_photo_is_kept_without_what_the_camera_wrote(send, draft, folder, manager, as_):
    answer = send(from_a_camera(), name="Our <plant>.JPEG")
    assert answer.status_code == 302
    kept = Photo.objects.get()
    assert (kept.caption, kept.may_publish, kept.submission) == ("The plant", True, None)
    assert (kept.file.name, kept.file.content_type, kept.file.kept_by) == ("Our <plant>.jpg", "image/jpeg", manager)
    [data] = bytes_in(folder)
    assert data.startswith(b"\xff\xd8")
    assert not [secret for secret in SECRETS if secret in data]
    answer = as_(manager).get(reverse("recognition:photo_file", args=[kept.pk]))
    assert b"".join(answer.streaming_content) == data
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")


NO_PHOTOS = {
    "script.jpg": SCRIPT,
    "program.jpg": EXE,
    "page.jpg": HTML,
    "paper.jpg": PDF,
    "picture.jpg": PNG,
    "archive.jpg": packed("a.exe"),
    "bomb.jpg": claiming(60_000, 60_000),
    "half.jpg": jpeg()[:300],
    "large.jpg": jpeg() + bytes(30 * 1024 * 1024),
    "empty.jpg": b"",
    "plant.png": PNG,
    "plant.svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
}


def test_what_is_no_photo_is_refused_and_everything_else_stays(send, draft, folder):
    send(caption="Kept")
    before, written = bytes_in(folder), draft.content()
    for name, content in NO_PHOTOS.items():
        answer = send(content, name=name, caption="Refused <caption>")
        page = answer.content.decode()
        assert answer.status_code == 422, name
        assert name in page or (content == b"" and "empty" in page)
        assert "Refused &lt;caption&gt;" in page, "what was typed with it is there still"
        assert Photo.objects.get().caption == "Kept"
        assert StoredFile.objects.count() == 1
        assert bytes_in(folder) == before
    assert draft.content() == written
    assert Application.objects.get().status == "draft"


def test_a_photo_that_is_also_an_archive_is_kept_as_a_photo_only(send, folder):
    assert send(jpeg() + packed("evil.exe")).status_code == 302
    [data] = bytes_in(folder)
    assert b"evil" not in data


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_a_photo_in_grey_or_for_print_is_taken(send, mode):
    assert send(jpeg(mode)).status_code == 302
    assert Photo.objects.count() == 1


def test_the_fourth_is_refused(send, draft, folder):
    for n in range(3):
        assert send(caption=f"{n}").status_code == 302
    answer = send(caption="3")
    assert answer.status_code == 422
    assert "Remove one first" in answer.content.decode()
    assert [each.caption for each in draft.photos_now()] == ["0", "1", "2"]
    assert len(bytes_in(folder)) == 3
    assert draft.checked().complete


def test_a_photo_may_wait_for_its_caption_but_not_be_submitted_without(send, draft):
    assert send(caption="").status_code == 302
    found = [(each.code, each.field) for each in draft.checked().deficiencies]
    assert found == [("photo-caption-missing", "photos.0.caption")]


def test_others_neither_add_nor_change_nor_see_the_photos_of_a_draft(
    send, draft, as_, viewer, stranger, staff, compliance
):
    send()
    mine = Photo.objects.get()
    for person, expected in [(viewer, 403), (stranger, 404), (staff, 403), (compliance, 404)]:
        browser = as_(person)
        answers = [
            browser.post(reverse("recognition:photo_add", args=[draft.pk]), {"file": photo()}),
            browser.post(reverse("recognition:photo_change", args=[mine.pk]), {"caption": "x"}),
            browser.post(reverse("recognition:photo_remove", args=[mine.pk])),
        ]
        assert [answer.status_code for answer in answers] == [expected] * 3, person
        seen = browser.get(reverse("recognition:photo_file", args=[mine.pk]))
        assert seen.status_code == (200 if person == viewer else expected), person
        if seen.streaming:
            assert b"".join(seen.streaming_content)
    assert Photo.objects.get().caption == "The plant"


def test_once_submitted_they_stay_as_they_are(send, draft, manager, as_, folder):
    send()
    draft.submit(by=manager)
    browser = as_(manager)
    for each in Photo.objects.all():
        for action, data in [("photo_change", {"caption": "x"}), ("photo_remove", {})]:
            assert browser.post(reverse(f"recognition:{action}", args=[each.pk]), data).status_code == 403
    assert send().status_code == 403
    assert [each.caption for each in Photo.objects.all()] == ["The plant", "The plant"]
    assert Submission.objects.get().photos.get().file == draft.photos_now().get().file
    assert len(bytes_in(folder)) == 1
