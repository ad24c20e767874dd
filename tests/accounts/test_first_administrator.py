"""The first administrator: made on the command line, before the site can send email, gives the staff their roles."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse

from accounts.models import StaffGroup, User
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(monkeypatch) -> User:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", interactive=False, email="First@example.org", stdout=StringIO())
    return User.objects.get()


def test_signs_in_at_once(client, administrator):
    answer = client.post(reverse("account_login"), {"login": "first@example.org", "password": PASSWORD})
    assert answer.url == reverse("home")
    assert client.session["_auth_user_id"] == str(administrator.pk)
    assert client.get(reverse("admin:index")).status_code == 200


def test_gives_staff_roles_also_to_themselves(client, catalog, administrator):
    client.post(reverse("account_login"), {"login": administrator.email, "password": PASSWORD})
    for person in [administrator, UserFactory()]:
        address = reverse("admin:accounts_user_change", args=[person.pk])
        form = client.get(address).context["adminform"].form
        roles = {name: pk for pk, name in form.fields["groups"].choices}
        kept = {name: value for name, value in form.initial.items() if value and name != "password"}
        chosen = [roles[StaffGroup.PROGRAM], roles[StaffGroup.OFFICIAL]]
        assert client.post(address, kept | {"groups": chosen}).status_code == 302
        assert User.objects.get(pk=person.pk).staff_groups == {StaffGroup.PROGRAM, StaffGroup.OFFICIAL}
