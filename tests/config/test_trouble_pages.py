"""What a person sees when a page is missing, a form is too old, or the site fails."""

import re

import pytest
from django.template.loader import get_template
from django.test import Client
from django.urls import path

from config.urls import urlpatterns as real_addresses


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


@pytest.mark.parametrize("name", ["400.html", "404.html", "405.html", "403_csrf.html", "500.html"])
def test_nothing_is_inline(name, rf):
    request = rf.get("/")
    request.user = type("Anonymous", (), {"is_authenticated": False})()
    page = get_template(name).render({}, request if name not in ("400.html", "500.html") else None)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", page)
    assert page.count("<h1") == 1
