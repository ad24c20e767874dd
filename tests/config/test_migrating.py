"""The quick way to migrate leaves no old class to a data migration. ``bin/upgrade-check`` compares the databases."""

from django.db import models
from django.db.migrations.state import ModelState, ProjectState

from config import migrating


def test_a_data_migration_gets_complete_classes():
    state = ProjectState()
    state.add_model(ModelState("waters", "Basin", [("id", models.AutoField(primary_key=True))]))
    flows_to = models.ForeignKey("waters.Basin", models.CASCADE)
    state.add_model(ModelState("waters", "River", [("id", models.AutoField(primary_key=True)), ("basin", flows_to)]))
    river = state.apps.get_model("waters", "River")
    with migrating.quickly():
        state.add_field("waters", "basin", "depth", models.IntegerField(null=True), preserve_default=True)
        assert state.apps.get_model("waters", "River") is river, "only the class that changed is made anew"
        assert "depth" in vars(state.apps.get_model("waters", "Basin"))
        state.clear_delayed_apps_cache()  # as Django does before it calls a data migration
        complete = state.apps.get_model("waters", "River")._meta.get_field("basin").remote_field.model
        assert complete is state.apps.get_model("waters", "Basin")
        assert "depth" in vars(complete)
        river = state.apps.get_model("waters", "River")
        state.alter_field("waters", "basin", "id", models.BigAutoField(primary_key=True), preserve_default=True)
        assert state.apps.get_model("waters", "River") is not river, "its column changes along"
    assert ProjectState._find_reload_model.__module__ == "django.db.migrations.state"
