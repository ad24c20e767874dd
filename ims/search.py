"""A person's records for the search."""

from collections.abc import Iterator

from django.db.models import Case, TextField, Value, When
from django.db.models.functions import Concat, StrIndex

from accounts.models import User
from ims import registers
from ims.records import Record
from workflow.matching import Plain
from workflow.search import MAX_FOUND, Place, has_all, own


@own(order=5)
def records(user: User, words: list[str]) -> Iterator[Place]:
    """Yields those with the words in their number or title, or some there and the others in their utility's name.

    A number that was typed comes first.
    """
    named, at = has_all(words, "number", "title"), has_all(words, "utility__plain_name")
    anywhere = has_all(words, "number", "title", "utility__plain_name")
    found = Record.objects.visible_to(user).filter(anywhere, named | ~at)
    dash = Value("-", output_field=TextField())
    number = Concat(dash, Plain("number"), dash)
    ranked = found.annotate(at=StrIndex(Value(f"-{'-'.join(words)}-"), number))
    place = Case(When(at__gt=0, then=Value(0)), When(named, then=Value(1)), default=Value(2))
    for record in ranked.order_by(place, "-is_open", "due", "-pk")[:MAX_FOUND]:
        text = f"{registers.get(record.register).name}, {record.utility}. {registers.status_label(record)}."
        yield Place("your record", str(record), text, record.get_absolute_url())
