"""An entry of the catalog is drafted, looked at, published, retired; its history tells, and goes back."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from accounts.models import StaffGroup
from assessments.models import Finding
from initiatives.models import Case, Initiative
from pdca import references
from pdca.index import Indexed
from pdca.models import Area, Component, Element, Flow, Opportunity, SourceTable, Term, Topic
from tests.factories import UserFactory
from tests.keeping import address, make_administrator, save, typed

pytestmark = pytest.mark.django_db
ENTRIES = [Element, Opportunity, Flow, SourceTable, Topic, Term, Initiative, Case]


@pytest.fixture
def administrator(catalog):
    return make_administrator()


@pytest.fixture
def browser(administrator, as_):
    return as_(administrator)


@pytest.fixture
def cmom(catalog):
    return Initiative.objects.get(slug="cmom")


def public(client, entry):
    return client.get(entry.get_absolute_url()).text


def refuse(answer):
    """The words of a form that was not accepted."""
    assert answer.status_code == 200
    return answer.text


# Drafts.


@pytest.mark.parametrize("model", ENTRIES)
def test_a_form_sent_back_as_it_is_changes_nothing(browser, model):
    """With the entry that has the most text, and every seventh."""
    entries = sorted(model.objects.all(), key=lambda entry: len(str(entry.plain())), reverse=True)
    for entry in entries[::7]:
        before = entry.plain()

        answer = save(browser, entry)

        assert answer.status_code == 302, f"{entry.slug}: {answer.context['errors']}"
        entry = model.objects.get(pk=entry.pk)
        assert entry.draft is None, f"{entry.slug}: {entry.draft}"
        assert entry.plain() == before


def test_a_draft_keeps_only_what_differs_and_readers_see_nothing_of_it(browser, client, cmom):
    before = public(client, cmom)

    answer = save(browser, cmom, key_feature="Words to come", areas=["E", "S", "Q"])

    assert answer.status_code == 302
    cmom.refresh_from_db()
    assert cmom.draft == {"key_feature": "Words to come", "areas": ["E", "Q", "S"]}
    assert cmom.state == "Published, with draft"
    assert cmom.key_feature != "Words to come"
    assert "Words to come" not in public(client, cmom)
    assert public(client, cmom) == before


def test_the_form_starts_from_the_draft_and_says_so(browser, cmom):
    save(browser, cmom, key_feature="Words to come")

    page = browser.get(address(cmom, "change")).text

    assert "Words to come</textarea>" in page
    assert "This form shows the draft, not the published version." in page
    assert "Not published yet: key feature." in page


def test_publishing_shows_it_everywhere_and_ends_the_draft(browser, client, cmom):
    save(browser, cmom, key_feature="Overflowing zebras", name="CMOM of today")

    save(browser, cmom, "_publish")

    cmom.refresh_from_db()
    assert (cmom.draft, cmom.key_feature) == (None, "Overflowing zebras")
    assert "Overflowing zebras" in public(client, cmom)
    assert "CMOM of today" in client.get(reverse("initiatives:list")).text
    assert client.get("/api/v1/initiatives/cmom").json()["key_feature"] == "Overflowing zebras"
    assert Indexed.objects.filter(words="zebras").exists()


def test_discarding_asks_once_and_leaves_what_is_published(browser, cmom):
    save(browser, cmom, key_feature="Words to come")
    page = address(cmom, "discard")

    asked = browser.get(page)

    assert "Discard draft" in asked.text
    cmom.refresh_from_db()
    assert cmom.draft
    assert browser.post(page).status_code == 302
    cmom.refresh_from_db()
    assert (cmom.draft, cmom.key_feature == "Words to come") == (None, False)
    assert browser.get(page).status_code == 404


def test_nobody_overwrites_unseen(browser, cmom):
    page = address(cmom, "change")
    mine = typed(browser, page, "initiative_form") | {"_draft": "on", "key_feature": "Mine"}
    save(browser, cmom, "_publish", key_feature="Theirs")

    assert "Someone changed this entry after you opened it" in refuse(refused := browser.post(page, mine))
    cmom.refresh_from_db()
    assert (cmom.key_feature, cmom.draft) == ("Theirs", None)

    again = mine | {"seen": refused.context["adminform"].form.data["seen"]}
    assert browser.post(page, again).status_code == 302
    cmom.refresh_from_db()
    assert cmom.draft["key_feature"] == "Mine"


def test_line_ends_are_those_of_the_files_and_no_control_character_is_kept(browser, cmom):
    save(browser, cmom, "_publish", key_feature="One\r\ntwo\x07")

    cmom.refresh_from_db()
    assert cmom.key_feature == "One\ntwo"


def test_an_element_that_is_not_there_is_refused(browser, catalog):
    case = Case.objects.first()

    assert "“nowhere” does not exist." in refuse(save(browser, case, initiatives="nowhere"))


# New entries.


def new(browser, button, **changes):
    page = address(Initiative, "add")
    fields = {
        "name": "Effective Utility Management",
        "short_name": "EUM",
        "slug": "eum",
        "group": "best-practices",
        "key_feature": "Ten attributes",
        "source": "epa.gov",
        "areas": ["E", "F"],
        "plan": 1,
        "do": 2,
        "check_strength": 2,
        "act": 3,
        "today": "runs",
        button: "on",
    }
    return browser.post(page, typed(browser, page, "initiative_form") | fields | changes)


def test_a_new_entry_is_a_draft_that_nobody_finds(browser, client):
    assert new(browser, "_draft").status_code == 302

    eum = Initiative.objects.get(slug="eum")
    assert (eum.state, eum.published) == ("Draft", False)
    assert client.get(eum.get_absolute_url()).status_code == 404
    assert "Effective Utility Management" not in client.get(reverse("initiatives:list")).text
    assert client.get("/api/v1/initiatives/eum").status_code == 404
    assert not Indexed.objects.filter(heading=eum.name).exists()


def test_published_it_appears_everywhere_at_once(browser, client, utility, manager, as_):
    new(browser, "_draft")
    eum = Initiative.objects.get(slug="eum")

    save(browser, eum, "_publish")

    assert client.get(eum.get_absolute_url()).status_code == 200
    assert "Effective Utility Management" in client.get(reverse("initiatives:list")).text
    assert client.get("/api/v1/initiatives/eum").json()["areas"] == ["E", "F"]
    assert Indexed.objects.filter(heading=eum.name).exists()
    assert "Effective Utility Management" in as_(manager).get(reverse("assessments:start", args=[utility.pk])).text


def test_a_new_entry_has_one_version_with_its_areas(browser):
    new(browser, "_publish")

    record = Initiative.objects.get(slug="eum").history.get()
    assert record.history_type == "+"
    assert sorted(row.area_id for row in record.areas.all()) == ["E", "F"]


@pytest.mark.parametrize("slug", ["cases", "compare"])
def test_the_address_of_another_page_is_no_slug(browser, slug):
    assert "Another page already uses this address" in refuse(new(browser, "_draft", slug=slug))
    assert not Initiative.objects.filter(slug=slug).exists()


@pytest.mark.parametrize("slug", ["search", "glossary", "integrating", "map"])
def test_nor_is_one_of_the_guides_pages(catalog, slug):
    found = Element(slug=slug)

    with pytest.raises(Exception, match="Another page already uses this address"):
        found.clean()


def test_a_slug_stays(browser, cmom):
    save(browser, cmom, "_publish", slug="other")

    assert Initiative.objects.get(pk=cmom.pk).slug == "cmom"


# Preview.


def preview(browser, entry, **changes):
    sent = typed(browser, address(entry, "change"), f"{entry._meta.model_name}_form") | changes
    return browser.post(address(entry, "preview"), sent)


def test_a_preview_is_the_public_page_with_what_is_typed_and_keeps_nothing(browser, client, cmom):
    before, versions = public(client, cmom), cmom.history.count()
    searched = Indexed.objects.order_by("-pk").first().pk

    answer = preview(browser, cmom, key_feature="Words to come", areas=["H"])

    assert "Words to come" in answer.text
    assert "Preview of “" in answer.text
    assert "Human resources" in answer.text
    cmom.refresh_from_db()
    assert (cmom.draft, cmom.key_feature == "Words to come", cmom.history.count()) == (None, False, versions)
    assert [area.code for area in cmom.areas.all()] == ["E", "S"]
    assert public(client, cmom) == before
    assert Indexed.objects.order_by("-pk").first().pk == searched


def test_a_new_entry_is_previewed_before_it_is_there(browser):
    page = address(Initiative, "add")
    fields = typed(browser, page, "initiative_form") | {
        "name": "Effective Utility Management", "short_name": "EUM", "slug": "eum", "group": "best-practices",
        "key_feature": "Ten attributes", "source": "epa.gov", "areas": ["E"], "plan": 1, "do": 2,
        "check_strength": 2, "act": 3, "today": "runs",
    }  # fmt: skip

    answer = browser.post(address(Initiative, "preview_new"), fields)

    assert "Ten attributes" in answer.text
    assert not Initiative.objects.filter(slug="eum").exists()


def test_a_preview_of_what_can_not_stand_says_why(browser, cmom):
    answer = preview(browser, cmom, key_feature="")

    assert "Key feature: This field is required." in answer.text


@pytest.mark.parametrize("model", ENTRIES)
def test_every_kind_of_entry_has_its_preview(browser, model):
    answer = browser.get(address(model.objects.first(), "preview"))

    assert answer.status_code == 200
    assert "nobody else can see it" in answer.text


# Retiring.


def test_what_is_retired_is_not_found_any_more_and_comes_back(browser, client, cmom):
    page = address(cmom, "retire")
    assert "will no longer appear in lists" in browser.get(page).text

    browser.post(page)

    cmom.refresh_from_db()
    assert cmom.state == "Retired"
    assert cmom.get_absolute_url() not in client.get(reverse("initiatives:list")).text
    assert client.get("/api/v1/initiatives/cmom").status_code == 404
    assert not Indexed.objects.filter(heading=cmom.name).exists()
    assert client.get(cmom.get_absolute_url()).status_code == 200

    browser.post(page)

    cmom.refresh_from_db()
    assert cmom.state == "Published"
    assert Indexed.objects.filter(heading=cmom.name).exists()


def test_an_element_is_not_retired(browser, catalog):
    vision = Element.objects.get(slug="vision")

    assert browser.post(address(vision, "retire")).status_code == 404
    assert address(vision, "retire") not in browser.get(address(vision, "change")).text
    vision.refresh_from_db()
    assert vision.state == "Published"


# History.


def test_the_history_says_who_changed_what_and_when(browser, cmom):
    save(browser, cmom, "_publish", key_feature="Overflows are kept away.")
    save(browser, cmom, "_publish", key_feature="Overflows are kept far away.", plan=3, areas=["E"])

    page = browser.get(address(cmom, "history")).text

    assert page.count("by Ada Minton") == 2
    assert "Overflows are kept <ins>far </ins>away." in page
    assert "<del>1, strongest</del>" in page
    assert "<ins>3, weakest</ins>" in page
    assert "<del>S</del>" in page


def test_going_back_asks_once_and_is_a_version_of_its_own(browser, client, cmom):
    save(browser, cmom, "_publish", key_feature="The first zebra", areas=["E", "S", "H"])
    first = cmom.history.latest()
    save(browser, cmom, "_publish", key_feature="The second", areas=["E"])
    page, versions = address(cmom, "simple_history", first.pk), cmom.history.count()

    asked = browser.get(page).text
    cmom.refresh_from_db()
    assert "Restore version" in asked
    assert cmom.key_feature == "The second"
    browser.post(page)

    cmom.refresh_from_db()
    assert cmom.key_feature == "The first zebra"
    assert sorted(area.code for area in cmom.areas.all()) == ["E", "H", "S"]
    assert cmom.history.count() == versions + 1
    last = cmom.history.latest()
    assert last.history_user.name == "Ada Minton"
    assert last.history_change_reason.startswith("Restored the version of")
    assert "The first zebra" in public(client, cmom)
    assert Indexed.objects.filter(words="zebra").exists()


def test_a_version_that_can_not_stand_today_is_refused(browser, catalog):
    case = Case.objects.first()
    save(browser, case, "_publish", initiatives="cmom")
    old = case.history.latest()
    save(browser, case, "_publish", initiatives="iso-14001")
    old.initiatives = ["gone"]
    old.save()

    page = address(case, "simple_history", old.pk)
    answer = browser.post(page)

    assert "“gone” does not exist." in answer.text
    case.refresh_from_db()
    assert case.initiatives == ["iso-14001"]


@pytest.mark.parametrize("version", ["0", "999999", "x"])
def test_a_version_that_is_not_there(browser, cmom, version):
    assert browser.get(address(cmom, "history") + version + "/").status_code == 404


def test_an_area_changes_its_words_keeps_its_history_and_the_pages_follow(browser, catalog):
    area, last = Area.objects.get(code="E"), Indexed.objects.order_by("-pk").first().pk
    save(browser, area, "_save", name="Environment and climate")
    first = area.history.latest()
    save(browser, area, "_save", name="Environment")

    browser.post(address(area, "simple_history", first.pk))

    area.refresh_from_db()
    assert area.name == "Environment and climate"
    assert Indexed.objects.order_by("-pk").first().pk > last
    assert area.history.latest().history_user.name == "Ada Minton"


# Deleting.


def test_what_gap_analyses_refer_to_is_not_deleted(browser, analysis, cmom):
    Initiative.objects.filter(pk=cmom.pk).update(loaded={})  # as if an administrator had made it
    page = address(cmom, "delete")

    for answer in (browser.get(page), browser.post(page, {"post": "yes"})):
        assert "Gap analyses: 1" in answer.text
        assert "Retire it instead" in answer.text
        assert address(cmom, "retire") in answer.text
    assert Initiative.objects.filter(pk=cmom.pk).exists()


def test_a_finding_that_names_it_by_its_slug_counts_too(browser, analysis):
    new(browser, "_publish")
    eum = Initiative.objects.get(slug="eum")
    analysis.initiatives.clear()
    analysis.findings.filter(element__order=1).update(initiatives=["eum"])

    assert references.uses_of(eum) == [(1, "gap analyses")]


def test_what_nothing_refers_to_is_deleted(browser):
    new(browser, "_publish")
    eum = Initiative.objects.get(slug="eum")

    answer = browser.post(address(eum, "delete"), {"post": "yes"})

    assert answer.status_code == 302
    assert not Initiative.objects.filter(slug="eum").exists()
    assert not Indexed.objects.filter(heading=eum.name).exists()


def test_what_the_program_brings_along_would_come_back(browser, catalog):
    term = Term.objects.first()
    Term.objects.filter(pk=term.pk).update(loaded={"slug": term.slug})

    assert "would be loaded again" in browser.post(address(term, "delete"), {"post": "yes"}).text
    assert Term.objects.filter(pk=term.pk).exists()


def test_a_completed_gap_analysis_stays_as_it_was(browser, analysis, manager, cmom):
    for finding in Finding.objects.visible_to(manager).filter(analysis=analysis):
        finding.answer(finding.version, by=manager, rating=1, areas=["E"], initiatives=["cmom"])
    analysis.complete(by=manager)
    results = analysis.results_with_findings()[0].as_json()

    save(browser, cmom, "_publish", name="Another name", short_name="Another", plan=3, areas=["H"])
    browser.post(address(cmom, "retire"))
    vision = Element.objects.get(slug="vision")
    save(browser, vision, "_publish", name="Vision and mission")

    analysis.refresh_from_db()
    assert analysis.results_with_findings()[0].as_json() == results


# Who may.


PAGES = ["change", "history", "preview", "retire", "delete"]


@pytest.mark.parametrize("page", PAGES)
def test_others_do_not_get_in(manager, as_, client, cmom, page):
    for visitor in (client, as_(manager)):
        assert visitor.get(address(cmom, page)).status_code == 302
        assert visitor.post(address(cmom, page)).status_code == 302
    cmom.refresh_from_db()
    assert cmom.state == "Published"


@pytest.mark.parametrize("page", PAGES)
def test_staff_of_another_kind_are_refused(as_, cmom, page):
    staff = UserFactory(is_staff=True)
    staff.groups.add(Group.objects.get(name=StaffGroup.PROGRAM))

    assert as_(staff).get(address(cmom, page)).status_code == 403


@pytest.mark.parametrize("model", [Area, Component, *ENTRIES])
def test_lists_do_not_grow_in_queries(browser, model, django_assert_max_num_queries):
    with django_assert_max_num_queries(14):
        assert browser.get(address(model, "changelist")).status_code == 200


@pytest.mark.parametrize(("state", "found"), [("published", 14), ("with-draft", 1), ("draft", 1), ("retired", 1)])
def test_the_list_is_filtered_by_state(browser, state, found, cmom):
    new(browser, "_draft")
    save(browser, cmom, key_feature="Words to come")
    browser.post(address(Initiative.objects.get(slug="qualserve"), "retire"))

    answer = browser.get(address(Initiative, "changelist"), {"state": state})

    assert answer.context["cl"].result_count == found
