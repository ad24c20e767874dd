"""What is attached to a row: a link or a kept file, never both."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from files.models import StoredFile


def link_or_file(name: str) -> models.CheckConstraint:
    """The constraint of every table of attachments, under a name of its own."""
    return models.CheckConstraint(
        condition=(Q(url="") & Q(file__isnull=False)) | (~Q(url="") & Q(file=None)), name=name
    )


class Attachment(models.Model):
    """A subclass adds the foreign key to what it is attached to, and the constraint ``link_or_file``.

    Several rows may share one file; it is deleted with the last of them.
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
        """Delete the row, and its file unless another row of the table has it too. Inside a transaction."""
        file = self.file
        self.delete()
        if file and not type(self)._base_manager.filter(file=file).exists():
            file.discard()
