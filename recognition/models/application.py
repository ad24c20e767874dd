"""One utility's application in one cycle: the sections of its draft, and its numbered versions once submitted."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.apps import apps
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts import zones
from accounts.models import System, User, Utility
from files.models import StoredFile, storing
from recognition.application.content import Content, entry_of, points, postal, section_names, unfound
from recognition.criteria import completeness
from recognition.criteria.completeness import Outcome
from recognition.models import triggers
from recognition.models.application_rows import ApplicationQuerySet
from recognition.models.correspondence import Correspondent
from recognition.models.cycle import Cycle
from recognition.models.handling import Handled
from workflow import composed
from workflow.addresses import address
from workflow.models import Event, StateMachine, WrongState


class DeadlinePassed(Exception):
    """The deadline has passed. Nothing was submitted; the text is kept."""


class Incomplete(Exception):
    """Something is missing; ``outcome`` says what. Nothing was submitted."""

    def __init__(self, outcome: Outcome):
        super().__init__(f"{len(outcome.deficiencies)} items are missing")
        self.outcome = outcome


class Application(Correspondent, Handled, StateMachine):
    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        SUBMITTED = "submitted", "Submitted"
        COMPLETENESS = "completeness", "Completeness review"
        RETURNED = "returned", "Returned for completion"
        RESUBMITTED = "resubmitted", "Resubmitted"
        COMPLIANCE = "compliance", "Compliance review"
        REGION = "region", "With the EPA Region"
        PANEL = "panel", "Panel review"
        RECOMMENDED = "recommended", "Recommended"
        NOT_RECOMMENDED = "not_recommended", "Not recommended"
        RECOGNIZED = "recognized", "Recognized"
        NOT_RECOGNIZED = "not_recognized", "Not recognized"
        INCOMPLETE = "incomplete", "Incomplete"
        NOT_ELIGIBLE = "not_eligible", "Not eligible"
        WITHDRAWN = "withdrawn", "Withdrawn"

    TRANSITIONS = {
        Status.DRAFT: frozenset({Status.SUBMITTED}),
        Status.SUBMITTED: frozenset({Status.COMPLETENESS, Status.WITHDRAWN}),
        Status.COMPLETENESS: frozenset({Status.RETURNED, Status.COMPLIANCE, Status.INCOMPLETE, Status.WITHDRAWN}),
        Status.RETURNED: frozenset({Status.RESUBMITTED, Status.INCOMPLETE, Status.WITHDRAWN}),
        Status.RESUBMITTED: frozenset({Status.COMPLETENESS, Status.WITHDRAWN}),
        Status.COMPLIANCE: frozenset({Status.REGION, Status.PANEL, Status.NOT_ELIGIBLE, Status.WITHDRAWN}),
        Status.REGION: frozenset({Status.PANEL, Status.NOT_ELIGIBLE, Status.WITHDRAWN}),
        Status.PANEL: frozenset(
            {Status.RECOMMENDED, Status.NOT_RECOMMENDED, Status.NOT_ELIGIBLE, Status.WITHDRAWN},
        ),
        Status.RECOMMENDED: frozenset(
            {Status.RECOGNIZED, Status.NOT_RECOGNIZED, Status.NOT_ELIGIBLE, Status.WITHDRAWN},
        ),
        Status.NOT_RECOMMENDED: frozenset(
            {Status.RECOGNIZED, Status.NOT_RECOGNIZED, Status.NOT_ELIGIBLE, Status.WITHDRAWN},
        ),
        # Ways back from an outcome that was a mistake, to where it was closed (recognition.models.review.reopen).
        Status.INCOMPLETE: frozenset({Status.COMPLETENESS, Status.RETURNED}),
        Status.NOT_ELIGIBLE: frozenset(
            {Status.COMPLIANCE, Status.REGION, Status.PANEL, Status.RECOMMENDED, Status.NOT_RECOMMENDED},
        ),
    }
    EDITABLE = (Status.DRAFT, Status.RETURNED)
    PENDING = (Status.RECOMMENDED, Status.NOT_RECOMMENDED)  # a decision is due, or made and not released
    OUTCOME = (Status.RECOGNIZED, Status.NOT_RECOGNIZED)
    PAST_PANEL = (*PENDING, *OUTCOME)
    PAST_COMPLIANCE = (Status.REGION, Status.PANEL, *PAST_PANEL)
    BEFORE_PANEL = (
        Status.SUBMITTED,
        Status.COMPLETENESS,
        Status.RETURNED,
        Status.RESUBMITTED,
        Status.COMPLIANCE,
        Status.REGION,
    )
    UNDER_REVIEW = (*BEFORE_PANEL, Status.PANEL, *PENDING)
    # The stages at which one person of the staff keeps an application; with any other step it is nobody's again.
    DESKS = (
        frozenset({Status.SUBMITTED, Status.COMPLETENESS, Status.RETURNED, Status.RESUBMITTED}),
        frozenset(PENDING),
    )
    # A violation that surfaces at one of these ends the application: the law bars the award (CWA 501(e)(1)).
    MAY_BE_BARRED = (Status.COMPLIANCE, Status.REGION, Status.PANEL, *PENDING)

    utility = models.ForeignKey(Utility, on_delete=models.PROTECT, related_name="applications")
    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="applications")
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.DRAFT, editable=False)
    status_since = models.DateTimeField(default=timezone.now, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    carried_from = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, editable=False)
    extended_until = models.DateTimeField("extended deadline", null=True, blank=True)
    resubmit_by = models.DateTimeField("resubmit by", null=True, blank=True)
    resubmit_days = models.PositiveSmallIntegerField(
        "days to resubmit, from the day the letter is mailed", null=True, blank=True
    )
    on_paper = models.BooleanField("on paper", default=False)
    scan = models.ForeignKey(StoredFile, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = ApplicationQuerySet.as_manager()
    my_role: str | None
    my_seat: int | None  # both, as ``my_blind``, of one that was fetched through ``visible_to``

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["utility", "cycle"], name="application_once_per_cycle"),
            models.CheckConstraint(
                condition=~Q(status="returned") | Q(resubmit_by__isnull=False) | Q(resubmit_days__isnull=False),
                name="application_returned_by_a_date",
            ),
        ]
        indexes = [
            models.Index(fields=["cycle", "status"]),
            # The queues, of the whole country too, in the order in which they are read: who waits longest comes first.
            models.Index(fields=["status", "status_since"]),
            models.Index(fields=["status_since", "id"]),
            models.Index(fields=["-created_at", "-id"]),  # the administration's list
        ]
        triggers = [triggers.OF_AN_ARCHIVED_CYCLE]

    def __str__(self) -> str:
        return f"{self.applicant}, {self.cycle}"

    def get_absolute_url(self) -> str:
        return address("recognition:application", self.pk)

    @property
    def stage_shown(self) -> str:
        """The stage as the applicant sees it, without the panel's recommendation."""
        if self.status in self.PENDING:
            return "Awaiting decision"
        return self.get_status_display()

    def step_url(self, step: str, anchor: str = "main") -> str:
        """Returns the URL where a step is filled in."""
        return f"{reverse('recognition:step', args=[self.pk, step])}#{anchor}"

    def _move(self, to: str, **more: Any) -> None:
        stays = any({self.status, to} <= desk for desk in self.DESKS)
        given_back = {} if stays else {"handler": None, "handler_since": None}
        super()._move(to, status_since=timezone.now(), **given_back | more)

    def note(self, *, by: User, why: str) -> None:
        """Adds an event that leaves the status unchanged."""
        self.noted(by=by, why=why).save()

    def noted(self, *, by: User, why: str) -> "ApplicationEvent":
        """Returns such an event, for whoever adds many at once."""
        return ApplicationEvent(application=self, by=by, from_status=self.status, to_status=self.status, why=why)

    # Drafts.

    @classmethod
    @transaction.atomic
    def start(cls, *, utility: Utility, cycle: Cycle, by: User, previous: "Application | None" = None) -> "Application":
        """Creates a draft with its sections, with the text of ``previous`` if given. Raises WrongState."""
        if not cycle.is_open:
            raise WrongState("Applications are accepted only while the cycle is open.")
        application = cls._begin(utility, cycle, previous, created_by=by, carried_from=previous)
        application.note(by=by, why="Started")
        return application

    @classmethod
    @storing()
    def enter_on_paper(cls, *, utility: Utility, cycle: Cycle, scan: UploadedFile, by: User) -> "Application":
        """Creates a draft that program staff fill in from the scan. Raises WrongState, RefusedFile."""
        if not Cycle.objects.taking_paper().filter(pk=cycle.pk).exists():
            raise WrongState("A paper application can be entered until the cycle's review begins.")
        if utility.memberships.filter(user=by).exists():
            raise WrongState("You are a member of this utility, so someone else must enter its application.")
        application = cls._begin(utility, cycle, None, created_by=by, on_paper=True)
        application.scan = StoredFile.keep(scan, by=by)
        application.save(update_fields=["scan"])
        application.note(by=by, why="Entered from paper")
        return application

    @classmethod
    def _begin(cls, utility: Utility, cycle: Cycle, previous: "Application | None", **fields: Any) -> "Application":
        """Creates a row with its sections. Raises WrongState if the utility already has one in this cycle."""
        application, created = cls.objects.get_or_create(utility=utility, cycle=cycle, defaults=fields)
        if not created:
            raise WrongState("This utility already has an application in this cycle.")
        criteria = cycle.edition.criteria
        answers = {"eligibility": {"facility_types": utility.systems}, "contact": _contact_of(utility)}
        if previous:
            answers |= previous.carried()
        names = section_names(criteria.attributes, criteria.categories)
        application.sections.bulk_create(
            application.sections.model(application=application, name=name, answers=answers.get(name, {}))
            for name in names
        )
        return application

    def carried(self) -> dict[str, dict[str, Any]]:
        """Returns answers to reuse later: all except what must be signed again."""
        signed = ("attestation", "certification", "confidentiality")
        return {name: dict(answers) for name, answers in self.content().items() if name not in signed}

    @property
    def deadline(self) -> datetime:
        if self.status == self.Status.RETURNED and self.resubmit_by:
            return self.resubmit_by
        return max(self.extended_until or self.cycle.closes, self.cycle.closes)

    @property
    def deadline_shown(self) -> str:
        """The deadline in words for its reader."""
        if self.awaits_mailing:
            return f"{self.resubmit_days} days after our letter is mailed"
        return self.for_reader(self.deadline)

    @property
    def awaits_mailing(self) -> bool:
        """Whether it was returned by a letter on paper that is not mailed yet, so that its time has not begun."""
        return self.status == self.Status.RETURNED and self.resubmit_by is None

    def count_from(self, day: date | None) -> None:
        """Lets the time to resubmit begin on the day the letter was mailed; None: it was not mailed after all."""
        self.resubmit_by = self.end_of(day + timedelta(days=self.resubmit_days or 0)) if day else None
        changed = Application.objects.filter(pk=self.pk, status=self.Status.RETURNED, resubmit_days__isnull=False)
        changed.update(resubmit_by=self.resubmit_by)

    @property
    def is_editable(self) -> bool:
        """Whether the text may change now: in a draft or returned application before its deadline, or a paper draft."""
        if self.cycle.is_archived:
            return False
        if self.on_paper and self.status == self.Status.DRAFT:
            return True
        if self.status == self.Status.DRAFT:
            in_time = self.cycle.opens <= timezone.now() < self.deadline
            return in_time and (self.cycle.is_open or self.extended_until is not None)
        return self.awaits_mailing or (self.status == self.Status.RETURNED and timezone.now() < self.deadline)

    def lock_editable(self) -> "Application":
        """Returns this row as stored, locked until the transaction ends. Raises WrongState if it can't be changed now.

        ``submit`` takes the same lock, so that a change never reaches a submitted row, which the triggers would refuse.
        """
        rows = Application.objects.select_for_update(of=("self",)).select_related("cycle__edition")
        locked = rows.filter(pk=self.pk).first()
        if locked is None or not locked.is_editable:
            raise WrongState("It can no longer be changed.")
        return locked

    def content(self) -> dict[str, dict[str, Any]]:
        """Returns current answers by section."""
        return {section.name: section.answers for section in self.sections.all()}

    def photos_now(self) -> models.QuerySet[Any]:
        return self.photos.filter(submission=None).select_related("file")

    def checked(self, content: Content | None = None) -> Outcome:
        """Checks the current sections. ``content`` saves reading them again."""
        photos = [(photo.file.name, photo.caption) for photo in self.photos_now()]
        return check_content(self.content() if content is None else content, photos, self.cycle)

    @transaction.atomic
    def submit(self, *, by: User) -> "Submission":
        """Freezes a version. Raises WrongState, DeadlinePassed or Incomplete; a paper application may have gaps."""
        locked = Application.objects.select_for_update(of=("self",)).select_related("cycle__edition").get(pk=self.pk)
        if locked.status not in self.EDITABLE or locked.status != self.status:
            raise WrongState("It is already submitted.")
        if not locked.is_editable:
            raise DeadlinePassed
        outcome = locked.checked()
        if not outcome.complete and not locked.on_paper:
            raise Incomplete(outcome)
        again = locked.status == self.Status.RETURNED
        submission = locked._freeze(outcome, by=by)
        self._move(
            self.Status.RESUBMITTED if again else self.Status.SUBMITTED, by=by, why=f"Version {submission.number}"
        )
        submitted_at = self.for_applicants(submission.submitted_at)
        self.tell_applicants(
            "application-submitted", str(submission.number), number=submission.number, submitted_at=submitted_at
        )
        return submission

    def _freeze(self, outcome: Outcome, *, by: User) -> "Submission":
        """Creates the next version with its own photo rows, which share the files."""
        submission = Submission.objects.create(
            application=self,
            number=self.submissions.count() + 1,
            content=self.content(),
            deficiencies=[vars(deficiency) for deficiency in outcome.deficiencies],
            size=outcome.size or "",
            words=outcome.words,
            counted_attributes=outcome.counted_attributes,
            counted_boxes=outcome.counted_boxes,
            submitted_by=by,
        )
        self.photos.bulk_create(
            self.photos.model(
                application=self,
                submission=submission,
                file_id=photo.file_id,
                caption=photo.caption,
                may_publish=photo.may_publish,
            )
            for photo in self.photos_now()
        )
        return submission

    @transaction.atomic
    def withdraw(self, *, by: User, why: str) -> None:
        """Withdraws it, with a decision that was not released. Raises WrongState for a draft, and after an outcome."""
        self._move(self.Status.WITHDRAWN, by=by, why=why)
        self.undo_decision(by=by)
        self.tell_applicants("application-withdrawn", "withdrawn")

    def undo_decision(self, *, by: User) -> None:
        """Undoes a decision that was made and not released. Raises WrongState once it is released."""
        stored = Application.objects.select_related("decision").get(pk=self.pk)
        if hasattr(stored, "decision"):
            stored.decision.take_back(by=by)

    @transaction.atomic
    def discard(self, *, by: User | None = None, why: str = "") -> None:
        """Deletes a draft, its photo files and scan. Raises WrongState.

        Of one that was entered from paper, it stays known who deleted it, and why.
        """
        drafts = Application.objects.filter(pk=self.pk, status=self.Status.DRAFT)
        if not drafts.select_for_update().first():
            raise WrongState("Only a draft can be deleted.")
        if self.on_paper:
            self.utility.discarded_drafts.create(cycle=self.cycle, by=by, why=why)
        files = list(StoredFile.objects.filter(application_photos__application=self).distinct())
        if self.scan:
            files.append(self.scan)
        drafts.delete()
        for file in files:
            file.discard()

    @transaction.atomic
    def extend(self, until: datetime, *, by: User, why: str) -> None:
        """Moves the deadline of this draft or returned application. Raises WrongState."""
        if self.cycle.is_archived:
            raise WrongState("The cycle is archived.")
        if self.awaits_mailing:
            raise WrongState("Its time has not begun: the letter is not mailed yet.")
        if until <= max(self.deadline, timezone.now()):
            raise WrongState(f"The new deadline must be later than now and than {self.for_reader(self.deadline)}.")
        which = "resubmit_by" if self.status == self.Status.RETURNED else "extended_until"
        written = Application.objects.filter(pk=self.pk, status=self.status, status__in=self.EDITABLE)
        if not written.update(**{which: until}):
            raise WrongState("Only the deadline of a draft or returned application can be extended.")
        setattr(self, which, until)
        self.note(by=by, why=f"Deadline extended to {self.in_its_zone(until)}. {why}")
        self.tell_applicants("deadline-moved", until.isoformat(), due=self.for_applicants(until))

    def extension_letter(self, until: datetime) -> tuple[str, str]:
        """Returns subject and body for the applicant of what ``extend`` would send."""
        return self.rendered_to_applicants("deadline-moved", due=self.for_applicants(until))

    # Review.

    def postal_address(self) -> list[str]:
        """Returns the lines of the applicant's address, as its form says, else as far as the utility is known."""
        submission = self.submission
        content = submission.content if submission else self.content()
        utility = self.utility
        return postal(content.get("contact", {}), name=utility.name, city=utility.city, state=utility.state)

    @property
    def submission(self) -> "Submission | None":
        """The version under review, which is the last one."""
        found = composed.first(_versions, None, self.pk)
        if found:
            found.application = self
        return found

    @property
    def letters_on_paper(self) -> list[Any]:
        """The letters to an applicant whom nobody reaches by email, the oldest first."""
        return composed.rows(_letters_on_paper, None, self.pk)

    def in_its_zone(self, moment: datetime) -> str:
        return self.cycle.in_its_zone(moment)

    def for_reader(self, moment: datetime) -> str:
        return self.cycle.for_reader(moment)

    def for_applicants(self, moment: datetime) -> str:
        """Returns ``moment`` for a message to the utility: in the cycle's time zone, and in the utility's."""
        with timezone.override(self.utility.zone):
            return self.for_reader(moment)

    def end_of(self, day: date) -> datetime:
        """Returns the last second of ``day`` in the cycle's time zone."""
        return datetime.combine(day, time(23, 59, 59), ZoneInfo(self.cycle.time_zone))


