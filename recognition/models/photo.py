"""Photos of an application: of its draft, or of a version."""

from pathlib import PurePath

from django.core.files.uploadedfile import UploadedFile
from django.db import models, transaction

from accounts.models import User
from files.models import StoredFile, storing
from files.photos import reencoded
from recognition.models import triggers
from recognition.models.application import Application, Submission
from workflow.models import WrongState


class TooManyPhotos(Exception):
    """The edition's maximum number of photos is reached. Nothing was stored."""


class Photo(models.Model):
    """A JPEG with a caption, of the draft or of a version."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="photos")
    submission = models.ForeignKey(Submission, null=True, blank=True, on_delete=models.CASCADE, related_name="photos")
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="application_photos")
    caption = models.CharField(max_length=300, blank=True)
    may_publish = models.BooleanField("may be published if we are recognized", default=False)

    class Meta:
        ordering = ["pk"]
        triggers = [triggers.PHOTO_WHILE_WRITTEN]

    def __str__(self) -> str:
        return self.caption or self.file.name

    @classmethod
    @storing()
    def add(
        cls, application: Application, upload: UploadedFile, *, by: User, caption: str, may_publish: bool
    ) -> "Photo":
        """Stores a photo re-encoded, without the camera's metadata. Raises RefusedFile, WrongState, TooManyPhotos."""
        locked = application.lock_editable()
        if locked.photos_now().count() >= locked.cycle.edition.most_photos:
            raise TooManyPhotos
        name = f"{PurePath(upload.name or 'photo').stem[:200]}.jpg"
        file = StoredFile.keep_made(name, "image/jpeg", reencoded(upload), by=by, utility=locked.utility)
        return cls.objects.create(application=application, file=file, caption=caption, may_publish=may_publish)

    @transaction.atomic
    def describe(self, *, caption: str, may_publish: bool) -> None:
        """Raises WrongState."""
        self._lock_editable()
        Photo.objects.filter(pk=self.pk).update(caption=caption, may_publish=may_publish)

    @transaction.atomic
    def discard(self) -> None:
        """Removes the photo from the draft. Deletes its file unless a version uses it. Raises WrongState."""
        self._lock_editable()
        file = self.file
        self.delete()
        if not file.application_photos.exists():
            file.discard()

    def _lock_editable(self) -> None:
        if self.submission_id:
            raise WrongState("A submitted version keeps its photos.")
        self.application.lock_editable()
