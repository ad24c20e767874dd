"""API tokens: created after entering the password again, shown once, stored as a hash, revoked by their owner."""

import re
import threading
from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.api_tokens import MAX_TOKENS, NameInUse, TooManyTokens, digest_of
from accounts.models import ApiToken
from tests.accounts.conftest import link_in, show_again_who_one_is, sign_in
from tests.factories import PASSWORD, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("forget_tries", "mail_at_once")]

CREATE = "/account/tokens/new/"
GOOD = {"name": "Excel import", "scope": "read", "days": "90"}


def make(user, **fields) -> tuple[ApiToken, str]:
    return ApiToken.objects.make(user, **{"name": "Excel import", "scope": "read", "days": 90} | fields)


def revoking(token: ApiToken) -> str:
    return reverse("revoke_token", args=[token.pk])


@pytest.fixture
def inside(client, person):
    """Signed in, having entered the password again."""
    sign_in(client)
    show_again_who_one_is(client)
    return client


def test_the_way_from_the_account_page_and_back(client, person, time_machine):
    sign_in(client)
    time_machine.move_to(timezone.now() + timedelta(minutes=10), tick=False)
    page = client.get(reverse("me")).text
    assert f'href="{CREATE}"' in page
    asked = client.get(CREATE)
    assert asked["Location"] == f"{reverse('account_reauthenticate')}?next={CREATE.replace('/', '%2F')}"
    led = client.post(asked["Location"], {"password": PASSWORD})
    assert led["Location"] == CREATE
    assert client.get(CREATE).status_code == 200

    made = client.post(CREATE, GOOD | {"name": "  Excel \n import "})
    token = ApiToken.objects.get()
    secret = re.search(r'<code class="code">([^<]+)</code>', made.text)[1]
    assert re.fullmatch(r"headworks_[\w-]{43}", secret)
    assert "no-store" in made["Cache-Control"]
    assert (token.user, token.name, token.scope) == (person, "Excel import", "read")
    assert token.expires_at - token.created_at == timedelta(days=90)
    assert ApiToken.objects.authenticate(secret) == token

    page = client.get(reverse("me")).text
    assert secret not in page
    assert f"{secret[:16]}…" in page
    assert client.get(revoking(token)).status_code == 200
    assert "was revoked" in client.post(revoking(token), follow=True).text
    assert ApiToken.objects.authenticate(secret) is None
    assert token.prefix not in client.get(reverse("me")).text


def test_nothing_is_created_without_entering_the_password_again(client, person, time_machine):
    sign_in(client)
    time_machine.move_to(timezone.now() + timedelta(minutes=10), tick=False)
    assert client.post(CREATE, GOOD)["Location"].startswith(reverse("account_reauthenticate"))
    assert not ApiToken.objects.exists()


def test_someone_not_signed_in_is_asked_to_sign_in(client, person):
    token, _ = make(person)
    for path in (CREATE, revoking(token)):
        assert client.post(path, GOOD)["Location"].startswith(reverse("account_login"))
    assert ApiToken.objects.valid().get() == token


def test_only_its_owner_revokes_it(person, as_, stranger):
    token, _ = make(person)
    theirs = as_(stranger)
    assert theirs.get(revoking(token)).status_code == 404
    assert theirs.post(revoking(token)).status_code == 404
    assert token.prefix not in theirs.get(reverse("me")).text
    assert ApiToken.objects.valid().get() == token


def test_the_secret_is_stored_nowhere(inside, person, tmp_path, caplog):
    secret = re.search(r">(headworks_[^<]+)<", inside.post(CREATE, GOOD).text)[1]
    path = tmp_path / "all.json"
    doubles = [each._meta.label for each in apps.get_models() if each._meta.proxy]
    call_command("dumpdata", exclude=doubles, output=str(path))
    everything = path.read_text() + "".join(str(each.get_decoded()) for each in Session.objects.all())

    assert digest_of(secret) in everything
    assert ApiToken.objects.get().prefix in everything
    assert secret not in everything
    assert secret[len("headworks_") :][:20] not in everything
    assert secret not in caplog.text + "".join(message.body for message in mail.outbox)


