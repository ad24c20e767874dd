"""The admin site: its first page and its header group the models by job, and a line explains each."""

from dataclasses import dataclass
from typing import Any

from allauth.account.decorators import secure_admin_login
from django.apps import apps
from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.text import capfirst


@dataclass(frozen=True)
class Line:
    """A model (``app.Model``) in a group. ``name`` replaces the plural of the model."""

    model: str
    about: str
    name: str = ""

    def __str__(self) -> str:
        return self.name or capfirst(str(apps.get_model(self.model)._meta.verbose_name_plural))


@dataclass(frozen=True)
class Page:
    """A page without a model. ``permission`` is what a user needs to open it."""

    address: str
    name: str
    about: str
    permission: str


@dataclass(frozen=True)
class Group:
    slug: str
    name: str
    about: str
    lines: list[Line]
    pages: tuple[Page, ...] = ()


GROUPS = [
    Group(
        "people",
        "People and utilities",
        "Decide who can sign in and what staff may do, and correct the record of a utility.",
        [
            Line("accounts.User", "Everyone with an account. Put staff into their roles here.", "People"),
            Line("auth.Group", "The roles that Headworks knows, such as program staff or panel member.", "Staff roles"),
            Line("accounts.Utility", "Utilities, their identifiers and their members."),
            Line("accounts.Claim", "Who asked to join a utility, and the answer. Decided on the site, so read only."),
            Line("accounts.Invitation", "Whom managers invited to their utility, and who accepted. Read only."),
            Line(
                "account.EmailAddress",
                "The addresses that people sign in with, and whether they are confirmed.",
                "Sign-in email addresses",
            ),
            Line(
                "mfa.Authenticator",
                "Authenticator apps and recovery codes. Delete both for a person who lost the device.",
                "Two-step verification",
            ),
            Line("accounts.UtilityGroup", "Who sees which utilities side by side. End one that is abused."),
            Line("ims.PublicPage", "What utilities show to everyone. Take a page down, or allow it again."),
            Line("accounts.ApiToken", "With what people’s own programs call the API. Revoke one that leaked."),
        ],
    ),
    Group(
        "catalog",
        "Catalog and guide",
        "Edit what everyone reads: initiatives, case examples, the guide. Changes stay drafts until you publish them.",
        [
            Line("initiatives.Initiative", "The profiles that readers find and compare."),
            Line("initiatives.Case", "Utilities that integrated initiatives.", "Case examples"),
            Line("pdca.Element", "The rows of every gap analysis, with their examples and questions."),
            Line("pdca.Opportunity", "How initiatives can share an element, each with a page of its own."),
            Line("pdca.Component", "Plan, Do, Check and Act."),
            Line("pdca.Area", "Environment, safety, quality, finance and people.", "Management areas"),
            Line("pdca.Flow", "What each element passes to others: the arrows of the map of the cycle."),
            Line("pdca.Topic", "Getting started, drivers, benefits, success factors, barriers, ways to start."),
            Line("pdca.SourceTable", "Tables of the guide, each shown with an element.", "Tables of the guide"),
            Line("pdca.Term", "Terms and acronyms that pages explain.", "Glossary"),
        ],
        (
            Page(
                "admin:catalog",
                "Export or import the catalog",
                "The whole catalog as one YAML or Excel file, to edit elsewhere and import again.",
                "initiatives.change_initiative",
            ),
        ),
    ),
    Group(
        "recognition",
        "Recognition program",
        "Prepare a cycle, its criteria and its panel, and look up applications and their outcome.",
        [
            Line("recognition.Cycle", "The dates, rules, statements and signatures of each round."),
            Line("recognition.PanelMember", "The people who can review applications, and their interests."),
            Line("recognition.Edition", "A set of criteria and its limits.", "Editions of the criteria"),
            Line("recognition.Attribute", "The attributes of an edition, and the elements that match them."),
            Line("recognition.Category", "The resource categories of an edition, and their rules."),
            Line("recognition.CapacityElement", "Technical, managerial and financial capacity."),
            Line("recognition.Application", "The status and the versions of each application. Read only."),
            Line("recognition.Seat", "Reviews that panel members submitted. Read only.", "Panel reviews"),
            Line("recognition.Recognition", "Who is recognized until when. Read only."),
            Line("recognition.Addressee", "The offices that get notices, and their addresses."),
            Line("recognition.Notice", "What was sent to them, and when. Read only."),
            Line("recognition.Hours", "The hours that people reported for the burden estimate. Read only."),
        ],
    ),
    Group(
        "email",
        "Messages and email",
        "Edit the texts of letters and emails, and check whether a message was sent.",
        [
            Line("post_office.EmailTemplate", "The texts that Headworks sends, with a preview.", "Letters and emails"),
            Line("letters.Message", "Every message to a person, and whether it was sent. Read only."),
        ],
    ),
    Group(
        "reports",
        "Gap analyses and reports",
        "Look up the status of a gap analysis or a report. Only its own people can change or open it.",
        [
            Line("assessments.GapAnalysis", "The analyses of all utilities, with their findings. Read only."),
            Line("reports.Report", "The PDFs and ZIP files that people requested. Read only."),
        ],
    ),
    Group(
        "technical",
        "Technical records",
        "What Headworks recorded while it worked. Open these to find out why a screening or a check failed.",
        [
            Line("config.AuditEntry", "Who changed people, roles, decisions and texts, and from where.", "Audit log"),
            Line("recognition.Screening", "Comparisons of a cycle with ECHO’s weekly files. Read only."),
            Line("recognition.EchoAnswer", "What EPA’s ECHO answered about one facility on one day. Read only."),
        ],
    ),
]


def line_of(model: Any) -> tuple[Group, Line] | None:
    """Returns the group and the line of a model class."""
    found = ((group, line) for group in GROUPS for line in group.lines if line.model == model._meta.label)
    return next(found, None)


# The admin uses the site's own sign-in, with its rate limits and two-step verification.
@method_decorator(secure_admin_login, name="login")
class Administration(AdminSite):
    site_header = site_title = "Headworks administration"
    index_title = "Administration"
    enable_nav_sidebar = False  # the groups are in the header

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """Returns the groups with the models that the user may see, in the form that Django's templates expect."""
        known = {
            model["model"]._meta.label: model
            for app in self._build_app_dict(request, app_label).values()
            for model in app["models"]
        }
        shown = []
        for group in GROUPS:
            models = [
                known[line.model] | {"name": str(line), "about": line.about}
                for line in group.lines
                if line.model in known
            ]
            pages = [
                {"name": page.name, "about": page.about, "url": reverse(page.address)}
                for page in group.pages
                if request.user.has_perm(page.permission)
            ]
            if models or pages:
                shown.append(
                    {
                        "name": group.name,
                        "about": group.about,
                        "app_label": group.slug,
                        "app_url": f"{reverse('admin:index')}#{group.slug}",
                        "has_module_perms": True,
                        "models": models,
                        "pages": pages,
                    }
                )
        return shown

    def app_index(  # type: ignore[override]
        self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Leads to the group of the app's first model: readers know groups, not apps."""
        group = next(iter(self.get_app_list(request, app_label)), None)
        if group is None:
            raise Http404
        return HttpResponseRedirect(group["app_url"])
