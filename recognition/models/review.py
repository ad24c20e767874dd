"""The completeness and compliance reviews: what staff find and record."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils import timezone

from accounts import zones
from accounts.models import User
from files.models import StoredFile, storing
from recognition.models.application import Application, Submission
from recognition.models.cycle import Cycle
from recognition.models.paper_letter import PaperLetter
from workflow.models import Stale, WrongState

# The completeness checklist: name → (label, codes of the deficiencies that fail it; none if only a person can judge).
CHECKLIST: dict[str, tuple[str, tuple[str, ...]]] = {
    "eligibility": (
        "The facility type is given and its size can be determined",
        ("facility-type-missing", "size-undetermined"),
    ),
    "identifiers": (
        "Permit and system numbers are given and valid",
        ("identifier-missing", "identifier-invalid"),
    ),
    "contact": ("The contact is complete", ("contact-missing",)),
    "attestation": ("Compliance for the past 12 months is attested", ("attestation-missing",)),
    "attributes": ("Enough attributes are demonstrated", ("attributes-too-few",)),
    "boxes": (
        "Enough resource boxes are filled",
        (
            "boxes-too-few",
            "activities-too-few",
            "program-not-approved",
            "watershed-component-missing",
            "energy-threshold-not-met",
        ),
    ),
    "narratives": (
        "Every narrative is included and within the length limit",
        ("narrative-missing", "narrative-too-long"),
    ),
    "photos": ("Photos are JPEG with captions", ("photos-too-many", "photo-not-jpeg", "photo-caption-missing")),
    "certification": ("It is certified", ("certification-missing", "certification-date-invalid")),
    "prompts": ("Each attribute's narrative answers the four prompts", ()),
    "recent": ("The narratives show what works now, within the past 12 months", ()),
    "confidential": ("Confidentiality claims are marked and plausible", ("passage-not-found",)),
}


class Unfinished(Exception):
    """Something must be recorded first; the message says what. Nothing was changed."""


class CheckItem(models.Model):
    """One line of a version's completeness checklist: the automatic finding and the reviewer's judgment."""

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="checklist")
    name = models.CharField(max_length=20)
    found = models.BooleanField(
        "met according to the automatic check", null=True, help_text="empty: can't be checked automatically"
    )
    findings = models.JSONField(default=list, help_text="what the automatic check found missing, in words")
    met = models.BooleanField(null=True, blank=True)
    reason = models.TextField(blank=True, max_length=2000)
    judged_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    judged_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["submission", "name"], name="check_item_once"),
            models.CheckConstraint(
                # Tests for null first: a comparison with null is unknown, and an unknown CHECK passes.
                condition=Q(met__isnull=True)
                | Q(found__isnull=True)
                | Q(found__isnull=False, met=models.F("found"))
                | ~Q(reason=""),
                name="check_item_overruled_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        return CHECKLIST[self.name][0]

    @property
    def missing(self) -> list[str]:
        """What is missing, for the applicant to read: the reviewer's reason, the automatic findings, or the label."""
        return ([self.reason] if self.reason else self.findings) or [self.label]

    def as_lines(self) -> list[str]:
        """Returns what is missing as lines of a letter."""
        return [f"- {line}" for line in self.missing]

    @classmethod
    def draw_up(cls, submission: Submission) -> None:
        """Creates the checklist of a version with the automatic findings."""
        lines: list[CheckItem] = []
        for name, (_, codes) in CHECKLIST.items():
            findings = [each["message"] for each in submission.deficiencies if each["code"] in codes]
            found = not findings if codes else None
            lines.append(cls(submission=submission, name=name, findings=findings, found=found))
        CheckItem.objects.bulk_create(lines)


def begin_completeness(application: Application, *, by: User) -> None:
    """Takes up a submitted application. Raises WrongState."""
    with transaction.atomic():
        application._move(Application.Status.COMPLETENESS, by=by)
        Application.objects.filter(pk=application.pk).take_up(by=by)
        submission = application.submission
        assert submission  # noqa: S101  # it was submitted
        CheckItem.draw_up(submission)


def last_judged(lines: Iterable[CheckItem]) -> str:
    """Returns when a checklist was last saved, as text to compare with a later reading."""
    return max((line.judged_at.isoformat() for line in lines if line.judged_at), default="")


