"""Looking after the files that nobody looks after."""

from celery import shared_task

from files.models import StoredFile


@shared_task
def delete_unused() -> None:
    StoredFile.objects.unused().discard()