def _contact_of(utility: Utility) -> dict[str, Any]:
    """Returns contact answers from the utility's record."""
    known = {"organization": utility.name, "city": utility.city, "state": utility.state}
    return known | {"identifiers": [number.value for number in utility.identifiers.all()]}


def check_content(content: Content, photos: list[tuple[str, str]], cycle: Cycle) -> Outcome:
    """Checks the criteria, and what only the form requires.

    That is the attestation, the agreement, exact claimed passages, and an answer to each point of staff.
    """
    today = zones.today(ZoneInfo(cycle.time_zone))
    outcome = completeness.check(entry_of(content, photos), cycle.edition.criteria, today)
    for name, point in points(content).items():
        if not point["answer"].strip():
            message = f"Answer the point of program staff: {point['label']}."
            outcome.deficiencies.append(completeness.Deficiency("point-unanswered", f"points.{name}", message))
    if not content.get("attestation", {}).get("attested"):
        message = "Confirm that you were in compliance for the past 12 months."
        outcome.deficiencies.append(completeness.Deficiency("attestation-missing", "attestation.attested", message))
    if not content.get("certification", {}).get("agreed"):
        message = "Check the box to certify the statement."
        outcome.deficiencies.append(completeness.Deficiency("certification-missing", "certification.agreed", message))
    if lost := unfound(content):
        quoted = ", ".join(f"“{passage[:60]}”" for passage in lost)
        message = f"Not found in your text: {quoted}. Copy each passage exactly."
        outcome.deficiencies.append(completeness.Deficiency("passage-not-found", "confidentiality.passages", message))
    return outcome