def test_its_owner_is_told(inside, person):
    inside.post(CREATE, GOOD | {"scope": "change"})
    message = mail.outbox[-1]
    assert message.to == ["ada@example.org"]
    assert message.subject == "Headworks: A new API token"
    assert message.body.startswith("Hello Ada Reed,\n\nYour Headworks account was changed:\n\n")
    assert "The API token “Excel import” was created (read and change)." in message.body
    assert message.body.rstrip().endswith("--\nHeadworks, http://localhost:8000\nQuestions? Email help@example.org")
    assert not re.search(r"\n\n\n|&#|\{|None", message.body)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"scope": "admin"}, "scope"),
        ({"scope": ""}, "scope"),
        ({"days": "366"}, "days"),
        ({"days": "-1"}, "days"),
        ({"days": "never"}, "days"),
    ],
)
def test_what_the_form_refuses(inside, change, field):
    page = inside.post(CREATE, GOOD | change)
    assert field in page.context["form"].errors
    assert not ApiToken.objects.exists()


def test_two_tokens_have_different_names(inside, person, time_machine):
    make(person)
    time_machine.move_to(timezone.now() + timedelta(minutes=2), tick=False)
    assert "another token with this name" in inside.post(CREATE, GOOD | {"name": "EXCEL import"}).text
    assert ApiToken.objects.count() == 1
    ApiToken.objects.all().revoke()
    make(person)
    make(UserFactory())


def test_a_double_click_or_a_reload_leaves_the_token_that_is_shown(inside):
    secrets = [re.search(r">(headworks_[^<]+)<", inside.post(CREATE, GOOD).text)[1] for _ in range(2)]
    assert [ApiToken.objects.authenticate(secret) is None for secret in secrets] == [True, False]
    assert ApiToken.objects.not_revoked().count() == 1


def test_a_token_that_was_used_is_not_replaced(person):
    _, secret = make(person)
    ApiToken.objects.authenticate(secret)
    with pytest.raises(NameInUse):
        make(person)
    assert ApiToken.objects.authenticate(secret)


def test_there_is_a_limit_for_each_person(inside, person):
    tokens = [make(person, name=f"Program {n}")[0] for n in range(MAX_TOKENS)]
    assert "20 tokens, which is the limit" in inside.post(CREATE, GOOD).text
    make(UserFactory())
    ApiToken.objects.filter(pk=tokens[0].pk).revoke()
    assert "headworks_" in inside.post(CREATE, GOOD).text
    assert ApiToken.objects.valid().filter(user=person).count() == MAX_TOKENS


