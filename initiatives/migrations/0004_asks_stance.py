"""Requirements by element: whether one is required becomes a choice instead of the first words of its text."""

import re

from django.db import migrations

# How a text began that said that nothing is required at the element.
NOTHING = re.compile(r"(Asks nothing here\.|Asks for none[^.;]*[.;])\s*")


def with_stance(records):
    for record in records:
        if "stance" not in record:
            found = NOTHING.match(record["text"])
            record["stance"] = "nothing" if found else "asks"
            rest = record["text"][found.end() :] if found else ""
            if rest:
                record["text"] = rest[0].upper() + rest[1:]


def without_stance(records):
    for record in records:
        if record.pop("stance", "asks") == "nothing" and not NOTHING.match(record["text"]):
            record["text"] = f"Asks nothing here. {record['text']}"


def each(change):
    def run(apps, schema_editor):
        """Changes the published, the drafted, the last loaded and every earlier version."""
        for name, columns in (("Initiative", ["draft", "loaded"]), ("HistoricalInitiative", [])):
            model = apps.get_model("initiatives", name)
            for row in model.objects.all():
                change(row.asks)
                for column in columns:
                    change((getattr(row, column) or {}).get("asks", []))
                row.save(update_fields=["asks", *columns])

    return run


class Migration(migrations.Migration):
    dependencies = [("initiatives", "0003_words")]

    operations = [migrations.RunPython(each(with_stance), each(without_stance))]
