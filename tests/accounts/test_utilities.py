"""Finding, registering and editing a utility; its region; the pages that list."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Claim, Identifier, IdentifierTaken, Invitation, Membership, Role, User, Utility
from accounts.numbers import doubt, numbers_in
from tests.factories import MembershipFactory, UserFactory, UtilityFactory

pytestmark = pytest.mark.django_db
NEW = {"name": "Clear Creek Water", "city": "Salem", "state": "OR", "systems": ["drinking_water", "stormwater"]}


@pytest.fixture
def numbered(utility, manager):
    utility.set_identifiers([("NPDES", "OR0020427"), ("PWSID", "OR4100287")])
    return utility


def register(browser, **changes):
    return browser.post(reverse("accounts:create"), NEW | changes)


# --- finding


@pytest.mark.parametrize(
    "words", ["riverbend", "  Water  RIVERBEND ", "sewer or", "or0020427", "OR4100287", "riverbend 0020427x"]
)
def test_a_utility_is_found_by_name_city_and_number(words, numbered, stranger, as_):
    page = as_(stranger).get(reverse("accounts:search"), {"q": words}).content.decode()
    found = "Request to join<span" in page and "Riverbend Water and Sewer" in page
    assert found is ("x" not in words)
    assert reverse("accounts:create") in page


def test_the_search_knows_mine_and_what_i_asked_for(utility, viewer, as_):
    url = reverse("accounts:search")
    assert ">My utility<" in as_(viewer).get(url, {"q": "riverbend"}).content.decode()
    asker = UserFactory()
    Claim.objects.ask(utility, asker, "")
    assert "Request sent" in as_(asker).get(url, {"q": "riverbend"}).content.decode()


@pytest.mark.parametrize("words", ["", "   ", "%"])
def test_no_words_find_nothing(words, utility, stranger, as_):
    page = as_(stranger).get(reverse("accounts:search"), {"q": words}).content.decode()
    assert "Request to join" not in page


def test_the_search_asks_for_another_word_past_fifty(stranger, as_):
    UtilityFactory.create_batch(51)
    page = as_(stranger).get(reverse("accounts:search"), {"q": "riverbend"}).content.decode()
    assert "50 or more found" in page


def test_html_in_a_search_is_text(stranger, as_):
    page = as_(stranger).get(reverse("accounts:search"), {"q": "<script>alert(1)</script>"}).content.decode()
    assert "<script>alert" not in page


# --- registering


def test_whoever_registers_a_utility_manages_it(stranger, as_):
    answer = register(as_(stranger), npdes=" or0020427,\n or0020428 ", pwsid="or4100287")
    made = Utility.objects.get(name="Clear Creek Water")
    assert answer.url == reverse("accounts:utility", args=[made.pk])
    assert made.membership_of(stranger).role == Role.MANAGER
    assert {str(number) for number in made.identifiers.all()} == {"OR0020427", "OR0020428", "OR4100287"}
    assert made.epa_region == 10


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "  "}, "name"),
        ({"city": ""}, "city"),
        ({"state": "XX"}, "state"),
        ({"state": "AE"}, "state"),
        ({"systems": []}, "systems"),
        ({"systems": ["gas"]}, "systems"),
        ({"npdes": "OR00204"}, "npdes"),
        ({"npdes": "OR-002042"}, "npdes"),
        ({"pwsid": "114100287"}, "pwsid"),
        ({"pwsid": "OR41O0287"}, "pwsid"),
        ({"npdes": "OR4100287", "pwsid": "OR4100287"}, "pwsid"),
    ],
)
def test_what_can_not_be_right_is_refused_and_nothing_is_lost(changes, field, stranger, as_):
    page = register(as_(stranger), **changes)
    assert page.context["form"].errors[field]
    assert "Salem" in page.content.decode() or field == "city"
    assert not Utility.objects.filter(city="Salem").exists()


def test_an_unusual_permit_number_is_kept_with_a_warning(stranger, as_):
    page = as_(stranger).post(reverse("accounts:create"), NEW | {"npdes": "1R0020427, OR0O20427"}, follow=True)
    text = page.content.decode()
    assert "1R0020427 was saved, but please check it: most permit numbers start with a two-letter state code" in text
    assert "OR0O20427 was saved, but please check it: it has a letter O" in text
    assert Identifier.objects.filter(value__in=["1R0020427", "OR0O20427"]).count() == 2


def test_a_letter_in_a_system_number_is_asked_about(stranger, as_):
    page = register(as_(stranger), pwsid="OR41O0287")
    assert "Is the letter O meant to be a zero?" in page.content.decode()


@pytest.mark.parametrize(
    "typed",
    [
        "OR0020427,OR0020428;or0020427",
        "or0020427 OR0020428",
        "OR0020427\tOR0020428\r\n",
        "OR 0020427, OR 0020428",
        "OR0020427 / OR0020428 |",
        "OR0020427\N{NO-BREAK SPACE}OR0020428",
    ],
)
def test_pasted_numbers_are_split(typed):
    assert numbers_in(typed) == ["OR0020427", "OR0020428"]


@pytest.mark.parametrize("number", ["ORO020427", "OR0020I27", "orl00L427".upper(), "0R0020427"])
def test_what_deserves_a_second_look(number):
    assert doubt(number)


@pytest.mark.parametrize("number", ["OR0020427", "ORS000001", "ILR10A123", "MOG640001", "010106001", "OKL000001"])
def test_what_does_not(number):
    assert not doubt(number)


def test_a_number_that_is_taken_leads_to_its_utility(numbered, stranger, as_):
    page = register(as_(stranger), npdes="or0020427")
    text = page.content.decode()
    assert "OR0020427 belongs to Riverbend Water and Sewer, which is already registered." in text
    assert reverse("accounts:ask", args=[numbered.pk]) in text
    assert not Utility.objects.filter(city="Salem").exists()


def test_a_number_taken_a_moment_ago_is_refused_by_the_database(numbered, stranger, as_, monkeypatch):
    monkeypatch.setattr("accounts.forms.UtilityForm.note_taken", lambda form: set())
    page = register(as_(stranger), npdes="OR0020427")
    assert "just registered" in page.content.decode()
    assert not Utility.objects.filter(city="Salem").exists()


def test_a_likely_duplicate_is_warned_about_once(utility, stranger, as_):
    same = {"name": " RIVERBEND  water and sewer"}
    warned = register(as_(stranger), **same)
    text = warned.content.decode()
    assert reverse("accounts:ask", args=[utility.pk]) in text
    assert 'type="checkbox" name="different"' in text
    assert not Utility.objects.filter(city="Salem").exists()
    register(as_(stranger), different="on", **same)
    assert Utility.objects.get(city="Salem").name == "RIVERBEND water and sewer"


def test_the_same_name_in_another_state_is_no_duplicate(utility, stranger, as_):
    assert register(as_(stranger), name=utility.name, state="WA").status_code == 302


def test_registering_needs_an_account(client):
    assert register(client).url.startswith(reverse("account_login"))
    assert not Utility.objects.exists()


def test_the_plain_form_asks_no_question_about_duplicates(stranger, as_):
    page = as_(stranger).get(reverse("accounts:create"), {"name": "Clear Creek"}).content.decode()
    assert 'value="Clear Creek"' in page
    assert 'type="checkbox" name="different"' not in page


# --- editing


def test_editing_replaces_facts_and_numbers(numbered, manager, as_):
    url = reverse("accounts:edit", args=[numbered.pk])
    assert "OR0020427" in as_(manager).get(url).content.decode()
    as_(manager).post(url, NEW | {"npdes": "OR0020427 WA0000001", "pwsid": ""})
    numbered.refresh_from_db()
    assert (numbered.name, numbered.systems) == ("Clear Creek Water", ["drinking_water", "stormwater"])
    assert {str(number) for number in numbered.identifiers.all()} == {"OR0020427", "WA0000001"}


def test_editing_can_not_take_anothers_number(numbered, stranger, as_):
    theirs = Utility.objects.managed_by(stranger).get()
    page = as_(stranger).post(reverse("accounts:edit", args=[theirs.pk]), NEW | {"pwsid": "OR4100287"})
    assert "belongs to Riverbend" in page.content.decode()
    theirs.refresh_from_db()
    assert theirs.name != "Clear Creek Water"
    with pytest.raises(IdentifierTaken):
        theirs.set_identifiers([("PWSID", "OR4100287")])


def test_a_number_can_move_to_the_other_list(numbered):
    numbered.set_identifiers([("NPDES", "OR4100287")])
    assert [(number.kind, number.value) for number in numbered.identifiers.all()] == [("NPDES", "OR4100287")]


# --- region


def test_only_a_water_system_number_makes_a_region(utility):
    utility.set_identifiers([("NPDES", "080400123")])
    assert utility.epa_region == 10
    utility.set_identifiers([("PWSID", "080400123")])
    assert Utility.objects.get(pk=utility.pk).epa_region == 8


def test_the_page_shows_region_and_systems(numbered, viewer, as_):
    page = as_(viewer).get(reverse("accounts:utility", args=[numbered.pk])).content.decode()
    assert "<dt>EPA region</dt><dd>10</dd>" in page
    assert "Drinking water, wastewater" in page
    assert "OR0020427" in page


# --- my account


def test_a_person_changes_their_name_and_nothing_else(viewer, as_):
    as_(viewer).post(reverse("me"), {"name": " Vic\n Weir-Lake ", "email": "x@example.org", "is_staff": "on"})
    viewer.refresh_from_db()
    assert (viewer.name, viewer.email, viewer.is_staff) == ("Vic Weir-Lake", "viewer@example.org", False)


def test_a_name_is_needed(viewer, as_):
    page = as_(viewer).post(reverse("me"), {"name": " "})
    assert page.context["form"].errors["name"]
    assert "Vic Weir</span>" in page.content.decode()


def test_the_account_page_lists_my_roles(viewer, as_):
    page = as_(viewer).get(reverse("me")).content.decode()
    assert "Riverbend Water and Sewer" in page
    assert reverse("mfa_index") in page


# --- queries do not grow with rows


def queries(browser, url) -> int:
    browser.get(url)  # from now on the session keeps which utility is current
    with CaptureQueriesContext(
        connection,
    ) as context:
        assert browser.get(url).status_code == 200
    return len(context)


def grow(user: User, utility: Utility, number: int) -> None:
    other = UtilityFactory()
    MembershipFactory(user=user, utility=other)
    Claim.objects.ask(UtilityFactory(name=f"Waiting {number}"), user, "")
    inviting = MembershipFactory()
    Invitation.objects.invite(inviting.utility, user.email, Role.VIEWER, inviting.user)
    MembershipFactory(utility=utility, role=Role.VIEWER)
    Invitation.objects.invite(utility, f"in{number}@example.org", Role.VIEWER, user)
    Claim.objects.ask(utility, UserFactory(), "")
    Claim.objects.ask(UtilityFactory(), UserFactory(), "")


@pytest.mark.parametrize("page", ["list", "me", "search", "utility", "claims"])
def test_lists_need_the_same_queries_for_one_row_and_for_three(page, utility, manager, as_):
    User.objects.filter(pk=manager.pk).update(is_superuser=True)
    manager.refresh_from_db()
    address = "me" if page == "me" else f"accounts:{page}"
    url = reverse(address, args=[utility.pk] if page == "utility" else [])
    url += "?q=riverbend" if page == "search" else ""
    browser = as_(manager)
    grow(manager, utility, 0)
    one = queries(browser, url)
    grow(manager, utility, 1)
    grow(manager, utility, 2)
    assert queries(browser, url) == one
    assert one <= 15


def test_the_list_counts_open_requests(utility, manager, viewer, as_):
    for _ in range(2):
        Claim.objects.ask(utility, UserFactory(), "")
    Claim.objects.ask(utility, UserFactory(), "").decide("", by=manager)
    page = as_(manager).get(reverse("accounts:list"))
    assert "2 requests to join" in page.content.decode()
    assert "requests to join" not in as_(viewer).get(reverse("accounts:list")).content.decode()


# --- what the database refuses, whoever asks


def refused(constraint: str, act) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        act()


def test_constraints_of_people(viewer, utility):
    refused("user_email_once_in_any_case", lambda: User.objects.create(email="Viewer@example.org"))
    refused("membership_once_per_utility", lambda: MembershipFactory(user=viewer, utility=utility))
    refused("membership_role_known", lambda: MembershipFactory(role="owner"))
    refused("membership_role_known", lambda: Membership.objects.update(role=""))


def test_constraints_of_utilities():
    refused("utility_runs_a_system", lambda: UtilityFactory(systems=[]))
    refused("utility_systems_known", lambda: UtilityFactory(systems=["gas"]))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("NPDES", "or0020427"),
        ("NPDES", "OR002042"),
        ("PWSID", "114100287"),
        ("PWSID", "ORX100287"),
        ("FRS", "OR4100287"),
    ],
)
def test_constraints_of_identifiers(kind, value, utility):
    refused("identifier_well_formed", lambda: Identifier.objects.create(utility=utility, kind=kind, value=value))


def test_an_identifier_belongs_to_one_utility(numbered):
    other = UtilityFactory()
    refused("accounts_identifier_value", lambda: other.identifiers.create(kind="NPDES", value="OR0020427"))


def test_constraints_of_joining(utility, manager, viewer):
    Invitation.objects.invite(utility, "a@example.org", Role.VIEWER, manager)
    again = {"utility": utility, "email": "A@example.org", "role": Role.VIEWER}
    refused("invitation_open_once", lambda: Invitation.objects.create(**again))
    refused("invitation_role_known", lambda: Invitation.objects.update(role="owner"))
    asker = UserFactory()
    claim = Claim.objects.create(utility=utility, user=asker)
    refused("claim_open_once", lambda: Claim.objects.create(utility=utility, user=asker))
    same = Claim.objects.filter(pk=claim.pk)
    refused("claim_granted_when_decided", lambda: same.update(granted_role=Role.VIEWER))
    refused("claim_granted_when_decided", lambda: same.update(granted_role="owner", decided_at=claim.asked_at))
