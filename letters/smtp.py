"""Django's SMTP backend, which here also knows how far an email came, and what an error means for the email."""

import smtplib
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.conf import settings
from django.core.mail.backends import smtp

SHOWN = 300  # characters of a mail server's own words
TRY_AGAIN_LATER = 421  # the mail server closes the connection


class Result(Enum):
    SENT = "sent"
    REFUSED = "refused"  # for good
    LATER = "later"
    DOUBTFUL = "doubtful"


@dataclass(frozen=True)
class Outcome:
    """The end of one attempt. ``lost``: the connection did not come about or broke, so another must be opened."""

    result: Result
    reason: str = ""
    lost: bool = False


class _Watched:
    """Mixin of SMTP: ``handed_over`` is True from the last byte of an email until the mail server answers."""

    handed_over = False

    def send(self, s: Any) -> None:
        super().send(s)  # type: ignore[misc]
        self.handed_over = isinstance(s, bytes) and s.endswith(b"\r\n.\r\n")

    def getreply(self) -> tuple[int, bytes]:
        reply: tuple[int, bytes] = super().getreply()  # type: ignore[misc]
        self.handed_over = False
        return reply


class _Plain(_Watched, smtplib.SMTP):
    pass


class _Secure(_Watched, smtplib.SMTP_SSL):
    pass


class EmailBackend(smtp.EmailBackend):
    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _Secure if self.use_ssl else _Plain

    @property
    def handed_over(self) -> bool:
        return bool(self.connection and getattr(self.connection, "handed_over", False))

    def abandon(self) -> None:
        """Closes the connection without a word: a mail server that hangs would not answer a farewell either."""
        for connection in (self.connection, self._partial_connection):  # type: ignore[has-type]
            if connection is not None:
                with suppress(OSError):
                    connection.close()
        self.connection = self._partial_connection = None


def outcome_of(error: Exception, *, handed_over: bool) -> Outcome:
    """Returns what ``error`` means. ``handed_over``: the whole email was out when it came, without an answer."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, words = next(iter(error.recipients.values()))
        return _answered(code, words, "refused the address")
    if isinstance(error, smtplib.SMTPDataError):
        return _answered(error.smtp_code, error.smtp_error, "refused this email")
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return Outcome(Result.LATER, "The mail server did not accept our user name and password.", lost=True)
    if isinstance(error, smtplib.SMTPResponseException):
        said = _said(error.smtp_code, error.smtp_error)
        return Outcome(Result.LATER, f"The mail server does not accept email from us: {said}.", lost=True)
    if isinstance(error, ValueError):  # raised before anything is sent
        return Outcome(Result.REFUSED, f"No email could be made of it: {error}.")
    if handed_over:
        reason = "The connection broke after the email was handed over, so the email may have arrived."
        return Outcome(Result.DOUBTFUL, reason, lost=True)
    return Outcome(Result.LATER, _broken(error), lost=True)


def _answered(code: int, words: Any, refusal: str) -> Outcome:
    if code >= 500:
        return Outcome(Result.REFUSED, f"The mail server {refusal}: {_said(code, words)}.")
    return Outcome(
        Result.LATER, f"The mail server asked us to try later: {_said(code, words)}.", lost=code == TRY_AGAIN_LATER
    )


def _broken(error: Exception) -> str:
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return f"The mail server did not answer within {settings.EMAIL_TIMEOUT:g} seconds."
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "The mail server closed the connection."
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "The mail server can’t do what our settings ask of it, such as encryption."
    if isinstance(error, OSError):
        return "The mail server could not be reached."
    return f"An error in the program: {type(error).__name__}."


def _said(code: int, words: Any) -> str:
    text = words.decode(errors="replace") if isinstance(words, bytes) else str(words)
    return f"{code} {' '.join(text.split())}"[:SHOWN].rstrip(". ")