class ApplicationEvent(Event):
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="events")


def _letters_on_paper(application: int) -> models.QuerySet[Any]:
    """Their model imports this one."""
    return apps.get_model("recognition", "PaperLetter").objects.filter(application=application)


def _versions(application: int) -> models.QuerySet["Submission"]:
    return Submission.objects.filter(application=application).order_by("-number")[:1]


class Submission(models.Model):
    """A version as submitted, which never changes. ``content`` is as in recognition.application.content."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="submissions")
    number = models.PositiveSmallIntegerField()
    content = models.JSONField()
    deficiencies = models.JSONField(default=list, help_text="items found missing automatically; empty unless on paper")
    size = models.CharField(max_length=8, blank=True)
    words = models.PositiveIntegerField()
    counted_attributes = models.PositiveSmallIntegerField()
    counted_boxes = models.PositiveSmallIntegerField()
    submitted_at = models.DateTimeField(default=timezone.now)
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["application", "number"], name="submission_numbered_once"),
            models.CheckConstraint(condition=Q(number__gte=1, number__lte=2), name="submission_twice_at_most"),
        ]
        triggers = [triggers.SUBMISSION_IS_KEPT]

    def __str__(self) -> str:
        return f"Version {self.number}"

    @property
    def facility_types(self) -> str:
        types = self.content.get("eligibility", {}).get("facility_types", [])
        return ", ".join(System(kind).label for kind in types)
