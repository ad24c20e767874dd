"""Commitments, vision and policies: signed, kept as they are, replaced by a new edition, compared in pairs."""

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from ims import registers
from ims.editions import later
from ims.models import CrossCheck, Record, Statement
from tests.conftest import main_of
from tests.factories import UtilityFactory
from tests.ims.conftest import at_the_end
from workflow.models import WrongState

TODAY = timezone.localdate()
SIGNED = {"signed_by": "The board of directors", "signed_on": TODAY.isoformat()}
NOTE = (
    "Buying takes the lowest bid; the environmental policy asks for recycled material. Settled: 5 percent preference."
)


def seen(statement, user) -> Statement:
    return Statement.objects.visible_to(user).get(pk=statement.pk)


@pytest.fixture
def policy(catalog, utility, manager):
    """``policy(title, **fields)``: a draft, as the manager fetches it."""

    def make(title="Environmental policy", **fields) -> Statement:
        values = {"text": "We prevent pollution.", "areas": ["E"], "every": 12} | fields
        return seen(Statement.open_in(utility, by=manager, title=title, **values), manager)

    return make


@pytest.fixture
def in_force(policy, manager) -> Statement:
    draft = policy()
    draft.move("in-force", by=manager, signed_by="The board", signed_on=TODAY)
    return seen(draft, manager)


def move(browser, statement, slug, **sent):
    address = reverse("ims:move", args=[statement.utility_id, "statements", statement.number, slug])
    return browser.post(address, sent, follow=True)


def next_edition(browser, statement):
    return browser.post(reverse("ims:next_edition", args=[statement.utility_id, statement.number]), follow=True)


def compare_page(first, second) -> str:
    return reverse("ims:compare_policies", args=[first.utility_id, first.number, second.number])


@pytest.mark.django_db
def test_it_is_in_force_once_it_is_signed(policy, manager, as_):
    draft, browser = policy(), as_(manager)
    assert move(browser, draft, "sign", signed_by="", signed_on="").status_code == 422
    assert "is now “In force”" in move(browser, draft, "sign", **SIGNED).text
    assert seen(draft, manager).due == later(TODAY, 12)


@pytest.mark.django_db
def test_an_empty_one_is_not_signed(policy, manager, as_):
    page = move(as_(manager), policy(text=" \n"), "sign", **SIGNED)
    assert page.status_code == 422
    assert "Enter first what it states." in page.text


@pytest.mark.django_db
def test_a_review_sets_the_day_of_the_next(in_force, manager, as_):
    Record.objects.filter(pk=in_force.pk).update(due=date(2026, 1, 31))
    assert registers.get("statements").living(seen(in_force, manager)) == "Its review was due on January 31, 2026."
    assert f"{in_force.number} was reviewed." in move(as_(manager), in_force, "review").text
    found = seen(in_force, manager)
    assert (found.status, found.due) == ("in-force", later(TODAY, 12))
    assert registers.get("statements").living(found) == ""


@pytest.mark.django_db
def test_what_is_in_force_keeps_its_text(in_force, manager, as_):
    with pytest.raises(WrongState):
        in_force.change(in_force.version, by=manager, text="Less.")
    page = as_(manager).get(reverse("ims:edit", args=[in_force.utility_id, "statements", in_force.number]))
    assert not {"title", "areas", "kind", "text"} & set(page.context["form"].fields)
    with pytest.raises(IntegrityError, match="statement_keeps_its_text"), transaction.atomic():
        Statement.objects.filter(pk=in_force.pk).update(text="Less.")


@pytest.mark.django_db
def test_a_new_edition_replaces_the_old_one_once_it_is_signed(in_force, manager, as_):
    browser = as_(manager)
    assert "Start a new edition" in browser.get(in_force.get_absolute_url()).text
    next_edition(browser, in_force)
    draft = seen(in_force.later.get(), manager)
    assert (draft.text, draft.areas, draft.edition, draft.due) == ("We prevent pollution.", ["E"], 2, None)
    assert (draft.status, draft.signed_by) == ("draft", "")
    draft.change(draft.version, by=manager, text="We prevent pollution and save water.")
    assert seen(in_force, manager).status == "in-force"
    move(browser, draft, "sign", **SIGNED)
    old = seen(in_force, manager)
    assert (old.status, old.is_open, old.text) == ("replaced", False, "We prevent pollution.")
    assert old.events.last().why == f"Edition 2 is in force: {draft.number}."
    assert draft.number in main_of(browser.get(old.get_absolute_url()))
    assert old.number in main_of(browser.get(draft.get_absolute_url()))