@pytest.mark.django_db(transaction=True)
def test_the_limit_holds_for_two_at_once():
    user = UserFactory()
    for n in range(MAX_TOKENS - 1):
        make(user, name=f"Program {n}")
    ready, outcomes = threading.Barrier(2), []

    def create(name):
        try:
            ready.wait(timeout=10)
            make(user, name=name)
            outcomes.append("made")
        except TooManyTokens:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=create, args=[name]) for name in ("One", "Two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["made", "refused"]
    assert ApiToken.objects.count() == MAX_TOKENS


def expire(token):
    ApiToken.objects.filter(pk=token.pk).update(
        created_at=timezone.now() - timedelta(days=90), expires_at=timezone.now()
    )


def deactivate(token):
    token.user.is_active = False
    token.user.save()


def revoke(token):
    ApiToken.objects.filter(pk=token.pk).revoke()


@pytest.mark.parametrize("end", [expire, deactivate, revoke])
def test_when_it_stops_working(person, end):
    token, secret = make(person)
    assert ApiToken.objects.authenticate(secret) == token
    end(token)
    assert ApiToken.objects.authenticate(secret) is None


@pytest.mark.parametrize("secret", ["", "headworks_", "headworks_ä", "\x00", "x" * 100_000])
def test_what_is_no_token(person, secret):
    make(person)
    assert ApiToken.objects.authenticate(secret) is None


def test_an_expired_one_is_marked_and_can_be_revoked(inside, person):
    token, _ = make(person)
    expire(token)
    assert '<span class="tag tag--warn">expired</span>' in inside.get(reverse("me")).text
    inside.post(revoking(token))
    assert "expired" not in inside.get(reverse("me")).text


def test_its_use_is_recorded_once_a_minute(person, time_machine, django_assert_num_queries):
    token, secret = make(person)
    start = timezone.now()
    for seconds, recorded, queries in [(0, 0, 2), (59, 0, 1), (60, 60, 2), (61, 60, 1)]:
        time_machine.move_to(start + timedelta(seconds=seconds), tick=False)
        with django_assert_num_queries(queries):
            ApiToken.objects.authenticate(secret)
        token.refresh_from_db()
        assert token.last_used_at == start + timedelta(seconds=recorded)


NEW = {"password1": "brand-new-river-7", "password2": "brand-new-river-7"}


def changes_it(client, person):
    client.post(reverse("account_change_password"), {"oldpassword": PASSWORD, **NEW})
    assert "Any API tokens were revoked." in mail.outbox[-1].body


def resets_it(client, person):
    client.logout()
    client.post(reverse("account_reset_password"), {"email": person.email})
    client.post(client.get(link_in(mail.outbox[-1]))["Location"], NEW)
    assert "Any API tokens were revoked." in mail.outbox[-1].body


def has_it_changed_by_an_administrator(client, person):
    client.force_login(UserFactory(is_staff=True, is_superuser=True), "accounts.second_factor.Backend")
    client.post(reverse("admin:auth_user_password_change", args=[person.pk]), NEW | {"usable_password": "true"})


@pytest.mark.parametrize("way", [changes_it, resets_it, has_it_changed_by_an_administrator])
def test_a_new_password_revokes_the_tokens_of_this_person(inside, person, way):
    make(person)
    other, _ = make(UserFactory())
    way(inside, person)
    person.refresh_from_db()
    assert person.check_password(NEW["password1"])
    assert ApiToken.objects.not_revoked().get() == other


def test_signing_in_revokes_nothing_when_the_password_is_hashed_again(client, person, settings):
    make(person)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher", *settings.PASSWORD_HASHERS]
    sign_in(client)
    person.refresh_from_db()
    assert person.password.startswith("pbkdf2")
    assert ApiToken.objects.valid().exists()


# --- the administration


CHANGELIST = "/admin/accounts/apitoken/"


def test_an_administrator_sees_and_revokes_but_never_the_hash(as_, person):
    token, secret = make(person)
    superuser = as_(UserFactory(is_staff=True, is_superuser=True))
    pages = superuser.get(CHANGELIST).text + superuser.get(f"{CHANGELIST}{token.pk}/change/").text
    assert token.prefix in pages
    assert token.digest not in pages
    assert secret not in pages
    assert superuser.post(f"{CHANGELIST}add/").status_code == 403
    assert superuser.post(f"{CHANGELIST}{token.pk}/change/", {"name": "x"}).status_code == 403
    assert superuser.post(f"{CHANGELIST}{token.pk}/delete/", {"post": "yes"}).status_code == 403
    action = {"action": "revoke", "_selected_action": [token.pk]}
    assert "1 API token revoked." in superuser.post(CHANGELIST, action, follow=True).text
    assert ApiToken.objects.authenticate(secret) is None
    assert not LogEntry.objects.filter(change_message__contains=token.digest).exists()


def test_who_may_only_look_revokes_nothing(as_, person):
    token, secret = make(person)
    looker = UserFactory(is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_apitoken"))
    action = {"action": "revoke", "_selected_action": [token.pk]}
    assert token.prefix in as_(looker).get(CHANGELIST).text
    as_(looker).post(CHANGELIST, action)
    assert ApiToken.objects.authenticate(secret) == token


# --- what the database keeps


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"digest": "headworks_" + "x" * 43}, "api_token_only_hashed"),
        ({"prefix": "secret"}, "api_token_only_hashed"),
        ({"scope": "admin"}, "api_token_scope_known"),
        ({"expires_at": timezone.now() - timedelta(days=1)}, "api_token_expires"),
        ({"expires_at": timezone.now() + timedelta(days=366)}, "api_token_expires"),
        ({"name": "OTHER"}, "api_token_named_once"),
    ],
)
def test_the_database_refuses(person, change, constraint):
    token, _ = make(person)
    make(person, name="Other")
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        ApiToken.objects.filter(pk=token.pk).update(**change)
