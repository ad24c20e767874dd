"""Hours of applicants and reviewers: who is asked for which, their sums, and the estimate to compare them with."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet, Sum

from accounts.models import User
from recognition.burden.estimate import Estimate
from recognition.models import Application, Cycle, Hours
from recognition.rights import FROM_COMPLIANCE, FROM_PANEL, OUTCOME, SENT, Act, Rights, Who
from workflow import composed

Step = Hours.Step
# Who works on each step of the review, and at which stages hours can be logged. Officials are not asked: the estimate
# has no line for the decision (ICR 1287.10, §6(c)), so there is nothing to compare their hours with.
REVIEW: dict[str, tuple[Who, frozenset[Application.Status]]] = {
    Step.COMPLETENESS: (Who.PROGRAM, SENT),
    Step.COMPLIANCE: (Who.COMPLIANCE, FROM_COMPLIANCE),
    Step.PANEL: (Who.MEMBER, FROM_PANEL),
    Step.POST_REVIEW: (Who.PROGRAM, OUTCOME),
}


def steps(rights: Rights) -> list[str]:
    """Returns the steps whose hours the person is asked for: applicants for one total, reviewers for their own."""
    if rights.may(Act.REPORT_HOURS):
        return [Step.APPLYING]
    if not rights.may(Act.LOG_HOURS):
        return []
    stage = rights.application.status
    return [step for step, (who, stages) in REVIEW.items() if who in rights.who and stage in stages]


def given(user: User, application: Application) -> dict[str, Decimal]:
    """Returns step → hours that the person reported, and the applicant's figure."""
    return dict(composed.rows(_given, user, application.pk))


def _given(user: User, application: int) -> QuerySet[Any]:
    rows = Hours.objects.filter(application=application, by=user).exclude(step=Step.APPLYING)
    said = Hours.objects.filter(application=application, step=Step.APPLYING)
    return (rows | said).values_list("step", "hours")


@dataclass(frozen=True)
class Logged:
    """Total hours on a step, from ``figures`` reports on ``applications``."""

    step: str
    figures: int = 0
    applications: int = 0
    hours: Decimal = Decimal(0)

    @property
    def label(self) -> str:
        return str(Step(self.step).label)

    @property
    def mean(self) -> Decimal | None:
        """The mean hours per application that has a figure."""
        return self.hours / self.applications if self.applications else None


def _by_step(rows: Any) -> Any:
    found = rows.order_by().values("step")
    return found.annotate(figures=Count("pk"), applications=Count("application", distinct=True), total=Sum("hours"))


def _of_application(application: int) -> Any:
    return _by_step(Hours.objects.filter(application=application))


def _logged(found: Iterable[dict[str, Any]]) -> dict[str, Logged]:
    """Returns every step with its totals."""
    sums = {each["step"]: Logged(each["step"], each["figures"], each["applications"], each["total"]) for each in found}
    return {step: sums.get(step, Logged(step)) for step in Step.values}


def of_cycle(cycle: Cycle, user: User) -> dict[str, Logged]:
    """Returns totals without applications that the person has a part in."""
    known = Application.objects.filter(cycle=cycle).without_part_of(user)
    return _logged(_by_step(Hours.objects.filter(application__in=known.values("pk"))))


def of_application(application: Application, rights: Rights) -> list[Logged]:
    """Returns what was logged on each step, without names, to program staff; nothing to all others."""
    if Who.PROGRAM not in rights.who or not rights.may(Act.SEE_PEOPLE):
        return []
    found = composed.rows(_of_application, None, application.pk)
    return [each for each in _logged(found).values() if each.figures]


@dataclass(frozen=True)
class Beside:
    """A step's logged hours, and the estimate per application that reaches the step; None if none does."""

    logged: Logged
    estimated: float | None


def beside(logged: Mapping[str, Logged], estimate: Estimate) -> list[Beside]:
    """Keeps the order of the estimate."""
    agency = estimate["agency"]
    spent = {
        Step.APPLYING: (estimate["respondent"], estimate["applications"]),
        Step.COMPLETENESS: (agency["completeness"], estimate["applications"]),
        Step.COMPLIANCE: (agency["compliance"], estimate["for_compliance_review"]),
        Step.PANEL: (agency["substantive"], estimate["meeting_compliance"]),
        Step.POST_REVIEW: (agency["post_review"], estimate["recognized"]),
    }
    return [Beside(logged[step], whole["hours"] / n if n else None) for step, (whole, n) in spent.items()]
