"""The history of a utility's management representative: kept however it changes, and read by every member."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from accounts.models import RepresentativeChange, Role, Utility
from tests.factories import UserFactory
from workflow.recent import recent_for

pytestmark = pytest.mark.django_db


def kept() -> list[tuple[str, str, str]]:
    """(before, after, by) of each change, the oldest first."""
    rows = RepresentativeChange.objects.order_by("pk").select_related("by")
    field = "management_representative"
    return [(each.before[field], each.after[field], str(each.by or "")) for each in rows]


@pytest.fixture
def name(utility, manager, as_):
    """``name(user)`` names someone on the page of the utility; None names nobody."""
    url = reverse("accounts:representative", args=[utility.pk])
    return lambda user: as_(manager).post(url, {"person": user.pk if user else ""})


def test_each_name_is_kept_with_who_named_it(name, viewer, contributor):
    for user in (viewer, viewer, contributor, None):
        name(user)
    assert kept() == [
        ("", "Vic Weir", "Mara Gerr"),
        ("Vic Weir", "Connie Boyd", "Mara Gerr"),
        ("Connie Boyd", "", "Mara Gerr"),
    ]


def test_a_refused_name_is_not_kept(name, stranger):
    name(stranger)
    assert kept() == []


def test_other_changes_of_the_utility_add_nothing(name, utility, viewer):
    name(viewer)
    utility.refresh_from_db()
    utility.city = "Elsewhere"
    utility.save()
    assert len(kept()) == 1


def test_who_leaves_represents_no_more(name, utility, viewer, as_):
    name(viewer)
    as_(viewer).post(reverse("accounts:leave", args=[utility.pk]))
    assert kept()[-1] == ("Vic Weir", "", "Vic Weir")


def test_who_is_removed_or_becomes_an_advisor_represents_no_more(name, utility, viewer, contributor, manager, as_):
    name(viewer)
    as_(manager).post(reverse("accounts:remove", args=[utility.pk, utility.membership_of(viewer).pk]))
    assert kept()[-1] == ("Vic Weir", "", "Mara Gerr")
    name(contributor)
    sent = {"role": Role.ADVISOR, "until": str(timezone.localdate() + timedelta(days=30))}
    as_(manager).post(reverse("accounts:change_role", args=[utility.pk, utility.membership_of(contributor).pk]), sent)
    assert kept()[-1] == ("Connie Boyd", "", "Mara Gerr")


def test_the_name_outlives_the_account(name, viewer):
    name(viewer)
    viewer.delete()
    assert kept() == [("", "Vic Weir", "Mara Gerr"), ("Vic Weir", "", "")]


def test_without_a_name_the_email_is_kept(name, viewer):
    viewer.name = ""
    viewer.save()
    name(viewer)
    assert kept()[0][1] == viewer.email


def test_what_the_database_is_told_without_the_site_is_kept_too(utility, viewer, contributor):
    Utility.objects.filter(pk=utility.pk).update(management_representative=viewer)
    Utility.objects.create(
        name="Another", city="Here", state="OR", systems=["wastewater"], management_representative=contributor
    )
    assert kept() == [("", "Vic Weir", ""), ("", "Connie Boyd", "")]


def test_administrators_sign_what_they_change(utility, viewer, as_):
    staff = UserFactory(name="Ada Minton", is_staff=True, is_superuser=True)
    url = reverse("admin:accounts_utility_change", args=[utility.pk])
    form = as_(staff).get(url).context["adminform"].form
    sent = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    sent = {name: "" if value is None else value for name, value in sent.items()}
    for prefix in ("identifiers", "memberships"):
        sent |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
    answer = as_(staff).post(url, sent | {"management_representative": viewer.pk})
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert kept() == [("", "Vic Weir", "Ada Minton")]


def test_every_member_reads_it_with_the_history_of_the_team(name, utility, viewer, contributor, stranger, as_, catalog):
    for user in (contributor, None):
        name(user)
    page, address = (reverse(f"ims:{each}", args=[utility.pk]) for each in ("team", "team_history"))
    section = as_(viewer).get(page).text.partition('id="representative"')[2].partition("</section>")[0]
    assert address in section
    text = " ".join(strip_tags(as_(viewer).get(address).text.replace("→", " ")).split())
    assert "Mara Gerr, " in text
    assert "Management representative nothing changed to Connie Boyd" in text
    assert "Management representative Connie Boyd changed to nothing" in text
    assert as_(stranger).get(address).status_code == 404


def test_the_others_are_told_on_their_home_page(name, viewer, contributor, manager, stranger):
    for user in (contributor, None):
        name(user)
    since = timezone.now() - timedelta(hours=1)
    sentences = [(each.who, each.did, each.links[0][0], each.then) for each in recent_for(viewer, since).sentences]
    assert sentences == [
        ("Mara Gerr", "cleared", "the management representative", ""),
        ("Mara Gerr", "named", "Connie Boyd", "the management representative"),
    ]
    assert recent_for(manager, since).sentences == recent_for(stranger, since).sentences == []
