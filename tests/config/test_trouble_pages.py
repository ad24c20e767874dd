"""What a person sees when a page is missing, a form is too old, or the site fails."""

import re

import pytest
from django.db import connection
from django.template.loader import get_template
from django.test import Client
from django.urls import path, reverse

from config.urls import handler500 as handler500
from config.urls import urlpatterns as real_addresses
from config.views import NO_ROOM
from tests.assessments.programs import Program, make


def breaks(request):
    raise ValueError("as a fault would")


urlpatterns = [*real_addresses, path("breaks", breaks)]


@pytest.mark.django_db
def test_a_missing_page_is_404_in_the_sites_look(client: Client):
    response = client.get("/no/such/page")
    page = response.content.decode()
    assert response.status_code == 404
    assert "<h1>Page not found</h1>" in page
    assert "/static/css/layout." in page
    assert 'href="/account/login/"' in page


@pytest.mark.django_db
def test_a_missing_page_does_not_offer_to_sign_in_again(as_, viewer):
    assert b"ask a manager of that utility" in as_(viewer).get("/no/such/page").content


GUESSES = [
    "/login",
    "/login/",
    "/signin",
    "/accounts/signin/",
    "/accounts/sign-in/",
    "/log_in",
    "/logon",
    "/Sign-On",
]


@pytest.mark.django_db
@pytest.mark.parametrize("guess", GUESSES)
def test_a_guess_at_the_sign_in_page_leads_to_it(client: Client, guess):
    response = client.get(guess)
    assert response.status_code == 404
    assert '<a href="/account/login/">Go to the sign-in page</a>' in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("guess", ["/signup", "/sign-up/", "/accounts/signup", "/register/"])
def test_a_guess_at_the_sign_up_page_leads_to_it(client: Client, guess):
    assert '<p>Do you want an account? <a href="/account/signup/">' in client.get(guess).content.decode()


@pytest.mark.django_db
def test_a_guess_at_the_sign_in_page_says_that_one_is_signed_in(as_, viewer):
    assert b"You are signed in as Vic Weir." in as_(viewer).get("/login").content


@pytest.mark.django_db
def test_a_form_from_an_earlier_visit_says_what_to_do():
    response = Client(enforce_csrf_checks=True).post("/account/login/", {"login": "a@example.org", "password": "x"})
    assert response.status_code == 403
    assert b"<h1>Please try again</h1>" in response.content
    assert b"Nothing was saved" in response.content


@pytest.mark.urls("tests.config.test_trouble_pages")
def test_a_fault_is_answered_without_database_or_details():
    response = Client(raise_request_exception=False).get("/breaks")
    page = response.content.decode()
    assert response.status_code == 500
    assert "Something went wrong on our side" in page
    assert "as a fault would" not in page


def test_the_fault_page_needs_no_context():
    assert get_template("500.html").render() == get_template("500.html").render({"contact_email": "x", "user": "y"})


@pytest.mark.parametrize("name", ["400.html", "404.html", "405.html", "403_csrf.html", "500.html", "507.html"])
def test_nothing_is_inline(name, rf):
    request = rf.get("/")
    request.user = type("Anonymous", (), {"is_authenticated": False})()
    page = get_template(name).render({}, request if name not in ("400.html", "500.html", "507.html") else None)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", page)
    assert page.count("<h1") == 1


# --- The database's disk is full


@pytest.fixture
def no_room(catalog):
    """PostgreSQL says of each new record what it says where its disk is full."""
    with connection.cursor() as cursor:
        cursor.execute("""
            CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
            CREATE TRIGGER no_room BEFORE INSERT ON ims_record FOR EACH ROW EXECUTE FUNCTION no_room();
        """)


@pytest.mark.django_db
def test_a_full_database_answers_507_in_words(no_room, as_, manager, utility):
    browser = as_(manager)
    browser.raise_request_exception = False
    address = reverse("ims:new", args=[utility.pk, "actions"])
    page = browser.post(address, {"title": "Clean Mill Street", "owner": "", "due": ""})
    assert page.status_code == 507
    assert "There is no room at the moment" in page.text
    assert "what you typed is still in the form" in page.text
    refused = browser.post(address, {"title": "Clean Mill Street"}, headers={"Accept": "application/json"})
    assert (refused.status_code, refused.json()) == (507, {"message": NO_ROOM})


@pytest.mark.django_db
def test_a_full_database_is_a_problem_in_the_api(no_room, manager, utility):
    program = Program(make(manager))
    program.client.raise_request_exception = False
    answer = program("POST", "records/actions", {"utility": utility.pk, "values": {"title": "Clean Mill Street"}})
    assert answer.status_code == 507
    assert answer.json()["detail"] == NO_ROOM
