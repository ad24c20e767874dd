"""A form that is refused because its sender was signed out: the way back to its page, with what was typed."""

import re
from functools import cache
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.loader import get_template
from django.test import Client, RequestFactory
from django.urls import resolve, reverse

from accounts.models import Invitation, Role, Utility
from accounts.unsent import KEY, MAX_LENGTH, PERSON, way_on
from recognition.models import Application
from tests.accounts.conftest import code_for, sign_in
from tests.addresses import addresses
from tests.factories import PASSWORD, MembershipFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("forget_tries")]

TEXT = "The lab runs on Tuesdays & Fridays."
SITE = "http://testserver"
JSON = {"accept": "application/json"}
ALL = sorted({one for one in addresses() if not one.startswith("/api/")})


@pytest.fixture
def browser(manager) -> Client:
    """The browser of a person whose session is over."""
    return signed_out(manager)


def signed_out(user, **options) -> Client:
    client = Client(**options)
    client.cookies[PERSON] = signing.get_cookie_signer(salt=PERSON).sign(str(user.pk))
    return client


def back_in(client: Client, user, response, *, follow: bool = True) -> object:
    """Signs ``user`` in on the page that ``response`` leads to; the page after that."""
    to = urlsplit(response.url)
    assert to.path == reverse("account_login")
    client.force_login(user, backend="accounts.second_factor.Backend")
    return client.get(parse_qs(to.query)["next"][0], follow=follow)


def banner(page) -> str:
    return page.content.decode().partition("data-unsent>")[2].partition("</form>")[0]


# --- Every address ---------------------------------------------------------------------------------


def test_all_addresses_are_found():
    assert len(ALL) > 150
    some = {"/utilities/claims/1/decline/", "/gap-analyses/1/vision/link/", "/recognition/applications/1/submit/"}
    assert some <= set(ALL)


@pytest.fixture
def one_way_per_folder(monkeypatch):
    """The pages above an address are the same for all in its folder, so they are made for the first of these only."""
    known: dict[str, str] = {}

    def once(request) -> str:
        folder = request.path.rstrip("/").rpartition("/")[0]
        if folder not in known:
            known[folder] = way_on(request)
        return known[folder]

    for where in ("accounts.unsent.way_on", "config.views.way_on"):
        monkeypatch.setattr(where, once)


def test_no_form_ends_in_an_empty_page_after_signing_in(one_way_per_folder):
    """Wherever a form is sent by someone signed out: signing in leads to a page that has what was typed.

    Many forms lead on to the same page, which is opened once; for the others it is what was typed that must be on it.
    """
    manager = MembershipFactory(utility__pk=1, role=Role.MANAGER).user  # whom the made-up addresses lead to
    wrong, n, opened = [], 0, set()
    for address in ALL:
        browser = signed_out(manager)
        response = browser.post(address, {"message": TEXT})
        if response.status_code == 302 and response.url.startswith("/account/login/?next="):
            n += 1
            page = back_in(browser, manager, response, follow=False)
            if page.status_code == 302 and page.url in opened:
                kept = browser.session[KEY]
                if (kept["page"], kept["fields"]) != (page.url, [["message", TEXT]]):
                    wrong.append(address)
                continue
            if page.status_code == 302:
                opened.add(page.url)
                page = browser.get(page.url, follow=True)
            if page.status_code == 405 or "Tuesdays &amp; Fridays" not in banner(page):
                wrong.append(address)
    assert wrong == []
    assert n > 100


def test_a_get_where_only_forms_are_taken_shows_a_page_with_a_way_on(as_, one_way_per_folder):
    browser, wrong, n = as_(MembershipFactory(utility__pk=1, role=Role.MANAGER).user), [], 0
    opens = cache(lambda page: browser.get(page, follow=True).status_code == 200)  # many have the same page above
    for address in ALL:
        asked = browser.options(address, headers=JSON)  # makes no page where only GET or only POST is taken
        if asked.status_code == 405 and "GET" in asked["Allow"]:
            continue
        response = browser.get(address)
        if response.status_code == 405:
            n += 1
            way = re.search(r'href="([^"]+)">page above this address', response.content.decode())
            if "POST" not in response["Allow"] or not way or not opens(way[1]):
                wrong.append(address)
    assert wrong == []
    assert n > 40


