"""Searches find text however its accents, apostrophes and zeros are typed."""

import unicodedata

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Value
from django.urls import reverse

from accounts.models import Identifier, Utility
from assessments.lists import AnalysisFilters
from recognition.models import Application, Recognition
from recognition.register import content as register
from recognition.reviewing import queues
from tests.factories import MembershipFactory, UserFactory, UtilityFactory
from workflow.matching import Plain, plain
from workflow.search import own_places

ALIKE = [
    ("Niño Creek", "Nino Creek"),
    ("Niño Creek", unicodedata.normalize("NFD", "NIÑO creek")),
    (unicodedata.normalize("NFD", "Peñasco"), "peñasco"),
    ("O’Hara", "O'Hara"),
    ("O’Hara", "o´hara"),
    ("O’Hara", "OHara"),
    ("Kaʻū", "Kau"),
    ("Kaʻū", "Ka'u"),
    ("Hagåtña", "HAGATNA"),
    ("Łomża", "lomza"),
    ("Ærø", "ÆRO"),
    ("Winston–Salem", "Winston-Salem"),
    ("St. Croix", "st croix"),
    ("Ｗａｔｅｒ", "water"),
    ("Plant No. 007", "plant no 7"),
    ("OR0020427", "or20427"),
    ("010106001", "10106001"),
    ("District 100", "district 0100"),
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_the_plain_form_is_the_same_in_python_and_in_the_database(db, one, other):
    UtilityFactory()
    assert plain(one) == plain(other)
    in_database = Utility.objects.annotate(one=Plain(Value(one)), other=Plain(Value(other))).values_list("one", "other")
    assert list(in_database) == [(plain(one), plain(other))]


@pytest.mark.parametrize(
    ("one", "other"), [("Salem", "Salme"), ("OR0020427", "OR0204270"), ("100", "10"), ("a-b", "ab")]
)
def test_what_is_not_alike(one, other):
    assert plain(one) != plain(other)


@pytest.fixture
def kau(db):
    utility = UtilityFactory(name="O’Hara Niño Kaʻū Water", city="Hāna", state="HI")
    utility.set_identifiers([(Identifier.Kind.NPDES, "HI0020427"), (Identifier.Kind.PWSID, "010106001")])
    return utility


WORDS = ["nino", "O'Hara", "o´hara", "KAU", "Ka‘u", "hana", "hi20427", "10106001", "Nin\u0303o"]


@pytest.mark.parametrize("words", WORDS)
def test_the_search_for_a_utility_and_the_queues_find_it(kau, cycle, words):
    assert list(Utility.objects.matching(words)) == [kau]
    application = Application.objects.create(utility=kau, cycle=cycle)
    assert list(queues.matching(Application.objects.all(), words)) == [application]


@pytest.mark.parametrize("words", ["nino o'hara", "kau HANA"])
def test_the_register_and_the_list_of_analyses_find_it(kau, draft, words, rf):
    Application.objects.filter(pk=draft.pk).update(utility=kau)
    Recognition.objects.create(application=draft, since="2026-01-01", until="2029-01-01")
    assert register.matching(Recognition.objects.all(), words).count() == 1
    assert AnalysisFilters.base_filters["name"].lookup_expr == "matches"


@pytest.mark.parametrize("words", ["O'Hara", "nino water", "KAU", "Nin\u0303o"])
def test_the_search_of_every_page_finds_one_s_own(kau, words):
    person = MembershipFactory(utility=kau).user
    assert [place.heading for place in own_places(person, words)] == [kau.name]


@pytest.mark.parametrize(
    ("words", "is_found"),
    [
        ("a", True),  # too short for a piece
        ("wa", True),
        ("ter ha", True),  # two words
        ("hana water", True),
        ("waterhana", False),
        ("hi", True),  # the state
        ("ha1", False),
        ("hi20427 kau", True),
        ("hi2042", False),  # a part of a number
        ("2427", False),
    ],
)
def test_parts_of_names_whole_numbers_and_the_state(kau, words, is_found):
    assert Utility.objects.matching(words).exists() is is_found


def test_the_state_finds_no_application_and_a_number_no_entry_of_the_register(kau, draft):
    Application.objects.filter(pk=draft.pk).update(utility=kau)
    Recognition.objects.create(application=draft, since="2026-01-01", until="2029-01-01")
    assert not queues.matching(Application.objects.all(), "hi").exists()
    assert not register.matching(Recognition.objects.all(), "hi20427").exists()
    assert queues.matching(Application.objects.all(), " ").exists()
    assert register.matching(Recognition.objects.all(), "'").exists()


def test_a_number_of_letters_alone_is_found_too(db):
    utility = UtilityFactory(name="Salem Water", city="Salem")
    utility.set_identifiers([(Identifier.Kind.NPDES, "ORABCDEFG")])
    assert list(Utility.objects.matching("orabcdefg")) == [utility]


def test_an_index_finds_the_names(kau):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_indexscan = off")
        plan = Utility.objects.matching("niño water").explain()
    assert "Bitmap Index Scan on utility_by_part_of_name" in plan


@pytest.mark.parametrize("words", ["'", ".", " ʻ "])
def test_what_has_no_plain_form_finds_nothing(kau, words):
    assert not Utility.objects.matching(words).exists()


def test_a_utility_with_a_name_that_is_alike_is_a_likely_duplicate(kau):
    assert list(Utility.objects.alike("OHara  Nino Kau water", "HI")) == [kau]


@pytest.mark.parametrize("words", WORDS)
def test_the_administration_finds_a_utility(kau, admin_client, words):
    page = admin_client.get(reverse("admin:accounts_utility_changelist"), {"q": words})
    assert [row.pk for row in page.context["cl"].result_list] == [kau.pk]


def test_the_administration_finds_a_person(admin_client):
    person = UserFactory(name="Núria D’Ávila", email="n.davila@example.org")
    page = admin_client.get(reverse("admin:accounts_user_changelist"), {"q": "nuria d'avila"})
    assert [row.pk for row in page.context["cl"].result_list] == [person.pk]


def test_every_search_of_the_administration_compares_plain_forms():
    for model, page in admin.site._registry.items():
        if model._meta.app_label not in ("account", "mfa", "auth", "post_office"):
            assert all(name.endswith("__matches") for name in page.search_fields), model
