"""The public page: only managers choose and publish it, only what they chose leaves, and it ends at once."""

import itertools
import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import IntegrityError, InternalError, connection, models, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from ims import registers
from ims.closed import ClosedRegister
from ims.models import Action, Measure, Objective, Person, PublicPage, PublicPageEvent, Reading, Record, Statement
from ims.system.public import free_address
from tests.conftest import main_of
from tests.factories import MembershipFactory, UserFactory, UtilityFactory
from tests.keeping import make_administrator
from workflow.models import WrongState

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
LAST_MONTH = (TODAY.replace(day=1) - timedelta(days=1)).replace(day=1)
ADDRESS = "/public/riverbend-water-and-sewer/"


@pytest.fixture(autouse=True)
def uncounted():
    """Each test begins with an address that has read nothing yet."""
    cache.clear()


def seen(record, user):
    return type(record).objects.visible_to(user).get(pk=record.pk)


def signed(record, by):
    seen(record, by).move("in-force", by=by, signed_by="The board", signed_on=TODAY)
    return seen(record, by)


@pytest.fixture
def policy(catalog, utility, manager):
    return signed(Statement.open_in(utility, by=manager, title="Our policy", text="We comply."), manager)


@pytest.fixture
def chosen(utility, manager):
    """``chosen(statements=[…])``: the page with these choices, as the manager has it; saved, not published."""

    def choose(**choices) -> PublicPage:
        utility.my_role = "manager"
        page = PublicPage.of(utility)
        page.choose(page.version, by=manager, **choices)
        return PublicPage.of(utility)

    return choose


@pytest.fixture
def published(chosen, manager):
    def publish(**choices) -> PublicPage:
        page = chosen(**choices)
        page.publish(page.version, by=manager)
        return page

    return publish


def public():
    return Client().get(ADDRESS)


def send(browser, utility, name="public", **data):
    return browser.post(reverse(f"ims:{name}", args=[utility.pk]), data)


CHOICES = {"version": 1, "slug": "riverbend-water-and-sewer", "years": 3, "intro": "Welcome to our river."}


# From choosing to the end.


def test_published_read_withdrawn(policy, utility, manager, as_):
    browser = as_(manager)
    assert public().status_code == 404
    assert send(browser, utility, **CHOICES, statements=[policy.pk]).url == f"/system/{utility.pk}/public/preview/"
    assert public().status_code == 404, "what is chosen is not published"
    preview = browser.get(f"/system/{utility.pk}/public/preview/")
    send(browser, utility, "public_publish", version=2)
    answer = public()
    for words in ("Welcome to our river.", "Our policy", "We comply."):
        assert words in main_of(preview)
        assert words in main_of(answer)
    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Robots-Tag"] == "noindex"
    assert '<meta name="robots" content="noindex">' in answer.text
    send(browser, utility, "public_withdraw")
    gone = public()
    assert gone.status_code == 410
    assert "Riverbend" not in gone.text
    assert [(each.by, each.did, each.shown) for each in PublicPageEvent.objects.all()] == [
        (manager, "published the page", "1 statement and an introduction"),
        (manager, "withdrew the page", ""),
    ]


def test_what_is_chosen_later_is_shown_once_it_is_published_again(published, chosen, utility, manager, as_):
    published(intro="First words.")
    page = chosen(intro="Second words.")
    assert "First words." in public().text
    assert "Second words." not in public().text
    page.publish(page.version, by=manager)
    assert "Second words." in public().text
    history = as_(manager).get(reverse("ims:public", args=[utility.pk]))
    assert "Mara Gerr published changes" in history.text


def test_nothing_is_chosen_at_first_and_nothing_can_not_be_published(policy, utility, manager, as_):
    Objective.open_in(utility, by=manager, title="Reach it")
    Measure.open_in(utility, by=manager, title="Overflows")
    page = as_(manager).get(reverse("ims:public", args=[utility.pk]))
    assert "checked" not in main_of(page)
    send(as_(manager), utility, **CHOICES | {"intro": ""})
    send(as_(manager), utility, "public_publish", version=2)
    assert public().status_code == 404


def test_only_what_a_manager_saw_is_published(chosen, utility, manager, as_):
    chosen(intro="What Mara saw.")
    chosen(intro="What somebody else saved since.")
    answer = as_(manager).post(reverse("ims:public_publish", args=[utility.pk]), {"version": 2}, follow=True)
    assert "a colleague has just changed what is chosen" in answer.text
    assert public().status_code == 404


