"""The program's rules hold in the database, whoever writes to it."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from letters.models import Message
from recognition.models import (
    Announcement,
    Application,
    Attribute,
    Category,
    CheckItem,
    ComplianceCheck,
    Cycle,
    Decision,
    Edition,
    Feedback,
    Option,
    PanelMember,
    Photo,
    Rating,
    Recipient,
    Seat,
    Section,
    Submission,
)
from recognition.models.review import begin_completeness
from tests.factories import UserFactory
from tests.pictures import photo

Status = Application.Status
pytestmark = pytest.mark.django_db
NOW = datetime(2026, 10, 1, tzinfo=UTC)


def refused_by(action) -> str:
    """The name of the rule that refuses ``action``."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        action()
    return caught.value.__cause__.diag.constraint_name


def sql(statement: str, *values) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def stand_at(application: Application, status: str, **more) -> None:
    Application.objects.filter(pk=application.pk).update(status=status, **more)


def copy_of(row, **changes):
    """Another row like this one, not saved."""
    row = type(row)._base_manager.get(pk=row.pk)
    row.pk, row._state.adding = None, True
    for name, value in changes.items():
        setattr(row, name, value)
    return row


def test_the_criteria_hold_together(catalog):
    edition = Edition.objects.get()
    attribute, category = edition.attributes.first(), edition.categories.get(slug="energy-management")
    option = Option.objects.first()
    assert refused_by(copy_of(attribute, loaded={}).save) == "attribute_once_per_edition"
    assert refused_by(copy_of(category, loaded={}).save) == "category_once_per_edition"
    assert refused_by(copy_of(option, loaded={}).save) == "option_once_per_category"
    assert refused_by(lambda: Category.objects.update(boxes=0)) == "category_fills_a_box"
    for name in ("least_reduction_percent", "least_sustainable_percent"):
        change = Category.objects.filter(pk=category.pk)
        assert refused_by(lambda: change.update(**{name: None})) == "category_energy_has_thresholds"  # noqa: B023
    others = Category.objects.exclude(pk=category.pk)
    assert refused_by(lambda: others.update(rule="energy")) == "category_energy_has_thresholds"
    again = [Attribute(edition=edition, slug="vision"), Attribute(edition=edition, slug="vision")]
    assert refused_by(lambda: Attribute.objects.bulk_create(again)) == "attribute_once_per_edition"


def test_a_cycle_is_a_span_with_a_panel_and_a_known_status(cycle):
    for closes in (cycle.opens, cycle.opens - timedelta(seconds=1)):
        assert refused_by(lambda: Cycle.objects.update(closes=closes)) == "cycle_closes_after_it_opens"  # noqa: B023
    assert refused_by(lambda: Cycle.objects.update(panel_size=0)) == "cycle_has_a_panel"
    for name, rule in (
        ("panel", "cycle_panel_ends_after_it_begins"),
        ("letters", "cycle_letters_end_after_they_begin"),
    ):
        window = {f"{name}_from": date(2028, 3, 2), f"{name}_until": date(2028, 3, 1)}
        assert refused_by(lambda: Cycle.objects.update(**window)) == rule  # noqa: B023
    for status in ("open", "closed", ""):
        assert refused_by(lambda: Cycle.objects.update(status=status)) == "cycle_status_known"  # noqa: B023
    with pytest.raises(IntegrityError), transaction.atomic():
        cycle.edition.delete()


def test_an_application_is_one_for_utility_and_cycle(draft, stranger):
    assert refused_by(copy_of(draft).save) == "application_once_per_cycle"
    other = Application.objects.create(utility=stranger.memberships.get().utility, cycle=draft.cycle)
    move = Application.objects.filter(pk=other.pk)
    assert refused_by(lambda: move.update(utility=draft.utility)) == "application_once_per_cycle"
    returned = "application_returned_by_a_date"
    assert refused_by(lambda: stand_at(draft, "returned")) == returned
    stand_at(draft, "returned", resubmit_by=NOW)
    assert refused_by(lambda: stand_at(draft, "returned", resubmit_by=None)) == returned
    with pytest.raises(IntegrityError), transaction.atomic():
        draft.utility.delete()


# --- What is submitted does not change

OPEN = {"draft", "returned"}


