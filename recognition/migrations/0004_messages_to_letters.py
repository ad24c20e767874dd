"""The messages about applications move to the room of letters."""

from typing import Any

from django.db import migrations


def move(apps: Any, schema_editor: Any) -> None:
    kinds = apps.get_model("contenttypes", "ContentType")
    about, _ = kinds.objects.get_or_create(app_label="recognition", model="application")
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO letters_message (key, email_id, written_at, about_type_id, about_id)
            SELECT key, email_id, written_at, CASE WHEN application_id IS NOT NULL THEN %s END, application_id
            FROM recognition_message ORDER BY id
            """,
            [about.pk],
        )


class Migration(migrations.Migration):
    dependencies = [
        ("contenttypes", "0002_remove_content_type_name"),
        ("letters", "0001_initial"),
        ("recognition", "0003_recognitions_of_earlier_releases"),
    ]
    operations = [
        migrations.RunPython(move),
        migrations.DeleteModel("Message"),
    ]
