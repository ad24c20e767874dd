"""The Celery tasks of sending email, and of the daily reminders."""

from celery import shared_task

from letters import reminders, sending
from letters.delivery import Delivery
from workflow import queue

# Seconds. A mail server that answers a letter at a time, forever, would escape the time-out of each answer.
MAX_SECONDS = 2 * sending.BATCH_SECONDS


@shared_task(soft_time_limit=MAX_SECONDS)
def send() -> None:
    """Sends what is due; what does not fit into one batch, in a task of its own."""
    if sending.send_due():
        queue.send("letters.tasks.send")


@shared_task(soft_time_limit=MAX_SECONDS)
def sweep() -> None:
    """Once a minute: what waited for its next attempt, what the broker lost, what a killed worker left."""
    Delivery.objects.adopt()
    Delivery.objects.doubt_abandoned()
    send()


@shared_task
def remind() -> None:
    reminders.remind()