def test_sections_change_only_while_the_application_is_open(draft, stranger):
    section = draft.sections.get(name="partners")
    rows = Section.objects.filter(pk=section.pk)
    other = Application.objects.create(utility=stranger.memberships.get().utility, cycle=draft.cycle)
    theirs = Section.objects.create(application=other, name="extra")
    attempts = [
        lambda: rows.update(answers={"partners": "x"}),
        lambda: rows.update(name="people"),
        lambda: rows.update(application=other),
        lambda: rows.delete(),
        lambda: rows._raw_delete("default"),
        lambda: Section.objects.bulk_create([Section(application=draft, name="more")]),
        lambda: Section.objects.bulk_update([Section(pk=section.pk, answers={})], ["answers"]),
        lambda: Section.objects.filter(pk=theirs.pk).update(application=draft),
        lambda: sql("UPDATE recognition_section SET answers = '{}' WHERE id = %s", section.pk),
    ]
    for status in Status.values:
        stand_at(draft, status, resubmit_by=NOW)
        if status not in OPEN:
            assert {refused_by(attempt) for attempt in attempts} == {"section_read_only_when_submitted"}, status
            rows.update(changed_by=None)  # a person's account may go
    stand_at(draft, "returned")
    rows.update(answers={"partners": "y"})
    again = Section(application=draft, name="partners")
    assert refused_by(again.save) == "section_once_per_application"


def test_photos_change_only_while_the_application_is_open(draft, manager, stranger, own_folder):
    mine = Photo.add(draft, photo(), by=None, caption="Before", may_publish=False)
    version = draft.submit(by=manager)
    frozen = version.photos.get()
    other = Application.objects.create(utility=stranger.memberships.get().utility, cycle=draft.cycle)
    theirs = Photo.add(other, photo(), by=None, caption="Theirs", may_publish=False)

    def attempts(row: Photo) -> list:
        rows = Photo.objects.filter(pk=row.pk)
        return [
            lambda: rows.update(caption="After"),
            lambda: rows.update(may_publish=True),
            lambda: rows.update(file=theirs.file),
            lambda: rows.update(application=other),
            lambda: rows.delete(),
            lambda: sql("DELETE FROM recognition_photo WHERE id = %s", row.pk),
        ]

    arriving = [
        lambda: Photo.objects.bulk_create([Photo(application=draft, file=theirs.file)]),
        lambda: Photo.objects.filter(pk=theirs.pk).update(application=draft),
    ]
    for status in Status.values:
        stand_at(draft, status, resubmit_by=NOW)
        if status not in OPEN:
            refusals = {refused_by(attempt) for attempt in attempts(mine) + attempts(frozen) + arriving}
            assert refusals == {"photo_read_only_when_submitted"}, status
    stand_at(draft, "returned")
    assert {refused_by(attempt) for attempt in attempts(frozen)} == {"photo_of_a_version_is_kept"}
    slip = Photo.objects.filter(pk=mine.pk)
    assert refused_by(lambda: slip.update(submission=version)) == "photo_of_a_version_is_kept"
    slip.update(caption="After")
    assert {each.caption for each in draft.photos.all()} == {"Before", "After"}


def test_a_version_is_kept_as_it_is(draft, manager):
    version = draft.submit(by=manager)
    rows = Submission.objects.filter(pk=version.pk)
    changes = {
        "content": {},
        "deficiencies": [{}],
        "number": 2,
        "size": "large",
        "words": 1,
        "counted_attributes": 9,
        "counted_boxes": 9,
        "submitted_at": NOW,
        "application": None,
    }
    for status in Status.values:
        stand_at(draft, status, resubmit_by=NOW)
        assert refused_by(lambda: rows.update(content={})) == "submission_is_kept"
        assert refused_by(lambda: rows._raw_delete("default")) == "submission_is_kept"
    for name, value in changes.items():
        assert refused_by(lambda: rows.update(**{name: value})) == "submission_is_kept"  # noqa: B023
    with pytest.raises(IntegrityError), transaction.atomic():
        Application.objects.filter(pk=draft.pk).delete()
    rows.update(submitted_by=None)  # a person's account may go


def test_versions_are_numbered_1_and_2(draft, manager):
    version = draft.submit(by=manager)
    assert refused_by(copy_of(version).save) == "submission_numbered_once"
    for number in (0, 3):
        assert refused_by(copy_of(version, number=number).save) == "submission_twice_at_most"
    copy_of(version, number=2).save()


# --- The reviews


def test_the_checklist_overrules_the_machine_only_with_a_reason(draft, manager, staff):
    draft.submit(by=manager)
    begin_completeness(draft, by=staff)
    found, open_question = (CheckItem.objects.filter(name=name) for name in ("contact", "prompts"))
    assert refused_by(copy_of(found.get()).save) == "check_item_once"
    rule = "check_item_overruled_with_a_reason"
    assert refused_by(lambda: found.update(met=False)) == rule
    assert refused_by(lambda: found.update(found=False, met=True)) == rule
    found.update(met=False, reason="The phone number is dead.")
    found.update(met=True, reason="")
    open_question.update(met=False)  # nothing to overrule
    open_question.update(met=None)


def test_the_compliance_record_is_of_known_kinds_and_a_violation_is_described(draft):
    def record(**fields):
        plain = {"kind": "criminal", "result": "clear", "source": "ECHO", "checked_on": date(2026, 10, 1)}
        return ComplianceCheck(application=draft, **plain | fields).save

    assert refused_by(record(kind="moral")) == "compliance_kind_known"
    assert refused_by(record(result="fine")) == "compliance_result_known"
    assert refused_by(record(result="violation")) == "compliance_violation_has_a_finding"
    record(result="violation", note="Exceeded in May.")()