@pytest.mark.django_db
def test_there_is_one_next_edition_at_a_time(in_force, policy, manager, as_):
    browser = as_(manager)
    for _ in range(2):
        page = next_edition(browser, in_force)
    assert "Its next edition is a draft already." in page.text
    assert Statement.objects.count() == 2
    next_edition(browser, policy("A draft"))
    assert Statement.objects.count() == 3


@pytest.mark.django_db
def test_who_may_begin_and_compare(in_force, policy, viewer, advisor, former, stranger, as_):
    other = policy("Purchasing policy")
    for user, status in ((viewer, 403), (former, 404), (stranger, 404)):
        assert next_edition(as_(user), in_force).status_code == status
        assert as_(user).post(compare_page(in_force, other), {"result": "agree"}).status_code == status
    assert as_(viewer).get(reverse("ims:cross_check", args=[in_force.utility_id])).status_code == 200
    assert as_(stranger).get(reverse("ims:cross_check", args=[in_force.utility_id])).status_code == 404
    assert next_edition(as_(advisor), in_force).status_code == 200
    assert as_(advisor).post(compare_page(in_force, other), {"result": "agree"}).status_code == 302


# --- The cross-check.


@pytest.mark.django_db
def test_each_pair_is_compared_once_in_either_order(policy, utility, manager, as_):
    first, second, third = (policy(title) for title in ("Environmental policy", "Purchasing policy", "Safety policy"))
    policy("Our vision", kind="vision")
    browser, page = as_(manager), reverse("ims:cross_check", args=[utility.pk])
    assert "3 pairs are still to compare or settle." in browser.get(page).text
    refused = browser.post(compare_page(first, second), {"result": "conflict", "note": " "})
    assert (refused.status_code, "Enter where they conflict" in refused.text) == (422, True)
    browser.post(compare_page(second, first), {"result": "conflict", "note": NOTE})
    assert "They conflict</span>" in browser.get(page).text
    browser.post(compare_page(first, second), {"result": "settled", "note": NOTE})
    for pair in ((first, third), (second, third)):
        browser.post(compare_page(*pair), {"result": "agree"})
    text = main_of(browser.get(page))
    assert "Every pair has been compared, and no conflict is open." in text
    assert NOTE in text
    assert CrossCheck.objects.count() == 3
    assert "cross check" in browser.get(first.get_absolute_url()).text.lower()


@pytest.mark.django_db
def test_a_text_that_changed_is_compared_again(policy, utility, manager, as_):
    first, second = policy(), policy("Purchasing policy")
    CrossCheck.keep(first, second, by=manager, result="agree", note="")
    page = reverse("ims:cross_check", args=[utility.pk])
    seen(second, manager).change(1, by=manager, published="On the intranet")
    assert "Every pair has been compared" in as_(manager).get(page).text
    seen(second, manager).change(2, by=manager, text="The lowest bid wins.")
    assert "a text changed since" in as_(manager).get(page).text


@pytest.mark.django_db
def test_only_two_policies_of_the_utility_are_compared(policy, utility, manager, as_):
    first, vision = policy(), policy("Our vision", kind="vision")
    elsewhere = Statement.open_in(UtilityFactory(), by=manager, title="Another policy")
    browser = as_(manager)
    for second in (first, vision):
        assert browser.get(compare_page(first, second)).status_code == 404
    unknown = reverse("ims:compare_policies", args=[utility.pk, first.number, "POL-2001-001"])
    assert browser.get(unknown).status_code == 404
    values = {"result": "agree", "compared": "x"}
    tries = {
        "cross_check_within_a_utility": {"first": first, "second": elsewhere},
        "cross_check_in_order": {"first": vision, "second": first},
        "cross_check_says_what": {"first": first, "second": vision, "result": "conflict"},
    }
    for name, fields in tries.items():
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            CrossCheck.objects.create(**values | fields)


@pytest.mark.django_db
def test_the_database_wants_a_signature(policy):
    draft = policy()
    with pytest.raises(IntegrityError, match="statement_is_signed"), transaction.atomic():
        at_the_end(lambda: Record.objects.filter(pk=draft.pk).update(status="in-force"))
    with pytest.raises(IntegrityError, match="statement_rhythm"), transaction.atomic():
        Statement.objects.filter(pk=draft.pk).update(every=0)


@pytest.mark.django_db
def test_the_cross_check_takes_as_many_queries_for_many(policy, utility, manager, as_):
    browser, page = as_(manager), reverse("ims:cross_check", args=[utility.pk])
    counts = []
    for n in (2, 12):
        made = [policy(f"Policy {n} {each}") for each in range(n)]
        CrossCheck.keep(made[0], made[1], by=manager, result="agree", note="")
        browser.get(page)
        with CaptureQueriesContext(connection) as queries:
            browser.get(page)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 15
