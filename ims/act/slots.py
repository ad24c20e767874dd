"""What acting adds to the pages of records."""

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from accounts.models import CAN_EDIT, User
from ims.act.changes import PlannedChange, answers_of
from pdca.models import Area
from workflow.slots import fills


@fills("record.changes")
def answers_to(record: PlannedChange, user: User) -> SafeString:
    """Shows what each area says about a change, and lets it answer."""
    areas = {area.code: area for area in Area.objects.all()}
    context = {
        "record": record,
        "answers": [(areas[code], answer) for code, answer in answers_of(record)],
        "can_answer": record.my_role in CAN_EDIT and record.status == PlannedChange.Status.IN_REVIEW,
    }
    return render_to_string("ims/act/_answers.html", context)
