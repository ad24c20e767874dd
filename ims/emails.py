"""The emails about records: to a new owner, to whom a comment mentions, what is due, and the weekly one."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.conf import settings
from django.db.models import Count, F, Q
from django.utils import timezone

from accounts.models import Membership, Role, User, Utility
from accounts.roles import belongs
from ims import registers
from ims.people import Person
from ims.plan.harmonize.models import Participant
from ims.preferences import stop_address
from ims.records import Record, RecordComment
from letters.models import Message
from letters.wordings import rendered

SETTLED = timedelta(minutes=5)  # a wrong choice of the owner can be corrected for so long before an email goes out
REMIND = (timedelta(days=-7), timedelta(days=-1), timedelta(days=1))  # from the due date
SOON = timedelta(days=14)
MADE_UP = timedelta(days=7)  # days on which nothing ran are made up for
MAX_LINES = 50  # lines in one email


def newly_assigned() -> Iterable[Record]:
    """Returns the records whose new owner is to be told now."""
    return Record.objects.filter(assigned_at__lte=timezone.now() - SETTLED).select_related("utility", "owner__user")


def tell_owner(record: Record) -> None:
    """Writes the email to a new owner, unless the owner has changed since, or may not read the record."""
    same = Record.objects.filter(pk=record.pk, assigned_at=record.assigned_at, owner=record.owner_id)
    if not same.update(assigned_at=None) or not (user := _reader(record.owner, record)):
        return
    change = next((each for each in record.history.select_related("by") if "owner" in each.after), None)
    by = change.by if change else record.created_by
    words = _about(record) | {"person": user, "by": by or "", "due": _day(record.due)}
    subject, body = rendered("record-assigned", **words)
    Message.write(record, f"record-assigned:{record.pk}:{record.assigned_at:%Y%m%d%H%M%S}", user.email, subject, body)


def tell_mentioned(comment: RecordComment, record: Record) -> list[Person]:
    """Writes an email to each person whom the comment mentions. Returns those who are told; never its writer."""
    recipients = []
    for person in comment.mentioned.select_related("user").exclude(user=comment.by):
        if user := _reader(person, record):
            words = _about(record) | {"person": user, "by": comment.by, "comment": comment.text}
            subject, body = rendered("record-mentioned", **words)
            Message.write(record, f"record-mentioned:{comment.pk}", user.email, subject, body)
            recipients.append(person)
    return recipients


def tell_handed_over(records: list[Record], person: Person, successor: Person, *, by: User) -> None:
    """Tells the successor of all ``records`` by one email; not who handed them over to themself."""
    user = successor.user
    if user is None or user == by or not user.is_active:
        return
    keys = [record.pk for record in records]
    readable = set(Record.objects.visible_to(user).filter(pk__in=keys).values_list("pk", flat=True))
    records = [record for record in records if record.pk in readable]
    if not records:
        return
    count = "1 record" if len(records) == 1 else f"{len(records)} records"
    words = {"person": user, "utility": successor.utility, "by": by, "before": person, "count": count}
    subject, body = rendered("records-handed-over", **words, records=_lines(records, timezone.localdate()))
    Message.write(successor.utility, f"records-handed-over:{person.pk}:{timezone.now()}", user.email, subject, body)


def _reader(person: Person | None, record: Record) -> User | None:
    """Returns the person's account if it is active and may read the record."""
    user = person.user if person else None
    can_read = user and user.is_active and Record.objects.visible_to(user).filter(pk=record.pk).exists()
    return user if can_read else None


def due_today(today: date) -> Iterable[Record]:
    """Returns the open records of whose due date the owner is to be reminded, ordered by owner and date.

    A day on which nothing ran is made up for. What the owner was told since does not count again.
    """
    reached = Q()
    for days in REMIND:
        reached |= Q(due__lte=today - days, due__gt=F("reminded_on") - days)
    rows = Record.objects.open().filter(reached, owner__user__is_active=True)
    return rows.select_related("utility", "owner__user").order_by("owner", "due", "pk")


def remind(records: list[Record], today: date) -> None:
    """Reminds the one owner of all ``records`` by one email."""
    Record.objects.filter(pk__in=[record.pk for record in records]).update(reminded_on=today)
    owner, utility = records[0].owner, records[0].utility
    records = [record for record in records if _reader(owner, record)]
    if not records or owner is None or owner.user is None:
        return
    count = "1 record is" if len(records) == 1 else f"{len(records)} records are"
    words = {"person": owner.user, "utility": utility, "count": count, "records": _lines(records, today)}
    subject, body = rendered("records-due", **words)
    Message.write(utility, f"records-due:{owner.pk}:{today}", owner.user.email, subject, body)