def test_a_form_sent_to_a_page_that_takes_none_is_told_so(as_, manager):
    response = as_(manager).post(reverse("pdca:glossary"))
    assert response.status_code == 405
    assert "does not receive forms" in response.content.decode()


def test_no_page_is_made_in_vain_to_find_the_way_on(as_, manager, monkeypatch):
    asked = []
    monkeypatch.setattr("accounts.unsent.resolve", lambda path: asked.append(path) or resolve(path))
    response = as_(manager).get("/utilities/claims/1/grant/")
    assert response.status_code == 405
    assert asked[0] == "/utilities/claims/1/"
    assert "/" not in asked
    asked.clear()
    assert as_(manager).post(reverse("pdca:glossary")).status_code == 405
    assert asked == [], "a page that takes no forms is its own way on"
    request = RequestFactory().get("/unknown/address/")
    assert way_on(request) == "/"
    assert way_on(RequestFactory().post("/")) == "/"
    assert asked == ["/unknown/"], "the home page is there for everybody"


def test_where_only_forms_are_taken_scripts_get_no_page(as_, manager):
    assert as_(manager).get("/utilities/claims/1/grant/", headers={"accept": "application/json"}).content == b""
    assert as_(manager).get("/api/v1/nothing").headers["Content-Type"] == "application/problem+json"


# --- Who gets it back, and where -----------------------------------------------------------------


@pytest.fixture
def ask(utility) -> str:
    return reverse("accounts:ask", args=[utility.pk])


def test_it_comes_back_on_the_page_of_the_form(browser, manager, utility, ask):
    response = browser.post(ask, {"message": TEXT}, headers={"referer": f"{SITE}{ask}?from=search#form"})
    assert response.url == f"/account/login/?next={ask}%3Ffrom%3Dsearch"
    page = back_in(browser, manager, response)
    assert page.request["QUERY_STRING"] == "from=search"
    assert TEXT in page.context["unsent"]["texts"]
    assert page.context["unsent"]["sent"] == {"path": ask, "fields": [["message", TEXT]]}


def test_a_page_of_another_site_is_not_returned_to(browser, ask):
    response = browser.post(ask, {"message": TEXT}, headers={"referer": "https://elsewhere.example/trap/"})
    assert response.url == f"/account/login/?next={ask}"
    response = browser.post(ask, {"message": TEXT}, headers={"referer": f"{SITE}//elsewhere.example/"})
    assert response.url == "/account/login/?next=/elsewhere.example/"


def test_signing_in_remembers_who_it_was_until_the_browser_is_closed(client, person):
    sign_in(client)
    cookie = client.cookies[PERSON]
    assert cookie.value.startswith(f"{person.pk}:")
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", "")


@pytest.mark.parametrize("ended", ["the session is over", "signed out elsewhere"])
def test_the_session_ends_and_the_same_person_signs_in(client, person, ask, ended):
    sign_in(client)
    if ended == "signed out elsewhere":
        client.post(reverse("account_logout"))
    else:
        Session.objects.all().delete()
    response = client.post(ask, {"message": TEXT})
    response = client.post(response.url, {"login": person.email, "password": PASSWORD})
    assert TEXT in client.get(response.url).context["unsent"]["texts"]


def test_it_comes_back_after_the_second_factor(client, person, ask):
    secret = generate_totp_secret()
    TOTP.activate(person, secret)
    client.cookies[PERSON] = signing.get_cookie_signer(salt=PERSON).sign(str(person.pk))
    response = client.post(ask, {"message": TEXT})
    client.post(response.url, {"login": person.email, "password": PASSWORD})
    response = client.post(reverse("mfa_authenticate"), {"code": code_for(secret)})
    assert response.url == ask
    assert TEXT in client.get(response.url).context["unsent"]["texts"]


