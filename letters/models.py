"""Messages: one email about one occasion to one address, stored in the transaction that it reports and sent once."""

from collections.abc import Callable
from email.utils import make_msgid
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from post_office.models import STATUS, Email

from letters.delivery import Delivery as Delivery
from letters.delivery import DeliveryEvent as DeliveryEvent
from letters.delivery import ReturnedAddress as ReturnedAddress
from letters.delivery import reached as reached
from workflow import queue


@transaction.atomic
def post(address: str, subject: str, body: str) -> Email:
    """Writes an email within the current transaction; a worker sends it after the commit.

    Creates the row directly, because ``post_office.mail`` would render the finished text as a template.
    """
    email = Email.objects.create(
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[address],
        subject=subject,
        message=body,
        message_id=make_msgid(domain=urlsplit(settings.SITE_URL).hostname),  # the same if it is sent again
        status=STATUS.queued,
    )
    Delivery.objects.create(email=email)
    # If the broker is unreachable, the sweep, which runs every minute, sends it.
    transaction.on_commit(lambda: queue.send("letters.tasks.send"), robust=True)
    return email


class Message(models.Model):
    """A message. ``key`` names the occasion and address, so that nobody gets it twice. ``about`` is any app's row."""

    key = models.CharField(max_length=200, unique=True, editable=False)
    about_type = models.ForeignKey(ContentType, null=True, editable=False, on_delete=models.PROTECT, related_name="+")
    about_id = models.PositiveBigIntegerField(null=True, editable=False)
    about = GenericForeignKey("about_type", "about_id")
    email = models.OneToOneField(Email, null=True, on_delete=models.SET_NULL, related_name="+")
    written_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-written_at"]
        indexes = [models.Index(fields=["about_type", "about_id"], name="message_about")]

    def __str__(self) -> str:
        return self.key

    @classmethod
    @transaction.atomic
    def write(cls, about: models.Model, occasion: str, address: str, subject: str, body: str) -> bool:
        """Posts the email in the transaction that it reports. Returns False if it was written before.

        ``occasion`` identifies it among all messages to the address, so callers include the primary key of ``about``.
        """
        known: dict[str, Any] = {
            "about_type": ContentType.objects.get_for_model(about),
            "about_id": about.pk,
        }
        message, is_new = cls.objects.get_or_create(key=f"{occasion}:{address}", defaults=known)
        if is_new:
            message.email = post(address, subject, body)
            message.save(update_fields=["email"])
        return is_new


_shown: dict[type[models.Model], Callable[[Any], models.QuerySet[Any]]] = {}


def show_messages_about(model: type[models.Model], rows_for: Callable[[Any], models.QuerySet[Any]]) -> None:
    """Lets administrators read the messages about the rows of ``model`` that ``rows_for(user)`` returns.

    Messages about all other rows stay hidden, because they may contain a link that grants access.
    """
    _shown[model] = rows_for


def shown_to(user: AbstractBaseUser) -> models.QuerySet[Message]:
    """Returns the messages that ``user`` may read in the admin."""
    allowed = Q(pk=None)
    for model, rows_for in _shown.items():
        kind = ContentType.objects.get_for_model(model)
        allowed |= Q(about_type=kind, about_id__in=rows_for(user).values("pk"))
    return Message.objects.filter(allowed)
