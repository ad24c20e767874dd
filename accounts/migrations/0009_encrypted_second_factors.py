from django.db import migrations

from accounts.encryption import decrypt, encrypt


def _changed(change):
    def run(apps, schema_editor):
        rows = apps.get_model("mfa", "Authenticator").objects.filter(type__in=["totp", "recovery_codes"])
        for row in rows:
            for key in ("secret", "seed"):
                if key in row.data:
                    row.data[key] = change(row.data[key])
            row.save(update_fields=["data"])

    return run


class Migration(migrations.Migration):
    """The secrets of second factors, which were stored as they are, are encrypted."""

    dependencies = [
        ("accounts", "0008_confirmed_and_ended"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [migrations.RunPython(_changed(encrypt), _changed(decrypt))]
