"""Sends tasks to the queue by their registered names.

So a model that sends a task need not import the task module, which imports the model.
"""

import logging
from typing import Any

from celery import current_app
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def send(task: str, *args: Any, **options: Any) -> bool:
    """Sends the task with this name, such as "reports.tasks.make". Returns False if the broker is unreachable.

    ``options`` are those of Celery's ``apply_async``. The caller keeps a row from which the task can be sent later.
    """
    try:
        current_app.send_task(task, args, **options)
    except OperationalError as error:
        logger.warning("%s%s is not sent, the broker is away: %s", task, args, error)
        return False
    return True
