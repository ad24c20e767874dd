"""The kind of report that is the Excel file of a large queue, as a person had it filtered and sorted."""

from typing import Any

from django.http import HttpRequest, QueryDict
from django.utils.text import slugify

from accounts.models import User
from recognition.models import QueueFile
from recognition.reviewing.exporting import widened
from recognition.reviewing.lists import QUEUES
from reports.kinds import Kind, register
from workflow import cells
from workflow.lists import as_asked


def find(user: User, pk: int) -> QueueFile | None:
    """Returns what the person asked for, if they still have the queue."""
    asked = QueueFile.objects.filter(pk=pk, by=user).first()
    queue = QUEUES.get(asked.queue) if asked else None
    if asked is None or queue is None or not queue.exists_for(user):
        return None
    asked.by = user  # whose roles are known already
    return asked


def found(asked: QueueFile) -> dict[str, Any]:
    """Returns the table of the rows that the person may read now."""
    queue, query, request = QUEUES[asked.queue], QueryDict(asked.query), HttpRequest()
    request.user = asked.by
    table, rows = widened(queue.table, queue.rows(asked.by), query.getlist("with"), asked.by)
    return {"table": as_asked(request, query, table, queue.filters, rows)[0]}


register(
    Kind(
        name="queue-file",
        label="Queue",
        template="",
        find=find,
        title=lambda asked: f"{QUEUES[asked.queue].title}, as filtered" if asked.query else QUEUES[asked.queue].title,
        filename=lambda asked: slugify(QUEUES[asked.queue].table.page_name),
        context=found,
        in_pdf=False,
        sheets=lambda context: {
            context["table"].page_name: cells.in_file(context["table"], context["table"].data.data)
        },
    )
)
