"""Migrations that change only words: labels, help texts, the names of choices, of which the database knows nothing."""

from typing import Any

from django.db import migrations
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class Reworded(migrations.SeparateDatabaseAndState):
    """Does what its operations do to the models, and nothing in the database.

    Django builds nearly all models anew for each changed field. Here they are built once, when they are next needed,
    without which these migrations would take half of the time of ``manage.py migrate`` on an empty database.
    """

    def __init__(self, operations: list[Operation]) -> None:
        super().__init__(state_operations=operations)

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        vars(state).pop("apps", None)
        super().state_forwards(app_label, state)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.state_operations], {}
