"""Accounts: creating one, signing in and out, forgotten passwords, the second factor, and how often one may try."""

import re

import pytest
from allauth.account.forms import AddEmailForm
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.hashers import get_hasher
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.limits import too_many
from accounts.models import User
from tests.accounts.conftest import code_for, link_in, show_again_who_one_is, sign_in, sign_up
from tests.factories import PASSWORD, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("forget_tries", "mail_at_once")]


def test_signing_up_verifying_and_signing_in(client):
    assert sign_up(client).url == reverse("account_email_verification_sent")
    user = User.objects.get()
    assert (user.email, user.name, user.is_staff) == ("new@example.org", "Nora New", False)
    assert "_auth_user_id" not in client.session

    refused = client.post(reverse("account_login"), {"login": "new@example.org", "password": PASSWORD})
    assert refused.url == reverse("account_email_verification_sent")
    assert "_auth_user_id" not in client.session

    confirm = link_in(mail.outbox[0])
    assert "Yes, confirm" in client.get(confirm).content.decode()
    client.post(confirm)
    assert EmailAddress.objects.get().verified
    client.post(reverse("account_login"), {"login": "NEW@example.org", "password": PASSWORD})
    assert client.session["_auth_user_id"] == str(user.pk)


def test_signing_up_twice_tells_only_the_mailbox(client, person):
    assert sign_up(client, email="ADA@example.org").url == reverse("account_email_verification_sent")
    assert User.objects.count() == 1
    assert mail.outbox[0].subject == "Headworks: You already have an account"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"email": "no address"}, "email"),
        ({"password1": "short", "password2": "short"}, "password1"),
        ({"password1": "password1234", "password2": "password1234"}, "password1"),
        ({"password2": "something else entirely"}, "password2"),
    ],
)
def test_signing_up_with_something_wrong_says_what(client, changes, field):
    page = sign_up(client, **changes)
    assert page.context["form"].errors[field]
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("next_url", "goes_to"),
    [("/utilities/search/", "/utilities/search/"), ("https://elsewhere.example/", "/"), ("", "/")],
)
def test_after_signing_in_one_goes_where_one_wanted(client, person, next_url, goes_to):
    assert (
        f'value="{next_url}"' in client.get(reverse("account_login"), {"next": next_url}).content.decode()
        or not next_url
    )
    assert sign_in(client, next=next_url).url == goes_to


def test_a_protected_page_asks_to_sign_in_and_comes_back(client, person):
    asked = client.get(reverse("me"))
    assert asked.url == "/account/login/?next=/account/"


def test_a_wrong_password_is_not_told_from_an_unknown_address(client, person):
    wrong = sign_in(client, password="not it").context["form"].errors
    unknown = (
        client.post(reverse("account_login"), {"login": "nobody@example.org", "password": "x"}).context["form"].errors
    )
    assert wrong == unknown


def test_a_closed_account_does_not_get_in(client, person):
    User.objects.update(is_active=False)
    assert sign_in(client).status_code == 302
    assert "_auth_user_id" not in client.session


def test_signing_out_needs_a_post(client, person):
    sign_in(client)
    assert client.get(reverse("account_logout")).status_code == 200
    assert "_auth_user_id" in client.session
    client.post(reverse("account_logout"))
    assert "_auth_user_id" not in client.session


def test_a_forgotten_password_is_reset_through_the_mailbox(client, person):
    client.post(reverse("account_reset_password"), {"email": "ada@example.org"})
    form_page = client.get(link_in(mail.outbox[0]), follow=True)
    assert "Choose a new password" in form_page.content.decode()
    action = form_page.redirect_chain[-1][0]
    client.post(action, {"password1": "brand-new-river-7", "password2": "brand-new-river-7"})
    assert not sign_in(client).has_header("Location")
    assert sign_in(client, password="brand-new-river-7").status_code == 302

    again = client.get(link_in(mail.outbox[0]), follow=True)
    assert "This link no longer works" in again.content.decode()


def test_a_reset_for_an_unknown_address_answers_the_same(client, person):
    known = client.post(reverse("account_reset_password"), {"email": "ada@example.org"})
    unknown = client.post(reverse("account_reset_password"), {"email": "nobody@example.org"})
    assert known.url == unknown.url == reverse("account_reset_password_done")


def test_links_in_emails_are_to_the_site_whatever_host_a_request_names(client, person, settings):
    settings.SITE_URL = "https://headworks.example"
    settings.ALLOWED_HOSTS = ["*"]
    attacked = {"headers": {"host": "evil.example"}}
    client.post(reverse("account_reset_password"), {"email": "ada@example.org"}, **attacked)
    client.post(reverse("account_reset_password"), {"email": "nobody@example.org"}, **attacked)
    new = {"email": "new@example.org", "name": "Nora", "password1": PASSWORD, "password2": PASSWORD}
    client.post(reverse("account_signup"), new, **attacked)
    client.post(reverse("account_signup"), new | {"email": "ada@example.org"}, **attacked)
    assert len(mail.outbox) == 4
    for message in mail.outbox:
        assert "https://headworks.example/account/" in message.body
        assert "evil" not in message.body


