"""Starting a register from examples, for any register that has some."""

from dataclasses import replace

import pytest
from django.urls import reverse

from ims import examples, registers
from ims.examples import Example, from_file
from ims.models import Objective

pytestmark = pytest.mark.django_db

OFFERED = [
    Example("Energy", "Use less power", "guide 2004, Table 4", fields={"areas": ["E"], "unit": "kWh"}),
    Example("Energy", "Use less fuel", "guide 2004, Table 4"),
    Example("Overflows", "Fewer overflows in the park", "guide 2004, Table 5", named="Reduce overflows in city park"),
]


@pytest.fixture
def page(monkeypatch, catalog, utility):
    described = replace(registers.get("objectives"), examples=lambda: OFFERED)
    monkeypatch.setitem(registers._registers, "objectives", described)
    return reverse("ims:examples", args=[utility.pk, "objectives"])


def test_the_chosen_become_records_and_are_not_offered_again(page, utility, as_, manager):
    browser = as_(manager)
    text = browser.get(page).text
    for words in ("Energy", "guide 2004, Table 5", "Use less fuel", "Reduce overflows in city park"):
        assert words in text
    done = browser.post(page, {"chosen": ["0", "2"]}, follow=True)
    assert "2 objectives were created." in done.text
    power, overflows = Objective.objects.order_by("number")
    assert (power.title, power.areas, power.unit, power.status) == ("Use less power", ["E"], "kWh", "proposed")
    assert overflows.title == "Fewer overflows in the park"
    assert "you have it" in browser.get(page).text
    again = browser.post(page, {"chosen": ["0"]})
    assert again.status_code == 422
    assert Objective.objects.count() == 2


def test_nothing_chosen(page, as_, manager):
    refused = as_(manager).post(page, {})
    assert refused.status_code == 422
    assert "Choose at least one example." in refused.text


def test_the_list_offers_them_to_those_who_edit(page, utility, as_, manager, viewer):
    listed = reverse("ims:list", args=[utility.pk, "objectives"])
    assert page in as_(manager).get(listed).text
    assert page not in as_(viewer).get(listed).text


@pytest.mark.parametrize(("role", "expected"), [("viewer", 403), ("stranger", 404), ("contributor", 200)])
def test_who_may(page, as_, role, expected, request):
    browser = as_(request.getfixturevalue(role))
    assert browser.get(page).status_code == expected
    sent = browser.post(page, {"chosen": ["0"]})
    assert sent.status_code == (302 if expected == 200 else expected)
    assert Objective.objects.exists() == (expected == 200)


def test_a_register_without_examples_has_no_such_page(utility, catalog, as_, manager):
    assert as_(manager).get(reverse("ims:examples", args=[utility.pk, "units"])).status_code == 404


def test_a_file_of_examples(monkeypatch, tmp_path):
    monkeypatch.setattr(examples, "DATA", tmp_path)
    (tmp_path / "x.yaml").write_text(
        "- group: Energy\n  source: guide 2004\n  examples:\n    - {title: Less power, named: Power, unit: kWh}\n"
    )
    assert from_file("x") == [Example("Energy", "Less power", "guide 2004", "Power", {"unit": "kWh"})]
