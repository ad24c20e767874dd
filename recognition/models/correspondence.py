"""What is written about an application, to whom, and how: by email or, where no email reaches anyone, on paper."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, OuterRef, Subquery, When
from django.db.models.fields.json import KT

from accounts.models import Membership, User
from letters import wordings
from letters.models import Message, reached
from recognition.models.applicant import Named
from recognition.models.cycle import LAW
from recognition.models.paper_letter import PaperLetter


class Reach(NamedTuple):
    """Where a letter about an application goes: to these addresses, or on paper if there are none."""

    stage: str
    is_archived: bool
    addresses: list[str]


def reaches(applications: Iterable[int]) -> dict[int, Reach]:
    """Returns who gets a letter: the facility manager as the form says, then the utility's managers, in copy.

    What counts is the address in the last submitted version, so that a draft that is being edited reaches nobody;
    of a draft from paper, what staff entered. Addresses from which email was returned are left out. Three queries.
    """
    submissions = _model("Submission").objects.filter(application=OuterRef("pk")).order_by("-number")
    contact = _model("Section").objects.filter(application=OuterRef("pk"), name="contact")
    named = Case(
        When(Exists(submissions), then=Subquery(submissions.values(email=KT("content__contact__email"))[:1])),
        When(on_paper=True, then=Subquery(contact.values(email=KT("answers__email"))[:1])),
        default=None,
        output_field=models.TextField(),
    )
    rows = _model("Application").objects.filter(pk__in=list(applications)).order_by().annotate(named=named)
    found = list(rows.values_list("pk", "utility", "status", "cycle__status", "named"))
    managers: dict[int, list[str]] = {}
    deciding = Membership.objects.deciding().filter(utility__in={row[1] for row in found})
    for utility, email in deciding.order_by("user").values_list("utility", "user__email"):
        managers.setdefault(utility, []).append(email)
    known = {pk: _one_of_each((named or "").strip(), managers.get(utility, [])) for pk, utility, _, _, named in found}
    read = set(reached({email for emails in known.values() for email in emails}))
    return {
        pk: Reach(stage, cycle == "archived", [email for email in known[pk] if email in read])
        for pk, _, stage, cycle, _ in found
    }


def _one_of_each(named: str, copies: list[str]) -> list[str]:
    others = [email for email in copies if email.lower() != named.lower()]
    return [named, *others] if named else others


def _model(name: str) -> Any:
    """Returns a model of applications, whose modules import this one."""
    return apps.get_model("recognition", name)


class Correspondent(Named, models.Model):
    """The letters of an application."""

    get_absolute_url: Any

    class Meta:
        abstract = True

    def rendered(self, wording: str, **more: object) -> tuple[str, str]:
        """Returns subject and body of a wording."""
        link = settings.SITE_URL.rstrip("/") + self.get_absolute_url()
        about = {"utility": self.utility, "cycle": self.cycle, "link": link}
        return wordings.rendered(wording, **about | {"program": self.cycle.program, "law": LAW} | more)

    def rendered_to_applicants(self, wording: str, **more: object) -> tuple[str, str]:
        """Returns subject and body of a letter to the applicant; ``by_mail`` says whether it is printed."""
        return self.rendered(wording, by_mail="" if self.applicants() else "yes", **more)

    def tell_applicants(self, wording: str, occasion: str, *, sets_deadline: bool = False, **more: object) -> None:
        """Writes to the applicants. ``occasion``, such as a version number, distinguishes letters of one wording."""
        letter = self.rendered_to_applicants(wording, **more)
        self.write_to_applicants(f"{wording}:{self.pk}:{occasion}", *letter, sets_deadline=sets_deadline)

    def write_to_applicants(self, occasion: str, subject: str, body: str, *, sets_deadline: bool = False) -> None:
        """Emails the applicants; whom no email reaches gets a letter on paper, which staff print and mail."""
        addresses = self.applicants()
        for address in addresses:
            Message.write(self, occasion, address, subject, body)
        if not addresses:
            PaperLetter.write(self, occasion, subject, body, sets_deadline=sets_deadline)

    def tell(self, user: User, wording: str, occasion: str, **more: object) -> None:
        """Like ``tell_applicants``, but emails a reviewer."""
        subject, body = self.rendered(wording, person=user, utility=self.shown_to_panel, **more)
        Message.write(self, f"{wording}:{self.pk}:{occasion}", user.email, subject, body)

    def applicants(self) -> list[str]:
        """Returns who gets a letter by email; nobody if it goes on paper (``reaches``)."""
        return reaches([self.pk])[self.pk].addresses

    @property
    def how_notified(self) -> str:
        """How the applicant gets a letter, to end a sentence about one that was just written."""
        if self.applicants():
            return "We emailed them the letter."
        return "Nobody can be reached by email: the letter is to be printed and mailed."
