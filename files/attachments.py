"""Attachments of a row: each is a link or a stored file, never both."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from files.models import StoredFile


def link_or_file(name: str) -> models.CheckConstraint:
    """Returns the constraint that every table of attachments needs. Each table gives it another name."""
    return models.CheckConstraint(
        condition=(Q(url="") & Q(file__isnull=False)) | (~Q(url="") & Q(file=None)), name=name
    )


class Attachment(models.Model):
    """An attachment. A subclass adds the foreign key to its row and the constraint ``link_or_file``.

    Several attachments may share one file; it is deleted with the last of them.
    """

    title = models.CharField(max_length=200, blank=True)
    url = models.URLField("link", max_length=1000, blank=True)
    file = models.ForeignKey(StoredFile, null=True, blank=True, on_delete=models.PROTECT, related_name="%(class)s")
    added_at = models.DateTimeField(default=timezone.now, editable=False)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        abstract = True
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.title or (self.file.name if self.file else self.url)

    def remove(self) -> None:
        """Deletes the row, and its file unless another row of the table uses it. Must run inside a transaction."""
        file = self.file
        self.delete()
        if file and not type(self)._base_manager.filter(file=file).exists():
            file.discard()
