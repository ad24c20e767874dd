"""What administrators set up, what they look at, and what they never see."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email, EmailTemplate

from accounts.models import Membership, Role, StaffGroup
from letters.models import Message
from recognition.models import (
    Application,
    Attribute,
    Category,
    Cycle,
    Edition,
    Option,
    PanelMember,
    Rating,
    Seat,
)
from tests.applications import review
from tests.factories import UserFactory

Status = Application.Status
pytestmark = pytest.mark.django_db
UNSEEN = "A word of an unfinished review"
TABLES = [
    "recognition_edition",
    "recognition_attribute",
    "recognition_category",
    "recognition_capacityelement",
    "recognition_cycle",
    "recognition_panelmember",
    "recognition_application",
    "recognition_seat",
    "letters_message",
    "recognition_addressee",
    "recognition_notice",
    "recognition_recognition",
    "recognition_hours",
    "recognition_screening",
    "post_office_emailtemplate",
]


@pytest.fixture
def administrator(catalog):
    """In the group, without being a superuser: the permissions of load_catalog are enough."""
    user = UserFactory(is_staff=True, email="admin@example.org", name="Ada Minh")
    user.groups.add(Group.objects.get(name=StaffGroup.ADMINISTRATOR))
    return user


@pytest.fixture
def superuser(catalog):
    return UserFactory(is_staff=True, is_superuser=True, email="root@example.org", name="Rita Oots")


def change(row) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def form_of(page) -> dict:
    """What the form of a change page would send unchanged."""
    context = page.context
    forms = [context["adminform"].form]
    for wrapped in context["inline_admin_formsets"]:
        forms += [wrapped.formset.management_form, *wrapped.formset.forms]
    sent = {}
    for form in forms:
        for field in form:
            value = field.value()
            widgets = getattr(field.field.widget, "widgets", None)
            if widgets:
                sent |= {
                    f"{field.html_name}_{place}": str(part)
                    for place, part in enumerate(field.field.widget.decompress(value))
                }
            elif isinstance(value, list):
                sent[field.html_name] = [getattr(each, "pk", each) for each in value]
            elif value is not None and value is not False:
                sent[field.html_name] = value
    return sent


# Who gets in.


@pytest.mark.parametrize("table", TABLES)
def test_administrators_open_every_list_and_others_none(administrator, staff, as_, at, table):
    at(Status.RECOGNIZED)
    address = reverse(f"admin:{table}_changelist")
    assert as_(administrator).get(address, {"q": "river"} if "edition" not in table else {}).status_code == 200
    assert as_(staff).get(address).status_code == 302
    staff.is_staff = True
    staff.save()
    assert as_(staff).get(address).status_code == 403


@pytest.mark.parametrize("table", TABLES)
def test_lists_ask_the_database_as_much_for_many_rows(superuser, as_, at, cycle, utility, table):
    application = at(Status.RECOGNIZED)
    address, browser = reverse(f"admin:{table}_changelist"), as_(superuser)
    browser.get(address)

    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert browser.get(address).status_code == 200
        return len(asked)

    one = cost()
    for n in range(3):
        Cycle.objects.create(
            title=f"Another {n}", edition=cycle.edition, opens=cycle.opens, closes=cycle.closes, status="decided"
        )
        Message.write(application, f"again {n}", "manager@example.org", "Again", "And again.")
        PanelMember.objects.create(user=UserFactory(), affiliation="hq")
        other = Application.objects.create(utility=utility, cycle=Cycle.objects.get(title=f"Another {n}"))
        Seat.objects.create(
            application=other,
            member=UserFactory(),
            due=timezone.localdate(),
            declared_at=timezone.now(),
            submitted_at=timezone.now(),
        )
    # The filter by cycle lists the new ones; it is one query however many there are.
    assert cost() == one


# The criteria.


def test_before_a_cycle_opens_an_edition_can_change(administrator, as_, cycle):
    Cycle.objects.filter(pk=cycle.pk).update(opens=cycle.closes - timedelta(hours=1))
    edition = cycle.edition
    page = as_(administrator).get(change(edition))
    sent = form_of(page) | {"most_words": "4000", "attributes-0-slug": "quality-of-product"}

    answer = as_(administrator).post(change(edition), sent)

    assert answer.status_code == 302, answer.context["errors"]
    assert Edition.objects.get().most_words == 4000
    assert Attribute.objects.first().slug == "quality-of-product"


def test_once_a_cycle_has_opened_only_words_change(administrator, as_, cycle):
    edition = cycle.edition
    page = as_(administrator).get(change(edition))
    assert "most_words" not in page.context["adminform"].form.fields
    sent = form_of(page) | {
        "name": "The criteria",
        "most_words": "4000",
        "large_boxes": "1",
        "attributes-0-name": "Quality",
        "attributes-0-slug": "quality",
        "attributes-0-DELETE": "on",
        "categories-0-minimum": "1",
    }

    answer = as_(administrator).post(change(edition), sent)

    assert answer.status_code == 302, answer.context["errors"]
    after = Edition.objects.get()
    assert (after.name, after.most_words, after.large_boxes) == ("The criteria", 5000, 3)
    first = Attribute.objects.first()
    assert (first.name, first.slug) == ("Quality", "product-quality")
    assert Category.objects.first().minimum == 3


def test_an_option_of_a_cycle_that_has_opened_keeps_its_slug(administrator, superuser, as_, cycle):
    category = Category.objects.get(slug="water-efficiency")
    sent = form_of(as_(administrator).get(change(category))) | {
        "options-0-label": "We are a partner",
        "options-0-slug": "other",
        "options-0-DELETE": "on",
        "boxes": "2",
        "rule": "program",
    }

    assert as_(superuser).post(change(category), sent).status_code == 302

    option = Option.objects.filter(category=category).first()
    assert (option.label, option.slug) == ("We are a partner", "watersense-partner")
    category.refresh_from_db()
    assert (category.boxes, category.rule) == (1, "activities")


def test_energy_without_percentages_is_refused_in_words(administrator, as_, catalog):
    category = Category.objects.get(slug="energy-management")
    sent = form_of(as_(administrator).get(change(category))) | {"least_reduction_percent": ""}
    assert "needs both percentages" in as_(administrator).post(change(category), sent).text


def test_which_elements_start_an_attribute_can_change_at_any_time(administrator, as_, cycle):
    attribute = Attribute.objects.get(slug="product-quality")
    vision = attribute.elements.model.objects.get(slug="vision")
    sent = form_of(as_(administrator).get(change(attribute))) | {"elements": [vision.pk], "capacity": []}

    assert as_(administrator).post(change(attribute), sent).status_code == 302

    assert list(attribute.elements.all()) == [vision]
    assert not attribute.capacity.exists()


# Cycles.


NEW = {
    "title": "Recognition 2028",
    "time_zone": "Pacific/Honolulu",
    "opens_0": "2027-12-01",
    "opens_1": "08:00:00",
    "closes_0": "2028-01-31",
    "closes_1": "17:00:00",
    "panel_size": "3",
    "days_to_resubmit": "14",
    "certification": "I certify.",
    "events-TOTAL_FORMS": "0",
    "events-INITIAL_FORMS": "0",
}


def add(browser, **changes):
    return browser.post(reverse("admin:recognition_cycle_add"), NEW | {"edition": Edition.objects.get().pk} | changes)


def test_a_date_is_meant_and_shown_where_the_cycle_is(administrator, as_):
    browser = as_(administrator)
    assert add(browser).status_code == 302
    cycle = Cycle.objects.get()
    assert cycle.closes == datetime(2028, 1, 31, 17, tzinfo=ZoneInfo("Pacific/Honolulu"))
    page = browser.get(change(cycle)).text
    assert 'value="2028-01-31"' in page
    assert 'value="17:00:00"' in page
    assert "January 31, 2028, 5:00 PM HST" in browser.get(reverse("admin:recognition_cycle_changelist")).text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"closes_0": "2027-12-01", "closes_1": "08:00:00"}, "after the opening time"),
        ({"closes_0": "2028-03-12", "closes_1": "02:30:00", "time_zone": "America/New_York"}, "daylight saving"),
        ({"closes_0": "2028-11-05", "closes_1": "01:30:00", "time_zone": "America/New_York"}, "daylight saving"),
        ({"closes_0": ""}, "This field is required"),
        ({"time_zone": "Mars/Olympus"}, "Select a valid choice"),
        ({"panel_size": "0"}, "greater than or equal to 1"),
        ({"panel_from": "2028-01-30"}, "This is before applications close, January 31, 2028."),
        ({"panel_from": "2028-03-01", "panel_until": "2028-02-01"}, "This is before the panel begins, March 1, 2028."),
        ({"letters_from": "2028-01-01"}, "This is before applications close"),
        ({"panel_until": "2028-04-01", "letters_from": "2028-03-01"}, "This is before the panel ends"),
        ({"letters_from": "2028-05-02", "letters_until": "2028-05-01"}, "This is before letters begin"),
    ],
)
def test_a_cycle_that_can_not_be_is_refused_in_words(administrator, as_, changes, said):
    assert said in add(as_(administrator), **changes).text
    assert not Cycle.objects.exists()


def test_a_cycle_that_has_opened_keeps_its_opening_edition_and_time_zone(administrator, superuser, as_, cycle):
    other = Edition.objects.create(
        **{
            field.name: getattr(cycle.edition, field.name)
            for field in Edition._meta.fields
            if field.name not in ("id", "slug")
        },
        slug="2030",
    )
    sent = form_of(as_(administrator).get(change(cycle))) | {
        "title": "Renamed",
        "edition": other.pk,
        "time_zone": "Pacific/Guam",
        "opens_0": "2001-01-01",
        "opens_1": "00:00:00",
        "closes_0": "2030-01-31",
        "closes_1": "17:00:00",
        "status": "decided",
    }

    answer = as_(superuser).post(change(cycle), sent)
    assert answer.status_code == 302, answer.context["errors"]

    after = Cycle.objects.get()
    assert after.title == "Renamed"
    assert (after.edition, after.time_zone, after.opens) == (cycle.edition, cycle.time_zone, cycle.opens)
    assert after.closes == datetime(2030, 1, 31, 17, tzinfo=ZoneInfo("America/New_York"))
    assert after.status == Cycle.Status.PLANNED
    assert as_(superuser).post(reverse("admin:recognition_cycle_delete", args=[cycle.pk])).status_code == 403


def test_a_cycle_goes_on_through_its_doors_with_words(administrator, as_, at, manager, official):
    at(Status.PANEL)
    cycle = Cycle.objects.get()
    browser, address = as_(administrator), reverse("admin:recognition_cycle_changelist")

    def act(action: str) -> str:
        sent = {"action": action, "_selected_action": [cycle.pk]}
        said = browser.post(address, sent, follow=True).text
        cycle.refresh_from_db()
        return said

    assert "The review can begin only once, after the cycle has closed" in act("begin_review")
    Cycle.objects.update(closes=timezone.now())
    assert "is now in review" in act("begin_review")
    assert "every application in it has an outcome" in act("mark_decided")
    assert cycle.status == Cycle.Status.REVIEW
    Application.objects.update(status=Status.NOT_RECOGNIZED)
    assert "is now decided" in act("mark_decided")
    assert "is now archived" in act("archive")
    assert "Only a decided cycle" in act("archive")
    assert [event.by for event in cycle.events.all()] == [administrator] * 3


def test_who_may_only_look_moves_no_cycle(staff, as_, cycle):
    staff.is_staff = True
    staff.save()
    staff.user_permissions.add(
        *Group.objects.get(name=StaffGroup.ADMINISTRATOR).permissions.filter(codename="view_cycle")
    )
    Cycle.objects.update(closes=timezone.now())
    sent = {"action": "begin_review", "_selected_action": [cycle.pk]}
    as_(staff).post(reverse("admin:recognition_cycle_changelist"), sent)
    assert Cycle.objects.get().status == Cycle.Status.PLANNED


# The panel.


def test_a_panel_member_is_one_of_the_group_with_interests(administrator, as_, panelists, utility):
    newcomer = UserFactory(name="Nora Field")
    newcomer.groups.add(Group.objects.get(name=StaffGroup.PANEL))
    browser, address = as_(administrator), reverse("admin:recognition_panelmember_add")
    page = browser.get(address).text
    assert "Nora Field" in page
    assert "Paula Nell" not in page  # listed already
    sent = {"user": newcomer.pk, "affiliation": "expert", "interests": [utility.pk], "available": "on"}
    assert browser.post(address, sent).status_code == 302
    added = PanelMember.objects.get(user=newcomer)
    assert list(added.interests.all()) == [utility]
    outsider = UserFactory()
    assert browser.post(address, sent | {"user": outsider.pk}).status_code == 200
    assert not PanelMember.objects.filter(user=outsider).exists()


# What is only looked at, and what is not shown.


@pytest.fixture
def half_reviewed(at, staff, panelists) -> Application:
    """One review is submitted, one is being written, one member stepped down after writing."""
    application = at(Status.PANEL)
    due = timezone.localdate() + timedelta(days=9)
    seats = [Seat.assign(application, member, by=staff, due=due) for member in panelists[:3]]
    review(seats[0])
    for seat in seats[1:]:
        seat.declare()
        Rating.objects.filter(seat=seat).update(comment=UNSEEN)
        Seat.objects.filter(pk=seat.pk).update(summary=UNSEEN)
    seats[2].recuse(conflict="other", reason="We share a boat.")
    return application


def test_an_unsubmitted_review_is_shown_to_nobody(half_reviewed, superuser, as_):
    browser = as_(superuser)
    reviews = reverse("admin:recognition_seat_changelist")
    assert browser.get(reviews).context["cl"].result_count == 1
    shown = [browser.get(change(half_reviewed)).text, browser.get(reviews).text]
    for seat in Seat.objects.all():
        answer = browser.get(change(seat), follow=True)
        assert (answer.redirect_chain == []) == (seat.submitted_at is not None)
        shown.append(answer.text)
    submitted = Seat.objects.get(submitted_at__isnull=False)
    assert "Shown in the text." in browser.get(change(submitted)).text
    for page in shown:
        assert UNSEEN not in page
    for model, registered in admin.site._registry.items():
        assert model not in (Rating, Email), registered


@pytest.mark.parametrize("part", ["applicant", "panelist"])
def test_who_has_a_part_in_an_application_does_not_see_it_here(half_reviewed, superuser, as_, part, utility, staff):
    if part == "applicant":
        Membership.objects.create(user=superuser, utility=utility, role=Role.VIEWER)
    else:
        PanelMember.objects.create(user=superuser, affiliation="hq")
        superuser.groups.add(Group.objects.get(name=StaffGroup.PANEL))
        Seat.assign(half_reviewed, superuser, by=staff, due=timezone.localdate())
    browser = as_(superuser)
    for table in ("recognition_application", "recognition_seat", "letters_message"):
        address = reverse(f"admin:{table}_changelist")
        assert browser.get(address).context["cl"].result_count == 0, table
    assert browser.get(change(half_reviewed)).status_code == 302


def test_applications_reviews_and_messages_do_not_change_here(half_reviewed, superuser, as_):
    browser = as_(superuser)
    submitted = Seat.objects.get(submitted_at__isnull=False)
    for row in (half_reviewed, submitted, Message.objects.first()):
        name = f"admin:{row._meta.app_label}_{row._meta.model_name}"
        assert browser.get(change(row)).status_code == 200
        assert browser.post(change(row), {}).status_code == 403
        assert browser.get(reverse(f"{name}_add")).status_code == 403
        assert browser.post(reverse(f"{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403


def test_a_draft_is_listed_without_its_text(draft, superuser, as_):
    page = as_(superuser).get(change(draft)).text
    assert "climate0" not in page
    assert "Started" in page


def test_a_message_says_to_whom_it_went_and_how_far(at, superuser, as_):
    at(Status.SUBMITTED)
    page = as_(superuser).get(reverse("admin:letters_message_changelist")).text
    assert "manager@example.org" in page
    assert "Application received: Riverbend Water and Sewer" in page
    assert "Waiting" in page
    Message.objects.get().email.delete()
    assert "deleted" in as_(superuser).get(change(Message.objects.get())).text


def test_letters_are_neither_added_nor_deleted(superuser, as_, catalog):
    letter = EmailTemplate.objects.first()
    assert as_(superuser).get(reverse("admin:post_office_emailtemplate_add")).status_code == 403
    address = reverse("admin:post_office_emailtemplate_delete", args=[letter.pk])
    assert as_(superuser).post(address, {"post": "yes"}).status_code == 403
