"""A cycle and an edition begin as a copy: every setting, moved dates, nothing of applications, one copy at a time."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from recognition.cycles.copying import OF_ITS_OWN, copy_cycle, copy_edition, later
from recognition.models import Addressee, Application, Cycle, Edition, Option
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
ZONE = ZoneInfo("America/New_York")


@pytest.fixture
def source(cycle) -> Cycle:
    """With a value of its own in every setting, and opened on a leap day before the clocks changed."""
    settings = {
        "opens": datetime(2024, 2, 29, 8, tzinfo=ZONE),
        "closes": datetime(2024, 9, 30, 17, tzinfo=ZONE),
        "panel_from": date(2024, 11, 1),
        "panel_until": date(2024, 12, 1),
        "letters_from": date(2024, 12, 10),
        "letters_until": date(2024, 12, 20),
        "panel_size": 5,
        "asks_region": True,
        "days_to_resubmit": 21,
        "certification": "I certify.",
        "letterhead": "Agency",
        "omb_control_number": "2040-0101",
        "omb_expires": date(2026, 1, 31),
        "burden_hours": 24,
        "comments_address": "Somewhere",
    }
    Cycle.objects.filter(pk=cycle.pk).update(**settings, title="Recognition 2024")
    cycle.refresh_from_db()
    return cycle


def test_a_copy_has_every_setting_and_opens_in_future_at_the_same_hour(source, utility):
    Addressee.objects.create(cycle=source, office="governor", state="OR", name="The Honorable T. Cole", address="Salem")
    Addressee.objects.create(cycle=source, office="tribal_leader", utility=utility)
    Application.objects.create(cycle=source, utility=utility)
    made, is_new = copy_cycle(source)
    assert is_new
    years = made.opens.year - 2024
    assert made.opens > datetime.now(UTC)
    assert made.title == f"Recognition {made.opens.year}"
    assert made.stage == "Planned"
    assert made.closes.astimezone(ZONE) == datetime(2024 + years, 9, 30, 17, tzinfo=ZONE)
    assert made.opens.astimezone(ZONE).hour == 8
    assert (made.panel_from, made.letters_until) == (date(2024 + years, 11, 1), date(2024 + years, 12, 20))
    moved = {"opens", "closes", "panel_from", "panel_until", "letters_from", "letters_until"}
    for field in Cycle._meta.concrete_fields:
        if field.name not in {*OF_ITS_OWN, *moved}:
            assert getattr(made, field.attname) == getattr(source, field.attname), field.name
    assert [(each.office, each.name) for each in made.addressees.all()] == [("governor", "The Honorable T. Cole")]
    assert not made.applications.exists()


def test_february_29_and_other_days():
    assert later(date(2024, 2, 29), 1) == date(2025, 2, 28)
    assert later(date(2024, 2, 29), 4) == date(2028, 2, 29)
    assert later(date(2026, 12, 31), 1) == date(2027, 12, 31)


def test_a_double_click_makes_one_copy_and_a_taken_title_another_name(source, staff, as_):
    Cycle.objects.filter(pk=source.pk).update(title="The round")
    browser, address = as_(staff), reverse("recognition:cycle_copy", args=[source.pk])
    first, second = browser.post(address), browser.post(address)
    assert first.url == second.url
    assert Cycle.objects.get(copied_from=source).title == "The round (copy)"
    page = browser.get(first.url).text
    assert "Nothing was copied" in page
    assert "An approval does not renew itself" in page
    assert "All settings of The round" in page


def test_an_edition_is_copied_with_everything_and_can_be_changed_until_used(cycle):
    source = cycle.edition
    made, is_new = copy_edition(source)
    assert is_new
    assert (source.in_use, made.in_use) == (True, False)
    assert made.criteria == source.criteria
    for before, now in zip(source.attributes.all(), made.attributes.all(), strict=True):
        assert before.name == now.name
        assert set(before.elements.all()) == set(now.elements.all())
        assert set(before.capacity.all()) == set(now.capacity.all())
    options = Option.objects.filter(category__edition=made)
    assert options.count() == Option.objects.filter(category__edition=source).count() > 0
    assert copy_edition(source) == (made, False)
    options.first().delete()
    assert Option.objects.filter(category__edition=source).count() == options.count() + 1


def test_who_copies_what(source, staff, compliance, official, stranger, as_):
    administrator = UserFactory(is_staff=True)
    administrator.user_permissions.add(*Permission.objects.filter(codename__in=["add_cycle", "add_edition"]))
    of_cycle = reverse("recognition:cycle_copy", args=[source.pk])
    of_edition = reverse("recognition:edition_copy", args=[source.edition_id])
    for person in (compliance, official, stranger):
        assert as_(person).post(of_cycle).status_code == 404
        assert as_(person).post(of_edition).status_code == 403
    assert as_(staff).post(of_edition).status_code == 403
    assert (Cycle.objects.count(), Edition.objects.count()) == (1, 1)
    assert as_(staff).get(of_cycle).status_code == 405
    assert as_(staff).post(of_cycle).status_code == 302
    browser = as_(administrator)
    assert browser.get(browser.post(of_cycle).url).status_code == 200
    answer = browser.post(of_edition, follow=True)
    assert "can be changed until a cycle that uses it opens" in answer.text
    made = Edition.objects.get(copied_from=source.edition_id)
    assert answer.redirect_chain[-1][0] == reverse("recognition:edition_copied", args=[made.pk])
