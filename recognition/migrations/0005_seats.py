"""A place on a panel is called a seat, so that tasks can be "assigned"."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("recognition", "0004_messages_to_letters"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.RemoveConstraint("assignment", "assignment_once_per_member"),
        migrations.RemoveConstraint("assignment", "assignment_one_lead"),
        migrations.RemoveConstraint("assignment", "assignment_recused_with_a_reason"),
        migrations.RemoveConstraint("assignment", "assignment_declared_before_review"),
        migrations.RemoveConstraint("rating", "rating_once_per_criterion"),
        migrations.RenameModel("Assignment", "Seat"),
        migrations.RenameField("rating", "assignment", "seat"),
        migrations.AlterField(
            "seat",
            "application",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="seats", to="recognition.application"
            ),
        ),
        migrations.AlterField(
            "seat",
            "member",
            models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="seats", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            "seat",
            models.UniqueConstraint(
                fields=["application", "member"], condition=Q(recused_at=None), name="seat_once_per_member"
            ),
        ),
        migrations.AddConstraint(
            "seat",
            models.UniqueConstraint(
                fields=["application"], condition=Q(lead=True, recused_at=None), name="seat_one_lead"
            ),
        ),
        migrations.AddConstraint(
            "seat",
            models.CheckConstraint(
                condition=Q(recused_at=None, conflict="")
                | (Q(recused_at__isnull=False) & ~Q(conflict="") & ~Q(conflict_reason="")),
                name="seat_recused_with_a_reason",
            ),
        ),
        migrations.AddConstraint(
            "seat",
            models.CheckConstraint(
                condition=Q(submitted_at=None) | Q(declared_at__isnull=False, recused_at=None),
                name="seat_declared_before_review",
            ),
        ),
        migrations.AddConstraint(
            "rating", models.UniqueConstraint(fields=["seat", "criterion"], name="rating_once_per_criterion")
        ),
    ]
