"""Deletes files that no row refers to."""

from celery import shared_task

from files.models import StoredFile


@shared_task
def delete_unused() -> None:
    StoredFile.objects.unused().discard()