def test_two_managers_see_each_others_choices(chosen, utility, manager, as_):
    other = MembershipFactory(utility=utility).user
    send(as_(manager), utility, **CHOICES)
    answer = send(as_(other), utility, **CHOICES | {"intro": "Another text."})
    assert answer.status_code == 409
    assert "Welcome to our river." in answer.text
    assert PublicPage.objects.get().intro == "Welcome to our river."


@pytest.mark.parametrize("role", ["contributor", "advisor", "viewer", "stranger", "former"])
def test_who_is_no_manager_changes_nothing(role, published, utility, as_, request):
    published(intro="Welcome.")
    browser = as_(request.getfixturevalue(role))
    before = list(PublicPage.objects.values())
    expected = 404 if role in ("stranger", "former") else 403
    assert browser.get(reverse("ims:public", args=[utility.pk])).status_code == (404 if expected == 404 else 200)
    assert browser.get(reverse("ims:public_preview", args=[utility.pk])).status_code == expected
    for name, data in {"public": CHOICES, "public_publish": {"version": 2}, "public_withdraw": {}}.items():
        assert send(browser, utility, name, **data).status_code == expected
    assert list(PublicPage.objects.values()) == before


def test_members_read_who_published_what_and_when(published, utility, viewer, as_):
    published(intro="Welcome.", recognition=True)
    page = main_of(as_(viewer).get(reverse("ims:public", args=[utility.pk])))
    assert "Mara Gerr published the page: an introduction and recognition" in page
    assert "<form" not in page


# The address.


def test_the_address_is_of_the_name_unique_and_stays(published, chosen, utility, manager, as_):
    other = UtilityFactory(name="Riverbend Water and Sewer")
    assert free_address(other) == "riverbend-water-and-sewer"
    chosen(intro="Welcome.")
    assert free_address(other) == "riverbend-water-and-sewer-2"
    PublicPage.objects.create(utility=other, slug="taken")
    answer = send(as_(manager), utility, **CHOICES | {"version": 2, "slug": "taken"})
    assert "Another utility has this address" in answer.text
    page = chosen(slug="our-river")
    page.publish(page.version, by=manager)
    assert Client().get("/public/our-river/").status_code == 200
    chosen(slug="elsewhere")
    assert PublicPage.objects.get(utility=utility).slug == "our-river"
    with pytest.raises(InternalError, match="public_page_keeps_its_address"), transaction.atomic():
        PublicPage.objects.filter(utility=utility).update(slug="elsewhere")


@pytest.mark.parametrize("slug", ["Ä", "a b", "-a", "a--b", "a/b", "", "x" * 61])
def test_an_odd_address_is_refused(slug, utility, manager, catalog, as_):
    assert send(as_(manager), utility, **CHOICES | {"slug": slug}).status_code == 422
    assert not PublicPage.objects.exists()


@pytest.mark.parametrize(
    "odd", [{"statements": ["x"]}, {"statements": ["9" * 30]}, {"years": "4"}, {"intro": "x" * 1501}]
)
def test_odd_choices_are_refused(odd, utility, manager, catalog, as_):
    assert send(as_(manager), utility, **CHOICES | odd).status_code == 422


def test_another_utilitys_record_can_not_be_chosen(utility, manager, stranger, catalog, published, as_):
    theirs = stranger.memberships.get().utility
    made = signed(Statement.open_in(theirs, by=stranger, title="Their policy", text="Theirs."), stranger)
    assert send(as_(manager), utility, **CHOICES, statements=[made.pk]).status_code == 422
    published(intro="Welcome.", statements=[made.pk])  # as if it had been
    assert "Their policy" not in public().text


# What is shown is what is living now.


def test_a_statement_stands_for_its_edition_in_force(policy, published, manager):
    published(statements=[policy.pk])
    draft = seen(policy, manager).begin_next(by=manager)
    draft = seen(draft, manager)
    draft.change(draft.version, by=manager, text="We do better.", title="Our new policy")
    assert "We comply." in public().text
    assert "We do better." not in public().text
    edition = signed(draft, manager)
    assert "We comply." not in public().text
    assert "We do better." in public().text
    edition.move("withdrawn", by=manager, why="It is no longer true.")
    assert "better" not in public().text


def test_what_no_longer_lives_is_not_shown(policy, published, utility, manager):
    objective = Objective.open_in(utility, by=manager, title="Cut overflows")
    seen(objective, manager).move("agreed", by=manager)
    measure = Measure.open_in(utility, by=manager, title="Overflows each month")
    published(statements=[policy.pk], objectives=[objective.pk], measures=[measure.pk])
    for words in ("Our policy", "Cut overflows", "Overflows each month"):
        assert words in public().text
    Record.objects.filter(pk=policy.pk).update(due=TODAY - timedelta(days=1))
    seen(objective, manager).move("dropped", by=manager, why="Too dear.")
    seen(measure, manager).move("retired", by=manager, why="Replaced.")
    for words in ("Our policy", "Cut overflows", "Overflows each month", "Too dear", "Replaced"):
        assert words not in public().text


