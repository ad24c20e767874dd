"""What doing adds to the pages of records and lists."""

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from accounts.models import CAN_EDIT, User
from ims.do.documents import Document
from workflow.slots import fills


@fills("record.documents")
def of_document(record: Document, user: User) -> SafeString:
    """Shows who approved a document, its editions, and who read it."""
    approvers = list(record.approvers.select_related("person", "entered_by"))
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
