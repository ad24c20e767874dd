"""People, utilities and requests in the administration pages."""

import pytest
from django.urls import reverse

from accounts.models import Claim, Invitation, Role, User
from tests.conftest import main_of
from tests.factories import PASSWORD, UserFactory, UtilityFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(as_):
    return as_(UserFactory(email="admin@example.org", is_staff=True, is_superuser=True))


def test_the_administration_is_entered_by_the_sites_own_sign_in(client):
    """So that its rate limits and the second factor hold there too."""
    asked = client.get(reverse("admin:index"), follow=True)
    assert asked.redirect_chain[-1][0].startswith(reverse("account_login"))


def test_a_member_without_staff_rights_does_not_get_in(as_, manager):
    assert as_(manager).get(reverse("admin:index"), follow=True).status_code == 403


def test_a_person_is_added_by_address(admin):
    data = {"email": "New@Example.org", "name": "Nora", "usable_password": "true"}
    admin.post(reverse("admin:accounts_user_add"), data | {"password1": PASSWORD, "password2": PASSWORD})
    person = User.objects.get(email="new@example.org")
    assert person.check_password(PASSWORD)
    page = admin.post(reverse("admin:accounts_user_add"), data | {"password1": PASSWORD, "password2": PASSWORD})
    assert "already exists" in page.content.decode()


def test_people_are_found_and_not_deleted(admin, viewer):
    assert "viewer@example.org" in admin.get(reverse("admin:accounts_user_changelist"), {"q": "weir"}).content.decode()
    assert admin.get(reverse("admin:accounts_user_change", args=[viewer.pk])).status_code == 200
    assert admin.post(reverse("admin:accounts_user_delete", args=[viewer.pk]), {"post": "yes"}).status_code == 403


def inline(prefix, rows, initial):
    data = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": initial}
    return data | {f"{prefix}-{n}-{key}": value for n, row in enumerate(rows) for key, value in row.items()}


def save_utility(admin, utility, **member):
    mine = utility.memberships.get()
    row = {"id": mine.pk, "utility": utility.pk, "user": mine.user_id, "role": mine.role} | member
    facts = {"name": utility.name, "city": "Salem", "state": "OR", "systems": ["wastewater"]}
    data = facts | inline("identifiers", [], 0) | inline("memberships", [row], 1)
    return admin.post(reverse("admin:accounts_utility_change", args=[utility.pk]), data)


def test_a_utility_is_edited_with_its_people(admin, utility, manager):
    assert admin.get(reverse("admin:accounts_utility_change", args=[utility.pk])).status_code == 200
    assert save_utility(admin, utility).status_code == 302
    utility.refresh_from_db()
    assert (utility.city, utility.systems) == ("Salem", ["wastewater"])


def test_utilities_are_in_the_order_of_the_sites_lists(admin):
    names = ["Zinnia Water", "alder Sewer", "Birch Water"]
    for name in names:
        UtilityFactory(name=name)
    page = main_of(admin.get(reverse("admin:accounts_utility_changelist")))
    assert sorted(names, key=page.index) == ["alder Sewer", "Birch Water", "Zinnia Water"]


def test_the_last_manager_stays_here_too(admin, utility, manager):
    page = save_utility(admin, utility, role="viewer")
    assert "needs at least one manager" in page.content.decode()
    assert utility.membership_of(manager).role == Role.MANAGER


@pytest.mark.parametrize("model", ["claim", "invitation"])
def test_requests_and_invitations_are_there_to_look_at(admin, model, utility, manager):
    Claim.objects.ask(utility, UserFactory(name="Joe Brook"), "hello")
    invitation = Invitation.objects.invite(utility, "in@example.org", Role.VIEWER, manager)
    row = Claim.objects.get() if model == "claim" else invitation
    page = admin.get(reverse(f"admin:accounts_{model}_changelist")).content.decode()
    assert ("Joe Brook" if model == "claim" else "in@example.org") in page
    detail = admin.get(reverse(f"admin:accounts_{model}_change", args=[row.pk])).content.decode()
    assert invitation.token not in detail
    assert admin.get(reverse(f"admin:accounts_{model}_add")).status_code == 403
