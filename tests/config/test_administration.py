"""The administration groups its pages by job, in the words of the site."""

import re

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Utility
from config.administration import GROUPS
from initiatives.models import Case, Initiative
from pdca.models import Term
from recognition.models import Cycle, Edition
from tests.factories import UserFactory, UtilityFactory
from tests.keeping import address, make_administrator

pytestmark = pytest.mark.django_db


@pytest.fixture
def superuser(catalog, as_):
    return as_(UserFactory(is_staff=True, is_superuser=True))


def headings(page: str) -> list[str]:
    return re.findall(r'<h2 id="[a-z]+">([^<]+)</h2>', page)


def test_every_registered_model_is_in_exactly_one_group():
    listed = [line.model for group in GROUPS for line in group.lines]

    assert sorted(listed) == sorted(model._meta.label for model in admin.site._registry)


def test_each_group_and_each_line_explains_itself_once():
    texts = [group.about for group in GROUPS] + [line.about for group in GROUPS for line in group.lines]
    names = [str(line) for group in GROUPS for line in group.lines]

    assert all(text.endswith(".") for text in texts)
    assert len(set(texts)) == len(texts)
    assert len(set(names)) == len(names)


def test_the_first_page_has_the_groups_and_none_of_the_names_of_apps(superuser):
    page = superuser.get(reverse("admin:index")).text

    assert headings(page) == [group.name for group in GROUPS]
    for group in GROUPS:
        assert group.about in page
    for name in ("Post Office", "Accounts", "MFA", "Echo answers", "Authenticators"):
        assert name not in page


def test_the_catalogs_export_and_import_is_in_its_group_and_on_its_lists(superuser):
    page = superuser.get(reverse("admin:index")).text
    group = page[page.index('id="catalog"') : page.index('id="recognition"')]

    assert f'<a href="{reverse("admin:catalog")}">Export or import the catalog</a>' in group
    for name in ("initiatives_initiative", "initiatives_case", "pdca_element", "pdca_area", "pdca_term"):
        assert reverse("admin:catalog") in superuser.get(reverse(f"admin:{name}_changelist")).text


def test_administrators_see_only_what_they_may_open(catalog, as_):
    page = as_(make_administrator()).get(reverse("admin:index")).text
    looker = UserFactory(is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_term"))
    own = as_(looker).get(reverse("admin:index")).text

    assert "Two-step verification" not in page
    assert "Catalog and guide" in headings(page)
    assert headings(own) == ["Catalog and guide"]
    assert "Export or import" not in own
    assert "You don’t have permission" in as_(UserFactory(is_staff=True)).get(reverse("admin:index")).text


@pytest.mark.parametrize(
    ("name", "group", "title"),
    [
        ("account_emailaddress", "People and utilities", "Sign-in email addresses"),
        ("mfa_authenticator", "People and utilities", "Two-step verification"),
        ("pdca_term", "Catalog and guide", "Glossary"),
        ("post_office_emailtemplate", "Messages and email", "Letters and emails"),
        ("recognition_echoanswer", "Technical records", "ECHO responses"),
    ],
)
def test_a_list_is_called_as_on_the_first_page_and_leads_back_to_its_group(superuser, name, group, title):
    page = superuser.get(reverse(f"admin:{name}_changelist")).text
    crumbs = page[page.index('aria-label="Breadcrumb"') :].partition("</nav>")[0]

    assert f"<h1>{title}</h1>" in page
    assert re.search(rf'<a href="/admin/#[a-z]+">{group}</a>', crumbs)
    assert f"<li>{title}</li>" in crumbs
    assert f"{title} · Headworks administration</title>" in " ".join(page.split())


def test_a_form_leads_back_to_its_list(superuser):
    cmom = Initiative.objects.get(slug="cmom")
    for page in ("change", "history", "retire"):
        shown = superuser.get(address(cmom, page)).text
        crumbs = shown[shown.index('aria-label="Breadcrumb"') :].partition("</nav>")[0]
        assert f'<a href="{address(Initiative, "changelist")}">Initiatives</a>' in crumbs
        assert (f'<a href="{address(cmom, "change")}">' in crumbs) is (page != "change")


def test_the_address_of_an_app_leads_to_its_group(superuser):
    assert superuser.get("/admin/mfa/")["Location"] == "/admin/#people"
    assert superuser.get("/admin/pdca/")["Location"] == "/admin/#catalog"


def test_a_long_form_lists_its_parts(superuser):
    page = superuser.get(address(Initiative.objects.get(slug="cmom"), "change")).text
    jump = page[page.index('<nav class="jump"') :].partition("</nav>")[0]
    links = re.findall(r'<a href="#([\w-]+)">([^<]+)</a>', jump)

    assert [name for _, name in links] == re.findall(r'class="fieldset-heading">([^<]+)<', page)
    assert len(links) == 9
    for anchor, name in links:
        assert f'id="{anchor}" class="fieldset-heading">{name}<' in page


def test_nothing_of_it_is_inline(superuser):
    cmom = Initiative.objects.get(slug="cmom")
    for path in (reverse("admin:index"), address(Initiative, "changelist"), address(cmom, "change")):
        assert not re.search(r'\sstyle="|<style|\son\w+="|<script>', superuser.get(path).text)


def test_no_number_changes_by_the_mouse_wheel(superuser):
    """Browsers turn a number box that has the focus; a text box they leave alone."""
    pages = [superuser.get(address(model, "add")).text for model in (Cycle, Edition, Term, Case)]
    assert not any('type="number"' in page for page in pages)
    assert re.search(r'<input type="text" inputmode="numeric" name="panel_size"[^>]*value="3"', pages[0])
    assert re.search(r'<input type="text" inputmode="decimal" name="large_wastewater_mgd"', pages[1])


def test_the_columns_of_utilities_have_names(superuser, utility):
    page = superuser.get(reverse("admin:accounts_utility_changelist")).text
    heads = re.findall(r'<div class="text">(?:<a [^>]*>|<span>)([^<]+)', page)
    assert heads == ["Name", "City", "State or territory", "Systems"]


@pytest.mark.parametrize(
    ("asked", "said"), [({}, []), ({"q": "Riverbend"}, ["1 result"]), ({"state__exact": "OR"}, ["1 result"])]
)
def test_rows_of_the_country_are_counted_once(superuser, utility, asked, said):
    UtilityFactory(name="Elm Sewer", city="Elm", state="GA")
    Utility.objects.filter(pk=utility.pk).update(state="OR")
    with CaptureQueriesContext(connection) as queries:
        page = superuser.get(reverse("admin:accounts_utility_changelist"), asked).text
    assert re.findall(r"(\d+ results?) \(", page) == said
    assert ("Show all" in page) is bool(said)
    assert sum("COUNT(*)" in query["sql"] for query in queries) == 1


def test_no_column_is_headed_by_the_name_of_a_method():
    pages = {model: page.list_display for model, page in admin.site._registry.items()}
    assert {model: name for model, names in pages.items() for name in names if str(name).startswith("get_")} == {}
