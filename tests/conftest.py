"""The cast that most tests share: one utility with a manager, a contributor and a viewer, and a stranger."""

import pytest
from django.test import Client

from accounts.models import Role, User, Utility
from tests.factories import MembershipFactory, UserFactory, UtilityFactory


@pytest.fixture
def utility(db) -> Utility:
    return UtilityFactory(name="Riverbend Water and Sewer")


@pytest.fixture
def manager(utility) -> User:
    return MembershipFactory(utility=utility, role=Role.MANAGER, user__email="manager@example.org", user__name="Mara Gerr").user


@pytest.fixture
def contributor(utility, manager) -> User:
    return MembershipFactory(utility=utility, role=Role.CONTRIBUTOR, user__email="contributor@example.org", user__name="Connie Boyd").user


@pytest.fixture
def viewer(utility, manager) -> User:
    return MembershipFactory(utility=utility, role=Role.VIEWER, user__email="viewer@example.org", user__name="Vic Weir").user


@pytest.fixture
def stranger(db) -> User:
    """The manager of another utility."""
    return MembershipFactory(user__email="stranger@example.org", user__name="Stan Ranger").user


@pytest.fixture
def as_():
    """``as_(user)`` is a browser in which ``user`` is signed in."""

    def sign_in(user: User) -> Client:
        browser = Client()
        browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return browser

    return sign_in


@pytest.fixture(autouse=True, scope="session")
def plain_static_files():
    """Pages are rendered without a collected manifest; ``make demo`` and the browser tests serve the real one."""
    from django.conf import settings

    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}


@pytest.fixture
def catalog(db) -> None:
    """Areas, components, elements, initiatives and staff groups, as ``load_catalog`` brings them."""
    from io import StringIO

    from django.core.management import call_command

    call_command("load_catalog", stdout=StringIO())
