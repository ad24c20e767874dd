"""Sends what is due: one email after the other, each claimed by this process alone, over one connection."""

import logging
import time
from contextlib import suppress
from typing import Any

from django.core.cache import cache
from django.core.mail import get_connection
from post_office.models import Email
from post_office.settings import get_backend

from letters.delivery import Delivery
from letters.smtp import Outcome, Result, outcome_of
from workflow.models import WrongState

logger = logging.getLogger(__name__)

BATCH = 50  # emails over one connection; mail servers limit them
BATCH_SECONDS = 60  # then the worker has time for something else
MAY_LOSE = 2  # connections in one batch; then the mail server is taken to be away
AWAY = "letters-mail-server-away"  # in the cache that all hosts share
AWAY_SECONDS = 50  # less than between two sweeps


def send_due() -> bool:
    """Sends what is due. Returns whether more may be due at once.

    While the mail server is away, one sweep each minute finds that out; nothing else waits for it.
    """
    if cache.get(AWAY):
        return False
    server, lost, end = Server(), 0, time.monotonic() + BATCH_SECONDS
    try:
        for _ in range(BATCH):
            if (delivery := Delivery.objects.claim()) is None:
                return False
            outcome = server.send(delivery.email)
            _record(delivery, outcome)
            lost += outcome.lost
            if lost and (lost == MAY_LOSE or not server.was_there):
                cache.set(AWAY, True, AWAY_SECONDS)
                return False
            if time.monotonic() > end:
                break
    finally:
        server.close()
    return True


class Server:
    """The connection to the mail server, opened when it is needed. ``was_there``: it could be opened at least once."""

    def __init__(self) -> None:
        self.backend: Any = None
        self.was_there = False

    def send(self, email: Email) -> Outcome:
        try:
            message = email.email_message()
            self._open()
            self.backend.send_messages([message])
        except Exception as error:
            # A backend that does not say how far the email came: a broken connection may have been too late.
            handed_over = getattr(self.backend, "handed_over", self.was_there)
            outcome = outcome_of(error, handed_over=handed_over)
            logger.warning("email %s: %s (%s)", email.pk, outcome.reason, type(error).__name__)
            if outcome.lost:
                self._abandon()
            return outcome
        return Outcome(Result.SENT)

    def close(self) -> None:
        """Says farewell. What was sent is sent, even if the mail server does not answer to that."""
        if self.backend is not None:
            try:
                self.backend.close()
            except Exception:
                self._abandon()

    def _open(self) -> None:
        if self.backend is None:
            self.backend = get_connection(get_backend())
        self.backend.open()
        self.was_there = True

    def _abandon(self) -> None:
        if self.backend is not None:
            with suppress(Exception):
                getattr(self.backend, "abandon", self.backend.close)()
        self.backend = None


def _record(delivery: Delivery, outcome: Outcome) -> None:
    try:
        if outcome.result is Result.SENT:
            delivery.sent()
        elif outcome.result is Result.REFUSED:
            delivery.refuse(outcome.reason)
        elif outcome.result is Result.DOUBTFUL:
            delivery.doubt(outcome.reason)
        else:
            delivery.try_later(outcome.reason)
    except WrongState:
        logger.warning("email %s: it took so long to send that it counts as doubtful", delivery.email_id)
