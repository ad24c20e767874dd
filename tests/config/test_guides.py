"""The guides as pages: the reader's own first, with their pictures, and found by the search."""

import re

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.urls import reverse

from accounts.models import StaffGroup
from pdca.index import refresh
from tests.applications import person_in
from tests.factories import UserFactory
from tests.pdca.test_search import addresses

pytestmark = pytest.mark.django_db
FOLDER = settings.BASE_DIR / "docs" / "guides"
UTILITIES, STAFF, ADMINISTRATORS = (f"/help/guides/{slug}/" for slug in ("utilities", "staff", "administrators"))


@pytest.mark.parametrize(
    ("who", "order"),
    [
        ("visitor", [UTILITIES, STAFF, ADMINISTRATORS]),
        ("manager", [UTILITIES, STAFF, ADMINISTRATORS]),
        (StaffGroup.PROGRAM, [STAFF, UTILITIES, ADMINISTRATORS]),
        (StaffGroup.PANEL, [STAFF, UTILITIES, ADMINISTRATORS]),
        ("administrator", [ADMINISTRATORS, UTILITIES, STAFF]),
    ],
)
def test_help_names_the_readers_own_guide_first_and_the_foot_leads_to_it(client, as_, manager, who, order):
    if who == "visitor":
        browser = client
    elif who == "manager":
        browser = as_(manager)
    elif who == "administrator":
        browser = as_(UserFactory(is_staff=True, is_superuser=True))
    else:
        browser = as_(person_in(who, "someone@example.org", "Someone"))

    page = browser.get("/help/").text
    assert re.findall(r'href="(/help/guides/\w+/)"', page) == order
    assert 'href="/help/guides/"' in page.partition("<footer")[2]
    assert browser.get("/help/guides/").headers["Location"] == order[0]


@pytest.mark.parametrize("slug", ["utilities", "staff", "administrators"])
def test_a_page_has_the_text_and_the_pictures_of_its_file(client, slug):
    written = (FOLDER / f"{slug}.md").read_text()
    page = client.get(f"/help/guides/{slug}/").text

    for heading in re.findall(r"^## (.+)$", written, re.MULTILINE):
        assert f">{heading}</h2>" in page
    pictures = re.findall(r'<img src="(\S+)" alt="([^"]+)" loading="lazy" width="(\d+)" height="(\d+)"', page)
    assert [alt for _, alt, *_ in pictures] == re.findall(r"^!\[(.+)\]", written, re.MULTILINE)
    assert all(int(width) >= 400 and int(height) >= 300 for *_, width, height in pictures)
    assert all(finders.find(address.removeprefix("/static/")) for address, *_ in pictures)
    anchors = re.findall(r'<a href="#([\w-]+)">', page.partition('class="on-page"')[2].partition("</nav>")[0])
    assert anchors == re.findall(r'<h2 id="([\w-]+)">(?!Other)', page)
    assert not re.findall(r"\]\((?![\w-]+\.png\))", written), "a link to a file that the site does not have"


def test_there_is_no_other_guide(client):
    assert client.get("/help/guides/everybody/").status_code == 404


def test_the_search_finds_a_section(client, catalog):
    refresh()
    found = addresses(client.get(reverse("pdca:search"), {"q": "when an email failed"}).text)
    assert f"{ADMINISTRATORS}#when-an-email-failed" in found