@transaction.atomic
def record_checklist(
    application: Application, answers: dict[str, tuple[bool | None, str]], *, seen: str, by: User
) -> None:
    """Saves a reviewer's ``answers``: name → (met, reason). ``seen`` is ``last_judged`` of the lines that were read.

    Raises WrongState, or Stale with the current lines if someone saved them meanwhile.
    """
    _lock_at_stage(application, Application.Status.COMPLETENESS)
    submission = application.submission
    assert submission  # noqa: S101  # it was submitted
    lines = list(submission.checklist.select_related("judged_by"))
    if last_judged(lines) != seen:
        raise Stale(lines)
    now = timezone.now()
    for line in lines:
        if answers.get(line.name, (line.met, line.reason)) != (line.met, line.reason):
            line.met, line.reason = answers[line.name]
            line.judged_by, line.judged_at = by, now
            line.save(update_fields=["met", "reason", "judged_by", "judged_at"])


def _lock_at_stage(application: Application, *stages: str) -> None:
    """Locks the application until the transaction ends. Raises WrongState if it is not at one of ``stages``."""
    locked = Application.objects.select_for_update(of=("self",)).filter(pk=application.pk, status__in=stages)
    if application.status not in stages or not locked.values("pk").first():
        raise WrongState("The application has just moved to another stage.")


class ComplianceCheckQuerySet(models.QuerySet["ComplianceCheck"]):
    def by_kind(self) -> dict[str, "ComplianceCheck"]:
        """Returns kind → the check that counts, which is the last."""
        return {check.kind: check for check in self.order_by("recorded_at", "pk")}

    def that_bar(self) -> "ComplianceCheckQuerySet":
        """Returns those that bar an award: a violation that no later check of its kind replaced."""
        same = ComplianceCheck.objects.filter(application=OuterRef("application"), kind=OuterRef("kind"))
        last = same.order_by("-recorded_at", "-pk").values("pk")[:1]
        return self.filter(result=ComplianceCheck.Result.VIOLATION, pk=Subquery(last))