def work_of(act) -> tuple[list[str], int]:
    """Returns the first word of each query that ``act`` sends to the database, and how many passwords it hashes."""
    hashed = []
    hasher = get_hasher()

    def encode(*args, **options):
        hashed.append(args)
        return type(hasher).encode(hasher, *args, **options)

    with CaptureQueriesContext(connection) as seen, pytest.MonkeyPatch.context() as patch:
        patch.setattr(hasher, "encode", encode)
        act()
    return [query["sql"].split()[0] for query in seen], len(hashed)


@pytest.mark.parametrize("address", ["account_signup", "account_reset_password"])
def test_a_known_and_an_unknown_address_take_the_same_work(address, person, sent_tasks):
    data = {"name": "Nora", "password1": PASSWORD, "password2": PASSWORD} if address == "account_signup" else {}
    work = {}
    for email in ("warm@example.org", "unknown@example.org", "ada@example.org"):
        browser = Client()
        work[email] = work_of(lambda: browser.post(reverse(address), data | {"email": email}))  # noqa: B023
    (unknown, n_hashed), (known, n_hashed_known) = work["unknown@example.org"], work["ada@example.org"]
    assert n_hashed == n_hashed_known == (1 if address == "account_signup" else 0)
    for word in ("SELECT", "INSERT", "UPDATE", "DELETE", "DECLARE"):
        assert unknown.count(word) == known.count(word), word
    assert User.objects.filter(email__endswith="invalid").count() == 0


def test_changing_the_password_asks_for_the_old_one(client, person):
    sign_in(client)
    new = {"password1": "brand-new-river-7", "password2": "brand-new-river-7"}
    client.post(reverse("account_change_password"), {"oldpassword": "wrong", **new})
    person.refresh_from_db()
    assert person.check_password(PASSWORD)
    client.post(reverse("account_change_password"), {"oldpassword": PASSWORD, **new})
    person.refresh_from_db()
    assert person.check_password("brand-new-river-7")


def test_too_many_sign_ups_get_the_form_back_with_what_was_typed(client, settings):
    settings.ACCOUNT_RATE_LIMITS = {"signup": "1/m/ip"}
    sign_up(client, email="one@example.org")
    page = sign_up(client, email="two@example.org", next="/utilities/")
    text = page.content.decode()
    assert page.status_code == 429
    assert page["Retry-After"] == "60"
    assert "too many attempts from your internet connection" in text
    assert 'value="two@example.org"' in text
    assert 'value="Nora New"' in text
    assert '<input type="hidden" name="next" value="/utilities/"' in text
    assert PASSWORD not in text
    assert User.objects.count() == 1
    cache.clear()
    assert sign_up(client, email="two@example.org").status_code == 302


FORMS = [
    ("login", "account_login", {"login": "ada@example.org"}),
    ("reset_password", "account_reset_password", {"email": "else@example.org"}),
    ("manage_email", "account_email", {"email": "ada@home.example", "action_add": ""}),
    ("change_password", "account_change_password", {}),
    ("reauthenticate", "account_reauthenticate", {}),
]


@pytest.mark.parametrize(("limit", "name", "sent"), FORMS)
def test_every_form_that_is_sent_too_often_comes_back(client, person, settings, limit, name, sent):
    if limit not in ("login", "reset_password"):
        sign_in(client)
        show_again_who_one_is(client)
    settings.ACCOUNT_RATE_LIMITS = {limit: "1/m/ip"}
    client.post(reverse(name), {"email": "ada@example.org", "password": "wrong"})
    page = client.post(reverse(name), sent)
    assert page.status_code == 429
    assert "too many attempts" in page.content.decode()
    assert all(f'value="{value}"' in page.content.decode() for value in sent.values() if value)


def test_a_workshop_of_people_at_one_address_can_sign_up(client):
    for number in range(30):
        assert sign_up(client, email=f"person-{number}@example.org").status_code == 302
    assert sign_up(client, email="one-more@example.org").status_code == 429


def test_without_a_form_to_show_again_there_is_a_page(rf, person):
    request = rf.post("/")
    request.user, request.resolver_match = person, None
    page = too_many(request)
    assert page.status_code == 429
    assert "Too many attempts" in page.content.decode()


def test_guessing_a_password_is_slowed_down(client, person):
    for _ in range(5):
        sign_in(client, password="not it")
    refused = sign_in(client)
    assert refused.status_code == 200
    assert "Too many failed" in refused.content.decode()
    assert "_auth_user_id" not in client.session


