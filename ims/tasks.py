"""Celery tasks of the management system."""

from celery import shared_task

from ims import emails
from letters.reminders import for_each


@shared_task
def tell_owners() -> None:
    """Tells the people who became owners a few minutes ago."""
    for_each(emails.to_tell(), emails.tell_owner)
