"""The audit log: every privileged act with who, what, when, from where, before and after; it only grows."""

import csv
from io import BytesIO, StringIO

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.models import Group
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.groups import GroupPerson
from accounts.models import ApiToken, Invitation, Membership, Role, StaffGroup, User, Utility
from config.audit import WHAT, AuditEntry
from initiatives.models import Initiative
from recognition.models import (
    Application,
    ComplianceCheck,
    CycleEvent,
    Decision,
    Notice,
    Recognition,
    ReleaseEvent,
    Seat,
)
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def log(catalog):
    """``log()``: the entries since the last call, the oldest first."""
    seen = AuditEntry.objects.first().pk

    def since() -> list[AuditEntry]:
        nonlocal seen
        entries = list(AuditEntry.objects.filter(pk__gt=seen).order_by("pk"))
        seen = entries[-1].pk if entries else seen
        return entries

    return since


@pytest.fixture
def admin(catalog) -> User:
    return UserFactory(email="root@example.org", is_staff=True, is_superuser=True)


def test_a_role_that_a_manager_gives(as_, log, utility, manager, viewer, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    member = viewer.memberships.get()
    log()
    start = timezone.now()
    browser = as_(manager)
    address = reverse("accounts:change_role", args=[utility.pk, member.pk])
    forged = {"X-Forwarded-For": "192.0.2.1, 203.0.113.9"}
    assert browser.post(address, {"role": "contributor"}, headers=forged).status_code == 302
    [entry] = log()
    assert (entry.who, entry.name, entry.address) == (manager.pk, "manager@example.org", "203.0.113.9")
    assert (entry.table, entry.row, entry.action) == ("accounts_membership", str(member.pk), "UPDATE")
    assert (entry.before, entry.after) == ({"role": "viewer"}, {"role": "contributor"})
    assert start <= entry.at <= timezone.now()


def test_what_a_trigger_changes_is_the_same_persons_act(as_, log, utility, manager, stranger):
    Membership.objects.create(utility=utility, user=stranger, role=Role.MANAGER)
    Invitation.objects.invite(utility, "new@example.org", Role.VIEWER, by=stranger)
    log()
    removed = stranger.memberships.get(utility=utility)
    as_(manager).post(reverse("accounts:remove", args=[utility.pk, removed.pk]))
    entries = {(entry.table, entry.action): entry for entry in log()}
    assert set(entries) == {("accounts_membership", "DELETE"), ("accounts_invitation", "UPDATE")}
    assert {entry.who for entry in entries.values()} == {manager.pk}
    assert entries["accounts_invitation", "UPDATE"].after["ended"] == "role"


def test_a_staff_role_and_a_password_that_an_administrator_gives(as_, log, admin):
    person, group = UserFactory(), Group.objects.get(name=StaffGroup.OFFICIAL)
    log()
    address = reverse("admin:accounts_user_change", args=[person.pk])
    form = as_(admin).get(address).context["adminform"].form
    kept = {name: value for name, value in form.initial.items() if value and name != "password"}
    assert as_(admin).post(address, kept | {"groups": [group.pk]}).status_code == 302
    [given] = [entry for entry in log() if entry.table == "accounts_user_groups"]
    assert (given.who, given.action) == (admin.pk, "INSERT")
    assert (given.after["user_id"], given.after["group_id"]) == (person.pk, group.pk)
    new = {"password1": "brand-new-river-7", "password2": "brand-new-river-7", "usable_password": "true"}
    as_(admin).post(reverse("admin:auth_user_password_change", args=[person.pk]), new)
    [changed] = [entry for entry in log() if entry.table == "accounts_user"]
    assert changed.before == changed.after == {"password": "(not shown)"}


def test_secrets_are_masked_and_use_is_no_act(log, manager, client):
    token, secret = ApiToken.objects.make(manager, name="Mine", scope="read", days=3)
    TOTP.activate(manager, generate_totp_secret())
    text = str([(entry.before, entry.after) for entry in log()])
    assert secret[20:] not in text
    assert token.digest not in text
    assert "secret" not in text.replace("headworks", "")
    User.objects.filter(pk=manager.pk).update(last_login=timezone.now())
    ApiToken.objects.filter(pk=token.pk).update(last_used_at=timezone.now())
    manager.save()
    assert log() == []


def test_what_is_done_on_the_command_line_names_nobody(log, manager):
    log()
    User.objects.filter(pk=manager.pk).update(name="Mara G.")
    [entry] = log()
    assert (entry.who, entry.name, entry.address, entry.after) == (None, "", "", {"name": "Mara G."})


def test_what_the_database_makes_of_a_name_is_no_act(log, utility):
    log()
    Utility.objects.filter(pk=utility.pk).update(name="Kaʻū Water", city="Nāʻālehu")
    [entry] = log()
    assert entry.after == {"name": "Kaʻū Water", "city": "Nāʻālehu"}
    assert Utility.objects.get(plain_name="kau water", plain_city="naalehu") == utility


def test_the_catalog_is_in_it(log):
    Initiative.objects.filter(slug="cmom").update(draft={"name": "Another"})
    [entry] = log()
    assert (entry.table, entry.after["draft"]) == ("initiatives_initiative", {"name": "Another"})


def test_what_happens_to_applications_reviewers_groups_and_notices_is_in_it(log, staff, at):
    application = at(Application.Status.SUBMITTED)
    log()
    application.note(by=staff, why="They called.")
    Group.objects.create(name="Testers")
    assert [(entry.table, entry.action) for entry in log()] == [
        ("recognition_applicationevent", "INSERT"),
        ("auth_group", "INSERT"),
    ]
    for model in (Seat, Notice, ComplianceCheck, ReleaseEvent, CycleEvent, Recognition, Decision, GroupPerson):
        assert model._meta.db_table in WHAT


CHANGES = [lambda: AuditEntry.objects.update(name="x"), lambda: AuditEntry.objects.all()._raw_delete("default")]


@pytest.mark.parametrize("change", CHANGES)
def test_nobody_changes_or_deletes_an_entry(catalog, change):
    n = AuditEntry.objects.count()
    assert n
    with pytest.raises(DatabaseError, match="Cannot (update|delete)"), transaction.atomic():
        change()
    assert AuditEntry.objects.count() == n


def test_nobody_empties_it(catalog):
    n = AuditEntry.objects.count()
    with pytest.raises(DatabaseError, match="Cannot truncate"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE config_auditentry CASCADE")
    assert AuditEntry.objects.count() == n > 0


def test_it_costs_no_query(as_, utility, manager, viewer, monkeypatch):
    member, n = viewer.memberships.get(), []
    for role in ("contributor", "viewer"):
        with CaptureQueriesContext(connection) as seen:
            as_(manager).post(reverse("accounts:change_role", args=[utility.pk, member.pk]), {"role": role})
        n.append(len(seen))
        monkeypatch.setattr("config.audit.WHAT", {})  # the database is told nothing from here on
    assert n[0] == n[1]


# --- The page --------------------------------------------------------------------------------------

PAGE = reverse("admin:config_auditentry_changelist")


def test_administrators_filter_and_export_it(as_, log, admin, viewer):
    User.objects.filter(pk=viewer.pk).update(name="=Vic")
    browser = as_(admin)
    entry = log()[-1]
    assert "name: Vic Weir → =Vic" in browser.get(PAGE).text
    day = f"{timezone.now():%Y-%m-%d} 00:00:00+00:00"
    shown = {"what": "accounts_user", "action": "UPDATE", "at__gte": day, "q": str(viewer.pk)}
    assert "=Vic" in browser.get(PAGE, shown).text
    assert "=Vic" not in browser.get(PAGE, shown | {"action": "DELETE"}).text
    assert "=Vic" not in browser.get(PAGE, shown | {"what": "accounts_claim"}).text
    assert "=Vic" not in browser.get(PAGE, shown | {"q": "nobody@example.org"}).text
    chosen = {"_selected_action": [entry.pk], "select_across": "0"}
    [row] = csv.DictReader(StringIO(browser.post(PAGE, chosen | {"action": "as_csv"}).content.decode("utf-8-sig")))
    assert (row["What"], row["Number"], row["Action"]) == ("User", str(viewer.pk), "changed")
    assert (row["Before"], row["After"]) == ("name: Vic Weir", "name: =Vic")
    book = load_workbook(BytesIO(browser.post(PAGE, chosen | {"action": "as_excel"}).content))
    assert [cell.value for cell in book.active[2]][3:6] == ["User", str(viewer.pk), "changed"]


def test_nobody_else_reads_it_and_nobody_edits_it(as_, catalog, admin, manager):
    official = UserFactory(is_staff=True)
    official.groups.add(Group.objects.get(name=StaffGroup.OFFICIAL))
    administrator = UserFactory(is_staff=True)
    administrator.groups.add(Group.objects.get(name=StaffGroup.ADMINISTRATOR))
    assert as_(official).get(PAGE).status_code == 403
    assert as_(manager).get(PAGE).status_code == 302
    assert Client().get(PAGE).status_code == 302
    assert as_(administrator).get(PAGE).status_code == 200
    entry = reverse("admin:config_auditentry_change", args=[AuditEntry.objects.first().pk])
    assert as_(admin).get(entry).status_code == 200
    assert as_(admin).post(entry, {"name": "x"}).status_code == 403


def test_the_page_takes_the_same_queries_for_few_and_many(as_, admin):
    browser, n = as_(admin), []
    for n_people in (3, 60):
        User.objects.bulk_create(User(email=f"person-{n_people}-{k}@example.org") for k in range(n_people))
        with CaptureQueriesContext(connection) as seen:
            assert browser.get(PAGE).status_code == 200
        n.append(len(seen))
    assert n[0] == n[1] <= 15
