"""What a person may read of an application: on its pages, next to a review, in the packet."""

from typing import Any

from django.db.models import QuerySet

from recognition.application import shown
from recognition.application.blind import anonymous
from recognition.application.content import Content, redacted
from recognition.models import Application, Photo, Submission
from recognition.rights import Act, Rights
from workflow import composed


def page(application: Application, rights: Rights) -> dict[str, Any]:
    """Returns what the person may read of the latest version, or of the draft if none was submitted."""
    submission = application.submission
    content = content_for(application, rights, submission)
    reads_text, reads_contact = rights.may(Act.READ_TEXT), rights.may(Act.READ_CONTACT)
    return {
        "application": application,
        "rights": rights,
        "may": {act.name.lower(): rights.may(act) for act in Act},
        "submission": submission,
        "contact": shown.contact(content) if reads_contact else [],
        "texts": shown.texts(content, application.cycle.edition.criteria) if reads_text else [],
        "statements": [*shown.answered(content), *shown.statements(content)] if reads_text and reads_contact else [],
        "photos": composed.rows(*_photos(application, submission)) if sees_photos(rights) else [],
    }


def _photos(application: Application, submission: Submission | None) -> tuple[Any, None, int]:
    """Returns what to ask for the photos of a version or, without one, of the draft."""
    return (_of_version, None, submission.pk) if submission else (_of_draft, None, application.pk)


def _of_version(submission: int) -> QuerySet[Photo]:
    return Photo.objects.filter(submission=submission).select_related("file")


def _of_draft(application: int) -> QuerySet[Photo]:
    return Application(pk=application).photos_now()


def content_for(application: Application, rights: Rights, submission: Submission | None) -> Content:
    """Returns the sections of a version, or of the draft, without what the person must not read there."""
    content: Content = submission.content if submission else application.content()
    if not rights.may(Act.READ_CONFIDENTIAL):
        content = redacted(content)
    if application.my_blind:
        utility = application.utility
        numbers = utility.identifiers.values_list("value", flat=True)
        content = anonymous(content, [utility.name, utility.city, *numbers])
    return content


def sees_photos(rights: Rights) -> bool:
    """Photos and scans: a caption may repeat a claimed passage, and a picture shows whose plant it is."""
    return rights.may(Act.READ_CONFIDENTIAL) and not rights.application.my_blind