@pytest.fixture
def seat(draft) -> Seat:
    return Seat.objects.create(application=draft, member=UserFactory(), due=date(2027, 1, 1), lead=True)


def test_a_seat_is_taken_once_by_one_lead_and_left_with_a_reason(draft, seat):
    rows, now = Seat.objects.filter(pk=seat.pk), timezone.now()
    assert refused_by(copy_of(seat, lead=False).save) == "seat_once_per_member"
    other = Seat(application=draft, member=UserFactory(), due=date(2027, 1, 1), lead=True)
    assert refused_by(other.save) == "seat_one_lead"
    reason = "seat_recused_with_a_reason"
    for fields in (
        {"recused_at": now},
        {"recused_at": now, "conflict": "other"},
        {"recused_at": now, "conflict_reason": "x"},
        {"conflict": "other", "conflict_reason": "x"},
    ):
        assert refused_by(lambda: rows.update(**fields)) == reason  # noqa: B023
    declared = "seat_declared_before_review"
    assert refused_by(lambda: rows.update(submitted_at=now)) == declared
    rows.update(declared_at=now, submitted_at=now)
    stepped_down = {"recused_at": now, "conflict": "other", "conflict_reason": "x"}
    assert refused_by(lambda: rows.update(**stepped_down)) == declared
    rows.update(**stepped_down, submitted_at=None)
    copy_of(seat, recused_at=None, conflict="", conflict_reason="").save()  # asked again, and leads again


def test_ratings_and_panel_members_are_of_known_values(seat):
    Rating.objects.create(seat=seat, criterion="attributes.product-quality")
    assert refused_by(copy_of(Rating.objects.get()).save) == "rating_once_per_criterion"
    for value in ("good", "MET", " "):
        assert refused_by(lambda: Rating.objects.update(value=value)) == "rating_value_known"  # noqa: B023
    for affiliation in ("", "friend"):
        member = PanelMember(user=seat.member, affiliation=affiliation)
        assert refused_by(member.save) == "panel_affiliation_known"


# --- The decision


def test_a_decision_departs_with_a_reason_and_is_not_released_while_held(draft):
    def decision(**fields):
        plain = {"recognize": True, "recommended": True, "subject": "x", "body": "x"}
        return Decision(application=draft, **plain | fields).save

    assert refused_by(decision(recommended=False)) == "decision_departs_with_a_reason"
    assert refused_by(decision(recognize=False)) == "decision_departs_with_a_reason"
    assert refused_by(decision(held=True, released_at=NOW)) == "decision_held_is_not_released"
    decision(recognize=False, reason="A spill in May.")()
    assert "application" in refused_by(decision()), "one decision for one application"
    assert refused_by(lambda: Decision.objects.update(reason="")) == "decision_departs_with_a_reason"
    Decision.objects.update(held=True)
    assert refused_by(lambda: Decision.objects.update(released_at=NOW)) == "decision_held_is_not_released"


def test_feedback_is_not_released_without_words(draft):
    rule = "feedback_released_has_words"
    assert refused_by(Feedback(application=draft, released_at=NOW).save) == rule
    Feedback.objects.create(application=draft, text="Strong on outreach.", released_at=NOW)
    assert refused_by(lambda: Feedback.objects.update(text="")) == rule


def test_one_occasion_is_told_once(draft):
    Message.objects.create(key="submitted:1:a@example.org", about=draft)
    assert "key" in refused_by(Message(key="submitted:1:a@example.org").save)


def test_a_message_is_dated_when_it_is_sent_and_writes_to_each_once(draft):
    made = Announcement.objects.create(subject="A date", body="We meet in May.", whom="Drafts")
    rows = Announcement.objects.filter(pk=made.pk)
    assert refused_by(lambda: rows.update(sent_at=NOW)) == "announcement_sent_is_dated"
    assert refused_by(lambda: rows.update(status="requested")) == "announcement_sent_is_dated"
    assert refused_by(lambda: rows.update(status="lost", sent_at=NOW)) == "announcement_status_known"
    Recipient.objects.create(announcement=made, application=draft, stage="draft")
    assert refused_by(Recipient(announcement=made, application=draft, stage="draft").save) == "recipient_once"
    assert refused_by(lambda: Recipient.objects.update(way="pigeon")) == "recipient_way_known"


def test_every_rule_is_tried_by_name():
    """A rule that nobody tries to break may as well not be there."""
    tried = "".join(path.read_text() for path in Path(__file__).parent.rglob("test_*.py"))
    named = [rule.name for model in apps.get_app_config("recognition").get_models() for rule in model._meta.constraints]
    assert len(named) > 20
    assert [name for name in named if name not in tried] == []
