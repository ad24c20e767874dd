"""Nothing of a utility is forgotten: a table is in the archive, or in this list with a reason."""

from django.apps import apps
from django.db.models import Model

from accounts.models import Utility
from ims.system.archive.tables import LEFT_OUT, tables

NOT_IN_AN_ARCHIVE = {
    "ims.record",  # whole in every register
    "ims.savedview",
    "ims.preferences",
    "ims.attribution",  # said in the rows
    "ims.archiveimport",
    "ims.auditorindex",
    "ims.publicpage",
    "ims.publicpageevent",
    "ims.roundfeed",
    "assessments.sharing",
    "assessments.publication",  # of several utilities
}


def belongs(model: type[Model], seen: frozenset = frozenset()) -> bool:
    """Whether a chain of foreign keys leads to a utility, required or not."""
    if model is Utility:
        return True
    if model in seen or model._meta.app_label not in ("ims", "assessments"):
        return False
    return any(belongs(field.related_model, seen | {model}) for field in model._meta.fields if field.is_relation)


def test_every_table_of_a_utility_is_in_the_archive_or_left_out_with_a_reason():
    rooms = [apps.get_app_config(name) for name in ("ims", "assessments")]
    models = [model for room in rooms for model in room.get_models(include_auto_created=True)]
    found = {model._meta.label_lower for model in models if belongs(model)} | {"ims.preferences"}
    assert found - tables().keys() == NOT_IN_AN_ARCHIVE - {"assessments.publication"}
    assert set(LEFT_OUT) == NOT_IN_AN_ARCHIVE
    assert all(LEFT_OUT.values())
    assert tables().keys() <= found


def test_every_field_is_written_or_follows_from_the_rest():
    for table in tables().values():
        written = {field.name for field in table.fields}
        left = {field.name for field in table.model._meta.concrete_fields} - written
        of_records = {"record", "register", "is_open", "restricted", "assigned_at"} if table.is_register else set()
        assert left <= {"id", "utility"} | of_records, table


def test_what_rows_refer_to_comes_first():
    order = list(tables())
    for table in tables().values():
        for field in table.fields:
            label = field.is_relation and field.related_model._meta.label_lower
            if label in order and label != table.label:
                assert order.index(label) < order.index(table.label), field


def test_names_of_sheets_differ():
    names = [table.name[:31].casefold() for table in tables().values()]
    assert len(names) == len(set(names))
