"""Celery tasks of the management system."""

from celery import shared_task

from ims import emails
from ims.system.archive.models import MAX_SECONDS, ArchiveImport
from letters.reminders import for_each


@shared_task
def tell_owners() -> None:
    """Tells the people who became owners a few minutes ago."""
    for_each(emails.newly_assigned(), emails.tell_owner)


@shared_task
def forget_archives() -> None:
    """Deletes archives that somebody brought and never confirmed."""
    ArchiveImport.objects.forgotten().discard()


@shared_task(acks_late=True, soft_time_limit=MAX_SECONDS, time_limit=MAX_SECONDS + 60)
def take_in(pk: int) -> None:
    """Takes an archive into its utility, unless that was done or another worker is doing it. Safe to run twice."""
    ArchiveImport.carry_out(pk)
