"""Attachments of a row: each is a link or a stored file, never both. A link may be a path in the sender's network."""

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from files.models import StoredFile

WEB = re.compile(r"https?://", re.IGNORECASE)
# \\server\share or //server/share, S:\folder, file:…
PATH = re.compile(r"(\\\\|//)[^\\/\s]+[\\/]|[A-Z]:[\\/]|file:", re.IGNORECASE)
HOST = re.compile(r"[\w.-]+", re.ASCII)
UNSEEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")  # Windows copies some of them with a path


def as_link(typed: str) -> str:
    """Returns a web address or a path in a form to keep; empty if it is neither."""
    link = UNSEEN.sub("", typed).strip().strip("\"'“”<>").strip()
    if re.search(r"[\x00-\x1f\x7f-\x9f]", link):
        return ""
    if PATH.match(link):
        return link
    if not WEB.match(link):
        host, slash, _ = link.partition("/")
        name, colon, port = host.partition(":")
        if not HOST.fullmatch(name) or (colon and not port.isdigit()) or not (slash or "." in name):
            return ""
        link = f"https://{link}"
    link = re.sub(r"\s", "%20", link)
    try:
        parts = urlsplit(link)
        is_whole = parts.hostname and parts.port != 0 and "%" not in parts.netloc
    except ValueError:  # not a port, or a bracket without its pair
        return ""
    return link if is_whole else ""


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
    url = models.CharField("link or path", max_length=1000, blank=True)
    file = models.ForeignKey(StoredFile, null=True, blank=True, on_delete=models.PROTECT, related_name="%(class)s")
    added_at = models.DateTimeField(default=timezone.now, editable=False)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        abstract = True
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.title or (self.file.name if self.file else self.url)

    @property
    def opens(self) -> bool:
        """Whether the link may be opened from a page; a path is only shown, to be copied."""
        return bool(WEB.match(self.url))

    def remove(self) -> None:
        """Deletes the row, and its file unless another row of the table uses it. Must run inside a transaction."""
        file = self.file
        self.delete()
        if file and not type(self)._base_manager.filter(file=file).exists():
            file.discard()