def test_another_person_does_not_get_it(browser, viewer, ask):
    page = back_in(browser, viewer, browser.post(ask, {"message": TEXT}))
    assert "Tuesdays" not in page.content.decode()
    assert KEY not in browser.session


def test_nobody_gets_what_an_unknown_person_sent(client, manager, ask):
    page = back_in(client, manager, client.post(ask, {"message": TEXT}))
    assert "Tuesdays" not in page.content.decode()


def test_a_forged_cookie_counts_for_nothing(client, manager, ask):
    client.cookies[PERSON] = f"{manager.pk}:x:y"
    page = back_in(client, manager, client.post(ask, {"message": TEXT}))
    assert "Tuesdays" not in page.content.decode()


def test_it_is_not_shown_on_other_pages_or_before_signing_in(browser, manager, ask):
    response = browser.post(ask, {"message": TEXT})
    assert "Tuesdays" not in browser.get(response.url).content.decode()
    browser.force_login(manager, backend="accounts.second_factor.Backend")
    assert "Tuesdays" not in browser.get("/").content.decode()
    assert "Tuesdays" in browser.get(ask).content.decode()


def test_it_moves_along_with_a_page_that_leads_elsewhere(staff, at):
    """Someone else has decided meanwhile, so the form is no longer there."""
    application = at(Application.Status.COMPLIANCE)
    browser = signed_out(staff)
    response = browser.post(reverse("recognition:incomplete", args=[application.pk]), {"reason": TEXT})
    page = back_in(browser, staff, response)
    assert page.redirect_chain == [(application.get_absolute_url(), 302)]
    assert "Tuesdays" in banner(page)


def test_it_is_kept_until_the_form_is_sent(browser, manager, utility):
    url = reverse("accounts:invite", args=[utility.pk])
    back_in(browser, manager, browser.post(url, {"email": "Joe Brook", "role": "viewer"}))
    assert "Joe Brook" in banner(browser.get(url))
    assert "data-unsent" not in browser.post(url, {"email": "Joe", "role": "viewer"}).content.decode()
    assert "data-unsent" not in browser.get(url).content.decode()


def test_it_is_kept_when_the_site_fails(browser, manager, utility, monkeypatch):
    url = reverse("accounts:invite", args=[utility.pk])
    back_in(browser, manager, browser.post(url, {"email": "Joe Brook"}))
    browser.raise_request_exception = False
    monkeypatch.setattr(Invitation.objects, "invite", None)
    assert browser.post(url, {"email": "joe@example.org", "role": "viewer"}).status_code == 500
    assert "Joe Brook" in banner(browser.get(url))


def test_it_is_dismissed(browser, manager, ask):
    back_in(browser, manager, browser.post(ask, {"message": TEXT}))
    assert browser.post(reverse("accounts:dismiss_unsent")).url == ask
    assert "data-unsent" not in browser.get(ask).content.decode()
    assert browser.post(reverse("accounts:dismiss_unsent")).url == "/"


def test_a_button_without_text_is_to_be_clicked_again(browser, manager, utility):
    page = reverse("accounts:utility", args=[utility.pk])
    leave = reverse("accounts:leave", args=[utility.pk])
    back = back_in(browser, manager, browser.post(leave, headers={"referer": SITE + page}))
    assert "Please do it again" in banner(back)
    assert utility.membership_of(manager)


def test_secrets_and_files_are_not_kept(browser, manager, ask):
    secret = {"oldpassword": "river-1", "password1": "river-2", "csrfmiddlewaretoken": "river-3", "code": "river-4"}
    sent = {"message": TEXT, "file": SimpleUploadedFile("plan.txt", b"river-5")}
    response = browser.post(ask, secret | sent)
    assert "river" not in str(browser.session[KEY])
    assert "Choose the files again" in banner(back_in(browser, manager, response))


