"""A register closed to all but managers and some: to others its records are nowhere, in no page, file, email or API."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import ApiToken, Role
from ims.closed import ClosedRegister
from ims.emails import newly_assigned, remind, tell_owner, tell_week
from ims.links import LED_TO, link, relatives
from ims.models import Action, CorrectiveAction, Person, Record, RecordAttachment, Review
from ims.team.board import Team
from letters.models import Message
from tests.factories import MembershipFactory
from workflow.changes import Change

SECRET = "Robin Marsh fell from the ladder"
TODAY = timezone.localdate()
pytestmark = pytest.mark.django_db


def seen(record, user):
    return type(record).objects.visible_to(user).get(pk=record.pk)


@pytest.fixture
def accident(catalog, utility, manager) -> CorrectiveAction:
    """In a closed register, with a comment, a link to a file and one to an action that everyone sees."""
    made = CorrectiveAction.open_in(
        utility, by=manager, title=SECRET, areas=["S"], initiatives=["osha-vpp"], due=TODAY - timedelta(days=1)
    )
    found = seen(made, manager)
    found.say(f"{SECRET} again", by=manager)
    found.attach_link(by=manager, url="https://example.org/secret", title=SECRET)
    action = Action.open_in(utility, by=manager, title="Fix the ladder", areas=["S"])
    link(found, action, LED_TO, by=manager)
    ClosedRegister.close(utility, "corrective", [], by=manager)
    return seen(made, manager)


@pytest.fixture
def reader(utility):
    return MembershipFactory(utility=utility, role=Role.VIEWER, user__email="reader@example.org").user


def pages(utility, accident) -> list[str]:
    at = [utility.pk, "corrective", accident.number]
    action = Action.objects.get()
    return [
        reverse("home"),
        reverse("ims:system", args=[utility.pk]),
        reverse("ims:everything", args=[utility.pk]),
        reverse("ims:mine"),
        reverse("ims:team", args=[utility.pk]),
        reverse("ims:record", args=[utility.pk, "actions", action.number]),
        f"{reverse('ims:new', args=[utility.pk, 'actions'])}?from={accident.number}",
        f"{reverse('pdca:search')}?q=ladder",
        reverse("ims:record", args=at),
        reverse("ims:edit", args=at),
        reverse("ims:list", args=at[:2]),
        f"{reverse('ims:list', args=at[:2])}?layout=board",
        reverse("ims:new", args=at[:2]),
        reverse("ims:excel", args=at[:2]),
        reverse("ims:excel_import", args=at[:2]),
    ]


@pytest.mark.parametrize("role", ["contributor", "viewer", "advisor"])
def test_others_find_it_on_no_page(request, accident, utility, as_, role):
    browser = as_(request.getfixturevalue(role))
    for page in pages(utility, accident):
        answer = browser.get(page)
        assert answer.status_code in (200, 403, 404), page
        assert b"Robin Marsh" not in answer.content, page
    own = [page for page in pages(utility, accident) if "/corrective/" in page]
    assert {browser.get(page).status_code for page in own} == {404}


def test_a_manager_and_a_chosen_reader_find_it(accident, utility, manager, reader, as_):
    ClosedRegister.close(utility, "corrective", [reader], by=manager)
    for user in (manager, reader):
        assert SECRET in as_(user).get(accident.get_absolute_url()).text
        assert SECRET in as_(user).get(reverse("ims:list", args=[utility.pk, "corrective"])).text
        assert SECRET in as_(user).get(f"{reverse('pdca:search')}?q=ladder").text
        assert [each.record.number for each in relatives(Action.objects.get(), user)] == [accident.number]


@pytest.mark.parametrize("way", ["save", "comment", "undo", "add_link", "add_file", "add_relation", "cancel"])
def test_others_change_it_by_no_forged_post(accident, contributor, as_, way):
    at = [accident.utility_id, "corrective", accident.number]
    address = reverse("ims:move", args=[*at, way]) if way == "cancel" else reverse(f"ims:{way}", args=at)
    sent = {"version": 1, "title": "x", "text": "x", "why": "x", "url": "https://example.org"}
    assert as_(contributor).post(address, sent).status_code == 404
    assert seen(accident, accident.utility.managers[0]).title == SECRET


def test_others_link_nothing_to_it_and_learn_nothing_from_its_number(accident, utility, contributor, as_):
    action = Action.objects.get()
    address = reverse("ims:add_relation", args=[utility.pk, "actions", action.number])
    answers = [
        as_(contributor).post(address, {"relation": LED_TO, "other": number}).text.replace(number, "…")
        for number in (accident.number, "CA-1999-001")
    ]
    assert "No record has the number" in answers[0]
    assert ("No record has the number “…”" in answers[0]) == ("No record has the number “…”" in answers[1])


def test_its_files_are_not_given_to_others(accident, utility, manager, contributor, as_, tmp_path):
    attachment = RecordAttachment.objects.get(record=accident)
    assert not RecordAttachment.objects.visible_to(contributor).exists()
    assert RecordAttachment.objects.visible_to(manager).exists()
    assert as_(contributor).get(reverse("ims:download", args=[attachment.pk])).status_code == 404
    assert as_(contributor).post(reverse("ims:remove", args=[attachment.pk])).status_code == 404


def test_no_email_tells_others_of_it(accident, utility, viewer, manager):
    owner = Person.objects.of(utility).get(user=viewer)
    Record.objects.filter(pk=accident.pk).update(owner=owner, assigned_at=timezone.now() - timedelta(hours=1))
    for record in newly_assigned():
        tell_owner(record)
    remind(list(Record.objects.filter(pk=accident.pk).select_related("utility", "owner__user")), TODAY)
    tell_week(viewer, TODAY)
    assert not Message.objects.filter(email__to=viewer.email).exists()


def test_others_get_it_from_no_address_of_the_api(accident, utility, contributor, manager, client):
    secrets = {
        user: ApiToken.objects.make(user, name="Test", scope="change", days=90)[1] for user in (manager, contributor)
    }

    def asked(user, path, method="get", **sent):
        headers = {"Authorization": f"Bearer {secrets[user]}"}
        return getattr(client, method)(f"/api/v1/{path}", headers=headers, **sent)

    assert asked(manager, f"records/corrective/{accident.pk}").status_code == 200
    assert asked(contributor, f"records/corrective/{accident.pk}").status_code == 404
    assert asked(contributor, "records/corrective").json()["count"] == 0
    assert asked(contributor, f"registers/corrective?utility={utility.pk}").status_code == 404
    body = json.dumps({"utility": utility.pk, "values": {"title": "New"}})
    added = asked(contributor, "records/corrective", "post", data=body, content_type="application/json")
    assert added.status_code == 404


def test_the_agenda_counts_it_only(accident, utility, manager):
    review = Review.open_in(utility, by=manager, title="Review", due=TODAY)
    topic = next(each for each in review.topics() if each.slug == "corrective")
    assert topic.says == ["1 open corrective action, 1 late"]
    assert (topic.lines, topic.more) == ([], 1)


def test_the_team_page_and_what_others_changed_do_not_name_it(accident, utility, contributor):
    assert SECRET not in str(Team(utility).warnings)
    assert issubclass(Record.history.rel.related_model, Change)


def test_what_is_added_later_is_restricted_too_and_opening_shows_all(accident, utility, manager, contributor, as_):
    later = CorrectiveAction.open_in(utility, by=manager, title="Later")
    assert Record.objects.get(pk=later.pk).restricted
    other = Action.open_in(utility, by=manager, title="Other register")
    assert not Record.objects.get(pk=other.pk).restricted
    page = reverse("ims:who", args=[utility.pk, "corrective"])
    as_(manager).post(page, {"who": "all"})
    assert not Record.objects.filter(restricted=True).exists()
    assert SECRET in as_(contributor).get(reverse("ims:list", args=[utility.pk, "corrective"])).text


def test_a_manager_chooses_who_sees_it(catalog, utility, manager, reader, contributor, as_):
    CorrectiveAction.open_in(utility, by=manager, title=SECRET)
    page = reverse("ims:who", args=[utility.pk, "corrective"])
    assert "Who may see it" in as_(manager).get(reverse("ims:list", args=[utility.pk, "corrective"])).text
    as_(manager).post(page, {"who": "some", "readers": [reader.pk]})
    assert CorrectiveAction.objects.visible_to(reader).exists()
    assert not CorrectiveAction.objects.visible_to(contributor).exists()
    assert as_(manager).get(page).context["form"].initial == {"who": "some", "readers": [reader]}


def test_someone_outside_the_utility_can_not_be_chosen(catalog, utility, manager, stranger, as_):
    page = reverse("ims:who", args=[utility.pk, "corrective"])
    assert as_(manager).post(page, {"who": "some", "readers": [stranger.pk]}).status_code == 422
    ClosedRegister.close(utility, "corrective", [stranger], by=manager)
    assert not ClosedRegister.objects.get().readers.exists()


@pytest.mark.parametrize(
    ("role", "status"), [("contributor", 403), ("viewer", 403), ("advisor", 403), ("stranger", 404)]
)
def test_only_managers_close_a_register(request, catalog, utility, as_, role, status):
    page = reverse("ims:who", args=[utility.pk, "corrective"])
    browser = as_(request.getfixturevalue(role))
    assert browser.get(page).status_code == status
    assert browser.post(page, {"who": "some"}).status_code == status
    assert not ClosedRegister.objects.exists()


def test_a_register_that_names_nobody_is_not_closed(catalog, utility, manager, as_):
    assert as_(manager).get(reverse("ims:who", args=[utility.pk, "objectives"])).status_code == 404


def test_a_reader_whose_membership_ended_sees_nothing(accident, utility, manager, reader):
    ClosedRegister.close(utility, "corrective", [reader], by=manager)
    utility.memberships.filter(user=reader).delete()
    assert not CorrectiveAction.objects.visible_to(reader).exists()


@pytest.mark.django_db(transaction=True)
def test_a_record_that_is_being_added_while_the_register_is_closed_is_restricted(catalog, utility, manager):
    """The one that closes waits for the one that adds, and the other way round."""

    def close() -> None:
        try:
            ClosedRegister.close(utility, "corrective", [], by=manager)
        finally:
            connection.close()

    def add() -> None:
        try:
            CorrectiveAction.open_in(utility, by=manager, title="Second")
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        with transaction.atomic():
            CorrectiveAction.open_in(utility, by=manager, title="First")
            closing = pool.submit(close)
            with pytest.raises(TimeoutError):
                closing.result(timeout=0.5)
        closing.result(timeout=20)
        assert Record.objects.get(title="First").restricted
        ClosedRegister.objects.all().delete()
        with transaction.atomic():
            ClosedRegister.close(utility, "corrective", [], by=manager)
            adding = pool.submit(add)
            with pytest.raises(TimeoutError):
                adding.result(timeout=0.5)
        adding.result(timeout=20)
    assert Record.objects.get(title="Second").restricted
