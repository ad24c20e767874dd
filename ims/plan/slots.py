"""What planning adds to the pages of records and lists."""

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import CAN_EDIT, User, Utility
from ims.plan.actions import Action
from ims.plan.assessing import Assessment
from ims.plan.programs.glance import flags_of
from ims.plan.requirements import Requirement
from ims.plan.statements import Statement
from workflow.slots import fills


@fills("list.actions")
def to_programs(utility: Utility, user: User) -> SafeString:
    return format_html('<a href="{}">Programs at a glance</a>', reverse("ims:programs", args=[utility.pk]))


@fills("record.actions")
def of_action(record: Action, user: User) -> SafeString:
    """Says with which other actions this one collides."""
    found = flags_of(record, user, timezone.localdate())
    if not found:
        return SafeString("")
    context = {"record": record, "flags": found, "can_edit": record.my_role in CAN_EDIT}
    return render_to_string("ims/plan/programs/_of_action.html", context)


@fills("record.requirements")
def evaluations_of(record: Requirement, user: User) -> SafeString:
    context = {
        "record": record,
        "evaluations": record.evaluations.all(),
        "can_evaluate": record.my_role in CAN_EDIT and record.status == Requirement.Status.IN_FORCE,
    }
    return render_to_string("ims/plan/_evaluations.html", context)


@fills("record.statements")
def edition_of(record: Statement, user: User) -> SafeString:
    context = {
        "record": record,
        "next_draft": record.next_draft,
        "can_begin": record.my_role in CAN_EDIT and record.status == Statement.IN_FORCE,
    }
    return render_to_string("ims/plan/_of_statement.html", context)


@fills("list.statements")
def to_cross_check(utility: Utility, user: User) -> SafeString:
    return format_html('<a href="{}">Policies cross-checked</a>', reverse("ims:cross_check", args=[utility.pk]))


@fills("list.assessments")
def to_ranked(utility: Utility, user: User) -> SafeString:
    return format_html('<a href="{}">Ranked findings</a>', reverse("ims:ranked", args=[utility.pk]))


@fills("record.assessments")
def of_finding(record: Assessment, user: User) -> SafeString:
    """Makes an objective of a finding, and leads to the ranked list."""
    return render_to_string("ims/plan/_of_finding.html", {"finding": record, "can_edit": record.my_role in CAN_EDIT})
