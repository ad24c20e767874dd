"""Who approves a document and who must know it: each person for themself, or entered for someone without an account."""

from datetime import date
from typing import Any

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import CAN_EDIT, User
from accounts.rows import OfUtility, OfUtilityQuerySet
from ims.editions import Edition
from ims.people import Person
from workflow.models import WrongState
from workflow.rights import NotAllowed

IN_REVIEW = "in-review"


class SignatureQuerySet(OfUtilityQuerySet["Signature"]):
    utility = "document__utility"

    def asked(self) -> "SignatureQuerySet":
        """Returns those that count: who signed, and who is still here."""
        return self.filter(Q(signed_on__isnull=False) | Q(person__in=Person.objects.here()))

    def to_sign(self, user: User, status: str) -> "SignatureQuerySet":
        """Returns what the user has to sign of the documents that are in a status."""
        mine: Any = self.visible_to(user)
        return mine.filter(person__user=user, signed_on=None, document__status=status)


class Signature(OfUtility, models.Model):
    """A person's name under a document. ``signed_on`` is empty until they sign, or sign on paper and it is entered."""

    person = models.ForeignKey(Person, on_delete=models.RESTRICT, related_name="%(class)ss")
    signed_on = models.DateField(null=True, blank=True)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    entered_at = models.DateTimeField(null=True, blank=True)

    objects = SignatureQuerySet.as_manager()
    document: Any
    document_id: int
    person_id: int
    entered_by_id: int | None

    class Meta:
        abstract = True
        ordering = ["person__name", "person"]

    def __str__(self) -> str:
        on = f", {self.signed_on:%B %-d, %Y}" if self.signed_on else ""
        return f"{self.person}{on}{f', entered by {self.entered_by}' if self.is_entered else ''}"

    @property
    def is_entered(self) -> bool:
        """Whether someone else entered it, from paper."""
        return bool(self.signed_on and self.entered_by_id and self.entered_by_id != self.person.user_id)

    @property
    def is_unclaimed(self) -> bool:
        """Whether no account stands behind it: it came with an archive, or the account is gone."""
        return bool(self.signed_on and not self.entered_by_id)

    def may_sign(self, user: User, role: str) -> bool:
        """Whether the user is the person; or may edit, and the person has no account."""
        return self.person.user_id == user.pk if self.person.user_id else role in CAN_EDIT

    def sign(self, on: date | None, *, by: User, role: str) -> None:
        """``on`` is the day on paper; today without it. Raises NotAllowed; WrongState for a day in the future."""
        if not self.may_sign(by, role):
            raise NotAllowed("Only the person can sign. For a person without an account, an editor enters it.")
        today = timezone.localdate()
        if on and on > today:
            raise WrongState("The date is in the future.")
        self.signed_on = on or today
        self.entered_by, self.entered_at = by, timezone.now()
        self.save(update_fields=["signed_on", "entered_by", "entered_at"])


CLEARED: dict[str, None] = {"signed_on": None, "entered_by": None, "entered_at": None}


def _both(prefix: str) -> list[models.BaseConstraint]:
    """Returns the constraints of a table of signatures. Each table gives them names of its own."""
    return [
        models.UniqueConstraint(fields=["document", "person"], name=f"{prefix}_once"),
        models.CheckConstraint(
            condition=Q(signed_on=None, entered_at=None) | Q(signed_on__isnull=False, entered_at__isnull=False),
            name=f"{prefix}_dated_and_entered",
        ),
    ]


def _refuse(when: str, name: str, words: str) -> str:
    return f"""
        IF {when} THEN
            RAISE EXCEPTION '{words}' USING ERRCODE = 'check_violation', CONSTRAINT = '{name}';
        END IF;"""


def _triggers(prefix: str, *rules: tuple[str, str, str]) -> list[pgtrigger.Trigger]:
    """Returns the triggers of a table of signatures. ``rules``: (what is refused, its name, words).

    In a rule ``state`` is the status of the document, whose row is locked: a step of the document waits for the
    signature or comes before it. A person with an account signs for themself. Names of merged people may change.
    """
    body = "".join(_refuse(*rule) for rule in rules)
    by_themself = _refuse(
        """NEW.signed_on IS NOT NULL AND EXISTS (SELECT 1 FROM ims_person p
            WHERE p.id = NEW.person_id AND p.user_id IS NOT NULL AND p.user_id IS DISTINCT FROM NEW.entered_by_id)""",
        f"{prefix}_by_themself",
        "a person with an account signs for themself",
    )
    elsewhere = _refuse(
        """(SELECT p.utility_id FROM ims_person p WHERE p.id = NEW.person_id)
            <> (SELECT r.utility_id FROM ims_record r WHERE r.id = NEW.document_id)""",
        f"{prefix}_of_the_utility",
        "the person is one of the utility",
    )
    state = "SELECT r.status INTO state FROM ims_record r WHERE r.id = COALESCE(NEW.document_id, OLD.document_id)"
    return [
        pgtrigger.Trigger(
            name=f"{prefix}_in_time",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert | pgtrigger.Delete | pgtrigger.UpdateOf("signed_on", "document_id"),
            declare=[("state", "varchar")],
            func=f"{state} FOR SHARE;{body} RETURN COALESCE(NEW, OLD);",
        ),
        pgtrigger.Trigger(
            name=f"{prefix}_by_themself",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert | pgtrigger.UpdateOf("signed_on"),
            func=f"{by_themself} RETURN NEW;",
        ),
        pgtrigger.Trigger(
            name=f"{prefix}_of_the_utility",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert | pgtrigger.UpdateOf("person_id", "document_id"),
            func=f"{elsewhere} RETURN NEW;",
        ),
    ]


class DocumentApprover(Signature):
    """Chosen while the document is a draft; signs while it is in review."""

    document = models.ForeignKey("ims.Document", on_delete=models.CASCADE, related_name="approvers")

    class Meta(Signature.Meta):
        constraints = _both("document_approver")
        triggers = _triggers(
            "document_approver",
            ("TG_OP = 'UPDATE' AND state <> 'in-review'", "document_approved_in_review", "it is not in review"),
            ("TG_OP <> 'UPDATE' AND state <> 'draft'", "document_approvers_chosen_in_draft", "it is no draft"),
        )


class DocumentReader(Signature):
    """Must know the document; confirms that they read it once it is approved."""

    document = models.ForeignKey("ims.Document", on_delete=models.CASCADE, related_name="readers")

    class Meta(Signature.Meta):
        constraints = _both("document_reader")
        triggers = _triggers(
            "document_reader",
            (
                "(TG_OP = 'UPDATE' OR TG_OP = 'INSERT' AND NEW.signed_on IS NOT NULL) AND state <> 'in-force'",
                "document_read_while_in_force",
                "it is not approved",
            ),
            (
                "TG_OP = 'DELETE' AND OLD.signed_on IS NOT NULL",
                "document_keeps_who_read_it",
                "who confirmed it stays",
            ),
        )


def to_approve(user: User) -> SignatureQuerySet:
    return DocumentApprover.objects.to_sign(user, IN_REVIEW)


def to_read(user: User) -> SignatureQuerySet:
    return DocumentReader.objects.to_sign(user, Edition.IN_FORCE)
