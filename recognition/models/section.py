"""The sections of an application."""

from typing import Any

from django.db import models, transaction

from accounts.models import User
from recognition.models import triggers
from recognition.models.application import Application
from workflow.models import Versioned


class Section(Versioned):
    """A separately saved part. ``name`` and ``answers`` are as in recognition.application.content."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="sections")
    name = models.CharField(max_length=80)
    answers = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["application", "name"], name="section_once_per_application")]
        triggers = [triggers.SECTION_WHILE_WRITTEN]

    def __str__(self) -> str:
        return self.name

    @property
    def anchor(self) -> str:
        """The name as an HTML id."""
        return self.name.replace(".", "-")

    @transaction.atomic
    def answer(self, version: int, answers: dict[str, Any], *, by: User) -> None:
        """Raises Stale, or WrongState once the application is submitted or past its deadline."""
        self.application.lock_editable()
        self.save_over(version, by=by, answers=answers)