def to_escalate(today: date) -> Iterable[Record]:
    """Returns the open records that are late by as much as their register allows, or by up to a week more."""
    reached = Q(pk=None)
    for register in registers.known():
        if register.escalates:
            last = today - register.escalates
            reached |= Q(register=register.slug, due__lte=last, due__gt=last - MADE_UP)
    return Record.objects.open().filter(reached).select_related("utility", "owner").order_by("pk")


def escalate(record: Record) -> None:
    """Tells the managers of the utility, once for each due date."""
    for user in record.utility.managers:
        words = _about(record) | {
            "person": user,
            "owner": record.owner or "",
            "status": registers.status_label(record),
            "due": _day(record.due),
        }
        subject, body = rendered("record-escalated", **words)
        Message.write(record, f"record-escalated:{record.pk}:{record.due}", user.email, subject, body)


def readers_of_the_week() -> Iterable[User]:
    """Returns the people who may get the weekly email."""
    people = User.objects.filter(is_active=True, pk__in=Membership.objects.values("user"))
    return people.exclude(ims_preferences__weekly_email=False).order_by("pk")


def tell_week(user: User, today: date) -> None:
    """Writes the weekly email if there is something to tell."""
    mine = Record.objects.visible_to(user).open().filter(owner__user=user, due__lte=today + SOON).order_by("due", "pk")
    late = [record for record in mine if record.due and record.due < today]
    soon = [record for record in mine if record.due and record.due >= today]
    managed = list(_late_in_utilities(user, today))
    site = settings.SITE_URL.rstrip("/")
    scoring = [
        f"- {each.workshop.title}, {each.workshop.utility}: {each.to_do}\n  {site}{each.workshop.get_absolute_url()}"
        for each in Participant.objects.to_score(user)
    ]
    if not (late or soon or managed or scoring):
        return
    several = user.memberships.count() > 1
    words = {
        "person": user,
        "late": _lines(late, today, name_utility=several),
        "soon": _lines(soon, today, name_utility=several),
        "workshops": "\n".join(scoring),
        "utilities": "\n".join(managed),
        "link": f"{site}/",
        "stop": site + stop_address(user),
    }
    subject, body = rendered("weekly-digest", **words)
    monday = today - timedelta(days=today.weekday())
    Message.write(user, f"weekly-digest:{monday}", user.email, subject, body)


def _late_in_utilities(user: User, today: date) -> Iterable[str]:
    """Yields a line for each utility that the user manages or advises and that has late or ownerless records."""
    dated = Q(records__is_open=True, records__due__isnull=False)
    utilities = Utility.objects.filter(belongs(user, roles=[Role.MANAGER, Role.ADVISOR])).annotate(
        n_late=Count("records", filter=dated & Q(records__due__lt=today)),
        n_nobody=Count("records", filter=dated & Q(records__owner=None)),
    )
    for utility in utilities.exclude(n_late=0, n_nobody=0).order_by("-n_late", "name", "pk"):
        nobody = f", {utility.n_nobody} without an owner" if utility.n_nobody else ""
        yield f"- {utility}: {utility.n_late} late{nobody}"


def _about(record: Record) -> dict[str, object]:
    link = settings.SITE_URL.rstrip("/") + record.get_absolute_url()
    return {"utility": record.utility, "number": record.number, "title": record.title, "link": link}


def _lines(records: list[Record], today: date, *, name_utility: bool = False) -> str:
    site = settings.SITE_URL.rstrip("/")
    lines = [
        f"- {record}{f', {record.utility}' if name_utility else ''}{_when(record.due, today)}"
        f"\n  {site}{record.get_absolute_url()}"
        for record in records[:MAX_LINES]
    ]
    if len(records) > MAX_LINES:
        lines.append(f"and {len(records) - MAX_LINES} more")
    return "\n".join(lines)


def _when(due: date | None, today: date) -> str:
    return f", {'was' if due < today else 'is'} due {_day(due)}" if due else ""


def _day(day: date | None) -> str:
    return f"{day:%B %-d, %Y}" if day else ""