def test_another_address_becomes_the_main_one_after_it_is_confirmed(client, person):
    sign_in(client)
    show_again_who_one_is(client)
    client.post(reverse("account_email"), {"action_add": "", "email": "ada@home.example"})
    client.post(reverse("account_email"), {"action_primary": "", "email": "ada@home.example"})
    person.refresh_from_db()
    assert person.email == "ada@example.org"
    client.post(link_in(mail.outbox[-1]))
    client.post(reverse("account_email"), {"action_primary": "", "email": "ada@home.example"})
    person.refresh_from_db()
    assert person.email == "ada@home.example"


def test_the_second_factor_is_set_up_and_then_asked_for(client, person):
    sign_in(client)
    assert client.get(reverse("mfa_activate_totp")).url.startswith(reverse("account_reauthenticate"))
    show_again_who_one_is(client)
    page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    assert secret in page.content.decode()
    client.post(reverse("mfa_activate_totp"), {"code": code_for(secret)})
    assert Authenticator.objects.filter(user=person, type="totp").exists()
    client.post(reverse("account_logout"))

    assert sign_in(client, next="/utilities/").url.startswith(reverse("mfa_authenticate"))
    assert "_auth_user_id" not in client.session
    client.post(reverse("mfa_authenticate"), {"code": "none"})
    assert "_auth_user_id" not in client.session
    cache.clear()  # a code counts once; the next one would come half a minute later
    assert client.post(reverse("mfa_authenticate"), {"code": code_for(secret)}).url == "/utilities/"
    assert client.session["_auth_user_id"] == str(person.pk)


def test_a_recovery_code_lets_in_once(client, person):
    TOTP.activate(person, generate_totp_secret())
    code = RecoveryCodes.activate(person).get_unused_codes()[0]
    sign_in(client, next="/utilities/")
    assert client.post(reverse("mfa_authenticate"), {"code": code}).url == "/utilities/"
    client.post(reverse("account_logout"))
    sign_in(client)
    assert client.post(reverse("mfa_authenticate"), {"code": code}).status_code == 200
    assert "_auth_user_id" not in client.session


OUTSIDE = ["account_login", "account_signup", "account_reset_password", "account_reset_password_done"]
OUTSIDE += ["account_email_verification_sent", "account_inactive"]
INSIDE = ["account_email", "account_change_password", "account_logout", "account_reauthenticate", "mfa_index"]
INSIDE += ["mfa_activate_totp", "mfa_list_webauthn", "mfa_add_webauthn", "me"]
WITH_FACTOR = ["mfa_index", "mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_generate_recovery_codes"]
WITH_FACTOR += ["mfa_reauthenticate"]


def check_look(page) -> None:
    """The site's frame, one h1, a title, a strict policy, and nothing that it would forbid."""
    text = page.content.decode()
    assert page.status_code == 200
    assert 'class="top"' in text
    assert len(re.findall("<h1", text)) == 1
    assert re.search(r"<title>\S.* · Headworks</title>", text)
    assert not re.search(r"\sstyle=|\son[a-z]+=|<style", text)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))
    assert "default-src 'self'" in page["Content-Security-Policy"]


@pytest.mark.parametrize("name", OUTSIDE)
def test_pages_before_signing_in_have_the_sites_look(client, name):
    check_look(client.get(reverse(name)))


@pytest.mark.parametrize("name", INSIDE)
def test_pages_of_the_account_have_the_sites_look(client, person, name):
    sign_in(client)
    show_again_who_one_is(client)
    check_look(client.get(reverse(name)))


@pytest.mark.parametrize("name", WITH_FACTOR)
def test_pages_of_the_second_factor_have_the_sites_look(client, person, name):
    sign_in(client)
    show_again_who_one_is(client)
    TOTP.activate(person, generate_totp_secret())
    RecoveryCodes.activate(person)
    check_look(client.get(reverse(name)))


def test_the_second_factors_own_page_has_the_sites_look(client, person):
    TOTP.activate(person, generate_totp_secret())
    sign_in(client)
    check_look(client.get(reverse("mfa_authenticate")))


def test_a_page_not_written_here_still_gets_the_sites_look(rf):
    """The library's own words inside our frame and elements: for pages that a setting may switch on one day."""
    request = rf.get("/")
    request.user = UserFactory()
    form = AddEmailForm(user=request.user)
    text = render_to_string("account/email_change.html", {"form": form, "user": request.user}, request)
    assert 'class="usa-button' in text
    assert 'class="usa-input"' in text
    assert "<title>Email Address · Headworks</title>" in text


def test_browsers_are_told_what_each_field_is(client):
    up = client.get(reverse("account_signup")).content.decode()
    assert 'autocomplete="name"' in up
    assert 'autocomplete="email"' in up
    assert up.count('autocomplete="new-password"') == 2
    assert 'autocomplete="current-password"' in client.get(reverse("account_login")).content.decode()
