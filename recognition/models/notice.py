"""Who is notified of a cycle's recognitions (CWA 501(e)(3); 40 CFR 105.14 to 105.16), and what was sent when."""

from datetime import date
from typing import Any, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import User, Utility
from accounts.regions import states
from recognition.models.application import Application
from recognition.models.cycle import Cycle
from recognition.models.recognition import Recognition


class Addressee(models.Model):
    """An office that the law names, and its holder when the cycle's letters are sent.

    A Governor has a ``state``; a Tribal leader has the one ``utility`` in the Tribe's jurisdiction.
    """

    class Office(models.TextChoices):
        PRESIDENT = "president", "President of the United States"
        SPEAKER = "speaker", "Speaker of the House of Representatives"
        PRO_TEMPORE = "pro_tempore", "President pro tempore of the Senate"
        GOVERNOR = "governor", "Governor"
        TRIBAL_LEADER = "tribal_leader", "Tribal leader"

    # The office as it is greeted, for a blank salutation: a name may begin with “The Honorable”.
    GREETED = {
        Office.PRESIDENT: "President",
        Office.SPEAKER: "Speaker",
        Office.PRO_TEMPORE: "President pro tempore",
        Office.GOVERNOR: "Governor",
        Office.TRIBAL_LEADER: "Tribal Leader",
    }
    NATIONAL = (Office.PRESIDENT, Office.SPEAKER, Office.PRO_TEMPORE)

    cycle = models.ForeignKey(Cycle, on_delete=models.CASCADE, related_name="addressees")
    office = models.CharField(max_length=16, choices=Office.choices)
    state = models.CharField("state or territory", max_length=2, choices=states, blank=True)
    utility = models.ForeignKey(
        Utility, null=True, blank=True, on_delete=models.CASCADE, related_name="+", help_text="for a Tribal leader only"
    )
    name = models.CharField(
        max_length=120, blank=True, help_text="including the form of address, such as The Honorable …"
    )
    title = models.CharField(max_length=160, blank=True, help_text="blank: the name of the office")
    salutation = models.CharField(max_length=120, blank=True, help_text="the text after “Dear”; blank: the office")
    address = models.TextField(max_length=400, blank=True)

    class Meta:
        ordering = ["office", "state", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["cycle", "office", "state", "utility"], name="addressee_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(office="governor") & ~Q(state="") | ~Q(office="governor") & Q(state=""),
                name="addressee_governor_has_a_state",
            ),
            models.CheckConstraint(
                condition=Q(office="tribal_leader", utility__isnull=False)
                | ~Q(office="tribal_leader") & Q(utility=None),
                name="addressee_tribal_leader_has_a_utility",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.office_title

    def clean(self) -> None:
        """Checks the constraints' rules, for readable errors."""
        if (self.office == self.Office.GOVERNOR) != bool(self.state):
            raise ValidationError({"state": "A Governor needs a state. No other office has one."})
        if (self.office == self.Office.TRIBAL_LEADER) != bool(self.utility_id):
            raise ValidationError({"utility": "A Tribal leader needs a utility. No other office has one."})

    @property
    def office_title(self) -> str:
        """``title``, or the office: Governor of Oregon."""
        if self.title:
            return self.title
        return f"Governor of {self.get_state_display()}" if self.state else self.get_office_display()

    @property
    def greeting(self) -> str:
        """The text after “Dear”."""
        return self.salutation.strip() or self.GREETED[self.Office(self.office)]

    @property
    def recognitions(self) -> models.QuerySet[Recognition]:
        """The unrevoked recognitions to name: the cycle's, the state's, or the utility's."""
        rows = Recognition.objects.filter(application__cycle=self.cycle_id, revoked_at=None).with_utility()
        if self.office == self.Office.GOVERNOR:
            return rows.filter(application__utility__state=self.state)
        if self.office == self.Office.TRIBAL_LEADER:
            return rows.filter(application__utility=self.utility_id)
        return rows


class NoticeQuerySet(models.QuerySet["Notice"]):
    def of_cycle(self, cycle: Cycle) -> Self:
        return self.filter(cycle=cycle).select_related("by", "addressee", "application__utility")


class Notice(models.Model):
    """A completed line of the checklist: what was sent to whom, when and how."""

    class Kind(models.TextChoices):
        LETTER = "letter", "Letter to the applicant"
        CERTIFICATE = "certificate", "Certificate"
        OFFICE = "office", "Letter to an office"
        REGISTER = "federal_register", "Federal Register notice"
        PRESS = "press", "Press text"

    OF_AN_APPLICATION = (Kind.LETTER, Kind.CERTIFICATE, Kind.PRESS)

    cycle = models.ForeignKey(Cycle, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    addressee = models.ForeignKey(Addressee, null=True, blank=True, on_delete=models.CASCADE, related_name="notices")
    application = models.ForeignKey(
        Application, null=True, blank=True, on_delete=models.CASCADE, related_name="notices"
    )
    sent_on = models.DateField()
    how = models.CharField(max_length=120, blank=True, help_text="mail, courier, docket number")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["sent_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["cycle", "kind", "addressee", "application"], name="notice_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(kind="office", addressee__isnull=False, application=None)
                | Q(kind="federal_register", addressee=None, application=None)
                | Q(kind__in=["letter", "certificate", "press"], addressee=None, application__isnull=False),
                name="notice_is_for_someone",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.sent_on:%B %-d, %Y}"

    @classmethod
    def record(
        cls,
        cycle: Cycle,
        kind: str,
        *,
        by: User,
        sent_on: date,
        how: str = "",
        addressee: Addressee | None = None,
        application: Application | None = None,
    ) -> "Notice":
        """Records a sent notice, replacing the date of an earlier one."""
        done = {"sent_on": sent_on, "how": how, "by": by, "recorded_at": timezone.now()}
        key: dict[str, Any] = {"cycle": cycle, "kind": kind, "addressee": addressee, "application": application}
        return cls.objects.update_or_create(**key, defaults=done)[0]
