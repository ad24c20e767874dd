"""Deletes files that no row refers to, and contents without a row."""

from celery import shared_task

from files.models import StoredFile, delete_without_row


@shared_task
def delete_unused() -> None:
    StoredFile.objects.unused().discard()
    delete_without_row()
