"""A person's records for the search."""

from collections.abc import Iterator

from accounts.models import User
from ims import registers
from ims.records import Record
from workflow.search import MOST, Place, has_all, own


@own(order=5)
def records(user: User, words: list[str]) -> Iterator[Place]:
    found = Record.objects.visible_to(user).filter(has_all(words, "number", "title"))
    for record in found.order_by("-is_open", "due", "-pk")[:MOST]:
        text = f"{registers.get(record.register).name}, {record.utility}. {registers.status_label(record)}."
        yield Place("your record", str(record), text, record.get_absolute_url())