class ComplianceCheck(models.Model):
    """The result of one compliance check. A later check of the same kind replaces it; all are kept."""

    class Kind(models.TextChoices):
        CRIMINAL = "criminal", "Criminal check"
        ADMINISTRATIVE = "administrative", "Administrative check"

    class Result(models.TextChoices):
        CLEAR = "clear", "No violation"
        VIOLATION = "violation", "Violation or unsatisfactory record"
        UNKNOWN = "unknown", "Unknown"

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="compliance_checks")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    source = models.CharField(max_length=300, help_text="Where you checked, for example ECHO or a written response.")
    checked_on = models.DateField("date of the check")
    result = models.CharField(max_length=10, choices=Result.choices)
    note = models.TextField("internal note", blank=True, max_length=5000, help_text="Never sent to the applicant.")
    attachment = models.ForeignKey(StoredFile, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = ComplianceCheckQuerySet.as_manager()

    class Meta:
        ordering = ["recorded_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["criminal", "administrative"]), name="compliance_kind_known"),
            models.CheckConstraint(
                condition=Q(result__in=["clear", "violation", "unknown"]), name="compliance_result_known"
            ),
            models.CheckConstraint(
                condition=~Q(result="violation") | ~Q(note=""), name="compliance_violation_has_a_finding"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.get_result_display()}"

    @classmethod
    def in_a_word(cls, checks: Iterable["ComplianceCheck"]) -> str:
        """Returns the overall result of an application's checks. The last check of each kind counts."""
        latest = {check.kind: check.result for check in sorted(checks, key=lambda each: (each.recorded_at, each.pk))}
        if cls.Result.VIOLATION in latest.values():
            return "Violation"
        clear = all(latest.get(kind) == cls.Result.CLEAR for kind in cls.Kind)
        return "Clear" if clear else "Unknown"

    @classmethod
    @storing()
    def record(
        cls, application: Application, *, by: User, attachment: UploadedFile | None = None, **facts: Any
    ) -> "ComplianceCheck":
        """Stores a check. If sent twice in a row without files, it is stored once. Raises RefusedFile, WrongState."""
        _lock_at_stage(application, *Application.MAY_BE_BARRED, Application.Status.NOT_ELIGIBLE)
        last = application.compliance_checks.by_kind().get(facts["kind"])
        same = last and last.recorded_by_id == by.pk and all(getattr(last, name) == facts[name] for name in facts)
        if last and same and not attachment and not last.attachment_id:
            return last
        file = StoredFile.keep(attachment, by=by) if attachment else None
        return cls.objects.create(application=application, recorded_by=by, attachment=file, **facts)


@transaction.atomic
def return_for_completion(application: Application, *, by: User, due: date, letter: str) -> None:
    """Sends the application back, once, with what is missing: points to answer. Raises Unfinished, WrongState.

    If its letter goes by mail, the days until ``due`` begin on the day it is mailed.
    """
    _lock_at_stage(application, Application.Status.COMPLETENESS)
    submission = returnable(application)
    if application.end_of(due) <= timezone.now():
        raise Unfinished("The resubmission date must be in the future.")
    application._move(Application.Status.RETURNED, by=by, why=letter, **_time_until(application, due))
    application.sections.bulk_create(
        application.sections.model(
            application=application,
            name=f"points.{item.name}",
            answers={"label": item.label, "asked": item.missing, "answer": ""},
        )
        for item in submission.checklist.filter(met=False)
    )
    words = _return_words(submission, due, letter)
    by_mail = application.awaits_mailing
    application.tell_applicants("application-returned", str(submission.number), sets_deadline=by_mail, **words)


def _time_until(application: Application, due: date) -> dict[str, Any]:
    """Returns the fields that give an applicant time through the day ``due``: by mail, as many days from mailing."""
    if application.applicants():
        return {"resubmit_by": application.end_of(due), "resubmit_days": None}
    return {"resubmit_by": None, "resubmit_days": _days_until(application, due)}


def _days_until(application: Application, due: date) -> int:
    return (due - zones.today(ZoneInfo(application.cycle.time_zone))).days


def returnable(application: Application) -> Submission:
    """Returns the version to return. Raises WrongState after the first, Unfinished if lines are unjudged or all met."""
    submission = application.submission
    if submission is None or submission.number > 1:
        raise WrongState("An application can be returned only once.")
    _every_line_judged(submission)
    if not submission.checklist.filter(met=False).exists():
        raise Unfinished("Nothing is marked as missing, so there is no reason to return the application.")
    return submission


def return_letter(application: Application, *, due: date, letter: str) -> tuple[str, str]:
    """Returns subject and body for the applicant. Raises as ``returnable`` does."""
    words = _return_words(returnable(application), due, letter)
    return application.rendered_to_applicants("application-returned", **words)


def _return_words(submission: Submission, due: date, letter: str) -> dict[str, str]:
    application, missing = submission.application, submission.checklist.filter(met=False)
    return {
        "deficiencies": "\n".join(line for item in missing for line in item.as_lines()),
        "due": due_in_letter(application, due),
        "letter": letter,
    }


def due_in_letter(application: Application, due: date) -> str:
    """Returns the end of a day as a letter to the applicant says it: a printed one counts from its mailing."""
    if application.applicants():
        return application.for_applicants(application.end_of(due))
    return f"the end of the day {_days_until(application, due)} days after this letter was mailed"


@transaction.atomic
def find_complete(application: Application, *, by: User) -> None:
    """Begins compliance review. Raises Unfinished, WrongState."""
    _lock_at_stage(application, Application.Status.COMPLETENESS)
    submission = application.submission
    assert submission  # noqa: S101  # it was submitted
    _every_line_judged(submission)
    if submission.checklist.filter(met=False).exists():
        raise Unfinished("Some lines are marked as not met. Return the application or close it as incomplete.")
    application._move(Application.Status.COMPLIANCE, by=by)


@transaction.atomic
def find_incomplete(application: Application, *, by: User | None, why: str) -> None:
    """Closes an application that lacks too much or did not come back in time. Raises WrongState.

    None is closed for its time while a letter about it waits to be mailed.
    """
    only_if = Q()
    is_late = application.status == Application.Status.RETURNED
    if is_late:
        only_if = Q(resubmit_by__lte=timezone.now()) & ~Q(Exists(to_mail_about(OuterRef("pk"))))
    application._move(Application.Status.INCOMPLETE, by=by, why=why, only_if=only_if)
    words: dict[str, Any] = _incomplete_words(application, is_late, why)
    application.tell_applicants("application-incomplete", _nth(application), **words)


def to_mail_about(application: Any) -> models.QuerySet[PaperLetter]:
    """Returns the letters about an application that wait to be mailed."""
    return PaperLetter.objects.to_mail().filter(application=application)


def incomplete_letter(application: Application, why: str) -> tuple[str, str]:
    """Returns subject and body for the applicant of what ``find_incomplete`` would close."""
    is_late = application.status == Application.Status.RETURNED
    return application.rendered_to_applicants("application-incomplete", **_incomplete_words(application, is_late, why))


def _incomplete_words(application: Application, is_late: bool, why: str) -> dict[str, str]:
    due = application.for_applicants(application.resubmit_by) if is_late and application.resubmit_by else ""
    return {"due": due, "reason": why}


def _every_line_judged(submission: Submission) -> None:
    if submission.checklist.filter(met__isnull=True).exists():
        raise Unfinished("Answer every line of the checklist first.")


@transaction.atomic
def find_compliant(application: Application, *, by: User) -> None:
    """Moves an application with two clear checks to the Region or the panel. Raises Unfinished, WrongState."""
    _lock_at_stage(application, Application.Status.COMPLIANCE)
    _require_clear(_both_checks(application))
    asks = application.cycle.asks_region
    application._move(Application.Status.REGION if asks else Application.Status.PANEL, by=by)


@transaction.atomic
def find_not_eligible(application: Application, *, by: User, finding: str) -> None:
    """Closes the application and sends the applicant ``finding``. Raises as ``not_eligible_letter`` does.

    Up to the release of its decision: a violation that surfaces late bars the award too (CWA 501(e)(1)).
    """
    _lock_at_stage(application, *Application.MAY_BE_BARRED)
    not_eligible_letter(application, finding)
    application._move(Application.Status.NOT_ELIGIBLE, by=by, why=finding)
    application.undo_decision(by=by)
    application.tell_applicants("application-not-eligible", _nth(application), finding=finding)


def _nth(application: Application) -> str:
    """Returns how many times the application came to where it is, to tell apart letters of one wording."""
    return str(_moves_here(application).count())


def _moves_here(application: Application) -> models.QuerySet[Any]:
    return application.events.filter(to_status=application.status).exclude(from_status=application.status)


def closed_from(application: Application) -> str:
    """Returns the stage from which it was closed. Raises WrongState unless it is incomplete or not eligible."""
    closed = application.status in (Application.Status.INCOMPLETE, Application.Status.NOT_ELIGIBLE)
    last = _moves_here(application).last() if closed else None
    if last is None:
        raise WrongState("It is not closed.")
    return last.from_status


@transaction.atomic
def reopen(application: Application, *, by: User, why: str, due: date | None = None) -> None:
    """Leads an application that was closed by mistake back to where it was, and tells the applicant why.

    One that was not resubmitted in time gets a new date ``due``. One that was found not eligible after the compliance
    review needs two clear checks first. Raises Unfinished, or WrongState once its cycle is decided.
    """
    to = closed_from(application)
    _lock_at_stage(application, application.status)
    open_cycles = Cycle.objects.filter(pk=application.cycle_id, status__in=[Cycle.Status.PLANNED, Cycle.Status.REVIEW])
    if not open_cycles.select_for_update().first():
        raise WrongState("The cycle is decided, so its applications stay closed.")
    if application.status == Application.Status.NOT_ELIGIBLE and to != Application.Status.COMPLIANCE:
        _require_clear(_both_checks(application))
    changes: dict[str, Any] = {}
    if to == Application.Status.RETURNED:
        if due is None or application.end_of(due) <= timezone.now():
            raise Unfinished("The resubmission date must be in the future.")
        changes = _time_until(application, due)
    application._move(to, by=by, why=why, **changes)
    application.tell_applicants(
        "application-reopened",
        f"{_nth(application)}-{to}",
        sets_deadline=application.awaits_mailing,
        **_reopened_words(application, why, due),
    )


def reopened_letter(application: Application, *, why: str, due: date | None = None) -> tuple[str, str]:
    """Returns subject and body for the applicant of what ``reopen`` would send."""
    return application.rendered_to_applicants("application-reopened", **_reopened_words(application, why, due))


def _reopened_words(application: Application, why: str, due: date | None) -> dict[str, str]:
    return {"reason": why, "due": due_in_letter(application, due) if due else ""}


def not_eligible_letter(application: Application, finding: str = "") -> tuple[str, str]:
    """Returns subject and body for the applicant, which never has a check's internal note.

    Raises Unfinished unless both checks are recorded and one of them says "violation".
    """
    found = _both_checks(application).values()
    if not any(check.result == ComplianceCheck.Result.VIOLATION for check in found):
        raise Unfinished("Record the violation or unsatisfactory record first.")
    return application.rendered_to_applicants("application-not-eligible", finding=finding)


def _require_clear(latest: dict[str, ComplianceCheck]) -> None:
    for kind in ComplianceCheck.Kind:
        if latest[kind].result != ComplianceCheck.Result.CLEAR:
            raise Unfinished(
                f"The {kind.label.lower()} says “{latest[kind].get_result_display()}”, so the application can't pass."
            )


def _both_checks(application: Application) -> dict[str, ComplianceCheck]:
    """Returns kind → the check that counts (ICR 1287.10, §5(a)). Raises Unfinished if a kind is not recorded."""
    latest = application.compliance_checks.by_kind()
    for kind in ComplianceCheck.Kind:
        if kind not in latest:
            raise Unfinished(f"The {kind.label.lower()} is not recorded yet.")
    return latest


def hear_region(application: Application, *, by: User, recommends: bool, words: str) -> None:
    """Records the Region's recommendation for the panel and begins the panel review. Raises WrongState."""
    heard = "The Region recommends recognition" if recommends else "The Region does not recommend recognition"
    application._move(Application.Status.PANEL, by=by, why=f"{heard}. {words}".strip())
