"""Pages of the catalog say when they last changed and answer 304; never what is another person's or out of date."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.http import http_date, parse_http_date

from initiatives.models import Case, Initiative
from pdca.index import Indexed, refresh
from pdca.models import Element, Term
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

PAGES = {
    "guide": "/pdca/",
    "element": "/pdca/policy-statements/",
    "topics": "/pdca/integrating/",
    "glossary": "/pdca/glossary/",
    "start": "/pdca/getting-started/",
    "map": "/pdca/map/",
    "list": "/initiatives/?area=E&component=plan",
    "initiative": "/initiatives/cmom/",
    "cases": "/initiatives/cases/",
    "case": "/initiatives/cases/charleston/",
    "compare": "/initiatives/compare/",
    "who asks": "/initiatives/compare/who-asks/",
}
every_page = pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)


@pytest.fixture
def visiting(as_):
    """``visiting(user)``: a browser in which ``user`` signed in some pages ago, so that it has its token for forms."""

    def visit(user) -> Client:
        browser = as_(user)
        assert "Sign out" in browser.get("/help/").text
        return browser

    return visit


def again(client, path: str, first):
    """The same page as a browser asks for it that has ``first``."""
    return client.get(path, headers={"If-None-Match": first["ETag"], "If-Modified-Since": first["Last-Modified"]})


@every_page
@pytest.mark.parametrize("person", [None, "viewer"], ids=["anyone", "signed in"])
def test_what_a_browser_has_already_is_not_sent_again(request, client, visiting, catalog, path, person):
    browser = visiting(request.getfixturevalue(person)) if person else client

    first = browser.get(path)
    second = again(browser, path, first)

    assert first.status_code == 200
    assert re.fullmatch('"[0-9a-f]{32}"', first["ETag"])
    assert parse_http_date(first["Last-Modified"]) <= timezone.now().timestamp()
    assert (second.status_code, second.content) == (304, b"")
    assert second["ETag"] == first["ETag"]


@every_page
def test_every_page_is_private_and_asked_for_again_each_time(client, catalog, path):
    answer = client.get(path)

    assert {part.strip() for part in answer["Cache-Control"].split(",")} == {"private", "no-cache"}
    assert {"Cookie", "HX-Request"} <= {part.strip() for part in answer["Vary"].split(",")}


@every_page
def test_a_page_costs_at_most_six_queries(client, catalog, path):
    with CaptureQueriesContext(connection) as cold:
        assert client.get(path).status_code == 200
    with CaptureQueriesContext(connection) as kept:
        assert again(client, path, client.get(path)).status_code == 304

    assert len(cold) <= 6, "\n".join(query["sql"][:150] for query in cold)
    assert len(kept) == len(cold) + 1, "one more, to find that it did not change"


@pytest.mark.parametrize("typed", ["turbidty golas", "xyzzy"])
def test_a_search_that_finds_nothing_costs_as_little(client, catalog, typed):
    with CaptureQueriesContext(connection) as captured:
        client.get("/pdca/search/", {"q": typed})

    assert len(captured) <= 6


# What changes it.


@pytest.mark.parametrize("path", ["/initiatives/cmom/", "/pdca/policy-statements/", "/initiatives/", "/pdca/"])
def test_after_something_is_published_it_is_sent_again(client, catalog, path):
    first = client.get(path)

    Initiative.objects.get(slug="cmom").publish({"name": "CMOM, by another name"})

    answer = again(client, path, first)
    assert answer.status_code == 200
    assert answer["ETag"] != first["ETag"]


def test_within_one_second_too(client, catalog):
    cmom = Initiative.objects.get(slug="cmom")
    tags = []
    for name in ("one", "two", "three"):
        cmom.publish({"name": name})
        tags.append(client.get("/initiatives/cmom/")["ETag"])

    assert len(set(tags)) == 3


@pytest.mark.parametrize("change", ["retire", "bring back", "delete"])
def test_after_a_term_leaves_or_comes_back_it_is_sent_again(client, catalog, change):
    term = Term.objects.get(acronym="PSW")
    if change == "bring back":
        term.retire(timezone.localdate())
    first = client.get("/initiatives/cases/charleston/")

    if change == "delete":
        term.delete()
        refresh()
    else:
        term.retire(timezone.localdate() if change == "retire" else None)

    second = again(client, "/initiatives/cases/charleston/", first)
    assert second.status_code == 200
    assert (f"term-{term.slug}" in second.text) is (change == "bring back")


def test_a_draft_changes_nothing(client, catalog):
    cmom = Initiative.objects.get(slug="cmom")
    first = client.get("/initiatives/cmom/")

    cmom.keep_draft(cmom.plain() | {"name": "Not yet"})

    assert again(client, "/initiatives/cmom/", first).status_code == 304


def test_last_modified_moves_on_with_the_catalog(client, catalog):
    Indexed.objects.update(at=timezone.now() + timedelta(hours=1))

    said = parse_http_date(client.get("/pdca/")["Last-Modified"])

    assert abs(said - (timezone.now() + timedelta(hours=1)).timestamp()) < 60
    earlier = http_date(said - 1)
    assert client.get("/pdca/", headers={"If-Modified-Since": earlier}).status_code == 200


# Whom it is for.


@every_page
def test_what_one_person_has_is_not_taken_for_anothers(client, visiting, catalog, path):
    ann, bea = visiting(UserFactory(name="Ann Weir")), visiting(UserFactory(name="Bea Boyd"))
    seen_by_ann = ann.get(path)

    assert again(ann, path, seen_by_ann).status_code == 304
    for other in (bea, client):
        answer = again(other, path, seen_by_ann)
        assert answer.status_code == 200
        assert "Ann Weir" not in answer.text


def test_who_signs_in_or_out_gets_the_page_anew(client, as_, catalog, viewer):
    before = client.get("/pdca/")
    client.force_login(viewer, backend="accounts.second_factor.Backend")
    signed_in = again(client, "/pdca/", before)
    client.logout()
    after = again(client, "/pdca/", signed_in)

    assert (signed_in.status_code, after.status_code) == (200, 200)
    assert "Sign out" in signed_in.text
    assert "Sign in" in after.text


def test_a_person_with_a_new_name_gets_the_page_anew(visiting, catalog, viewer):
    browser = visiting(viewer)
    first = browser.get("/pdca/")
    viewer.name = "Vic Newname"
    viewer.save()

    assert "Vic Newname" in again(browser, "/pdca/", first).text


def test_the_query_counts_and_so_does_a_part_for_a_script(client, catalog):
    first = client.get("/initiatives/?area=E")

    assert again(client, "/initiatives/?area=S", first).status_code == 200
    headers = {"If-None-Match": first["ETag"], "HX-Request": "true"}
    assert client.get("/initiatives/?area=E", headers=headers).status_code == 200


def test_a_message_that_waits_is_shown_and_then_no_longer(catalog, visiting, manager, analysis):
    browser = visiting(manager)
    first = browser.get("/pdca/")
    assert again(browser, "/pdca/", first).status_code == 304
    browser.post(reverse("assessments:delete", args=[analysis.pk]))

    with_message = again(browser, "/pdca/", first)
    assert with_message.status_code == 200
    assert "was deleted" in with_message.text
    assert "ETag" not in with_message
    without = browser.get("/pdca/")
    assert "was deleted" not in without.text
    assert again(browser, "/pdca/", without).status_code == 304


def test_a_page_that_is_not_there_has_no_tag(client, catalog):
    answer = client.get("/initiatives/nothing/", headers={"If-None-Match": '"x"'})

    assert answer.status_code == 404
    assert "ETag" not in answer


@every_page
def test_only_reading(client, catalog, path):
    assert client.head(path)["ETag"] == client.get(path)["ETag"]
    assert client.post(path).status_code == 405


def test_an_empty_catalog_can_be_asked_for_twice(no_catalog):
    client = Client()
    first = client.get("/pdca/")

    assert first.status_code == 200
    assert again(client, "/pdca/", first).status_code == 304
    assert not Element.objects.exists()
    assert not Case.objects.exists()
