"""The pages of every day, of each role, on the rows of ``make_load_data``."""

from collections.abc import Iterator
from urllib.parse import quote_plus

from django.urls import reverse

from accounts.models import User, Utility
from bench.cost import Page
from config.load.utilities import address
from recognition.models import Application, Cycle, Recognition

ROLES = ("manager", "staff", "panelist", "official", "compliance", "admin")


def people() -> dict[str, User]:
    """Returns the first person of each role."""
    return {role: User.objects.get(email=address(role, 0)) for role in ROLES}


def pages() -> Iterator[Page]:
    manager = User.objects.get(email=address("manager", 0))
    utility = Utility.objects.get(memberships__user=manager)
    draft = utility.gap_analyses.get(status="draft")
    waiting = Application.objects.filter(status=Application.Status.PANEL, seats__member__email=address("panelist", 0))
    application = waiting.order_by("pk")[0]
    decided = utility.applications.get(cycle__status=Cycle.Status.DECIDED).cycle_id
    own = [utility.pk]
    entry = Recognition.objects.valid().order_by("pk")[150]  # the number in its name has several digits
    named = quote_plus(entry.application.utility.name)
    yield Page("home of a manager", "manager", "/", most=10)
    yield Page("utility", "manager", reverse("accounts:utility", args=own))
    yield Page("utilities of a manager", "manager", reverse("accounts:list"))
    yield Page("list of gap analyses", "manager", reverse("assessments:list"), most=10)
    yield Page("a gap analysis", "manager", draft.get_absolute_url(), most=7)
    yield Page("results", "manager", reverse("assessments:results", args=[draft.pk]))
    yield Page("a register", "manager", reverse("ims:list", args=[*own, "actions"]))
    yield Page("our system today", "manager", reverse("ims:today", args=own))
    yield Page("applications of a utility", "manager", reverse("recognition:list"))
    yield Page("search", "manager", reverse("pdca:search") + "?q=drought")
    yield Page("search for a number", "manager", reverse("pdca:search") + "?q=action+1")
    yield Page("utility to join, by name", "manager", reverse("accounts:search") + f"?q={named}")
    yield Page("home of the staff", "staff", "/", most=12)
    for name in ("completeness", "region", "panel", "decisions", "all"):
        yield Page(f"queue: {name}", "staff", reverse("recognition:queue", args=[name]), most=25)
    yield Page("queue: all, of one cycle", "staff", reverse("recognition:queue", args=["all"]) + f"?cycle={decided}")
    yield Page("queue: all, by a name", "staff", reverse("recognition:queue", args=["all"]) + f"?words={named}")
    yield Page("queue: all, by utility", "staff", reverse("recognition:queue", args=["all"]) + "?sort=utility")
    yield Page("an application", "staff", application.get_absolute_url(), most=10)
    yield Page("panel of an application", "staff", reverse("recognition:panel", args=[application.pk]))
    yield Page("cycles", "staff", reverse("recognition:cycles"))
    yield Page("a cycle", "staff", reverse("recognition:cycle", args=[application.cycle_id]))
    yield Page("reviewers of a cycle", "staff", reverse("recognition:reviewers", args=[application.cycle_id]))
    yield Page("strictness of reviewers", "staff", reverse("recognition:strictness", args=[application.cycle_id]))
    yield Page("panels of a cycle", "staff", reverse("recognition:panels", args=[application.cycle_id]))
    yield Page("notices of a cycle", "staff", reverse("recognition:notices", args=[decided]))
    yield Page("outbox", "staff", reverse("recognition:outbox", args=[decided]))
    yield Page("statistics of a cycle", "staff", reverse("recognition:statistics", args=[decided]), most=40)
    yield Page("utilities, for the staff", "staff", reverse("accounts:list"))
    yield Page("list of gap analyses, for the staff", "staff", reverse("assessments:list"))
    yield Page("new utilities", "staff", reverse("accounts:new_utilities"))
    yield Page("claims", "staff", reverse("accounts:claims"))
    yield Page("emails", "staff", reverse("accounts:emails"))
    yield Page("search, for the staff", "staff", reverse("pdca:search") + f"?q={named}")
    yield Page("register, for the staff", "staff", reverse("recognition:register"))
    yield Page("home of a panel member", "panelist", "/")
    yield Page("my reviews", "panelist", reverse("recognition:queue", args=["my-reviews"]), most=12)
    yield Page("a review", "panelist", reverse("recognition:review", args=[application.pk]))
    yield Page("home of the official", "official", "/")
    yield Page("decisions", "official", reverse("recognition:decisions", args=[decided]))
    yield Page("home of compliance", "compliance", "/")
    yield Page("queue: compliance", "compliance", reverse("recognition:queue", args=["compliance"]), most=25)
    yield Page("public register", "", reverse("recognition:register"), most=12)
    yield Page("public register, one state", "", reverse("recognition:register") + "?state=OR")
    yield Page("public register, by a name", "", reverse("recognition:register") + f"?words={named}")
    yield Page("entry of the register", "", reverse("recognition:register_entry", args=[entry.pk]))
    yield Page("verification", "", reverse("recognition:verify", args=[entry.number]))
    yield Page("home of an administrator", "admin", "/")
    yield Page("administration", "admin", reverse("admin:index"))
    for name in ("accounts_user", "accounts_utility", "recognition_application", "config_auditentry"):
        yield Page(f"administration: {name}", "admin", reverse(f"admin:{name}_changelist"))