def test_a_closed_register_is_not_shown(policy, published, utility, manager):
    published(statements=[policy.pk])
    ClosedRegister.close(utility, "statements", [], by=manager)
    assert "Our policy" not in public().text


def test_an_objective_and_a_measure_in_words_and_figures(published, utility, manager):
    objective = Objective.open_in(
        utility,
        by=manager,
        title="Cut overflows",
        measure="Overflows a year",
        unit="overflows",
        baseline=2480,
        target=4,
    )
    seen(objective, manager).move("agreed", by=manager)
    first = Action.open_in(utility, by=manager, title="Clean", objective=objective)
    Action.open_in(utility, by=manager, title="Camera", objective=objective)
    Record.objects.filter(pk=first.pk).update(status="done")
    canceled = seen(Action.open_in(utility, by=manager, title="Solar", objective=objective), manager)
    canceled.move("canceled", by=manager, why="No.")
    measure = Measure.open_in(utility, by=manager, title="Spills", unit="spills", target=4, decimals=0)
    Reading.objects.create(measure=measure, period=LAST_MONTH, value=3)
    Reading.objects.create(measure=measure, period=LAST_MONTH.replace(year=LAST_MONTH.year - 4), value=977)
    published(objectives=[objective.pk], measures=[measure.pk], years=3)
    page = main_of(public())
    for words in ("from 2,480 overflows to 4 overflows", "1 of 2 actions done", "In progress", "target met", "<svg"):
        assert words in page
    assert f'<th scope="row">{LAST_MONTH:%B %Y}</th>' in page
    assert "977" not in page, "four years ago, and three were chosen"


def test_an_introduction_is_plain_text(published):
    published(intro="<script>alert(1)</script> https://example.org/win")
    page = main_of(public())
    assert "&lt;script&gt;" in page
    assert 'href="https://example.org' not in page


def test_search_engines_only_if_a_manager_says_so(published):
    published(intro="Welcome.", searchable=True)
    answer = public()
    assert "noindex" not in answer.text
    assert "X-Robots-Tag" not in answer


# Nothing else leaves.

ALLOWED = {
    "statements": {"title", "text"},
    "objectives": {"title", "measure", "unit"},
    "measures": {"title", "unit"},
    "page": {"intro", "phone"},
}


def test_nothing_else_leaves(catalog, utility, manager, published):
    """Every text of every register is a mark of its own; the page shows the marks of the allowed fields only."""
    numbers, marks = itertools.count(), {}

    def mark(where: str, field: str) -> str:
        word = f"Qx{next(numbers):04}z"
        marks[word] = (where, field)
        return word

    person = Person.objects.create(utility=utility, name=mark("person", "name"), job=mark("person", "job"))
    made: dict[str, list[int]] = {}
    for register in registers.known():
        fields = {
            field.name: mark(register.slug, field.name)
            for field in register.model._meta.local_fields
            if isinstance(field, models.CharField | models.TextField) and not field.choices
        }
        days = [each for each in register.model._meta.local_fields if each.get_internal_type() == "DateField"]
        fields |= {field.name: TODAY for field in days}
        record = register.model.open_in(
            utility, by=manager, title=mark(register.slug, "title"), owner=person, due=TODAY, **fields
        )
        found = seen(record, manager)
        found.say(mark(register.slug, "comment"), by=manager)
        found.attach_link(by=manager, url="https://example.org/", title=mark(register.slug, "link"))
        made[register.slug] = [record.pk]
    Record.objects.filter(register="statements").update(status="in-force")
    Record.objects.filter(register="objectives").update(status="agreed")
    Objective.objects.update(target=4)
    Reading.objects.create(
        measure_id=made["measures"][0],
        period=LAST_MONTH,
        value=3,
        note=mark("reading", "note"),
        why=mark("reading", "why"),
    )
    everything = [key for keys in made.values() for key in keys]
    chosen = dict.fromkeys(("statements", "objectives", "measures"), everything)  # keys of other registers too
    texts = {"intro": mark("page", "intro"), "phone": mark("page", "phone")}
    published(**chosen, **texts, recognition=True, email="ask@example.org")
    answer = public().text
    shown = {marks[word] for word in re.findall(r"Qx\d{4}z", answer)}
    assert len(marks) > 100
    assert shown == {(where, field) for where, fields in ALLOWED.items() for field in fields}
    assert "Mara Gerr" not in answer
    assert "manager@example.org" not in answer
    for number in Record.objects.values_list("number", flat=True):
        assert number not in answer
    assert "/system/" not in main_of(public())


