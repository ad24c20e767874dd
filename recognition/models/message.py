"""The program's e-mails: each about one thing to one person, written as a row with what it tells of, sent once."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.template import Context, Template
from django.utils import timezone
from post_office.models import STATUS, Email, EmailTemplate
from post_office.tasks import send_queued_mail

if TYPE_CHECKING:
    from recognition.models.application import Application


class Message(models.Model):
    """``key`` names the occasion and the address, so that one occasion is never told twice to one person."""

    key = models.CharField(max_length=200, unique=True, editable=False)
    application = models.ForeignKey(
        "recognition.Application", null=True, on_delete=models.SET_NULL, related_name="messages"
    )
    email = models.OneToOneField(Email, null=True, on_delete=models.SET_NULL, related_name="+")
    written_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-written_at"]

    def __str__(self) -> str:
        return self.key

    @classmethod
    @transaction.atomic
    def write(cls, application: "Application", key: str, address: str, subject: str, body: str) -> bool:
        """Into the queue with the transaction it tells of; False where this was written before."""
        message, is_new = cls.objects.get_or_create(key=f"{key}:{address}", defaults={"application": application})
        if is_new:
            # As a row, not through post_office.mail: that would read the finished text as a template once more.
            message.email = Email.objects.create(
                from_email=settings.DEFAULT_FROM_EMAIL,
                to=[address],
                subject=subject,
                message=body,
                status=STATUS.queued,
            )
            message.save(update_fields=["email"])
            # Robust: where the broker is away, the next minute's sweep of the queue sends it.
            transaction.on_commit(send_queued_mail.delay, robust=True)
        return is_new

    @classmethod
    def to_applicants(cls, application: "Application", key: str, subject: str, body: str) -> None:
        for address in applicants(application):
            cls.write(application, key, address, subject, body)


def tell_applicants(application: "Application", template: str, occasion: str, **more: Any) -> None:
    """``occasion`` tells this from another message by the same template, as a version's number or a date."""
    Message.to_applicants(
        application, f"{template}:{application.pk}:{occasion}", *rendered(template, application, **more)
    )


def tell(user: Any, application: "Application", template: str, occasion: str, **more: Any) -> None:
    subject, body = rendered(template, application, person=str(user), **more)
    Message.write(application, f"{template}:{application.pk}:{occasion}", user.email, subject, body)


def applicants(application: "Application") -> Iterable[str]:
    """The utility's managers; where a paper application's utility has none, the address that it names."""
    managers = application.utility.managers
    if application.on_paper and not managers:
        named = application.content().get("contact", {}).get("email", "").strip()
        return [named] if named else []
    return [person.email for person in managers]


def rendered(name: str, application: "Application", **more: Any) -> tuple[str, str]:
    """Subject and body of a template as administrators keep it. Its variables are plain words, never objects."""
    template = EmailTemplate.objects.get(name=name, language="")
    words = {
        "utility": str(application.utility),
        "cycle": str(application.cycle),
        "link": settings.SITE_URL.rstrip("/") + application.get_absolute_url(),
        "contact": settings.CONTACT_EMAIL,
    }
    words |= {name: str(value) for name, value in more.items()}
    return filled(template.subject, words).replace("\n", " ").strip(), filled(template.content, words).strip() + "\n"


def filled(text: str, words: dict[str, str]) -> str:
    """Plain text: nothing is escaped. Raises TemplateSyntaxError."""
    return Template(text).render(Context(words, autoescape=False))