def test_what_is_too_long_to_keep_is_said(browser, manager, ask):
    page = back_in(browser, manager, browser.post(ask, {"message": "a word " * (MAX_LENGTH // 7 + 1)}))
    assert "too long to keep" in banner(page)
    assert "a word" not in banner(page)


def test_administrators_get_it_back_too(browser, manager):
    manager.is_staff = manager.is_superuser = True
    manager.save()
    url = reverse("admin:accounts_utility_add")
    page = back_in(browser, manager, browser.post(url, {"name": TEXT}))
    assert page.request["PATH_INFO"] == url
    assert "Tuesdays" in banner(page)


def test_only_a_refused_post_is_kept(client, person):
    """Confirming an address leads to the sign-in page too."""
    client.cookies[PERSON] = signing.get_cookie_signer(salt=PERSON).sign(str(person.pk))
    client.get(reverse("me"))
    client.post(reverse("account_logout"))
    assert KEY not in client.session


# --- Forms that are older than the last sign-in -------------------------------------------------


@pytest.fixture
def strict(manager) -> Client:
    """Signed in, in a browser whose forms are checked; its forms were opened before that."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(manager, backend="accounts.second_factor.Backend")
    client.get("/account/")
    return client


def test_an_old_form_comes_back_to_be_sent_again(strict, ask, utility):
    response = strict.post(ask, {"message": TEXT}, headers={"origin": SITE, "referer": SITE + ask})
    assert response.url == ask
    page = strict.get(ask)
    assert "opened before you signed in" in banner(page)
    assert "Mara Gerr" in banner(page)
    assert TEXT in page.context["unsent"]["texts"]
    assert not utility.claims.exists()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
        {"origin": "https://testserver"},
        {"referer": "https://elsewhere.example/x"},
        {"origin": "https://elsewhere.example", "referer": SITE + "/"},
    ],
)
def test_a_form_of_another_site_is_refused(strict, ask, headers):
    response = strict.post(ask, {"message": TEXT}, headers=headers)
    assert response.status_code == 403
    assert b"<h1>Please try again</h1>" in response.content
    assert KEY not in strict.session


def test_behind_a_proxy_the_trusted_origin_is_ours(strict, ask, settings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://headworks.example"]
    assert strict.post(ask, {"message": TEXT}, headers={"origin": "https://headworks.example"}).url == ask


@pytest.mark.parametrize(("sent", "leads_to"), [("/utilities/", "/utilities/"), ("https://elsewhere.example/", "/")])
@pytest.mark.parametrize("name", ["account_login", "account_signup", "mfa_authenticate"])
def test_a_second_sign_in_tab_leads_in(strict, name, sent, leads_to):
    response = strict.post(reverse(name), {"login": "x", "next": sent}, headers={"origin": SITE})
    assert response.url == leads_to
    assert KEY not in strict.session


def test_an_old_sign_up_form_comes_back_with_what_was_typed():
    client = Client(enforce_csrf_checks=True)
    url = reverse("account_signup")
    client.get(url)
    sent = {"name": "Nora New", "email": "nora@example.org", "password1": PASSWORD}
    response = client.post(url, sent, headers={"origin": SITE, "referer": SITE + url})
    assert response.url == url
    page = client.get(url)
    assert "the page was out of date" in banner(page)
    assert "Nora New" in banner(page)
    assert PASSWORD not in page.content.decode()


def test_an_old_form_of_someone_signed_out_asks_to_sign_in_and_comes_back(manager, ask):
    client = signed_out(manager, enforce_csrf_checks=True)
    client.get("/account/login/")
    response = client.post(ask, {"message": TEXT}, headers={"origin": SITE, "referer": SITE + ask})
    assert response.url == ask
    assert TEXT in back_in(client, manager, client.get(ask)).context["unsent"]["texts"]


# --- Scripts ---------------------------------------------------------------------------------------


def test_a_script_is_told_where_to_sign_in(browser, ask):
    response = browser.post(ask, {"message": TEXT}, headers=JSON | {"referer": f"{SITE}/gap-analyses/5/?open=vision"})
    assert response.status_code == 401
    assert response.json() == {"sign_in": "/account/login/?next=/gap-analyses/5/%3Fopen%3Dvision"}
    assert KEY not in browser.session


def test_a_script_gets_a_new_token(strict, manager, ask):
    sent = {"message": TEXT}
    refused = strict.post(ask, sent, headers=JSON | {"origin": SITE})
    assert refused.status_code == 403
    assert refused.json()["person"] == manager.pk
    strict.cookies |= refused.cookies
    assert strict.post(ask, sent | {"csrfmiddlewaretoken": refused.json()["csrf"]}).url == reverse("accounts:list")


def test_a_script_of_another_site_gets_no_token(strict, ask):
    response = strict.post(ask, {"message": TEXT}, headers=JSON | {"origin": "https://elsewhere.example"})
    assert response.status_code == 403
    assert b'"csrf"' not in response.content


def test_a_script_with_an_old_token_is_told_where_to_sign_in(ask):
    client = Client(enforce_csrf_checks=True)
    client.get("/account/login/")
    response = client.post(ask, {"message": TEXT}, headers=JSON | {"origin": SITE, "referer": SITE + ask})
    assert (response.status_code, response.json()) == (401, {"sign_in": f"/account/login/?next={ask}"})


HTMX = {"hx-request": "true", "hx-current-url": f"{SITE}/gap-analyses/5/?open=vision#row-vision"}


def test_htmx_leads_the_whole_page_to_sign_in_and_the_text_is_kept(browser, manager):
    link = reverse("assessments:add_link", args=[5, "vision"])
    response = browser.post(link, {"title": TEXT}, headers=HTMX)
    assert response.status_code == 200
    assert response["HX-Redirect"] == "/account/login/?next=/gap-analyses/5/%3Fopen%3Dvision"
    assert browser.session[KEY]["page"] == "/gap-analyses/5/?open=vision"
    assert response.content == b""


def test_htmx_with_an_old_token_leads_to_the_same_page(strict):
    link = reverse("assessments:add_link", args=[5, "vision"])
    response = strict.post(link, {"title": TEXT}, headers=HTMX | {"origin": SITE})
    assert response["HX-Redirect"] == "/gap-analyses/5/?open=vision"
    assert strict.session[KEY]["fields"] == [["title", TEXT]]


def test_a_fragment_is_a_link_to_sign_in_and_what_is_typed_stays(browser):
    """Polling must not lead away from a page on which someone types; it ends."""
    response = browser.get(reverse("assessments:guidance", args=[5, "vision"]), headers=HTMX)
    assert response.status_code == 286
    assert response["HX-Reselect"] == "#signed-out"
    assert 'href="/account/login/?next=/gap-analyses/5/%3Fopen%3Dvision" target="_blank"' in response.content.decode()
    assert "HX-Redirect" not in response


def test_the_banner_has_nothing_inline(rf, manager):
    request = rf.get("/")
    request.user = manager
    kept = {"texts": [TEXT], "is_old": True, "had_files": True, "sent": {"fields": [["x", "</script><b>"]]}}
    page = get_template("accounts/unsent.html").render({"unsent": kept}, request)
    assert not re.search(r"\sstyle=|\son[a-z]+=|<script(?![^>]*\s(src|type)=)", page)
    assert "</script><b>" not in page


def test_nothing_is_kept_for_a_person_who_is_signed_in(as_, manager):
    client = as_(manager)
    client.post(reverse("accounts:create"), {"name": TEXT})
    assert SESSION_KEY in client.session
    assert KEY not in client.session
    assert not Utility.objects.filter(name=TEXT).exists()


def test_referrers_are_sent_within_the_site():
    assert settings.SECURE_REFERRER_POLICY == "same-origin"