# Administrators.


def test_an_administrator_takes_it_down_and_allows_it_again(published, utility, manager, as_):
    page = published(intro="Buy this.")
    admin, change = as_(make_administrator()), reverse("admin:ims_publicpage_change", args=[page.pk])
    assert admin.post(change, {"why": ""}).status_code == 200
    assert public().status_code == 200
    admin.post(change, {"why": "It advertises."})
    assert public().status_code == 410
    browser = as_(manager)
    assert "It advertises." in browser.get(reverse("ims:public", args=[utility.pk])).text
    send(browser, utility, "public_publish", version=2)
    send(browser, utility, "public_withdraw")
    assert public().status_code == 410
    assert PublicPage.objects.get().status == "taken-down"
    admin.post(change, {"why": "The text is gone."})
    send(browser, utility, "public_publish", version=2)
    assert public().status_code == 200


def test_nobody_else_takes_it_down(published, as_):
    page = published(intro="Welcome.")
    change = reverse("admin:ims_publicpage_change", args=[page.pk])
    assert as_(UserFactory(is_staff=True)).post(change, {"why": "No."}).status_code == 403
    assert public().status_code == 200


def test_a_page_that_was_never_published_is_not_taken_down(chosen):
    with pytest.raises(WrongState):
        chosen(intro="Welcome.").take_down(by=UserFactory(), why="No.")


STEPS = {
    ("draft", "published"),
    ("published", "published"),
    ("published", "withdrawn"),
    ("published", "taken-down"),
    ("withdrawn", "published"),
    ("withdrawn", "taken-down"),
    ("taken-down", "withdrawn"),
}


@pytest.mark.parametrize("pair", list(itertools.product(PublicPage.Status.values, repeat=2)), ids=" to ".join)
def test_every_pair_of_states(pair, utility):
    start, end = pair
    shows = [{"intro": "Welcome."} if status == "published" else None for status in pair]
    page = PublicPage.objects.create(utility=utility, slug="a", status=start, published=shows[0])
    if pair in STEPS:
        page._move(end, published=shows[1])
        event = page.events.get()
        assert (event.from_status, event.to_status) == pair
    else:
        with pytest.raises(WrongState):
            page._move(end, published=shows[1])
        assert not page.events.exists()


# What the database keeps.


def test_a_page_shows_only_while_it_is_published(published):
    page = published(intro="Welcome.")
    with pytest.raises(IntegrityError, match="public_page_shows_only_while_published"), transaction.atomic():
        PublicPage.objects.filter(pk=page.pk).update(status="withdrawn")
    with pytest.raises(IntegrityError, match="public_page_years_known"), transaction.atomic():
        PublicPage.objects.filter(pk=page.pk).update(years=4)


def test_what_was_published_is_kept(published):
    page = published(intro="Welcome.")
    event = page.events.get()
    assert event.published["intro"] == "Welcome."
    with pytest.raises(InternalError, match="ims_publicpageevent"), transaction.atomic():
        page.events.update(why="Changed.")


# Size.


def test_the_pages_take_as_many_queries_for_many_records(published, utility, manager, as_):
    def queries(browser, path) -> int:
        browser.get(path)
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(path).status_code == 200
        return len(captured)

    def add(n: int) -> None:
        chosen: dict[str, list[int]] = {"statements": [], "objectives": [], "measures": []}
        for model in (Statement, Objective, Measure):
            made = [model.open_in(utility, by=manager, title=f"Number {each}") for each in range(n)]
            chosen[model.REGISTER] = [each.pk for each in made]
        Record.objects.filter(register="objectives").update(status="agreed")
        for key in chosen["measures"]:
            Reading.objects.create(measure_id=key, period=LAST_MONTH, value=3)
        published(**chosen)

    paths = [ADDRESS, *(reverse(f"ims:{name}", args=[utility.pk]) for name in ("public", "public_preview"))]
    browser = as_(manager)
    add(1)
    few = [queries(Client() if path == ADDRESS else browser, path) for path in paths]
    add(8)
    assert [queries(Client() if path == ADDRESS else browser, path) for path in paths] == few
    assert max(few) <= 15


def test_one_address_reads_a_limited_number_of_pages(published, monkeypatch):
    published(intro="Welcome.")
    monkeypatch.setattr("ims.system.public_views.RATE", "2/5m")
    assert [public().status_code for _ in range(3)] == [200, 200, 429]
