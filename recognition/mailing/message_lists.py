"""The list of messages to applicants, and of one message's recipients with what became of each."""

from typing import Any

import django_tables2 as tables
from django.contrib.contenttypes.models import ContentType
from django.db.models import Case, CharField, Count, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.urls import reverse
from django_filters import ChoiceFilter

from accounts.models import User
from letters.models import Delivery, Message
from recognition.mailing.lists import LetterFilters
from recognition.models import Announcement, Application, PaperLetter, Recipient
from recognition.models.announcement import WORDING
from workflow.lists import DateColumn, StateColumn, Table

Status = Delivery.Status
# What became of a message, the worst first: an applicant who gets several emails is shown with the worst of them.
WORST = [Status.BOUNCED, Status.FAILED, Status.DOUBTFUL, Status.SENDING, Status.WAITING, Status.DISMISSED, Status.SENT]
FATES: dict[str, str] = {status.value: str(status.label) for status in WORST} | {
    "to_mail": "To be mailed",
    "mailed": "Mailed",
    "none": "Nothing sent",
    "left": "Not written yet",
}
TONES = {
    **dict.fromkeys(["bounced", "failed"], "bad"),
    **dict.fromkeys(["doubtful", "to_mail", "left", "none"], "warn"),
    **dict.fromkeys(["sent", "mailed"], "good"),
}


def emails_of(announcement: Announcement) -> QuerySet[Message]:
    """Returns its emails."""
    kind = ContentType.objects.get_for_model(Application)
    found = Message.objects.filter(about_type=kind, key__startswith=f"{WORDING}:")
    return found.filter(key__contains=f":{announcement.digest}:").order_by()


def with_fate(rows: QuerySet[Recipient], announcement: Announcement) -> QuerySet[Any]:
    """Adds what became of each (``fate``, as in FATES), and the keys of the email and of the letter that show it."""
    rank = Case(
        *(When(email__delivery__status=status, then=Value(place)) for place, status in enumerate(WORST)),
        output_field=IntegerField(),
    )
    own = emails_of(announcement).filter(about_id=OuterRef("application_id"))
    worst = own.annotate(rank=rank).order_by("rank", "pk")
    letter = PaperLetter.objects.filter(
        application=OuterRef("application_id"), key__startswith=f"{WORDING}:", key__endswith=f":{announcement.digest}"
    )
    return rows.annotate(
        delivery=Subquery(worst.values("email__delivery")[:1]),
        letter=Subquery(letter.values("pk")[:1]),
        mailed_on=Subquery(letter.values("mailed_on")[:1]),
        fate=Case(
            When(settled_at=None, then=Value("left")),
            When(way=Recipient.Way.NONE, then=Value("none")),
            When(way=Recipient.Way.PAPER, mailed_on=None, then=Value("to_mail")),
            When(way=Recipient.Way.PAPER, then=Value("mailed")),
            default=Subquery(worst.values("email__delivery__status")[:1]),
            output_field=CharField(),
        ),
    )


def fates(rows: QuerySet[Any]) -> list[tuple[str, str, int]]:
    """Returns how many of the rows of ``with_fate`` share each fate: its name, its words, and the number."""
    found = dict(rows.order_by().values_list("fate").annotate(n=Count("pk")))
    return [(name, label, found[name]) for name, label in FATES.items() if name in found]


class FateColumn(StateColumn):
    def render(self, value: str, record: Any, bound_column: Any) -> str:
        return super().render(FATES.get(value, value), record, bound_column)

    def value(self, value: str) -> str:
        return FATES.get(value, value)


def _where_it_is(record: Any) -> str | None:
    """The page of its email, where it is sent again, or of its letter on paper."""
    if record.way == Recipient.Way.PAPER and record.letter:
        return reverse("recognition:paper_letter", args=[record.letter])
    return reverse("accounts:email", args=[record.delivery]) if record.delivery else None


class RecipientTable(Table):
    page_name = "Recipients"
    utility = tables.Column(
        "Utility",
        accessor="application__utility",
        linkify=lambda record: record.application.get_absolute_url(),
        order_by="application__utility__name",
    )
    way = tables.Column("How", linkify=_where_it_is)
    fate = FateColumn("Outcome", tones=TONES)
    why = tables.Column("Why nothing")
    settled_at = DateColumn("Written", format="M j, Y, g:i A T")

    class Meta:
        order_by = "utility"


class PlannedTable(RecipientTable):
    """Before the message is sent, so that there is no email to open yet."""

    way = tables.Column("How")

    class Meta(RecipientTable.Meta):
        exclude = ("fate", "settled_at")


class RecipientFilters(LetterFilters):
    mailed = None
    way = ChoiceFilter(label="How", choices=Recipient.Way.choices, empty_label="All")
    fate = ChoiceFilter(label="Outcome", choices=list(FATES.items()), empty_label="All")

    class Meta:
        exclude = ["mailed"]


class PlannedFilters(RecipientFilters):
    fate = None

    class Meta:
        exclude = ["mailed", "fate"]


class MessageTable(Table):
    page_name = "Messages to applicants"
    subject = tables.Column("Message", linkify=lambda record: record.get_absolute_url())
    whom = tables.Column("To")
    n = tables.Column("Applicants", initial_sort_descending=True)
    status = StateColumn("Status", tones={"done": "good", "stopped": "bad", "draft": "warn"})
    n_failed = tables.Column("Did not arrive", orderable=False)
    by = tables.Column("By", order_by="by__name")
    drafted_at = DateColumn("Drafted")
    sent_at = DateColumn("Sent")

    class Meta:
        order_by = "-drafted_at"

    def render_subject(self, record: Any) -> str:
        return str(record)


def messages_of_staff(user: User) -> QuerySet[Any]:
    """Returns sent messages and the person's own drafts, with the number of applicants and of emails that failed."""
    unsolved = Message.objects.filter(
        key__startswith=f"{WORDING}:", key__contains=OuterRef("digest"), email__delivery__status__in=Delivery.UNSOLVED
    )
    n_failed = unsolved.order_by().values(one=Value(1)).annotate(n=Count("pk")).values("n")
    shown = Announcement.objects.filter(~Q(status="draft") | Q(by=user)).select_related("by")
    return shown.annotate(n=Count("recipients"), n_failed=Subquery(n_failed))
