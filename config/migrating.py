"""Migrates a new database in a tenth of the time.

For each operation Django makes the classes of all models anew that are related to the changed one: here almost all,
65,000 in the whole, which takes a minute. Here only the class of the changed model is made anew, while models, columns,
constraints and triggers are added. Data migrations get complete classes, as ever, and the tables come out the same;
``bin/upgrade-check`` compares them. The demo and the tests migrate like this, real sites as Django does.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db.migrations.state import ProjectState


@contextmanager
def quickly() -> Iterator[None]:
    """Within this, ``call_command("migrate")`` is quick."""
    of_django = ProjectState._find_reload_model  # type: ignore[attr-defined]

    def to_make_anew(state: ProjectState, app: str, name: str, delay: bool = False) -> set[tuple[str, str]]:
        made = state.apps.all_models[app].get(name)
        before = {field.name for field in [*made._meta.local_fields, *made._meta.local_many_to_many]} if made else set()
        if delay or state.models[app, name].fields.keys() > before:
            state.is_delayed = True  # so that Django makes all classes before it calls a data migration
            return {(app, name)}
        related: set[tuple[str, str]] = of_django(state, app, name, delay)
        return related

    ProjectState._find_reload_model = to_make_anew  # type: ignore[attr-defined]
    try:
        yield
    finally:
        ProjectState._find_reload_model = of_django  # type: ignore[attr-defined]
