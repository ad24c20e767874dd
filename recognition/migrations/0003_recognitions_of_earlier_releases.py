"""Decisions that were released before recognitions had rows of their own get theirs, from the day of their release."""

from zoneinfo import ZoneInfo

from django.db import migrations

from recognition.models.recognition import last_day, new_number


def issue(apps, schema_editor):
    Application = apps.get_model("recognition", "Application")
    Recognition = apps.get_model("recognition", "Recognition")
    recognized = Application.objects.filter(status="recognized", decision__released_at__isnull=False)
    for application in recognized.select_related("cycle", "decision"):
        since = application.decision.released_at.astimezone(ZoneInfo(application.cycle.time_zone)).date()
        Recognition.objects.create(
            application=application, number=new_number(), since=since, until=last_day(since)
        )


class Migration(migrations.Migration):
    dependencies = [("recognition", "0002_after_the_decision")]
    operations = [migrations.RunPython(issue, migrations.RunPython.noop)]
