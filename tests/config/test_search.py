"""The search field at the top of every page, and what it finds of a person's own."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assessments.models import GapAnalysis
from ims.models import Action
from recognition.models import Application
from tests.factories import GapAnalysisFactory, MembershipFactory
from tests.pdca.test_search import addresses

pytestmark = pytest.mark.django_db


def found(browser, typed: str) -> list[str]:
    answer = browser.get(reverse("pdca:search"), {"q": typed})
    assert answer.status_code == 200
    return addresses(answer.text)


@pytest.mark.parametrize("path", ["/", "/help/", "/pdca/cmom-is-not-here/", "/account/login/", "/initiatives/cmom/"])
def test_every_page_has_the_field_with_its_label(client, catalog, path):
    header = client.get(path).text.partition("<header")[2].partition("</header")[0]

    assert 'method="get" role="search"' in header
    assert f'action="{reverse("pdca:search")}"' in header
    assert '<label class="usa-sr-only" for="find">Search Headworks</label>' in header
    assert 'id="find" name="q"' in header


@pytest.fixture
def records(catalog, utility, manager):
    """``records[(utility, n)]`` are the address of record ``n`` at one of two utilities of the manager."""
    other = MembershipFactory(user=manager, utility__name="Alder Creek").utility
    made = {}
    for each in (utility, other):
        for n in range(1, 4):
            made[each.name, n] = Action.open_in(each, by=manager, title=f"Action {n}").get_absolute_url()
    return made


def test_a_record_is_found_by_its_number_and_its_utility(as_, manager, records):
    year = timezone.localdate().year
    numbered = found(as_(manager), f"PRG-{year}-002")
    assert set(numbered[:2]) == {url for (_, n), url in records.items() if n == 2}
    assert found(as_(manager), f"PRG-{year}-002 Alder")[:1] == [records["Alder Creek", 2]]
    assert found(as_(manager), "action 3 creek")[:1] == [records["Alder Creek", 3]]
    assert not set(found(as_(manager), "Alder Creek")) & set(records.values()), "that asks for the utility"


@pytest.mark.parametrize("person", ["manager", "contributor", "viewer"])
@pytest.mark.parametrize("typed", ["Integrated system", "integrated 2026", "Riverbend", "riverbend SYSTEM"])
def test_ones_own_analysis_comes_first(request, as_, analysis, person, typed):
    first = found(as_(request.getfixturevalue(person)), typed)

    assert analysis.get_absolute_url() in first[:2]
    assert all(not path.startswith(("/pdca/", "/initiatives/")) for path in first[:1])


def test_it_is_found_by_its_utility_too_after_the_utility(as_, analysis, manager, utility):
    assert found(as_(manager), "Riverbend") == [
        reverse("accounts:utility", args=[utility.pk]),
        analysis.get_absolute_url(),
    ]


def test_nobody_else_finds_it(client, as_, analysis, stranger, staff):
    for browser in (client, as_(stranger), as_(staff)):
        assert analysis.get_absolute_url() not in found(browser, "Integrated system")
        assert analysis.get_absolute_url() not in found(browser, "Riverbend")


def test_every_word_has_to_match(as_, analysis, manager):
    assert found(as_(manager), "Riverbend xyzzy") == []
    assert found(as_(manager), "%") == found(as_(manager), "_") == []


def test_what_was_typed_and_what_is_found_are_shown_as_text(as_, analysis, manager):
    GapAnalysis.objects.update(name="<b>Quokka</b>")

    html = as_(manager).get(reverse("pdca:search"), {"q": "Quokka"}).text

    assert "&lt;b&gt;Quokka&lt;/b&gt;" in html
    assert "1 result" in html
    assert "Did you mean" not in html


def test_an_application_is_found_by_whom_it_is_visible_to(as_, draft, manager, stranger, staff, compliance, official):
    path = draft.get_absolute_url()

    assert path in found(as_(manager), f"riverbend {draft.cycle.title}")
    assert path in found(as_(staff), "Riverbend"), "program staff see that a draft exists"
    for other in (stranger, compliance, official):
        assert path not in found(as_(other), "Riverbend")


def test_compliance_staff_find_it_once_it_is_theirs(as_, at, compliance):
    application = at(Application.Status.COMPLIANCE)

    assert found(as_(compliance), "Riverbend") == [application.get_absolute_url()]


def test_a_new_analysis_is_found_at_once_because_the_page_is_not_kept(as_, catalog, manager, utility):
    browser = as_(manager)
    first = browser.get(reverse("pdca:search"), {"q": "quokka"})
    assert "ETag" not in first

    new = GapAnalysisFactory(utility=utility, by=manager, name="Quokka", initiatives=[])

    assert found(browser, "quokka") == [new.get_absolute_url()]


def test_a_search_by_anyone_is_answered_from_what_the_browser_has(client, catalog):
    path = reverse("pdca:search") + "?q=turbidity"

    first = client.get(path)

    assert client.get(path, headers={"If-None-Match": first["ETag"]}).status_code == 304


def test_many_rows_cost_as_little_as_one_and_few_are_listed(as_, catalog, manager, utility):
    browser = as_(manager)
    counts = []
    for n in (1, 8):
        for number in range(n):
            GapAnalysisFactory(utility=utility, by=manager, name=f"Quokka {n} {number}", initiatives=[])
        with CaptureQueriesContext(connection) as captured:
            assert len(found(browser, "quokka")) == min(n + (n > 1), 5)
        counts.append(len(captured))

    assert counts[0] == counts[1]
