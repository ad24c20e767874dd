"""What the recognition program adds to pages of the apps below: applications, by utility and by person."""

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from accounts.models import User, Utility
from recognition.applying.latest import SHOWN, moved_last
from recognition.models import Application
from workflow.slots import fills


@fills("utility.work", order=30)
def applications_of(utility: Utility, user: User) -> SafeString:
    """Lists the latest applications of a utility that the user belongs to, and its recognition."""
    own = Application.objects.visible_to(user).of_utilities_of(user).filter(utility=utility)
    applications = own.select_related("recognition").order_by("-status_since", "-pk")[:SHOWN]
    granted = [each.recognition for each in applications if hasattr(each, "recognition")]
    context = {
        "applications": applications,
        "utility": utility,
        "recognition": max(granted, key=lambda each: each.until, default=None),
    }
    return render_to_string("recognition/_applications.html", context)


@fills("home")
def applications_of_person(user: User) -> SafeString:
    """Lists the latest applications of the user's utilities, with the stage that each has reached."""
    applications = moved_last(user) if user.memberships.all() else []
    return (
        render_to_string("recognition/_applications.html", {"applications": applications})
        if applications
        else SafeString()
    )
