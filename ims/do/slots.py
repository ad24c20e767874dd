"""What doing adds to the pages of records and lists."""

from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import CAN_EDIT, User, Utility
from ims.do.communication import Communication
from ims.do.communication_year import Year
from ims.do.contacts import Contact
from ims.do.control_pairs import pairs_of
from ims.do.controls import Control
from ims.do.documents import Document
from ims.do.emergencies import Emergency
from ims.do.emergency_plan import MEANS
from ims.do.training import TrainingTopic
from ims.do.training_matrix import Matrix, by_state
from ims.do.training_states import plain
from ims.links import relatives
from workflow.slots import fills

MAX_SESSIONS = 10


@fills("record.documents")
def of_document(record: Document, user: User) -> SafeString:
    """Shows who approved a document, its editions, and who read it."""
    approvers: list[Any] = list(record.approvers.select_related("person", "entered_by"))
    for each in approvers:
        each.is_open = record.status == Document.Status.IN_REVIEW and not each.signed_on
        each.is_mine = each.is_open and each.may_sign(user, record.my_role)
    asked = list(record.readers.asked().select_related("person"))
    can_edit = record.my_role in CAN_EDIT
    is_approved = record.status == Document.Status.IN_FORCE
    context = {
        "record": record,
        "user": user,
        "approvers": approvers,
        "next_draft": record.next_draft,
        "can_begin": can_edit and is_approved,
        "can_choose": can_edit and record.is_open,
        "asked": asked,
        "missing": [each.person for each in asked if not each.signed_on],
        "n_confirmed": sum(each.signed_on is not None for each in asked),
        "must_confirm": is_approved and any(each.person.user_id == user.pk and not each.signed_on for each in asked),
    }
    return render_to_string("ims/do/document.html", context)


@fills("list.training")
def to_matrix(utility: Utility, user: User) -> SafeString:
    links = (("ims:training_matrix", "Who is trained in what"), ("ims:training_together", "One session for several"))
    shown = [format_html('<a href="{}">{}</a>', reverse(name, args=[utility.pk]), words) for name, words in links]
    return format_html("{} {}", *shown)


@fills("record.training")
def of_topic(record: TrainingTopic, user: User) -> SafeString:
    """Shows who needs a training and where they stand, and its sessions."""
    found = list(Matrix(record.utility, only=record).of(record))
    sessions = list(
        record.sessions.select_related("changed_by").prefetch_related("people", "topics")[: MAX_SESSIONS + 1]
    )
    jobs = {job for person, _ in found for job in person.jobs}  # type: ignore[attr-defined]
    context = {
        "record": record,
        "groups": by_state(found),
        "unknown": [job for job in record.jobs if plain(job) not in jobs],
        "also": record.also.all(),
        "sessions": sessions[:MAX_SESSIONS],
        "are_more": len(sessions) > MAX_SESSIONS,
        "most": MAX_SESSIONS,
        "can_edit": record.my_role in CAN_EDIT and record.is_open,
        "can_correct": record.my_role in CAN_EDIT,
    }
    return render_to_string("ims/do/_of_training.html", context)


@fills("list.communication")
def to_year(utility: Utility, user: User) -> SafeString:
    address = reverse("ims:communication_year", args=[utility.pk])
    return format_html('<a href="{}">Communication over the year</a>', address)


@fills("record.communication")
def of_communication(record: Communication, user: User) -> SafeString:
    """Shows what it could be joined with, and each time that it was done."""
    audiences, methods = Year(record.utility).about(record) if record.is_open else ([], [])
    context = {"record": record, "audiences": audiences, "methods": methods, "times": record.times.all()}
    return render_to_string("ims/do/_of_communication.html", context)


@fills("record.contacts")
def of_contact(record: Contact, user: User) -> SafeString:
    """Says how many days the answer took, or has taken so far."""
    return render_to_string("ims/do/_of_contact.html", {"record": record})


@fills("record.controls")
def to_harmonize(record: Control, user: User) -> SafeString:
    """Says with which other controls this one meets on a unit."""
    pairs = pairs_of(record, user)
    if not pairs:
        return SafeString("")
    context = {
        "record": record,
        "pairs": [(pair, pair.other(record), pair.serves(pair.other(record))) for pair in pairs],
        "can_edit": record.my_role in CAN_EDIT,
    }
    return render_to_string("ims/do/_of_control.html", context)


@fills("list.controls")
def to_pairs(utility: Utility, user: User) -> SafeString:
    return format_html('<a href="{}">Controls to harmonize</a>', reverse("ims:harmonize_controls", args=[utility.pk]))


@fills("list.emergencies")
@fills("list.emergency-equipment")
@fills("list.emergency-contacts")
def to_plan(utility: Utility, user: User) -> SafeString:
    return format_html('<a href="{}">Emergency plan</a>', reverse("ims:emergency_plan", args=[utility.pk]))


@fills("record.emergencies")
def of_emergency(record: Emergency, user: User) -> SafeString:
    """Shows what a situation counts on, and its drills with their lessons."""
    named = [each.record for each in relatives(record, user) if each.record.register in MEANS and each.record.is_open]
    context = {
        "record": record,
        "equipment": [each for each in named if each.register == MEANS[0]],
        "contacts": [each for each in named if each.register == MEANS[1]],
        "drills": record.drills.prefetch_related("lessons__made"),
        "can_edit": record.my_role in CAN_EDIT,
        "can_drill": record.my_role in CAN_EDIT and record.is_open,
    }
    return render_to_string("ims/do/_of_emergency.html", context)
