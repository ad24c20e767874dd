"""A part of an application that is saved as one."""

from typing import Any

from django.db import models, transaction

from accounts.models import User
from recognition import triggers
from recognition.models.application import Application
from workflow.models import Versioned


class Section(Versioned):
    """A part of the application that is saved as one: ``name``, ``answers`` as in recognition.application.content."""

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
        """Its name as an id of the page."""
        return self.name.replace(".", "-")

    @transaction.atomic
    def answer(self, version: int, answers: dict[str, Any], *, by: User) -> None:
        """Raises Stale, or WrongState once the application is submitted or its deadline is over."""
        self.application.lock_editable()
        self.save_over(version, by=by, answers=answers)
