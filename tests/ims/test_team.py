"""The functions at the table: what asks for them, who represents them, and what lies outside the fence line."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Membership, Role
from assessments.operations import OPERATIONS
from ims.models import Action, Objective, Person, Record, Seat, Subgroup, TeamScope
from ims.team.board import Team
from ims.team.functions import Covers, Outside, Scope, functions, narrow, needed, outside
from initiatives.models import Initiative
from tests.conftest import member
from tests.factories import GapAnalysisFactory
from workflow.models import Stale, WrongState
from workflow.rights import NotAllowed

ALWAYS = {"maintenance", "engineering", "finance", "human-resources", "purchasing"}

# scope → the functions it asks for besides those of every team (guide 2004, §3.1.3, §4.1.3–4.1.8)
ASKED = [
    (Scope(), {"operations"}),
    (Scope(areas=["F", "H"]), {"operations"}),
    (Scope(areas=["E"]), {"operations", "environmental-compliance"}),
    (Scope(areas=["S", "Q"]), {"operations", "safety", "customer-service"}),
    (Scope(operations=["water-treatment"]), {"operations-drinking-water", "laboratory"}),
    (Scope(operations=["wastewater-collection-and-pretreatment"]), {"operations-wastewater"}),
    (
        Scope(operations=["water-distribution-and-storage", "stormwater-discharge"]),
        {"operations-drinking-water", "operations-stormwater"},
    ),
    (
        Scope(initiatives=["asset-management"]),
        {"operations", "capital-planning", "public-relations", "information-systems"},
    ),
    (
        Scope(initiatives=["partnership-safe-water"]),
        {"operations-drinking-water", "laboratory", "public-relations", "administration"},
    ),
    (
        Scope(initiatives=["cmom"]),
        {"operations-wastewater", "capital-planning", "public-relations", "administration", "information-systems"},
    ),
    (Scope(initiatives=["osha-vpp", "iso-14001"]), {"operations", "safety", "environmental-compliance"}),
    (Scope(initiatives=["baldrige"]), {"operations"}),
]


@pytest.mark.parametrize(("scope", "expected"), ASKED)
def test_which_functions_a_scope_asks_for(scope, expected):
    assert {each.function.slug for each in needed(scope)} == ALWAYS | expected


def test_a_function_says_what_asks_for_it():
    found = {each.function.slug: each for each in needed(Scope(["E", "F"], [], ["asset-management"]))}
    assert [(one.by.areas, one.by.initiatives) for one in found["finance"].asked] == [
        ([], []),
        (["F"], []),
        ([], ["asset-management"]),
    ]
    assert {one.reason.source for one in found["finance"].asked} == {"guide 2004, §3.1.3", "guide 2004, §4.1.5"}


@pytest.mark.django_db
def test_the_data_name_areas_operations_and_initiatives_that_exist_each_with_its_source(catalog):
    initiatives = set(Initiative.objects.values_list("slug", flat=True))
    for function in functions().values():
        assert function.name
        assert function.does
        assert set(function.unless) <= functions().keys()
        for reason in function.reasons:
            assert reason.source.removeprefix("ours, after ").startswith("guide 2004")
            assert set(reason.areas) <= set("ESQFH")
            assert set(reason.operations) <= OPERATIONS.keys()
            assert set(reason.initiatives) <= initiatives
            assert reason.why.endswith(".")
            assert [reason.always, reason.areas, reason.operations, reason.initiatives].count([]) + (
                not reason.always
            ) == 3, "one kind of reason each"
    assert narrow().keys() <= initiatives
    assert {step for steps in narrow().values() for step in steps} <= OPERATIONS.keys()


CMOM = Covers("cmom", ["E"], ["wastewater-collection-and-pretreatment"], True)
BIOSOLIDS = Covers("nbp-ems", ["E"], ["wastewater-treatment", "solids-handling"], True)
ANY = Covers("qualserve", ["E", "S"], ["water-treatment", "wastewater-treatment"], False)


@pytest.mark.parametrize(
    ("initiative", "scope", "expected"),
    [
        (CMOM, Scope(["E"], ["wastewater-collection-and-pretreatment"]), None),
        (CMOM, Scope(["E"], ["water-treatment"]), Outside("cmom", CMOM.operations, [], False)),
        (CMOM, Scope(["E"], []), None),  # nobody has drawn the fence line yet
        (CMOM, Scope(["S"], []), Outside("cmom", [], ["E"], False)),
        (BIOSOLIDS, Scope(["E"], ["wastewater-treatment"]), Outside("nbp-ems", ["solids-handling"], [], True)),
        (BIOSOLIDS, Scope(["E"], BIOSOLIDS.operations), None),
        (ANY, Scope(["S"], ["water-treatment"]), None),
        (ANY, Scope(["S"], ["stormwater-discharge"]), Outside("qualserve", ANY.operations, [], False)),
        (ANY, Scope(["F"], ["water-treatment"]), Outside("qualserve", [], ["E", "S"], True)),
        (Covers("iso-14001", [], [], False), Scope(["F"], ["water-treatment"]), None),
    ],
)
def test_what_lies_outside_the_fence_line(initiative, scope, expected):
    assert outside(initiative, scope) == expected


# --- one utility's table


@pytest.fixture
def pat(utility, manager) -> Person:
    """The shift lead, who has no account; as the manager fetches him."""
    made = Person.add(utility, by=manager, name="Pat Night", job="Shift lead", email="Pat@Example.org")
    return Person.objects.visible_to(manager).get(pk=made.pk)


@pytest.fixture
def page(utility):
    return reverse("ims:team", args=[utility.pk])


def start(utility, by, slugs=(), **fields):
    analysis = GapAnalysisFactory(utility=utility, by=by, **fields)
    analysis.initiatives.set(Initiative.objects.filter(slug__in=slugs))
    return analysis


@pytest.mark.django_db
def test_the_scope_is_that_of_the_latest_analysis_or_chosen(catalog, utility, manager):
    TeamScope.choose(utility, 0, by=manager, areas=["S"], operations=["water-treatment"], initiatives=["osha-vpp"])
    assert Team(utility).scope == Scope(["S"], ["water-treatment"], ["osha-vpp"])
    start(utility, manager, ["cmom"], areas=["E"], operations=["wastewater-treatment"])
    assert Team(utility).scope == Scope(["E"], ["wastewater-treatment"], ["cmom"])


@pytest.mark.django_db
def test_who_is_missing_at_the_table(catalog, utility, manager, pat):
    all_of_them = [place.slug for place in Team(utility).missing]
    assert set(all_of_them) == ALWAYS | {"operations"}
    Seat.fill(utility, "maintenance", 0, by=manager, person=pat)
    Seat.fill(utility, "purchasing", 0, by=manager, left_out="The city buys for us.")
    Seat.add(utility, by=manager, name="Fleet", why="We run our own trucks.")
    team = Team(utility)
    assert {place.name for place in team.missing} == {
        "Operations",
        "Engineering",
        "Finance",
        "Human resources",
        "Fleet",
    }
    assert (team.n_filled, team.n_counted) == (1, 6)
    pat.change(pat.version, by=manager, has_left=True)
    assert Team(utility).place("maintenance").state == "gone"
    assert (Team(utility).n_filled, len(Team(utility).missing)) == (0, 6)


@pytest.mark.django_db
def test_a_member_who_leaves_the_utility_leaves_the_table(catalog, utility, manager, contributor):
    person = Person.objects.of(utility).get(user=contributor)
    Seat.fill(utility, "finance", 0, by=manager, person=person)
    assert Team(utility).place("finance").state == "filled"
    Membership.objects.get(user=contributor).leave()
    assert Team(utility).place("finance").state == "gone"


@pytest.mark.django_db
def test_a_function_that_the_scope_no_longer_asks_for_is_kept_while_someone_sits_there(catalog, utility, manager, pat):
    Seat.fill(utility, "laboratory", 0, by=manager, person=pat)
    assert Team(utility).place("laboratory").because == []
    Seat.fill(utility, "laboratory", 2, by=manager, person=None)
    assert Team(utility).place("laboratory") is None


@pytest.mark.django_db
def test_what_lies_outside_is_said_with_where_to_fix_it(catalog, utility, manager, as_, page):
    browser = as_(manager)
    assert "Outside the fence line" not in browser.get(page).text
    analysis = start(utility, manager, ["cmom", "iso-14001"], areas=["E"], operations=["water-treatment"])
    text = browser.get(page).text
    assert "<b>CMOM</b> is outside: Collection and pretreatment." in text
    assert reverse("assessments:scope", args=[analysis.pk]) in text
    type(analysis).objects.filter(pk=analysis.pk).update(operations=["wastewater-collection-and-pretreatment"])
    assert "Outside the fence line" not in browser.get(page).text
    action = Action.open_in(utility, by=manager, title="Filter study", initiatives=["partnership-safe-water"])
    closed = Action.open_in(utility, by=manager, title="Old study", initiatives=["nbp-ems"])
    Record.objects.filter(pk=closed.pk).update(is_open=False)
    text = browser.get(page).text
    assert "is outside: Water treatment." in text
    assert action.get_absolute_url() in text
    assert "NBP" not in text, "no open record serves it"
    analysis.delete()
    TeamScope.choose(utility, 0, by=manager, operations=["stormwater-discharge"])
    assert reverse("ims:team_scope", args=[utility.pk]) in browser.get(page).text


@pytest.mark.django_db
def test_the_management_representative_is_the_member_named_for_the_utility(catalog, utility, manager, as_, page):
    assert "Not named yet" in as_(manager).get(page).text
    utility.name_representative(manager.pk)
    assert "<b>Mara Gerr</b>" in as_(manager).get(page).text


@pytest.mark.django_db
def test_a_complete_analysis_leads_to_a_new_one(catalog, utility, manager, as_, page):
    analysis = start(utility, manager, ["cmom"], areas=["E"], operations=["water-treatment"])
    type(analysis).objects.filter(pk=analysis.pk).update(operations=["water-treatment"])
    analysis.findings.update(rating=0)
    analysis = type(analysis).objects.visible_to(manager).get(pk=analysis.pk)
    analysis.complete(by=manager)
    assert reverse("assessments:start", args=[utility.pk]) in as_(manager).get(page).text


@pytest.mark.django_db
def test_of_two_people_who_fill_a_seat_the_second_is_told(catalog, utility, manager, contributor, as_, pat):
    url = reverse("ims:seat", args=[utility.pk, "finance"])
    boyd = Person.objects.of(utility).get(user=contributor)
    first = as_(manager).post(url, {"version": 0, "person": pat.pk}, headers={"Accept": "application/json"})
    assert first.json()["version"] == 2
    assert "Finance" not in first.json()["missing"]
    assert (first.json()["state"], first.json()["names"]) == ("filled", "Pat Night")
    second = as_(contributor).post(url, {"version": 0, "person": boyd.pk}, headers={"Accept": "application/json"})
    assert second.status_code == 409
    assert "Pat Night" in second.json()["conflict"]
    assert Seat.objects.get().person == pat
    shown = as_(contributor).post(url, {"version": 0, "person": boyd.pk})
    assert shown.status_code == 409
    assert "Keep mine" in shown.text
    with pytest.raises(Stale):
        Seat.fill(utility, "finance", 0, by=manager, person=boyd)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"person": "same", "alternate": "same"}, "someone else as the alternate"),
        ({"person": "same", "left_out": "None here."}, "Choose nobody"),
        ({"person": "stranger"}, "Select a valid choice"),
    ],
)
def test_what_a_seat_refuses(catalog, utility, manager, stranger, as_, pat, sent, words):
    elsewhere = Person.objects.of(stranger.memberships.get().utility).get()
    people = {"same": pat.pk, "stranger": elsewhere.pk}
    values = {name: people.get(value, value) for name, value in sent.items()}
    refused = as_(manager).post(reverse("ims:seat", args=[utility.pk, "finance"]), {"version": 0, **values})
    assert refused.status_code == 422
    assert words in refused.text
    assert not Seat.objects.exists()


@pytest.mark.django_db
def test_nobody_fills_a_function_that_does_not_exist(catalog, utility, manager, as_):
    assert as_(manager).post(reverse("ims:seat", args=[utility.pk, "piracy"]), {"version": 0}).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("model", "values", "name"),
    [
        (Seat, {"function": "finance", "person": "a", "alternate": "a"}, "seat_alternate_is_someone_else"),
        (Seat, {"function": "finance", "person": "a", "left_out": "No."}, "seat_left_out_is_empty"),
        (Seat, {"function": "finance", "alternate": "a", "left_out": "No."}, "seat_left_out_is_empty"),
        (Seat, {"function": "own-1"}, "seat_own_function_has_a_name"),
        (Seat, {"function": "finance", "name": "Money"}, "seat_own_function_has_a_name"),
        (Seat, {"function": "purchasing"}, "seat_once_per_function"),
        (Subgroup, {"name": ""}, "subgroup_has_a_name"),
        (TeamScope, {"areas": ["X"]}, "team_scope_areas_known"),
        (TeamScope, {"operations": ["mining"]}, "team_scope_operations_known"),
        (Person, {"name": ""}, "person_has_a_name"),
        (Person, {"name": "Kim", "same_as": "a"}, "person_merged_is_no_longer_chosen"),
    ],
)
def test_the_database_keeps_the_rules(utility, pat, model, values, name):
    Seat.objects.create(utility=utility, function="purchasing")
    values = {key: pat if value == "a" else value for key, value in values.items()}
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        model.objects.create(utility=utility, **values)


# --- people without an account


@pytest.fixture
def joined(utility, pat) -> Person:
    """Pat, who has an account by now."""
    user = member(utility, Role.CONTRIBUTOR, "pat@example.org", "Patricia Night")
    return Person.objects.of(utility).get(user=user)


@pytest.mark.django_db
def test_whoever_joins_takes_over_everything(catalog, utility, manager, pat, joined):
    objective = Objective.open_in(utility, by=manager, title="Cut overflows", owner=pat)
    seat = Seat.fill(utility, "maintenance", 0, by=manager, person=pat)
    second = Seat.fill(utility, "finance", 0, by=manager, alternate=pat)
    group = Subgroup.form(utility, by=manager, name="CMOM", lead=pat, members=[pat])
    assert [person.joined for person in Team(utility).without_account] == [joined], "by their address"
    pat.merge_into(joined, by=manager)
    pat.refresh_from_db()
    joined.refresh_from_db()
    assert (pat.has_left, pat.same_as, joined.job) == (True, joined, "Shift lead")
    assert Objective.objects.get().owner == joined
    assert Seat.objects.get(pk=seat.pk).person == joined
    assert Seat.objects.get(pk=second.pk).alternate == joined
    group.refresh_from_db()
    assert (group.lead, list(group.members.all())) == (joined, [joined])
    assert Team(utility).without_account == []
    stale = Objective.objects.visible_to(manager).get(pk=objective.pk)
    with pytest.raises(Stale):  # a page that was open before would put Pat back
        stale.change(objective.version, by=manager, title="Cut overflows by half", owner=pat)
    with pytest.raises(WrongState):
        pat.merge_into(joined, by=manager)


@pytest.mark.django_db
def test_only_someone_without_an_account_is_merged_and_only_here(utility, manager, contributor, stranger, viewer, pat):
    here = Person.objects.of(utility).get(user=contributor)
    elsewhere = Person.objects.of(stranger.memberships.get().utility).get()
    other = Person.add(utility, by=manager, name="Sam")
    for wrong in (elsewhere, other):
        with pytest.raises(WrongState):
            pat.merge_into(wrong, by=manager)
    mine = Person.objects.visible_to(manager).get(user=contributor)
    with pytest.raises(WrongState):
        mine.merge_into(Person.objects.get(user=manager), by=manager)
    with pytest.raises(NotAllowed):
        Person.objects.visible_to(viewer).get(pk=pat.pk).merge_into(here, by=viewer)
    pat.refresh_from_db()
    assert (pat.has_left, pat.same_as) == (False, None)


@pytest.mark.django_db
def test_whoever_left_is_not_offered_but_keeps_what_they_own(catalog, utility, manager, pat, as_):
    browser = as_(manager)
    owned = Objective.open_in(utility, by=manager, title="Cut overflows", owner=pat)
    pat.change(pat.version, by=manager, has_left=True)
    new = reverse("ims:new", args=[utility.pk, "objectives"])
    assert "Pat Night" not in browser.get(new).text
    assert "Pat Night" not in browser.get(reverse("ims:add_subgroup", args=[utility.pk])).text
    edit = f"{owned.get_absolute_url()}edit/"
    assert "Pat Night" in browser.get(edit).text
    saved = browser.post(
        f"{owned.get_absolute_url()}save/", {"title": "Halve overflows", "owner": pat.pk, "version": 1}
    )
    assert saved.status_code == 302
    assert Objective.objects.get().owner == pat


@pytest.mark.django_db
def test_a_person_is_edited_leaves_comes_back_and_is_merged_on_the_page(catalog, utility, manager, pat, joined, as_):
    browser = as_(manager)
    url = pat.get_absolute_url()
    browser.post(f"{url}save/", {"version": pat.version, "name": "Pat Knight", "job": "Foreman", "phone": "555-0100"})
    pat.refresh_from_db()
    assert (pat.name, pat.job, pat.phone, pat.email) == ("Pat Knight", "Foreman", "555-0100", "")
    browser.post(f"{url}left/", {"has_left": "yes"})
    assert "no longer here" in browser.get(url).text
    browser.post(f"{url}left/", {"has_left": "no"})
    pat.refresh_from_db()
    assert not pat.has_left
    assert browser.post(f"{url}merge/", {"member": "nobody"}).status_code == 404
    browser.post(f"{url}merge/", {"member": joined.pk})
    assert "Merged with" in browser.get(url).text
    again = browser.post(f"{url}merge/", {"member": joined.pk}, follow=True)
    assert "Nothing was changed" in again.text
    assert "Nothing was changed" in browser.post(f"{url}left/", {"has_left": "no"}, follow=True).text
    text = browser.get(reverse("ims:team_history", args=[utility.pk])).text
    assert "Foreman" in text
    assert "Merged with" in text


@pytest.mark.django_db
def test_the_name_and_address_of_a_member_are_those_of_the_account(utility, manager, contributor, as_):
    person = Person.objects.of(utility).get(user=contributor)
    as_(manager).post(
        f"{person.get_absolute_url()}save/",
        {"version": person.version, "name": "Someone", "email": "x@example.org", "job": "Chemist"},
    )
    person.refresh_from_db()
    assert (person.name, person.email, person.job) == ("Connie Boyd", "", "Chemist")


# --- subgroups, scope and history


@pytest.mark.django_db
def test_a_subgroup_is_formed_changed_closed_and_reopened(catalog, utility, manager, contributor, pat, as_):
    browser = as_(manager)
    boyd = Person.objects.of(utility).get(user=contributor)
    browser.post(reverse("ims:add_subgroup", args=[utility.pk]), {"version": 0, "name": "CMOM", "members": [pat.pk]})
    group = Subgroup.objects.get()
    sent = {"version": 1, "name": "CMOM", "lead": boyd.pk, "members": [pat.pk, boyd.pk]}
    json = {"headers": {"Accept": "application/json"}}
    assert browser.post(f"{group.get_absolute_url()}save/", sent, **json).json()["version"] == 2
    late = as_(contributor).post(f"{group.get_absolute_url()}save/", sent | {"members": [], "lead": ""}, **json)
    assert late.status_code == 409
    assert "Connie Boyd, Pat Night" in late.json()["conflict"]
    assert browser.post(f"{group.get_absolute_url()}save/", sent, **json).status_code == 200, "the same again"
    assert {str(one) for one in group.members.all()} == {"Pat Night", "Connie Boyd"}
    text = browser.get(reverse("ims:team_history", args=[utility.pk])).text
    assert "Pat Night <span" in text, "from the members before to those after"
    browser.post(f"{group.get_absolute_url()}close/", {"closed": "yes"})
    assert "Closed subgroups" in browser.get(reverse("ims:team", args=[utility.pk])).text
    browser.post(f"{group.get_absolute_url()}close/", {"closed": "no"})
    text = browser.get(reverse("ims:team", args=[utility.pk])).text
    assert "Closed subgroups" not in text
    assert "Led by Connie Boyd · Connie Boyd, Pat Night" in text


@pytest.mark.django_db
def test_the_scope_is_chosen_only_without_an_analysis(catalog, utility, manager, as_):
    browser = as_(manager)
    url = reverse("ims:team_scope", args=[utility.pk])
    browser.post(url, {"version": 0, "areas": ["E"], "operations": ["water-treatment"], "initiatives": ["iso-14001"]})
    assert TeamScope.objects.get().operations == ["water-treatment"]
    late = browser.post(url, {"version": 0, "areas": ["S"]})
    assert late.status_code == 409
    assert "Water treatment" in late.text
    start(utility, manager, areas=["E"])
    assert browser.get(url).status_code == 302


@pytest.mark.django_db
def test_the_page_of_the_system_says_who_is_missing(catalog, utility, viewer, manager, as_, pat):
    page = reverse("ims:system", args=[utility.pk])
    assert "6 functions are missing" in as_(viewer).get(page).text
    slugs = [place.slug for place in Team(utility).missing]
    for slug in slugs[1:]:
        Seat.fill(utility, slug, 0, by=manager, person=pat)
    assert "1 function is missing" in as_(viewer).get(page).text
    Seat.fill(utility, slugs[0], 0, by=manager, person=pat)
    assert "Every function is represented" in as_(viewer).get(page).text


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["team", "team_history", "system"])
def test_a_page_takes_as_many_queries_for_many_people_as_for_few(catalog, utility, manager, as_, name):
    start(utility, manager, ["cmom", "iso-14001"], areas=["E"], operations=["water-treatment"])
    browser, url = as_(manager), reverse(f"ims:{name}", args=[utility.pk])
    browser.get(url)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(url).status_code == 200
        return len(captured)

    few = queries()
    for n in range(12):
        person = Person.add(utility, by=manager, name=f"Person {n}")
        Seat.fill(utility, Seat.add(utility, by=manager, name=f"F {n}", why="").function, 1, by=manager, person=person)
        group = Subgroup.form(utility, by=manager, name=f"Group {n}", lead=person, members=[person])
        Subgroup.objects.visible_to(manager).get(pk=group.pk).change(1, by=manager, purpose=f"Purpose {n}")
        Action.open_in(utility, by=manager, title=f"Study {n}", initiatives=["partnership-safe-water"])
    many = queries()
    assert many <= few + 2, "the members of subgroups and the records outside, once each"
    assert many <= 15


# --- who may


ROLES = ["manager", "contributor", "advisor", "viewer", "stranger", "nobody"]
PAGES = {"team": 200, "team_history": 200, "person": 200, "subgroup": 200}
FORMS = {"team_scope": 200, "add_person": 200, "add_subgroup": 200}
SENT = {
    "seat": {"version": 0, "left_out": "No."},
    "team_scope": {"version": 0, "areas": ["E"]},
    "add_function": {"name": "Fleet"},
    "add_person": {"version": 0, "name": "Sam"},
    "save_person": {"version": 1, "name": "Sam"},
    "person_left": {"has_left": "yes"},
    "merge_person": {"member": "mara"},
    "add_subgroup": {"version": 0, "name": "New"},
    "save_subgroup": {"version": 1, "name": "New"},
    "close_subgroup": {"closed": "yes"},
}


@pytest.fixture
def group(utility, manager) -> Subgroup:
    return Subgroup.form(utility, by=manager, name="CMOM", members=[])


@pytest.fixture
def address(utility, pat, group):
    more = {name: [pat.pk] for name in ("person", "save_person", "person_left", "merge_person")}
    more |= {name: [group.pk] for name in ("subgroup", "save_subgroup", "close_subgroup")}
    return lambda name: reverse(
        f"ims:{name}", args=[utility.pk, *more.get(name, ["finance"] if name == "seat" else [])]
    )


@pytest.fixture
def browser(request, as_):
    return lambda role: Client() if role == "nobody" else as_(request.getfixturevalue(role))


def test_every_address_is_tried():
    from ims.team import urls

    assert {pattern.name for pattern in urls.urlpatterns} == PAGES.keys() | SENT.keys()


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
def test_who_reads(catalog, address, browser, role):
    for name in (*PAGES, *FORMS):
        expected = 403 if role == "viewer" and name in FORMS else 200
        status = browser(role).get(address(name)).status_code
        assert status == {"stranger": 404, "nobody": 302}.get(role, expected), name


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", SENT)
def test_who_changes(catalog, utility, manager, address, browser, role, name):
    mara = str(Person.objects.of(utility).get(user=manager).pk)
    sent = {key: mara if value == "mara" else value for key, value in SENT[name].items()}

    def everything() -> list:
        rows = [list(model.objects.order_by("pk").values()) for model in (Person, Seat, Subgroup, TeamScope)]
        return [[{k: v for k, v in row.items() if k != "user_id"} for row in each] for each in rows]

    kept = everything()
    answer = browser(role).post(address(name), sent)
    if role in ("manager", "contributor", "advisor"):
        assert answer.status_code == 302
        assert everything() != kept
    else:
        assert answer.status_code == {"viewer": 403, "stranger": 404, "nobody": 302}[role]
        assert everything() == kept
