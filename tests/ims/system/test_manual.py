"""The system manual: what it says, its own words, and its editions, which nobody can change."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError
from django.db.utils import InternalError
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from ims import registers
from ims.closed import ClosedRegister
from ims.models import (
    Audit,
    Contact,
    CorrectiveAction,
    ManualEdition,
    ManualWords,
    Objective,
    Person,
    Record,
    Requirement,
    Statement,
    Unit,
)
from ims.system.manual_content import compose
from pdca.models import Element
from reports import kinds, word
from tests.conftest import main_of
from tests.factories import UtilityFactory
from tests.word import sound, text_of_document, text_of_page

TODAY = timezone.localdate()
ISSUE = {"area": "", "last": "0", "approved_by": "The board", "note": "The first one."}
pytestmark = pytest.mark.django_db


def seen(record, user):
    return type(record).objects.visible_to(user).get(pk=record.pk)


@pytest.fixture
def policy(catalog, utility, manager) -> Statement:
    made = Statement.open_in(utility, by=manager, title="Policy", text="We comply.", areas=["E"], every=12)
    seen(made, manager).move("in-force", by=manager, signed_by="The chair", signed_on=TODAY)
    return seen(made, manager)


@pytest.fixture
def issued(policy, utility, manager):
    """``issued(area)``: the next edition of a manual."""

    def issue(area="") -> ManualEdition:
        last = ManualEdition.objects.series(utility, area).first()
        given = {"approved_by": "The board", "note": ""}
        content = compose(utility, area)
        return ManualEdition.issue(utility, area, last.number if last else 0, content, by=manager, **given)

    return issue


def page_of(utility, area="") -> str:
    return reverse("ims:manual", args=[utility.pk]) + (f"?area={area}" if area else "")


def element(utility, slug, area=""):
    return next(each for each in compose(utility, area)["elements"] if each["slug"] == slug)


def records(utility, slug, area=""):
    return [record for part in element(utility, slug, area)["parts"] for record in part["records"]]


# What it says.


def test_a_policy_has_its_text_and_its_signature(policy, utility):
    [record] = records(utility, "policy-statements")
    assert (record["number"], record["title"], record["areas"]) == (policy.number, "Policy", ["E"])
    assert record["text"] == "We comply."
    facts = dict(record["facts"])
    assert (facts["Signed by"], facts["Edition"]) == ("The chair", "1")
    assert facts["Due"]


def test_only_living_records_are_in_it_and_elements_without_one_say_so(policy, utility, viewer, as_):
    assert len(compose(utility)["elements"]) == 18
    assert "Nothing is in force here yet." in as_(viewer).get(page_of(utility)).text
    Record.objects.filter(pk=policy.pk).update(due=TODAY - timedelta(days=1))
    assert records(utility, "policy-statements") == []
    assert compose(utility)["lacking"][policy.number].startswith("Lapsed. Its review was due on")


def test_objectives_tell_their_progress(catalog, utility, manager, action):
    objective = action.objective
    Objective.objects.visible_to(manager).get(pk=objective.pk).move("agreed", by=manager)
    [record] = records(utility, "objectives-and-targets")
    assert {"Target": "2", "Progress": "0 of 1 actions closed"}.items() <= dict(record["facts"]).items()


@pytest.mark.parametrize("register", [each.slug for each in registers.known()])
def test_every_register_can_be_in_a_manual(register, catalog, utility, manager, monkeypatch):
    described = registers.get(register)
    made = described.model.open_in(utility, by=manager, title="Found in the manual")
    monkeypatch.setitem(described.__dict__, "living", lambda record: "")
    elements = str(compose(utility)["elements"])
    assert (made.number in elements) == (register != "contacts")


def test_what_people_outside_said_is_not_in_it(catalog, utility, manager):
    Contact.open_in(utility, by=manager, title="Brown water", name="Robin Marsh", phone="555-0100")
    assert "Brown water" not in str(compose(utility))


def test_audits_that_are_planned_are_named(catalog, utility, manager):
    Audit.open_in(utility, by=manager, title="Safety audit", areas=["S"], due=TODAY + timedelta(days=30))
    assert "Safety audit" in str(element(utility, "auditing")["notes"])
    assert element(utility, "auditing", "E")["notes"] == []


def test_the_manual_of_an_area_has_what_names_it_or_no_area(policy, utility, manager, viewer, as_):
    unit = Unit.open_in(utility, by=manager, title="Lift stations")
    [kept] = records(utility, "policy-statements", "E")
    assert kept["number"] == policy.number
    assert records(utility, "policy-statements", "S") == []
    for area in ("E", "S"):
        assert [each["number"] for each in records(utility, "assessing-areas", area)] == [unit.number]
    assert compose(utility, "S")["lacking"][policy.number] == "It does not name this area."
    page = as_(viewer).get(page_of(utility, "E")).text
    assert "System manual: Environmental performance" in page
    assert "those that name none" in page


@pytest.mark.parametrize("area", ["X", "ES", "9" * 500])
def test_an_area_that_is_none(policy, utility, manager, as_, area):
    assert as_(manager).get(reverse("ims:manual", args=[utility.pk]), {"area": area}).status_code == 404
    sent = ISSUE | {"area": area}
    assert as_(manager).post(reverse("ims:issue_manual", args=[utility.pk]), sent).status_code in (400, 404)


def test_closed_registers_are_left_out_of_pages_editions_and_changes(issued, utility, manager, viewer, as_):
    CorrectiveAction.open_in(utility, by=manager, title="Robin Marsh fell", areas=["S"])
    edition = issued()
    for browser in (as_(viewer), as_(manager)):
        assert "Robin Marsh fell" in browser.get(edition.get_absolute_url()).text
    ClosedRegister.close(utility, "corrective", [], by=manager)
    CorrectiveAction.open_in(utility, by=manager, title="Sam Hill fell", areas=["S"])
    for page in (page_of(utility), edition.get_absolute_url()):
        shown = as_(viewer).get(page).text
        assert "Robin Marsh" not in shown
        assert "Sam Hill" not in shown
        assert "only some people may read these registers: Corrective and preventive action." in shown
    again = issued()
    assert "Sam Hill" not in str(again.content)
    for kind, subject in (("manual", edition), ("manual", again)):
        assert "Robin Marsh" not in render_to_string("ims/reports/manual.html", kinds.single(kind).context(subject))


def test_another_utility_is_not_in_it(policy, manager):
    assert policy.number not in str(compose(UtilityFactory())["elements"])


# Own words.


def save(browser, utility, element, **data):
    address = reverse("ims:save_manual_words", args=[utility.pk, element])
    return browser.post(address, data, headers={"Accept": "application/json"})


def test_own_words_are_saved_as_you_go_and_nobody_overwrites_unseen(policy, utility, manager, contributor, as_):
    first = save(as_(manager), utility, "vision", version=0, text="Our board wrote it.")
    assert (first.status_code, first.json()["version"]) == (200, 2)
    for version in (0, 1):
        late = save(as_(contributor), utility, "vision", version=version, text="The staff wrote it.")
        assert late.status_code == 409
    assert ManualWords.objects.get().text == "Our board wrote it."
    assert ManualWords.objects.get().history.get().after == {"text": "Our board wrote it."}
    assert element(utility, "vision")["words"] == "Our board wrote it."
    assert save(as_(manager), utility, "nothing", version=0, text="x").status_code == 404
    assert save(as_(manager), utility, "vision", version=2, text="x" * 5001).status_code == 422
    assert save(as_(manager), utility, "vision", version=2, text="a\0b").status_code == 422


# Editions.


def test_issuing_freezes_the_manual(policy, utility, manager, viewer, as_):
    made = as_(manager).post(reverse("ims:issue_manual", args=[utility.pk]), ISSUE, follow=True)
    edition = ManualEdition.objects.get()
    assert "Edition 1 was issued." in made.text
    assert (edition.number, edition.area, edition.issued_by, edition.approved_by) == (1, "", manager, "The board")
    policy.move("withdrawn", by=manager, why="Too short.")
    assert "We comply." in as_(viewer).get(edition.get_absolute_url()).text
    page = main_of(as_(viewer).get(page_of(utility)))
    assert "What changed since edition 1" in page
    assert f"{policy.number} Policy: Withdrawn. It is not in force." in page


def test_an_edition_marks_what_changed_since_the_one_before(issued, utility, manager, as_):
    first = issued()
    Unit.open_in(utility, by=manager, title="Lift stations")
    second = issued()
    assert (first.number, second.number) == (1, 2)
    page = main_of(as_(manager).get(second.get_absolute_url()))
    assert "What changed since edition 1" in page
    assert '<li class="is-added">' in page
    assert '<span class="tag tag--good">new</span>' in page
    assert "What changed" not in main_of(as_(manager).get(first.get_absolute_url()))


def test_nothing_changed_is_not_issued_again(issued, utility, manager, as_):
    issued()
    answer = as_(manager).post(reverse("ims:issue_manual", args=[utility.pk]), ISSUE | {"last": "1"})
    assert answer.status_code == 422
    assert "Nothing was issued. Nothing has changed since edition 1." in answer.text
    assert ManualEdition.objects.count() == 1


def test_who_saw_an_older_edition_reads_first(issued, utility, manager, as_):
    issued()
    Unit.open_in(utility, by=manager, title="Lift stations")
    address = reverse("ims:issue_manual", args=[utility.pk])
    answer = as_(manager).post(address, ISSUE | {"note": "My note"})
    assert answer.status_code == 422
    assert "Someone else has just issued an edition." in answer.text
    assert "My note" in answer.text
    assert answer.context["form"]["last"].value() == "1", "sent again, it follows the edition that is shown now"
    assert ManualEdition.objects.count() == 1


def test_each_area_has_editions_of_its_own(issued):
    assert [issued(area).number for area in ("", "E", "S")] == [1, 1, 1]
    assert set(ManualEdition.objects.values_list("area", "number")) == {("", 1), ("E", 1), ("S", 1)}


def test_it_needs_somebody_who_approves_it(policy, utility, manager, as_):
    for sent in ({"approved_by": ""}, {"last": ""}, {"last": "-1"}, {"last": "9" * 30}):
        answer = as_(manager).post(reverse("ims:issue_manual", args=[utility.pk]), ISSUE | sent)
        assert answer.status_code == 422, sent
    assert not ManualEdition.objects.exists()


# What the database keeps.


@pytest.mark.parametrize(
    "changes",
    [
        {"content": {}},
        {"number": 5},
        {"area": "E"},
        {"note": "Other"},
        {"approved_by": "Me"},
        {"issued_at": "2020-01-01T00:00Z"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_nobody_changes_an_edition(issued, changes):
    edition = issued()
    with pytest.raises(InternalError, match="manual_edition_is_kept"), transaction.atomic():
        ManualEdition.objects.filter(pk=edition.pk).update(**changes)
    with pytest.raises(InternalError, match="manual_edition_is_kept"), transaction.atomic():
        edition.save()
    assert ManualEdition.objects.get().content == edition.content


def test_nobody_deletes_an_edition(issued, utility):
    edition = issued()
    with pytest.raises(InternalError, match="manual_edition_is_kept"), transaction.atomic():
        edition.delete()
    with (
        pytest.raises(InternalError, match="manual_edition_is_kept"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM ims_manualedition")
    with pytest.raises(ProtectedError):
        utility.delete()
    assert ManualEdition.objects.count() == 1


def test_an_edition_stays_when_the_account_of_its_issuer_goes(issued, utility, contributor):
    content = compose(utility)
    ManualEdition.issue(utility, "", 0, content, by=contributor, approved_by="The board")
    contributor.delete()
    assert ManualEdition.objects.get().issued_by is None


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("manual_edition_once", {}),
        ("manual_edition_area_known", {"area": "X"}),
        ("manual_edition_counts_from_1", {"number": 0}),
        ("manual_edition_is_approved", {"number": 2, "approved_by": ""}),
    ],
)
def test_rules_of_an_edition(issued, utility, name, changes):
    edition = issued()
    values = {"utility": utility, "area": "", "number": 1, "approved_by": "Me", "content": edition.content} | changes
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        ManualEdition.objects.create(**values)


def test_words_of_an_element_are_once(catalog, utility):
    ManualWords.objects.create(utility=utility, element="vision")
    with pytest.raises(IntegrityError, match="manual_words_once"), transaction.atomic():
        ManualWords.objects.create(utility=utility, element="vision")


# Rights.

READ = {"stranger": 404, "former": 404, "nobody": 302}


@pytest.mark.parametrize("role", ["manager", "contributor", "advisor", "viewer", "stranger", "former", "nobody"])
def test_who_reads_writes_and_issues(issued, utility, role, request, as_):
    edition = issued()
    Unit.open_in(utility, by=request.getfixturevalue("manager"), title="Lift stations")
    browser = Client() if role == "nobody" else as_(request.getfixturevalue(role))
    for page in (page_of(utility), page_of(utility, "S"), edition.get_absolute_url()):
        assert browser.get(page).status_code == READ.get(role, 200)
    for kind, pk in (("manual", edition.pk), ("manual-draft", utility.pk), ("manual-draft-E", utility.pk)):
        assert browser.post(reverse("reports:request", args=[kind, pk])).status_code == READ.get(role, 302)
    words = reverse("ims:manual_words", args=[utility.pk])
    assert browser.get(words).status_code == READ.get(role, 403 if role == "viewer" else 200)
    for address, sent in (
        (reverse("ims:save_manual_words", args=[utility.pk, "vision"]), {"version": 0, "text": "Ours"}),
        (reverse("ims:issue_manual", args=[utility.pk]), ISSUE | {"last": "1"}),
    ):
        assert browser.post(address, sent).status_code == READ.get(role, 403 if role == "viewer" else 302)
        assert browser.get(address).status_code == (302 if role == "nobody" else 405)
    may = role in ("manager", "contributor", "advisor")
    assert (ManualWords.objects.exists(), ManualEdition.objects.count()) == (may, 2 if may else 1)


def test_a_viewer_sees_nothing_to_write_or_issue(policy, utility, viewer, as_):
    page = main_of(as_(viewer).get(page_of(utility)))
    assert "Write" not in page
    assert "Issue edition" not in page


def test_an_edition_of_another_utility(issued, stranger, as_):
    edition, theirs = issued(), stranger.memberships.get().utility
    assert as_(stranger).get(reverse("ims:manual_edition", args=[theirs.pk, edition.pk])).status_code == 404


# Files.


def test_the_draft_says_that_it_is_one(policy, utility, viewer):
    kind = kinds.single("manual-draft-E")
    found = kind.find(viewer, utility.pk)
    assert kind.context(found)["stage"] == f"Draft of {TODAY:%B %-d, %Y}, not issued"
    assert kind.title(found) == f"System manual: Environmental performance, draft: {utility}"
    assert kind.find(viewer, 2**62) is None


def test_the_word_file_has_all_that_the_pdf_has_and_real_headings(issued, utility, manager):
    issued()
    Unit.open_in(utility, by=manager, title="Lift stations")
    kind, edition = kinds.single("manual"), issued()
    html = render_to_string(kind.template, kind.context(edition))
    made = word.docx(html)
    assert text_of_document(made) == text_of_page(html)
    headings = [each.text for each in sound(made).paragraphs if each.style.name.startswith("Heading")]
    wanted = ["System manual", "What changed since edition 1", "Introduction", "Plan", "3. Policy statements"]
    assert [each for each in headings if each in wanted] == wanted
    assert f"{policy_number(edition)} Policy" in headings


def policy_number(edition):
    [found] = [each for each in edition.content["elements"] if each["slug"] == "policy-statements"]
    return found["parts"][0]["records"][0]["number"]


# Size.


def test_pages_take_as_many_queries_for_many_records(issued, utility, manager, as_):
    for described in registers.known():
        described.model.open_in(utility, by=manager, title="First")
    edition, browser, owner = issued(), as_(manager), Person.objects.of(utility).first()

    def queries(page) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(page).status_code == 200
        return len(captured)

    pages = [page_of(utility), edition.get_absolute_url(), reverse("ims:manual_words", args=[utility.pk])]
    [queries(page) for page in pages]
    few = [queries(page) for page in pages]
    for n in range(30):
        for model in (Objective, Requirement, CorrectiveAction, Unit):
            model.open_in(utility, by=manager, title=f"Number {n}", owner=owner)
        ManualWords.objects.get_or_create(utility=utility, element=Element.objects.all()[n % 18].slug)
    issued()
    assert [queries(page) for page in pages] == few
    assert few[0] <= 42, "18 registers that have records, and 24 queries beside them"
    assert few[1] <= 15
    assert few[2] <= 10


def test_a_page_shows_at_most_20_records_of_a_register(policy, utility, manager, viewer, as_):
    for n in range(25):
        Unit.open_in(utility, by=manager, title=f"Unit {n:02}")
    page = main_of(as_(viewer).get(page_of(utility)))
    assert "Unit 19" in page
    assert "Unit 20" not in page
    assert "and 5 more in" in page
    kind = kinds.single("manual-draft")
    assert "Unit 24" in render_to_string(kind.template, kind.context(utility))
